/**
 * What is said of rules above other rules, over generated worlds: the request
 * that shows it does what is said, and without the rule no request goes
 * anywhere else.
 */
import fc from "fast-check";
import { compileRoutes, evaluate } from "../../src/istio/explain.ts";
import { rulesFor } from "../../src/istio/delegates.ts";
import type { Finding } from "../../src/istio/findings.ts";
import { matchRequest, type Request } from "../../src/istio/match.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import type { World } from "../../src/istio/world.ts";
import { planFix } from "../../src/traffic/fix.ts";
import { checkWorld } from "../../src/traffic/lint.ts";
import {
  gateway,
  mesh,
  service,
  sidecar,
  to,
  virtualService,
} from "../istio/worlds.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { applyPatch } from "../support/json_patch.ts";

const text = fc.constantFrom("/a", "/a/b", "/ab", "/", "/A");
const uri = fc.oneof(
  fc.record({ prefix: text }),
  fc.record({ exact: text }),
  fc.record({ regex: fc.constantFrom("/a.*", ".*", ".+", "/a/[0-9]+", "/ab") }),
);
const value = fc.oneof(
  fc.record({ exact: fc.constantFrom("1", "2", "12") }),
  fc.record({ prefix: fc.constantFrom("1", "12") }),
  fc.record({ regex: fc.constantFrom("1.*", "[0-9]+", ".*") }),
  fc.constant({}),
);
const some = <T>(one: fc.Arbitrary<T>) =>
  fc.option(one, { nil: undefined, freq: 1 });
