/**
 * Values that could stand at a place: words of the table, and live names with
 * what tells them from others.
 *
 * @module
 */

import {
  buildMeant,
  type Chosen,
  chosenBy,
  sharesOf,
  sharesText,
} from "./chosen.ts";
import {
  commandsBelow,
  commandsIn,
  type Completes,
  type Option,
  type ValueType,
  type Way,
} from "./commands.ts";
import type { Cursor } from "./cursor.ts";
import { type Names, namesAt, type PlaceNames } from "./names.ts";

/** One value that could stand there. */
export interface Candidate {
  /** The value, not quoted. */
  readonly value: string;
  /** One clause that tells it from others. */
  readonly doc: string;
  /** More belongs behind it: `app=`. */
  readonly isOpen?: boolean;
  /** It comes from the cluster, and is as old as its place. */
  readonly isLive?: boolean;
}

/** Values for the part of a word from `from` on. */
export interface Candidates {
  readonly from: number;
  readonly all: readonly Candidate[];
  /** They depend on a place of which nothing is known yet. */
  readonly isLoading: boolean;
}

/** A word that takes a value: an option, or an argument. */
export interface Taker {
  readonly type: ValueType | "command" | "assignment";
  readonly values?: readonly string[];
  readonly default?: string;
  readonly completes?: Completes;
  /** Which option; an argument has none. */
  readonly long?: string;
}

/** Do its values come from a cluster, and not from files or the kubeconfig? */
export function isLive({ completes, type }: Taker): boolean {
  return completes !== undefined && completes !== "file" &&
      completes !== "context" ||
    type === "percent" || type === "split";
}

/** Values for a taker at the cursor. */
export function candidatesFor(
  taker: Taker,
  cursor: Cursor,
  of: { readonly names: Names; readonly way: Way },
): Candidates {
  const whole = (all: readonly Candidate[], isLoading = false): Candidates => ({
    from: 0,
    all,
    isLoading,
  });
  if (taker.type === "enum") {
    return whole((taker.values ?? []).map((value) => ({
      value,
      doc: value === taker.default ? "the default" : "",
    })));
  }
  if (taker.type === "command") return whole(topics(cursor, of.way));
  if (taker.type === "duration") {
    return whole(durations(taker.default));
  }
  if (taker.completes === "context") {
    return whole(of.names.contexts.map(({ name, namespace, ...context }) => ({
      value: name,
      doc: [
        ...namespace === undefined ? [] : [`namespace ${namespace}`],
        ...context.protected ? ["protected"] : [],
      ].join(", "),
    })));
  }
  const known = namesAt(of.names, cursor.place);
  if (known === undefined) {
    return whole(
      taker.type === "percent" ? percents(undefined) : [],
      isLive(taker),
    );
  }
  const found = liveCandidates(taker, cursor, known);
  return known.isLoading ? { ...found, isLoading: true } : found;
}

function liveCandidates(
  taker: Taker,
  cursor: Cursor,
  known: PlaceNames,
): Candidates {
  const chosen = chosenBy(cursor.whole, known);
  const live = (
    all: readonly Omit<Candidate, "isLive">[],
    from = 0,
  ): Candidates => ({
    from,
    all: all.map((each) => ({ ...each, isLive: true })),
    isLoading: false,
  });
  if (taker.type === "percent") {
    const now = shareNow(cursor, chosen);
    return { from: 0, all: percents(now), isLoading: false };
  }
  if (taker.type === "split") return live(splits(cursor.typed, chosen));
  switch (taker.completes) {
    case "namespace":
      return live(known.namespaces.map((value) => ({ value, doc: "" })));
    case "virtual-service":
      return live(virtualServices(cursor, known));
    case "destination":
      return live(known.services.flatMap(({ host, ports }) => [
        { value: host, doc: portsText(ports) },
        ...ports.map((port) => ({ value: `${host}:${port}`, doc: "" })),
      ]));
    case "build":
      return live(builds(chosen));
    case "route":
      return live(routes(chosen));
    case "operation":
      return live(
        known.operations.filter(({ virtualService }) =>
          chosen.virtualServices.some(({ name }) => name === virtualService)
        ).map(({ id, time, command, undone }) => ({
          value: id,
          doc: `${time} ${undone ? "(undone) " : ""}${command}`,
        })),
      );
    case "label":
      return labels(taker, cursor, { known, live });
    case "header":
      return headers(taker, cursor, { chosen, live });
    default:
      return live([]);
  }
}

