/**
 * What stands at a place of a YAML document: the field in a sentence, the rule
 * in words with a request that it takes, the share of a destination.
 *
 * @module
 */

import type { Hover } from "vscode-languageserver/node";
import { printPath } from "../../istio/findings.ts";
import { resolveHost } from "../../istio/hosts.ts";
import { triesOf } from "../../istio/lint/asking.ts";
import { schemaField } from "../../istio/schema.ts";
import { isRecord, stringOf, strings } from "../../istio/shapes.ts";
import type { HTTPRoute, VirtualService } from "../../istio/types.ts";
import type { World } from "../../istio/world.ts";
import type { Names } from "../../language/names.ts";
import { describeMatch } from "../../render/match.ts";
import { toPercent } from "../../traffic/fractions.ts";
import { sharesOf } from "../../traffic/weights.ts";
import { markup } from "../markdown.ts";
import type { Client } from "../view.ts";
import { OUR_KINDS } from "./chunk.ts";
import { type EntryIn, entryIn, type ObjectAt, objectOf } from "./context.ts";
import { fieldDoc } from "./field_docs.ts";
import type { YamlFile } from "./files.ts";
import { liveShare } from "./live_shares.ts";
import { subsetsFor } from "./offers.ts";
import { pathOf } from "./sketch.ts";
import { aboutTests } from "./test_hover.ts";
import type { Together, Written } from "./world.ts";

/** Lines of a hover that anybody reads. */
const MOST = 24;

/** What there is to say about an offset. */
export function hoverIn(
  file: YamlFile,
  offset: number,
  of: {
    readonly all: Together;
    readonly names: Names;
    readonly client: Client;
  },
): Hover | null {
  const found = entryIn(file, offset);
  if (found === undefined) return null;
  const { part, sketch, entry } = found;
  const object = objectOf(sketch, entry);
  const base = pathOf(object.entry);
  const path = pathOf(entry).slice(base.length);
  const lines = part.chunk.isTests
    ? aboutTests(part.chunk, path, { all: of.all, base })
    : aboutField(found, path, { ...of, object });
  if (lines.length === 0) return null;
  const isKey = !entry.isItem && offset - part.start <= entry.keyEnd;
  return {
    range: file.lines.rangeOf(
      isKey
        ? { start: part.start + entry.at, end: part.start + entry.keyEnd }
        : { start: part.start + entry.start, end: part.start + entry.end },
    ),
    contents: markup({
      title: printPath(path),
      lines: lines.slice(0, MOST),
    }, of.client.markdown),
  };
}

function aboutField(
  { part }: EntryIn,
  path: readonly (string | number)[],
  of: {
    readonly object: ObjectAt;
    readonly all: Together;
    readonly names: Names;
  },
): readonly string[] {
  const { object, all } = of;
  const isOurs = part.chunk.isOurs && OUR_KINDS.has(object.kind);
  if (!isOurs || path[0] !== "spec") return [];
  const field = schemaField(object.kind, path);
  const doc = field && fieldDoc(object.kind, field.name);
  const written = [...all.written.values()].find(({ part: own, read }) =>
    own.chunk === part.chunk && own.start === part.start &&
    read.object.kind === object.kind &&
    read.object.metadata.name === object.name
  );
  return [
    ...doc === undefined ? [] : [doc],
    ...written === undefined || object.kind !== "VirtualService"
      ? []
      : aboutRule(path, { ...of, written }),
  ];
}

interface RuleOptions {
  readonly all: Together;
  readonly names: Names;
  readonly written: Written;
}

function aboutRule(
  path: readonly (string | number)[],
  { all, names, written }: RuleOptions,
): readonly string[] {
  const [, list, index, field, place] = path;
  const object = written.read.object as VirtualService;
  const rule: unknown = object.spec?.http?.[Number(index)];
  if (list !== "http" || typeof index !== "number" || !isRecord(rule)) {
    return [];
  }
  const route = rule as unknown as HTTPRoute;
  if (field === "route" && typeof place === "number") {
    return aboutDestination(all.world, {
      ...{ object, route, names },
      rule: index,
      destination: place,
    });
  }
  // Deeper in, the field itself is what somebody asks about.
  if (path.length > 4 || !["name", "match", "route"].includes(String(field))) {
    return [];
  }
  return ["", ...takes(route), ...example(all.world, { object, index, route })];
}

