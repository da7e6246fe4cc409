import { assert, assertEquals } from "../support/assert.ts";
import { compareAll } from "./agreement/agreement.ts";
import { CLASSES } from "./agreement/classes.ts";
import { apiOf, meshTest } from "./places.ts";

meshTest(
  "what is explained, answered and simulated is what Envoy does",
  async (places) => {
    const cases = Number(Deno.env.get("ISTIOPS_CASES") ?? 10_000);
    const seed = Number(
      Deno.env.get("ISTIOPS_SEED") ?? Math.floor(Math.random() * 2 ** 31),
    );
    const requests = Number(Deno.env.get("ISTIOPS_REQUESTS") ?? 1);
    say(
      `ISTIOPS_CASES=${cases} ISTIOPS_REQUESTS=${requests} ISTIOPS_SEED=${seed}`,
    );
    using api = apiOf(places);
    const { disagreements, classes, shares, ...counts } = await compareAll(
      { cases, requests, seed, api },
      places,
    );
    const { draws, worst } = shares;
    say(JSON.stringify({ ...counts, draws, worst }));
    say(JSON.stringify(Object.fromEntries([...classes].sort())));
    for (const one of disagreements.slice(0, 20)) say(one);

    assertEquals(disagreements.length, 0, "disagreements, printed above");
    // Cases that say nothing, or always the same, would show nothing.
    for (const unknown of [counts.unknown, counts.unknownToCommand]) {
      assert(unknown < counts.cases / 100, `${unknown} unknown`);
    }
    for (const one of CLASSES) {
      assert((classes.get(one) ?? 0) > 0, `no case of ${one}`);
    }
    // Six standard deviations are one in 500 million.
    assert(draws > 0 && worst < 6, `shares are ${worst} deviations away`);
  },
);

function say(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
