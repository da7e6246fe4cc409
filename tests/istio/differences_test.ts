import { diffTraffic, type Fate } from "../../src/istio/differences.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  KubeObject,
} from "../../src/istio/types.ts";
import { type World, worldOf } from "../../src/istio/world.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  destinationRule,
  gateway,
  mesh,
  pod,
  service,
  serviceEntry,
  to,
  virtualService,
} from "./worlds.ts";

const HEADER = { headers: { "x-cid": { exact: "1" } } };
const V1 = { uri: { prefix: "/v1" } };

/** Each row in a line: the requests, the witness, before and after. */
function rows(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): readonly string[] {
  return rowsOf(mesh(before), mesh(after)).map((row) => {
    const { method, authority, path, headers } = row.request;
    const sent = headers.map(([name, value]) => ` ${name}:${value}`).join("");
    const other = row.treatment.length === 0
      ? ""
      : ` (${row.treatment.join(", ")})`;
    return `${row.kind}: ${
      row.requests.join("; ")
    } | ${method} ${authority}${path}${sent} | ${inShort(row.before)} -> ${
      inShort(row.after)
    }${other}`;
  });
}

function rowsOf(before: World, after: World) {
  return diffTraffic(before, after).differences;
}

function inShort({ outcome, status, destinations }: Fate): string {
  if (outcome === "default") return `default ${destinations[0]?.cluster}`;
  if (destinations.length === 0) return `${outcome} ${status ?? ""}`.trim();
  return destinations.map(({ host, subset, percent, flag }) =>
    `${percent}% ${host.split(".")[0]}${
      subset === undefined ? "" : `:${subset}`
    }${flag === undefined ? "" : ` ${flag}`}`
  ).join(" ");
}

function rules(...http: readonly HTTPRoute[]): readonly KubeObject[] {
  return [virtualService("one", http)];
}

