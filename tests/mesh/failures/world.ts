/**
 * What has to be in a cluster so that its API server can be made to fail, and
 * the requests that do it.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import type { Recorded } from "../../support/recorded.ts";
import { type Api, pathOf } from "../api.ts";
import { apiOf, type Places } from "../places.ts";
import { until } from "../program.ts";

/** Everything happens in here. */
export const NAMESPACE = "failures";

/** Path of a kind of Istio's, in the namespace. */
export const RULES =
  `/apis/networking.istio.io/v1/namespaces/${NAMESPACE}/virtualservices`;

/** An answer with the request that got it. */
export type Provoked = Omit<Recorded, "server" | "what">;

/** What a provocation works with. */
export interface World {
  readonly api: Api;
  readonly places: Places;
}

/** Options of {@linkcode ask}. */
export interface AskOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes one request, and gives what is worth keeping of it and its answer. */
export async function ask(
  { api }: Pick<World, "api">,
  line: string,
  options: AskOptions = {},
): Promise<Provoked> {
  const [method = "", path = ""] = line.split(" ");
  const { status, headers, text } = await api.request(method, path, options);
  return {
    request: { method, path: fixed(path) },
    status,
    headers: Object.fromEntries(
      [...headers].filter(([name]) => KEPT.test(name)).map((
        [name, value],
      ) => [name, fixed(value)]),
    ),
    body: fixed(text),
  };
}

const KEPT =
  /^(content-type|retry-after|warning|x-content-type-options|x-kubernetes-pf-.*)$/;

/** Replaces what is another each time. */
export function fixed(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, UID)
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, TIME)
    .replaceAll(/("resourceVersion": ?")\d+/g, "$17")
    .replaceAll(/(record \(|current: |\d \()\d+/g, "$17")
    .replaceAll(/(continue(=|": ?"))[\w-]{8,}/g, "$1bmV4dA");
}

const UID = "00000000-0000-4000-8000-000000000000";
const TIME = "2026-01-01T00:00:00Z";

/** A VirtualService of the namespace. */
export function rule(
  name: string,
  rest: {
    readonly spec?: unknown;
    readonly metadata?: Readonly<Record<string, unknown>>;
  } = {},
): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: NAMESPACE, ...rest.metadata },
    spec: rest.spec ?? {
      hosts: [name],
      http: [{ route: [{ destination: { host: name } }] }],
    },
  };
}

/** Makes the namespace and all that stands in the way in there. */
export async function arrangeFailures(
  places: Places,
): Promise<World & AsyncDisposable> {
  const api = apiOf(places);
  const world = { api, places };
  // It may be there already: without a controller it can never go.
  await api.request("POST", "/api/v1/namespaces", {
    body: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE },
    },
  });
  await clear(world);
  await api.create(
    rule("ratings"),
    rule("reviews"),
    ...policy(),
    webhook(),
    ...crowd(),
  );
  const arrives = (what: string, status: number, body: KubeObject) =>
    until(`${what} to be in force`, async () => {
      const answer = await ask(world, `POST ${RULES}?dryRun=All`, { body });
      return answer.status === status ? true : undefined;
    });
  await arrives("the policy", 422, refusedByPolicy());
  await arrives("the webhook", 500, behindTheWebhook());
  await until("the priority level to be in force", async () => {
    const { metadata } = await api.json("GET", pathOf(level()));
    const { headers } = await api.request("GET", RULES, { headers: CROWD });
    const used = headers.get("x-kubernetes-pf-prioritylevel-uid");
    return used === metadata.uid ? true : undefined;
  });
  return {
    ...world,
    async [Symbol.asyncDispose]() {
      await clear(world);
      api[Symbol.dispose]();
    },
  };
}

/** Takes away what others would stumble over. */
async function clear({ api }: World): Promise<void> {
  await api.delete(
    webhook(),
    ...policy().toReversed(),
    ...crowd().toReversed(),
    rule("reviews"),
    rule("ratings"),
  );
}

/** Headers of a request by the user of one seat. */
export const CROWD: Readonly<Record<string, string>> = {
  "impersonate-user": "crowd",
};

/** Refused by a rule in CEL. */
export function refusedByPolicy(): KubeObject {
  return rule("nobody", { metadata: { labels: { team: "none" } } });
}

