/**
 * What a build is (section 3 of the rules): a set of pod labels, told from
 * others by one of them, the build label.
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import { type Client, clientsOf } from "../istio/client.ts";
import {
  effectiveDestinationRule,
  type EffectiveRule,
} from "../istio/destination_rules.ts";
import { namespaceOfHost } from "../istio/hosts.ts";
import type {
  Destination,
  DestinationRule,
  Pod,
  Subset,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { hashOf } from "./hash.ts";
import { keyOf, listNames, namespaceOf, sameJson } from "./objects.ts";
import type { Scope } from "./routes.ts";

/** Labels by name. */
export type Labels = Readonly<Record<string, string>>;

/** A build as a rule or a command names it. */
export interface Build {
  /** Same id, same pods. */
  readonly id: string;
  /** Value of the build label, else the subset, else `(all pods)`. */
  readonly value: string;
  readonly labels: Labels;
  readonly subset?: string;
  /** `all`: no subset narrows it; `missing`: its subset does not exist. */
  readonly state: "known" | "all" | "missing" | "new";
}

/** A subset that some client of the change has, and the rule it lives in. */
export interface KnownSubset {
  readonly subset: Subset;
  readonly rule: DestinationRule;
}

/** The builds of a host, as the clients of the change see them. */
export interface Builds {
  readonly scope: Scope;
  /** The DestinationRules in effect, one for each client that differs. */
  readonly effective: readonly EffectiveRule[];
  /** Clients for which no DestinationRule applies. */
  readonly uncovered: readonly Client[];
  readonly subsets: readonly KnownSubset[];
  /** The build label, if the objects tell it. */
  readonly key?: string;
  /** Keys that might have been it. */
  readonly keys: readonly string[];
  /** Namespace of the Service. */
  readonly namespace: string;
  /** Pods that the Service selects; empty where they cannot be seen. */
  readonly pods: readonly Pod[];
}

/** Labels that controllers write: never a build label. */
const WRITTEN_BY_CONTROLLERS = [
  /^pod-template-hash$/,
  /^controller-revision-hash$/,
  /^statefulset\.kubernetes\.io\//,
  /^apps\.kubernetes\.io\/pod-index$/,
  /^service\.istio\.io\//,
  /^security\.istio\.io\//,
];

/** Does a controller write this label? Then it names no build of anybody. */
export function isWrittenByController(key: string): boolean {
  return WRITTEN_BY_CONTROLLERS.some((pattern) => pattern.test(key));
}

/** Reads the builds of a scope for the clients of some VirtualServices. */
export function readBuilds(
  world: World,
  options: {
    readonly scope: Scope;
    readonly objects: readonly VirtualService[];
    readonly buildLabel?: string;
  },
): Builds {
  const { scope, objects, buildLabel } = options;
  const effective: EffectiveRule[] = [];
  const uncovered: Client[] = [];
  for (const object of objects) {
    for (const client of clientsOf(world, object)) {
      const rule = effectiveDestinationRule(world, scope.host, client);
      if (!rule) uncovered.push(client);
      else if (!effective.some((known) => sameRules(known, rule))) {
        effective.push(rule);
      }
    }
  }
  const subsets: KnownSubset[] = [];
  for (const known of effective.flatMap((rule) => rule.subsets)) {
    const twin = subsets.find(({ subset }) =>
      subset.name === known.subset.name
    );
    if (!twin) subsets.push(known);
    else if (!sameJson(twin.subset.labels ?? {}, known.subset.labels ?? {})) {
      throw new RefusedError(
        "destination-rule-hidden",
        `Cannot tell what subset "${known.subset.name}" is: DestinationRule "${
          keyOf(twin.rule)
        }" and "${
          keyOf(known.rule)
        }" give it other labels for different clients`,
        { hint: "Give both the same labels first" },
      );
    }
  }
  const selector = scope.service?.spec.selector ?? {};
  const pods = scope.service && Object.keys(selector).length > 0
    ? world.pods.filter((pod) =>
      namespaceOf(pod) === namespaceOf(scope.service as Pod) &&
      includesLabels(pod.metadata.labels, selector)
    )
    : [];
  const keys = buildKeys(subsets.map(({ subset }) => subset), {
    selector,
    pods,
  });
  const key = buildLabel ?? (keys.length === 1 ? keys[0] : undefined);
  return {
    scope,
    effective,
    uncovered,
    subsets,
    ...(key === undefined ? {} : { key }),
    keys,
    namespace: namespaceOfHost(scope.host, world.mesh) ??
      (objects[0] ? namespaceOf(objects[0]) : "default"),
    pods,
  };
}

