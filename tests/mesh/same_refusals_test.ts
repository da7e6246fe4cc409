/**
 * What istiod's webhook and the schemas of Istio's kinds refuse, the sandbox
 * refuses, and takes what they take.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { meshTest } from "./places.ts";
import { OFFERS } from "./same/bad_objects.ts";
import { offerBoth } from "./same/offer_both.ts";

meshTest(
  `the sandbox takes and refuses ${OFFERS.length} objects as istiod does`,
  async (places) => {
    const told: string[] = [];
    for (const { offer, sandbox, real } of await offerBoth(OFFERS, places)) {
      const isSame = sandbox.status === real.status &&
        speaker(sandbox.message) === speaker(real.message);
      if (isSame) continue;
      told.push(
        `${offer.kind} with ${offer.what}: ${sandbox.status} here, ` +
          `${real.status} there: ${sandbox.message || real.message}`,
      );
    }
    assertEquals(told, []);
  },
);

/** Who refuses: the webhook in its words, or the server for a kind and name. */
function speaker(message: string): string {
  return /^(admission webhook .* configuration is invalid|.* is invalid):/
    .exec(message.split("\n")[0]!.slice(0, 120))?.[1] ?? message;
}
