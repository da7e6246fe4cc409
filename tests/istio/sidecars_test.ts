import { explainRequest } from "../../src/istio/explanation.ts";
import type { KubeObject, Sidecar } from "../../src/istio/types.ts";
import { assertEquals } from "../support/assert.ts";
import {
  ask,
  inShort,
  mesh,
  pod,
  request,
  service,
  sidecar,
  to,
  virtualService,
} from "./worlds.ts";

/** Those whose egress is one listener for every port, with these hosts. */
function scope(name: string, ...hosts: readonly string[]): Sidecar {
  return scoped(name, { egress: [{ hosts }] });
}

function scoped(name: string, spec: Sidecar["spec"]): Sidecar {
  const [namespace = "default", own = "own"] = name.split("/");
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: own, namespace },
    spec,
  };
}

const A = "a.default.svc.cluster.local";

/** A rule for `a`, in its own namespace and in that of the client. */
const OWN = virtualService("own", [{ route: to("b") }]);
const THEIRS = virtualService("shop/theirs", [
  { route: to("b.default.svc.cluster.local") },
], { hosts: [A] });

Deno.test.each([
  { with: "*/*", objects: [OWN], gives: "b" },
  { with: "default/*", objects: [OWN], gives: "b" },
  { with: `default/${A}`, objects: [OWN], gives: "b" },
  { with: "*/*.default.svc.cluster.local", objects: [OWN], gives: "b" },
  // The service alone: `b` comes with the rule, and goes with it.
  { with: `*/${A}`, objects: [], gives: "default a" },
  {
    with: "*/b.default.svc.cluster.local",
    objects: [OWN],
    gives: "passthrough",
  },
  { with: "./*", objects: [OWN], gives: "passthrough" },
  { with: "~/*", objects: [OWN], gives: "passthrough" },
  { with: `${A}`, objects: [OWN], gives: "passthrough" },
  {
    with: "default/* ~default/b.default.svc.cluster.local",
    objects: [OWN],
    gives: "b",
  },
  { with: `default/* ~default/${A}`, objects: [OWN], gives: "passthrough" },
  { with: `*/* ~*/${A}`, objects: [OWN], gives: "passthrough" },
  // Rules are imported by where they are, services by where those are.
  { with: "./*", objects: [THEIRS], gives: "b", at: 80 },
  { with: "default/*", objects: [THEIRS], gives: "default a" },
])("a client in shop whose Sidecar imports $with gets $gives", (row) => {
  const world = mesh([...row.objects, scope("shop", ...row.with.split(" "))]);
  assertEquals(
    inShort(ask(world, { authority: A }, { client: sidecar("shop") })),
    row.gives,
  );
});

Deno.test("a Sidecar decides for its own namespace only, the root's for all without one", () => {
  const asked = (objects: readonly KubeObject[], namespace: string) =>
    inShort(ask(mesh(objects), { authority: A }, {
      client: sidecar(namespace),
    }));
  const none = scope("shop", "~/*");
  assertEquals(asked([none], "other"), "default a");
  const root = scope("istio-system", "~/*");
  assertEquals(asked([root], "other"), "passthrough");
  assertEquals(asked([root, scope("other", "*/*")], "other"), "default a");
  // It says `.` of whoever asks.
  const near = scope("istio-system", "./*");
  assertEquals(asked([near], "default"), "default a");
  assertEquals(asked([near], "other"), "passthrough");
});

Deno.test("a Sidecar with a selector goes before one without, and before the root's", () => {
  const chosen = scoped("shop/chosen", {
    workloadSelector: { labels: { app: "web" } },
    egress: [{ hosts: ["*/*"] }],
  });
  const world = mesh([
    scope("shop", "~/*"),
    chosen,
    scoped("istio-system/not-for-all", {
      workloadSelector: { labels: { app: "web" } },
      egress: [{ hosts: ["~/*"] }],
    }),
  ]);
  const asked = (client: ReturnType<typeof sidecar>) =>
    inShort(ask(world, { authority: A }, { client }));
  assertEquals(asked(sidecar("shop", { app: "web", x: "1" })), "default a");
  assertEquals(asked(sidecar("shop", { app: "job" })), "passthrough");
  assertEquals(asked(sidecar("other", { app: "web" })), "default a");
});

Deno.test("a destination that no imported rule leads to has no cluster: 503, NC", () => {
  // istiod looks at the blocks with a namespace only, so it gathers nothing.
  const rule = virtualService("own", [{
    match: [{ uri: { prefix: "/" } }, { sourceNamespace: "other" }],
    route: to("b"),
  }]);
  const world = mesh([rule, scope("shop", `default/${A}`)]);
  const verdict = ask(world, { authority: A }, { client: sidecar("shop") });
  assertEquals(inShort(verdict), "b NC");
  assertEquals(
    verdict.destinations[0]?.why,
    'Sidecar "shop/own" does not import "b.default.svc.cluster.local"',
  );
  // Nothing hides from who imports it anyhow.
  const all = mesh([rule, scope("shop", "default/*")]);
  assertEquals(
    inShort(ask(all, { authority: A }, { client: sidecar("shop") })),
    "b",
  );
});