/** The build that a destination of a rule leads to. */
export function buildOf(builds: Builds, destination: Destination): Build {
  const { subset: name } = destination;
  if (!name) return ALL_PODS;
  const found = builds.subsets.find(({ subset }) => subset.name === name);
  if (!found) {
    return {
      id: `?${name}`,
      value: name,
      labels: {},
      subset: name,
      state: "missing",
    };
  }
  const labels = found.subset.labels ?? {};
  if (Object.keys(labels).length === 0) {
    return { ...ALL_PODS, subset: name };
  }
  return {
    id: idOf(labels),
    value: valueOf(builds, labels) ?? name,
    labels,
    subset: name,
    state: "known",
  };
}

/** A destination without a subset: every pod of the service. */
export const ALL_PODS: Build = {
  id: "*",
  value: "(all pods)",
  labels: {},
  state: "all",
};

/** How a command names a build. */
export interface BuildRequest {
  readonly build?: string;
  readonly podLabels?: Labels;
  /** Labels of the largest build's subset: the pattern for a new one. */
  readonly largest?: Labels;
}

/**
 * Finds the build that a command means, or says what its subset would be.
 *
 * @throws {RefusedError} `build-label-unknown`, `ambiguous-object`.
 */
export function findBuild(builds: Builds, request: BuildRequest): Build {
  const { build, podLabels } = request;
  if (podLabels) {
    const value = valueOf(builds, podLabels) ?? build ??
      Object.values(podLabels).at(-1) ?? "";
    return known(builds, podLabels, value) ??
      fresh(builds, { value, labels: podLabels });
  }
  const value = build ?? "";
  const key = requireKey(builds);
  const same = builds.subsets.filter(({ subset }) =>
    subset.labels?.[key] === value
  );
  const ids = new Set(same.map(({ subset }) => idOf(subset.labels ?? {})));
  if (ids.size > 1) {
    throw new RefusedError(
      "ambiguous-object",
      `Cannot choose a subset for build "${value}": ${
        listNames(same.map(({ subset }) => subset.name))
      } have ${key}=${value} and differ in other labels`,
      { hint: "Give the pod labels with -p" },
    );
  }
  const [first] = same;
  if (first) return known(builds, first.subset.labels ?? {}, value) as Build;
  const ours = builds.subsets.find(({ subset }) =>
    subset.name === subsetName(builds, value) && subset.labels &&
    !Object.hasOwn(subset.labels, key)
  );
  if (ours) {
    return {
      id: idOf(ours.subset.labels ?? {}),
      value,
      labels: ours.subset.labels ?? {},
      subset: ours.subset.name,
      state: "known",
    };
  }
  return fresh(builds, {
    value,
    labels: { ...(request.largest ?? {}), [key]: value },
  });
}

/** The build label, or a refusal with the keys that were seen (3.1). */
export function requireKey(builds: Builds): string {
  if (builds.key !== undefined) return builds.key;
  throw new RefusedError(
    "build-label-unknown",
    `Cannot tell which label names the build of "${builds.scope.host}": ${
      builds.keys.length === 0
        ? "no label differs between its subsets or pods"
        : `it could be ${listNames(builds.keys)}`
    }`,
    {
      hint: builds.keys.length === 0
        ? "Name it with --build-label KEY, or give the pod labels with -p"
        : `Name it with --build-label ${builds.keys[0]}`,
      details: { keys: builds.keys },
    },
  );
}

