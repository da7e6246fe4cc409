/**
 * Reasoning about match blocks: does one catch everything another catches,
 * and a concrete request that a block catches. Careful by construction:
 * unsure means "no", and a witness has been tried.
 *
 * @module
 */

import {
  conditionsOf,
  kindsOf,
  matchRequest,
  matchString,
  PLAIN_REQUEST,
  prepareRequest,
  type Request,
} from "./match.ts";
import { compileRe2 } from "./re2.ts";
import { samplesOf } from "./regex_samples.ts";
import { isRecord, strings } from "./shapes.ts";
import type { HTTPMatchRequest, StringMatch } from "./types.ts";

/**
 * Patterns that fit every path, or every value that is not empty, once
 * anchors, flags and outer parentheses are gone. Every path begins with `/`.
 */
const FITS_EVERY_PATH = new Set([
  ".*",
  ".+",
  ".*?",
  ".+?",
  "/.*",
  "/.*?",
  "/?.*",
  "/*.*",
  "(/.*)",
  "(/.*)?",
  "(/.*)+",
  "[^?]*",
  "[^?]+",
  "[\\s\\S]*",
  "[\\s\\S]+",
]);

/**
 * Does no request of the clients it is sent to escape this block? That is: no
 * condition on headers, query, method, authority or scheme, and no path, or
 * one that fits every path. Wider than `isCatchAll`, which is what Istio
 * itself sees.
 */
export function isMaster(block: HTTPMatchRequest): boolean {
  if (!isRecord(block)) return false;
  const maps = [block.headers, block.withoutHeaders, block.queryParams];
  return !isSet(block.method) && !isSet(block.authority) &&
    !isSet(block.scheme) &&
    maps.every((map) =>
      !isSet(map) || (isRecord(map) && Object.keys(map).length === 0)
    ) &&
    fitsEveryPath(block.uri);
}

function fitsEveryPath(uri: StringMatch | undefined | null): boolean {
  if (!isSet(uri)) return true;
  if (!isRecord(uri)) return false;
  const kinds = kindsOf(uri);
  if (kinds.length === 0) return true;
  if (kinds.length > 1) return false;
  return uri.prefix === "/" || uri.prefix === "" ||
    (typeof uri.regex === "string" && FITS_EVERY_PATH.has(core(uri.regex)));
}

/** A pattern without flags, anchors and parentheses around the whole. */
function core(pattern: string): string {
  let text = pattern;
  for (;;) {
    const inner = text
      .replace(/^\(\?[imsU]+\)/, "")
      .replace(/^\^/, "")
      .replace(/^\\A/, "")
      .replace(/(?<!\\)\$$/, "")
      .replace(/\\z$/, "")
      .replace(/^\((?:\?:|\?P?<\w+>)?([^()|\\]*)\)$/, "$1");
    if (inner === text) return text;
    text = inner;
  }
}

/**
 * Is every request that `b` catches, of the clients `b` is sent to, also
 * caught by `a`? Both blocks are of the same VirtualService. False where that
 * cannot be shown.
 */
export function covers(a: HTTPMatchRequest, b: HTTPMatchRequest): boolean {
  if (!isRecord(a) || !isRecord(b) || !isSentWhere(a, b)) return false;
  return impliesPath(a, b) &&
    (["method", "scheme", "authority"] as const).every((field) =>
      !isSet(a[field]) || implies(a[field], b[field])
    ) &&
    impliesHeaders(a, b) && impliesQuery(a, b);
}

/** Is `a` sent to every client and port that `b` is sent to? */
function isSentWhere(a: HTTPMatchRequest, b: HTTPMatchRequest): boolean {
  if (a.port && a.port !== b.port) return false;
  const [wide, narrow] = [strings(a.gateways), strings(b.gateways)];
  if (wide.length > 0) {
    return narrow.length > 0 && narrow.every((one) => wide.includes(one));
  }
  const labels = isRecord(a.sourceLabels) ? Object.entries(a.sourceLabels) : [];
  if (labels.length === 0 && !a.sourceNamespace) return true;
  // Beside gateways the source conditions of b do not count.
  if (narrow.length > 0) return false;
  const theirs = isRecord(b.sourceLabels) ? b.sourceLabels : {};
  return labels.every(([key, value]) =>
    Object.hasOwn(theirs, key) && theirs[key] === value
  ) && (!a.sourceNamespace || a.sourceNamespace === b.sourceNamespace);
}

function impliesPath(a: HTTPMatchRequest, b: HTTPMatchRequest): boolean {
  if (fitsEveryPath(a.uri)) return true;
  const [wide, narrow] = [a.uri, b.uri];
  if (!isRecord(wide) || !isRecord(narrow)) return false;
  // Case never counts less in a pattern, so folding helps only plain text.
  const folds = a.ignoreUriCase === true && wide.regex === undefined;
  if (b.ignoreUriCase === true && !folds && narrow.regex === undefined) {
    return false;
  }
  return implies(folds ? lower(wide) : wide, folds ? lower(narrow) : narrow);
}

