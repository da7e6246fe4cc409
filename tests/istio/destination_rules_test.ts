import {
  effectiveDestinationRule,
  findSubset,
} from "../../src/istio/destination_rules.ts";
import type { DestinationRule } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { destinationRule, mesh, sidecar } from "./worlds.ts";

const HOST = "a.default.svc.cluster.local";

/** `place: subset(rule) …; hides …`. */
function inShort(
  rules: readonly DestinationRule[],
  options: {
    readonly from?: string;
    readonly labels?: Readonly<Record<string, string>>;
  } = {},
): string {
  const { from = "default", labels = {} } = options;
  const found = effectiveDestinationRule(
    mesh(rules),
    HOST,
    sidecar(from, labels),
  );
  if (found === undefined) return "none";
  const subsets = found.subsets.map(({ subset, rule }) =>
    `${subset.name}(${rule.metadata.name})`
  );
  const hides = found.hidden.map(({ metadata }) => metadata.name);
  return [
    `${found.place}: ${subsets.join(" ")}`,
    ...(hides.length === 0 ? [] : [`hides ${hides.join(" ")}`]),
    ...(found.wildcard ? ["wildcard"] : []),
    ...(found.byWorkloadSelector ? ["by selector"] : []),
    ...(found.unequalExportTo ? ["unequal"] : []),
  ].join("; ");
}

const own = destinationRule("own", "a", ["v1"]);

