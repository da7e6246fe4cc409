/**
 * An API server with one VirtualService, which can fall silent.
 *
 * @module
 */

/** The server, and a kubeconfig that leads to it. */
export interface FakeApi extends AsyncDisposable {
  readonly kubeconfig: string;
  /** False: it takes requests, and that is all. */
  answers: boolean;
  /** What its VirtualService is called. */
  name: string;
}

/** Starts it; the kubeconfig lies in the folder. */
export function fakeApi(folder: string): FakeApi {
  const silent = Promise.withResolvers<Response>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) =>
      api.answers ? Response.json(listAt(url, api.name)) : silent.promise,
  );
  const api: FakeApi = {
    kubeconfig: `${folder}/config`,
    answers: true,
    name: "reviews",
    async [Symbol.asyncDispose]() {
      silent.resolve(new Response(null, { status: 503 }));
      await server.shutdown();
    },
  };
  const named = { name: "dev" };
  Deno.writeTextFileSync(
    api.kubeconfig,
    JSON.stringify({
      "current-context": "dev",
      clusters: [{
        ...named,
        cluster: { server: `http://127.0.0.1:${server.addr.port}` },
      }],
      contexts: [{ ...named, context: { cluster: "dev", user: "dev" } }],
      users: [{ ...named, user: {} }],
    }),
  );
  return api;
}

/** A list of whatever is asked for; empty but for VirtualServices. */
function listAt(url: string, name: string): unknown {
  const { pathname } = new URL(url);
  const plural = pathname.split("/").at(-1) ?? "";
  const kind = KINDS[plural] ?? "Pod";
  const isIstio = pathname.startsWith("/apis/networking.istio.io");
  return {
    apiVersion: isIstio ? "networking.istio.io/v1" : "v1",
    kind: `${kind}List`,
    metadata: { resourceVersion: "1" },
    items: kind === "VirtualService"
      ? [{
        apiVersion: "networking.istio.io/v1",
        kind,
        metadata: {
          name,
          namespace: "default",
          uid: "1",
          resourceVersion: "1",
        },
        spec: {
          hosts: ["reviews"],
          http: [{ route: [{ destination: { host: "reviews" } }] }],
        },
      }]
      : [],
  };
}

const KINDS: Readonly<Record<string, string>> = {
  virtualservices: "VirtualService",
  destinationrules: "DestinationRule",
  services: "Service",
  pods: "Pod",
  namespaces: "Namespace",
};
