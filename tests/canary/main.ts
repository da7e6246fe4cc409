/**
 * F01 through the transport that everybody else takes: `@kubernetes/client-node`
 * on this Deno waits for ever when an answer stops in the middle, which is why
 * istiops has a transport of its own. Fails on the day when it no longer does.
 *
 *     deno task test:canary
 *
 * @module
 */
// deno-lint-ignore-file no-console

import { startFaultProxy, type Toxic } from "../fault/rig/fault_proxy.ts";

/** What is used of the package. */
interface ClientNode {
  readonly CustomObjectsApi: unknown;
  readonly KubeConfig: new () => {
    loadFromOptions(options: unknown): void;
    makeApiClient(api: unknown): {
      listClusterCustomObject(
        request: Readonly<Record<"group" | "version" | "plural", string>>,
      ): Promise<unknown>;
    };
  };
}

// Not a literal: only this folder's deno.json and lock know the package.
const PACKAGE = "@kubernetes/client-node";
const { CustomObjectsApi, KubeConfig }: ClientNode = await import(PACKAGE);

/** Far more than an answer on loopback takes. */
const PATIENCE = 5000;

const body = JSON.stringify({
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualServiceList",
  metadata: {},
  items: Array.from({ length: 1000 }, (_, at) => ({ metadata: { name: at } })),
});
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  () => new Response(body, { headers: { "content-type": "application/json" } }),
);

/** What became of it with Deno 2.9.6. */
const KNOWN = [
  { what: "a whole answer", toxic: undefined, ends: true },
  ...[1, 5000, body.length].map((after) => ({
    what: `an end at byte ${after}`,
    toxic: { after, then: "FIN" } as const,
    // Before the answer has begun, it is told.
    ends: after === 1,
  })),
  {
    what: "a reset at byte 5000",
    toxic: { after: 5000, then: "RST" } as const,
    ends: true,
  },
];
let changed = 0;
for (const { what, toxic, ends } of KNOWN) {
  const isOver = await settles(toxic);
  if (isOver !== ends) changed++;
  console.log(
    `${what}: ${isOver ? "ends" : "hangs"}${isOver === ends ? "" : " (NEW)"}`,
  );
}
console.log(
  changed === 0
    ? "client-node on this Deno is as it was"
    : "client-node on this Deno is no longer as it was: look again at why there is a transport of our own",
);
// Calls that hang keep a process alive.
Deno.exit(changed === 0 ? 0 : 1);

/** Does a list come to an end, good or bad? */
async function settles(toxic: Toxic | undefined): Promise<boolean> {
  const proxy = await startFaultProxy(server.addr.port, () => toxic);
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{
      name: "c",
      server: `http://127.0.0.1:${proxy.port}`,
      skipTLSVerify: true,
    }],
    users: [{ name: "u" }],
    contexts: [{ name: "c", cluster: "c", user: "u" }],
    currentContext: "c",
  });
  const call = config.makeApiClient(CustomObjectsApi).listClusterCustomObject({
    group: "networking.istio.io",
    version: "v1",
    plural: "virtualservices",
  });
  return await Promise.race([
    call.then(() => true, () => true),
    new Promise<false>((done) => setTimeout(() => done(false), PATIENCE)),
  ]);
}
