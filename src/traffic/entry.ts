/**
 * What a write says about itself in the history: who, when, and what has to
 * be known to take it back.
 *
 * @module
 */

import { clientsOf } from "../istio/client.ts";
import { effectiveDestinationRule } from "../istio/destination_rules.ts";
import { matchesHost, resolveHost } from "../istio/hosts.ts";
import type { HTTPRoute, KubeObject, VirtualService } from "../istio/types.ts";
import { DEFAULT_MESH, type World } from "../istio/world.ts";
import { diffObjects, itemsOf } from "./edits.ts";
import { isSame } from "./hash.ts";
import { HISTORY_ANNOTATION } from "./journal.ts";
import { namespaceOf } from "./objects.ts";
import { objectKey } from "./operations.ts";
import type { Stage } from "./stages.ts";
import { referencesIn } from "./subset_references.ts";
import type {
  Decision,
  HistoryEntry,
  ObjectName,
  ObjectPair,
  PlanContext,
} from "./types.ts";
import { annotate } from "./write.ts";

/** What all entries of an operation share. */
export interface Draft {
  readonly decision: Decision;
  readonly objects: readonly ObjectName[];
  readonly entry: Omit<HistoryEntry, "namespace" | "name" | "edits">;
  readonly deleted: readonly KubeObject[];
  /** The object that keeps what was deleted. */
  readonly keeper: ObjectName | undefined;
}

/** Works out what all entries of an operation share. */
export function draftOf(
  decision: Decision,
  of: { readonly pairs: readonly ObjectPair[]; readonly context: PlanContext },
): Draft {
  const { context, pairs } = of;
  const objects = pairs.map(({ before, after }) =>
    objectNameOf((before ?? after)!)
  );
  const { user } = context;
  const { reverts, host, build, asked } = decision;
  return {
    decision,
    objects,
    deleted: pairs.flatMap(({ before, after }) =>
      after === undefined && before !== undefined ? [bareBody(before)] : []
    ),
    keeper: objects.find(({ kind }) => kind === "VirtualService") ?? objects[0],
    entry: {
      operation: context.operation,
      verb: decision.verb,
      time: context.time.toISOString(),
      ...(user === undefined ? {} : { user }),
      command: context.command,
      server: context.target.server,
      objects: objects.map(({ resourceVersion: _, ...name }) => name),
      ...(reverts === undefined ? {} : { reverts }),
      ...(host === undefined ? {} : { host }),
      ...(build === undefined ? {} : { build }),
      ...(asked === undefined ? {} : { asked }),
      subsets: [],
      shares: [],
    },
  };
}

/** The entry of one write; its edits are filled in when it is prepared. */
export function recordOf(
  stage: Stage,
  of: { readonly draft: Draft; readonly object: ObjectName },
): HistoryEntry {
  const { draft, object } = of;
  const isRoute = object.kind === "VirtualService";
  const keepsDeleted = draft.deleted.length > 0 &&
    draft.keeper?.kind === object.kind && draft.keeper.name === object.name &&
    draft.keeper.namespace === object.namespace;
  return {
    ...draft.entry,
    namespace: object.namespace,
    name: object.name,
    ...(object.uid === undefined ? {} : { uid: object.uid }),
    edits: [],
    subsets: isRoute ? formerSubsets(stage, draft.decision) : [],
    shares: draft.decision.shares.filter(({ virtualService: own }) =>
      isRoute && own.name === object.name && own.namespace === object.namespace
    ).map(({ route, build, labels, before, after }) => ({
      route,
      build,
      labels,
      before,
      after,
    })),
    ...(keepsDeleted ? { deleted: draft.deleted } : {}),
    ...(stage.goesOn ? { more: true } : {}),
  };
}

/** Definitions of the subsets that the rules which change name so far. */
function formerSubsets(
  { before, after }: Stage,
  decision: Decision,
): HistoryEntry["subsets"] {
  if (before === undefined || after === undefined) return [];
  const rules = diffObjects(before, after).flatMap((edit) => edit.before ?? []);
  const named = referencesIn(
    { ...before, spec: { http: rules } } as unknown as VirtualService,
    DEFAULT_MESH,
  );
  return decision.pairs.flatMap(({ before: object }) => {
    if (object?.kind !== "DestinationRule") return [];
    const { namespace = "default", name } = object.metadata;
    const { host } = object["spec"] as { readonly host: string };
    const full = resolveHost(host, namespace, DEFAULT_MESH);
    return itemsOf(object, "/spec/subsets").filter((subset) =>
      named.some((reference) =>
        matchesHost(full, reference.host) &&
        reference.subset === (subset as { readonly name: string }).name
      )
    ).map((subset) => ({ destinationRule: { namespace, name }, subset }));
  });
}

/**
 * The decision with objects that stay as they are, and that it has to wait
 * for if they were just written: the DestinationRules in effect for every rule
 * that it changes; and where only subsets go, the VirtualServices, which may
 * have named them a moment ago.
 */
export function withUnchanged(decision: Decision, world: World): Decision {
  const { pairs } = decision;
  const changesRoutes = pairs.some(({ before, after }) =>
    (before ?? after)?.kind === "VirtualService" && !isSame(before, after)
  );
  const present = pairs.flatMap(({ before }) => before ?? []);
  const found = new Map(
    [
      ...pairs.flatMap((pair) => rulesInEffect(pair, world)),
      ...(pairs.length === 0 || changesRoutes ? [] : world.virtualServices),
    ].map((object) => [objectKey(object), object]),
  );
  for (const object of present) found.delete(objectKey(object));
  return {
    ...decision,
    pairs: [
      ...pairs,
      ...[...found.values()].map((object) => ({
        before: object,
        after: object,
      })),
    ],
  };
}

function rulesInEffect(
  { before, after }: ObjectPair,
  world: World,
): KubeObject[] {
  if (before?.kind !== "VirtualService" || after === undefined) return [];
  const rules = diffObjects(before, after).flatMap((edit) =>
    [edit.before, edit.after].flatMap((item) => item ?? [])
  ) as unknown as HTTPRoute[];
  const hosts = new Set(
    rules.flatMap((rule) =>
      (rule.route ?? []).flatMap(({ destination }) =>
        typeof destination?.host === "string"
          ? resolveHost(destination.host, namespaceOf(before), world.mesh)
          : []
      )
    ),
  );
  return clientsOf(world, before as VirtualService).flatMap((client) =>
    [...hosts].flatMap((host) =>
      effectiveDestinationRule(world, host, client)?.rules ?? []
    )
  );
}

/** What is needed to make a deleted object again. */
function bareBody(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = object.metadata;
  const body: KubeObject = {
    ...object,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
  return annotate(body, {
    [HISTORY_ANNOTATION]: undefined,
    "kubectl.kubernetes.io/last-applied-configuration": undefined,
  });
}

/** Names an object as plans and records do. */
export function objectNameOf(object: KubeObject): ObjectName {
  const { namespace = "default", name, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind as ObjectName["kind"],
    namespace,
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
