/**
 * What clearing one VirtualService comes to.
 *
 * @module
 */

import type { HTTPRoute, VirtualService } from "../istio/types.ts";
import { sameJson } from "./objects.ts";
import type { ShareRow } from "./types.ts";

/** One VirtualService before and after, and what is to be said of it. */
export interface Cleared {
  readonly before: VirtualService;
  readonly after: VirtualService;
  readonly rows: readonly ShareRow[];
  readonly summary: readonly string[];
  readonly notes: readonly string[];
  readonly severe: readonly string[];
}

/** What it comes to with these rules; the same object where they are the same. */
export function cleared(
  object: VirtualService,
  http: readonly HTTPRoute[],
  rest: Omit<Cleared, "before" | "after">,
): Cleared {
  const same = sameJson(http, object.spec.http ?? []);
  return {
    before: object,
    after: same ? object : { ...object, spec: { ...object.spec, http } },
    ...rest,
  };
}
