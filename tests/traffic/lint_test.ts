import { type Finding, printPath } from "../../src/istio/findings.ts";
import type { World } from "../../src/istio/world.ts";
import { checkWorld } from "../../src/traffic/lint.ts";
import { CODES } from "../../src/traffic/lint_codes.ts";
import {
  destinationRule,
  gateway,
  mesh,
  pod,
  service,
  to,
  virtualService,
} from "../istio/worlds.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FIXTURES } from "./lint_fixtures.ts";

Deno.test.each(FIXTURES.map((fixture) => ({ ...fixture })))(
  "$code is told at $at, and not of what comes near",
  ({ code, at, bad, near }) => {
    const told = inShort(bad, code);
    assert(told.includes(at), `told at ${told.join(", ") || "no place"}`);
    assertEquals(inShort(near, code).filter((place) => place === at), []);
  },
);

Deno.test("every code has a fixture, but for what only show tells", () => {
  const shown = Object.keys(CODES).filter((code) => !code.endsWith("-unknown"));
  assertEquals(
    [...new Set(FIXTURES.map(({ code }) => code))].sort(),
    shown.sort(),
  );
});

Deno.test("every finding has a place, a meaning and an edit", () => {
  for (const { bad, near } of FIXTURES) {
    for (const finding of [...checkWorld(bad), ...checkWorld(near)]) {
      const { code, object, path, means, edit, message } = finding;
      assert(Object.hasOwn(CODES, code), code);
      assert(object !== undefined && path !== undefined, code);
      assert(means !== undefined && edit !== undefined, code);
      for (const text of [message, means, edit]) {
        assert(!text.endsWith("."), text);
      }
    }
  }
});

Deno.test("a finding asks through no gateway that is known not to be there", () => {
  const asking = (gaps: World["gaps"]) =>
    checkWorld(mesh([
      virtualService("x", [{ route: to("a") }, { route: to("b") }], {
        gateways: ["gone"],
      }),
    ], { gaps })).filter(({ code }) => code === "IST0130")
      .map(({ witness }) => witness?.client.gateway);
  assertEquals(asking([]), [undefined]);
  assertEquals(asking([{ kind: "Gateway", reason: "forbidden" }]), [
    "default/gone",
  ]);
});

Deno.test("a world without anything to say has no findings", () => {
  const world = mesh([
    pod("a-v1", { app: "a", version: "v1" }),
    pod("a-v2", { app: "a", version: "v2" }),
    destinationRule("a", "a", ["v1", "v2"]),
    virtualService("x", [
      { match: [{ headers: { cid: { exact: "1" } } }], route: to("a:v2") },
      { route: to(["a:v1", 90], ["a:v2", 10]) },
    ]),
  ]);
  assertEquals(checkWorld(world), []);
});

Deno.test("nothing is an error where nothing can be seen", () => {
  for (const { bad } of FIXTURES) {
    const blind: World = {
      ...bad,
      services: [],
      pods: [],
      destinationRules: [],
      gateways: [],
      gaps: ([
        "Service",
        "Pod",
        "DestinationRule",
        "Gateway",
        "ServiceEntry",
      ] as const)
        .map((kind) => ({ kind, reason: "forbidden" })),
    };
    const errors = checkWorld(blind).filter(({ severity, code }) =>
      severity === "error" && code !== "IST0106" && !code.startsWith("delegate")
    );
    assertEquals(errors, []);
  }
});

Deno.test("shorter words on a mirror: copies are lost, requests are not", () => {
  const world = mesh([virtualService("x", [{
    route: to("a"),
    mirror: { host: "nobody" },
  }])]);
  assertEquals(
    checkWorld(world).map(({ code, severity }) => `${severity} ${code}`),
    ["warning IST0101"],
  );
});

Deno.test("a canary's own service, shared by another namespace, is looked up from there", () => {
  const world = mesh([
    service("shop/a"),
    pod("shop/a-1", { app: "a", version: "v1" }),
    destinationRule("shop/a", "a", ["v1"]),
    virtualService("x", [{ route: to("a.shop.svc.cluster.local:v1") }]),
  ]);
  assertEquals(checkWorld(world), []);
});

