import { type Finding, printPath } from "../../src/istio/findings.ts";
import type { World } from "../../src/istio/world.ts";
import { checkWorld } from "../../src/traffic/lint.ts";
import { CODES } from "../../src/traffic/lint_codes.ts";
import {
  destinationRule,
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

/** Places at which a world has a code. */
function inShort(world: World, code: string): string[] {
  return checkWorld(world).filter((finding) => finding.code === code).map((
    { object, path = [] },
  ) => `${object?.kind} ${object?.name} ${printPath(path)}`);
}
