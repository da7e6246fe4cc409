/**
 * Sections 1 to 6 of the rules (docs/changes.md), by number: which objects,
 * what a build is, weights and headers.
 */
import { RefusedError, UsageError } from "../../src/errors.ts";
import type { HTTPRoute, KubeObject } from "../../src/istio/types.ts";
import type { ShiftIntent } from "../../src/traffic/intents.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import {
  isNoop,
  objectAfter,
  rulesAfter,
  shift,
  split,
  subsetsAfter,
  type Town,
  town,
} from "../support/shifts.ts";
import {
  destinationRule,
  gateway,
  pod,
  service,
  to,
  virtualService,
} from "../istio/worlds.ts";

const exact = (name: string, value: string) =>
  ({ name, kind: "exact", value }) as const;
const CID = [exact("x-cid", "me")];
const header = (name: string, value: string) => [
  { headers: { [name]: { exact: value } } },
];

/** The refusal of a shift: its code, and what it says. */
function refusal(
  of: Town | ReturnType<typeof town>,
  intent: Partial<ShiftIntent>,
): { readonly code: string; readonly text: string } {
  const error = assertThrows(() => shift(of, intent));
  assert(
    error instanceof RefusedError || error instanceof UsageError,
    `${error}`,
  );
  const { code, message, hint } = error;
  return { code, text: `${message} ${hint}` };
}

/** Weights by subset in a rule, as `v1=80 v2=20`. */
function shares(
  of: Town,
  intent: Partial<ShiftIntent>,
  rule = "every",
): string {
  const lines = rulesAfter(shift(of, intent));
  return lines.find((line) => line.startsWith(`${rule}: `))
    ?.slice(rule.length + 2) ?? "";
}

// 1. Where it goes

Deno.test("1.2 a change that names nothing is wrong usage", () => {
  const error = assertThrows(() =>
    shift({}, { names: [], build: "v2", weight: 1 })
  );
  assertInstanceOf(error, UsageError);
  assertEquals(error.code, "missing-argument");
});

// 2. Which objects

Deno.test("2.1 a selector takes all VirtualServices with a base rule, and names those without", () => {
  const labelled = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, labels: { team: "web" } },
  });
  const world = town({
    more: [
      labelled(virtualService("one", [split("x", { v1: 100 })])),
      labelled(
        virtualService("outside", [split("y", { v1: 100 })], {
          hosts: ["shop.example.com"],
          gateways: ["front"],
        }),
      ),
      labelled(virtualService("other", [{ route: to("b") }], { hosts: ["b"] })),
      gateway("front", ["shop.example.com"]),
    ],
  });
  // `one` owns the host: the town's own object would hide it.
  const alone = {
    ...world,
    virtualServices: world.virtualServices.filter(({ metadata }) =>
      metadata.name !== "a"
    ),
  };
  const decision = shift(alone, {
    selector: [{ key: "team", operator: "in", values: ["web"] }],
    destination: { host: "a" },
    build: "v2",
    weight: 20,
  });
  assertEquals(rulesAfter(decision, "one"), ["x: v1=80 v2=20"]);
  assertEquals(rulesAfter(decision, "outside"), ["y: v1=80 v2=20"]);
  assertStringIncludes(
    [...decision.summary, ...decision.notes].join("\n"),
    '"other"',
  );
});

Deno.test("2.1 a destination alone must lead to one VirtualService", () => {
  const more = [
    virtualService("outside", [split("y", { v1: 100 })], {
      hosts: ["shop.example.com"],
      gateways: ["front"],
    }),
    gateway("front", ["shop.example.com"]),
  ];
  const { code, text } = refusal({ more }, {
    destination: { host: "a" },
    build: "v2",
    weight: 20,
  });
  assertEquals(code, "ambiguous-object");
  assertStringIncludes(text, '"a"');
  assertStringIncludes(text, '"outside"');
  assertStringIncludes(text, "front");
});