function topics(cursor: Cursor, way: Way): readonly Candidate[] {
  const path = cursor.whole.positionals.map(({ value }) => value)
    .filter((value) => value !== cursor.typed);
  const below = path.length === 0 ? commandsIn(way) : commandsBelow(path, way);
  return below.map(({ path, summary }) => ({
    value: path.at(-1) as string,
    doc: summary,
  }));
}

function durations(usual: string | undefined): readonly Candidate[] {
  return [
    ...usual === undefined ? [] : [{ value: usual, doc: "the default" }],
    ...["5s", "30s", "2m", "5m"].filter((value) => value !== usual)
      .map((value) => ({ value, doc: "" })),
  ];
}

/** The current one first, then steps that people take. */
function percents(
  now: { readonly percent: number; readonly doc: string } | undefined,
): readonly Candidate[] {
  const steps = [0, 1, 5, 10, 20, 25, 50, 75, 100]
    .filter((step) => step !== now?.percent)
    .map((step) => ({ value: String(step), doc: stepDoc(step) }));
  return now === undefined
    ? steps
    : [{ value: String(now.percent), doc: now.doc, isLive: true }, ...steps];
}

function stepDoc(step: number): string {
  return step === 0 ? "none" : step === 100 ? "all requests" : "";
}

function shareNow(
  cursor: Cursor,
  chosen: Chosen,
): { readonly percent: number; readonly doc: string } | undefined {
  const build = buildMeant(cursor.whole, chosen);
  if (build === undefined) return undefined;
  const shares = sharesOf(chosen, build);
  const [first] = shares;
  return first && {
    percent: first.percent,
    doc: `what build ${build} has: ${sharesText(shares)}`,
  };
}

/** All builds with the shares they have, as one value to edit. */
function splits(typed: string, chosen: Chosen): readonly Candidate[] {
  const shares = chosen.builds.map(({ build }) => ({
    build,
    percent: sharesOf(chosen, build)[0]?.percent ?? 0,
  })).filter(({ percent }) => percent > 0);
  const now = shares.map(({ build, percent }) => `${build}=${percent}`)
    .join(",");
  const cut = typed.lastIndexOf(",") + 1;
  const before = typed.slice(0, cut);
  return [
    ...(now === "" || before !== "" ? [] : [{ value: now, doc: "now" }]),
    ...chosen.builds.filter(({ build }) =>
      !before.split(",").some((part) => part.startsWith(`${build}=`))
    ).map(({ build, ...rest }) => ({
      value: `${before}${build}=`,
      doc: buildDoc({ build, ...rest }, chosen),
      isOpen: true,
    })),
  ];
}

function virtualServices(
  cursor: Cursor,
  known: PlaceNames,
): readonly Candidate[] {
  const taken = cursor.whole.positionals.map(({ value }) => value);
  return known.virtualServices
    .filter(({ name }) => name === cursor.typed || !taken.includes(name))
    .map(({ name, hosts, rules }) => ({
      value: name,
      doc: `${hosts.slice(0, 2).join(", ") || "delegate"}, ${
        count(rules.length, "rule")
      }`,
    }));
}

function builds(chosen: Chosen): readonly Candidate[] {
  return chosen.builds.map((build) => ({
    value: build.build,
    doc: buildDoc(build, chosen),
  }));
}

function buildDoc(
  { build, host, pods, subset }: Chosen["builds"][number],
  chosen: Chosen,
): string {
  const shares = sharesText(sharesOf(chosen, build));
  return [
    ...chosen.hosts.length > 1 ? [host] : [],
    ...shares === undefined ? [] : [shares],
    ...pods === undefined ? [] : [count(pods, "pod")],
    ...subset === undefined ? ["no subset yet"] : [],
  ].join(", ");
}

