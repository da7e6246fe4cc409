/**
 * What every adapter of the port keeps: one suite that is pointed at the
 * sandbox, at a real API server, at anything that calls itself a Cluster.
 *
 * @module
 */

import type {
  Cluster,
  ListOptions,
  ObjectRef,
  WatchEvent,
} from "../../src/cluster/cluster.ts";
import { ClusterError, ConflictError } from "../../src/errors.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import type { Kind } from "../../src/istio/world.ts";
import {
  assert,
  assertEquals,
  assertExists,
  assertNotEquals,
  assertRejects,
} from "../support/assert.ts";

/** A cluster to try, and a namespace of it that tests may fill. */
export interface Opened extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly namespace: string;
  /**
   * Puts objects there, where the port itself does not write; the cluster is
   * then to be asked for anew.
   */
  readonly put?: (objects: readonly KubeObject[]) => Promise<void>;
}

/** Options of {@linkcode contract}. */
export interface ContractOptions {
  /** Why there is nothing to try; said in the place of the suite. */
  readonly skipped?: string;
  /** It only reads: what is about writes and watches is left out. */
  readonly isReadOnly?: boolean;
}

/**
 * Registers the suite.
 *
 * @param name What is tried: `sandbox`.
 * @param open Called by each test; what it gives is disposed afterwards.
 */