Deno.test("2.1 several hosts and no destination is wrong usage, with the list", () => {
  const rules = [
    split("every", { v1: 100 }, { match: [{ uri: { prefix: "/a" } }] }),
    { name: "b", route: to("b") },
  ];
  const error = assertThrows(() =>
    shift({ rules }, { build: "v2", weight: 1 })
  );
  assertInstanceOf(error, UsageError);
  assertEquals(error.code, "ambiguous-destination");
  assertStringIncludes(`${error.message} ${error.hint}`, "b");
});

Deno.test("2.2 the plan lists what else routes to the host and is not changed", () => {
  const more = [
    virtualService("outside", [split("y", { v1: 100 })], {
      hosts: ["shop.example.com"],
      gateways: ["front"],
    }),
    virtualService("shop/elsewhere", [{
      name: "z",
      route: to("a.default.svc.cluster.local:v1"),
    }], { hosts: ["elsewhere"] }),
    gateway("front", ["shop.example.com"]),
  ];
  const { untouched } = shift({ more }, { build: "v2", weight: 20 });
  assertEquals(
    untouched.map(({ namespace, name }) => `${namespace}/${name}`).sort(),
    ["default/outside", "shop/elsewhere"],
  );
});

Deno.test("2.2 a delegate that the selection does not hit is refused with its roots", () => {
  const more = [
    virtualService("root", [{
      match: [{ uri: { prefix: "/" } }],
      delegate: { name: "pages" },
    }], { hosts: ["root"] }),
    virtualService("pages", [split("p", { v1: 100 })], { hosts: [] }),
  ];
  const { code, text } = refusal({ more, rules: [] }, {
    names: ["root"],
    build: "v2",
    weight: 20,
  });
  assertEquals(code, "delegate-not-selected");
  assertStringIncludes(text, "pages");
  assertStringIncludes(text, "root");
});

Deno.test("2.3 an object whose host an older one owns is refused with its name", () => {
  const more = [
    virtualService("older", [split("o", { v1: 100 })], { minute: 1 }),
    virtualService("newer", [split("n", { v1: 100 })], { minute: 2 }),
  ];
  const world = town({ more });
  const { code, text } = refusal({
    ...world,
    virtualServices: world.virtualServices.filter(({ metadata }) =>
      metadata.name !== "a"
    ),
  }, { names: ["newer"], build: "v2", weight: 20 });
  assertEquals(code, "without-effect");
  assertStringIncludes(text, "older");
});

Deno.test("2.4 the new subset goes into the DestinationRule in effect, whatever its name and labels", () => {
  const world = town({ subsets: [] });
  const rules = [
    destinationRule("unrelated-name", "a", ["v1"]),
    destinationRule("a", "b", ["v9"]),
  ];
  const decision = shift({ ...world, destinationRules: rules }, {
    build: "v3",
    weight: 20,
  });
  assertEquals(
    subsetsAfter(decision, "unrelated-name").map(({ name }) => name),
    ["v1", "a-v3-default"],
  );
  assertEquals(objectAfter(decision, "DestinationRule", "a"), undefined);
});

Deno.test("2.4 a rule of the client's namespace that hides the service's is refused", () => {
  const world = town({ subsets: ["v1"] });
  const { code, text } = refusal({
    ...world,
    destinationRules: [
      ...world.destinationRules,
      destinationRule("one", "a", ["v1"], { exportTo: ["."] }),
      destinationRule("two", "a", ["v1"], { exportTo: [".", "shop"] }),
    ],
  }, { build: "v3", weight: 20 });
  assertEquals(code, "destination-rule-hidden");
  assertStringIncludes(text, '"default/two"');
});

Deno.test("2.5 a missing DestinationRule is made only with --create, with the Service", () => {
  const world = { ...town(), destinationRules: [] };
  const rules = [{ name: "every", route: to("a") }];
  const bare = { ...world, virtualServices: [virtualService("a", rules)] };
  const intent = { build: "v2", weight: 100, buildLabel: "version" };
  assertEquals(refusal(bare, intent).code, "destination-rule-missing");
  const decision = shift(bare, { ...intent, create: true });
  const [made] = decision.pairs.filter(({ before }) => before === undefined);
  assertEquals(made?.after?.kind, "DestinationRule");
  assertEquals(made?.after?.metadata.namespace, "default");
});

