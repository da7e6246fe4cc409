import { diffTraffic, type Fate } from "../../src/istio/differences.ts";
import { assert, assertEquals } from "../support/assert.ts";
import type { Request } from "../../src/istio/match.ts";
import { anyPair, endOf, type Seat, SEATS } from "./differences_worlds.ts";

/** Each seed is a pair of worlds; a failure names it. */
const WORLDS = 120;
const FIRST_SEED = 1;

Deno.test("diffTraffic() gives rows whose witnesses fare as they say (generated worlds)", () => {
  let rows = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + WORLDS; seed++) {
    const { before, after } = anyPair(seed);
    for (const row of diffTraffic(before, after).differences) {
      rows++;
      const seat = { client: row.client, port: row.request.port };
      assertEquals(
        [
          byRuleOf(row.before),
          byRuleOf(row.after),
        ],
        [
          endOf(before, seat, row.request).byRule,
          endOf(after, seat, row.request).byRule,
        ],
        `seed ${seed}`,
      );
      if (row.kind === "treatment") continue;
      assert(
        byRuleOf(row.before) !== byRuleOf(row.after) ||
          labelsOf(row.before) !== labelsOf(row.after),
        `seed ${seed}: nothing differs in a row`,
      );
    }
  }
  assert(rows > WORLDS, `only ${rows} rows`);
});

Deno.test("diffTraffic() has a row for whatever random requests find (generated worlds)", () => {
  let differing = 0;
  const missed: string[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + WORLDS; seed++) {
    const { before, after, requests } = anyPair(seed);
    const rows = new Set(
      diffTraffic(before, after).differences.map((row) =>
        `${byRuleOf(row.before)} -> ${byRuleOf(row.after)}`
      ),
    );
    for (const seat of SEATS) {
      for (const request of requests(seat, 12)) {
        if (!isAtItsPort(seat, request)) continue;
        const names = request.headers.map(([name]) => name.toLowerCase());
        // No witness has a header twice: docs/diff.md says so.
        if (new Set(names).size < names.length) continue;
        const [one, other] = [before, after].map((world) =>
          endOf(world, seat, request)
        );
        if (one!.end === other!.end || !one!.known || !other!.known) continue;
        differing++;
        const pair = `${one!.byRule} -> ${other!.byRule}`;
        if (!rows.has(pair)) {
          missed.push(
            `seed ${seed}: ${JSON.stringify({ ...seat, request })} ${pair}`,
          );
        }
      }
    }
  }
  assert(differing > 1000, `only ${differing} differing requests`);
  assertEquals(
    missed.length,
    0,
    `of ${differing}:\n${missed.slice(0, 5).join("\n")}`,
  );
});

function byRuleOf(fate: Fate): string {
  const { outcome, status, destinations, object = "", rule } = fate;
  const sorted = destinations.map(({ cluster, flag = "", percent }) =>
    `${cluster} ${flag} ${percent}`
  ).sort();
  const kind = outcome === "default" ? "route" : outcome;
  const place = rule === undefined ? "" : `${object} ${rule}`;
  return `${JSON.stringify([kind, status, sorted])} ${place}`;
}

/** The same subset with other labels leads to other pods. */
function labelsOf({ destinations }: Fate): string {
  return JSON.stringify(destinations.map(({ labels }) => labels));
}

/** Rows are about ports that a service has, where there is a service. */
function isAtItsPort({ client, port }: Seat, { authority }: Request): boolean {
  const [, name] = /^w([abcde])\./.exec(authority) ?? [];
  return client.kind === "gateway" || name === undefined || port === 5000 ||
    name === "b" && port === 6000;
}
