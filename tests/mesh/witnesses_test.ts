import { assert, assertEquals } from "../support/assert.ts";
import { SHADOWED } from "./agreement/told.ts";
import { witnessAll } from "./agreement/witnesses.ts";
import { apiOf, meshTest } from "./places.ts";

meshTest(
  "the requests of findings and of rows of diff get from Envoy what is said",
  async (places) => {
    const pairs = Number(Deno.env.get("ISTIOPS_PAIRS") ?? 60);
    const seed = Number(
      Deno.env.get("ISTIOPS_SEED") ?? Math.floor(Math.random() * 2 ** 31),
    );
    say(`ISTIOPS_PAIRS=${pairs} ISTIOPS_SEED=${seed}`);
    using api = apiOf(places);
    const { disagreements, told, ends, shares, ...counts } = await witnessAll(
      { pairs, seed, api },
      places,
    );
    const { draws, worst } = shares;
    say(JSON.stringify({ ...counts, draws, worst }));
    for (const map of [told, ends]) {
      say(JSON.stringify(Object.fromEntries([...map].sort())));
    }
    for (const one of disagreements.slice(0, 20)) say(one);

    assertEquals(disagreements.length, 0, "disagreements, printed above");
    assert(counts.unsendable < counts.sent / 10);
    for (
      const one of [
        ...SHADOWED.map((code) => `${code} before`),
        ...["elsewhere", "shares"].flatMap((kind) => [
          `${kind} before`,
          `${kind} after`,
        ]),
      ]
    ) assert((told.get(one) ?? 0) > 0, `nothing was told as ${one}`);
    for (const end of ["200", "NR", "NC", "UH", "301"]) {
      assert((ends.get(end) ?? 0) > 0, `nothing ended as ${end}`);
    }
    // Six standard deviations are one in 500 million.
    assert(draws > 0 && worst < 6, `shares are ${worst} deviations away`);
  },
);

function say(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