Deno.test("2.5 a DestinationRule is not made where a wildcard one applies", () => {
  const rules = [{ name: "every", route: to("a") }];
  const world = {
    ...town(),
    virtualServices: [virtualService("a", rules)],
    destinationRules: [
      destinationRule("wide", "*.default.svc.cluster.local", []),
    ],
  };
  const { code, text } = refusal(world, {
    build: "v2",
    weight: 100,
    buildLabel: "version",
    create: true,
  });
  assertEquals(code, "destination-rule-missing");
  assertStringIncludes(text, "wide");
});

Deno.test("2.6 a route is made only with --create-route", () => {
  const rules = [{
    name: "b",
    match: [{ uri: { prefix: "/b" } }],
    route: to("b"),
  }];
  const intent = {
    names: ["a"],
    destination: { host: "a" },
    build: "v2",
    weight: 100,
  };
  assertEquals(refusal({ rules }, intent).code, "no-route");
  const decision = shift({ rules }, { ...intent, createRoute: "prefix=/v2" });
  const made = objectAfter(decision, "VirtualService", "a") as unknown as {
    spec: { http: HTTPRoute[] };
  };
  assertEquals(made.spec.http.length, 2);
  assertEquals(made.spec.http[1]?.match, [{ uri: { prefix: "/v2" } }]);
  assertEquals(
    (made.spec.http[1]?.route ?? []).map(({ destination }) =>
      destination.subset
    ),
    ["v2"],
  );
});

// 3. What a build is

Deno.test("3.1 the build label is the one that tells subsets apart", () => {
  const world = town();
  const rule = {
    ...destinationRule("a", "a", []),
    spec: {
      host: "a",
      subsets: [
        { name: "old", labels: { app: "a", version: "v1" } },
        { name: "new", labels: { app: "a", version: "v2" } },
      ],
    },
  };
  const decision = shift({
    ...world,
    destinationRules: [rule],
    virtualServices: [virtualService("a", [{
      name: "every",
      route: to("a:old"),
    }])],
  }, { build: "v2", weight: 20 });
  assertEquals(rulesAfter(decision), ["every: old=80 new=20"]);
});

Deno.test("3.1 with one subset it is the label that the Service lacks", () => {
  const decision = shift({ subsets: ["v1"] }, { build: "v2", weight: 20 });
  assertEquals(subsetsAfter(decision).at(-1)?.labels, { version: "v2" });
});

Deno.test("3.1 without subsets it is the pods' one, keys of controllers left out", () => {
  const rules = [{ name: "every", route: to("a") }];
  const pods = ["v1", "v2"].map((version) =>
    pod(`p-${version}`, {
      app: "a",
      version,
      "pod-template-hash": `h-${version}`,
    })
  );
  const world = town({ rules, subsets: [], pods: {}, more: pods });
  const decision = shift(world, { build: "v2", weight: 100 });
  assertEquals(subsetsAfter(decision).at(-1)?.labels, { version: "v2" });
});

Deno.test("3.1 where it cannot be told the keys seen are named", () => {
  const rules = [{ name: "every", route: to("a") }];
  const pods = ["1", "2"].map((n) =>
    pod(`p-${n}`, { app: "a", color: `c${n}`, size: `s${n}` })
  );
  const world = town({ rules, subsets: [], pods: {}, more: pods });
  const { code, text } = refusal(world, { build: "c2", weight: 100 });
  assertEquals(code, "build-label-unknown");
  assertStringIncludes(text, "color");
  assertStringIncludes(text, "size");
  assertStringIncludes(text, "--build-label");
});

Deno.test("3.2 -p gives the labels outright, and names the subset", () => {
  const decision = shift(
    { more: [pod("pr", { app: "a", version: "PR-10" })] },
    {
      build: "3",
      podLabels: { app: "a", version: "PR-10" },
      headers: CID,
    },
  );
  const made = subsetsAfter(decision).at(-1);
  assertEquals(made?.labels, { app: "a", version: "PR-10" });
  assertStringIncludes(made?.name ?? "", "pr-10");
  const said = [...decision.summary, ...decision.notes].join("\n");
  assertStringIncludes(said, "PR-10");
  assertStringIncludes(said, '"3"');
});

