/**
 * The failures of an API server, each with what provokes it.
 *
 * @module
 */

import { until } from "../program.ts";
import {
  ask,
  type AskOptions,
  behindTheWebhook,
  CROWD,
  endless,
  NAMESPACE,
  type Provoked,
  refusedByPolicy,
  rule,
  RULES,
  type World,
} from "./world.ts";

/** One failure. */
export interface Provocation {
  /** Also of the fixture. */
  readonly name: string;
  readonly what: string;
  readonly provoke: (world: World) => Promise<Provoked>;
}

const REVIEWS = `${RULES}/reviews`;
const JSON_PATCH = { "content-type": "application/json-patch+json" };
const MERGE_PATCH = { "content-type": "application/merge-patch+json" };
const APPLY = { "content-type": "application/apply-patch+yaml" };

/** In the order of their statuses. */
export const CATALOGUE: readonly Provocation[] = [
  {
    name: "400_strict",
    what: "fieldValidation=Strict, and a field that the schema does not know",
    provoke: (world) =>
      ask(world, `POST ${RULES}?fieldValidation=Strict`, {
        body: rule("typo", { spec: { hosts: ["typo"], httpp: [] } }),
      }),
  },
  {
    name: "400_webhook_denial",
    what: "istiod's webhook refuses",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: JSON_PATCH,
        body: [{
          op: "add",
          path: "/spec/http/0/match",
          value: [{ uri: { regex: "(" } }],
        }],
      }),
  },
  {
    name: "400_wrong_kind",
    what: "a body of no kind",
    provoke: (world) => ask(world, `POST ${RULES}`, { body: {} }),
  },
  {
    name: "401",
    what: "a token that the server does not know",
    provoke: (world) =>
      ask(world, `GET ${RULES}`, {
        headers: { authorization: "Bearer nobody" },
      }),
  },
  {
    name: "403",
    what: "a user without the right, with a name that HTML would read",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: { ...JSON_PATCH, "impersonate-user": 'reader<b>&"' },
        body: [],
      }),
  },
  {
    name: "404_object",
    what: "no such object",
    provoke: (world) => ask(world, `GET ${RULES}/nobody`),
  },
  {
    name: "404_namespace",
    what: "an object for a namespace that is not there",
    provoke: (world) =>
      ask(world, `POST ${RULES.replace(NAMESPACE, "nowhere")}`, {
        body: rule("nobody", { metadata: { namespace: "nowhere" } }),
      }),
  },
  {
    name: "404_kind",
    what: "no such API",
    provoke: (world) => ask(world, `GET ${RULES.replace("/v1/", "/v9/")}`),
  },
  {
    name: "405",
    what: "a method that the resource does not have",
    provoke: (world) =>
      ask(world, "GET /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
  },
  {
    name: "406",
    what: "a form that the server cannot give",
    provoke: (world) =>
      ask(world, `GET ${REVIEWS}`, { headers: { accept: "image/png" } }),
  },
  {
    name: "409_already_exists",
    what: "an object that is there already",
    provoke: (world) => ask(world, `POST ${RULES}`, { body: rule("reviews") }),
  },
  {
    name: "409_patch",
    what: "a JSON Patch that sets a resourceVersion of the past",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: JSON_PATCH,
        body: [{ op: "add", path: "/metadata/resourceVersion", value: "1" }],
      }),
  },
  {
    name: "409_put",
    what: "a PUT with a resourceVersion of the past",
    provoke: (world) =>
      ask(world, `PUT ${REVIEWS}`, {
        body: rule("reviews", { metadata: { resourceVersion: "1" } }),
      }),
  },
  {
    name: "409_delete",
    what: "a DELETE whose precondition is a resourceVersion of the past",
    provoke: (world) =>
      ask(world, `DELETE ${REVIEWS}`, {
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          preconditions: { resourceVersion: "1" },
        },
      }),
  },
  {
    name: "409_apply",
    what: "server-side apply of a field that another manager owns",
    provoke: async (world) => {
      const line = `PATCH ${REVIEWS}?force=`;
      await ask(world, `${line}true&fieldManager=first`, applied("1s"));
      return await ask(
        world,
        `${line}false&fieldManager=second`,
        applied("2s"),
      );
    },
  },
  {
    name: "410_watch",
    what: "a watch from a moment that the server has forgotten",
    provoke: (world) => ask(world, `GET ${RULES}?watch=true&resourceVersion=1`),
  },
  {
    name: "410_continue",
    what: "the next page of a list that etcd has compacted away",
    provoke: continueTooLate,
  },
  {
    name: "413",
    what: "a body of more than 3 MiB",
    provoke: (world) =>
      ask(world, `POST ${RULES}`, {
        body: rule("large", {
          metadata: { annotations: { large: "x".repeat(3 * 1024 * 1024) } },
        }),
      }),
  },
  {
    name: "413_operations",
    what: "a JSON Patch of more than 10,000 operations",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: JSON_PATCH,
        body: Array.from(
          { length: 10_001 },
          () => ({ op: "test", path: "/kind", value: "VirtualService" }),
        ),
      }),
  },
  {
    name: "415",
    what: "a strategic merge patch, which custom resources do not have",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: { "content-type": "application/strategic-merge-patch+json" },
        body: {},
      }),
  },
  {
    name: "422_schema",
    what: "fields of the wrong type",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: MERGE_PATCH,
        // Items of a list: members would come in another order each time.
        body: { spec: { http: [{ route: "a" }, { route: "b" }] } },
      }),
  },
  {
    name: "422_schema_rule",
    what: "a rule in CEL of the kind's own schema",
    provoke: (world) =>
      ask(
        world,
        `POST /apis/networking.istio.io/v1/namespaces/${NAMESPACE}/serviceentries`,
        {
          body: {
            apiVersion: "networking.istio.io/v1",
            kind: "ServiceEntry",
            metadata: { name: "outside" },
            spec: {
              hosts: ["outside.test"],
              endpoints: [{ address: "" }],
              ports: [{ number: 80, name: "http" }],
            },
          },
        },
      ),
  },
  {
    name: "422_policy",
    what: "a ValidatingAdmissionPolicy",
    provoke: (world) =>
      ask(world, `POST ${RULES}`, { body: refusedByPolicy() }),
  },
  {
    name: "422_test",
    what: "a JSON Patch whose test fails",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: JSON_PATCH,
        body: [{ op: "test", path: "/spec/hosts/0", value: "ratings" }],
      }),
  },
  {
    name: "422_path",
    what: "a JSON Patch of a path that is not there",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: JSON_PATCH,
        body: [{ op: "remove", path: "/spec/http/7" }],
      }),
  },
  {
    name: "422_no_version",
    what: "a PUT without a resourceVersion",
    provoke: (world) => ask(world, `PUT ${REVIEWS}`, { body: rule("reviews") }),
  },
  {
    name: "422_annotations",
    what: "annotations of more than 256 KiB",
    provoke: (world) =>
      ask(world, `PATCH ${REVIEWS}`, {
        headers: MERGE_PATCH,
        body: {
          metadata: { annotations: { large: "x".repeat(256 * 1024) } },
        },
      }),
  },
  {
    name: "429",
    what: "a priority level of one seat, which is taken, and no queue",
    provoke: (world) =>
      until("the seat to be taken", async () => {
        // Whoever comes second is rejected, and that may be this one.
        await using _seat = endless(world, RULES, CROWD);
        await new Promise((done) => setTimeout(done, 50));
        const answer = await ask(world, `GET ${RULES}`, { headers: CROWD });
        return answer.status === 200 ? undefined : answer;
      }),
  },
  {
    name: "500_webhook",
    what: "a webhook that has to be asked, and is not there",
    provoke: (world) =>
      ask(world, `POST ${RULES}`, { body: behindTheWebhook() }),
  },
  {
    name: "504_read",
    what: "a list that takes longer than its client allows",
    provoke: (world) => ask(world, `GET ${RULES}?timeout=1us`),
  },
  {
    name: "504_future",
    what: "a list of a moment that has not come",
    provoke: (world) => ask(world, `GET ${RULES}?resourceVersion=99999999`),
  },
];

function applied(timeout: string): AskOptions {
  const route = [{ destination: { host: "reviews" } }];
  const spec = { hosts: ["reviews"], http: [{ timeout, route }] };
  return { headers: APPLY, body: rule("reviews", { spec }) };
}

/** Pages are kept in memory for a while, so the token is made older. */
async function continueTooLate(world: World): Promise<Provoked> {
  const { api, places } = world;
  const page = await api.json("GET", `${RULES}?limit=1`);
  const { resourceVersion, continue: token = "" } = page
    .metadata as unknown as {
      readonly resourceVersion: string;
      readonly continue?: string;
    };
  const compacted = await fetch(`${places.etcd}/v3/kv/compaction`, {
    method: "POST",
    body: JSON.stringify({ revision: resourceVersion, physical: true }),
  });
  await compacted.body?.cancel();
  const text = new TextDecoder().decode(
    Uint8Array.fromBase64(token, { alphabet: "base64url" }),
  );
  const older = new TextEncoder()
    .encode(text.replace(/"rv":\d+/, '"rv":2'))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  return await ask(world, `GET ${RULES}?limit=1&continue=${older}`);
}
