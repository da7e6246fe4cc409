/**
 * A match block as the tree of `show` has it: a title and what hangs on it.
 *
 * @module
 */

import type { HTTPMatchRequest, StringMatch } from "../istio/types.ts";
import { safe } from "./safe.ts";

/** One block in words. */
export interface BlockText {
  /** `Headers`, `regex: ".+"`, `every request`. */
  readonly title: string;
  /** `x-cid: seu_madruga`, … */
  readonly lines: readonly string[];
}

/**
 * A block with header conditions is titled `Headers`, which hang on it with
 * everything else that must hold; another one is titled by its path.
 */
export function describeMatch(block: HTTPMatchRequest): BlockText {
  const path = pathOf(block);
  const headers = entriesOf(block.headers).map(([name, match]) =>
    `${safe(name)}: ${valueOf(match)}`
  );
  const others = otherConditions(block);
  if (headers.length > 0) {
    return {
      title: "Headers",
      lines: [...headers, ...(path === undefined ? [] : [path]), ...others],
    };
  }
  if (path !== undefined) return { title: path, lines: others };
  return others.length === 0
    ? { title: "every request", lines: [] }
    : { title: "every path", lines: others };
}

function pathOf(block: HTTPMatchRequest): string | undefined {
  const { uri, ignoreUriCase } = block;
  if (typeof uri !== "object" || uri === null) return undefined;
  const any = ignoreUriCase === true ? " (in any case)" : "";
  for (const kind of ["exact", "prefix", "regex"] as const) {
    const value = uri[kind];
    if (value !== undefined) return `${kind}: ${quote(value)}${any}`;
  }
  return undefined;
}

function otherConditions(block: HTTPMatchRequest): string[] {
  const lines: string[] = [];
  for (const [name, match] of entriesOf(block.withoutHeaders)) {
    lines.push(`without header ${safe(name)}: ${valueOf(match)}`);
  }
  for (const [name, match] of entriesOf(block.queryParams)) {
    lines.push(`query ${safe(name)}: ${valueOf(match)}`);
  }
  for (const field of ["method", "authority", "scheme"] as const) {
    const match = block[field];
    if (match) lines.push(`${field}: ${valueOf(match)}`);
  }
  if (block.port !== undefined) lines.push(`port: ${safe(`${block.port}`)}`);
  for (const [key, value] of entriesOf(block.sourceLabels)) {
    lines.push(`from pods with ${safe(key)}=${safe(`${value}`)}`);
  }
  if (block.sourceNamespace) {
    lines.push(`from namespace ${safe(block.sourceNamespace)}`);
  }
  if (Array.isArray(block.gateways) && block.gateways.length > 0) {
    lines.push(`through ${block.gateways.map((one) => safe(one)).join(", ")}`);
  }
  return lines;
}

/** `3`, `prefix "a"`, `regex "a.*"`, `(present)`. */
function valueOf(match: StringMatch): string {
  if (match?.exact !== undefined) {
    return match.exact === "" ? '""' : safe(`${match.exact}`);
  }
  if (match?.prefix !== undefined) return `prefix ${quote(match.prefix)}`;
  if (match?.regex !== undefined) return `regex ${quote(match.regex)}`;
  return "(present)";
}

function quote(text: unknown): string {
  return `"${safe(`${text}`)}"`;
}

function entriesOf<T>(
  map: Readonly<Record<string, T>> | undefined,
): readonly (readonly [string, T])[] {
  return typeof map === "object" && map !== null ? Object.entries(map) : [];
}