Deno.test("a service that rules alone bring has the ports that they name", () => {
  const at = (port: number) => [{
    destination: { host: "two", port: { number: port } },
  }];
  const asked = (path: string, ...hosts: readonly string[]) =>
    inShort(ask(
      mesh([
        service("two", { ports: [80, 81] }),
        pod("two-1", { app: "two" }),
        virtualService("own", [
          {
            match: [{ uri: { prefix: "/81" } }, { sourceNamespace: "other" }],
            route: at(81),
          },
          { route: at(80) },
        ]),
        scope("shop", ...hosts),
      ]),
      { authority: A, path },
      { client: sidecar("shop") },
    ));
  assertEquals(asked("/", `default/${A}`), "two");
  assertEquals(asked("/81", `default/${A}`), "two NC");
  assertEquals(asked("/81", "default/*"), "two");
});

Deno.test.each([
  { listener: { number: 80, protocol: "HTTP" }, port: 80, gives: "default a" },
  {
    listener: { number: 81, protocol: "HTTP" },
    port: 80,
    gives: "passthrough",
  },
  { listener: { number: 80, protocol: "TCP" }, port: 80, gives: "unknown" },
  {
    listener: { number: 80, protocol: "HTTP_PROXY" },
    port: 80,
    gives: "unknown",
  },
])(
  "an egress listener for port $listener.number, $listener.protocol: $gives",
  (row) => {
    const world = mesh([
      scoped("shop", { egress: [{ port: row.listener, hosts: ["*/*"] }] }),
    ]);
    assertEquals(
      inShort(ask(world, { authority: A }, { client: sidecar("shop") })),
      row.gives,
    );
  },
);

Deno.test("a listener for a port goes before the one for all, and has its own hosts", () => {
  const ports = service("ports", { ports: [80, 81] });
  const egress = [
    { port: { number: 81, protocol: "HTTP" }, hosts: ["~/*"] },
    { hosts: ["*/*"] },
  ];
  const world = mesh([ports, scoped("shop", { egress })]);
  const asked = (port: number) =>
    inShort(ask(world, {
      authority: "ports.default.svc.cluster.local",
      port,
    }, { client: sidecar("shop") }));
  assertEquals(asked(80), "default ports UH");
  assertEquals(asked(81), "passthrough");
});

Deno.test("a listener at an address of its own is not known", () => {
  for (const how of [{ bind: "127.0.0.1" }, { captureMode: "NONE" }]) {
    const world = mesh([
      scoped("shop", { egress: [{ ...how, hosts: ["*/*"] }] }),
    ]);
    const { outcome, why } = ask(world, { authority: A }, {
      client: sidecar("shop"),
    });
    assertEquals({ outcome, why }, {
      outcome: "unknown",
      why:
        'Sidecar "shop/own" has a listener of its own for port 80: at another address, or not for HTTP',
    });
  }
});

Deno.test("explainRequest() names no rule behind a listener that is not known", () => {
  const egress = [{ bind: "127.0.0.1", hosts: ["*/*"] }];
  const { outcome, rule, passed, later } = explainRequest(
    mesh([OWN, scoped("shop", { egress })]),
    sidecar("shop"),
    request({ authority: A }),
  );
  assertEquals({ outcome, rule, passed, later }, {
    outcome: "unknown",
    rule: undefined,
    passed: [],
    later: [],
  });
});

Deno.test("a Sidecar says what becomes of hosts that nobody knows", () => {
  const asked = (spec: Sidecar["spec"]) =>
    inShort(ask(mesh([scoped("shop", spec)]), { authority: "x.test" }, {
      client: sidecar("shop"),
    }));
  assertEquals(asked({}), "passthrough");
  assertEquals(asked({ outboundTrafficPolicy: {} }), "direct 502");
  const mode = "REGISTRY_ONLY";
  assertEquals(asked({ outboundTrafficPolicy: { mode } }), "direct 502");
  // Nobody listens: there is no answer at all.
  const egress = [{ port: { number: 81, protocol: "HTTP" }, hosts: ["*/*"] }];
  assertEquals(asked({ egress, outboundTrafficPolicy: { mode } }), "unknown");
});

Deno.test("explainRequest() says which VirtualService a Sidecar does not import", () => {
  const world = mesh([OWN, THEIRS, scope("shop", "default/*")]);
  const { ignored } = explainRequest(
    world,
    sidecar("shop"),
    request({ authority: A }),
  );
  assertEquals(ignored, [{
    namespace: "shop",
    name: "theirs",
    why: 'Sidecar "shop/own" does not import it on port 80',
  }]);
});

Deno.test("no Sidecar speaks for a gateway", () => {
  const world = mesh([
    virtualService("edge", [{ route: to("a") }], {
      hosts: ["a.test"],
      gateways: ["g"],
    }),
    scope("default", "~/*"),
  ]);
  const client = {
    kind: "gateway" as const,
    namespace: "default",
    labels: {},
    gateway: "default/g",
  };
  assertEquals(inShort(ask(world, { authority: "a.test" }, { client })), "a");
});