/** Refused since a webhook that has to be asked is not there. */
export function behindTheWebhook(): KubeObject {
  return rule("behind", { metadata: { labels: { webhook: "gone" } } });
}

const HERE = { matchLabels: { "kubernetes.io/metadata.name": NAMESPACE } };

function policy(): KubeObject[] {
  const group = "admissionregistration.k8s.io/v1";
  const metadata = { name: "failures-team" };
  return [{
    apiVersion: group,
    kind: "ValidatingAdmissionPolicy",
    metadata,
    spec: {
      matchConstraints: {
        resourceRules: [{
          apiGroups: ["networking.istio.io"],
          apiVersions: ["*"],
          operations: ["CREATE", "UPDATE"],
          resources: ["virtualservices"],
        }],
      },
      validations: [{
        expression:
          "!has(object.metadata.labels) || !('team' in object.metadata.labels) || object.metadata.labels.team != 'none'",
        message: "a rule has to belong to a team",
      }],
    },
  }, {
    apiVersion: group,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata,
    spec: {
      policyName: metadata.name,
      validationActions: ["Deny"],
      matchResources: { namespaceSelector: HERE },
    },
  }];
}

function webhook(): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "failures-gone" },
    webhooks: [{
      name: "gone.istiops.test",
      clientConfig: { url: "https://127.0.0.1:9/" },
      rules: [{
        operations: ["CREATE", "UPDATE"],
        apiGroups: ["networking.istio.io"],
        apiVersions: ["*"],
        resources: ["*"],
      }],
      namespaceSelector: HERE,
      objectSelector: { matchLabels: { webhook: "gone" } },
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
    }],
  };
}

/** A user who may do all, on a priority level with one seat and no queue. */
function crowd(): KubeObject[] {
  const metadata = { name: "failures-crowd" };
  const user = { kind: "User", name: "crowd" };
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ ...user, apiGroup: "rbac.authorization.k8s.io" }],
    },
    level(),
    {
      apiVersion: FLOW,
      kind: "FlowSchema",
      metadata,
      spec: {
        matchingPrecedence: 10,
        priorityLevelConfiguration: metadata,
        rules: [{
          subjects: [{ kind: "User", user: { name: user.name } }],
          resourceRules: [{
            verbs: ["*"],
            apiGroups: ["*"],
            resources: ["*"],
            namespaces: ["*"],
            clusterScope: true,
          }],
        }],
      },
    },
  ];
}

const FLOW = "flowcontrol.apiserver.k8s.io/v1";

/** No share still lets one request in where none is under way. */
function level(): KubeObject {
  return {
    apiVersion: FLOW,
    kind: "PriorityLevelConfiguration",
    metadata: { name: "failures-crowd" },
    spec: {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: 0,
        lendablePercent: 0,
        borrowingLimitPercent: 0,
        limitResponse: { type: "Reject" },
      },
    },
  };
}

/** A request whose body does not end: it keeps its seat until it is ended. */
export function endless(
  { api, places }: World,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Endless {
  const client = Deno.createHttpClient({
    caCerts: [Deno.readTextFileSync(`${places.tls}/ca.crt`)],
  });
  let body!: ReadableStreamDefaultController<Uint8Array>;
  const answer = fetch(api.url + path, {
    client,
    method: "POST",
    headers: {
      authorization: `Bearer ${places.token}`,
      "content-type": "application/json",
      ...headers,
    },
    body: new ReadableStream({
      start(controller) {
        body = controller;
        body.enqueue(new TextEncoder().encode("{"));
      },
    }),
  });
  return {
    answer,
    async [Symbol.asyncDispose]() {
      try {
        body.close();
      } catch {
        // The server has ended it.
      }
      await (await answer.catch(() => undefined))?.body?.cancel();
      client.close();
    },
  };
}

/** A request of {@linkcode endless}; disposing ends its body. */
export interface Endless extends AsyncDisposable {
  readonly answer: Promise<Response>;
}

/** `v1.36.3`. */
export async function versionOf({ api }: Pick<World, "api">): Promise<string> {
  const { text } = await api.request("GET", "/version");
  return JSON.parse(text).gitVersion;
}
