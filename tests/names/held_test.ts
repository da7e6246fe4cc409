import type { WatchEvent } from "../../src/cluster/cluster.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { MOST } from "../../src/names/bounds.ts";
import { Held } from "../../src/names/held.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { namespace, pod, virtualService } from "./support.ts";

const sync = (items: readonly KubeObject[]): WatchEvent => ({
  type: "SYNC",
  items,
});
const added = (object: KubeObject): WatchEvent => ({ type: "ADDED", object });
const gone = (object: KubeObject): WatchEvent => ({ type: "DELETED", object });

/** `app=web: 2`, … */
function pods(held: Held): readonly string[] {
  return [...held.world([]).podCounts].map(([{ metadata }, count]) =>
    `${
      Object.entries(metadata.labels ?? {}).map((pair) => pair.join("=")).join()
    }: ${count}`
  );
}

Deno.test("pods are counted by their labels, and what else they are is let go", () => {
  const held = new Held();
  const at = (name: string, app: string) => pod(name, { app });
  assert(held.take("Pod", sync([at("a", "x"), at("b", "x"), at("c", "y")])));
  assertEquals(pods(held), ["app=x: 2", "app=y: 1"]);
  assertEquals(held.take("Pod", added(at("a", "x"))), false);
  assert(held.take("Pod", added(at("a", "y"))));
  assertEquals(pods(held), ["app=x: 1", "app=y: 2"]);
  assert(held.take("Pod", gone(at("b", "x"))));
  assertEquals(held.take("Pod", gone(at("b", "x"))), false);
  assertEquals(pods(held), ["app=y: 2"]);
  assert(held.take("Pod", sync([at("z", "z")])));
  assertEquals(pods(held), ["app=z: 1"]);
});

Deno.test("a pod on its way out is gone, and labels of one pod tell none apart", () => {
  const held = new Held();
  const one = pod("a", { app: "x", "job-name": "a" });
  const two = pod("b", { app: "x", "apps.kubernetes.io/pod-index": "1" });
  held.take("Pod", sync([one, two]));
  assertEquals(pods(held), ["app=x: 2"]);
  const metadata = {
    ...one.metadata,
    deletionTimestamp: "2026-11-23T12:00:00Z",
  };
  assert(held.take("Pod", { type: "MODIFIED", object: { ...one, metadata } }));
  assertEquals(pods(held), ["app=x: 1"]);
});

Deno.test("a namespace is news by its name and whether it is protected", () => {
  const held = new Held();
  const mark = { "istiops/protected": "true" };
  held.take("Namespace", sync([namespace("a", { other: "secret" })]));
  assertEquals(
    held.take("Namespace", added(namespace("a", { x: "y" }))),
    false,
  );
  assert(held.take("Namespace", added(namespace("a", mark))));
  assert(held.take("Namespace", added(namespace("b"))));
  assertEquals(
    held.world([]).world.namespaces.map(({ metadata }) => metadata),
    [{ name: "a", annotations: mark }, { name: "b" }],
  );
});

Deno.test("what comes beyond the limit is not held, and that is said", () => {
  const held = new Held();
  const many = Array.from({ length: 500 }, (_, i) => virtualService(`v${i}`));
  held.take("VirtualService", sync(many));
  assertEquals(held.isPartial, false);
  assert(held.take("VirtualService", added(virtualService("more"))));
  assertEquals(held.take("VirtualService", added(virtualService("on"))), false);
  assert(held.isPartial);
  assertEquals(held.world([]).world.virtualServices.length, 500);
  held.take("VirtualService", sync([]));
  assertEquals(held.isPartial, false);
});

Deno.test("pods of a hostile cluster have no endless labels", () => {
  const held = new Held();
  held.take(
    "Pod",
    sync(
      Array.from(
        { length: 5000 },
        (_, i) =>
          pod(`p${i}`, {
            app: `a${i}`,
            [`k${i}`]: "v",
            long: "x".repeat(1000),
          }),
      ),
    ),
  );
  const { world } = held.world([]);
  assert(held.isPartial);
  assert(world.pods.length <= MOST.podKinds);
  const keys = world.pods.flatMap(({ metadata }) =>
    Object.keys(metadata.labels ?? {})
  );
  assertEquals(new Set(keys).size, MOST.labels);
  assertEquals(keys.includes("long"), false);
});