function takes({ match }: HTTPRoute): readonly string[] {
  const blocks = Array.isArray(match) ? match : [];
  if (blocks.length === 0) return ["Takes every request"];
  return blocks.flatMap((block, index) => {
    const { title, lines } = describeMatch(isRecord(block) ? block : {});
    const said = title === "Headers" ? lines : [title, ...lines];
    return [`${index === 0 ? "Takes" : "or"} ${said.join(", ")}`];
  });
}

/** A request that is sent through the rules of all that is open. */
function example(
  world: World,
  of: {
    readonly object: VirtualService;
    readonly index: number;
    readonly route: HTTPRoute;
  },
): readonly string[] {
  const { object, index, route } = of;
  // A delegate is asked for by way of its roots.
  if (strings(object.spec?.hosts).length === 0) return [];
  const block = Array.isArray(route.match) ? route.match[0] ?? {} : {};
  for (const tried of triesOf(world, object, block)) {
    const { request, verdict } = tried;
    const { method, scheme, authority, path, headers, port } = request;
    const hasPort = /:\d+$/.test(authority);
    const url = `${scheme}://${authority}${hasPort ? "" : `:${port}`}${path}`;
    const given = headers.map(([name, value]) => ` -H ${name}=${value}`);
    const { source, rule, outcome, status, why } = verdict;
    const isOwn = source?.metadata.name === object.metadata.name &&
      source.metadata.namespace === object.metadata.namespace;
    const end = outcome === "route"
      ? verdict.destinations.map(({ host, subset, fraction }) =>
        `${Math.round(fraction * 1000) / 10} % ${host}${
          subset === undefined ? "" : ` ${subset}`
        }`
      ).join(", ")
      : `${outcome}${status === undefined ? "" : ` ${status}`}${
        why === undefined ? "" : `: ${why}`
      }`;
    return [
      "",
      `For example: ${method} ${url}${given.join("")}`,
      isOwn && rule === index
        ? `goes to ${end}`
        : isOwn && rule !== undefined
        ? `is taken by rule ${rule} before, and goes to ${end}`
        : source === undefined
        ? `ends with ${end}`
        : `is taken by "${source.metadata.name}", and goes to ${end}`,
    ];
  }
  return [];
}

function aboutDestination(
  world: World,
  of: {
    readonly object: VirtualService;
    readonly route: HTTPRoute;
    readonly rule: number;
    readonly destination: number;
    readonly names: Names;
  },
): readonly string[] {
  const { object, route, destination, names } = of;
  const list: unknown = route.route;
  if (!Array.isArray(list) || !list.every(isRecord)) return [];
  const one: unknown = list[destination]?.["destination"];
  if (!isRecord(one)) return [];
  const sum = list.reduce(
    (total, each) => total + (Number(each["weight"]) || 0),
    0,
  );
  const share = list.length === 1 || sum > 0
    ? sharesOf(list as { weight?: number }[])[destination]
    : undefined;
  const live = liveShare(object, of);
  const host = resolveHost(
    stringOf(one["host"]),
    object.metadata.namespace ?? "default",
    world.mesh,
  );
  const subset = stringOf(one["subset"]);
  const known = subsetsFor(world, { host, names })
    .find(({ text }) => text === subset);
  return [
    "",
    `${host}${subset === "" ? "" : `, subset ${subset}`}${
      known?.detail === undefined ? "" : ` (${known.detail})`
    }`,
    ...share === undefined
      ? []
      : [`${Math.round(toPercent(share) * 10) / 10} % of the rule's requests`],
    ...live === undefined ? [] : [live],
  ];
}
