/**
 * The API server as its administrator sees it: the plain requests with which
 * tests arrange a world, and look at what came of it. Not the tool's own
 * client, which is what is tested.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";

/** What a request got. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Options of {@linkcode Api.request}. */
export interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Plurals that are not the kind with an "s". */
const PLURALS: ReadonlyMap<string, string> = new Map([
  ["NetworkPolicy", "networkpolicies"],
  ["ServiceEntry", "serviceentries"],
  ["Ingress", "ingresses"],
  ["GatewayClass", "gatewayclasses"],
  ["PriorityLevelConfiguration", "prioritylevelconfigurations"],
  ["ValidatingAdmissionPolicy", "validatingadmissionpolicies"],
]);

/** Kinds without a namespace. */
const CLUSTER_WIDE: ReadonlySet<string> = new Set([
  "Namespace",
  "Node",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "FlowSchema",
  "GatewayClass",
  "PriorityLevelConfiguration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
]);

/** An administrator of an API server. */
export class Api implements Disposable {
  readonly url: string;
  readonly #client: Deno.HttpClient;
  readonly #token: string;

  constructor(
    url: string,
    options: { readonly ca: string; readonly token: string },
  ) {
    this.url = url;
    this.#token = options.token;
    this.#client = Deno.createHttpClient({ caCerts: [options.ca] });
  }

  /** One request, whatever its answer is. */
  async request(
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const { body, headers } = options;
    const response = await fetch(this.url + path, {
      client: this.#client,
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : {
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    });
    const { status } = response;
    return { status, headers: response.headers, text: await response.text() };
  }

  /** One that has to go well; the JSON of its answer. */
  async json(
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<KubeObject> {
    const { status, text } = await this.request(method, path, options);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text);
  }

  /** Creates objects, in order. A Pod keeps its status. */
  async create(...objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) {
      await this.json("POST", collectionOf(object), { body: object });
      if (object.kind !== "Pod" || object["status"] === undefined) continue;
      await this.json("PATCH", `${pathOf(object)}/status`, {
        body: { status: object["status"] },
        headers: { "content-type": "application/merge-patch+json" },
      });
    }
  }

  /** Deletes objects; those that are missing, too. */
  async delete(...objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) {
      const { status, text } = await this.request("DELETE", pathOf(object), {
        body: { gracePeriodSeconds: 0 },
      });
      if (status >= 300 && status !== 404) {
        throw new Error(`delete ${pathOf(object)}: ${status} ${text}`);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Where objects of its kind are, in its namespace. */
export function collectionOf(
  { apiVersion, kind, metadata }: KubeObject,
): string {
  const root = apiVersion.includes("/") ? "/apis" : "/api";
  const where = CLUSTER_WIDE.has(kind)
    ? ""
    : `/namespaces/${metadata.namespace ?? "default"}`;
  const plural = PLURALS.get(kind) ?? `${kind.toLowerCase()}s`;
  return `${root}/${apiVersion}${where}/${plural}`;
}

/** Where it is itself. */
export function pathOf(object: KubeObject): string {
  return `${collectionOf(object)}/${object.metadata.name}`;
}
