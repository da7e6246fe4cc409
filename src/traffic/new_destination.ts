/**
 * A destination for a build that a rule does not have yet (3.4), made after
 * another one, and what it takes over from that.
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import type { HTTPRouteDestination } from "../istio/types.ts";
import { type Build, buildOf, type Builds } from "./builds.ts";
import type { ShiftIntent } from "./intents.ts";
import type { Rule } from "./routes.ts";
import type { Chosen } from "./select.ts";

/** A destination for a build that a rule does not have yet (3.4). */
export function destinationFor(
  build: Build,
  context: {
    readonly rule: Rule;
    readonly builds: Builds;
    readonly intent: ShiftIntent;
    readonly chosen: Chosen;
  },
): HTTPRouteDestination {
  const { rule, builds, intent, chosen } = context;
  const own = chosen.rules
    .filter((each) => each.object === rule.object)
    .flatMap((each) =>
      each.members.flatMap((at) => each.route.route?.[at] ?? [])
    )
    .find((each) => buildOf(builds, each.destination).id === build.id);
  if (own) {
    const { weight: _weight, ...rest } = own;
    return rest;
  }
  const members = rule.members.flatMap((at) => rule.route.route?.[at] ?? []);
  const pattern =
    [...members].sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0))[0];
  if (!pattern) {
    throw new RefusedError("no-route", `Cannot find a destination to follow`);
  }
  const { weight: _weight, headers, ...rest } = pattern;
  const destination = {
    ...rest,
    destination: { ...pattern.destination, subset: build.subset ?? "" },
  };
  if (headers === undefined || intent.destinationHeaders === "none") {
    return destination;
  }
  const source = buildOf(builds, pattern.destination).value;
  const held = holdsValue(headers, source);
  if (held !== undefined && intent.destinationHeaders !== "copy") {
    throw new RefusedError(
      "header-value-of-build",
      `Cannot copy the headers of build "${source}" to build "${build.value}": "${held}" names build "${source}"`,
      {
        hint:
          "Copy them as they are with --destination-headers copy, or leave them out with --destination-headers none",
      },
    );
  }
  return { ...destination, headers };
}

/** `request set x-team, response remove server`. */
export function listOperations(headers: unknown): string {
  const fields = (value: unknown): [string, unknown][] =>
    typeof value === "object" && value !== null ? Object.entries(value) : [];
  return fields(headers).flatMap(([direction, operations]) =>
    fields(operations).map(([operation, names]) =>
      `${direction} ${operation} ${
        (Array.isArray(names) ? names : Object.keys(Object(names))).join(", ")
      }`
    )
  ).join("; ");
}

/** The first text in a value that has the build's value as a word. */
function holdsValue(value: unknown, build: string): string | undefined {
  if (typeof value === "string") {
    const words = value.split(/[^A-Za-z0-9._-]+/);
    const parts = value.split(/[^A-Za-z0-9]+/);
    return build !== "" && (words.includes(build) || parts.includes(build))
      ? value
      : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const each of Object.values(value)) {
    const held = holdsValue(each, build);
    if (held !== undefined) return held;
  }
  return undefined;
}
