/**
 * `explain` for people: the rule that takes the request, where it goes, and
 * why nothing before it took it.
 *
 * @module
 */

import type { TrafficExplanation } from "../actions/explain.ts";
import type {
  ExplainedDestination,
  Ignored,
  PassedRule,
  RulePlace,
} from "../istio/explanation.ts";
import type { Client } from "../istio/client.ts";
import { type Finding, printPath } from "../istio/findings.ts";
import { painter } from "./colour.ts";
import { safe } from "./safe.ts";
import {
  bullet,
  columns,
  count,
  percent,
  type RenderOptions,
  wrap,
} from "./text.ts";

/** The whole explanation; ends with a line feed. */
export function renderExplanation(
  explanation: TrafficExplanation,
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const { width } = options;
  const { passed, later, vanished, ignored, findings, unread } = explanation;
  const part = (title: string, sentences: readonly string[]): string[] =>
    sentences.length === 0 ? [] : [
      "",
      title,
      ...sentences.flatMap((sentence) => bullet(sentence, { width })),
    ];
  return [
    ...wrap(requestText(explanation), width),
    ...wrap(`From: ${clientText(explanation.client)}`, width),
    "",
    ...wrap(paint(outcomeText(explanation), "bold"), width),
    ...ruleLines(explanation),
    ...destinationsLines(explanation.destinations, width),
    ...sampleLines(explanation),
    ...part("Before it:", passed.map(passedText)),
    ...part(
      "Would take it, too, and come after it:",
      later.map((one) => placeText(one)),
    ),
    ...part(
      "Not there:",
      vanished.map(({ object, rule, delegate, why }) =>
        `${nameText(object)} rule ${rule} stands for the rules of "${
          safe(delegate)
        }": ${safe(why)}`
      ),
    ),
    ...part("Without a part in it:", ignored.map(ignoredText)),
    ...part("What check finds here:", [
      ...findings.slice(0, MOST_FINDINGS).map(findingText),
      ...(findings.length > MOST_FINDINGS
        ? [`${findings.length - MOST_FINDINGS} more: istiops check`]
        : []),
    ]),
    ...part("Could not be read:", unread.map((one) => safe(one))),
  ].join("\n") + "\n";
}

/** `GET http://reviews:9080/ with x-user: jason`. */
export function requestText(
  { request }: Pick<TrafficExplanation, "request">,
): string {
  const { method, scheme, authority, path, headers, port } = request;
  const hasPort = /:\d+$/.test(authority);
  const url = `${scheme}://${authority}${hasPort ? "" : `:${port}`}${path}`;
  const given = headers.map(([name, value]) => `${name}: ${value}`);
  return safe(
    `${method} ${url}${given.length === 0 ? "" : ` with ${given.join(", ")}`}`,
  );
}

/** Who sends it. */
export function clientText(
  { kind, namespace, labels, gateway }: Client,
): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const who = kind !== "sidecar"
    ? `${kind} ${gateway ?? ""} in namespace ${namespace}`
    : `a sidecar in namespace ${namespace}`;
  return safe(pairs.length === 0 ? who : `${who}, labels ${pairs.join(",")}`);
}

const OUTCOMES: Readonly<Record<TrafficExplanation["outcome"], string>> = {
  route: "A rule takes it",
  redirect: "It is redirected",
  direct: "It is answered without a service",
  default: "No VirtualService speaks for the host: straight to the service",
  passthrough: "Nobody knows the host: on to where the client sends it",
  "no-route": "No rule takes it: 404, flag NR",
  unknown: "It cannot be known",
};

/** How it ends. */
export function outcomeText(
  { outcome, status, why }: Pick<
    TrafficExplanation,
    "outcome" | "status" | "why"
  >,
): string {
  const answered = status === undefined || outcome === "no-route"
    ? ""
    : ` (${status})`;
  return `${OUTCOMES[outcome]}${answered}${
    why === undefined ? "" : `: ${safe(why)}`
  }`;
}

function ruleLines({ rule, virtualService }: TrafficExplanation): string[] {
  if (rule === undefined) return [];
  const root = virtualService;
  const isDelegate = root !== undefined &&
    (root.name !== rule.object.name ||
      root.namespace !== rule.object.namespace);
  const written = [
    "timeout",
    "retries",
    "rewrite",
    "fault",
    "redirect",
  ] as const;
  return [
    `  ${placeText(rule)}${
      isDelegate ? `, a delegate of ${nameText(root)}` : ""
    }`,
    ...written.flatMap((field) =>
      rule[field] === undefined
        ? []
        : [`    ${field}: ${valueText(rule[field])}`]
    ),
    ...(rule.directResponse === undefined
      ? []
      : [`    directResponse: ${valueText(rule.directResponse)}`]),
    ...(rule.mirrors ?? []).map((one) => `    mirror: ${valueText(one)}`),
  ];
}

