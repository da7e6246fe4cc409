/**
 * Who comes first where several objects speak about one host: the older one.
 *
 * @module
 */

import { namespaceOf } from "./hosts.ts";
import type { KubeObject } from "./types.ts";

const TIMES = new WeakMap<KubeObject, number>();

/** By creation (seconds; none is the oldest), then name, then namespace. */
export function compareAge(a: KubeObject, b: KubeObject): number {
  return timeOf(a) - timeOf(b) ||
    compareText(a.metadata.name, b.metadata.name) ||
    compareText(namespaceOf(a), namespaceOf(b));
}

function timeOf(object: KubeObject): number {
  const known = TIMES.get(object);
  if (known !== undefined) return known;
  const milliseconds = Date.parse(object.metadata.creationTimestamp ?? "");
  const time = Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
  TIMES.set(object, time);
  return time;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
