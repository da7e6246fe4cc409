/**
 * Names that could be meant: hosts, subsets, gateways, headers, of the open
 * files and of the cluster as far as it is known.
 *
 * @module
 */

import { gatewaysOf } from "../../istio/client.ts";
import {
  namespaceOf,
  namespaceOfHost,
  resolveHost,
  shortHost,
} from "../../istio/hosts.ts";
import { isRecord, strings } from "../../istio/shapes.ts";
import type { World } from "../../istio/world.ts";
import type { Names } from "../../language/names.ts";

/** A name, and where it is known from. */
export interface Offer {
  readonly text: string;
  readonly detail?: string;
  readonly doc?: string | undefined;
  /** Written as it is: a number, a word that is no text. */
  readonly isRaw?: boolean;
}

/** Hosts of services, as an object of a namespace writes them. */
export function hostsFor(
  world: World,
  of: { readonly namespace: string; readonly names: Names },
): readonly Offer[] {
  const { namespace } = of;
  const offers = new Map<string, Offer>();
  const add = (host: string, detail: string) => {
    const isOwn = namespaceOfHost(host, world.mesh) === namespace;
    const text = isOwn ? shortHost(host, world.mesh) : host;
    if (!offers.has(text)) offers.set(text, { text, detail });
  };
  for (const { metadata } of world.services) {
    add(
      resolveHost(metadata.name, metadata.namespace ?? "default", world.mesh),
      "Service",
    );
  }
  for (const { spec } of world.serviceEntries) {
    for (const host of strings(spec?.hosts)) add(host, "ServiceEntry");
  }
  for (const rule of world.destinationRules) {
    if (typeof rule.spec?.host !== "string") continue;
    add(
      resolveHost(rule.spec.host, namespaceOf(rule), world.mesh),
      `DestinationRule "${rule.metadata.name}"`,
    );
  }
  for (const place of of.names.places) {
    if (place.place.context !== undefined) continue;
    for (const { host } of place.services) {
      add(resolveHost(host, place.namespace, world.mesh), "in the cluster");
    }
  }
  return [...offers.values()];
}

/** Subsets of a host, given in full. */
export function subsetsFor(
  world: World,
  of: { readonly host: string; readonly names: Names },
): readonly Offer[] {
  const offers = new Map<string, Offer>();
  for (const rule of world.destinationRules) {
    const host = resolveHost(
      String(rule.spec?.host ?? ""),
      namespaceOf(rule),
      world.mesh,
    );
    const subsets: unknown = rule.spec?.subsets;
    if (host !== of.host || !Array.isArray(subsets)) continue;
    for (const subset of subsets) {
      if (!isRecord(subset) || typeof subset["name"] !== "string") continue;
      const text = subset["name"];
      const detail = isRecord(subset["labels"])
        ? Object.entries(subset["labels"]).map(([key, value]) =>
          `${key}=${value}`
        ).join(",")
        : `DestinationRule "${rule.metadata.name}"`;
      if (!offers.has(text)) offers.set(text, { text, detail });
    }
  }
  for (const place of of.names.places) {
    if (place.place.context !== undefined) continue;
    for (const { host, subset, build, pods } of place.builds) {
      const full = resolveHost(host, place.namespace, world.mesh);
      if (full !== of.host || subset === undefined || offers.has(subset)) {
        continue;
      }
      const detail = `build ${build}${
        pods === undefined ? "" : `, ${pods} ${pods === 1 ? "pod" : "pods"}`
      }`;
      offers.set(subset, { text: subset, detail });
    }
  }
  return [...offers.values()];
}

/** Ports of a service, given in full. */
export function portsFor(
  world: World,
  of: { readonly host: string; readonly names: Names },
): readonly Offer[] {
  const own = world.services.flatMap(({ metadata, spec }) =>
    resolveHost(metadata.name, metadata.namespace ?? "default", world.mesh) ===
        of.host
      ? (spec?.ports ?? []).map(({ port }) => port)
      : []
  );
  return [...new Set(own)].map((port) => ({ text: String(port) }));
}

/** Gateways, as an object of a namespace writes them. */
export function gatewaysFor(
  world: World,
  of: { readonly namespace: string },
): readonly Offer[] {
  const named = new Set<string>();
  for (const gateway of world.gateways) {
    const own = namespaceOf(gateway);
    const { name } = gateway.metadata;
    named.add(own === of.namespace ? name : `${own}/${name}`);
  }
  for (const object of world.virtualServices) {
    for (const name of gatewaysOf(object)) {
      const [own, short = ""] = name.split("/");
      if (name !== "mesh") named.add(own === of.namespace ? short : name);
    }
  }
  return [
    { text: "mesh", detail: "all sidecars" },
    ...[...named].map((text) => ({ text, detail: "Gateway" })),
  ];
}

/** Headers that rules ask for already. */
export function headersFor(world: World, names: Names): readonly Offer[] {
  const found = new Map<string, Offer>();
  const add = (text: string, detail: string) => {
    if (text !== "" && !found.has(text)) found.set(text, { text, detail });
  };
  for (const { spec, metadata } of world.virtualServices) {
    for (const rule of Array.isArray(spec?.http) ? spec.http : []) {
      for (const block of Array.isArray(rule?.match) ? rule.match : []) {
        for (const field of ["headers", "withoutHeaders"] as const) {
          if (!isRecord(block?.[field])) continue;
          for (const name of Object.keys(block[field])) {
            add(name, `as in "${metadata.name}"`);
          }
        }
      }
    }
  }
  for (const { virtualServices } of names.places) {
    for (const { rules, name } of virtualServices) {
      for (const header of rules.flatMap(({ headers }) => headers)) {
        const [text = ""] = /^[^=^?]+/.exec(header) ?? [];
        add(text, `as in "${name}", in the cluster`);
      }
    }
  }
  for (const text of COMMON) add(text, "");
  return [...found.values()];
}

const COMMON = [
  ...["authorization", "cookie", "host", "user-agent", "x-request-id"],
  ...["end-user", "x-forwarded-for", "x-canary"],
];

/** Labels that pods have; with a key, its values. */
export function labelsFor(names: Names, key?: string): readonly Offer[] {
  const labels = names.places.flatMap((place) => place.labels);
  const found = key === undefined
    ? labels.map((label) => label.key)
    : labels.filter((label) => label.key === key)
      .flatMap(({ values }) => values.map(({ value }) => value));
  return [...new Set(found)].map((text) => ({ text, detail: "of pods" }));
}
