import fc from "fast-check";
import {
  add,
  compare,
  equal,
  type Fraction,
  fraction,
  fromPercent,
  ONE,
  toPercent,
} from "../../src/traffic/fractions.ts";
import {
  distribute,
  type Part,
  retarget,
  sharesOf,
} from "../../src/traffic/weights.ts";
import { assert, assertEquals } from "../support/assert.ts";

const TOTALS = [100, 1000, 10_000];

Deno.test.each([
  { weights: [1, 3], gives: [25, 75] },
  { weights: [undefined, 100], gives: [0, 100] },
  { weights: [0], gives: [100] },
  { weights: [7], gives: [100] },
  { weights: [4, 1], gives: [80, 20] },
])(
  "5.1 weights $weights are shares of $gives percent",
  ({ weights, gives }) => {
    const route = weights.map((weight) =>
      weight === undefined ? {} : { weight }
    );
    assertEquals(sharesOf(route).map(toPercent), gives);
  },
);

Deno.test.each([
  { now: [100], set: 20, gives: [80, 20] },
  { now: [90, 10], set: 20, gives: [72, 8, 20] },
  { now: [1, 1, 1], set: 10, gives: [30, 30, 30, 10] },
  { now: [2, 1], set: 0.1, gives: [666, 333, 1] },
  { now: [50, 50], set: 33, gives: [34, 33, 33] },
  { now: [99, 1], set: 90, gives: [99, 1, 900] },
  { now: [9999, 1], set: 50, gives: [4999, 1, 5000] },
])(
  "5.2 $now with a newcomer at $set percent becomes $gives",
  ({ now, set, gives }) => {
    assertEquals(shift([...now, 0], now.length, set), gives);
  },
);

Deno.test("5.2 repeating a shift changes no share, whatever the weights", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2000 }), {
        minLength: 2,
        maxLength: 6,
      }),
      fc.nat(),
      fc.integer({ min: 0, max: 1000 }),
      (weights, pick, tenths) => {
        fc.pre(weights.some((weight) => weight > 0));
        const index = pick % weights.length;
        const once = shift(weights, index, tenths / 10);
        fc.pre(once !== undefined);
        const sum = once.reduce((a, b) => a + b, 0);
        assert(TOTALS.includes(sum), `sum ${sum}`);
        assert(
          equal(fraction(once[index] ?? 0, sum), fromPercent(tenths / 10)),
        );
        const before = sharesOf(weights.map((weight) => ({ weight })));
        once.forEach((weight, place) => {
          if (place === index) return;
          const had = before[place] as Fraction;
          if (compare(had, fraction(0)) > 0 && tenths < 1000) {
            assert(weight > 0, "a share above 0 became 0");
          }
        });
        const twice = retarget(
          sharesOf(once.map((weight) => ({ weight }))),
          new Map([[index, fromPercent(tenths / 10)]]),
        );
        assert(twice !== undefined);
        twice.forEach((share, place) =>
          assert(equal(share, fraction(once[place] ?? 0, sum)))
        );
      },
    ),
    { verbose: 1, examples: [[[1476, 327, 1997, 1780], 11, 319]] },
  );
});

Deno.test("5.2 rounding raises no unnamed build while the named one rises", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 500 }), {
        minLength: 2,
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 99 }),
      (weights, percent) => {
        const now = [...weights, 0];
        const given = shift(now, weights.length, percent);
        assert(given !== undefined);
        const sum = given.reduce((a, b) => a + b, 0);
        sharesOf(weights.map((weight) => ({ weight }))).forEach((had, place) =>
          assert(compare(fraction(given[place] ?? 0, sum), had) <= 0)
        );
      },
    ),
    { verbose: 1, numRuns: 2000, examples: [[[344, 1], 1]] },
  );
});

function shift(
  weights: readonly number[],
  index: number,
  percent: number,
): readonly number[] | undefined {
  const before = sharesOf(weights.map((weight) => ({ weight })));
  const targets = retarget(before, new Map([[index, fromPercent(percent)]]));
  if (!targets) return undefined;
  assert(equal(add(...targets), ONE));
  const parts: Part[] = targets.map((target, place) => ({
    before: before[place] ?? fraction(0),
    target,
    named: place === index,
    inner: [weights[place] ?? 0],
  }));
  return distribute(parts, TOTALS).weights.map(([weight]) => weight ?? 0);
}