function destinationsLines(
  destinations: readonly ExplainedDestination[],
  width: number,
): readonly string[] {
  const sum = destinations.reduce((total, { weight }) => total + weight, 0);
  // Where weights are percentages, one number is enough.
  const isTold = destinations.length > 1 && sum !== 100;
  return destinations.flatMap((one) =>
    destinationLines(one, {
      width,
      share: isTold ? ` (weight ${one.weight} of ${sum})` : "",
    })
  );
}

function destinationLines(
  destination: ExplainedDestination,
  { width, share }: { readonly width: number; readonly share: string },
): readonly string[] {
  const { fraction, host, port, subset, endpoints, flag, why } = destination;
  const { labels = {}, destinationRule } = destination;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const rule = destinationRule === undefined
    ? ""
    : ` (DestinationRule ${nameText(destinationRule)}, ${
      PLACES[destinationRule.place]
    })`;
  const hides = destinationRule?.hides ?? [];
  return [
    ...wrapIn(
      `${percent(fraction * 100)}${share} to ${safe(host)}:${port}${
        subset === undefined
          ? ""
          : `, subset "${safe(subset)}"${
            pairs.length === 0 ? "" : `: ${safe(pairs.join(", "))}`
          }`
      }${endpoints === undefined ? "" : `, ${count(endpoints, "ready pod")}`}`,
      { indent: "  -> ", width },
    ),
    ...(rule === "" ? [] : wrapIn(rule.trim(), { indent: "     ", width })),
    ...(hides.length === 0 ? [] : wrapIn(
      `It hides ${
        hides.map((one) => `"${safe(one)}"`).join(", ")
      } from this client`,
      { indent: "     ", width },
    )),
    ...(flag === undefined && why === undefined ? [] : wrapIn(
      `${flag === undefined ? "Not known" : `503, flag ${flag}`}: ${
        safe(why ?? "")
      }`,
      { indent: "     ", width },
    )),
  ];
}

function sampleLines({ sample }: TrafficExplanation): string[] {
  if (sample === undefined) return [];
  const { requests, seed, destinations } = sample;
  return [
    "",
    `Of ${count(requests, "request")} (seed ${seed}):`,
    ...columns(
      destinations.map((one) => [
        `  ${one.requests}`,
        percent(100 * one.requests / requests),
        safe(one.cluster),
      ]),
      { right: [0, 1] },
    ),
    ...(destinations.length === 0 ? ["  none went to a service"] : []),
  ];
}

const PLACES = {
  client: "found in the client's namespace",
  service: "found in the service's namespace",
  root: "found in the root namespace",
} as const;

function passedText(passed: PassedRule): string {
  const { field, wanted, actual, settledBy } = passed;
  const found = actual === null ? "it has none" : `it is "${safe(actual)}"`;
  return `${placeText(passed)}: ${safe(field)} wants ${safe(wanted)}, ${found}${
    settledBy === "client" ? " (this client never gets it)" : ""
  }`;
}

function ignoredText({ namespace, name, why }: Ignored): string {
  return `VirtualService ${nameText({ namespace, name })}: ${safe(why)}`;
}

/** Findings that anybody reads beside an answer. */
const MOST_FINDINGS = 8;

function findingText(
  { severity, code, object, path = [], message }: Finding,
): string {
  const place = object === undefined
    ? ""
    : `${object.kind} ${nameText(object)} ${printPath(path)}: `;
  return `${severity} ${code}, ${safe(place)}${safe(message)}`;
}

function placeText({ object, rule, match, name }: RulePlace): string {
  return `${nameText(object)} rule ${rule}${
    name === null ? "" : ` "${safe(name)}"`
  }${match === undefined || match === 0 ? "" : `, match ${match}`}`;
}

function nameText(
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return `${safe(namespace)}/${safe(name)}`;
}

function valueText(value: unknown): string {
  return safe(typeof value === "string" ? value : JSON.stringify(value) ?? "");
}

function wrapIn(
  text: string,
  { indent, width }: { readonly indent: string; readonly width: number },
): string[] {
  return wrap(text, width - indent.length).map((line, index) =>
    `${index === 0 ? indent : " ".repeat(indent.length)}${line}`
  );
}