Deno.test("3.2 a new subset has the largest build's labels with its own value", () => {
  const world = town();
  const rule = destinationRule("a", "a", []);
  const decision = shift({
    ...world,
    destinationRules: [{
      ...rule,
      spec: {
        host: "a",
        subsets: [
          { name: "v1", labels: { app: "a", version: "v1" } },
          { name: "v2", labels: { app: "a", version: "v2" } },
        ],
      },
    }],
  }, { build: "v3", weight: 20 });
  assertEquals(subsetsAfter(decision).at(-1)?.labels, {
    app: "a",
    version: "v3",
  });
});

Deno.test("3.3 destinations of equal labels are one build, and keep their ratio", () => {
  const rules = [{
    name: "every",
    route: [
      {
        destination: { host: "a", subset: "v1" },
        weight: 60,
        headers: { request: { set: { x: "1" } } },
      },
      { destination: { host: "a", subset: "v1" }, weight: 20 },
      { destination: { host: "a", subset: "v2" }, weight: 20 },
    ],
  }];
  assertEquals(
    shares({ rules }, { build: "v2", weight: 60 }),
    "v1=30 v1=10 v2=60",
  );
  const twins = [split("every", { v1: 60 })];
  twins[0] = {
    ...twins[0],
    route: [...to(["a:v1", 60], ["a:v1", 20], ["a:v2", 20])],
  };
  assertEquals(
    shares({ rules: twins }, { build: "v2", weight: 60 }),
    "v1=40 v2=60",
  );
});

Deno.test("3.4 a new subset is named after host, build and namespace; a hash follows altered text", () => {
  const plain = shift({}, { build: "v3", weight: 20 });
  assertEquals(subsetsAfter(plain).at(-1)?.name, "a-v3-default");
  const odd = shift({ pods: { v1: 2, "PR_10": 2 } }, {
    build: "PR_10",
    weight: 20,
  });
  const { name = "", labels } = subsetsAfter(odd).at(-1) ?? {};
  assert(/^a-pr-10-default-[0-9a-f]{6}$/.test(name), name);
  assertEquals(labels, { version: "PR_10" });
  const long = "x".repeat(63);
  const cut = shift({ pods: { v1: 2, [long]: 2 } }, {
    build: long,
    weight: 20,
  });
  assert((subsetsAfter(cut).at(-1)?.name.length ?? 99) <= 63);
});

Deno.test("3.4 a new subset copies the policy, a new destination the way of the port and the headers", () => {
  const trafficPolicy = { loadBalancer: { simple: "LEAST_REQUEST" } };
  const world = town();
  const decision = shift({
    ...world,
    destinationRules: [{
      ...destinationRule("a", "a", []),
      spec: {
        host: "a",
        subsets: [{ name: "v1", labels: { version: "v1" }, trafficPolicy }],
      },
    }],
    virtualServices: [virtualService("a", [{
      name: "every",
      route: [{
        destination: { host: "a", subset: "v1", port: { number: 80 } },
        headers: { request: { set: { "x-team": "web" } } },
      }],
    }])],
  }, { build: "v2", weight: 20 });
  assertEquals(subsetsAfter(decision).at(-1)?.trafficPolicy, trafficPolicy);
  const object = objectAfter(decision, "VirtualService", "a") as unknown as {
    spec: { http: HTTPRoute[] };
  };
  const added = object.spec.http[0]?.route?.[1];
  assertEquals(added?.destination.port, { number: 80 });
  assertEquals(added?.headers, { request: { set: { "x-team": "web" } } });
  assertStringIncludes(decision.notes.join("\n"), "x-team");
});

Deno.test("3.4 copied headers that hold the source build's value are refused until said", () => {
  const rules = [{
    name: "every",
    route: [{
      destination: { host: "a", subset: "v1" },
      headers: { response: { set: { "x-build": "v1" } } },
    }],
  }];
  const intent = { build: "v2", weight: 20 };
  assertEquals(refusal({ rules }, intent).code, "header-value-of-build");
  const none = shift({ rules }, { ...intent, destinationHeaders: "none" });
  const object = objectAfter(none, "VirtualService", "a") as unknown as {
    spec: { http: HTTPRoute[] };
  };
  assertEquals(object.spec.http[0]?.route?.[1]?.headers, undefined);
  const copy = shift({ rules }, { ...intent, destinationHeaders: "copy" });
  assertEquals(rulesAfter(copy), ["every: v1=80 v2=20"]);
});