Deno.test.each<{
  name: string;
  before: readonly KubeObject[];
  after: readonly KubeObject[];
  gives: readonly string[];
}>([
  {
    name: "nothing where nothing changes",
    before: rules({ match: [HEADER], route: to("b") }, { route: to("a") }),
    after: rules({ match: [HEADER], route: to("b") }, { route: to("a") }),
    gives: [],
  },
  {
    name: "nothing where a rule only moves to where it does the same",
    before: rules(
      { match: [V1], route: to("a") },
      { match: [HEADER], route: to("a") },
    ),
    after: rules(
      { match: [HEADER], route: to("a") },
      { match: [V1], route: to("a") },
    ),
    gives: [],
  },
  {
    name: "what two rules share where they change places",
    before: rules(
      { match: [V1], route: to("a") },
      { match: [HEADER], route: to("b") },
    ),
    after: rules(
      { match: [HEADER], route: to("b") },
      { match: [V1], route: to("a") },
    ),
    gives: [
      "elsewhere: with header x-cid = 1, under /v1 | GET a/v1 x-cid:1 | 100% a -> 100% b",
    ],
  },
  {
    name: "nothing for a rule that one above covers",
    before: rules({ match: [V1], route: to("a") }, { route: to("a") }),
    after: rules(
      { match: [V1], route: to("a") },
      { match: [{ uri: { exact: "/v1/x" } }], route: to("b") },
      { route: to("a") },
    ),
    gives: [],
  },
  {
    name: "one row for a header rule before two others",
    before: rules({ match: [V1], route: to("a") }, { route: to("a") }),
    after: rules(
      { match: [HEADER], route: to("b") },
      { match: [V1], route: to("a") },
      { route: to("a") },
    ),
    gives: [
      "elsewhere: with header x-cid = 1, under /v1 | GET a/v1 x-cid:1 | 100% a -> 100% b",
      "elsewhere: with header x-cid = 1 | GET a/ x-cid:1 | 100% a -> 100% b",
    ],
  },
  {
    name: "one row for the weights of a rule, however many blocks it has",
    before: rules({
      match: [V1, HEADER, { uri: { exact: "/x" } }],
      route: to(["a", 100], ["b", 0]),
    }),
    after: rules({
      match: [V1, HEADER, { uri: { exact: "/x" } }],
      route: to(["a", 80], ["b", 20]),
    }),
    gives: [
      "shares: under /v1; with header x-cid = 1; for /x | GET a/v1 | 100% a -> 80% a 20% b",
    ],
  },
  {
    name: "what falls to the rule below a rule that is gone",
    before: rules(
      { match: [{ ...HEADER, ...V1 }], route: to("b") },
      { match: [V1], redirect: { uri: "/v2" } },
      { route: to("a") },
    ),
    after: rules(
      { match: [V1], redirect: { uri: "/v2" } },
      { route: to("a") },
    ),
    gives: [
      "elsewhere: with header x-cid = 1, under /v1 | GET a/v1 x-cid:1 | 100% b -> redirect 301",
    ],
  },
  {
    name: "requests that no rule takes any more",
    before: rules({ match: [V1], route: to("b") }, { route: to("a") }),
    after: rules({ match: [V1], route: to("b") }),
    gives: [
      "elsewhere: all other requests | GET a/ | 100% a -> no-route 404",
    ],
  },
  {
    name: "another redirect",
    before: rules({ redirect: { uri: "/x" } }),
    after: rules({ redirect: { uri: "/y" } }),
    gives: [
      "elsewhere: all requests | GET a/ | redirect 301 -> redirect 301",
    ],
  },
  {
    name: "what is done on the way",
    before: rules({ route: to("a"), timeout: "1s" }),
    after: rules({ route: to("a"), timeout: "2s", retries: { attempts: 1 } }),
    gives: [
      "treatment: all requests | GET a/ | 100% a -> 100% a (retries, timeout)",
    ],
  },
  {
    name: "no difference between no rule and a rule to the same pods",
    before: [],
    after: rules({ route: to("a") }),
    gives: [],
  },
  {
    name: "a subset that is gone",
    before: [
      ...rules({ route: to("a:v1") }),
      destinationRule("d", "a", ["v1"]),
      pod("a-2", { app: "a", version: "v1" }),
    ],
    after: [
      ...rules({ route: to("a:v1") }),
      destinationRule("d", "a", []),
      pod("a-2", { app: "a", version: "v1" }),
    ],
    gives: ["elsewhere: all requests | GET a/ | 100% a:v1 -> 100% a:v1 NC"],
  },
  {
    name: "the same subset with the labels of other pods",
    before: [
      ...rules({ route: to("a:v1") }),
      destinationRule("d", "a", ["v1"]),
      pod("a-2", { app: "a", version: "v1" }),
      pod("a-3", { app: "a", version: "v2" }),
    ],
    after: [
      ...rules({ route: to("a:v1") }),
      {
        ...destinationRule("d", "a", []),
        spec: {
          host: "a",
          subsets: [{ name: "v1", labels: { version: "v2" } }],
        },
      },
      pod("a-2", { app: "a", version: "v1" }),
      pod("a-3", { app: "a", version: "v2" }),
    ],
    gives: ["elsewhere: all requests | GET a/ | 100% a:v1 -> 100% a:v1"],
  },
  {
    name: "a service that is renamed under the default route",
    before: [service("c"), pod("c-1", { app: "c" })],
    after: [],
    gives: [
      "elsewhere: all requests | GET c/ | default outbound|80||c.default.svc.cluster.local -> passthrough",
    ],
  },
])("diffTraffic() gives $name", ({ before, after, gives }) => {
  assertEquals(rows(before, after), gives);
});

Deno.test("diffTraffic() looks from clients that the rules tell apart", () => {
  const of = (route: ReturnType<typeof to>) => [
    virtualService("one", [
      { match: [{ sourceLabels: { app: "x" } }], route },
      { route: to("a") },
    ]),
  ];
  const [row, ...more] = rowsOf(mesh(of(to("a"))), mesh(of(to("b"))));
  assertEquals(more, []);
  assertEquals(row?.clients.map(({ labels }) => labels), [{ app: "x" }]);
});

Deno.test("diffTraffic() looks from clients of what comes to the same host behind it", () => {
  const behind = virtualService("two", [
    { match: [{ sourceLabels: { app: "x" } }], route: to("b") },
  ], { minute: 2 });
  const owner = virtualService("one", [{ route: to("a") }], { minute: 1 });
  const found = rowsOf(mesh([owner, behind]), mesh([behind]));
  assertEquals(
    found.map(({ clients, after }) => [
      clients.map(({ labels }) => labels),
      inShort(after),
    ]),
    [[[{ app: "x" }], "100% b"]],
  );
});

Deno.test("diffTraffic() finds what a DestinationRule of a client's namespace hides", () => {
  const common = [
    ...rules({ route: to("a:v1") }),
    destinationRule("d", "a", ["v1"]),
    pod("a-2", { app: "a", version: "v1" }),
  ];
  const hiding = destinationRule(
    "shop/hide",
    "a.default.svc.cluster.local",
    [],
  );
  const [row, ...more] = rowsOf(
    mesh(common),
    mesh([...common, hiding]),
  );
  assertEquals(more, []);
  assertEquals(row?.clients.map(({ namespace }) => namespace), ["shop"]);
  assertEquals(row?.after.destinations[0]?.flag, "NC");
});

