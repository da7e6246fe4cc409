/**
 * Looks for a request that one rule takes, and none of those above it: values
 * are put together from what the match blocks themselves name, tried, and
 * mended where a rule above takes the request away. What is found has been
 * tried; where nothing is found there may still be one.
 *
 * @module
 */

import { guesses, SCHEMES } from "./cover.ts";
import type { CompiledRule } from "./explain.ts";
import {
  checkConditions,
  PLAIN_REQUEST,
  type PreparedRequest,
  prepareRequest,
  type Request,
  type StringTest,
  stringTest,
  uriTest,
  withoutTest,
} from "./match.ts";
import { isRecord } from "./shapes.ts";
import type { HTTPMatchRequest, StringMatch } from "./types.ts";
import { withoutPort } from "./virtual_hosts.ts";

/** The rule of a list that shall take a request. */
export interface Goal {
  /** In the order in which they are tried. */
  readonly rules: readonly CompiledRule[];
  /** Its index; the length of the list: none of them takes it. */
  readonly at: number;
}

/** What a request is looked for with. */
export interface SeekOptions {
  /** Host headers that lead to these rules; the likely ones first. */
  readonly authorities: readonly string[];
  /** Does another Host header lead to them, too? None does by default. */
  readonly leads?: (authority: string) => boolean;
  /** The port that the client addresses. */
  readonly port: number;
  /** Told of every request that was tried on the way. */
  readonly onTry?: (request: Request) => void;
}

/** One condition, on one part of a request. */
interface Demand {
  readonly slot: string;
  readonly test: StringTest;
  /** Values that may fit, and values that may not. */
  readonly fitting: readonly (string | undefined)[];
  readonly others: readonly (string | undefined)[];
  /** The one value that fits. */
  readonly only?: string;
  /** What every value that fits begins with. */
  readonly stem?: string;
}

/** A request in the making, with what its parts have to be and not to be. */
interface Draft {
  readonly values: ReadonlyMap<string, string | undefined>;
  readonly hold: readonly Demand[];
  readonly fail: readonly Demand[];
}

/** Requests that are tried for one goal. */
const MOST_TRIES = 48;

/** A request that every goal is met with; nothing where none was found. */
export function seekRequest(
  goals: readonly Goal[],
  options: SeekOptions,
): Request | undefined {
  const hold = goals.flatMap(({ rules, at }) => demandsOf(rules[at]));
  if (isTorn(hold)) return undefined;
  let values: ReadonlyMap<string, string | undefined> = new Map();
  for (const slot of new Set(hold.map((one) => one.slot))) {
    const value = pick(slot, { values, hold, fail: [] }, options);
    if (value === NONE) return undefined;
    values = new Map([...values, [slot, value.text]]);
  }
  let tries = MOST_TRIES;
  const mend = (draft: Draft): Request | undefined => {
    if (tries-- <= 0) return undefined;
    const request = written(draft.values, options);
    options.onTry?.(request);
    const prepared = prepareRequest(request);
    for (const { rules, at } of goals) {
      const taker = takerOf(rules, prepared);
      if (taker === at) continue;
      if (taker > at) return undefined;
      for (const demand of demandsOf(rules[taker])) {
        if (draft.hold.includes(demand)) continue;
        const next = { ...draft, fail: [...draft.fail, demand] };
        const value = pick(demand.slot, next, options);
        if (value === NONE) continue;
        const found = mend({
          ...next,
          values: new Map([...draft.values, [demand.slot, value.text]]),
        });
        if (found !== undefined) return found;
      }
      return undefined;
    }
    return request;
  };
  return mend({ values, hold, fail: [] });
}

/**
 * Index of the first rule that takes a request, or may take it; the length of
 * the list where none does.
 */
export function takerOf(
  rules: readonly CompiledRule[],
  request: PreparedRequest,
): number {
  const at = rules.findIndex(({ conditions }) =>
    checkConditions(conditions, request).holds !== false
  );
  return at < 0 ? rules.length : at;
}

/** Most pairs of rules want two values at once, and are done with here. */
function isTorn(hold: readonly Demand[]): boolean {
  return hold.some(({ slot, only, stem }, at) =>
    (only !== undefined || stem !== undefined) &&
    hold.some((other, place) =>
      place !== at && other.slot === slot &&
      (only !== undefined
        ? other.test(only) === false
        : stem !== undefined && other.stem !== undefined &&
          !stem.startsWith(other.stem) && !other.stem.startsWith(stem))
    )
  );
}

