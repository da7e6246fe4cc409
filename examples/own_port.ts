/**
 * A port of one's own: `Cluster` is an interface, and everything that istiops
 * reads and writes goes through it. This one stands in front of another: it
 * keeps what is written, for a test or an audit, and lets nothing through
 * during a freeze. In the same way it could count, cache or be in memory.
 *
 *     deno run -A examples/own_port.ts
 *
 * @module
 */
// deno-lint-ignore-file no-console

import {
  type Cluster,
  RefusedError,
  Traffic,
  type WriteOptions,
} from "@istiops/istiops";

/** Keeps every write, and refuses them while it is frozen. */
export class Gate {
  readonly written: string[] = [];
  isFrozen = false;
  readonly cluster: Cluster;

  constructor(inner: Cluster) {
    this.cluster = {
      target: { ...inner.target, source: "custom" },
      whoAmI: (options) => inner.whoAmI(options),
      list: (kind, options) => inner.list(kind, options),
      get: (ref, options) => inner.get(ref, options),
      watch: (kind, options) => inner.watch(kind, options),
      canI: (review, options) => inner.canI(review, options),
      create: async (object, options) => {
        this.#note(`create ${object.kind} ${object.metadata.name}`, options);
        return await inner.create(object, options);
      },
      patch: async (ref, operations, options) => {
        this.#note(`patch ${ref.kind} ${ref.name}`, options);
        return await inner.patch(ref, operations, options);
      },
      delete: async (ref, options) => {
        this.#note(`delete ${ref.kind} ${ref.name}`, options);
        await inner.delete(ref, options);
      },
      [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    };
  }

  /** Each write comes by as a dry run first. */
  #note(what: string, options: WriteOptions = {}): void {
    if (this.isFrozen) {
      throw new RefusedError(
        "forbidden",
        `Cannot ${what}: changes are frozen`,
      );
    }
    if (!options.dryRun) this.written.push(what);
  }
}

if (import.meta.main) {
  await using sandbox = await Traffic.sandbox();
  const gate = new Gate(sandbox.cluster);
  const traffic = Traffic.on(gate.cluster);
  const shift = { name: "api-domain-virtualservice", build: "3", settleMs: 0 };
  await (await traffic.shift({ ...shift, weight: 20 })).apply();
  for (const line of gate.written) console.log(line);
  gate.isFrozen = true;
  try {
    await (await traffic.shift({ ...shift, weight: 30 })).apply();
  } catch (error) {
    console.log(error instanceof RefusedError ? error.message : error);
  }
}