Deno.test("diffTraffic() looks through gateways", () => {
  const of = (route: ReturnType<typeof to>) => [
    gateway("gate", ["*.example.com"]),
    virtualService("one", [{ route }], {
      hosts: ["shop.example.com"],
      gateways: ["gate"],
    }),
  ];
  const found = rowsOf(mesh(of(to("a"))), mesh(of(to("b"))));
  assertEquals(
    found.map(({ client, hosts }) => [client.kind, client.gateway, hosts]),
    [["gateway", "default/gate", ["shop.example.com"]]],
  );
});

Deno.test("diffTraffic() finds what only an escape in a query, or :80, leads to", () => {
  const rest = { route: to("a") };
  const requests = (match: HTTPMatchRequest) =>
    diffTraffic(
      mesh(rules(rest)),
      mesh(rules({ match: [match], route: to("b") }, rest)),
    ).differences.map(({ request }) => `${request.authority}${request.path}`);
  assertEquals(requests({ queryParams: { q: { exact: "a%20b" } } }), [
    "a/?q=a%20b",
  ]);
  assertEquals(requests({ authority: { regex: ".*:80" } }), ["a:80/"]);
});

Deno.test("diffTraffic() asks through no gateway that is known not to be there", () => {
  const found = (gaps: World["gaps"]) => {
    const of = (route: ReturnType<typeof to>) =>
      mesh([
        virtualService("one", [{ route }], {
          hosts: ["shop.example.com"],
          gateways: ["gone"],
        }),
      ], { gaps });
    return diffTraffic(of(to("a")), of(to("b"))).differences.map(({ client }) =>
      client.gateway
    );
  };
  assertEquals(found([]), []);
  assertEquals(found([{ kind: "Gateway", reason: "forbidden" }]), [
    "default/gone",
  ]);
});

Deno.test("diffTraffic() says so where it did not look at everything", () => {
  const many = (last: string) =>
    rules(
      ...Array.from({ length: 40 }, (_, at) => ({
        match: [{ uri: { exact: `/${last}${at}` } }],
        route: to("b"),
      })),
      { route: to("a") },
    );
  const whole = diffTraffic(mesh(many("x")), mesh(many("y")));
  assertEquals(whole.unexamined, []);
  assertEquals(whole.differences.length, 80);
  const part = diffTraffic(mesh(many("x")), mesh(many("y")), {
    effort: 500,
  });
  assert(part.differences.length < 80);
  assertEquals(part.unexamined.length, 1);
});

Deno.test("diffTraffic() looks at everything where each of 500 rules gets a header rule", () => {
  const paths = Array.from({ length: 500 }, (_, at) => `/p${at}`);
  const base = paths.map((path) => ({
    match: [{ uri: { exact: path } }],
    route: to("a"),
  }));
  const previews = paths.map((path) => ({
    match: [{ uri: { exact: path }, ...HEADER }],
    route: to("b"),
  }));
  const { differences, unexamined } = diffTraffic(
    mesh(rules(...base)),
    mesh(rules(...previews, ...base)),
  );
  assertEquals(unexamined, []);
  assertEquals(differences.length, 500);
});

/** Clients that see a difference, in a line each. */
function seenBy(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): readonly string[] {
  return diffTraffic(mesh(before), mesh(after)).differences.flatMap((row) =>
    row.clients.map(({ kind, namespace, gateway }) =>
      `${kind} ${gateway ?? namespace}: ${inShort(row.before)} -> ${
        inShort(row.after)
      }`
    )
  );
}

