/**
 * How long has a change to wait between its writes? Changes that bring and
 * take subsets, under load, at several delays of istiod, with waits from none
 * to more than that delay. By hand:
 *
 *     deno run -A tests/mesh/main.ts run tests/mesh/load/settle.ts [SECONDS …]
 *
 * The table goes to standard output. A delay is how long istiod gathers
 * changes: `PILOT_DEBOUNCE_AFTER` where nobody else writes, and up to
 * `PILOT_DEBOUNCE_MAX` where somebody writes all the time.
 *
 * @module
 */

import { apiOf } from "../places.ts";
import { givenHere, startStack } from "../stack.ts";
import { routing } from "../town.ts";
import { pathOf } from "../api.ts";
import { campaign, type Tally } from "./campaign.ts";
import { istiops } from "./operators.ts";
import type { Step } from "./steps.ts";

/** Milliseconds beyond the delay. */
const MARGINS = [50, 100, 200, 400];

/** Half of them bring a subset, half take it. */
const CHANGES = 8;

if (import.meta.main) {
  const named = Deno.args.map((seconds) => Number(seconds) * 1000);
  const delays = named.length > 0
    ? named
    : [100, 500, 1000, 2000, 5000, 10_000];
  const head = [
    ["istiod's delay", "others write", "wait", "changes"],
    ["lost some", "failed", "astray", "requests"],
  ].flat();
  row(head);
  row(head.map(() => "---"));
  for (const busy of [false, true]) {
    for (const delay of delays) await measure(delay, busy);
  }
}

/** All waits at one delay. */
async function measure(delay: number, busy: boolean): Promise<void> {
  const { folder, parts } = givenHere();
  const own = await Deno.makeTempDir({ dir: folder });
  const debounce = busy
    ? { after: "100ms", max: `${delay}ms` }
    : { after: `${delay}ms`, max: `${Math.max(delay, 10_000)}ms` };
  if (busy && delay <= 100) return; // It is no delay more.
  await using stack = await startStack({ folder: own, parts, debounce });
  const { places } = stack;
  await using _writer = busy ? writeAllTheTime(places) : undefined;
  const waits = [0, delay / 2, delay, ...MARGINS.map((more) => delay + more)];
  for (const wait of waits) {
    let n = 0;
    const lost: number[] = [];
    const tally = await campaign({
      places,
      operator: istiops({ settle: `${wait}ms` }),
      steps: CHANGES,
      seed: 1,
      draw: () => changeOf(n++),
      propagated: delay + 700,
      watch: (_, tally) => lost.push(tally.failed + tally.astray),
    });
    row([
      `${delay / 1000} s`,
      busy ? "every 50 ms" : "no",
      `${wait / 1000} s`,
      `${tally.changed}`,
      `${changesThatLost(tally, lost)}`,
      `${tally.failed}`,
      `${tally.astray}`,
      `${tally.requests}`,
    ]);
  }
}

/** A preview of a build that had none, and its end: subsets come and go. */
function changeOf(n: number): Step {
  const build = 2 + Math.floor(n / 2) % 3;
  return n % 2 === 0
    ? { do: "header", cid: 1, build }
    : { do: "clear-build", build };
}

/** Losses are counted up: how many changes added to them? */
function changesThatLost(tally: Tally, lost: readonly number[]): number {
  return [...lost, tally.failed + tally.astray]
    .filter((sum, at, all) => at > 0 && sum > all[at - 1]!).length +
    (lost[0]! > 0 ? 1 : 0);
}

/** Somebody else's VirtualService, written again and again. */
function writeAllTheTime(
  places: Parameters<typeof apiOf>[0],
): AsyncDisposable {
  const api = apiOf(places);
  const [, rule] = routing("somebody", 1);
  let ends = false;
  const written = (async () => {
    await api.create(rule!);
    for (let n = 0; !ends; n++) {
      await api.json("PATCH", pathOf(rule!), {
        body: { spec: { hosts: [`somebody-${n % 2}`] } },
        headers: { "content-type": "application/merge-patch+json" },
      });
      await new Promise((done) => setTimeout(done, 50));
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      ends = true;
      await written;
      api[Symbol.dispose]();
    },
  };
}

function row(cells: readonly string[]): void {
  // deno-lint-ignore no-console
  console.log(`| ${cells.join(" | ")} |`);
}
