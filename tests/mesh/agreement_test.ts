import { assert, assertEquals } from "../support/assert.ts";
import { compareAll } from "./agreement/agreement.ts";
import { apiOf, meshTest } from "./places.ts";

meshTest(
  "the rules of the evaluator and of the simulated mesh are Envoy's",
  async (places) => {
    const cases = Number(Deno.env.get("ISTIOPS_CASES") ?? 10_000);
    const seed = Number(
      Deno.env.get("ISTIOPS_SEED") ?? Math.floor(Math.random() * 2 ** 31),
    );
    say(`ISTIOPS_CASES=${cases} ISTIOPS_SEED=${seed}`);
    using api = apiOf(places);
    const { disagreements, outcomes, ...counts } = await compareAll(
      { cases, seed, api },
      places,
    );
    say(JSON.stringify({ ...counts, ...Object.fromEntries(outcomes) }));
    for (const one of disagreements.slice(0, 20)) say(one);

    assertEquals(disagreements.length, 0, "disagreements, printed above");
    // Cases that say nothing, or always the same, would show nothing.
    assert(counts.unknown < counts.cases / 50, `${counts.unknown} unknown`);
    for (
      const outcome of [
        ...["route", "route NC", "route UH", "redirect", "direct"],
        ...["no-route", "default"],
      ]
    ) assert((outcomes.get(outcome) ?? 0) > 0, `no case of ${outcome}`);
  },
);

function say(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}