function routes({ virtualServices }: Chosen): readonly Candidate[] {
  return virtualServices.flatMap(({ rules }) => rules).map((rule) => ({
    value: rule.name ?? String(rule.index),
    doc: `rule ${rule.index}, ${rule.kind}: ${rule.match}`,
  }));
}

type Live = (
  all: readonly Omit<Candidate, "isLive">[],
  from?: number,
) => Candidates;

/** `key=` first, then values; the part after the last comma. */
function labels(
  taker: Taker,
  cursor: Cursor,
  { known, live }: { readonly known: PlaceNames; readonly live: Live },
): Candidates {
  const all = taker.long === "pod-selector" || taker.long === "build-label"
    ? known.labels
    : labelsOfObjects(known);
  if (taker.long === "build-label") {
    return live(all.map(({ key, values }) => ({
      value: key,
      doc: count(values.length, "value"),
    })));
  }
  const { typed } = cursor;
  const from = typed.lastIndexOf(",") + 1;
  const part = typed.slice(from);
  const cut = part.search(/!?==?/);
  if (cut < 0) {
    return live(
      all.map(({ key, values }) => ({
        value: `${key}=`,
        doc: count(values.length, "value"),
        isOpen: true,
      })),
      from,
    );
  }
  const sign = /^!?==?/.exec(part.slice(cut))?.[0] ?? "=";
  const key = part.slice(0, cut);
  const values = all.find((each) => each.key === key)?.values ?? [];
  return live(
    values.map(({ value, pods }) => ({
      value,
      doc: count(pods, taker.long === "pod-selector" ? "pod" : "object"),
    })),
    from + cut + sign.length,
  );
}

/** Labels of VirtualServices, and on how many each value is. */
function labelsOfObjects(known: PlaceNames): PlaceNames["labels"] {
  const found = new Map<string, Map<string, number>>();
  for (const { labels } of known.virtualServices) {
    for (const [key, value] of Object.entries(labels)) {
      const values = found.get(key) ?? new Map<string, number>();
      found.set(key, values.set(value, (values.get(value) ?? 0) + 1));
    }
  }
  return [...found].map(([key, values]) => ({
    key,
    values: [...values].map(([value, pods]) => ({ value, pods })),
  }));
}

/** Whole conditions that rules have, then names alone. */
function headers(
  taker: Taker,
  cursor: Cursor,
  { chosen, live }: { readonly chosen: Chosen; readonly live: Live },
): Candidates {
  const from = taker.type === "headers" ? cursor.typed.lastIndexOf(",") + 1 : 0;
  const rules = chosen.virtualServices.flatMap((object) => object.rules);
  const whole = new Map<string, string>();
  const names = new Map<string, number>();
  for (const { headers, destinations } of rules) {
    const [first] = destinations;
    for (const header of headers) {
      const to = first?.build ?? first?.subset;
      whole.set(header, to === undefined ? "" : `leads to ${to} now`);
      const name = /^[^=^?]+/.exec(header)?.[0] ?? header;
      names.set(name, (names.get(name) ?? 0) + 1);
    }
  }
  // A value with a comma is no part of a list.
  const fits = ([header]: readonly [string, string]) =>
    taker.type === "header" || !header.includes(",");
  return live([
    ...[...whole].filter(fits).map(([value, doc]) => ({ value, doc })),
    ...[...names].map(([name, times]) => ({
      value: `${name}=`,
      doc: `in ${count(times, "rule")}`,
      isOpen: true,
    })),
  ], from);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function portsText(ports: readonly number[]): string {
  return ports.length === 1
    ? `port ${ports[0]}`
    : ports.length === 0
    ? ""
    : `ports ${ports.join(", ")}`;
}

/** An option as a taker. */
export function takerOf(option: Option): Taker {
  const { type, values, completes, long } = option;
  return {
    type,
    long,
    ...(values === undefined ? {} : { values }),
    ...(option.default === undefined ? {} : { default: option.default }),
    ...(completes === undefined ? {} : { completes }),
  };
}
