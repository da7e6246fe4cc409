import { assert, assertEquals } from "../../support/assert.ts";
import { isPlausible } from "./binomial.ts";

Deno.test("a share that is what it should be is plausible", () => {
  assert(isPlausible(400, { draws: 2000, share: 0.2 }));
  assert(isPlausible(1, { draws: 2000, share: 0.001 }));
});

Deno.test("a share of none or of all leaves no room", () => {
  assert(isPlausible(0, { draws: 2000, share: 0 }));
  assert(!isPlausible(1, { draws: 2000, share: 0 }));
  assert(isPlausible(2000, { draws: 2000, share: 1 }));
  assert(!isPlausible(1999, { draws: 2000, share: 1 }));
});

Deno.test("five standard deviations of 2,000 draws are the bound", () => {
  // By exact fractions; 400 are expected.
  const hits = Array.from({ length: 2001 }, (_, hit) => hit);
  const plausible = hits.filter((hit) =>
    isPlausible(hit, { draws: 2000, share: 0.2 })
  );
  assertEquals([plausible[0], plausible.at(-1)], [315, 490]);
});

Deno.test("a tail of many draws does not vanish in rounding", () => {
  assert(isPlausible(50_000, { draws: 100_000, share: 0.5 }));
  assert(!isPlausible(51_000, { draws: 100_000, share: 0.5 }));
});
