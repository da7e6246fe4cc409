/**
 * `show` for people: a tree for each VirtualService, in the order in which
 * its rules are tried.
 *
 * @module
 */

import type {
  Finding,
  ShownDestination,
  ShownMirror,
  ShownRoute,
  ShownVirtualService,
  TrafficShow,
} from "../actions/show.ts";
import { type Paint, painter } from "./colour.ts";
import { describeMatch } from "./match.ts";
import { safe } from "./safe.ts";
import { count, pad, percent, type RenderOptions, wrap } from "./text.ts";

/** Column at which a line says more about itself. */
const SIDE = 61;

/** The whole show; ends with a line feed. */
export function renderShow(show: TrafficShow, options: RenderOptions): string {
  const pen: Pen = { paint: painter(options.color), width: options.width };
  const trees = show.virtualServices.map((object) => treeOf(object, pen));
  const empty = show.virtualServices.length === 0
    ? [["There are no VirtualServices"]]
    : [];
  const unread = show.unread.map((reason) =>
    mark(pen, {
      severity: "warning",
      message: `Could not be read: ${reason}`,
      indent: "",
    })
  );
  return [...empty, ...trees, ...unread]
    .map((lines) => lines.join("\n") + "\n").join("\n");
}

interface Pen {
  readonly paint: Paint;
  readonly width: number;
}

function treeOf(object: ShownVirtualService, pen: Pen): readonly string[] {
  const { paint } = pen;
  const { tcp, tls } = object.otherRules;
  const others = [
    tcp > 0 ? count(tcp, "TCP rule") : "",
    tls > 0 ? count(tls, "TLS rule") : "",
  ].filter((one) => one !== "");
  return [
    `Resource: ${paint(safe(object.name), "bold")}   Namespace: ${
      paint(safe(object.namespace), "bold")
    }`,
    requestLine(object),
    ...object.findings.flatMap((finding) =>
      mark(pen, { ...finding, indent: "  " })
    ),
    ...object.routes.flatMap((route) => ruleLines(route, pen)),
    ...(others.length === 0
      ? []
      : [`  \\_ ${others.join(" and ")}, not shown in detail`]),
    ...(object.routes.length === 0 && others.length === 0
      ? ["  \\_ no rules"]
      : []),
  ];
}

function requestLine(object: ShownVirtualService): string {
  const { hosts, gateways, delegateOf } = object;
  if (hosts.length === 0) {
    return delegateOf.length === 0
      ? "no hosts, and no VirtualService delegates to it"
      : `delegate of -> [${delegateOf.map((one) => safe(one)).join(", ")}]`;
  }
  const isMesh = gateways.length === 1 && gateways[0] === "mesh";
  return `client -> request to -> [${
    hosts.map((one) => safe(one)).join(", ")
  }]${
    isMesh ? "" : ` through [${gateways.map((one) => safe(one)).join(", ")}]`
  }`;
}

function ruleLines(route: ShownRoute, pen: Pen): readonly string[] {
  const blocks = route.match.length === 0
    ? [{ title: "every request", lines: [] }]
    : route.match.map(describeMatch);
  const side = nameOf(route);
  return [
    ...blocks.flatMap((block, index) => [
      beside(
        `  \\_ ${index === 0 ? "" : "or "}${block.title}`,
        index === 0 ? side : "",
        pen,
      ),
      ...block.lines.map((line) => `      |- ${line}`),
    ]),
    ...route.findings.flatMap((finding) =>
      mark(pen, { ...finding, indent: "       " })
    ),
    ...actionLines(route, pen),
    ...(route.mirrors ?? []).map(mirrorLine),
  ];
}

function nameOf({ name, index, kind, source }: ShownRoute): string {
  return `rule ${index}${name === null ? "" : ` "${safe(name)}"`}${
    source === undefined
      ? ""
      : ` of delegate ${safe(source.namespace)}/${safe(source.name)}`
  }${kind === "master" || kind === "mixed" ? `, ${kind}` : ""}`;
}