Deno.test.each<{
  name: string;
  rules: readonly DestinationRule[];
  from?: string;
  labels?: Readonly<Record<string, string>>;
  gives: string;
}>([
  { name: "no rule", rules: [], gives: "none" },
  {
    name: "the service's rule from its own namespace",
    rules: [own],
    gives: "client: v1(own)",
  },
  {
    name: "the service's rule from elsewhere",
    rules: [own],
    from: "other",
    gives: "service: v1(own)",
  },
  {
    name: "a rule of the client's namespace, which hides",
    rules: [own, destinationRule("other/mine", HOST, ["v2"])],
    from: "other",
    gives: "client: v2(mine); hides own",
  },
  {
    name: "a wildcard of the client's namespace, which hides",
    rules: [own, destinationRule("other/wide", "*.local", [])],
    from: "other",
    gives: "client: ; hides own; wildcard",
  },
  {
    name: "an exact host before a wildcard of the same namespace",
    rules: [
      destinationRule("wide", "*.default.svc.cluster.local", ["w"]),
      own,
    ],
    gives: "client: v1(own)",
  },
  {
    name: "the longer of two wildcards",
    rules: [
      destinationRule("wide", "*.local", ["w"]),
      destinationRule("narrow", "*.svc.cluster.local", ["n"]),
    ],
    gives: "client: n(narrow); wildcard",
  },
  {
    name: "the root namespace last",
    rules: [destinationRule("istio-system/root", "*.local", ["r"])],
    from: "other",
    gives: "root: r(root); wildcard",
  },
  {
    name: "for clients of the root namespace the service's rule first",
    rules: [own, destinationRule("istio-system/root", "*.local", ["r"])],
    from: "istio-system",
    gives: "service: v1(own); hides root",
  },
  {
    name: "a private rule of the root namespace for its own clients",
    rules: [
      own,
      destinationRule("istio-system/root", HOST, ["r"], { exportTo: ["."] }),
    ],
    from: "istio-system",
    gives: "client: r(root); hides own",
  },
  {
    name: "never a rule of a third namespace",
    rules: [destinationRule("third/x", HOST, ["v9"], { exportTo: ["*"] })],
    from: "other",
    gives: "none",
  },
  {
    name: "never a private rule of the service's namespace",
    rules: [destinationRule("own", "a", ["v1"], { exportTo: ["."] })],
    from: "other",
    gives: "none",
  },
  {
    name: "a rule that is exported to the client by name",
    rules: [destinationRule("own", "a", ["v1"], { exportTo: ["other"] })],
    from: "other",
    gives: "service: v1(own)",
  },
  {
    name: "never one beside it that is for other namespaces alone",
    rules: [
      own,
      destinationRule("away", "a", ["v9"], { minute: 9, exportTo: ["other"] }),
    ],
    gives: "client: v1(own)",
  },
  {
    name: "merged rules, the older one's subsets first",
    rules: [
      destinationRule("new", "a", ["v1", "v2"], { minute: 2 }),
      destinationRule("old", HOST, ["v1", "v3"], { minute: 1 }),
    ],
    gives: "client: v1(old) v3(old) v2(new)",
  },
  {
    name: "of equal age the name decides",
    rules: [
      destinationRule("z", "a", ["v1"], { minute: 1 }),
      destinationRule("y", "a", ["v1"], { minute: 1 }),
    ],
    gives: "client: v1(y)",
  },
  {
    name: "unequal exportTo are not merged, the last counts",
    rules: [
      destinationRule("old", "a", ["v1"], { minute: 1 }),
      destinationRule("new", "a", ["v2"], { minute: 2, exportTo: ["."] }),
    ],
    gives: "client: v2(new); unequal",
  },
  {
    name: "`.` and the own namespace are the same audience",
    rules: [
      destinationRule("old", "a", ["v1"], { minute: 1, exportTo: ["."] }),
      destinationRule("new", "a", ["v2"], {
        minute: 2,
        exportTo: ["default"],
      }),
    ],
    gives: "client: v1(old) v2(new)",
  },
  {
    name: "a workload selector replaces the general rule",
    rules: [own, destinationRule("s", "a", ["v5"], { selector: { app: "c" } })],
    labels: { app: "c", more: "1" },
    gives: "client: v5(s); by selector",
  },
  {
    name: "a workload selector for others is passed over",
    rules: [own, destinationRule("s", "a", ["v5"], { selector: { app: "c" } })],
    labels: { app: "d" },
    gives: "client: v1(own)",
  },
  {
    name: "a workload selector is private",
    rules: [own, destinationRule("s", "a", ["v5"], { selector: { app: "c" } })],
    from: "other",
    labels: { app: "c" },
    gives: "service: v1(own)",
  },
  {
    name: "only a selector for others: the lookup stops there",
    rules: [
      own,
      destinationRule("other/s", HOST, ["v5"], { selector: { app: "c" } }),
    ],
    from: "other",
    gives: "none",
  },
])("effectiveDestinationRule() finds $name", ({ rules, gives, ...options }) => {
  assertEquals(inShort(rules, options), gives);
});

Deno.test("rules that stand apart are named", () => {
  const rules = [
    destinationRule("old", "a", ["v1"], { minute: 1 }),
    destinationRule("new", "a", ["v2"], { minute: 2, exportTo: ["."] }),
  ];
  const found = effectiveDestinationRule(mesh(rules), HOST, sidecar());
  assertEquals(found?.separate.map(({ metadata }) => metadata.name), ["old"]);
  assertEquals(found?.exactHost, true);
});

Deno.test("findSubset() finds by the exact name", () => {
  const found = effectiveDestinationRule(mesh([own]), HOST, sidecar());
  assertEquals(findSubset(found, "v1")?.rule.metadata.name, "own");
  assertEquals(findSubset(found, "V1"), undefined);
  assertEquals(findSubset(undefined, "v1"), undefined);
});

Deno.test("broken DestinationRules are passed over", () => {
  const broken = [{}, { host: 5 }, { host: "a", subsets: [null, { name: 1 }] }]
    .map((spec, index) => ({
      ...destinationRule(`x${index}`, "a", []),
      spec,
    } as unknown as DestinationRule));
  const found = effectiveDestinationRule(
    mesh([...broken, own]),
    HOST,
    sidecar(),
  );
  assert(findSubset(found, "v1") !== undefined);
});
