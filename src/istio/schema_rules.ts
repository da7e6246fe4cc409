/**
 * Rules of the CRDs' schemas that concern more than one value, or what a
 * type cannot say.
 *
 * @module
 */

import type { KubeObject } from "./types.ts";

/** One thing that is wrong, as a Status of the API server lists it. */
export interface SchemaCause {
  readonly reason: string;
  readonly message: string;
  /** `spec.http[0].timeout`. */
  readonly field: string;
}

/** What is wrong with an object whose shape is right. */
export function ruleCauses(object: KubeObject): readonly SchemaCause[] {
  if (object.kind === "DestinationRule") return selectorCauses(object);
  if (object.kind === "ServiceEntry") return entryCauses(object);
  return [];
}

function selectorCauses(object: KubeObject): readonly SchemaCause[] {
  const { workloadSelector } = (object.spec ?? {}) as {
    workloadSelector?: { matchLabels?: Readonly<Record<string, string>> };
  };
  return Object.entries(workloadSelector?.matchLabels ?? {})
    .filter(([, value]) => value.includes("*")).map(([key, value]) =>
      invalid(`spec.workloadSelector.matchLabels[${key}]`, {
        value: JSON.stringify(value),
        why: "wildcard not allowed in label value match",
      })
    );
}

function entryCauses(object: KubeObject): readonly SchemaCause[] {
  const { hosts = [], ports = [], resolution, endpoints, workloadSelector } =
    object.spec as {
      hosts?: readonly string[];
      ports?: readonly { name?: string; number?: number }[];
      resolution?: string;
      endpoints?: readonly unknown[];
      workloadSelector?: unknown;
    };
  const causes: SchemaCause[] = [];
  if (hosts.length === 0) {
    causes.push(
      invalid("spec.hosts", {
        value: "0",
        why: "spec.hosts in body should have at least 1 items",
      }),
    );
  }
  hosts.forEach((host, nth) => {
    if (host !== "*") return;
    causes.push(
      invalid(`spec.hosts[${nth}]`, {
        value: '"*"',
        why: "hostname cannot be wildcard",
      }),
    );
  });
  ports.forEach(({ name, number = 0 }, nth) => {
    if (ports.findIndex((port) => port.name === name) !== nth) {
      causes.push({
        reason: "FieldValueDuplicate",
        message: `Duplicate value: ${JSON.stringify({ name })}`,
        field: `spec.ports[${nth}]`,
      });
    }
    if (number < 1 || number > 65_535) {
      causes.push(
        invalid(`spec.ports[${nth}].number`, {
          value: String(number),
          why: "port must be between 1-65535",
        }),
      );
    }
  });
  if (new Set(ports.map(({ number }) => number)).size < ports.length) {
    causes.push(
      invalid("spec.ports", { why: "port number cannot be duplicated" }),
    );
  }
  const has = (endpoints ?? []).length > 0;
  if (has && (resolution === undefined || resolution === "NONE")) {
    causes.push(
      invalid("spec", { why: "NONE mode cannot set endpoints" }),
    );
  }
  if (has && workloadSelector !== undefined) {
    causes.push(
      invalid("spec", {
        why: "only one of WorkloadSelector or Endpoints can be set",
      }),
    );
  }
  return causes;
}

function invalid(
  field: string,
  { value, why }: { readonly value?: string; readonly why: string },
): SchemaCause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${value === undefined ? "" : `${value}: `}${why}`,
    field,
  };
}