const NONE = Symbol("no value");

/** A value that all conditions of the draft on that part agree to. */
function pick(
  slot: string,
  { values, hold, fail }: Draft,
  options: SeekOptions,
): { readonly text: string | undefined } | typeof NONE {
  const { authorities } = options;
  const wanted = hold.filter((one) => one.slot === slot);
  const unwanted = fail.filter((one) => one.slot === slot);
  const only = wanted.find((one) => one.only !== undefined)?.only;
  for (const text of only === undefined ? tries() : [only]) {
    if (
      wanted.every(({ test }) => test(text) === true) &&
      unwanted.every(({ test }) => test(text) === false) &&
      isWritable(slot, text, options)
    ) return { text };
  }
  return NONE;

  function* tries(): Generator<string | undefined> {
    yield values.get(slot) ?? defaultOf(slot, authorities);
    for (const { fitting } of wanted) {
      yield* slot === "authority" ? withNames(fitting, authorities) : fitting;
    }
    for (const { others } of unwanted) yield* others;
    for (const { fitting } of wanted) yield* variants(slot, fitting);
    yield* fillersOf(slot, authorities);
  }
}

/** Ports alone belong to the names that lead to the rules. */
function withNames(
  texts: readonly (string | undefined)[],
  names: readonly string[],
): readonly (string | undefined)[] {
  return texts.flatMap((text) =>
    text?.startsWith(":")
      ? names.map((name) => `${withoutPort(name)}${text}`)
      : [text]
  );
}

/** What else may fit where a text does, and not fit where it does. */
function variants(
  slot: string,
  texts: readonly (string | undefined)[],
): string[] {
  return texts.flatMap((text) =>
    text === undefined ? [] : [
      ...(slot === "path" ? [`${text}/x`] : []),
      `${text}x`,
      text.toUpperCase(),
    ]
  );
}

function defaultOf(
  slot: string,
  authorities: readonly string[],
): string | undefined {
  switch (slot) {
    case "path":
      return "/";
    case "method":
      return "GET";
    case "scheme":
      return "http";
    case "authority":
      return authorities[0];
    default:
      return undefined;
  }
}

function fillersOf(
  slot: string,
  authorities: readonly string[],
): readonly (string | undefined)[] {
  switch (slot) {
    case "path":
      return ["/", "/other", "/1", "/x/y"];
    case "method":
      return ["GET", "POST", "PUT", "DELETE", "OPTIONS"];
    case "scheme":
      return SCHEMES;
    case "authority":
      return authorities;
    default:
      return [undefined, "1", "other", ""];
  }
}

