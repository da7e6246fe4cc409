/**
 * DestinationRules: hosts that nobody knows, subsets that are dropped or take
 * every pod, rules that are not merged, and rules that hide others.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { findSubset } from "../destination_rules.ts";
import { type FieldPath, type Finding, nameOf } from "../findings.ts";
import {
  isWildcard,
  keyOf,
  matchesHost,
  namespaceOf,
  namespaceOfHost,
  resolveHost,
  serviceEntriesOf,
  visibleTo,
} from "../hosts.ts";
import { isVisible, registryOf, type RegistryService } from "../registry.ts";
import { isRecord, numberOf, stringOf, strings } from "../shapes.ts";
import type { DestinationRule, VirtualService } from "../types.ts";
import { whyUnknown, type World } from "../world.ts";
import type { Seen } from "./destinations.ts";
import { ruleInEffect } from "./effective.ts";
import { hostUses, type SubsetUse } from "./uses.ts";

/** Findings on one DestinationRule among all. */
export function destinationRuleFindings(
  world: World,
  rule: DestinationRule,
  seen: Seen,
): readonly Finding[] {
  if (typeof rule.spec?.host !== "string" || rule.spec.host === "") return [];
  const host = resolveHost(rule.spec.host, namespaceOf(rule), world.mesh);
  const of = { rule, host };
  return [
    ...hostFindings(world, of, seen),
    ...labelFindings(rule),
    ...oldForms(rule),
    ...mergeFindings(world, of),
    ...hidingFindings(world, of),
  ].map((finding) => ({ ...finding, object: nameOf(rule) }));
}

interface Of {
  readonly rule: DestinationRule;
  /** Full name, or a wildcard. */
  readonly host: string;
}

function hostFindings(world: World, of: Of, seen: Seen): Finding[] {
  const { host, rule } = of;
  const registry = registryOf(world);
  const service = registry.get(host);
  if (world.mesh.multiCluster) return [];
  if (service !== undefined) return hiddenFindings(world, rule, service);
  const namespace = namespaceOfHost(host, world.mesh);
  const full = `${host}.svc.${world.mesh.clusterDomain}`;
  if (isWildcard(host)) {
    if ([...registry.keys()].some((one) => matchesHost(host, one))) return [];
  }
  const known = namespace === undefined
    ? registry.has(full) || (seen.whole &&
      whyUnknown(world, "ServiceEntry") === undefined &&
      whyUnknown(world, "Service") === undefined)
    : whyUnknown(world, "Service", { namespace }) === undefined;
  if (!known) return [];
  return [{
    code: "IST0174",
    severity: "warning",
    path: ["spec", "host"],
    message: `No service has host "${host}"`,
    means: "The rule is for nobody: no request is treated by it",
    edit: registry.has(full)
      ? `Write "${full}": a name with a dot is taken as it stands`
      : "Write the host of a Service or ServiceEntry",
  }];
}

/** In a client's namespace a rule is for these clients, who need the service. */
function hiddenFindings(
  world: World,
  rule: DestinationRule,
  service: RegistryService,
): Finding[] {
  const own = namespaceOf(rule);
  const isEverybodys = own === service.namespace ||
    own === world.mesh.rootNamespace;
  if (isEverybodys || isVisible(service, own)) return [];
  return [{
    code: "IST0174",
    severity: "warning",
    path: ["spec", "host"],
    message:
      `${service.kind} "${service.namespace}/${service.name}" is not exported to namespace "${own}"`,
    means: "The rule is for nobody: no request is treated by it",
    edit:
      `Put the rule into namespace "${service.namespace}", or export the ${service.kind} to "${own}"`,
  }];
}

/** No labels are all pods, whatever the name says. */
function labelFindings(rule: DestinationRule): Finding[] {
  const subsets: unknown = rule.spec?.subsets;
  if (!Array.isArray(subsets) || subsets.length < 2) return [];
  return subsets.flatMap((subset, index): Finding[] =>
    !isRecord(subset) || namesIn(subset["labels"]) > 0 ? [] : [{
      code: "subset-without-labels",
      severity: "info",
      path: ["spec", "subsets", index],
      message: `Subset "${stringOf(subset["name"])}" has no labels`,
      means: "It is every pod of the service, those of other subsets too",
      edit: "Give it the labels of its pods",
    }]
  );
}

