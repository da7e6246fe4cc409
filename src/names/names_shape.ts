/**
 * Names that were kept in a file, looked at before they are believed.
 *
 * @module
 */

import type { PlaceNames } from "../language/names.ts";
import {
  type Check,
  fields,
  flag,
  list,
  mapOf,
  number,
  optional,
  text,
} from "../traffic/shape.ts";
import { MOST } from "./bounds.ts";

const name = text({ longest: MOST.name });
const sentence = text({ longest: MOST.text });
const count = number(0, 1e9);
const labels = mapOf(name);

const rule = fields({
  index: count,
  name: optional(name),
  kind: name,
  match: sentence,
  headers: list(text({ longest: MOST.header }), MOST.headers),
  destinations: list(
    fields({
      host: name,
      port: optional(number(0, 65_535)),
      subset: optional(name),
      build: optional(name),
      percent: number(0, 100),
    }),
    MOST.destinations,
  ),
});

const placeNames = fields({
  namespace: name,
  readAt: number(0, 8.64e15),
  isPartial: flag,
  problem: optional(sentence),
  protected: optional(text()),
  namespaces: list(name, MOST.namespaces),
  virtualServices: list(
    fields({
      name,
      labels,
      hosts: list(name, MOST.hosts),
      rules: list(rule, MOST.rules),
    }),
    MOST.objects,
  ),
  services: list(
    fields({ host: name, ports: list(number(0, 65_535), MOST.ports) }),
    MOST.objects,
  ),
  builds: list(
    fields({
      build: name,
      host: name,
      labels,
      subset: optional(name),
      pods: optional(count),
    }),
    MOST.builds,
  ),
  labels: list(
    fields({
      key: name,
      values: list(fields({ value: name, pods: count }), MOST.values),
    }),
    MOST.labels,
  ),
  operations: list(
    fields({
      id: name,
      virtualService: name,
      time: name,
      command: sentence,
      undone: flag,
    }),
    MOST.operations,
  ),
});

/** What is kept of a place: not which one, and not that it is watched. */
export type KeptNames = Omit<PlaceNames, "place" | "isWatched">;

/** The names in a file; nothing where it is not what we would have written. */
export function keptNames(content: string): KeptNames | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return undefined;
  }
  return problemOfFile(value, "") === undefined
    ? (value as { readonly names: KeptNames }).names
    : undefined;
}

/** The text of a file. */
export function printNames(names: KeptNames): string {
  return JSON.stringify({ ...HEAD, names });
}

const HEAD = { apiVersion: "istiops/v1", kind: "KnownNames" };

const problemOfFile: Check = fields({
  apiVersion: text({ among: [HEAD.apiVersion] }),
  kind: text({ among: [HEAD.kind] }),
  names: placeNames,
});
