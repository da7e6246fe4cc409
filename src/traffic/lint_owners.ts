/**
 * Objects that somebody else keeps.
 *
 * @module
 */

import { type Finding, nameOf } from "../istio/findings.ts";
import type { KubeObject } from "../istio/types.ts";
import { ownersOf } from "./owners.ts";

/** Findings on who keeps an object: one is good to know, two are a fight. */
export function ownerFindings(object: KubeObject): readonly Finding[] {
  const owners = ownersOf(object);
  const [owner, second] = owners;
  if (owner === undefined) return [];
  const about = { object: nameOf(object), path: ["metadata"] };
  return [
    {
      ...about,
      code: "owned",
      severity: "info",
      message:
        `Kept by ${owner.name} (${owner.mark}): it puts its own state back`,
      means: "A change made beside it does not last",
      edit: `Change it where ${owner.name} has it from`,
    },
    ...(second === undefined ? [] : [{
      ...about,
      code: "two-owners",
      severity: "warning" as const,
      message: `Kept by ${
        owners.map(({ name, mark }) => `${name} (${mark})`).join(" and ")
      }`,
      means: "Each takes back what the other writes: weights jump",
      edit:
        `Let one of them keep the routes, or tell ${owner.name} to leave /spec/http alone`,
    }]),
  ];
}
