import type { Cluster } from "../../src/cluster/cluster.ts";
import { ClusterError } from "../../src/errors.ts";
import type { Kind } from "../../src/istio/world.ts";
import {
  NO_NAMES,
  type Place,
  placeKey,
  type PlaceNames,
} from "../../src/language/names.ts";
import { LiveNames, type LiveOptions } from "../../src/names/live.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import {
  ManualClock,
  namespace,
  pod,
  turn,
  virtualService,
  WatchedCluster,
} from "./support.ts";

/** Names of fake clusters. */
class Rig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly notices: string[] = [];
  readonly opened: string[] = [];
  readonly clusters: WatchedCluster[] = [];
  changes = 0;
  readonly live: LiveNames;

  constructor(
    make: (place: Place) => Cluster | Promise<Cluster>,
    rest: Partial<LiveOptions> = {},
  ) {
    this.live = new LiveNames({
      open: async (place) => {
        this.opened.push(placeKey(place));
        const cluster = await make(place);
        if (cluster instanceof WatchedCluster) this.clusters.push(cluster);
        return cluster;
      },
      clock: this.clock,
      random: () => 1,
      onNotice: (text) => this.notices.push(text),
      ...rest,
    });
    this.live.onChange(() => this.changes += 1);
  }

  /** What is known of the only place. */
  get names(): PlaceNames {
    const [names] = this.live.names().places;
    assert(names !== undefined);
    return names;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.live[Symbol.asyncDispose]();
    assertEquals(this.clock.sleeping.size, 0);
    for (const { isDisposed } of this.clusters) assert(isDisposed);
  }
}

const HERE: Place = {};
const OBJECTS = [
  namespace("default"),
  virtualService("web"),
  pod("a", { app: "web" }),
];
const error = (code: "unauthorized" | "forbidden" | "unreachable") =>
  new ClusterError(code, `Cannot list it: ${code} it is`);

/** A cluster on which these kinds fail so. */
function failing(
  cause: Error,
  kinds?: readonly Kind[],
): WatchedCluster {
  const cluster = new WatchedCluster(OBJECTS);
  cluster.onCall = ({ ref }) =>
    kinds === undefined || kinds.includes(ref.kind)
      ? { error: cause }
      : undefined;
  return cluster;
}

Deno.test("nothing is opened before it is wanted, and nobody waits for it", async () => {
  const { promise, resolve } = Promise.withResolvers<Cluster>();
  await using rig = new Rig(() => promise);
  assertEquals(rig.live.names().places, NO_NAMES.places);
  assertEquals(rig.opened, []);
  rig.live.want(HERE);
  assertEquals(rig.live.names().places, []);
  await turn();
  assertEquals(rig.opened.length, 1);
  assertEquals(rig.live.names().places, []);
  resolve(new WatchedCluster(OBJECTS));
  await turn();
  assertEquals(rig.names.namespaces, ["default"]);
  assertEquals(rig.names.virtualServices.map(({ name }) => name), ["web"]);
});

Deno.test("a place that is watched is of this moment, however long nothing happens", async () => {
  await using rig = new Rig(() => new WatchedCluster(OBJECTS));
  rig.live.want(HERE);
  await turn();
  await rig.clock.advance(3_600_000);
  const { isWatched, readAt, problem } = rig.names;
  assertEquals([isWatched, readAt, problem], [
    true,
    rig.clock.now().getTime(),
    undefined,
  ]);
  assertEquals(rig.live.names().now, readAt);
  assertEquals(rig.notices, []);
});

Deno.test("a namespace that is made behind its back appears, one that is gone does not", async () => {
  await using rig = new Rig(() => new WatchedCluster(OBJECTS));
  rig.live.want(HERE);
  await turn();
  const watch = rig.clusters[0]!.of("Namespace");
  assertEquals(watch.options.metadataOnly, true);
  watch.tell({ type: "ADDED", object: namespace("fresh") });
  await turn();
  await rig.clock.advance(250);
  assertEquals(rig.names.namespaces, ["default", "fresh"]);
  watch.tell({ type: "DELETED", object: namespace("default") });
  await turn();
  await rig.clock.advance(250);
  assertEquals(rig.names.namespaces, ["fresh"]);
});

