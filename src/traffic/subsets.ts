/**
 * Subsets for builds that have none yet (rules 2.4, 2.5, 3.4 and 3.5): into
 * the DestinationRule that the client really uses, or a plain refusal.
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import type { EffectiveRule } from "../istio/destination_rules.ts";
import { namespaceOfHost } from "../istio/hosts.ts";
import type { DestinationRule, Subset } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { stringifyYaml } from "../yaml.ts";
import { type Build, type Builds, idOf } from "./builds.ts";
import { keyOf, listNames, namespaceOf, printLabels } from "./objects.ts";
import { referencesTo } from "./subset_references.ts";

/** What is to be added where. */
export interface SubsetRequest {
  /** Builds whose subset some DestinationRule lacks. */
  readonly wanted: readonly Build[];
  /** Subset of the build with the largest share: its policy is copied. */
  readonly largest?: string;
  readonly create: boolean;
  readonly replaceSubset: boolean;
  /** `apiVersion` for a DestinationRule that is made. */
  readonly apiVersion: string;
}

/** DestinationRules as they shall be. */
export interface SubsetResult {
  readonly pairs: readonly {
    readonly before?: DestinationRule;
    readonly after: DestinationRule;
  }[];
  /** Names that are ours from now on, by "namespace/name". */
  readonly added: Readonly<Record<string, readonly string[]>>;
  readonly notes: readonly string[];
  /** A subset's labels are replaced: severe (3.5). */
  readonly replaced: boolean;
}

/**
 * Adds the missing subsets.
 *
 * @throws {RefusedError} `destination-rule-missing`,
 * `destination-rule-hidden`, `subset-exists`, `subset-in-use`.
 */
export function addSubsets(
  world: World,
  builds: Builds,
  request: SubsetRequest,
): SubsetResult {
  const pairs: { before?: DestinationRule; after: DestinationRule }[] = [];
  const added: Record<string, readonly string[]> = {};
  const notes: string[] = [];
  let replaced = false;
  for (const effective of builds.effective) {
    const missing = request.wanted.filter((build) =>
      !effective.subsets.some(({ subset }) =>
        subset.name === build.subset && idOf(subset.labels ?? {}) === build.id
      )
    );
    if (missing.length === 0) continue;
    refuseUneditable(world, builds, { effective, missing });
    const before = ruleToEdit(effective, request.largest);
    if (pairs.some((pair) => pair.before === before)) continue;
    let subsets = [...(before.spec.subsets ?? [])];
    for (const build of missing) {
      const subset = subsetOf(build, effective, request.largest);
      const twin = effective.subsets.find((each) =>
        each.subset.name === subset.name
      );
      if (twin) {
        refuseTwin(world, builds, { twin, build, request });
        replaced = true;
        subsets = subsets.map((each) =>
          each.name === subset.name ? { ...each, labels: build.labels } : each
        );
      } else subsets.push(subset);
      notes.push(
        `Subset "${subset.name}" (${printLabels(build.labels)}) is ${
          twin ? "given these labels" : "added"
        } in DestinationRule "${keyOf(before)}"`,
      );
    }
    pairs.push({
      before,
      after: { ...before, spec: { ...before.spec, subsets } },
    });
    added[keyOf(before)] = missing.map((build) => build.subset ?? "");
  }
  if (builds.uncovered.length > 0 && request.wanted.length > 0) {
    const after = madeRule(world, builds, request);
    pairs.push({ after });
    added[keyOf(after)] = request.wanted.map((build) => build.subset ?? "");
    notes.push(
      `DestinationRule "${keyOf(after)}" is made with ${
        listNames(request.wanted.map((build) => build.subset ?? ""))
      }`,
    );
  }
  return { pairs, added, notes, replaced };
}

function subsetOf(
  build: Build,
  effective: EffectiveRule,
  largest: string | undefined,
): Subset {
  const pattern = effective.subsets.find(({ subset }) =>
    subset.name === largest
  )?.subset;
  return {
    name: build.subset ?? "",
    labels: { ...build.labels },
    ...(pattern?.trafficPolicy === undefined
      ? {}
      : { trafficPolicy: pattern.trafficPolicy }),
  };
}

function ruleToEdit(
  effective: EffectiveRule,
  largest: string | undefined,
): DestinationRule {
  const holder = effective.subsets.find(({ subset }) => subset.name === largest)
    ?.rule;
  return holder ?? effective.rules[0] as DestinationRule;
}

