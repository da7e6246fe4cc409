/**
 * What a document says of the reading itself, the same for every verb that
 * only looks.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { ManifestProblem } from "../cluster/manifest_problems.ts";
import type { Gap } from "../istio/world.ts";

/** The end of a document. */
export interface ReadingTold {
  /** What could not be read, and why; sentences. */
  readonly unread: readonly string[];
  /** What is wrong in the files that it was read from; absent for a cluster. */
  readonly problems?: readonly ManifestProblem[];
}

/** Tells what was missing of a cluster; that files are not all of one is no news. */
export function tellReading(
  { problems }: Pick<Cluster, "problems">,
  gaps: readonly Gap[],
): ReadingTold {
  return problems === undefined
    ? { unread: [...new Set(gaps.map(({ reason }) => reason))] }
    : { unread: [], problems };
}