export function contract(
  name: string,
  open: () => Promise<Opened>,
  options: ContractOptions = {},
): void {
  if (options.skipped !== undefined) {
    Deno.test.ignore(
      `${name}: the contract of the port (skipped: ${options.skipped})`,
      () => {},
    );
    return;
  }
  const reads = (text: string, run: (at: Bench) => Promise<void>): void =>
    Deno.test(`${name}: ${text}`, async () => {
      await using opened = await open();
      await using bench = new Bench(opened);
      await run(bench);
    });
  const law: typeof reads = options.isReadOnly === true ? () => {} : reads;

  law(
    "create() gives the stored object, with a uid and a version",
    async (at) => {
      const made = await at.create(rule("made"));
      assertExists(made.metadata.uid);
      assertExists(made.metadata.resourceVersion);
      assertEquals(made.metadata.namespace, at.namespace);
      assertEquals(made.spec, rule("made").spec);
    },
  );

  law("create() of what exists is a conflict", async (at) => {
    await at.create(rule("twice"));
    const error = await assertRejects(
      () => at.create(rule("twice")),
      ConflictError,
    );
    assertEquals(error.code, "conflict");
    assertEquals(error.details?.reason, "AlreadyExists");
  });

  reads(
    "get() gives the object, and nothing where there is none",
    async (at) => {
      const [made] = await at.have(rule("there"));
      assertEquals(await at.get("there"), made);
      assertEquals(made?.spec, rule("there").spec);
      assertEquals(await at.get("missing"), undefined);
    },
  );

  reads("list() gives the objects of one namespace, or of all", async (at) => {
    await at.have(rule("one"), rule("two"));
    const { cluster, namespace } = at;
    const own = await cluster.list("DestinationRule", { namespace });
    assertEquals(names(own.items), ["one", "two"]);
    assertNotEquals(own.resourceVersion, "");
    const all = await cluster.list("DestinationRule");
    assertEquals(
      names(all.items.filter((item) => item.metadata.namespace === namespace)),
      ["one", "two"],
    );
    const none = await cluster.list("DestinationRule", {
      namespace: "istiops-no-such-namespace",
    });
    assertEquals(none.items, []);
  });

  reads("list() reads all pages, each object once", async (at) => {
    const wanted = Array.from(
      { length: 503 },
      (_, index) => `page-${String(index).padStart(3, "0")}`,
    );
    for (let from = 0; from < wanted.length; from += 50) {
      const part = wanted.slice(from, from + 50);
      await at.have(...part.map((name) => rule(name)));
    }
    const { items } = await at.cluster.list("DestinationRule", {
      namespace: at.namespace,
    });
    assertEquals(names(items), wanted);
  });

  reads(
    "list() gives items of built-in kinds apiVersion and kind",
    async (at) => {
      const { items } = await at.cluster.list("Namespace");
      const own = items.find(({ metadata }) => metadata.name === at.namespace);
      assertEquals(own?.apiVersion, "v1");
      assertEquals(own?.kind, "Namespace");
    },
  );

  for (
    const { selector, gives } of [
      { selector: "app=web", gives: ["a", "b"] },
      { selector: "app=web,build!=2", gives: ["a"] },
      { selector: "build in (1,3)", gives: ["a", "c"] },
      { selector: "build notin (1)", gives: ["b", "c", "d"] },
      { selector: "app", gives: ["a", "b", "c"] },
      { selector: "!app", gives: ["d"] },
    ]
  ) {
    reads(`list() selects ${selector}`, async (at) => {
      await at.have(
        rule("a", { app: "web", build: "1" }),
        rule("b", { app: "web", build: "2" }),
        rule("c", { app: "api", build: "3" }),
        rule("d"),
      );
      const { items } = await at.cluster.list("DestinationRule", {
        namespace: at.namespace,
        labelSelector: selector,
      });
      assertEquals(names(items), gives);
    });
  }

  reads("list() stops at a limit, and says that there is more", async (at) => {
    await at.have(rule("a"), rule("b"), rule("c"));
    const { cluster, namespace } = at;
    const some = await cluster.list("DestinationRule", { namespace, limit: 2 });
    assertEquals([names(some.items), some.hasMore], [["a", "b"], true]);
    assertNotEquals(some.resourceVersion, "");
    const all = await cluster.list("DestinationRule", { namespace, limit: 3 });
    assertEquals([names(all.items), all.hasMore], [["a", "b", "c"], undefined]);
  });

  for (const kind of ["DestinationRule", "Namespace"] as const) {
    reads(`list() gives the metadata of each ${kind} alone`, async (at) => {
      await at.have(rule("one", { app: "web" }));
      const { cluster, namespace } = at;
      const place = kind === "Namespace" ? {} : { namespace };
      const whole = await cluster.list(kind, place);
      const { items } = await cluster.list(kind, {
        ...place,
        metadataOnly: true,
      });
      assertEquals(
        items,
        whole.items.map(({ apiVersion, kind, metadata }) => ({
          apiVersion,
          kind,
          metadata,
        })),
      );
      assertNotEquals(items, []);
    });
  }

  reads("list() selects by name", async (at) => {
    await at.have(rule("a"), rule("b"));
    const { items } = await at.cluster.list("DestinationRule", {
      namespace: at.namespace,
      fieldSelector: "metadata.name=b",
    });
    assertEquals(names(items), ["b"]);
  });

  law(
    "patch() adds, replaces and removes, and nothing else changes",
    async (at) => {
      const made = await at.create(rule("patched", { keep: "1", drop: "2" }));
      const after = await at.cluster.patch(at.ref("patched"), [
        version(made),
        { op: "test", path: "/spec/subsets/0/name", value: "v1" },
        { op: "replace", path: "/spec/subsets/0/labels/version", value: "v9" },
        {
          op: "add",
          path: "/spec/subsets/-",
          value: { name: "v2", labels: { version: "v2" } },
        },
        { op: "add", path: "/metadata/annotations", value: { "a/b": "~" } },
        { op: "add", path: "/metadata/annotations/c~1d", value: "e" },
        { op: "remove", path: "/metadata/labels/drop" },
      ]);
      assertEquals(after.spec, {
        ...made.spec as object,
        subsets: [
          { name: "v1", labels: { version: "v9" } },
          { name: "v2", labels: { version: "v2" } },
        ],
      });
      assertEquals(after.metadata.annotations, { "a/b": "~", "c/d": "e" });
      assertEquals(after.metadata.labels, { keep: "1" });
      assertNotEquals(
        after.metadata.resourceVersion,
        made.metadata.resourceVersion,
      );
      assertEquals(await at.get("patched"), after);
    },
  );

  law(
    "patch() at a stale version is a conflict and writes nothing",
    async (at) => {
      const made = await at.create(rule("stale"));
      const newer = await at.cluster.patch(at.ref("stale"), [
        version(made),
        { op: "add", path: "/metadata/labels", value: { by: "another" } },
      ]);
      const error = await assertRejects(
        () =>
          at.cluster.patch(at.ref("stale"), [
            version(made),
            { op: "replace", path: "/spec/host", value: "elsewhere" },
          ]),
        ConflictError,
      );
      assertEquals(error.code, "conflict");
      assertEquals(await at.get("stale"), newer);
    },
  );

  law("patch() whose test fails is rejected and writes nothing", async (at) => {
    const made = await at.create(rule("tested"));
    const error = await assertRejects(
      () =>
        at.cluster.patch(at.ref("tested"), [
          { op: "test", path: "/spec/host", value: "another" },
          { op: "replace", path: "/spec/host", value: "elsewhere" },
        ]),
      ClusterError,
    );
    assertEquals(error.code, "rejected");
    assertEquals(error.status, 422);
    assertEquals(await at.get("tested"), made);
  });

  law("patch() of what is missing is not-found", async (at) => {
    const error = await assertRejects(
      () =>
        at.cluster.patch(at.ref("missing"), [
          { op: "add", path: "/metadata/labels", value: {} },
        ]),
      ClusterError,
    );
    assertEquals(error.code, "not-found");
  });

  law("a dry run answers like a write and keeps nothing", async (at) => {
    const dry = await at.create(rule("dry"), { dryRun: true });
    assertEquals(dry.spec, rule("dry").spec);
    assertEquals(await at.get("dry"), undefined);

    const made = await at.create(rule("wet"));
    const patched = await at.cluster.patch(at.ref("wet"), [
      version(made),
      { op: "replace", path: "/spec/host", value: "dry" },
    ], { dryRun: true });
    assertEquals((patched.spec as { host: string }).host, "dry");
    assertEquals(await at.get("wet"), made);

    await at.cluster.delete(at.ref("wet"), {
      resourceVersion: made.metadata.resourceVersion!,
      dryRun: true,
    });
    assertEquals(await at.get("wet"), made);
  });

  law("delete() takes the object away, at its version only", async (at) => {
    const made = await at.create(rule("gone"));
    const newer = await at.cluster.patch(at.ref("gone"), [
      version(made),
      { op: "add", path: "/metadata/labels", value: { by: "another" } },
    ]);
    await assertRejects(
      () =>
        at.cluster.delete(at.ref("gone"), {
          resourceVersion: made.metadata.resourceVersion!,
        }),
      ConflictError,
    );
    await assertRejects(
      () =>
        at.cluster.delete(at.ref("gone"), {
          resourceVersion: newer.metadata.resourceVersion!,
          uid: "00000000-0000-0000-0000-000000000000",
        }),
      ConflictError,
    );
    assertEquals(await at.get("gone"), newer);
    await at.cluster.delete(at.ref("gone"), {
      resourceVersion: newer.metadata.resourceVersion!,
      uid: newer.metadata.uid!,
    });
    assertEquals(await at.get("gone"), undefined);
    const error = await assertRejects(
      () =>
        at.cluster.delete(at.ref("gone"), {
          resourceVersion: newer.metadata.resourceVersion!,
        }),
      ClusterError,
    );
    assertEquals(error.code, "not-found");
  });

  law("watch() tells what is there, then each change in order", async (at) => {
    const first = await at.create(rule("first"));
    const watch = at.watch();
    const sync = await watch.next();
    assert(sync.type === "SYNC");
    assertEquals(names(sync.items), ["first"]);

    await at.create(rule("second"));
    const changed = await at.cluster.patch(at.ref("first"), [
      version(first),
      { op: "add", path: "/metadata/labels", value: { a: "b" } },
    ]);
    await at.cluster.delete(at.ref("first"), {
      resourceVersion: changed.metadata.resourceVersion!,
    });
    const told: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const event = await watch.next();
      assert(event.type !== "SYNC");
      told.push(`${event.type} ${event.object.metadata.name}`);
      assertEquals(event.object.kind, "DestinationRule");
    }
    assertEquals(told, ["ADDED second", "MODIFIED first", "DELETED first"]);
    await watch.end();
  });

  law("watch() ends when its signal says so", async (at) => {
    const watch = at.watch();
    assertEquals((await watch.next()).type, "SYNC");
    await watch.end();
  });

  law("watch() heeds the selector", async (at) => {
    const watch = at.watch({ labelSelector: "app=web" });
    assertEquals(await watch.next(), { type: "SYNC", items: [] });
    await at.create(rule("other"));
    await at.create(rule("web", { app: "web" }));
    const event = await watch.next();
    assert(event.type === "ADDED");
    assertEquals(event.object.metadata.name, "web");
    await watch.end();
  });

  law("watch() tells metadata alone, and stops only the list", async (at) => {
    await at.create(rule("a"));
    const second = await at.create(rule("b"));
    const watch = at.watch({ metadataOnly: true, limit: 1 });
    const sync = await watch.next();
    assert(sync.type === "SYNC");
    assertEquals([names(sync.items), sync.hasMore], [["a"], true]);
    const changed = await at.cluster.patch(at.ref("b"), [
      version(second),
      { op: "add", path: "/metadata/labels", value: { a: "b" } },
    ]);
    const { apiVersion, kind, metadata } = changed;
    assertEquals(await watch.next(), {
      type: "MODIFIED",
      object: { apiVersion, kind, metadata },
    });
    await watch.end();
  });

  law("canI() says yes to one who made the namespace's objects", async (at) => {
    const { cluster, namespace } = at;
    for (const verb of ["get", "list", "watch", "create", "patch"] as const) {
      assertEquals(
        await cluster.canI({ verb, kind: "DestinationRule", namespace }),
        true,
        verb,
      );
    }
  });

  law("fields that nobody knows survive a patch", async (at) => {
    const base = rule("unknown");
    const made = await at.create({
      ...base,
      metadata: { ...base.metadata, annotations: { "x.test/y": "z" } },
      spec: {
        ...base.spec as object,
        trafficPolicy: { connectionPool: { tcp: { maxConnections: 7 } } },
      },
    });
    const after = await at.cluster.patch(at.ref("unknown"), [
      version(made),
      { op: "replace", path: "/spec/subsets/0/name", value: "v2" },
    ]);
    const spec = after.spec as Record<string, unknown>;
    assertEquals(spec.trafficPolicy, {
      connectionPool: { tcp: { maxConnections: 7 } },
    });
    assertEquals(after.metadata.annotations, { "x.test/y": "z" });
  });

  reads("objects of an older version are read as they are", async (at) => {
    const apiVersion = "networking.istio.io/v1beta1";
    const [made] = await at.have({ ...rule("older"), apiVersion });
    assertEquals(made?.apiVersion, apiVersion);
    assertEquals((await at.get("older"))?.spec, made?.spec);
  });

  law("objects of an older version are read and written as one", async (at) => {
    const made = await at.create({
      ...rule("older"),
      apiVersion: "networking.istio.io/v1beta1",
    });
    assertEquals(made.apiVersion, "networking.istio.io/v1beta1");
    const read = await at.get("older");
    assertEquals(read?.metadata.uid, made.metadata.uid);
    const after = await at.cluster.patch(at.ref("older"), [
      version(read!),
      { op: "add", path: "/metadata/labels", value: { a: "b" } },
    ]);
    assertEquals(after.apiVersion, read?.apiVersion);
    assertEquals(after.spec, made.spec);
  });

  reads("a name that no object can have is refused", async (at) => {
    for (const name of ["../pods", "a/b", "a?b", "a#b", "", "A", "a%2fb"]) {
      const error = await assertRejects(
        () => at.cluster.get(at.ref(name)),
        ClusterError,
      );
      assertEquals(error.code, "rejected", name);
    }
  });

  reads("a signal that has fired stops a call", async (at) => {
    await assertRejects(() =>
      at.cluster.list("DestinationRule", {
        namespace: at.namespace,
        signal: AbortSignal.abort(),
      })
    );
  });
}