Deno.test("3.5 a subset of our name with other labels is refused with both; --replace-subset is severe", () => {
  const world = town();
  const rule = {
    ...destinationRule("a", "a", []),
    spec: {
      host: "a",
      subsets: [
        { name: "v1", labels: { version: "v1" } },
        { name: "a-v3-default", labels: { version: "v9" } },
      ],
    },
  };
  const of = { ...world, destinationRules: [rule] };
  const { code, text } = refusal(of, { build: "v3", weight: 20 });
  assertEquals(code, "subset-exists");
  assertStringIncludes(text, "v9");
  assertStringIncludes(text, "v3");
  const decision = shift(of, { build: "v3", weight: 20, replaceSubset: true });
  assertEquals(decision.grade, "severe");
  const named = {
    ...of,
    virtualServices: [
      ...of.virtualServices,
      virtualService("names-it", [{ route: to("a:a-v3-default") }], {
        hosts: ["z"],
      }),
    ],
  };
  assertEquals(
    refusal(named, { build: "v3", weight: 20, replaceSubset: true }).code,
    "subset-in-use",
  );
});

Deno.test("3.6 without -b it is the only smaller build, said first", () => {
  const decision = shift({ rules: [split("every", { v1: 90, v2: 10 })] }, {
    weight: 20,
  });
  assertEquals(rulesAfter(decision), ["every: v1=80 v2=20"]);
  assertStringIncludes(decision.summary[0] ?? "", "v2");
});

Deno.test("3.6 raising from a single build it is the only other one with ready pods", () => {
  assertEquals(
    shares({ pods: { v1: 2, v2: 2 } }, { weight: 20 }),
    "v1=80 v2=20",
  );
  const error = assertThrows(() => shift({}, { weight: 20 }));
  assertInstanceOf(error, UsageError);
  assertEquals(error.code, "ambiguous-build");
  assertStringIncludes(`${error.message} ${error.hint}`, "v3");
});

Deno.test("3.7 a destination without a subset must be pinned first", () => {
  const rules = [{ name: "every", route: to("a") }];
  const { code, text } = refusal({ rules }, { build: "v2", weight: 20 });
  assertEquals(code, "base-without-subset");
  assertStringIncludes(text, "--base-build");
  assertEquals(
    shares({ rules }, { build: "v2", weight: 20, baseBuild: "v1" }),
    "v1=80 v2=20",
  );
  assertEquals(shares({ rules }, { build: "v2", weight: 100 }), "v2=100");
});

// 4. Which rules a weight touches

Deno.test("4.1 weights change base rules only, unless a route is named", () => {
  const rules: HTTPRoute[] = [
    split("preview", { v2: 100 }, { match: header("x-cid", "me") }),
    split("query", { v1: 100 }, {
      match: [{ queryParams: { debug: { exact: "1" } } }],
    }),
    split("mixed", { v1: 100 }, {
      match: [{ uri: { prefix: "/m" } }, ...header("x", "y")],
    }),
    {
      name: "gone",
      match: [{ uri: { prefix: "/g" } }],
      redirect: { uri: "/" },
    },
    split("every", { v1: 100 }),
  ];
  assertEquals(rulesAfter(shift({ rules }, { build: "v2", weight: 20 })), [
    "preview: [x-cid=me] v2=100",
    "query: v1=100",
    "mixed: [x=y] v1=100",
    "gone: ",
    "every: v1=80 v2=20",
  ]);
  const named = shift({ rules }, {
    build: "v2",
    weight: 20,
    routes: ["mixed"],
  });
  assertEquals(rulesAfter(named)[2], "mixed: [x=y] v1=80 v2=20");
  assertEquals(rulesAfter(named)[4], "every: v1=100");
});

