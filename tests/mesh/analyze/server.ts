/**
 * An API server that holds worlds and nothing else, read-only: enough of one
 * for `istioctl analyze`, which on files leaves out every check that needs
 * Services or Pods. Nothing is refused, so objects are in it that a webhook
 * would turn away.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";

/** Lists that istioctl waits for, by resource. */
const KINDS: Readonly<Record<string, string>> = {
  configmaps: "ConfigMap",
  customresourcedefinitions: "CustomResourceDefinition",
  deployments: "Deployment",
  destinationrules: "DestinationRule",
  gateways: "Gateway",
  mutatingwebhookconfigurations: "MutatingWebhookConfiguration",
  namespaces: "Namespace",
  nodes: "Node",
  pods: "Pod",
  secrets: "Secret",
  serviceentries: "ServiceEntry",
  services: "Service",
  validatingwebhookconfigurations: "ValidatingWebhookConfiguration",
  virtualservices: "VirtualService",
};

const NETWORKING = "networking.istio.io";

/** Without its definition a kind is not asked for. */
const DEFINITIONS: readonly KubeObject[] = [
  ...["destinationrules", "gateways", "serviceentries", "virtualservices"],
].map((resource) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${resource}.${NETWORKING}` },
}));

/** Serves one world at a time below each of some paths. */
export class WorldServer implements AsyncDisposable {
  readonly #worlds = new Map<string, readonly KubeObject[]>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(new URL(request.url)),
    );
  }

  /**
   * Puts a world there in place of the one before.
   *
   * @returns Where it is.
   */
  put(slot: string, objects: readonly KubeObject[]): string {
    this.#worlds.set(slot, [...objects, ...DEFINITIONS]);
    return `http://127.0.0.1:${this.#server.addr.port}/${slot}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }

  #answer({ pathname, searchParams }: URL): Response {
    const [, slot = "", path = ""] = /^\/([^/]+)\/(.*)$/.exec(pathname) ?? [];
    const found =
      /^(?:api|apis\/([^/]+))\/([^/]+)(?:\/namespaces\/[^/]+)?\/([a-z]+)(?:\/([^/]+))?$/
        .exec(path);
    const objects = this.#worlds.get(slot);
    if (found === null || objects === undefined) return status(404, "NotFound");
    const [, group = "", version = "", resource = "", name] = found;
    const kind = KINDS[resource];
    if (kind === undefined) return status(404, "NotFound");
    if (searchParams.has("watch")) {
      // It asks for a list then.
      return searchParams.has("sendInitialEvents")
        ? status(422, "Invalid")
        : new Response(untilCancelled());
    }
    const apiVersion = group === "" ? version : `${group}/${version}`;
    const items = objects.filter((object) =>
      object.kind === kind && object.apiVersion === apiVersion
    ).map(asStored);
    if (name !== undefined) {
      const item = items.find(({ metadata }) => metadata.name === name);
      return item === undefined ? status(404, "NotFound") : Response.json(item);
    }
    return Response.json({
      kind: `${kind}List`,
      apiVersion,
      metadata: { resourceVersion: "1" },
      items,
    });
  }
}

function asStored(object: KubeObject): KubeObject {
  const { kind, metadata } = object;
  const uid = `${kind}-${metadata.namespace}-${metadata.name}`;
  return { ...object, metadata: { ...metadata, uid, resourceVersion: "1" } };
}

/** Nothing ever happens. */
function untilCancelled(): ReadableStream<Uint8Array> {
  return new ReadableStream({ type: "bytes" });
}

function status(code: number, reason: string): Response {
  return Response.json(
    { kind: "Status", apiVersion: "v1", status: "Failure", reason, code },
    { status: code },
  );
}