Deno.test("changes are gathered: a rollout of 500 pods is told once", async () => {
  await using rig = new Rig(() => new WatchedCluster(OBJECTS));
  rig.live.want(HERE);
  await turn();
  const before = rig.changes;
  const watch = rig.clusters[0]!.of("Pod");
  for (let index = 0; index < 500; index += 1) {
    const object = pod(`p${index}`, { app: "web", build: "2" });
    watch.tell({ type: "ADDED", object });
  }
  await turn();
  assertEquals(rig.changes, before);
  await rig.clock.advance(250);
  assertEquals(rig.changes, before + 1);
  assertEquals(rig.names.labels.at(-1), {
    key: "build",
    values: [{ value: "2", pods: 500 }],
  });
});

Deno.test("what names are not made of is no change", async () => {
  await using rig = new Rig(() => new WatchedCluster(OBJECTS));
  rig.live.want(HERE);
  await turn();
  const before = rig.changes;
  const object = pod("a", { app: "web" });
  rig.clusters[0]!.of("Pod").tell({ type: "MODIFIED", object });
  await turn();
  await rig.clock.advance(1000);
  assertEquals(rig.changes, before);
});

Deno.test("after a write of ours it is stale until it has been read again", async () => {
  await using rig = new Rig(() => new WatchedCluster(OBJECTS));
  rig.live.want(HERE);
  await turn();
  const [cluster] = rig.clusters;
  const read = rig.clock.now().getTime();
  await rig.clock.advance(5000);
  const before = cluster!.watches.length;
  cluster!.put(virtualService("made"));
  cluster!.onWatch = () => {};
  rig.live.invalidate(HERE);
  assertEquals(rig.names.isWatched, false);
  assertEquals(rig.names.readAt, read + 5000);
  await rig.clock.advance(5000);
  // Former names stay.
  assertEquals(rig.names.virtualServices.length, 1);
  assertEquals(rig.names.readAt, read + 5000);
  const again = cluster!.watches.slice(before);
  assertEquals(again.map(({ kind }) => kind), [
    "VirtualService",
    "DestinationRule",
  ]);
  again[0]!.tell({ type: "SYNC", items: [virtualService("made")] });
  again[1]!.tell({ type: "SYNC", items: [] });
  await turn();
  // It has been read, and is not yet what is shown.
  assertEquals(rig.names.isWatched, false);
  await rig.clock.advance(250);
  assertEquals(rig.names.virtualServices.map(({ name }) => name), ["made"]);
  assertEquals(rig.names.isWatched, true);
});

Deno.test("refresh opens another connection and drops what the old one tells", async () => {
  await using rig = new Rig(() => new WatchedCluster(OBJECTS));
  rig.live.want(HERE);
  await turn();
  const old = rig.clusters[0]!.of("Namespace");
  rig.live.refresh();
  assertEquals(rig.names.isWatched, false);
  assertEquals(rig.names.namespaces, ["default"]);
  old.tell({ type: "ADDED", object: namespace("late") });
  await turn();
  await rig.clock.advance(250);
  assertEquals(rig.clusters.length, 2);
  assert(rig.clusters[0]!.isDisposed);
  assertEquals(rig.names.namespaces, ["default"]);
  assertEquals(rig.names.isWatched, true);
});

Deno.test("401 is told once, tried ever more seldom, and again by refresh", async () => {
  await using rig = new Rig(() => failing(error("unauthorized")));
  rig.live.want(HERE);
  await turn();
  assertEquals(rig.notices, [
    "Names of the current context are not up to date: the cluster cannot be read: unauthorized it is",
  ]);
  assertEquals(rig.names.isWatched, false);
  assertMatch(rig.names.problem!, /^the cluster cannot be read/);
  const waits: number[] = [];
  for (let count = 0; count < 9; count += 1) {
    const [next] = rig.clock.sleeping;
    waits.push(next!.asked);
    await rig.clock.advance(next!.asked);
  }
  assertEquals(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60].map((s) => s * 1000));
  assertEquals(rig.notices.length, 1);
  const tries = rig.clusters[0]!.watches.length;
  assertEquals(tries, 50);
  rig.live.refresh();
  await turn();
  assertEquals(rig.clusters[1]!.watches.length, 5);
  assertEquals(rig.notices.length, 1);
});