/** Settings that have become others; a policy is in three places. */
function oldForms({ spec }: DestinationRule): Finding[] {
  const policies: [unknown, FieldPath][] = [
    [spec.trafficPolicy, ["spec", "trafficPolicy"]],
    ...listOf(spec.subsets).map((subset, nth): [unknown, FieldPath] => [
      isRecord(subset) ? subset["trafficPolicy"] : undefined,
      ["spec", "subsets", nth, "trafficPolicy"],
    ]),
  ];
  return policies.flatMap(([policy, path]) =>
    isRecord(policy)
      ? [
        ...oldFormsIn(policy, path),
        ...listOf(policy["portLevelSettings"]).flatMap((one, nth) =>
          isRecord(one)
            ? oldFormsIn(one, [...path, "portLevelSettings", nth])
            : []
        ),
      ]
      : []
  );
}

const OLD = [
  {
    field: ["outlierDetection", "consecutiveErrors"],
    now: "consecutive5xxErrors or consecutiveGatewayErrors",
  },
  {
    field: ["loadBalancer", "consistentHash", "minimumRingSize"],
    now: "ringHash.minimumRingSize",
  },
] as const;

function oldFormsIn(
  policy: Readonly<Record<string, unknown>>,
  path: FieldPath,
): Finding[] {
  return OLD.flatMap(({ field, now }): Finding[] => {
    const value = field.reduce<unknown>(
      (here, key) => isRecord(here) ? here[key] : undefined,
      policy,
    );
    return !(numberOf(value) > 0) ? [] : [{
      code: "IST0133",
      severity: "warning",
      message: `${field.at(-1)} is deprecated`,
      path: [...path, ...field],
      means: "A later Istio may ignore it",
      edit: `Write ${now}`,
    }];
  });
}

function mergeFindings(world: World, { rule, host }: Of): Finding[] {
  const client: Client = {
    kind: "sidecar",
    namespace: namespaceOf(rule),
    labels: rule.spec.workloadSelector?.matchLabels ?? {},
  };
  const probe = isWildcard(host) ? `probe${host.slice(1)}` : host;
  const effective = ruleInEffect(world, probe, client);
  if (effective === undefined) return [];
  const hasSelector = isRecord(rule.spec.workloadSelector);
  if (effective.separate.includes(rule) && !hasSelector) {
    if (effective.byWorkloadSelector) return [];
    const [used] = effective.rules;
    return [{
      code: "destination-rule-not-merged",
      severity: "warning",
      path: ["spec", "exportTo"],
      message: `${
        quoted(used!)
      } is used in its place: the two are for one host and have different exportTo`,
      means: "Its subsets and policies do not count",
      edit:
        "Give all DestinationRules of a host the same exportTo, or make one of them",
    }];
  }
  if (!effective.rules.includes(rule) || effective.rules[0] === rule) return [];
  const subsets: unknown = rule.spec.subsets;
  return (Array.isArray(subsets) ? subsets : []).flatMap(
    (subset, index): Finding[] => {
      const name = isRecord(subset) ? stringOf(subset["name"]) : "";
      const winner = name === "" ? undefined : findSubset(effective, name);
      return winner === undefined || winner.rule === rule ? [] : [{
        code: "subset-duplicate",
        severity: "warning",
        path: ["spec", "subsets", index],
        message: `Subset "${name}" is dropped: ${
          quoted(winner.rule)
        } defines it first`,
        means: "The labels and policies of the other one count",
        edit: "Define the subset once",
      }];
    },
  );
}

/** Is this one in effect where the one with the subsets is meant to be? */
function hidingFindings(world: World, { rule, host }: Of): Finding[] {
  const namespace = namespaceOf(rule);
  const { rootNamespace } = world.mesh;
  if (namespace === rootNamespace) return [];
  const labels = rule.spec.workloadSelector?.matchLabels ?? {};
  const client: Client = { kind: "sidecar", namespace, labels };
  for (const use of usesBehind(world, host)) {
    const effective = ruleInEffect(world, use.host, client);
    if (effective === undefined || !effective.rules.includes(rule)) continue;
    if (findSubset(effective, use.subset) !== undefined) continue;
    const lost = [...effective.hidden, ...effective.separate].find((one) =>
      has(one, use.subset)
    );
    if (lost === undefined || !isFor(use.object, namespace)) continue;
    const who = isRecord(rule.spec.workloadSelector)
      ? `workloads of namespace "${namespace}" that it selects`
      : `clients of namespace "${namespace}"`;
    return [{
      code: "destination-rule-hides",
      severity: use.served ? "error" : "warning",
      path: ["spec", "host"],
      message: `It hides ${
        quoted(lost)
      } for ${who}: subset "${use.subset}" is missing there`,
      means: `Requests of these clients that VirtualService "${
        namespaceOf(use.object)
      }/${use.object.metadata.name}" sends to it fail with 503 (NC)`,
      edit: `Repeat the subsets of ${quoted(lost)} here, or delete this one`,
    }];
  }
  return [];
}

