/**
 * Match blocks in words, the same ones that an explanation has.
 *
 * @module
 */

import { conditionsOf } from "./match.ts";
import { isRecord, strings } from "./shapes.ts";
import type { HTTPMatchRequest, HTTPRoute } from "./types.ts";

/** One clause for each block of a rule; any of them is enough. */
export function matchInWords(route: HTTPRoute): readonly string[] {
  const blocks: unknown = isRecord(route) ? route.match : undefined;
  return Array.isArray(blocks) && blocks.length > 0
    ? blocks.map(blockInWords)
    : ["every request"];
}

/** All conditions of a block: `uri prefix "/v1" and port 80`. */
export function blockInWords(block: HTTPMatchRequest): string {
  const parts = [
    ...conditionsOf(block).map(({ field, wanted }) => `${field} ${wanted}`),
    ...clientInWords(block),
  ];
  return parts.length === 0 ? "every request" : parts.join(" and ");
}

function clientInWords(block: HTTPMatchRequest): string[] {
  if (!isRecord(block)) return [];
  const { port, sourceLabels, sourceNamespace } = block;
  const gateways = strings(block.gateways);
  return [
    ...(port ? [`port ${port}`] : []),
    ...(isRecord(sourceLabels)
      ? Object.entries(sourceLabels).map(([key, value]) =>
        `from pods with ${key}=${value}`
      )
      : []),
    ...(sourceNamespace ? [`from namespace ${sourceNamespace}`] : []),
    ...(gateways.length === 0 ? [] : [`through ${gateways.join(", ")}`]),
  ];
}