function ambient(name: string, waypoint?: string): KubeObject {
  const labels = waypoint === undefined
    ? {}
    : { "istio.io/use-waypoint": waypoint };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

Deno.test("compareTraffic() looks from the waypoints of what changes", () => {
  const seen = seenBy([
    ambient("default", "w"),
    ...rules({ route: to("a") }),
  ], [ambient("default", "w"), ...rules({ route: to("b") })]);
  assert(seen.includes("waypoint default/w: 100% a -> 100% b"), `${seen}`);
});

Deno.test("compareTraffic() sees a service that comes under a waypoint", () => {
  assertEquals(
    seenBy([ambient("default")], [ambient("default", "w")]),
    [
      "waypoint default/w: unknown -> default inbound-vip|80|http|a.default.svc.cluster.local",
      "waypoint default/w: unknown -> default inbound-vip|80|http|b.default.svc.cluster.local",
    ],
  );
});

Deno.test("compareTraffic() sees what a new Sidecar takes away, from its namespace only", () => {
  const sidecar = (...hosts: readonly string[]) =>
    sidecarIn("shop", { egress: [{ hosts }] });
  const before = [
    ambient("shop"),
    ambient("other"),
    ...rules({
      route: to("a"),
    }),
  ];
  assertEquals(
    [...new Set(seenBy(before, [...before, sidecar("./*")]))],
    [
      "sidecar shop: 100% a -> passthrough",
      "sidecar shop: default outbound|80||b.default.svc.cluster.local -> passthrough",
    ],
  );
  assertEquals(seenBy(before, [...before, sidecar("*/*")]), []);
});

Deno.test("diffTraffic() looks from a namespace that no object names", () => {
  const exported = (...exportTo: readonly string[]) => [
    virtualService("one", [{ route: to("b") }], { exportTo }),
  ];
  assertEquals(seenBy(exported("*"), exported(".")), [
    "sidecar elsewhere: 100% b -> default outbound|80||a.default.svc.cluster.local",
  ]);
  // Where somebody else sees the same nobody has to be made up.
  assertEquals(seenBy(exported("*"), rules({ route: to("a") })), [
    "sidecar default: 100% b -> 100% a",
  ]);
});

Deno.test("diffTraffic() sees a ServiceEntry whose host has capitals", () => {
  const entry: KubeObject = {
    ...serviceEntry("one", "API.Example.com"),
    spec: {
      hosts: ["API.Example.com"],
      ports: [{ number: 8080, protocol: "HTTP" }],
    },
  };
  assertEquals(seenBy([], [entry]), [
    "sidecar default: passthrough -> default outbound|8080||API.Example.com",
  ]);
});

/** Another name for a service of the same namespace. */
function otherName(name: string, host: string): KubeObject {
  const externalName = `${host}.default.svc.cluster.local`;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { type: "ExternalName", externalName },
  };
}

Deno.test("diffTraffic() follows another name for a service, which has no ports of its own", () => {
  const other = (name: string, at: number) => [
    service("far", { ports: [8080] }),
    service("near", { ports: [at] }),
    otherName("other", name),
  ];
  const seen = (...sides: (readonly KubeObject[])[]) => {
    const [before = [], after = []] = sides;
    return diffTraffic(mesh(before), mesh(after)).differences.map((row) =>
      `${row.hosts.join(" ")} at ${row.request.port}: ${
        row.before.destinations[0]?.host.split(".")[0]
      } -> ${row.after.destinations[0]?.host.split(".")[0]}`
    );
  };
  assertEquals(seen(other("far", 8080), other("near", 8080)), [
    "other at 8080: far -> near",
  ]);
  assertEquals(seen(other("far", 8080), other("far", 8080).slice(0, 2)), [
    "other at 8080: far -> undefined",
  ]);
});

Deno.test("diffTraffic() sees what changes behind another name that a rule leads to", () => {
  const common = [
    ...rules({ route: to("other:v1") }),
    {
      ...otherName("other", "b"),
      spec: {
        ...otherName("other", "b").spec as Record<string, unknown>,
        ports: [{ name: "http", port: 80 }],
      },
    },
    pod("b-2", { app: "b", version: "v1" }),
  ];
  assertEquals(
    rows(
      [...common, destinationRule("d", "b", ["v1"])],
      [...common, destinationRule("d", "b", [])],
    ),
    ["elsewhere: all requests | GET a/ | 100% b:v1 -> 100% b:v1 NC"],
  );
});

function sidecarIn(
  namespace: string,
  spec: Readonly<Record<string, unknown>>,
): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: "near", namespace },
    spec,
  };
}

const REGISTRY_ONLY = { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } };

Deno.test("diffTraffic() sees what a Sidecar says of hosts that nobody knows", () => {
  const open = sidecarIn("shop", {
    outboundTrafficPolicy: { mode: "ALLOW_ANY" },
  });
  const closed = sidecarIn("shop", REGISTRY_ONLY);
  const seen = ["sidecar shop: passthrough -> direct 502"];
  assertEquals(seenBy([open], [closed]), seen);
  assertEquals(seenBy([], [closed]), seen);
  assertEquals(seenBy([], [open]), []);
  assertEquals(
    diffTraffic(worldOf([open]), worldOf([closed])).differences.map((row) =>
      row.hosts
    ),
    [["any.example"]],
  );
  const narrow = {
    hosts: ["*/*"],
    port: { number: 5000, protocol: "HTTP", name: "http" },
  };
  assertEquals(
    [
      ...new Set(seenBy([closed], [
        sidecarIn("shop", { ...REGISTRY_ONLY, egress: [narrow] }),
      ])),
    ],
    [
      "sidecar shop: default outbound|80||a.default.svc.cluster.local -> unknown",
      "sidecar shop: default outbound|80||b.default.svc.cluster.local -> unknown",
      "sidecar shop: direct 502 -> unknown",
    ],
  );
});

