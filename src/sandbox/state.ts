/**
 * The sandbox that lasts: a store that is kept in one file. Every write is
 * saved before it is answered. Several processes may use it at once: each
 * takes the lock for a write and first reads what the others have written, so
 * that there is one story, whoever tells it.
 *
 * The file has a header line, then one object a line; the header names the
 * write, so that a glance tells whether there is something new.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import type { Persistence } from "./call.ts";
import { populate } from "./controllers.ts";
import {
  lockFile,
  privateDirectory,
  readPrivate,
  writePrivate,
} from "../private_files.ts";
import { scenario } from "./scenario.ts";
import {
  createStore,
  type Snapshot,
  type Store,
  type StoreOptions,
} from "./store.ts";

const FORMAT = 1;
const HEADER_LIMIT = 256;
const LOCK_PATIENCE = 10_000;
const POLL_EVERY = 250;

/** A store in a directory. */
export interface State extends Disposable {
  readonly store: Store;
  readonly persistence: Persistence;
  /** Looks from time to time for what other processes write, for watches. */
  follow(on: boolean): void;
}

interface Header {
  readonly kind: "SandboxState";
  readonly format: number;
  /** Names the write that made this file. */
  readonly write: string;
  readonly resourceVersion: number;
  readonly objects: number;
}

/**
 * Opens the state in a directory; where there is none, the demo world is put
 * there.
 *
 * @throws {TrafficError} `sandbox-state` where it cannot be read or written.
 */
export async function openState(
  directory: string,
  options: StoreOptions = {},
): Promise<State> {
  await privateDirectory(directory);
  const keeper = new Keeper(directory, createStore([], options));
  await keeper.refresh();
  return keeper;
}

/**
 * Puts the demo world back, also where the present state is broken. Versions
 * go on counting, so that open watches notice.
 */
export async function resetState(directory: string): Promise<void> {
  await privateDirectory(directory);
  using _lock = await takeLock(directory);
  const path = pathOf(directory);
  const text = await readPrivate(path, HEADER_LIMIT);
  const store = createStore();
  const version = text === undefined ? undefined : parseHeader(text);
  if (version !== undefined) {
    store.load({ resourceVersion: version.resourceVersion, objects: [] });
  }
  populate(store, scenario(store.now()));
  await writePrivate(path, print(store.dump(), crypto.randomUUID()));
}

class Keeper implements State, Persistence {
  readonly store: Store;
  readonly persistence: Persistence = this;
  readonly #directory: string;
  /** The write that the store has seen. */
  #seen: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(directory: string, store: Store) {
    this.#directory = directory;
    this.store = store;
  }

  async refresh(): Promise<void> {
    // A write of our own under way has the newest state already.
    await this.#alone(async () => {
      if (await this.#read()) return;
      using _lock = await takeLock(this.#directory);
      if (await this.#read()) return;
      populate(this.store, scenario(this.store.now()));
      await this.#save();
    });
  }

  exclusively<T>(write: () => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      using _lock = await takeLock(this.#directory);
      await this.#read();
      const before = this.store.resourceVersion;
      try {
        return await write();
      } finally {
        if (this.store.resourceVersion !== before) await this.#save();
      }
    });
  }

  follow(on: boolean): void {
    clearInterval(this.#timer);
    this.#timer = on
      ? setInterval(() => {
        // What is wrong with the file is told to the next request.
        this.refresh().catch(() => {});
      }, POLL_EVERY)
      : undefined;
  }

  [Symbol.dispose](): void {
    this.follow(false);
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    const mine = this.#queue.catch(() => {}).then(run);
    this.#queue = mine;
    return mine;
  }

  /** Takes over what is in the file; false where there is no file. */
  async #read(): Promise<boolean> {
    const path = pathOf(this.#directory);
    const head = await readPrivate(path, HEADER_LIMIT);
    if (head === undefined) return false;
    const { write } = parseHeader(head) ?? broken(path);
    if (write === this.#seen) return true;
    const text = await readPrivate(path) ?? "";
    const { header, snapshot } = parse(text) ?? broken(path);
    try {
      this.store.load(snapshot);
    } catch {
      broken(path);
    }
    this.#seen = header.write;
    return true;
  }

  async #save(): Promise<void> {
    const write = crypto.randomUUID();
    // Until it is saved the store is ahead of the file: read it again then.
    this.#seen = undefined;
    await writePrivate(
      pathOf(this.#directory),
      print(this.store.dump(), write),
    );
    this.#seen = write;
  }
}

async function takeLock(directory: string): Promise<Disposable> {
  const lock = await lockFile(`${directory}/state.lock`, {
    patience: LOCK_PATIENCE,
  });
  if (lock !== undefined) return lock;
  throw new TrafficError(
    "sandbox-state",
    `Cannot use the sandbox in "${directory}": another process holds its lock`,
    { hint: "Wait for it, or end it, then try again" },
  );
}

function pathOf(directory: string): string {
  return `${directory}/state.jsonl`;
}

function print({ resourceVersion, objects }: Snapshot, write: string): string {
  const header: Header = {
    kind: "SandboxState",
    format: FORMAT,
    write,
    resourceVersion,
    objects: objects.length,
  };
  return [header, ...objects].map((line) => JSON.stringify(line) + "\n")
    .join("");
}

function parseHeader(text: string): Header | undefined {
  try {
    const header = JSON.parse(text.split("\n", 1)[0]!) as Partial<Header>;
    return header.kind === "SandboxState" && header.format === FORMAT &&
        typeof header.write === "string" &&
        Number.isSafeInteger(header.resourceVersion)
      ? header as Header
      : undefined;
  } catch {
    return undefined;
  }
}

function parse(
  text: string,
): { readonly header: Header; readonly snapshot: Snapshot } | undefined {
  const header = parseHeader(text);
  if (header === undefined) return undefined;
  try {
    const lines = text.split("\n").slice(1, -1);
    if (lines.length !== header.objects) return undefined;
    const objects = lines.map((line) => JSON.parse(line) as KubeObject);
    const { resourceVersion } = header;
    return { header, snapshot: { resourceVersion, objects } };
  } catch {
    return undefined;
  }
}

function broken(path: string): never {
  throw new TrafficError(
    "sandbox-state",
    `Cannot read the state of the sandbox: "${path}" is damaged`,
    { hint: 'Start afresh with "istiops sandbox reset"', details: { path } },
  );
}