/** One test's hold on the cluster: what it made is taken away again. */
class Bench implements AsyncDisposable {
  readonly namespace: string;
  readonly #opened: Opened;
  readonly #watches: AbortController[] = [];
  readonly #made = new Set<string>();

  constructor(opened: Opened) {
    this.#opened = opened;
    this.namespace = opened.namespace;
  }

  get cluster(): Cluster {
    return this.#opened.cluster;
  }

  ref(name: string, kind: Kind = "DestinationRule"): ObjectRef {
    return { kind, namespace: this.namespace, name };
  }

  create(
    object: KubeObject,
    options: { readonly dryRun?: boolean } = {},
  ): Promise<KubeObject> {
    const metadata = { ...object.metadata, namespace: this.namespace };
    this.#made.add(metadata.name);
    return this.cluster.create({ ...object, metadata }, options);
  }

  /** Whatever puts them there: the port, or somebody else. */
  async have(
    ...objects: readonly KubeObject[]
  ): Promise<readonly KubeObject[]> {
    const { put } = this.#opened;
    if (put === undefined) {
      return await Promise.all(objects.map((object) => this.create(object)));
    }
    const { namespace } = this;
    await put(objects.map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace },
    })));
    const found = await Promise.all(
      objects.map(({ metadata }) => this.get(metadata.name)),
    );
    return found.filter((one) => one !== undefined);
  }

  get(name: string): Promise<KubeObject | undefined> {
    return this.cluster.get(this.ref(name));
  }

  watch(options: ListOptions = {}): {
    next(): Promise<WatchEvent>;
    end(): Promise<void>;
  } {
    const controller = new AbortController();
    this.#watches.push(controller);
    const iterator = this.cluster.watch("DestinationRule", {
      namespace: this.namespace,
      signal: controller.signal,
      ...options,
    })[Symbol.asyncIterator]();
    return {
      next: async () => {
        const { done, value } = await iterator.next();
        assert(done !== true, "the watch ended by itself");
        return value;
      },
      end: async () => {
        controller.abort();
        const { done } = await iterator.next();
        assertEquals(done, true);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const controller of this.#watches) controller.abort();
    if (this.#opened.put !== undefined) return;
    const { items } = await this.cluster.list("DestinationRule", {
      namespace: this.namespace,
    });
    await Promise.all(
      items.map(({ metadata }) =>
        this.cluster.delete(this.ref(metadata.name), {
          resourceVersion: metadata.resourceVersion!,
        })
      ),
    );
  }
}

function rule(
  name: string,
  labels?: Readonly<Record<string, string>>,
): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec: {
      host: name,
      subsets: [{ name: "v1", labels: { version: "v1" } }],
    },
  };
}

function version(object: KubeObject) {
  return {
    op: "add",
    path: "/metadata/resourceVersion",
    value: object.metadata.resourceVersion!,
  } as const;
}

function names(items: readonly KubeObject[]): readonly string[] {
  return items.map(({ metadata }) => metadata.name).sort();
}