Deno.test("4.2 a port filters destinations, and one without port needs a Service of one port", () => {
  const rules = [{
    name: "every",
    route: [{
      destination: { host: "a", subset: "v1", port: { number: 81 } },
      weight: 100,
    }],
  }];
  const intent = { names: ["a"], build: "v2", weight: 20 };
  const two = (rules: readonly HTTPRoute[]) => {
    const world = town({ rules });
    return {
      ...world,
      services: [service("a", { ports: [80, 81] }), service("b")],
    };
  };
  assertEquals(
    refusal(two(rules), { ...intent, destination: { host: "a", port: 80 } })
      .code,
    "no-route",
  );
  assertEquals(
    rulesAfter(
      shift(two(rules), { ...intent, destination: { host: "a", port: 81 } }),
    ),
    ["every: v1=80 v2=20"],
  );
  assertEquals(
    refusal(two([split("every", { v1: 100 })]), {
      ...intent,
      destination: { host: "a", port: 80 },
    }).code,
    "port-unclear",
  );
});

Deno.test("4.2 a rule that is shared with another host is edited only by name, and N is of the rest", () => {
  const rules: HTTPRoute[] = [{
    name: "every",
    route: to(["b", 50], ["a:v1", 50]),
  }];
  const intent = { destination: { host: "a" }, names: ["a"], build: "v2" };
  assertEquals(
    refusal({ rules }, { ...intent, weight: 20 }).code,
    "shared-route",
  );
  assertEquals(
    shares({ rules }, { ...intent, weight: 20, routes: ["every"] }),
    "(all)=50 v1=40 v2=10",
  );
  assertEquals(
    shares({ rules }, { ...intent, weight: 100, routes: ["0"] }),
    "(all)=50 v2=50",
  );
});

Deno.test("4.3 rules of equal shares are shifted together, unequal ones are asked for", () => {
  const web = { match: [{ uri: { prefix: "/web" } }] };
  const equal = [
    split("web", { v1: 4, v2: 1 }, web),
    split("every", { v1: 80, v2: 20, v3: 0 }),
  ];
  assertEquals(
    rulesAfter(shift({ rules: equal, subsets: ["v1", "v2", "v3"] }, {
      build: "v2",
      weight: 50,
    })),
    ["web: v1=50 v2=50", "every: v1=50 v2=50 v3=0"],
  );
  const rules = [
    split("web", { v1: 90, v2: 10 }, web),
    split("every", { v1: 100 }),
  ];
  const { code, text } = refusal({ rules }, { build: "v2", weight: 50 });
  assertEquals(code, "routes-differ");
  for (const word of ["web", "every", "--route", "--all-routes"]) {
    assertStringIncludes(text, word);
  }
  assertEquals(
    rulesAfter(shift({ rules }, { build: "v2", weight: 50, routes: ["1"] })),
    ["web: v1=90 v2=10", "every: v1=50 v2=50"],
  );
  assertEquals(
    rulesAfter(shift({ rules }, { build: "v2", weight: 50, allRoutes: true })),
    ["web: v1=50 v2=50", "every: v1=50 v2=50"],
  );
});

// 5. Weights

Deno.test("5.1 the build gets N %, the others keep the rest in ratio", () => {
  const three = { subsets: ["v1", "v2", "v3"] };
  const rules = [split("every", { v1: 60, v2: 30, v3: 10 })];
  assertEquals(
    shares({ ...three, rules }, { build: "v3", weight: 40 }),
    "v1=40 v2=20 v3=40",
  );
  assertEquals(
    shares({ rules: [split("every", { v1: 7 })] }, { build: "v2", weight: 25 }),
    "v1=75 v2=25",
  );
});

Deno.test("5.1 --split names every build with a share and sums to 100", () => {
  const rules = [split("every", { v1: 50, v2: 50 })];
  const setAll = (...pairs: [string, number][]) => ({
    split: pairs.map(([build, percent]) => ({ build, percent })),
  });
  assertEquals(
    shares({ rules }, setAll(["v1", 20], ["v2", 30], ["v3", 50])),
    "v1=20 v2=30 a-v3-default=50",
  );
  for (const intent of [setAll(["v1", 100]), setAll(["v1", 50], ["v2", 40])]) {
    assertInstanceOf(assertThrows(() => shift({ rules }, intent)), UsageError);
  }
});

