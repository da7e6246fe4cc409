/**
 * What is written in a rule and does nothing, or something else than it
 * seems: conditions that are ignored, fields without effect, faults.
 *
 * @module
 */

import { gatewaysOf } from "../client.ts";
import { type FieldPath, type Finding, nameOf } from "../findings.ts";
import { namespaceOf, resolveGateway } from "../hosts.ts";
import { isRecord, numberOf, stringOf, strings } from "../shapes.ts";
import type { HTTPRoute, VirtualService } from "../types.ts";

/** Findings on one HTTP rule as it is written. */
export function ruleFindings(
  object: VirtualService,
  index: number,
): readonly Finding[] {
  const route: unknown = object.spec?.http?.[index];
  if (!isRecord(route)) return [];
  const path = ["spec", "http", index];
  const blocks: unknown = route["match"];
  return [
    ...faultFindings(route).map((finding) => ({
      ...finding,
      path: [...path, "fault"],
    })),
    ...ignoredFields(route, path),
    ...deprecatedFields(route, path),
    ...(Array.isArray(blocks) ? blocks : []).flatMap((block, at) =>
      isRecord(block)
        ? blockFindings(block, { object, path: [...path, "match", at] })
        : []
    ),
  ].map((finding) => ({ ...finding, object: nameOf(object) }));
}

/** Says who waits and who is turned away, since the shares do not. */
export function faultFindings({ fault }: HTTPRoute): readonly Finding[] {
  if (!isRecord(fault)) return [];
  const { abort, delay } = fault;
  return [
    ...(isRecord(delay)
      ? [
        injected(
          delay,
          `held back for ${stringOf(delay["fixedDelay"]) || "a while"}`,
        ),
      ]
      : []),
    ...(isRecord(abort)
      ? [injected(abort, `answered with ${statusOf(abort)}`)]
      : []),
  ];
}

function injected(
  fault: Readonly<Record<string, unknown>>,
  what: string,
): Finding {
  const { percentage, percent } = fault;
  const value = numberOf(isRecord(percentage) ? percentage["value"] : percent);
  const who = Number.isNaN(value) ? "Some" : `${value} %`;
  return {
    code: "fault-injected",
    severity: "warning",
    message: `${who} of the requests are ${what}: the rule injects a fault`,
    means: "Requests fail or wait although their destinations are well",
    edit: "Take fault out of the rule once the trial is over",
  };
}

function statusOf(abort: Readonly<Record<string, unknown>>): string {
  const http = numberOf(abort["httpStatus"]);
  return Number.isNaN(http)
    ? `gRPC status ${stringOf(abort["grpcStatus"]) || "unknown"}`
    : `status ${http}`;
}

function ignoredFields(
  route: Readonly<Record<string, unknown>>,
  path: FieldPath,
): Finding[] {
  const answers = ["redirect", "directResponse"].find((field) =>
    isRecord(route[field])
  );
  const reason = answers !== undefined
    ? `beside ${answers}`
    : isRecord(route["fault"])
    ? "beside fault"
    : undefined;
  if (reason === undefined) return [];
  const without = answers !== undefined
    ? ["mirror", "mirrors", "timeout", "retries"]
    : ["timeout", "retries"];
  return without.filter((field) => isSet(route[field])).map((field) => ({
    code: "field-without-effect",
    severity: "info",
    message: `${field} has no effect ${reason}`,
    path: [...path, field],
    means: answers === undefined
      ? "As long as the fault is injected, requests are neither cut off nor tried again"
      : "The proxy answers by itself",
    edit: `Take ${field} out, or give it a rule of its own`,
  }));
}

function deprecatedFields(
  route: Readonly<Record<string, unknown>>,
  path: FieldPath,
): Finding[] {
  const { fault } = route;
  const delay: unknown = isRecord(fault) ? fault["delay"] : undefined;
  return [
    ...(isRecord(delay) && numberOf(delay["percent"]) > 0
      ? [{
        code: "IST0002",
        severity: "warning" as const,
        message: "fault.delay.percent is deprecated",
        path: [...path, "fault", "delay", "percent"],
        means: "A later Istio may ignore it",
        edit: "Write percentage.value",
      }]
      : []),
    ...(isSet(route["mirrorPercent"])
      ? [{
        code: "IST0133",
        severity: "warning" as const,
        message: "mirrorPercent is deprecated",
        path: [...path, "mirrorPercent"],
        means: isSet(route["mirrorPercentage"])
          ? "It is ignored beside mirrorPercentage"
          : "A later Istio may ignore it, and then copies every request",
        edit: "Write mirrorPercentage.value",
      }]
      : []),
  ];
}

/** Names that people write as headers and mean something else by. */
const FIELDS = ["uri", "scheme", "method", "authority"];

function blockFindings(
  block: Readonly<Record<string, unknown>>,
  of: { readonly object: VirtualService; readonly path: FieldPath },
): Finding[] {
  const { object, path } = of;
  const { uri, ignoreUriCase } = block;
  return [
    ...sourceFindings(block, path),
    ...boundFindings(block, { object, path }),
    ...(ignoreUriCase === true && isRecord(uri) && isSet(uri["regex"])
      ? [{
        code: "ignore-case-without-effect",
        severity: "warning" as const,
        message: "ignoreUriCase has no effect on a regex",
        path: [...path, "ignoreUriCase"],
        means: "Paths in another case are not taken by the rule",
        edit: `Begin the regex with (?i)`,
      }]
      : []),
    ...(["headers", "withoutHeaders"] as const).flatMap((field) =>
      namesIn(block[field]).filter((name) =>
        FIELDS.includes(name.toLowerCase())
      ).map((name): Finding => ({
        code: "header-meant-as-field",
        severity: "warning",
        message: `"${name}" is asked for as a header of that name`,
        path: [...path, field, name],
        means:
          "Requests have no such header, so the match takes none, or all of them",
        edit: `Write ${name.toLowerCase()} as a field of the match itself`,
      }))
    ),
  ];
}

function sourceFindings(
  block: Readonly<Record<string, unknown>>,
  path: FieldPath,
): Finding[] {
  if (strings(block["gateways"]).length === 0) return [];
  return ["sourceLabels", "sourceNamespace"].filter((field) =>
    field === "sourceLabels"
      ? namesIn(block[field]).length > 0
      : stringOf(block[field]) !== ""
  ).map((field) => ({
    code: "source-ignored",
    severity: "warning",
    message: `${field} is ignored beside gateways`,
    path: [...path, field],
    means: "The match is for every client of these gateways",
    edit: `Take gateways out of the match, or ${field}`,
  }));
}

function boundFindings(
  block: Readonly<Record<string, unknown>>,
  of: { readonly object: VirtualService; readonly path: FieldPath },
): Finding[] {
  const { object, path } = of;
  // A delegate is bound by its roots.
  if (strings(object.spec?.hosts).length === 0) return [];
  const bound = gatewaysOf(object);
  return strings(block["gateways"]).flatMap((name, index): Finding[] =>
    bound.includes(resolveGateway(name, namespaceOf(object))) ? [] : [{
      code: "match-gateway-unbound",
      severity: "warning",
      message: `The object is not bound to gateway "${name}"`,
      path: [...path, "gateways", index],
      means: "Nothing that comes by this gateway gets to the match",
      edit: `Add "${name}" to spec.gateways, or take it out of the match`,
    }]
  );
}

function namesIn(map: unknown): readonly string[] {
  return isRecord(map) ? Object.keys(map) : [];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