/** Uses of subsets of hosts that a DestinationRule is for, in other namespaces. */
function usesBehind(world: World, host: string): readonly SubsetUse[] {
  const uses = hostUses(world);
  if (!isWildcard(host)) return uses.get(host) ?? [];
  return [...uses].flatMap(([one, list]) => matchesHost(host, one) ? list : []);
}

/** Is a VirtualService for sidecars of a namespace? */
function isFor(object: VirtualService, namespace: string): boolean {
  const gateways = strings(object.spec?.gateways);
  return (gateways.length === 0 || gateways.includes("mesh")) &&
    visibleTo(object.spec?.exportTo, namespaceOf(object), namespace);
}

/**
 * Clients in other namespaces for which the subset of a destination is not
 * there, though the rule that names it is theirs, too.
 */
export function elsewhereFindings(
  world: World,
  object: VirtualService,
  uses: readonly SubsetUse[],
): Finding[] {
  if (!isFor(object, namespaceOf(object))) return [];
  const own: Client = {
    kind: "sidecar",
    namespace: namespaceOf(object),
    labels: {},
  };
  return uses.flatMap((use): Finding[] => {
    const effective = ruleInEffect(world, use.host, own);
    const found = findSubset(effective, use.subset);
    if (found === undefined || isForAll(world, found.rule, use.host)) return [];
    const others = clientNamespaces(world).filter((namespace) =>
      namespace !== own.namespace && isFor(object, namespace) &&
      isMissing(world, use, namespace)
    );
    if (others.length === 0) return [];
    return [{
      code: "subset-not-for-all-clients",
      severity: "warning",
      object: nameOf(object),
      path: use.path,
      message:
        `Subset "${use.subset}" is there for clients of namespace "${own.namespace}", not for those of ${
          others.slice(0, 5).map((one) => `"${one}"`).join(", ")
        }${others.length > 5 ? ` and ${others.length - 5} more` : ""}`,
      means: `Their requests to this destination fail with 503 (NC): ${
        quoted(found.rule)
      } is not theirs`,
      edit:
        "Put the DestinationRule into the namespace of the service and export it to them, or keep the VirtualService to its own namespace with exportTo",
    }];
  });
}

function isForAll(world: World, rule: DestinationRule, host: string): boolean {
  const exportTo = strings(rule.spec.exportTo);
  const home = namespaceOfHost(host, world.mesh) ??
    serviceEntriesOf(world, host).map(namespaceOf)[0];
  return (exportTo.length === 0 || exportTo.includes("*")) &&
    (namespaceOf(rule) === home ||
      namespaceOf(rule) === world.mesh.rootNamespace);
}

function isMissing(
  world: World,
  use: SubsetUse,
  namespace: string,
): boolean {
  const gap = [namespace, namespaceOfHost(use.host, world.mesh)].some((one) =>
    whyUnknown(
      world,
      "DestinationRule",
      one === undefined ? {} : { namespace: one },
    ) !== undefined
  );
  const client: Client = { kind: "sidecar", namespace, labels: {} };
  return !gap &&
    findSubset(
        ruleInEffect(world, use.host, client),
        use.subset,
      ) ===
      undefined;
}

const CLIENTS = new WeakMap<World, readonly string[]>();

/** Namespaces that are known to have pods: only there are clients. */
function clientNamespaces(world: World): readonly string[] {
  const known = CLIENTS.get(world);
  if (known !== undefined) return known;
  const found = [...new Set(world.pods.map(namespaceOf))]
    .filter((one) =>
      one !== world.mesh.rootNamespace && !one.startsWith("kube-")
    ).sort();
  CLIENTS.set(world, found);
  return found;
}

function has(rule: DestinationRule, name: string): boolean {
  const subsets: unknown = rule.spec?.subsets;
  return Array.isArray(subsets) &&
    subsets.some((one) => isRecord(one) && one["name"] === name);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function namesIn(map: unknown): number {
  return isRecord(map) ? Object.keys(map).length : 0;
}

function quoted(rule: DestinationRule): string {
  return `DestinationRule "${keyOf(rule)}"`;
}
