/**
 * The match blocks above another one, kept so that of thousands only those are
 * compared that could take all of its requests.
 *
 * @module
 */

import { covers } from "../cover.ts";
import { isRecord } from "../shapes.ts";
import type { HTTPMatchRequest, StringMatch } from "../types.ts";

interface Kept<T> {
  readonly at: number;
  readonly block: HTTPMatchRequest;
  readonly value: T;
}

/** Beyond this nothing is compared any more, and nothing claimed. */
const MOST_COMPARED = 1_000_000;

/** Blocks in the order in which they are tried. */
export class Above<T> {
  // By something that a block must have, too, if this one takes all of its
  // requests: a header with that very value, a path that begins so.
  readonly #byNeed = new Map<string, Kept<T>[]>();
  #count = 0;
  #compared = 0;

  /** Puts one below all the others. */
  add(block: HTTPMatchRequest, value: T): void {
    const need = needOf(block);
    const kept = { at: this.#count++, block, value };
    const present = this.#byNeed.get(need);
    if (present === undefined) this.#byNeed.set(need, [kept]);
    else present.push(kept);
  }

  /** The first that is known to take every request that a block would take. */
  taking(block: HTTPMatchRequest): T | undefined {
    let first: Kept<T> | undefined;
    for (const key of offersOf(block)) {
      for (const kept of this.#byNeed.get(key) ?? []) {
        if (first !== undefined && kept.at > first.at) break;
        if (this.#compared++ >= MOST_COMPARED) return first?.value;
        if (!covers(kept.block, block)) continue;
        first = kept;
        break;
      }
    }
    return first?.value;
  }
}

const NOTHING = "";

function needOf(block: HTTPMatchRequest): string {
  if (!isRecord(block)) return NOTHING;
  for (const [name, value] of exactHeaders(block)) return header(name, value);
  const { uri, ignoreUriCase } = block;
  if (!isRecord(uri) || ignoreUriCase === true) return NOTHING;
  if (typeof uri.exact === "string") return path("exact", uri.exact);
  return typeof uri.prefix === "string" && uri.prefix.length > 1
    ? path("prefix", uri.prefix)
    : NOTHING;
}

function* offersOf(block: HTTPMatchRequest): Iterable<string> {
  yield NOTHING;
  if (!isRecord(block)) return;
  for (const [name, value] of exactHeaders(block)) yield header(name, value);
  const { uri } = block;
  if (!isRecord(uri)) return;
  const { exact, prefix } = uri;
  if (typeof exact === "string") yield path("exact", exact);
  const text = typeof exact === "string" ? exact : prefix;
  if (typeof text !== "string") return;
  for (let end = 2; end <= text.length; end++) {
    yield path("prefix", text.slice(0, end));
  }
}

function* exactHeaders(
  { headers }: HTTPMatchRequest,
): Iterable<[string, string]> {
  if (!isRecord(headers)) return;
  for (const [name, match] of Object.entries(headers)) {
    const { exact } = (isRecord(match) ? match : {}) as StringMatch;
    if (typeof exact === "string") yield [name.toLowerCase(), exact];
  }
}

function header(name: string, value: string): string {
  return `h ${name} ${value}`;
}

function path(kind: string, value: string): string {
  return `${kind} ${value}`;
}
