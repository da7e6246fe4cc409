/**
 * What going back does to shares, by the records: what was before becomes
 * what is after.
 *
 * @module
 */

import type { World } from "../istio/world.ts";
import { groupBy } from "../istio/group.ts";
import { readyPods } from "./guard.ts";
import { namespaceOf } from "./objects.ts";
import { describeRule } from "./routes.ts";
import type { TakenBack } from "./take_back.ts";
import type { HistoryEntry, ShareRow } from "./types.ts";

/** The rows of the records turned round; several operations become one step. */
export function sharesOf(world: World, taken: TakenBack): ShareRow[] {
  const rows = new Map<string, ShareRow>();
  for (const { entry } of taken.entries) {
    for (const share of entry.shares) {
      const { route, build, labels } = share;
      const { namespace, name, host = "" } = entry;
      const key = JSON.stringify([namespace, name, route, build]);
      // Entries come newest first, so the first one is what stands now.
      const before = rows.get(key)?.before ?? share.after;
      rows.set(key, {
        virtualService: { namespace, name },
        ...placeOf(world, { namespace, name, route }),
        route,
        host,
        build,
        labels,
        before,
        after: share.before,
        readyPods: host === "" ? null : readyPods(world, { host, labels }),
      });
    }
  }
  return [...rows.values()];
}

/** Where the rule stands now; nothing where it is away, or has a twin. */
function placeOf(
  world: World,
  of: {
    readonly namespace: string;
    readonly name: string;
    readonly route: string;
  },
): Pick<ShareRow, "index"> {
  const object = world.virtualServices.find((each) =>
    each.metadata.name === of.name && namespaceOf(each) === of.namespace
  );
  const places = (object?.spec?.http ?? []).flatMap((rule, index) =>
    describeRule(rule) === of.route ? [index] : []
  );
  const [index] = places;
  return index === undefined || places.length > 1 ? {} : { index };
}

/**
 * Did the operation only raise a build, so that going back gives the requests
 * to those that had them? Told by the build that was named, else by whether
 * only the largest gains.
 */
export function isRaise(entries: readonly HistoryEntry[]): boolean {
  const rows = entries.flatMap(({ shares, build, verb }) =>
    shares.map((share) => ({ ...share, named: build, verb }))
  );
  if (rows.length === 0 || rows.some(({ verb }) => verb === "clear")) {
    return false;
  }
  const [{ named } = { named: undefined }] = rows;
  const own = rows.filter(({ build }) => build === named);
  if (own.length > 0) {
    return own.every(({ before, after }) => after >= before) &&
      own.some(({ before, after }) => after > before);
  }
  return [...groupBy(rows, ({ route }) => route).values()].every((rule) => {
    const largest = Math.max(...rule.map(({ before }) => before));
    return rule.every(({ before, after }) =>
      after >= before || before === largest
    );
  });
}
