/**
 * The recorded failures are what a real API server answers.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { recordedFailures } from "../support/recorded.ts";
import { CATALOGUE } from "./failures/catalogue.ts";
import { arrangeFailures, versionOf } from "./failures/world.ts";
import { meshTest } from "./places.ts";

const recorded = recordedFailures();

meshTest("an API server fails as it is recorded to", async (places, test) => {
  await using world = await arrangeFailures(places);
  const server = await versionOf(world);
  for (const { name, what, provoke } of CATALOGUE) {
    await test.step(`${name}: ${what}`, async () => {
      assertEquals(
        { server, what, ...await provoke(world) },
        recorded.get(name),
      );
    });
  }
});

Deno.test("every recorded failure can be provoked", () => {
  assertEquals(
    CATALOGUE.map(({ name }) => name).toSorted(),
    [...recorded.keys()],
  );
});
