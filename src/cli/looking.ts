/**
 * What every verb that only looks begins with: the cluster or the files, how
 * far the reading is, and Ctrl-C.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { Manifests } from "../cluster/manifests.ts";
import type { ManifestsCluster } from "../cluster/manifests_cluster.ts";
import type { Connections } from "../cluster/connections.ts";
import type { LineOptions } from "../language/invocation.ts";
import { safe } from "../render/safe.ts";
import { openCluster } from "./connect.ts";
import { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";
import type { Talk } from "./output.ts";
import { ProgressLine, withListProgress } from "./progress.ts";

/** How a looking verb meets the world. */
export interface LookContext {
  readonly io: Io;
  readonly talk: Talk;
  /** What commands before have opened. */
  readonly kept?: Connections;
}

/** Somebody looks at a cluster. */
export interface Looking extends AsyncDisposable {
  /** Tells how far its lists are. */
  readonly cluster: Cluster;
  /** What was read of files; absent for a cluster. */
  readonly read?: Manifests;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Takes the line about progress away, before anything is printed. */
  clear(): void;
}

/** Opens what the line names; nothing is sent yet. */
export async function lookAt(
  { target: options, output }: LineOptions,
  { io, talk, kept }: LookContext,
): Promise<Looking> {
  await using all = new AsyncDisposableStack();
  const line = all.use(new ProgressLine(io, output));
  const { signal } = all.use(new Interrupts(io, () => line.clear()));
  const target = all.use(await openCluster(options, io, kept));
  talk.detail(`Target: ${safe(target.target.server)}`);
  const owned = all.move();
  return {
    cluster: withListProgress(target, line),
    ...(target.target.source === "files"
      ? { read: (target as ManifestsCluster).read }
      : {}),
    signal,
    clear: () => line.clear(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
