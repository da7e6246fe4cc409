/**
 * Stands for the tests of cliffy.ts where Cliffy cannot be had, so that they
 * are counted as skipped.
 *
 * @module
 */

Deno.test.ignore(
  "the tests of cliffy.ts (skipped: neither JSR nor a copy of Cliffy)",
  () => {},
);
