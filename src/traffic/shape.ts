/**
 * Checks of foreign JSON: is it what we would have written? A check gives the
 * first problem as `path: what is wrong`, or nothing.
 *
 * @module
 */

/** Says what is wrong with a value that stands at a path. */
export type Check = (value: unknown, path: string) => string | undefined;

/** Nesting beyond this is no resource of anybody. */
const DEEPEST = 64;

/** A string, perhaps one of a few, no longer than `longest`. */
export function text(
  options: { readonly longest?: number; readonly among?: readonly string[] } =
    {},
): Check {
  const { longest = 4096, among } = options;
  return (value, path) =>
    typeof value !== "string"
      ? `${path}: is no string`
      : value.length > longest
      ? `${path}: is longer than ${longest} characters`
      : among !== undefined && !among.includes(value)
      ? `${path}: is none of ${among.join(", ")}`
      : undefined;
}

/** A name of Kubernetes, safe to stand in a URL. */
export const kubeName: Check = (value, path) =>
  typeof value === "string" && value.length <= 253 &&
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value)
    ? undefined
    : `${path}: is no name of Kubernetes`;

/** A finite number in a range. */
export function number(least: number, most: number): Check {
  return (value, path) =>
    typeof value === "number" && value >= least && value <= most
      ? undefined
      : `${path}: is no number from ${least} to ${most}`;
}

/** True or false. */
export const flag: Check = (value, path) =>
  typeof value === "boolean" ? undefined : `${path}: is neither true nor false`;

/** A value or nothing. */
export function optional(check: Check): Check {
  return (value, path) => value === undefined ? undefined : check(value, path);
}

/** A list of at most so many. */
export function list(check: Check, most = 10_000): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path}: is no list`;
    if (value.length > most) return `${path}: has more than ${most} items`;
    return first(value.entries(), ([i, item]) => check(item, `${path}/${i}`));
  };
}

/** An object with these fields and no others. */
export function fields(checks: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (!isFields(value)) return `${path}: is no object`;
    const strange = Object.keys(value).find((key) =>
      !Object.hasOwn(checks, key)
    );
    if (strange !== undefined) return `${path}/${strange}: is not known`;
    return first(
      Object.entries(checks),
      ([key, check]) =>
        check(
          Object.hasOwn(value, key) ? value[key] : undefined,
          `${path}/${key}`,
        ),
    );
  };
}

/** An object whose values are all alike. */
export function mapOf(check: Check): Check {
  return (value, path) =>
    isFields(value)
      ? first(
        Object.entries(value),
        ([key, item]) => check(item, `${path}/${key}`),
      )
      : `${path}: is no object`;
}

/** Any JSON that is not absurdly deep. */
export const json: Check = (value, path) => jsonUpTo(value, path, DEEPEST);

/** Any JSON object. */
export const jsonObject: Check = (value, path) =>
  isFields(value) ? json(value, path) : `${path}: is no object`;

/** Is it an object that is no list? */
export function isFields(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function jsonUpTo(
  value: unknown,
  path: string,
  depth: number,
): string | undefined {
  if (value === undefined) return `${path}: is missing`;
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === 0) return `${path}: is nested too deeply`;
  return first(
    Object.values(value),
    (item) => jsonUpTo(item, path, depth - 1),
  );
}

function first<T>(
  items: Iterable<T>,
  problemOf: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