Deno.test("403 on namespaces leaves the rest watched, and is not tried soon", async () => {
  await using rig = new Rig(() => failing(error("forbidden"), ["Namespace"]));
  rig.live.want({ context: "dev", namespace: "default" });
  await turn();
  assertEquals(rig.notices, [
    'Names of context "dev", namespace "default" are not up to date: Namespace cannot be read: forbidden it is',
  ]);
  const { isWatched, namespaces, virtualServices, problem } = rig.names;
  assertEquals([isWatched, namespaces.length, virtualServices.length], [
    true,
    0,
    1,
  ]);
  assertEquals(problem, "Namespace cannot be read: forbidden it is");
  await rig.clock.advance(250);
  assertEquals([...rig.clock.sleeping].map(({ asked }) => asked), [300_000]);
});

Deno.test("a context that cannot be opened is told once, tried again, and comes", async () => {
  let isBroken = true;
  await using rig = new Rig(() => {
    if (isBroken) {
      throw new ClusterError("kubeconfig", 'Cannot use "config": no such file');
    }
    return new WatchedCluster(OBJECTS);
  });
  rig.live.want(HERE);
  await turn();
  await rig.clock.advance(1000);
  assertEquals(rig.opened.length, 2);
  assertEquals(rig.notices, [
    'Names of the current context are not up to date: Cannot use "config": no such file',
  ]);
  assertEquals(rig.names.problem, 'Cannot use "config": no such file');
  isBroken = false;
  await rig.clock.advance(2000);
  await rig.clock.advance(250);
  assertEquals(rig.names.problem, undefined);
  assertEquals(rig.names.isWatched, true);
});

Deno.test("a watch that dies is told, and the names are as old as that", async () => {
  await using rig = new Rig(() => new WatchedCluster(OBJECTS));
  rig.live.want(HERE);
  await turn();
  const died = rig.clock.now().getTime();
  const tell = (why: Error | undefined) => {
    for (const { options } of rig.clusters[0]!.watches) {
      options.onInterruption!(why);
    }
  };
  tell(error("unreachable"));
  assertEquals(rig.names.isWatched, false);
  await turn();
  await rig.clock.advance(30_000);
  assertEquals(rig.names.readAt, died);
  assertEquals(rig.names.namespaces, ["default"]);
  assertEquals(rig.notices.length, 1);
  // It comes and goes: that is no news.
  tell(undefined);
  await turn();
  await rig.clock.advance(250);
  assertEquals([rig.names.isWatched, rig.names.problem], [true, undefined]);
  tell(error("unreachable"));
  await turn();
  await rig.clock.advance(250);
  assertEquals(rig.notices.length, 1);
  // It had been well for long: that is.
  tell(undefined);
  await turn();
  await rig.clock.advance(250);
  await rig.clock.advance(60_000);
  tell(error("unreachable"));
  await turn();
  await rig.clock.advance(250);
  assertEquals(rig.notices.length, 2);
});

Deno.test("the place wanted longest ago is given up, and what it answers is dropped", async () => {
  const places = ["a", "b", "c"].map((context): Place => ({ context }));
  const slow = Promise.withResolvers<Cluster>();
  const late = new WatchedCluster(OBJECTS);
  await using rig = new Rig(
    ({ context }) =>
      context === "b" ? slow.promise : new WatchedCluster(OBJECTS),
    { most: 2 },
  );
  const [a, b, c] = places as [Place, Place, Place];
  for (const place of [a, b, a, c]) {
    rig.live.want(place);
    await turn();
  }
  slow.resolve(late);
  await turn();
  await rig.clock.advance(1000);
  assertEquals(
    rig.live.names().places.map(({ place }) => place.context),
    ["a", "c"],
  );
  assertEquals(late.watches, []);
  assert(late.isDisposed);
  assertEquals(rig.opened.length, 3);
});