Deno.test.each([
  { key: "galley.istio.io/analyze-suppress", value: "IST0101", left: 0 },
  { key: "galley.istio.io/analyze-suppress", value: "*", left: 0 },
  { key: "istiops/ignore", value: "IST0173, IST0101", left: 0 },
  { key: "istiops/ignore", value: "IST0102", left: 1 },
  { key: "istiops/else", value: "IST0101", left: 1 },
])("$key: $value leaves $left findings", ({ key, value, left }) => {
  const object = virtualService("x", [{ route: to("nobody") }]);
  const suppressed: Finding[] = [];
  const found = checkWorld(
    mesh([{
      ...object,
      metadata: { ...object.metadata, annotations: { [key]: value } },
    }]),
    { onSuppressed: (finding) => suppressed.push(finding) },
  );
  assertEquals(found.length, left);
  assertEquals(suppressed.length, 1 - left);
});

Deno.test.each(
  [
    {
      what: "where Gateways can be seen",
      gaps: [],
      says: 'error There is no Gateway "default/edge", but "infra/edge"',
    },
    {
      what: "where they cannot",
      gaps: [{ kind: "Gateway", except: ["infra"], reason: "forbidden" }],
      says:
        'warning Gateway "default/edge" cannot be seen, but "infra/edge" can: forbidden',
    },
  ] as const,
)("a gateway of another namespace is named, $what", ({ gaps, says }) => {
  const world = mesh([
    gateway("infra/edge", ["*"]),
    virtualService("x", [{ route: to("a") }], { gateways: ["edge"] }),
  ], { gaps });
  const [finding] = checkWorld(world);
  assertEquals(`${finding?.severity} ${finding?.message}`, says);
  assert(finding?.edit?.startsWith('Write "infra/edge": '));
});

Deno.test.each([
  { labels: { version: "v3" }, says: "version=v3: they have v1, v2" },
  { labels: { track: "x" }, says: 'track=x: they have no label "track"' },
  { labels: { version: "v1", zone: "b" }, says: "version=v1, zone=b together" },
])("a subset without pods says what pods have: $says", ({ labels, says }) => {
  const subset = { name: "s", labels };
  const world = mesh([
    pod("a-1", { app: "a", version: "v1", zone: "a" }),
    pod("a-2", { app: "a", version: "v2", zone: "b" }),
    {
      ...destinationRule("a", "a", []),
      spec: { host: "a", subsets: [subset] },
    },
    virtualService("x", [{ route: to("a:s") }]),
  ]);
  const edits = checkWorld(world).map(({ code, edit }) => `${code} ${edit}`);
  assertEquals(edits, [
    `IST0173 Start such pods, correct the labels of the subset, or send the share elsewhere: no pod of the service has ${says}`,
  ]);
});

Deno.test.each([
  { weights: [90, 10, 20], says: "75, 8.3333, 16.6667", edit: ": 75, 8, 17" },
  // What gets something would get nothing, so that nothing is proposed.
  { weights: [999, 1, 0], says: "99.9, 0.1, 0", edit: "" },
])("weights $weights say their shares: $says", ({ weights, says, edit }) => {
  const [finding] = checkWorld(mesh([
    virtualService("x", [{
      route: to(...weights.map((one) => ["a", one] as [string, number])),
    }]),
  ])).filter(({ code }) => code === "share-differs");
  assert(
    finding?.message.endsWith(`the shares are ${says} %`),
    finding?.message,
  );
  assertEquals(
    finding?.edit,
    `Write weights that add up to 100${
      edit === "" ? "" : `${edit} are the shares of now`
    }`,
  );
});

/** Places at which a world has a code. */
function inShort(world: World, code: string): string[] {
  return checkWorld(world).filter((finding) => finding.code === code).map((
    { object, path = [] },
  ) => `${object?.kind} ${object?.name} ${printPath(path)}`);
}
