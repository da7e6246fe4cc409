/**
 * A watch that lasts: it lists, follows the changes, takes up where it was
 * when the connection ends, and lists again when the server has forgotten
 * that moment.
 *
 * @module
 */

import { ClusterError, InterruptedError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import type { Kind } from "../istio/world.ts";
import { isRecord } from "./answers.ts";
import type { Clock, ObjectList, WatchEvent } from "./cluster.ts";
import { checkObject, PARTIAL } from "./objects.ts";
import { SYSTEM_CLOCK } from "./retry.ts";
import type { OpenStream } from "./transport.ts";

/** What {@linkcode watchObjects} works with. */
export interface WatchOptions {
  readonly kind: Kind;
  /** Takes events of metadata, too, and makes objects of the kind of them. */
  readonly metadataOf?: ((object: KubeObject) => KubeObject) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onInterruption?: ((why: Error | undefined) => void) | undefined;
  readonly list: () => Promise<ObjectList>;
  readonly open: (
    query: Readonly<Record<string, string>>,
  ) => Promise<OpenStream>;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Milliseconds without a byte after which a connection counts as dead. */
  readonly idleMs?: number;
}

// Servers send a bookmark about every minute.
const IDLE_MS = 150_000;
// A server that closes at once must not be asked in a hot loop.
const FLOOR_MS = 800;
const CAP_MS = 30_000;
const LONG_ENOUGH_MS = 10_000;
const MAX_LINE = 16 * 1024 * 1024;

/**
 * Follows a kind until the signal ends it, which ends the iteration.
 *
 * @throws {ClusterError} Where trying again cannot help: `forbidden`,
 * `unauthorized`, `kind-not-served`, `bad-answer`, `rejected`; and whatever
 * the very first list throws.
 */
export async function* watchObjects(
  options: WatchOptions,
): AsyncGenerator<WatchEvent> {
  const { signal, clock = SYSTEM_CLOCK, random = Math.random } = options;
  let version: string | undefined;
  let isSynced = false;
  let failures = 0;
  const isOver = (): boolean => signal?.aborted === true;
  while (!isOver()) {
    const begin = clock.now().getTime();
    try {
      if (version === undefined) {
        const found = await options.list();
        version = found.resourceVersion;
        yield {
          type: "SYNC",
          items: found.items,
          ...(found.hasMore === true ? { hasMore: true } : {}),
        };
        isSynced = true;
      }
      for await (const event of follow(options, version, random)) {
        if (event.type === "FORGOTTEN") {
          version = undefined;
          break;
        }
        version = event.version;
        if (event.type !== "BOOKMARK") {
          yield { type: event.type, object: event.object };
        }
      }
    } catch (error) {
      if (isOver()) return;
      if (error instanceof InterruptedError) throw error;
      if (error instanceof ClusterError && error.code === "expired") {
        version = undefined;
      } else if (!isSynced || isFinal(error)) {
        throw error;
      } else {
        options.onInterruption?.(
          error instanceof Error ? error : new Error(String(error)),
        );
      }
    }
    // Only a connection that lasted shows that all is well again.
    failures = clock.now().getTime() - begin >= LONG_ENOUGH_MS
      ? 0
      : failures + 1;
    const wait = Math.min(CAP_MS, FLOOR_MS * 2 ** Math.max(0, failures - 1));
    try {
      await clock.sleep(
        FLOOR_MS + random() * Math.max(0, wait - FLOOR_MS),
        signal,
      );
    } catch (error) {
      if (isOver()) return;
      throw error;
    }
  }
}

type Step =
  | { readonly type: "FORGOTTEN" }
  | { readonly type: "BOOKMARK"; readonly version: string }
  | {
    readonly type: "ADDED" | "MODIFIED" | "DELETED";
    readonly version: string;
    readonly object: KubeObject;
  };

/** One connection: ends when the server closes it or it falls silent. */
async function* follow(
  options: WatchOptions,
  version: string,
  random: () => number,
): AsyncGenerator<Step> {
  const stream = await options.open({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: version,
    timeoutSeconds: String(300 + Math.floor(random() * 300)),
  });
  options.onInterruption?.(undefined);
  const idleMs = options.idleMs ?? IDLE_MS;
  let timer = setTimeout(stream.abort, idleMs);
  try {
    for await (const line of linesOf(stream.body)) {
      clearTimeout(timer);
      timer = setTimeout(stream.abort, idleMs);
      const step = stepOf(line, options);
      yield step;
      if (step.type === "FORGOTTEN") return;
    }
  } finally {
    clearTimeout(timer);
    stream.abort();
  }
}

/**
 * Splits a stream of bytes at line breaks. What is left without one at the
 * end is a piece of an event, and dropped.
 *
 * @throws {RangeError} For a line that does not end.
 */
export async function* linesOf(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    parts[0] = rest + parts[0]!;
    rest = parts.pop()!;
    if (rest.length > MAX_LINE) throw new RangeError("a line does not end");
    for (const line of parts) if (line.trim() !== "") yield line;
  }
}

/** Anything that is not an event that was asked for means: list again. */
function stepOf(
  line: string,
  { kind, metadataOf }: Pick<WatchOptions, "kind" | "metadataOf">,
): Step {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return { type: "FORGOTTEN" };
  }
  if (!isRecord(event) || !isRecord(event.object)) {
    return { type: "FORGOTTEN" };
  }
  const { type, object } = event;
  const { metadata } = object;
  const isOfKind = object.kind === kind ||
    (metadataOf !== undefined && object.kind === PARTIAL);
  if (!isOfKind || !isRecord(metadata)) {
    return { type: "FORGOTTEN" };
  }
  const version = metadata.resourceVersion;
  if (typeof version !== "string") return { type: "FORGOTTEN" };
  switch (type) {
    case "BOOKMARK":
      return { type, version };
    case "ADDED":
    case "MODIFIED":
    case "DELETED": {
      const of = object as unknown as KubeObject;
      const kept = metadataOf?.(of) ?? of;
      const problem = checkObject(kept, { kind, apiVersion: kept.apiVersion });
      return problem === undefined
        ? { type, version, object: kept }
        : { type: "FORGOTTEN" };
    }
    default:
      return { type: "FORGOTTEN" };
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof ClusterError &&
    [
      "forbidden",
      "unauthorized",
      "kind-not-served",
      "bad-answer",
      "rejected",
      "kubeconfig",
    ].includes(error.code);
}
