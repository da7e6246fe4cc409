/** Objects that no server would store and a file can hold: nothing throws. */
import fc from "fast-check";
import { worldOf } from "../../src/istio/world.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { checkWorld } from "../../src/traffic/lint.ts";
import { assert } from "../support/assert.ts";
import { FIXTURES } from "./lint_fixtures.ts";

const JUNK: readonly unknown[] = [
  ...[null, 0, -1, 1e300, NaN, true, "", "*", "a.b", "~", "__proto__", "(?=x"],
  ...[[], {}, [null], [[]], { exact: 5 }, { regex: "(" }, { toString: 1 }],
];

Deno.test("a world with junk at any place is checked without an error", () => {
  let said = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...FIXTURES),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...JUNK)), {
        minLength: 1,
        maxLength: 4,
      }),
      ({ bad }, changes) => {
        const objects = structuredClone(
          [
            bad.services,
            bad.pods,
            bad.workloads,
            bad.gateways,
            bad.destinationRules,
            bad.virtualServices,
          ].flat(),
        ) as unknown as KubeObject[];
        for (const [where, junk] of changes) {
          const places = placesIn(objects);
          const place = places[where % places.length]!;
          (place.of as Record<string, unknown>)[place.key] = structuredClone(
            junk,
          );
        }
        said += checkWorld(worldOf(objects)).length;
      },
    ),
    { numRuns: 5_000 },
  );
  assert(said > 5_000, `${said} findings`);
});

/** Every value below the specs of VirtualServices and DestinationRules. */
function placesIn(objects: readonly KubeObject[]) {
  const found: { of: object; key: string }[] = [];
  const walk = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      found.push({ of: value, key });
      walk((value as Record<string, unknown>)[key]);
    }
  };
  for (const object of objects) {
    if (/^(VirtualService|DestinationRule|Gateway)$/.test(object.kind)) {
      walk(object["spec"]);
    }
  }
  return found;
}
