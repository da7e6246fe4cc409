/**
 * An object, offered to both servers, which keep nothing.
 *
 * @module
 */

import { collectionOf } from "../api.ts";
import type { Places } from "../places.ts";
import type { Offer } from "./bad_objects.ts";
import { realSide, sandboxSide, type Side } from "./sides.ts";

/** What one server said. */
export interface Said {
  readonly status: number;
  /** Of a refusal. */
  readonly message: string;
}

/** What both said. */
export interface Answers {
  readonly offer: Offer;
  readonly sandbox: Said;
  readonly real: Said;
}

/** Offers each object to both, in the namespace `default`. */
export async function offerBoth(
  offers: readonly Offer[],
  places: Places,
): Promise<readonly Answers[]> {
  await using ours = await sandboxSide("default");
  await using theirs = realSide(places);
  const answers: Answers[] = [];
  for (const offer of offers) {
    answers.push({
      offer,
      sandbox: await say(ours, offer),
      real: await say(theirs, offer),
    });
  }
  return answers;
}

async function say(side: Side, { kind, spec }: Offer): Promise<Said> {
  const object = {
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name: "offer", namespace: "default" },
    spec,
  };
  const { status, body } = await side.ask({
    line: `POST ${collectionOf(object)}?dryRun=All`,
    body: object,
  });
  const { message = "" } = body as { readonly message?: string };
  return { status, message };
}
