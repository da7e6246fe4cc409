/**
 * Requests that fare otherwise, as people read them: which ones, one of them
 * as an example, and where it goes before and after.
 *
 * @module
 */

import type { Client } from "../istio/client.ts";
import type {
  Fate,
  FateDestination,
  TrafficDifference,
} from "../istio/differences.ts";
import { painter, type Style } from "./colour.ts";
import { explainLine } from "./explain_line.ts";
import { safe } from "./safe.ts";
import { bullet, count, percent, type RenderOptions } from "./text.ts";

/** Rows that are shown; documents have them all. */
const MOST_ROWS = 20;
/** Sets, hosts and clients that are named in a row. */
const MOST_NAMES = 3;

/** The section with its title; nothing where there are none. */
export function renderDifferences(
  differences: readonly TrafficDifference[],
  options: RenderOptions & { readonly all?: boolean },
): readonly string[] {
  if (differences.length === 0) return [];
  const paint = painter(options.color);
  const shown = options.all === true
    ? differences
    : differences.slice(0, MOST_ROWS);
  const left = differences.length - shown.length;
  return [
    paint("Requests that go elsewhere:", "bold"),
    ...shown.flatMap((row) => rowLines(row, options)),
    ...(left === 0
      ? []
      : [`  … and ${count(left, "row")} more; -o json has them all`]),
  ];
}

function rowLines(
  row: TrafficDifference,
  options: RenderOptions,
): readonly string[] {
  const paint = painter(options.color);
  const { requests, hosts, clients } = row;
  const sets = named(requests, "; or ", "sets");
  const title = `${sets}, to ${named(hosts, ", ", "hosts")}, ${
    senders(clients)
  }`;
  const withLabels = hasOtherLabels(row);
  const line = (mark: string, text: string, style?: Style) =>
    bullet(safe(text), { width: options.width, indent: "      ", mark })
      .map((line) => style === undefined ? line : paint(line, style));
  return [
    ...bullet(safe(title), { width: options.width, indent: "  " }),
    // To be copied, so it stays one line.
    `      see:     ${safe(explainLine(row))}`,
    ...line("before:  ", fateText(row.before, withLabels), "yellow"),
    ...line("after:   ", fateText(row.after, withLabels), "green"),
    ...(row.treatment.length === 0
      ? []
      : line("also:    ", `${row.treatment.join(", ")} of the rule differ`)),
  ];
}

/** The same name leads to other pods: then the labels have to be told. */
function hasOtherLabels({ before, after }: TrafficDifference): boolean {
  return before.destinations.some(({ cluster, labels }) => {
    const twin = after.destinations.find((one) => one.cluster === cluster);
    return twin !== undefined && labelsText(twin.labels) !== labelsText(labels);
  });
}

function labelsText(labels: FateDestination["labels"] = {}): string {
  return Object.entries(labels).sort().map((pair) => pair.join("=")).join(",");
}

function named(
  texts: readonly string[],
  separator: string,
  noun: string,
): string {
  const left = texts.length - MOST_NAMES;
  const shown = texts.slice(0, MOST_NAMES).join(separator);
  return left > 0 ? `${shown} and ${left} more ${noun}` : shown;
}

/** `from sidecars in default, shop`, `through gateway default/gate`. */
function senders(clients: readonly Client[]): string {
  const gateways = [
    ...new Set(
      clients.flatMap(({ kind, gateway = "" }) =>
        kind === "sidecar" ? [] : [`${kind} ${gateway}`]
      ),
    ),
  ];
  const sidecars = clients.filter(({ kind }) => kind === "sidecar");
  const plain = sidecars.some(({ labels }) => Object.keys(labels).length === 0);
  // Who has no labels stands for all who have others.
  const whose = plain ? "" : ` with ${
    named(
      [
        ...new Set(
          sidecars.map(({ labels }) =>
            Object.entries(labels).map(([key, value]) => `${key}=${value}`)
              .join(",")
          ),
        ),
      ],
      " or ",
      "kinds",
    )
  }`;
  const places = [...new Set(sidecars.map(({ namespace }) => namespace))];
  return [
    ...(places.length === 0
      ? []
      : [`from sidecars${whose} in ${named(places, ", ", "namespaces")}`]),
    ...(gateways.length === 0
      ? []
      : [`through gateway ${named(gateways, ", ", "gateways")}`]),
  ].join(", and ");
}

/** By which rule, and where it goes. */
function fateText(fate: Fate, withLabels: boolean): string {
  const { object, rule, name } = fate;
  const by = object === undefined || rule === undefined
    ? ""
    : `rule ${rule}${
      name === undefined ? "" : ` ${JSON.stringify(name)}`
    } of ${object}: `;
  return `${by}${endText(fate, withLabels)}`;
}

function endText(fate: Fate, withLabels: boolean): string {
  const { status, why } = fate;
  const destinations = fate.destinations.map((one) =>
    destinationText(one, withLabels)
  ).join(", ");
  switch (fate.outcome) {
    case "route":
      return destinations;
    case "default":
      return `by no rule: ${destinations}`;
    case "redirect":
      return `redirect, ${status} ${
        fate.redirect === undefined ? why : JSON.stringify(fate.redirect)
      }`;
    case "direct":
      return `answered by the proxy, ${status}`;
    case "no-route":
      return `${status} NR: ${why ?? "no rule matches"}`;
    case "passthrough":
      return `passed through: ${why ?? "nobody knows the host"}`;
    case "unknown":
      return `not known: ${why ?? "it cannot be told"}`;
  }
}

function destinationText(
  { percent: share, host, port, subset, labels, flag }: FateDestination,
  withLabels: boolean,
): string {
  const pods = withLabels ? labelsText(labels) : "";
  return [
    `${percent(share)} to ${host.replace(/\.svc\..*$/, "")}:${port}`,
    ...(subset === undefined ? [] : [subset]),
    ...(pods === "" ? [] : [`(${pods})`]),
    ...(flag === undefined ? [] : [`503 ${flag}`]),
  ].join(" ");
}
