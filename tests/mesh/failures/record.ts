/**
 * Records what a real API server answers to what it will not do:
 *
 *     deno run -A tests/mesh/main.ts run tests/mesh/failures/record.ts
 *
 * @module
 */

import { keepRecorded } from "../../support/recorded.ts";
import { placesOf } from "../places.ts";
import { givenHere, startStack } from "../stack.ts";
import { CATALOGUE } from "./catalogue.ts";
import { arrangeFailures, versionOf } from "./world.ts";

if (import.meta.main) {
  const running = placesOf();
  await using stack = running === undefined
    ? await startStack(givenHere())
    : undefined;
  await using world = await arrangeFailures(running ?? stack!.places);
  const server = await versionOf(world);
  for (const { name, what, provoke } of CATALOGUE) {
    await keepRecorded(name, { server, what, ...await provoke(world) });
  }
}
