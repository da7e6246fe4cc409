/**
 * The shares that a file's destinations have in the cluster now.
 *
 * @module
 */

import type { InlayHint, Range } from "vscode-languageserver/node";
import { isRecord, stringOf } from "../../istio/shapes.ts";
import type { VirtualService } from "../../istio/types.ts";
import {
  ageOf,
  type KnownRule,
  type Names,
  namesAt,
} from "../../language/names.ts";
import { describeBlock } from "../../traffic/routes.ts";
import type { YamlFile } from "./files.ts";
import { spanOfField } from "./findings.ts";
import { placeOfObject, type Together, type Written } from "./world.ts";

/** `now 10 %, 2 s ago`; nothing where it is not known. */
export function liveShare(
  object: VirtualService,
  of: {
    readonly rule: number;
    readonly destination: number;
    readonly names: Names;
  },
): string | undefined {
  const { names } = of;
  // An object without a namespace was given that of the context.
  const known = namesAt(names, placeOfObject(object)) ??
    names.places.find(({ place, namespace }) =>
      place.context === undefined && namespace === object.metadata.namespace
    );
  const live = known?.virtualServices.find(({ name }) =>
    name === object.metadata.name
  );
  const route: unknown = object.spec?.http?.[of.rule];
  if (known === undefined || live === undefined || !isRecord(route)) {
    return undefined;
  }
  const list: unknown = route["route"];
  const own: unknown = Array.isArray(list) ? list[of.destination] : undefined;
  const destination: unknown = isRecord(own) ? own["destination"] : undefined;
  const rule = ruleLike(live.rules, route);
  if (rule === undefined || !isRecord(destination)) return undefined;
  const host = stringOf(destination["host"]);
  const percents = rule.destinations.filter((one) =>
    (one.host === host || host.startsWith(`${one.host}.`)) &&
    (one.subset ?? "") === stringOf(destination["subset"])
  ).map(({ percent }) => percent);
  const percent = percents.reduce((sum, one) => sum + one, 0);
  return `now ${Math.round(percent * 10) / 10} %, ${
    ageOf(known.readAt, names.now)
  }`;
}

/** The rule of the same name, or the only one that takes the same. */
function ruleLike(
  rules: readonly KnownRule[],
  route: Readonly<Record<string, unknown>>,
): KnownRule | undefined {
  const name = stringOf(route["name"]);
  if (name !== "") return rules.find((rule) => rule.name === name);
  const blocks = Array.isArray(route["match"]) ? route["match"] : [];
  const match = blocks.length === 0
    ? "every request"
    : blocks.map((block) => describeBlock(block)).join(" or ");
  const like = rules.filter((rule) => rule.match === match);
  return like.length === 1 ? like[0] : undefined;
}

/** The share of today behind each weight of a range. */
export function inlayHintsIn(
  file: YamlFile,
  range: Range,
  of: { readonly all: Together; readonly names: Names },
): readonly InlayHint[] {
  const hints: InlayHint[] = [];
  for (const written of of.all.written.values()) {
    if (written.file !== file) continue;
    for (const { rule, destination, object } of weightsIn(written)) {
      const share = liveShare(object, { rule, destination, names: of.names });
      if (share === undefined) continue;
      const path = ["spec", "http", rule, "route", destination, "weight"];
      const { end } = spanOfField(written, path);
      const position = file.lines.positionAt(end);
      if (position.line < range.start.line) continue;
      if (position.line > range.end.line) continue;
      hints.push({ position, label: share, paddingLeft: true });
    }
  }
  return hints;
}

function* weightsIn({ read }: Written): Generator<{
  readonly object: VirtualService;
  readonly rule: number;
  readonly destination: number;
}> {
  if (read.object.kind !== "VirtualService") return;
  const object = read.object as VirtualService;
  const http: unknown = object.spec?.http;
  for (const [rule, route] of (Array.isArray(http) ? http : []).entries()) {
    const list: unknown = isRecord(route) ? route["route"] : undefined;
    if (!Array.isArray(list)) continue;
    for (const [destination, one] of list.entries()) {
      if (isRecord(one) && one["weight"] !== undefined) {
        yield { object, rule, destination };
      }
    }
  }
}
