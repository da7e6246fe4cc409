import { withApplied, withReplaced } from "../../src/istio/overlay.ts";
import { assertEquals } from "../support/assert.ts";
import { ask, inShort, mesh, service, to, virtualService } from "./worlds.ts";

/** Where a request to host `a` goes. */
function goes(world: ReturnType<typeof mesh>): string {
  return inShort(ask(world));
}

Deno.test("withApplied() keeps the age of what is there, and new objects are the youngest", () => {
  const world = mesh([
    virtualService("old", [{ route: to("a") }], { minute: 1 }),
    virtualService("young", [{ redirect: {} }], { minute: 2 }),
  ]);
  const edited = virtualService("old", [{ route: to("b") }]);
  const made = virtualService("aaa", [{ directResponse: { status: 200 } }]);
  assertEquals(goes(withApplied(world, mesh([edited, made]))), "b");
  // Applied with the age of a file, the old one would be no older.
  const other = virtualService("young", [{ route: to("b") }]);
  assertEquals(goes(withApplied(world, mesh([other]))), "a");
});

Deno.test("withApplied() leaves what the files do not have, and the addresses of a Service", () => {
  const plain = service("a");
  const served = { ...plain, spec: { ...plain.spec, clusterIP: "10.0.0.1" } };
  const world = { ...mesh([]), services: [served, service("c")] };
  const { services } = withApplied(world, {
    ...mesh([]),
    services: [service("a", { ports: [81] })],
  });
  assertEquals(
    services.map(({ metadata, spec }) => [
      metadata.name,
      spec.clusterIP,
      spec.ports?.map(({ port }) => port),
    ]),
    [["a", "10.0.0.1", [81]], ["c", undefined, [80]]],
  );
});

Deno.test("withReplaced() puts in, takes out, and changes nothing of its input", () => {
  const before = virtualService("one", [{ route: to("a") }]);
  const world = mesh([before]);
  const after = virtualService("one", [{ route: to("b") }]);
  assertEquals(goes(withReplaced(world, [{ before, after }])), "b");
  const none = withReplaced(world, [{ before }]);
  assertEquals(none.virtualServices, []);
  assertEquals(none.services, world.services);
  assertEquals(goes(withReplaced(none, [{ after }])), "b");
  assertEquals(goes(world), "a");
});