/** Can it be sent so, and does it come to the rules as it was sent? */
function isWritable(
  slot: string,
  text: string | undefined,
  { authorities, leads }: SeekOptions,
): boolean {
  if (slot === "authority" && text !== undefined) {
    return authorities.includes(text) ||
      /^[\w.-]+(:\d+)?$/.test(text) && leads?.(text) === true;
  }
  if (text === undefined) {
    return !["path", "method", "scheme", "authority"].includes(slot);
  }
  if (slot === "path") {
    return text.startsWith("/") && !/[?#\s]/.test(text) &&
      prepareRequest({ ...PLAIN_REQUEST, path: text }).path === text;
  }
  // Escapes are compared as they are sent.
  if (slot.startsWith("query ")) return !/[&#\s]|%(?![\da-f]{2})/i.test(text);
  if (slot === "scheme") return SCHEMES.includes(text);
  if (slot === "method") return /^[!#$%&'*+.^_`|~\w-]+$/.test(text);
  return !/[\r\n\0]/.test(text) && text === text.trim();
}

function written(
  values: Draft["values"],
  { authorities, port }: SeekOptions,
): Request {
  const named = (kind: string): (readonly [string, string])[] =>
    [...values].flatMap(([slot, text]) =>
      slot.startsWith(kind) && text !== undefined
        ? [[slot.slice(kind.length), text] as const]
        : []
    );
  const query = named("query ").map(([name, text]) => `${name}=${text}`);
  const part = (slot: string) =>
    values.get(slot) ?? defaultOf(slot, authorities) ?? "";
  return {
    method: part("method"),
    scheme: part("scheme"),
    authority: part("authority"),
    path: `${part("path")}${query.length === 0 ? "" : `?${query.join("&")}`}`,
    headers: named("header "),
    port,
  };
}

const DEMANDS = new WeakMap<HTTPMatchRequest, readonly Demand[]>();

/** What a rule asks of a request; what is broken the easiest comes first. */
function demandsOf(rule: CompiledRule | undefined): readonly Demand[] {
  const { block, matchIndex } = rule?.entry ?? {};
  if (matchIndex === undefined || !isRecord(block)) return [];
  let demands = DEMANDS.get(block);
  if (demands === undefined) DEMANDS.set(block, demands = readDemands(block));
  return demands;
}

function readDemands(block: HTTPMatchRequest): Demand[] {
  const demands: Demand[] = [];
  const add = (slot: string, match: StringMatch, test: StringTest) => {
    const fitting = guesses(match, "1");
    const others = [undefined, ...fitting.map((text) => `${text}x`)];
    demands.push({ slot, test, fitting, others, ...onlyOf(match) });
  };
  for (const [name, match] of entriesOf(block.headers)) {
    add(slotOf(name), match, stringTest(match));
  }
  for (const [name, match] of entriesOf(block.withoutHeaders)) {
    const test = withoutTest(match);
    const others = guesses(match, "1");
    const fitting = [undefined, ...others.map((text) => `${text}x`)];
    demands.push({ slot: slotOf(name), test, fitting, others });
  }
  for (const [name, match] of entriesOf(block.queryParams)) {
    // A name that a query cannot hold as it is has no place of its own.
    const slot = name === "" || /[&=#?%\s]/.test(name) ? "" : `query ${name}`;
    add(slot, match, stringTest(match));
  }
  const { uri, method, authority, scheme, ignoreUriCase } = block;
  if (isSet(method)) add("method", method, stringTest(method));
  if (isSet(uri)) {
    const test = uriTest(uri, ignoreUriCase === true);
    const plain = guesses(uri, "/");
    const fitting = ignoreUriCase === true
      ? plain.flatMap((text) => [text, text.toLowerCase()])
      : plain;
    const others = fitting.map((text) => `${text}x`);
    const only = ignoreUriCase === true ? {} : onlyOf(uri);
    demands.push({ slot: "path", test, fitting, others, ...only });
  }
  if (isSet(authority)) addAuthority(demands, authority);
  if (isSet(scheme)) add("scheme", scheme, stringTest(scheme));
  return demands.map((one) => one.slot === "" ? { ...one, ...UNSEEN } : one);
}

function onlyOf(match: StringMatch): Pick<Demand, "only" | "stem"> {
  if (!isRecord(match)) return {};
  const { exact, prefix } = match;
  if (typeof exact === "string") return { only: exact };
  return typeof prefix === "string" ? { stem: prefix } : {};
}

/** A pattern may be about the port alone, whatever the name before it. */
function addAuthority(demands: Demand[], match: StringMatch): void {
  const test = stringTest(match);
  const text = isRecord(match) ? JSON.stringify(match) : "";
  const ports = (text.match(/\d{2,5}/g) ?? []).map((port) => `:${port}`);
  const fitting = [...guesses(match, "1"), ...ports];
  demands.push({ slot: "authority", test, fitting, others: [] });
}

/** What no part of a request that is looked for can answer. */
const UNSEEN = {
  test: () => "unknown",
  fitting: [],
  others: [],
} as const satisfies Partial<Demand>;

/** Pseudo-headers are parts of their own; claims and the raw path are none. */
function slotOf(name: string): string {
  const key = name.toLowerCase();
  if (key === "host" || key === ":authority") return "authority";
  if (key === ":method" || key === ":scheme") return key.slice(1);
  return key.startsWith(":") || key.startsWith("@") ? "" : `header ${key}`;
}

function entriesOf(map: unknown): [string, StringMatch][] {
  return isRecord(map) ? Object.entries(map) as [string, StringMatch][] : [];
}

function isSet<T>(value: T | undefined | null): value is T {
  return value !== undefined && value !== null;
}
