/**
 * One open watch: the lines that the API server sends, one change each.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import type { Test } from "./selectors.ts";
import { expired } from "./status.ts";
import type { Store, StoreEvent } from "./store.ts";

/** What is watched, and how it is told. */
export interface WatchOptions {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly matches: Test;
  /** Changes after this version; absent: all objects first, as `ADDED`. */
  readonly from?: number | undefined;
  /** Send versions without objects from time to time. */
  readonly bookmarks: boolean;
  /** Mark the end of the objects sent first (`sendInitialEvents`). */
  readonly markInitial: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds between bookmarks. */
  readonly bookmarkEvery: number;
  /** Text of one event. */
  readonly encode: (type: string, object: KubeObject) => string;
  /** An object that holds a version only. */
  readonly empty: (metadata: Readonly<Record<string, unknown>>) => KubeObject;
  readonly signal: AbortSignal;
  /** Called once when the watch has ended, however it ended. */
  readonly onEnd: () => void;
}

/**
 * Streams changes until the timeout, the signal or the client ends it. A
 * client that reads too slowly falls out of the history and gets a 410, as
 * it would from a real API server.
 */
export function watchStream(
  store: Store,
  options: WatchOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const timers: ReturnType<typeof setTimeout>[] = [];
  let stop = (): void => {};
  let flush = (): void => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      let version = options.from ?? Number(store.resourceVersion);
      let ended = false;
      const send = (line: string) =>
        controller.enqueue(encoder.encode(line + "\n"));
      const bookmark = (annotations?: Readonly<Record<string, string>>) =>
        send(options.encode(
          "BOOKMARK",
          options.empty({
            resourceVersion: String(version),
            ...(annotations === undefined ? {} : { annotations }),
          }),
        ));
      stop = () => {
        if (ended) return;
        ended = true;
        timers.forEach(clearTimeout);
        unsubscribe();
        options.signal.removeEventListener("abort", close);
        options.onEnd();
      };
      const close = () => {
        if (ended) return;
        stop();
        controller.close();
      };
      flush = () => {
        if (ended || (controller.desiredSize ?? 0) <= 0) return;
        const events = store.since(version);
        if (events === undefined) {
          send(errorLine(version, store.oldestVersion));
          return close();
        }
        for (const event of events) {
          version = event.resourceVersion;
          const told = tell(event, options);
          if (told !== undefined) send(told);
        }
      };
      const unsubscribe = store.onChange(() => flush());
      options.signal.addEventListener("abort", close);
      timers.push(setTimeout(() => {
        if (options.bookmarks && !ended) bookmark();
        close();
      }, options.timeout));
      if (options.bookmarks) {
        timers.push(setInterval(() => {
          if ((controller.desiredSize ?? 0) > 0) bookmark();
        }, options.bookmarkEvery));
      }
      if (options.from === undefined) {
        for (const object of store.list(options.kind, options.namespace)) {
          if (options.matches(object)) send(options.encode("ADDED", object));
        }
        if (options.markInitial) {
          bookmark({ "k8s.io/initial-events-end": "true" });
        }
      }
      flush();
      if (options.signal.aborted) close();
    },
    pull() {
      flush();
    },
    cancel() {
      stop();
    },
    // One line at a time would wait for the client after each; a little more
    // lets a burst through and still notices who does not read.
  }, { highWaterMark: 256 });
}

/** A change as this watcher sees it: labels may bring an object in or out. */
function tell(event: StoreEvent, options: WatchOptions): string | undefined {
  const { object, previous } = event;
  if (event.kind !== options.kind) return undefined;
  if (
    options.namespace !== undefined &&
    object.metadata.namespace !== options.namespace
  ) return undefined;
  const was = previous !== undefined && options.matches(previous);
  const is = event.type !== "DELETED" && options.matches(object);
  if (!was && !is) return undefined;
  if (was && is) return options.encode("MODIFIED", object);
  return options.encode(was ? "DELETED" : "ADDED", object);
}

function errorLine(version: number, oldest: number): string {
  return JSON.stringify({
    type: "ERROR",
    object: expired(`too old resource version: ${version} (${oldest})`)
      .toStatus(),
  });
}
