/**
 * The picture of VirtualServices with what is wrong in it.
 *
 * @module
 */

import { type Graph, graphOf, type GraphOptions } from "../istio/graph.ts";
import type { World } from "../istio/world.ts";
import { checkWorld, type CheckWorldOptions } from "./lint.ts";

/** Options of {@linkcode graphTraffic}. */
export interface GraphTrafficOptions
  extends Omit<GraphOptions, "findings">, Pick<CheckWorldOptions, "whole"> {}

/** Draws VirtualServices, and marks what `check` finds there. */
export function graphTraffic(
  world: World,
  { whole = true, ...options }: GraphTrafficOptions = {},
): Graph {
  return graphOf(world, { ...options, findings: checkWorld(world, { whole }) });
}
