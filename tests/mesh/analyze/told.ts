/**
 * What one of the two tells, in the same words for both: the code, the object,
 * and what of it the finding is about.
 *
 * @module
 */

/** One thing told. */
export interface Told {
  /** `IST0101`. */
  readonly code: string;
  /** `VirtualService default/x`. */
  readonly object: string;
  /** `host nobody`, `http[2]`, `subset v1`; empty: the object as a whole. */
  readonly about: string;
  /** As it was said. */
  readonly message: string;
}

/** Two with one key are the same finding. */
export function keyOfTold({ code, object, about }: Told): string {
  return [code, object, about].join(" | ");
}