Deno.test("one place keeps its namespace's objects apart from another's", async () => {
  const other = {
    ...virtualService("other"),
    metadata: { name: "other", namespace: "shop" },
  };
  await using rig = new Rig(() => new WatchedCluster([...OBJECTS, other]));
  rig.live.want({ namespace: "default" });
  rig.live.want({ namespace: "shop" });
  await turn();
  assertEquals(
    rig.live.names().places.map(({ namespace, virtualServices }) => [
      namespace,
      virtualServices.map(({ name }) => name),
    ]),
    [["default", ["web"]], ["shop", ["other"]]],
  );
});

Deno.test("names of former times are there until better ones come", async () => {
  const saved: PlaceNames[] = [];
  const { promise, resolve } = Promise.withResolvers<Cluster>();
  const readAt = Date.parse("2026-11-23T11:00:00Z");
  await using rig = new Rig(() => promise, {
    store: {
      load: () =>
        Promise.resolve({
          ...EMPTY,
          readAt,
          isWatched: false,
          namespaces: ["former"],
        }),
      save: (names) => Promise.resolve(void saved.push(names)),
    },
  });
  rig.live.want(HERE);
  await turn();
  const { namespaces, isWatched } = rig.names;
  assertEquals([namespaces, rig.names.readAt, isWatched], [
    ["former"],
    readAt,
    false,
  ]);
  const cluster = new WatchedCluster(OBJECTS);
  cluster.onWatch = () => {};
  resolve(cluster);
  await turn();
  // Half of the kinds are no better names.
  cluster.of("Namespace").tell({ type: "SYNC", items: [namespace("now")] });
  await turn();
  await rig.clock.advance(250);
  assertEquals(rig.names.namespaces, ["former"]);
  for (const watch of cluster.watches.slice(1)) {
    watch.tell({ type: "SYNC", items: [] });
  }
  await turn();
  await rig.clock.advance(250);
  assertEquals(rig.names.namespaces, ["now"]);
  assertEquals(saved.map(({ namespaces }) => namespaces), [["now"]]);
});

Deno.test("names are kept once a minute at most", async () => {
  const saved: number[] = [];
  await using rig = new Rig(() => new WatchedCluster(OBJECTS), {
    store: {
      load: () => Promise.resolve(undefined),
      save: ({ readAt }) => Promise.resolve(void saved.push(readAt)),
    },
  });
  rig.live.want(HERE);
  await turn();
  const begin = rig.clock.now().getTime();
  for (let count = 0; count < 24; count += 1) {
    const object = namespace(`n${count}`);
    rig.clusters[0]!.of("Namespace").tell({ type: "ADDED", object });
    await turn();
    await rig.clock.advance(5000);
  }
  assertEquals(saved.map((time) => time - begin), [0, 60_000, 120_000]);
});

Deno.test("contexts are read without a cluster, and again by refresh", async () => {
  let name = "dev";
  await using rig = new Rig(() => new WatchedCluster(), {
    readContexts: () =>
      Promise.resolve([{ name, protected: false, isCurrent: true }]),
  });
  await turn();
  assertEquals(rig.live.names().contexts[0]?.name, "dev");
  name = "prod";
  rig.live.refresh();
  await turn();
  assertEquals(rig.live.names().contexts[0]?.name, "prod");
  assertEquals(rig.opened, []);
});

Deno.test("a listener that was disposed of is told nothing", async () => {
  await using rig = new Rig(() => new WatchedCluster(OBJECTS));
  let told = 0;
  {
    using _ = rig.live.onChange(() => told += 1);
    rig.live.want(HERE);
  }
  await turn();
  assertEquals(told, 0);
});

const EMPTY: PlaceNames = {
  place: {},
  namespace: "default",
  readAt: 0,
  isWatched: false,
  isPartial: false,
  namespaces: [],
  virtualServices: [],
  services: [],
  builds: [],
  labels: [],
  operations: [],
};