/** 2.4 and 2.5: rules that must not be grown on the user's behalf. */
function refuseUneditable(
  world: World,
  builds: Builds,
  context: {
    readonly effective: EffectiveRule;
    readonly missing: readonly Build[];
  },
): void {
  const { effective, missing } = context;
  const names = listNames(effective.rules.map(keyOf));
  const lacking = listNames(missing.map((build) => build.subset ?? ""));
  const home = namespaceOfHost(builds.scope.host, world.mesh);
  const foreign = effective.rules.some((rule) => namespaceOf(rule) !== home);
  const byHand = `Add by hand: ${
    stringifyYaml({
      subsets: missing.map((build) => ({
        name: build.subset,
        labels: build.labels,
      })),
    }).trim().replaceAll("\n", "\\n")
  }`;
  const why = effective.byWorkloadSelector
    ? "it serves only the clients that its workloadSelector names"
    : effective.unequalExportTo
    ? "several rules for the host have unequal exportTo"
    : foreign && effective.hidden.length > 0
    ? `it hides ${
      listNames(effective.hidden.map(keyOf))
    } from the clients of this VirtualService`
    : undefined;
  if (why) {
    throw new RefusedError(
      "destination-rule-hidden",
      `Cannot add subset ${lacking} to DestinationRule ${names}: ${why}`,
      { hint: byHand, details: { rules: effective.rules.map(keyOf) } },
    );
  }
  if (effective.wildcard || effective.place === "root") {
    throw new RefusedError(
      "destination-rule-missing",
      `Cannot make a DestinationRule for "${builds.scope.host}": ${names} applies to it, and its policies would be lost`,
      {
        hint:
          `Make one by hand that repeats those policies, with the subsets: ${byHand}`,
        details: { rules: effective.rules.map(keyOf) },
      },
    );
  }
}

function refuseTwin(
  world: World,
  builds: Builds,
  context: {
    readonly twin: { readonly subset: Subset; readonly rule: DestinationRule };
    readonly build: Build;
    readonly request: SubsetRequest;
  },
): void {
  const { twin, build, request } = context;
  const { name } = twin.subset;
  const had = printLabels(twin.subset.labels ?? {});
  if (!request.replaceSubset) {
    throw new RefusedError(
      "subset-exists",
      `Cannot add subset "${name}" with ${
        printLabels(build.labels)
      }: DestinationRule "${keyOf(twin.rule)}" has one of that name with ${
        had || "no labels"
      }`,
      {
        hint:
          "Give the labels it has with -p, or replace them with --replace-subset while nothing names it",
        details: { wanted: build.labels, found: twin.subset.labels ?? {} },
      },
    );
  }
  const named = referencesTo(world, { host: builds.scope.host, subset: name });
  if (named.length === 0) return;
  throw new RefusedError(
    "subset-in-use",
    `Cannot replace the labels of subset "${name}": ${named.length} places name it: ${
      named.slice(0, 5).map((each) => `"${keyOf(each.object)}" ${each.path}`)
        .join(", ")
    }`,
    { hint: "Take the traffic away from it first" },
  );
}

function madeRule(
  world: World,
  builds: Builds,
  request: SubsetRequest,
): DestinationRule {
  const home = namespaceOfHost(builds.scope.host, world.mesh);
  const service = builds.scope.service?.metadata.name;
  const lacking = listNames(request.wanted.map((build) => build.subset ?? ""));
  if (!home || !service) {
    throw new RefusedError(
      "destination-rule-missing",
      `Cannot make a DestinationRule for "${builds.scope.host}": no Service of that name can be seen`,
      { hint: `Make one by hand with subset ${lacking}` },
    );
  }
  if (!request.create) {
    throw new RefusedError(
      "destination-rule-missing",
      `Cannot route to subset ${lacking}: no DestinationRule applies to "${builds.scope.host}"`,
      { hint: "Add --create to make one with what is needed and nothing else" },
    );
  }
  const taken = world.destinationRules.some((rule) =>
    rule.metadata.name === service && namespaceOf(rule) === home
  );
  return {
    apiVersion: request.apiVersion,
    kind: "DestinationRule",
    metadata: { name: taken ? `${service}-istiops` : service, namespace: home },
    spec: {
      host: service,
      subsets: request.wanted.map((build) => ({
        name: build.subset ?? "",
        labels: { ...build.labels },
      })),
    },
  };
}