/** Values of the build label among the pods, each with its pods. */
export function podsByBuild(
  builds: Builds,
): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map<string, Pod[]>();
  if (builds.key === undefined) return groups;
  for (const pod of builds.pods) {
    const value = pod.metadata.labels?.[builds.key];
    if (value === undefined) continue;
    const group = groups.get(value);
    if (group) group.push(pod);
    else groups.set(value, [pod]);
  }
  return groups;
}

/** Does some subset or some pod carry this build? */
export function isKnownBuild(builds: Builds, build: Build): boolean {
  if (build.state === "known") return true;
  return builds.pods.some((pod) =>
    includesLabels(pod.metadata.labels, build.labels)
  );
}

/**
 * `<host>-<build>-<namespace>` in the characters a subset may have; a hash
 * follows where that altered or cut the text (3.4).
 */
export function subsetName(builds: Builds, value: string): string {
  const host = builds.scope.service?.metadata.name ??
    builds.scope.host.split(".")[0] ?? builds.scope.host;
  const plain = `${host}-${value}-${builds.namespace}`;
  const clean = plain.toLowerCase().replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (clean === plain && clean.length <= 63) return clean;
  return `${clean.slice(0, 56).replace(/-+$/, "")}-${
    hashOf(plain).slice(0, 6)
  }`;
}

/** Are all of `wanted` among the labels, with the same values? */
export function includesLabels(
  labels: Labels | undefined,
  wanted: Labels,
): boolean {
  return Object.entries(wanted).every(([key, value]) =>
    labels !== undefined && Object.hasOwn(labels, key) && labels[key] === value
  );
}

/** Identity of a set of labels. */
export function idOf(labels: Labels): string {
  return JSON.stringify(
    Object.entries(labels).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}

function valueOf(builds: Builds, labels: Labels): string | undefined {
  return builds.key !== undefined && Object.hasOwn(labels, builds.key)
    ? labels[builds.key]
    : undefined;
}

function known(
  builds: Builds,
  labels: Labels,
  value: string,
): Build | undefined {
  const id = idOf(labels);
  const found = builds.subsets.find(({ subset }) =>
    idOf(subset.labels ?? {}) === id
  );
  return found &&
    { id, value, labels, subset: found.subset.name, state: "known" };
}

function fresh(
  builds: Builds,
  build: { readonly value: string; readonly labels: Labels },
): Build {
  return {
    id: idOf(build.labels),
    value: build.value,
    labels: build.labels,
    subset: subsetName(builds, build.value),
    state: "new",
  };
}

function buildKeys(
  subsets: readonly Subset[],
  options: { readonly selector: Labels; readonly pods: readonly Pod[] },
): readonly string[] {
  const labelled = subsets
    .map((subset) => subset.labels ?? {})
    .filter((labels) => Object.keys(labels).length > 0);
  const [first, ...others] = labelled;
  if (first && others.length > 0) {
    return Object.keys(first).filter((key) =>
      others.every((labels) => Object.hasOwn(labels, key)) &&
      others.some((labels) => labels[key] !== first[key])
    );
  }
  if (first) {
    return Object.keys(first).filter((key) =>
      !Object.hasOwn(options.selector, key)
    );
  }
  const podLabels = options.pods.map((pod) => pod.metadata.labels ?? {});
  const keys = new Set(podLabels.flatMap((labels) => Object.keys(labels)));
  return [...keys].filter((key) =>
    !isWrittenByController(key) &&
    new Set(podLabels.map((labels) => labels[key])).size > 1
  );
}

function sameRules(a: EffectiveRule, b: EffectiveRule): boolean {
  return a.rules.length === b.rules.length &&
    a.rules.every((rule, index) => {
      const other = b.rules[index];
      return other !== undefined && keyOf(other) === keyOf(rule);
    });
}

/** Each build once, the first of equal ones. */
export function unique(builds: readonly Build[]): readonly Build[] {
  return builds.filter((build, index) =>
    builds.findIndex((each) => each.id === build.id) === index
  );
}