function lower(match: StringMatch): StringMatch {
  const { exact, prefix } = match;
  if (typeof exact === "string") return { exact: exact.toLowerCase() };
  return typeof prefix === "string" ? { prefix: prefix.toLowerCase() } : match;
}

function impliesHeaders(a: HTTPMatchRequest, b: HTTPMatchRequest): boolean {
  const given = lowerKeys(b.headers);
  const absent = lowerKeys(b.withoutHeaders);
  if (!given || !absent) return false;
  for (const [name, match] of entriesOf(a.headers)) {
    if (isSpecial(name)) return false;
    const others = given.get(name.toLowerCase()) ?? [];
    if (!others.some((other) => implies(match, other))) return false;
  }
  for (const [name, match] of entriesOf(a.withoutHeaders)) {
    if (isSpecial(name)) return false;
    const key = name.toLowerCase();
    const same = absent.get(key) ?? [];
    if (same.some((other) => sameMatch(match, other))) continue;
    const values = [
      ...(given.get(key) ?? []).flatMap(({ exact }) => exact ?? []),
      ...(same.some((other) => isPresence(other)) ? [undefined] : []),
    ];
    const without = { withoutHeaders: { [name]: match } };
    const isShown = values.some((value) =>
      holds(without, {
        headers: value === undefined ? [] : [[name, value]],
      })
    );
    if (!isShown) return false;
  }
  return true;
}

function impliesQuery(a: HTTPMatchRequest, b: HTTPMatchRequest): boolean {
  const given = new Map(entriesOf(b.queryParams));
  return entriesOf(a.queryParams).every(([name, match]) =>
    implies(match, given.get(name))
  );
}

/** Does every value that fits `narrow` fit `wide`? */
function implies(
  wide: StringMatch | undefined,
  narrow: StringMatch | undefined,
): boolean {
  if (!isRecord(wide) || !isRecord(narrow)) return false;
  const [kinds, others] = [kindsOf(wide), kindsOf(narrow)];
  if (kinds.length > 1 || others.length > 1) return false;
  if (isPresence(wide)) return true;
  if (isPresence(narrow)) return wide.regex === ".*";
  const { exact, prefix, regex } = narrow;
  if (typeof exact === "string") return matchString(wide, exact) === true;
  if (typeof regex === "string") {
    return wide.regex === regex || wide.regex === ".*";
  }
  if (typeof prefix !== "string" || prefix === "") return false;
  if (typeof wide.prefix === "string") {
    return wide.prefix !== "" && prefix.startsWith(wide.prefix);
  }
  return typeof wide.regex === "string" && fitsEveryEnd(wide.regex, prefix);
}

/** What ends with `.*` and fits a prefix fits it with any end. */
function fitsEveryEnd(regex: string, prefix: string): boolean {
  const pattern = regex.replace(/\$$/, "");
  if (!pattern.endsWith(".*") || /[|$]|\\[QAzZbB]/.test(pattern)) return false;
  // Of ".*" not the dot may be escaped, nor the whole be in a class.
  const before = pattern.slice(0, -2);
  if (/\\$/.test(before.replaceAll("\\\\", ""))) return false;
  const whole = compileRe2(regex);
  return !("error" in whole) && whole.matches(prefix);
}

function holds(
  block: HTTPMatchRequest,
  request: Partial<Request>,
): boolean {
  return matchRequest(block, { ...PLAIN_REQUEST, ...request }).holds === true;
}

/**
 * A request that the block catches, from a client that it is sent to. It has
 * been tried against the block.
 *
 * @returns Nothing where none was found, which does not mean there is none.
 */
export function witness(block: HTTPMatchRequest): Request | undefined {
  if (!isRecord(block)) return undefined;
  const path = pathFor(block);
  const query = queryFor(block);
  const headers = headersFor(block);
  if (path === undefined || query === undefined || headers === undefined) {
    return undefined;
  }
  const plain = (field: "method" | "authority") =>
    isSet(block[field])
      ? firstThat(
        guesses(block[field], PLAIN_REQUEST[field]),
        (value) => matchString(block[field], value) === true,
      )
      : PLAIN_REQUEST[field];
  const [method, scheme, authority] = [
    plain("method"),
    SCHEMES.find((one) =>
      !isSet(block.scheme) || matchString(block.scheme, one) === true
    ),
    plain("authority"),
  ];
  if (
    method === undefined || scheme === undefined || authority === undefined
  ) return undefined;
  const { pseudo, real } = headers;
  const request: Request = {
    method: pseudo.get(":method") ?? method,
    scheme: pseudo.get(":scheme") ?? scheme,
    authority: pseudo.get(":authority") ?? pseudo.get("host") ?? authority,
    path: pseudo.get(":path") ?? `${path}${query}`,
    headers: real,
    port: typeof block.port === "number" && block.port > 0 ? block.port : 80,
  };
  return SCHEMES.includes(request.scheme) &&
      matchRequest(block, request).holds === true
    ? request
    : undefined;
}

