import { explainRequest } from "../../src/istio/explanation.ts";
import type { World } from "../../src/istio/world.ts";
import { trailProblems } from "../mesh/agreement/trail.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { anyPair, SEATS } from "./differences_worlds.ts";

/** Each seed is a world; a failure names it. */
const WORLDS = 50;
const FIRST_SEED = 5001;

Deno.test("explainRequest() tells of each earlier rule what does not hold (generated worlds)", () => {
  const seen = new Map<string, number>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + WORLDS; seed++) {
    const { before, requests } = anyPair(seed);
    // Else a header that comes twice is not known.
    const world: World = {
      ...before,
      mesh: { ...before.mesh, repeatedHeaders: "each" },
    };
    for (const seat of SEATS) {
      for (const request of requests(seat, 12)) {
        const explanation = explainRequest(world, seat.client, request);
        assertEquals(
          trailProblems(world, explanation),
          [],
          `seed ${seed}: ${JSON.stringify({ ...seat, request })}`,
        );
        for (const { field, settledBy } of explanation.passed) {
          const key = `${settledBy} ${field.replace(/\[.*/, "")}`;
          seen.set(key, (seen.get(key) ?? 0) + 1);
        }
      }
    }
  }
  for (
    const key of [
      ...["uri", "method", "scheme", "authority", "headers", "withoutHeaders"]
        .map((field) => `request ${field}`),
      "request queryParams",
      ...["port", "gateways", "sourceLabels", "sourceNamespace"]
        .map((field) => `client ${field}`),
    ]
  ) assert((seen.get(key) ?? 0) > 20, `${seen.get(key)} of ${key}`);
});