Deno.test("5.1 whether anything changes is judged by shares", () => {
  const rules = [split("every", { v1: 4, v2: 1 })];
  const decision = shift({ rules }, { build: "v2", weight: 20 });
  assert(isNoop(decision));
  assertEquals(decision.grade, "none");
});

Deno.test("5.3 the only build with a share cannot be given less than all", () => {
  const { code, text } = refusal({}, { build: "v1", weight: 50 });
  assertEquals(code, "only-build");
  assertStringIncludes(text, "--split");
});

Deno.test("5.4 100 leaves one destination, and takes our header rules that say the same", () => {
  const rules = [
    split("istiops-v2", { v2: 100 }, { match: header("x-cid", "me") }),
    split("by-hand", { v2: 100 }, { match: header("x-beta", "1") }),
    split("every", { v1: 90, v2: 10 }),
  ];
  const decision = shift({ rules }, { build: "v2", weight: 100, headers: CID });
  assertEquals(rulesAfter(decision), [
    "by-hand: [x-beta=1] v2=100",
    "every: v2=100",
  ]);
  assertEquals(subsetsAfter(decision), []);
  assertStringIncludes(decision.notes.join("\n"), "No header rule is made");
});

Deno.test("5.5 0 keeps the destination; a build that nothing knows is refused", () => {
  const rules = [split("every", { v1: 90, v2: 10 })];
  assertEquals(shares({ rules }, { build: "v2", weight: 0 }), "v1=100 v2=0");
  assert(isNoop(shift({}, { build: "v2", weight: 0 })));
  assertEquals(
    refusal({ rules }, { build: "v9", weight: 0 }).code,
    "build-unknown",
  );
});

Deno.test("5.6 a build that rises must have ready pods", () => {
  const none = refusal({ pods: { v1: 2 } }, { build: "v2", weight: 20 });
  assertEquals(none.code, "no-ready-pods");
  assertStringIncludes(none.text, "v2");
  const unready = refusal({ pods: { v1: 2 }, unready: { v2: 3 } }, {
    build: "v2",
    weight: 20,
  });
  assertEquals(unready.code, "no-ready-pods");
  assertStringIncludes(unready.text, "3 pods");
  assertEquals(
    shares({ pods: { v1: 2 } }, { build: "v2", weight: 20, force: true }),
    "v1=80 v2=20",
  );
});

Deno.test("5.6 pods that cannot be seen are unknown, not zero", () => {
  const world = town({ pods: {} });
  const blind = {
    ...world,
    gaps: [{ kind: "Pod", reason: "forbidden" }],
  } as typeof world;
  const { code, text } = refusal(blind, { build: "v2", weight: 20 });
  assertEquals(code, "pods-unknown");
  assertStringIncludes(text, "--skip-pod-check");
  assertEquals(
    rulesAfter(
      shift(blind, { build: "v2", weight: 20, skipPodCheck: true }),
    ),
    ["every: v1=80 v2=20"],
  );
});

Deno.test("5.6 a new header rule is a rise", () => {
  assertEquals(
    refusal({ pods: { v1: 2 } }, { build: "v2", headers: CID }).code,
    "no-ready-pods",
  );
});

Deno.test("5.7 lowering to the largest build is never in the way", () => {
  const rules = [split("every", { v1: 60, v2: 40 })];
  const down = shift({ rules }, { build: "v2", weight: 5 });
  assertEquals([rulesAfter(down), down.grade], [
    ["every: v1=95 v2=5"],
    "lowering",
  ]);
  const world = town({ rules, pods: {} });
  const blind = {
    ...world,
    gaps: [{ kind: "Pod", reason: "forbidden" }],
  } as typeof world;
  assertEquals(rulesAfter(shift(blind, { build: "v2", weight: 5 })), [
    "every: v1=95 v2=5",
  ]);
  assertEquals(
    refusal({ rules, pods: { v2: 2 } }, { build: "v2", weight: 5 }).code,
    "no-ready-pods",
  );
});

