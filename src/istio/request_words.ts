/**
 * Which requests match blocks are about, in words: `with header x-cid = 1,
 * under /v1`. Texts of foreign objects stand in them as they are.
 *
 * @module
 */

import { isRecord } from "./shapes.ts";
import type { HTTPMatchRequest, StringMatch } from "./types.ts";

/**
 * The requests that every one of these blocks takes, alone or with rules above
 * them that take others.
 */
export function requestsInWords(
  blocks: readonly (HTTPMatchRequest | undefined)[],
  options: { readonly isRest?: boolean } = {},
): string {
  const kinds = blocks.map(wordsOf);
  // Headers of all blocks first, then what else there is, paths at last.
  const words = [0, 1, 2, 3].flatMap((kind) =>
    kinds.flatMap((one) => one[kind] ?? [])
  );
  if (words.length > 0) return [...new Set(words)].join(", ");
  return options.isRest === true ? "all other requests" : "all requests";
}

/** By kind, in the order in which people read them. */
function wordsOf(
  block: HTTPMatchRequest | undefined,
): readonly (readonly string[])[] {
  if (!isRecord(block)) return [];
  const single = (["method", "authority", "scheme"] as const).flatMap(
    (field) => {
      const match = block[field];
      return isRecord(match) ? [`with ${field}${valueOf(match, " any")}`] : [];
    },
  );
  return [
    [
      ...each(block.headers, "with header"),
      ...each(block.withoutHeaders, "without header"),
    ],
    each(block.queryParams, "with query"),
    single,
    pathOf(block),
  ];
}

function pathOf({ uri, ignoreUriCase }: HTTPMatchRequest): string[] {
  if (!isRecord(uri)) return [];
  const fold = ignoreUriCase === true ? " in any case" : "";
  const { exact, prefix, regex } = uri;
  if (typeof exact === "string") return [`for ${exact}${fold}`];
  if (typeof regex === "string") return [`with a path like ${quote(regex)}`];
  if (typeof prefix !== "string" || prefix === "" || prefix === "/") return [];
  return [`under ${prefix}${fold}`];
}

function valueOf(match: StringMatch, present: string): string {
  if (!isRecord(match)) return present;
  const { exact, prefix, regex } = match;
  if (typeof exact === "string") return ` = ${exact === "" ? '""' : exact}`;
  if (typeof prefix === "string") return ` beginning with ${quote(prefix)}`;
  if (typeof regex === "string" && regex !== "*") {
    return ` like ${quote(regex)}`;
  }
  return present;
}

function quote(text: string): string {
  return `"${text}"`;
}

function each(map: unknown, what: string): string[] {
  return isRecord(map)
    ? Object.entries(map).map(([name, match]) =>
      `${what} ${name}${valueOf(match as StringMatch, "")}`
    )
    : [];
}
