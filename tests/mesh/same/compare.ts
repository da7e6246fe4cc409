/**
 * Where two answers differ, once what must differ (ids, versions, times) is
 * made the same.
 *
 * @module
 */

import type { Exchange, Seen } from "./sides.ts";

/** One place where two answers are not the same. */
export interface Difference {
  /** `status`, `headers.warning`, `body.details.causes[0].field`. */
  readonly at: string;
  readonly sandbox: unknown;
  readonly real: unknown;
}

/**
 * Makes names of ids and versions: the first becomes `uid-1`, and where it
 * comes again it has that name again, also in the midst of a message.
 */
export class Names {
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** The answer with names in it. */
  plain(seen: Seen): Seen {
    this.#collect(seen.body);
    return {
      ...seen,
      headers: Object.fromEntries(
        Object.entries(seen.headers).map(([key, value]) => [
          key,
          this.#named(value),
        ]),
      ),
      body: this.#replace(seen.body, ""),
    };
  }

  #collect(value: unknown): void {
    if (Array.isArray(value)) return value.forEach((one) => this.#collect(one));
    if (typeof value !== "object" || value === null) return;
    for (const [key, one] of Object.entries(value)) {
      if (typeof one === "string" && one !== "") {
        if (key === "uid") this.#give(one, "uid");
        if (key === "resourceVersion" && Object.hasOwn(value, "name")) {
          this.#give(one, "version");
        }
      } else this.#collect(one);
    }
  }

  #give(value: string, what: string): void {
    if (this.#names.has(value)) return;
    const count = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, count);
    this.#names.set(value, `<${what}-${count}>`);
  }

  #replace(value: unknown, key: string): unknown {
    if (Array.isArray(value)) {
      const all = value.map((one) => this.#replace(one, ""));
      // They stand in the order of their seconds, which are chance here.
      return key === "managedFields" ? all.toSorted(byManager) : all;
    }
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([name, one]) => [
          name,
          // A list's version is that of the whole store at some time.
          name === "resourceVersion" && !Object.hasOwn(value, "name")
            ? "<version>"
            : this.#replace(one, name),
        ]),
      );
    }
    if (typeof value !== "string") return value;
    if (key === "continue" && value !== "") return "<token>";
    if (key === "resourceVersion") return this.#names.get(value) ?? "<version>";
    return this.#named(value)
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>")
      .replace(/^(\d+[dhms])+$/, "<age>");
  }

  #named(text: string): string {
    let named = text;
    for (const [value, name] of this.#names) {
      // A version of one digit is in too many other words.
      if (value.length > 8) named = named.replaceAll(value, name);
      else {
        named = named.replaceAll(
          new RegExp(`(?<![\\w.])${RegExp.escape(value)}(?![\\w.])`, "g"),
          name,
        );
      }
    }
    return named;
  }
}

function byManager(a: unknown, b: unknown): number {
  const rank = (entry: unknown) => {
    const { operation, manager, subresource = "" } = entry as Record<
      string,
      string
    >;
    return `${operation} ${manager} ${subresource}`;
  };
  return rank(a) < rank(b) ? -1 : 1;
}

/** Every difference of two answers, in the order of the answer. */
export function differences(
  sandbox: Seen,
  real: Seen,
  { not = [], named = false }: Pick<Exchange, "not" | "named">,
): readonly Difference[] {
  const found: Difference[] = [];
  const [ours, theirs] = named ? byName(sandbox, real) : [sandbox, real];
  walk({ sandbox: ours, real: theirs, at: "", found });
  return found.filter(({ at }) => !not.some((path) => isWithin(at, path)));
}

/** Things by their names, of both only what the first has. */
export function byName(ours: unknown, theirs: unknown): [unknown, unknown] {
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    if (typeof ours[0] === "string") {
      return [ours.toSorted(), theirs.toSorted()];
    }
    const left: Record<string, unknown> = {};
    const right: Record<string, unknown> = {};
    for (const one of ours) {
      const name = nameOf(one);
      const other = theirs.find((each) => nameOf(each) === name);
      [left[name], right[name]] = byName(one, other);
    }
    return [left, right];
  }
  if (!isObject(ours) || !isObject(theirs)) return [ours, theirs];
  const pairs = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    .map((key) => [key, byName(ours[key], theirs[key])] as const);
  return [
    Object.fromEntries(pairs.map(([key, [one]]) => [key, one])),
    Object.fromEntries(pairs.map(([key, [, one]]) => [key, one])),
  ];
}

function nameOf(thing: unknown): string {
  const { name, resource, version, subresource, metadata } = thing as Record<
    string,
    unknown
  >;
  const inner = (metadata as { readonly name?: string } | undefined)?.name;
  return String(name ?? resource ?? subresource ?? inner ?? version ?? "");
}

/** Whether a place is that place, or in it; `*` is one step. */
export function isWithin(at: string, path: string): boolean {
  const pattern = RegExp.escape(path).replaceAll("\\*", "[^.\\[\\]]+");
  return new RegExp(`^${pattern}($|[.\\[])`).test(at);
}

function walk(
  { sandbox, real, at, found }: {
    readonly sandbox: unknown;
    readonly real: unknown;
    readonly at: string;
    readonly found: Difference[];
  },
): void {
  if (Object.is(sandbox, real)) return;
  if (Array.isArray(sandbox) && Array.isArray(real)) {
    const length = Math.max(sandbox.length, real.length);
    for (let index = 0; index < length; index++) {
      const next = { sandbox: sandbox[index], real: real[index], found };
      walk({ ...next, at: `${at}[${index}]` });
    }
  } else if (isObject(sandbox) && isObject(real)) {
    const keys = new Set([...Object.keys(real), ...Object.keys(sandbox)]);
    for (const key of keys) {
      const next = { sandbox: sandbox[key], real: real[key], found };
      walk({ ...next, at: at === "" ? key : `${at}.${key}` });
    }
  } else found.push({ at, sandbox, real });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
