import { assert, assertEquals } from "../support/assert.ts";
import { campaign } from "./load/campaign.ts";
import { istiops } from "./load/operators.ts";
import { meshTest } from "./places.ts";

/** Twice istiod's delay of 100 ms: see docs/mesh.md. */
const SETTLE = "250ms";

meshTest(
  "shifts under load: no request is lost, and each goes where it is to go",
  async (places) => {
    const steps = Number(Deno.env.get("ISTIOPS_SHIFTS") ?? 100);
    const seed = Number(
      Deno.env.get("ISTIOPS_SEED") ?? Math.floor(Math.random() * 2 ** 31),
    );
    say(`ISTIOPS_SHIFTS=${steps} ISTIOPS_SEED=${seed}`);
    const { details, times, ...tally } = await campaign({
      places,
      operator: istiops({ settle: SETTLE }),
      steps,
      seed,
      watch: Deno.env.has("ISTIOPS_VERBOSE") ? say : () => {},
    });
    say(JSON.stringify({ ...tally, median: medianOf(times) }));

    const none = {
      ...{ broken: 0, notAsAsked: 0, othersLost: 0, failed: 0, astray: 0 },
      ...{ headersAstray: 0, shares: 0, details: [] },
    };
    assertEquals({ ...none, ...pick(tally, none), details }, none);
    // Nothing is shown by requests that were not sent, or changes not made.
    assert(tally.changed >= steps / 3, `${tally.changed} changes`);
    assert(tally.subsetsAdded > 0 && tally.subsetsRemoved > 0);
    assert(tally.requests >= 1000 * tally.changed * 0.5);
  },
);

function pick<T extends object>(from: T, keys: object): Partial<T> {
  return Object.fromEntries(
    Object.entries(from).filter(([key]) => Object.hasOwn(keys, key)),
  ) as Partial<T>;
}

/** Milliseconds. */
function medianOf(times: readonly number[]): number {
  return Math.round(times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0);
}

function say(line: string): void {
  // deno-lint-ignore no-console
  console.log(`    ${line}`);
}
