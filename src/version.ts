/**
 * Which istiops this is.
 *
 * @module
 */

/** Semantic version; `deno.json` says the same. */
export const VERSION = "0.1.0";

/** The build puts a commit in its place. */
const STAMP = "__ISTIOPS_COMMIT__";

/** Commit it was built from; null where it runs from its sources. */
export const COMMIT: string | null = STAMP.startsWith("__") ? null : STAMP;