/** What a request can have; a proxy takes no other. */
export const SCHEMES: readonly string[] = ["http", "https"];

function pathFor(block: HTTPMatchRequest): string | undefined {
  if (!isSet(block.uri)) return "/";
  const { uri, ignoreUriCase = false } = block;
  const alone = conditionsOf({ uri, ignoreUriCase });
  return firstThat(
    guesses(uri, "/").flatMap((text) =>
      text.startsWith("/") ? [text] : [`/${text}`]
    ),
    (path) => {
      if (/[?#\s]/.test(path)) return false;
      const request = prepareRequest({ ...PLAIN_REQUEST, path });
      return alone.every(({ test }) => test(request) === true);
    },
  );
}

function queryFor(block: HTTPMatchRequest): string | undefined {
  const pairs: string[] = [];
  for (const [name, match] of entriesOf(block.queryParams)) {
    if (name === "" || /[&=#?%\s]/.test(name)) return undefined;
    const value = firstThat(
      guesses(match, "1"),
      (text) => !/[&#%\s]/.test(text) && matchString(match, text) === true,
    );
    if (value === undefined) return undefined;
    pairs.push(`${name}=${value}`);
  }
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

interface HeadersFound {
  /** `:path` and the like, which are no headers of their own. */
  readonly pseudo: ReadonlyMap<string, string>;
  readonly real: readonly (readonly [string, string])[];
}

/** Names do not depend on each other, so each is looked for on its own. */
function headersFor(block: HTTPMatchRequest): HeadersFound | undefined {
  const present = lowerKeys(block.headers);
  const without = lowerKeys(block.withoutHeaders);
  if (!present || !without) return undefined;
  const pseudo = new Map<string, string>();
  const real: (readonly [string, string])[] = [];
  for (const name of new Set([...present.keys(), ...without.keys()])) {
    const wanted = present.get(name) ?? [];
    const unwanted = without.get(name) ?? [];
    const alone = [
      ...wanted.flatMap((match) => conditionsOf({ headers: { x: match } })),
      ...unwanted.flatMap((match) =>
        conditionsOf({ withoutHeaders: { x: match } })
      ),
    ];
    const tries: (string | undefined)[] = [
      ...(wanted.length === 0 ? [undefined] : []),
      ...wanted.flatMap((match) => guesses(match, "1")),
      ...FILLERS,
    ];
    const at = tries.findIndex((value) => {
      const headers: [string, string][] = value === undefined
        ? []
        : [["x", value]];
      const request = prepareRequest({ ...PLAIN_REQUEST, headers });
      return !/[\r\n]/.test(value ?? "") &&
        alone.every(({ test }) => test(request) === true);
    });
    if (at < 0) return undefined;
    const value = tries[at];
    if (value === undefined) continue;
    if (name.startsWith(":") || name === "host") pseudo.set(name, value);
    else real.push([name, value]);
  }
  return { pseudo, real };
}

const FILLERS = ["1", "other", ""];

/** Values that might fit, the likely ones first. */
export function guesses(
  match: StringMatch | undefined,
  plain: string,
): string[] {
  if (!isRecord(match)) return [];
  const { exact, prefix, regex } = match;
  if (typeof exact === "string") return [exact];
  if (typeof prefix === "string") {
    return [...(plain.startsWith(prefix) ? [plain] : []), prefix, `${prefix}1`];
  }
  if (typeof regex === "string" && regex !== "*") {
    return [plain, ...samplesOf(regex)];
  }
  return [plain];
}

function firstThat(
  values: readonly string[],
  test: (value: string) => boolean,
): string | undefined {
  return values.find(test);
}

/** Nothing where it is no map. */
function lowerKeys(
  map: Readonly<Record<string, StringMatch>> | undefined,
): Map<string, StringMatch[]> | undefined {
  if (isSet(map) && !isRecord(map)) return undefined;
  const lowered = new Map<string, StringMatch[]>();
  for (const [name, match] of entriesOf(map)) {
    if (!isRecord(match)) return undefined;
    const key = name.toLowerCase();
    lowered.set(key, [...lowered.get(key) ?? [], match]);
  }
  return lowered;
}

function entriesOf(
  map: Readonly<Record<string, StringMatch>> | undefined,
): [string, StringMatch][] {
  return isRecord(map) ? Object.entries(map) : [];
}

/** Claims are not seen; pseudo-headers have conditions of their own. */
function isSpecial(name: string): boolean {
  return name.startsWith("@") || name.startsWith(":") ||
    name.toLowerCase() === "host";
}

function sameMatch(a: StringMatch, b: StringMatch): boolean {
  if (!isRecord(a) || !isRecord(b)) return false;
  return ["exact", "prefix", "regex"].every((kind) => a[kind] === b[kind]);
}

/** `{}`, and `*`, which Istio reads as presence. */
function isPresence(match: StringMatch): boolean {
  return kindsOf(match).length === 0 || match.regex === "*";
}

function isSet<T>(value: T | undefined | null): value is T {
  return value !== undefined && value !== null;
}
