/**
 * All worlds of a seed, held against istioctl.
 *
 * @module
 */

import { Draw } from "../agreement/draw.ts";
import { Agreement } from "./compare.ts";
import { Istioctl } from "./istioctl.ts";
import { brokenWorld, GROUND } from "./worlds.ts";

/** What the table in docs/checks.md is of. */
export const TABLE = { seed: 8, count: 500 } as const;

/** Processes at once: a process waits as much as it works. */
const AT_ONCE = 4;

/** Compares that many worlds. */
export async function compareWorlds(
  istioctl: string,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<Agreement> {
  await using program = await Istioctl.start(istioctl);
  const draw = new Draw(seed);
  const worlds = Array.from(
    { length: count },
    () => [...GROUND, ...brokenWorld(draw)],
  ).values();
  const agreement = new Agreement();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const world of worlds) await agreement.add(program, world);
    }),
  );
  return agreement;
}