function actionLines(route: ShownRoute, pen: Pen): readonly string[] {
  const { delegate } = route;
  if (route.redirect !== undefined) {
    return [`       \\_ Redirect ${redirectText(route.redirect)}`];
  }
  if (route.directResponse !== undefined) {
    const { status } = route.directResponse;
    return [`       \\_ Direct response, status ${safe(String(status))}`];
  }
  if (delegate !== undefined) {
    return [
      `       \\_ Delegate [VirtualService] ${safe(delegate.namespace)}/${
        safe(delegate.name)
      }`,
    ];
  }
  if (route.destinations.length === 0) return [];
  return [
    "       \\_ Destination [k8s service]",
    ...byAddress(route.destinations).flatMap(([address, group]) => [
      `         - ${address}`,
      ...group.flatMap((each) => destinationLines(each, pen)),
    ]),
  ];
}

/** Neighbours with the same address stand under one heading. */
function byAddress(
  destinations: readonly ShownDestination[],
): readonly (readonly [string, readonly ShownDestination[]])[] {
  const groups: [string, ShownDestination[]][] = [];
  for (const each of destinations) {
    const address = addressOf(each);
    const last = groups.at(-1);
    if (last?.[0] === address) last[1].push(each);
    else groups.push([address, [each]]);
  }
  return groups;
}

function addressOf(
  of: { readonly host: string; readonly port: number | null },
): string {
  return safe(of.host) + (of.port === null ? "" : `:${of.port}`);
}

function destinationLines(
  each: ShownDestination,
  pen: Pen,
): readonly string[] {
  const labels = Object.entries(each.labels);
  const who = labels.length > 0
    ? "pods with labels"
    : each.subset === null
    ? "all pods"
    : `subset "${safe(each.subset)}"`;
  const unknown = each.problems.find(({ code }) => code === "pods-unknown");
  const side = each.readyPods !== null
    ? `(${count(each.readyPods, "ready pod")})`
    : unknown === undefined
    ? "(pods unknown)"
    : `(${unknown.message})`;
  const share = `${percent(each.percent)} of requests for ${who}`;
  return [
    beside(`            \\_ ${share}`, safe(side), pen),
    ...labels.map(([key, value]) =>
      `               |- ${safe(key)}: ${safe(value)}`
    ),
    ...each.problems.filter((one) => one !== unknown).flatMap((finding) =>
      mark(pen, { ...finding, indent: "               " })
    ),
  ];
}

function mirrorLine(mirror: ShownMirror): string {
  return `       \\_ Mirror: ${percent(mirror.percent)} copied to ${
    addressOf(mirror)
  }${mirror.subset === null ? "" : ` subset "${safe(mirror.subset)}"`}`;
}

function redirectText(redirect: Readonly<Record<string, unknown>>): string {
  const text = (key: string) =>
    redirect[key] === undefined ? "" : String(redirect[key]);
  const scheme = text("scheme");
  const place = `${scheme === "" ? "" : `${scheme}://`}${text("authority")}${
    text("uri")
  }`;
  return safe(
    `to ${place === "" ? "itself" : place}, status ${
      text("redirectCode") || "301"
    }`,
  );
}

/** A line with something to say at its side, in a column where that fits. */
function beside(line: string, side: string, pen: Pen): string {
  if (side === "") return line;
  return `${
    pad(line, Math.min(SIDE, Math.max(0, pen.width - side.length)) - 1)
  } ${pen.paint(side, "dim")}`;
}

const MARKS: Readonly<Record<Finding["severity"], string>> = {
  error: "!! ",
  warning: "!  ",
  info: "i  ",
};

function mark(
  pen: Pen,
  finding: Pick<Finding, "severity" | "message"> & {
    readonly code?: string;
    readonly indent: string;
  },
): readonly string[] {
  const { severity, message, code, indent } = finding;
  const text = safe(code === undefined ? message : `${message} [${code}]`);
  const style = severity === "error"
    ? "red"
    : severity === "warning"
    ? "yellow"
    : "dim";
  return wrap(text, pen.width - indent.length - 3).map((line, index) =>
    indent + pen.paint((index === 0 ? MARKS[severity] : "   ") + line, style)
  );
}