Deno.test("5.8 the plan has shares and ready pods, before and after", () => {
  const { shares } = shift({ rules: [split("every", { v1: 90, v2: 10 })] }, {
    build: "v2",
    weight: 40,
  });
  assertEquals(
    shares.map(({ build, before, after, readyPods }) =>
      `${build} ${before} ${after} ${readyPods}`
    ),
    ["v1 90 60 2", "v2 10 40 2"],
  );
});

// 6. Headers

Deno.test("6.2 a header rule stands before each base rule, and is its copy", () => {
  const rules: HTTPRoute[] = [
    split("web", { v1: 100 }, {
      match: [{ uri: { prefix: "/web" } }, { uri: { exact: "/x" } }],
      timeout: "3s",
      retries: { attempts: 2 },
      rewrite: { uri: "/" },
    }),
    split("every", { v1: 100 }),
  ];
  const decision = shift({ rules }, { build: "v2", headers: CID });
  assertEquals(rulesAfter(decision).map((line) => line.split(":")[0]), [
    "istiops-v2-web",
    "web",
    "istiops-v2-every",
    "every",
  ]);
  const object = objectAfter(decision, "VirtualService", "a") as unknown as {
    spec: { http: HTTPRoute[] };
  };
  const { route: _, ...made } = object.spec.http[0] ?? {};
  const headers = { "x-cid": { exact: "me" } };
  assertEquals(made, {
    name: "istiops-v2-web",
    match: [
      { uri: { prefix: "/web" }, headers },
      { uri: { exact: "/x" }, headers },
    ],
    timeout: "3s",
    retries: { attempts: 2 },
    rewrite: { uri: "/" },
  });
  assertEquals(object.spec.http[1], rules[0]);
});

Deno.test("6.3 the same set changes nothing, another one is an alternative, another build's is refused", () => {
  const once = shift({}, { build: "v2", headers: CID });
  const object = objectAfter(once, "VirtualService", "a") as unknown as {
    spec: { http: HTTPRoute[] };
  };
  const rules = object.spec.http;
  assert(
    isNoop(shift({ rules }, { build: "v2", headers: [exact("X-CID", "me")] })),
  );
  const more = shift({ rules }, { build: "v2", headers: [exact("x-b", "2")] });
  assertEquals(
    rulesAfter(more)[0],
    "istiops-v2-every: [x-cid=me | x-b=2] v2=100",
  );
  const { code } = refusal({ rules }, { build: "v3", headers: CID });
  assertEquals(code, "header-taken");
  const replaced = shift({ rules }, {
    build: "v3",
    headers: CID,
    replace: true,
  });
  assertEquals(rulesAfter(replaced), [
    "istiops-v3-every: [x-cid=me] a-v3-default=100",
    "every: v1=100",
  ]);
});

Deno.test("6.4 a rule that could never match is refused with a request", () => {
  const rules = [
    split("all-of-them", { v1: 100 }, {
      match: [{ headers: { "x-cid": { regex: ".*" } } }],
    }),
    split("every", { v1: 100 }),
  ];
  const { code, text } = refusal({ rules }, { build: "v2", headers: CID });
  assertEquals(code, "header-unreachable");
  assertStringIncludes(text, "x-cid");
  const forced = shift({ rules }, { build: "v2", headers: CID, force: true });
  assertStringIncludes(rulesAfter(forced)[0] ?? "", "istiops-v2");
});

Deno.test.each(
  [
    [{ name: "x-any", kind: "regex", value: ".*" }],
    [{ name: "x-any", kind: "prefix", value: "" }],
    [{ name: "user-agent", kind: "present" }],
    [{ name: "x-request-id", kind: "regex", value: ".+" }],
  ] as const,
)("6.5 a header that fits everybody is severe: %j", (condition) => {
  const decision = shift({}, { build: "v2", headers: [condition] });
  assertEquals(decision.grade, "severe");
});

Deno.test("6.5 a header of a few is not severe by its points", () => {
  assertEquals(shift({}, { build: "v2", headers: CID }).grade, "mild");
});
