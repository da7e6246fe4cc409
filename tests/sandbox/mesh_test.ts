import fc from "fast-check";
import type { KubeObject } from "../../src/istio/types.ts";
import { populate } from "../../src/sandbox/controllers.ts";
import { createMesh, requestTo, sidecarIn } from "../../src/sandbox/mesh.ts";
import { scenario } from "../../src/sandbox/scenario.ts";
import { createStore, type Store } from "../../src/sandbox/store.ts";
import { createVirtualClock } from "../../src/sandbox/virtual_clock.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { NOW } from "./support.ts";

const client = sidecarIn("default");
const ROOT = requestTo("http://api-domain:5000/");

function world(): Store {
  const store = createStore([], { now: () => NOW });
  populate(store, scenario(NOW));
  return store;
}

Deno.test.each([
  { what: "the redirect", url: "/docs/v0/x", headers: {}, gets: "301" },
  {
    what: "PR-10's preview",
    url: "/",
    headers: { "x-account-id": "3", "x-cid": "seu_madruga" },
    gets: "PR-10",
  },
  {
    what: "a build without pods",
    url: "/",
    headers: { "x-account-id": "55" },
    gets: "503 UH",
  },
  {
    what: "the hand-written rule",
    url: "/",
    headers: { "X-Beta": "true" },
    gets: "2",
  },
])("in the demo world, $what answers $gets", ({ url, headers, gets }) => {
  using mesh = createMesh(world());
  const request = requestTo(`http://api-domain:5000${url}`, headers);
  assertEquals([...mesh.sendMany(20, request, { client })], [[gets, 20]]);
});

Deno.test("10,000 requests are shared as the weights say", () => {
  using mesh = createMesh(world(), { seed: 7 });
  const counts = mesh.sendMany(10_000, ROOT, { client });
  assertEquals([...counts.keys()].toSorted(), ["1", "2"]);
  // Five standard deviations of a binomial: 1 in a million.
  assert(Math.abs(counts.get("2")! - 1_000) < 150, `${counts.get("2")}`);
});

Deno.test("one seed gives one course of things", () => {
  const course = (seed: number) => {
    using mesh = createMesh(world(), { seed });
    return Array.from(
      { length: 50 },
      () => mesh.send(ROOT, client).pod?.metadata.name,
    ).join();
  };
  assertEquals(course(3), course(3));
  assert(course(3) !== course(4));
});

Deno.test("every service of the demo world can be called", () => {
  using mesh = createMesh(world());
  const at = (url: string, namespace: string, label = "build") =>
    [
      ...mesh.sendMany(300, requestTo(url), {
        client: sidecarIn(namespace),
        label,
      }).keys(),
    ].toSorted().join(" ");
  assertEquals(at("http://catalog:9080/", "default", "version"), "v1");
  assertEquals(at("http://billing:8080/", "default"), "1 2");
  assertEquals(at("http://payments:8443/", "shop"), "8");
  const gateway = {
    kind: "gateway",
    namespace: "istio-system",
    labels: { istio: "ingressgateway" },
    gateway: "shop/storefront",
  } as const;
  const counts = mesh.sendMany(300, requestTo("http://shop.example.com/"), {
    client: gateway,
  });
  assertEquals([...counts.keys()].toSorted(), ["41", "42"]);
});

Deno.test("a change arrives after its delay, and not before", () => {
  const clock = createVirtualClock();
  const store = world();
  using mesh = createMesh(store, { clock, delay: [1_000, 1_000] });
  routeTo(store, "2");
  clock.advance(999);
  assertEquals(mesh.sendMany(200, ROOT, { client }).size, 2);
  clock.advance(1);
  assertEquals([...mesh.sendMany(200, ROOT, { client }).keys()], ["2"]);
});

Deno.test("versions of one object never overtake each other", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 2, max: 8 }), (seed, changes) => {
      const clock = createVirtualClock();
      const store = world();
      using mesh = createMesh(store, { clock, seed, delay: [0, 1_000] });
      for (let n = 0; n < changes; n++) routeTo(store, n % 2 === 0 ? "2" : "1");
      clock.advance(1_000);
      const last = changes % 2 === 0 ? "1" : "2";
      assertEquals([...mesh.sendMany(20, ROOT, { client }).keys()], [last]);
    }),
    { seed: 42, numRuns: 50, verbose: true },
  );
});

Deno.test("a route that overtakes its subset loses requests, for some seed", () => {
  assert(seeds().some((seed) => lostWhen(seed, 0) > 0));
});

Deno.test("a route that waits until the subset is everywhere loses none, for any seed", () => {
  for (const seed of seeds()) assertEquals(lostWhen(seed, 1_000), 0);
});

Deno.test("a virtual sleep ticks on its way and heeds its signal", async () => {
  const ticks: number[] = [];
  const clock = createVirtualClock({
    start: new Date(0),
    step: 400,
    onTick: () => ticks.push(clock.now().getTime()),
  });
  await clock.sleep(1_000);
  assertEquals(ticks, [400, 800, 1_000]);
  await assertRejects(() => clock.sleep(1, AbortSignal.abort()), DOMException);
});

/** Requests that fail while build 3 gets a subset and, later, all requests. */
function lostWhen(seed: number, wait: number): number {
  const clock = createVirtualClock();
  const store = world();
  using mesh = createMesh(store, { clock, seed, delay: [0, 1_000] });
  let lost = 0;
  const pass = (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      clock.advance(50);
      if (mesh.send(ROOT, client).status >= 500) lost++;
    }
  };
  change(store, "DestinationRule", "api-domain-destinationrule", (spec) => ({
    ...spec,
    subsets: [...spec.subsets as [], {
      name: "api-domain-3-default",
      labels: { app: "api-domain", build: "3" },
    }],
  }));
  pass(wait);
  routeTo(store, "3");
  pass(1_000);
  assertEquals([...mesh.sendMany(10, ROOT, { client }).keys()], ["3"]);
  return lost;
}

function seeds(): readonly number[] {
  return Array.from({ length: 40 }, (_, seed) => seed);
}

/** Sends all that the master rule catches to one build. */
function routeTo(store: Store, build: string): void {
  const name = "api-domain-virtualservice";
  change(store, "VirtualService", name, (spec) => ({
    ...spec,
    http: (spec.http as readonly { name: string }[]).map((rule) =>
      rule.name !== "master" ? rule : {
        ...rule,
        route: [{
          destination: {
            host: "api-domain",
            subset: `api-domain-${build}-default`,
            port: { number: 5000 },
          },
        }],
      }
    ),
  }));
}

function change(
  store: Store,
  kind: string,
  name: string,
  edit: (spec: Readonly<Record<string, unknown>>) => unknown,
): void {
  const stored = store.get({ kind, namespace: "default", name })!;
  const spec = edit(stored.spec as Readonly<Record<string, unknown>>);
  store.update({ ...stored, spec } as KubeObject);
}
