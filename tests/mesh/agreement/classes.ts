/**
 * What kinds of cases there were: a kind that never came would show nothing.
 *
 * @module
 */

import type { Explanation } from "../../../src/istio/explanation.ts";
import { isRecord } from "../../../src/istio/shapes.ts";
import type { HTTPMatchRequest } from "../../../src/istio/types.ts";
import { rulesFor } from "../../../src/istio/delegates.ts";
import type { World } from "../../../src/istio/world.ts";
import type { Fate } from "./compare.ts";

const CONDITIONS = [
  ...["uri", "method", "scheme", "authority"],
  ...["headers", "withoutHeaders", "queryParams"],
];
const KINDS = ["exact", "prefix", "regex"];

/** All that have to come. */
export const CLASSES: readonly string[] = [
  ...["sidecar", "gateway"].flatMap((client) =>
    ["200", "NR", "NC", "UH", "redirect", "direct"].map((end) =>
      `${client}: ${end}`
    )
  ),
  ...["default", "default UH", "nobody"].map((end) => `sidecar: ${end}`),
  ...["no subset", "no service", "no port", "not exported"]
    .map((why) => `NC: ${why}`),
  ...["no pod has the labels", "no pod", "no pod is ready"]
    .map((why) => `UH: ${why}`),
  ...["one", "several", "several, some flagged"]
    .map((count) => `destinations: ${count}`),
  ...["client", "service", "root"].map((place) => `DestinationRule: ${place}`),
  "DestinationRule: hides another",
  "delegate: takes it",
  "delegate: vanished",
  ...["comes first", "exported to", "bound to", "none of its rules"]
    .map((why) => `VirtualService: ${why}`),
  "VirtualService: several at a gateway",
  ...CONDITIONS.flatMap((field) =>
    (["method", "scheme"].includes(field)
      ? ["exact"]
      : ["uri", "authority"].includes(field)
      ? KINDS
      : [...KINDS, "present"]).map((kind) => `taken: ${field} ${kind}`)
  ),
  ...["ignoreUriCase", "port", "gateways", "sourceLabels", "sourceNamespace"]
    .map((field) => `taken: ${field}`),
  "taken: no condition",
  ...CONDITIONS.map((field) => `passed: ${field}`),
  ...["port", "gateways", "sourceLabels", "sourceNamespace"]
    .map((field) => `passed: ${field}`),
];

/** Those of a case: what Envoy did, and how it was explained. */
export function* classesOf(
  world: World,
  explanation: Explanation,
  seen: Fate,
): Iterable<string> {
  const { client, outcome, destinations, passed, ignored } = explanation;
  yield `${client.kind}: ${endOf(explanation, seen)}`;
  for (const { flag, why = "" } of destinations) {
    if (flag !== undefined) yield `${flag}: ${reasonOf(why)}`;
  }
  if (outcome === "route") {
    const flagged = destinations.filter(({ flag }) => flag !== undefined);
    yield `destinations: ${
      destinations.length < 2
        ? "one"
        : [0, destinations.length].includes(flagged.length)
        ? "several"
        : "several, some flagged"
    }`;
  }
  for (const { destinationRule: rule } of destinations) {
    if (rule === undefined) continue;
    yield `DestinationRule: ${rule.place}`;
    if (rule.hides.length > 0) yield "DestinationRule: hides another";
  }
  if (explanation.vanished.length > 0) yield "delegate: vanished";
  for (const { why } of ignored) {
    for (
      const part of [
        "comes first",
        "exported to",
        "bound to",
        "none of its rules",
      ]
    ) if (why.includes(part)) yield `VirtualService: ${part}`;
  }
  const roots = new Set(passed.map(({ object }) => object.name));
  if (client.kind === "gateway" && roots.size > 1) {
    yield "VirtualService: several at a gateway";
  }
  for (const { field } of passed) yield `passed: ${field.replace(/\[.*/, "")}`;
  yield* takenBy(world, explanation);
}

function endOf({ outcome }: Explanation, seen: Fate): string {
  if (seen.route === "block_all") return "nobody";
  if (outcome === "default") {
    return seen.flag ? `default ${seen.flag}` : outcome;
  }
  if (outcome === "redirect" || outcome === "direct") return outcome;
  return seen.flag || `${seen.code}`;
}

function reasonOf(why: string): string {
  const reasons = {
    "no subset": /has no subset|no DestinationRule/,
    "no service": /no service is named/,
    "no port": /has no port/,
    "not exported": /is not exported/,
    "no pod has the labels": /no pod of the service has/,
    "no pod": /no pod has/,
  };
  return Object.entries(reasons).find(([, test]) => test.test(why))?.[0] ?? why;
}

function* takenBy(
  world: World,
  explanation: Explanation,
): Iterable<string> {
  const { rule, virtualService } = explanation;
  if (rule === undefined) return;
  if (rule.object.name !== virtualService?.name) yield "delegate: takes it";
  const block = blockOf(world, explanation);
  if (block === undefined) return yield "taken: no condition";
  for (const [field, value] of Object.entries(block)) {
    if (!CONDITIONS.includes(field)) yield `taken: ${field}`;
    else {
      const isMap = ["headers", "withoutHeaders", "queryParams"].includes(
        field,
      );
      for (const match of isMap ? Object.values(value as object) : [value]) {
        yield `taken: ${field} ${Object.keys(match)[0] ?? "present"}`;
      }
    }
  }
}

function blockOf(
  world: World,
  { rule, virtualService }: Explanation,
): HTTPMatchRequest | undefined {
  const root = world.virtualServices.find(({ metadata }) =>
    metadata.name === virtualService?.name &&
    metadata.namespace === virtualService.namespace
  );
  if (root === undefined || rule?.match === undefined) return undefined;
  const resolved = rulesFor(world, root).rules.find(({ source, index }) =>
    source.metadata.name === rule.object.name && index === rule.rule
  );
  const block: unknown = resolved?.route.match?.[rule.match];
  return isRecord(block) ? block as HTTPMatchRequest : undefined;
}