Deno.test("diffTraffic() looks from the one namespace of two alike where a Sidecar comes", () => {
  const [one, two] = ["shop", "other"].map((name) =>
    sidecarIn(name, REGISTRY_ONLY)
  ) as [KubeObject, KubeObject];
  for (const objects of [[one, two], [two, one]]) {
    assertEquals(seenBy([one], objects), [
      "sidecar other: passthrough -> direct 502",
    ]);
    assertEquals(seenBy(objects, [two]), [
      "sidecar shop: direct 502 -> passthrough",
    ]);
  }
});

Deno.test("diffTraffic() sees a Sidecar's listener of which no rule is known", () => {
  const own = {
    hosts: ["*/*"],
    port: { number: 5000, protocol: "HTTP", name: "http" },
    bind: "127.0.0.1",
  };
  const common = [
    service("c", { ports: [5000] }),
    virtualService("one", [
      { match: [V1], route: to("b") },
    ], { hosts: ["c"] }),
  ];
  const listeners = (...egress: readonly unknown[]) => [
    ...common,
    sidecarIn("default", { egress }),
  ];
  const rest = { hosts: ["*/*"] };
  const found = rowsOf(mesh(listeners(rest)), mesh(listeners(own, rest)));
  assertEquals(
    found.map(({ before, after, request }) => [
      `${request.authority}${request.path} ${inShort(before)}`,
      inShort(after),
    ]),
    [
      ["c:5000/v1 100% b NC", "unknown"],
      ["c:5000/ no-route 404", "unknown"],
      ["any.example:5000/ passthrough", "unknown"],
    ],
  );
  assertEquals(
    rowsOf(
      mesh(listeners(own, rest)),
      mesh([...listeners(own, rest), destinationRule("d", "c", ["v1"])]),
    ),
    [],
  );
});

Deno.test("diffTraffic() seeks each name of a host that is gone, where the name decides", () => {
  const object = virtualService("one", [{ route: to("a") }], {
    hosts: ["a.example.com", "b.shop"],
  });
  // Somebody speaks of namespace shop, whose Services cannot be seen.
  const other = virtualService("shop/two", [{ route: to("a") }], {
    hosts: ["c.example.com"],
  });
  const rest = { gaps: [{ kind: "Service" as const, reason: "forbidden" }] };
  const found = rowsOf(mesh([object, other], rest), mesh([other], rest));
  assertEquals(found.map(({ hosts, after }) => `${hosts} ${after.outcome}`), [
    "a.example.com passthrough",
    "b.shop unknown",
  ]);
});

Deno.test("diffTraffic() sees a Gateway that only sends to HTTPS come and go", () => {
  const labels = { istio: "ingressgateway" };
  const serving = (name: string, server: Readonly<Record<string, unknown>>) => {
    const one = gateway(name, ["*"], labels);
    return { ...one, spec: { ...one.spec, servers: [server] } };
  };
  const hosts = ["shop.example.com"];
  const tls = serving("gate", {
    port: { number: 443, protocol: "HTTPS" },
    tls: { mode: "SIMPLE" },
    hosts,
  });
  const http = serving("web", {
    port: { number: 80, protocol: "HTTP" },
    tls: { httpsRedirect: true },
    hosts,
  });
  const bound = (name: string) =>
    virtualService("one", [{ route: to("a") }], { hosts, gateways: [name] });
  const common = [tls, bound("gate")];
  assertEquals(seenBy(common, [...common, http]), [
    "gateway default/gate: no-route 404 -> redirect 301",
  ]);
  assertEquals(seenBy([...common, http], common), [
    "gateway default/gate: redirect 301 -> no-route 404",
  ]);
  // What else the workload serves at that port is there without it.
  const plain = [gateway("gate", ["*"], labels), bound("gate")];
  assertEquals(seenBy([...plain, http], plain), [
    "gateway default/gate: redirect 301 -> 100% a",
  ]);
  assertEquals(seenBy([], [http]), [
    "gateway default/web: no-route 404 -> redirect 301",
  ]);
});