const block = fc.record({
  uri: some(uri),
  ignoreUriCase: fc.constantFrom(undefined, undefined, true),
  method: fc.constantFrom(undefined, undefined, { exact: "GET" }, {
    exact: "POST",
  }),
  headers: some(fc.dictionary(fc.constantFrom("x", "y"), value, {
    maxKeys: 2,
  })),
  withoutHeaders: some(fc.dictionary(fc.constantFrom("x", "z"), value, {
    maxKeys: 1,
  })),
  queryParams: some(fc.dictionary(fc.constantFrom("q"), value, {
    maxKeys: 1,
  })),
  sourceLabels: fc.constantFrom(undefined, undefined, undefined, { app: "c" }),
  port: fc.constantFrom(undefined, undefined, undefined, 80, 81),
  gateways: fc.constantFrom(undefined, undefined, undefined, ["mesh"]),
}).map((one) =>
  Object.fromEntries(
    Object.entries(one).filter(([, part]) => part !== undefined),
  ) as HTTPMatchRequest
);
const blocks = fc.oneof(
  { weight: 6, arbitrary: fc.array(block, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const rule = fc.record({ match: blocks, host: fc.constantFrom("a", "b") })
  .map(({ match, host }): HTTPRoute => ({
    ...(match === undefined ? {} : { match }),
    route: to(host),
  }));
const rules = fc.array(rule, { minLength: 2, maxLength: 7 });
const few = fc.array(rule, { minLength: 1, maxLength: 2 });
const worldWith = (first: typeof rules) =>
  fc.record({
    first,
    second: some(rules),
    delegate: some(rules),
    gateways: fc.constantFrom(undefined, undefined, ["g"], ["g", "mesh"]),
  }).map(({ first, second, delegate, gateways }) => {
    const bound = gateways === undefined ? {} : { gateways };
    const objects: KubeObject[] = [
      service("a", { ports: [80, 81] }),
      gateway("g", ["*"]),
      virtualService("x", [
        ...(delegate === undefined
          ? []
          : [{ match: [{ uri: { prefix: "/a" } }], delegate: { name: "d" } }]),
        ...first,
      ], { minute: 1, ...bound }),
      ...(second === undefined
        ? []
        : [virtualService("y", second, { minute: 2 })]),
      ...(delegate === undefined
        ? []
        : [virtualService("d", delegate, { hosts: [] })]),
    ];
    return mesh(objects);
  });
const world = worldWith(rules);

const request = fc.record({
  method: fc.constantFrom("GET", "POST"),
  path: fc.constantFrom("/", "/a", "/a/b", "/a/7", "/ab", "/A", "/a?q=1", "/c"),
  headers: fc.array(
    fc.tuple(
      fc.constantFrom("x", "y", "z"),
      fc.constantFrom("1", "2", "12", "n"),
    ),
    { maxLength: 3 },
  ),
  port: fc.constantFrom(80, 81),
}).map((one): Request => ({ ...one, scheme: "http", authority: "a" }));

const ABOVE = ["IST0130", "IST0131"];

Deno.test("a shadowed rule's request fits the rule and goes elsewhere", () => {
  let [found, shown] = [0, 0];
  fc.assert(
    fc.property(world, (world) => {
      for (const finding of checkWorld(world)) {
        if (!ABOVE.includes(finding.code)) continue;
        found++;
        if (finding.witness === undefined) continue;
        shown++;
        assertShows(world, finding);
      }
    }),
    { numRuns: 1_000 },
  );
  assert(found > 1_000, `${found} findings`);
  // The rest are blocks that ask for what excludes itself: no request fits.
  assert(shown > found * 0.9, `${shown} of ${found} are shown`);
});

Deno.test("without a rule that is said to be dead no request goes elsewhere", () => {
  let mended = 0;
  fc.assert(
    fc.property(
      world,
      fc.array(request, { minLength: 20, maxLength: 20 }),
      (world, requests) => {
        for (const { code, object, fix } of checkWorld(world)) {
          if (!ABOVE.includes(code) || fix === undefined) continue;
          assert(fix.safe);
          mended++;
          const after: World = {
            ...world,
            virtualServices: world.virtualServices.map((one) =>
              one.metadata.name === object?.name
                ? applyPatch(one, fix.operations) as VirtualService
                : one
            ),
          };
          for (const one of requests) {
            assertEquals(placesOf(after, one), placesOf(world, one));
          }
        }
      },
    ),
    { numRuns: 200 },
  );
  assert(mended > 100, `${mended} mended`);
});

Deno.test("a plan of all fixes sends no request elsewhere", () => {
  let mended = 0;
  fc.assert(
    fc.property(
      world,
      fc.array(request, { minLength: 20, maxLength: 20 }),
      (world, requests) => {
        const { pairs } = planFix(checkWorld(world), world, {
          namespace: "default",
        });
        if (pairs.length === 0) return;
        mended++;
        const after: World = {
          ...world,
          virtualServices: world.virtualServices.map((one) =>
            (pairs.find(({ before }) => before === one)?.after ??
              one) as VirtualService
          ),
        };
        for (const one of requests) {
          assertEquals(placesOf(after, one), placesOf(world, one));
        }
      },
    ),
    { numRuns: 200 },
  );
  assert(mended > 50, `${mended} mended`);
});

Deno.test("a request that no rule is for gets 404", () => {
  let shown = 0;
  fc.assert(
    fc.property(worldWith(few), (world) => {
      for (const { code, witness } of checkWorld(world)) {
        if (code !== "requests-without-rule") continue;
        shown++;
        const { request, client } = witness!;
        const compiled = compileRoutes(world, client, request.port);
        assertEquals(evaluate(compiled, request).outcome, "no-route");
      }
    }),
    { numRuns: 500 },
  );
  assert(shown > 20, `${shown} shown`);
});

function assertShows(world: World, { object, path = [], witness }: Finding) {
  const { request, client, takenBy } = witness!;
  const verdict = evaluate(
    compileRoutes(world, client, request.port),
    request,
  );
  assertEquals(verdict.source?.metadata.name, takenBy?.name);
  assertEquals(verdict.rule, takenBy?.rule);
  const [, , index, field, matchIndex] = path;
  const isOwn = verdict.source?.metadata.name === object?.name &&
    verdict.rule === index;
  // Of a rule with more matches an earlier match may take it.
  if (isOwn) {
    assertEquals(field, "match");
    assert(Number(verdict.match) < Number(matchIndex));
  }
  const blocks = world.virtualServices.flatMap((root) =>
    rulesFor(world, root).rules.filter((one) =>
      one.source.metadata.name === object?.name && one.index === index
    )
  ).flatMap(({ route }) => route.match ?? [{}]);
  assert(
    blocks.some((block) => matchRequest(block, request).holds === true),
    "the request fits the rule",
  );
}

/** Where a request goes, whichever rule sends it: by sidecars and the gateway. */
function placesOf(world: World, request: Request) {
  const clients = [
    sidecar(),
    sidecar("default", { app: "c" }),
    {
      kind: "gateway" as const,
      namespace: "default",
      labels: {},
      gateway: "default/g",
    },
  ];
  return clients.map((client) => {
    const { outcome, destinations } = evaluate(
      compileRoutes(world, client, request.port),
      {
        ...request,
        authority: client.kind === "gateway"
          ? "a.default.svc.cluster.local"
          : "a",
      },
    );
    return [outcome, ...destinations.map(({ cluster }) => cluster)];
  });
}

Deno.test.each([
  { what: "a missing subset", route: to("a:v9") },
  { what: "one of two destinations", route: to(["a", 90], ["a:v9", 10]) },
  { what: "a Service that is not there", route: to("nobody") },
  {
    what: "a port that is not there",
    route: [{ destination: { host: "a", port: { number: 7 } } }],
  },
])("503 (NC) by $what is shown by a request that gets it", ({ route }) => {
  const http = [
    { match: [{ uri: { prefix: "/a" } }], route: to("b") },
    { match: [{ uri: { prefix: "/" }, method: { exact: "POST" } }], route },
    { route: to("b") },
  ];
  for (
    const world of [
      mesh([virtualService("x", http)]),
      mesh([
        virtualService("root", [{ delegate: { name: "x" } }]),
        virtualService("x", http, { hosts: [] }),
      ]),
      // More services than are looked at for each object.
      mesh([
        ...Array.from({ length: 60 }, (_, nth) => service(`s${nth}`)),
        virtualService("x", http),
      ]),
    ]
  ) {
    const lost = checkWorld(world).filter(({ path = [] }) =>
      path[2] === 1 && path[3] === "route"
    );
    assert(lost.length > 0);
    for (const { witness, message } of lost) {
      assert(witness !== undefined, message);
      const { request, client } = witness;
      const { rule, destinations } = evaluate(
        compileRoutes(world, client, request.port),
        request,
      );
      assertEquals(rule, 1);
      assert(destinations.some(({ flag }) => flag === "NC"));
    }
  }
});

Deno.test("a rule that no request takes has no request that it loses", () => {
  const world = mesh([
    virtualService("x", [{ route: to("b") }, { route: to("a:v9") }]),
  ]);
  const found = checkWorld(world).find(({ code }) => code === "IST0101");
  assert(found !== undefined);
  assertEquals(found.witness, undefined);
});
