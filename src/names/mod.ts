/**
 * The door of this folder: names of clusters over connections of their own,
 * for a shell, a language server, and the completion of other shells.
 *
 * @module
 */

import { whyProtected } from "../traffic/protected.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ConnectOptions } from "../cluster/connect.ts";
import type { KnownContext, Place, PlaceNames } from "../language/names.ts";
import { NamesCache } from "./cache.ts";
import { LiveNames, type NamesStore } from "./live.ts";

export { LiveNames, type NamesStore };

/** What names of clusters are read with. */
export interface NamesOptions {
  /**
   * What finds a kubeconfig and may run plugins; a place's own words count
   * more. Plugins never get the terminal: somebody types in it.
   */
  readonly connect?: Omit<ConnectOptions, "sharesTerminal">;
  /** Globs of context names, from the user's configuration. */
  readonly protectedContexts?: readonly string[];
  /** Where istiops keeps its state; absent: nothing is kept, no sandbox. */
  readonly stateDir?: string | undefined;
  /** Has Deno the permission, without asking, to read and write there? */
  readonly mayWrite?: (path: string) => boolean;
}

/** Options of {@linkcode openLiveNames}. */
export interface OpenLiveNamesOptions extends NamesOptions {
  /** Told once of each cause of trouble; a sentence, with foreign text. */
  readonly onNotice?: (text: string) => void;
}

/** Names that are kept up to date; nothing is read before it is wanted. */
export function openLiveNames(options: OpenLiveNamesOptions): LiveNames {
  const { onNotice, protectedContexts = [] } = options;
  return new LiveNames({
    open: (place, signal) => openPlace(place, { ...options, signal }),
    readContexts: () => readContexts(options),
    store: openStore(options),
    protectedContexts,
    ...(onNotice === undefined ? {} : { onNotice }),
  });
}

/** Names on disk; nothing where nothing may be kept. */
export function openStore(options: NamesOptions): NamesStore | undefined {
  const { stateDir, mayWrite = () => true } = options;
  if (stateDir === undefined || !mayWrite(stateDir)) return undefined;
  return new NamesCache({
    directory: `${stateDir}/names`,
    identify: (place) => identify(place, options),
    now: () => Date.now(),
  });
}

/**
 * Reads a place once, and keeps what it found for others.
 *
 * @throws {ClusterError} There is no such place.
 */
export async function readPlaceNames(
  place: Place,
  options: NamesOptions & {
    readonly signal: AbortSignal;
    readonly deadlineMs?: number;
  },
): Promise<PlaceNames> {
  const { signal, deadlineMs, protectedContexts = [] } = options;
  const { readNames } = await import("./read_names.ts");
  await using cluster = await openPlace(place, options);
  const names = await readNames(cluster, {
    place,
    protectedContexts,
    now: Date.now(),
    signal,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  if (names.problem === undefined) await openStore(options)?.save(names);
  return names;
}

/** The contexts of the kubeconfig; no server is asked. */
export async function readContexts(
  options: NamesOptions,
): Promise<readonly KnownContext[]> {
  const { describeContexts } = await import("../cluster/contexts.ts");
  const { outsideOf } = await import("../cluster/connect.ts");
  const { connect = {}, protectedContexts: globs = [] } = options;
  const { contexts } = await describeContexts(connect, outsideOf(connect));
  return contexts.contexts.map(({ name, namespace }) => ({
    name,
    ...(namespace === null ? {} : { namespace }),
    protected: whyProtected({ context: name, globs }) !== undefined,
    isCurrent: name === (connect.context ?? contexts.current),
  }));
}

async function openPlace(
  place: Place,
  options: NamesOptions & { readonly signal: AbortSignal },
): Promise<Cluster> {
  const { namespace } = place;
  if (typeof place.context === "object") {
    const { openSandbox } = await import("../sandbox/mod.ts");
    const { stateDir, signal } = options;
    if (stateDir === undefined) {
      throw new TypeError("The sandbox needs a directory for its state");
    }
    return await openSandbox({
      stateDir: `${stateDir}/sandbox`,
      signal,
      ...(namespace === undefined ? {} : { namespace }),
    });
  }
  const { connectKubernetes } = await import("../cluster/connect.ts");
  return await connectKubernetes(connectOptions(place, options));
}

/** One text for what a place comes to now, whatever it is called. */
async function identify(
  place: Place,
  options: NamesOptions,
): Promise<string | undefined> {
  if (typeof place.context === "object") return undefined;
  const { describeContexts } = await import("../cluster/contexts.ts");
  const { outsideOf } = await import("../cluster/connect.ts");
  const connect = connectOptions(place, options);
  const { contexts } = await describeContexts(connect, outsideOf(connect));
  const { chosen } = contexts;
  return chosen === null
    ? undefined
    : JSON.stringify([chosen.server, chosen.context, chosen.namespace]);
}

function connectOptions(
  { context, kubeconfig, namespace }: Place,
  { connect = {} }: NamesOptions,
): ConnectOptions {
  return {
    ...connect,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(typeof context === "string" ? { context } : {}),
    ...(namespace === undefined ? {} : { namespace }),
    sharesTerminal: false,
  };
}
