/**
 * What every change is made of: a {@linkcode TrafficPlan} is plain JSON, so
 * that it can be shown, saved, carried out later and kept in a record.
 *
 * Data flow: `planShift` / `planClear` / `planUndo` decide (a
 * {@linkcode Decision}: the objects as they are and as they shall be),
 * `makePlan` turns a decision into ordered single-object writes, and
 * `actions/execute.ts` walks them.
 *
 * @module
 */

import type { JsonPatchOperation, Target } from "../cluster/cluster.ts";
import type { TrafficDifference } from "../istio/differences.ts";
import type { Json, KubeObject } from "../istio/types.ts";
import type { Kind, World } from "../istio/world.ts";

/** The verbs that change something. */
export type ChangeVerb = "shift" | "clear" | "undo" | "redo" | "fix";

/**
 * How grave a change is. `lowering` only takes traffic away from a build and
 * is never asked about; `mild` goes on; `severe` wants an answer.
 */
export type Grade = "none" | "lowering" | "mild" | "severe";

/** Names an object, with what tells a copy from it. */
export interface ObjectName {
  /** As it was read. */
  readonly apiVersion: string;
  /** The two kinds that are written. */
  readonly kind: "VirtualService" | "DestinationRule";
  /** `metadata.namespace`. */
  readonly namespace: string;
  /** `metadata.name`. */
  readonly name: string;
  /** Absent for an object that is yet to be made. */
  readonly uid?: string;
  /** The version that the plan is based on. */
  readonly resourceVersion?: string;
}

/** A list in an object that istiops splices. */
export type ListPath = "/spec/http" | "/spec/subsets";

/**
 * One item of a list replaced, removed (no `after`) or inserted (no
 * `before`). Neighbours are hashes (`hashOf`) of the items beside it: in the
 * list as it was for a removal, in the list as it becomes otherwise; absent
 * at an end of the list.
 */
export interface Edit {
  /** The list that it belongs to. */
  readonly list: ListPath;
  /** The item as it was; absent for an insertion. */
  readonly before?: Json;
  /** The item as it becomes; absent for a removal. */
  readonly after?: Json;
  /** Position in the list as it was (removal, replacement). */
  readonly from?: number;
  /** Position in the list as it becomes (insertion, replacement). */
  readonly to?: number;
  /** Hash of the item above. */
  readonly previous?: string;
  /** Hash of the item below. */
  readonly next?: string;
  /**
   * `hashOf` the whole list as it was: where it still is, indexes decide, so
   * that identical twins cannot be mixed up.
   */
  readonly whole?: string;
  /** The subset carries our mark (annotation on the DestinationRule). */
  readonly marked?: boolean;
}

/** One write to one object. */
export interface Change {
  /** Tells a write from a wait. */
  readonly step: "write";
  /** What is done to the object. */
  readonly action: "patch" | "create" | "delete";
  /** Decides what is guarded before it and waited for after it. */
  readonly role: "add-subsets" | "route" | "remove-subsets";
  /** What is written, at the version it was read at. */
  readonly object: ObjectName;
  /** The same as `operations`, item by item. */
  readonly edits: readonly Edit[];
  /**
   * As sent while the object is at `object.resourceVersion`; the first sets
   * `metadata.resourceVersion`, the last ones the record. Empty unless
   * `action` is `patch`. A later write to an object that an earlier step of
   * the same plan wrote takes the version which that write returned.
   */
  readonly operations: readonly JsonPatchOperation[];
  /** The whole object for `create`. */
  readonly body?: KubeObject;
  /** What goes into the object's history in the same write. */
  readonly record: HistoryEntry;
}

/** A pause between writes. */
export interface Wait {
  /** Tells a wait from a write. */
  readonly step: "wait";
  /** Milliseconds. */
  readonly milliseconds: number;
  /** One clause for people: `until every proxy has the new subset`. */
  readonly reason: string;
}

/** A build's share in one rule, before and after. */
export interface ShareRow {
  /** The object that holds the rule. */
  readonly virtualService: {
    readonly namespace: string;
    readonly name: string;
  };
  /** Index in `spec.http` before; absent for a rule that is new. */
  readonly index?: number;
  /** Rule name, else its match in words. */
  readonly route: string;
  /** As written in the destination. */
  readonly host: string;
  /** Value of the build label, else the subset, else `(all pods)`. */
  readonly build: string;
  /** Labels of the subset; empty for all pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the subset; absent for all pods. */
  readonly subset?: string;
  /** Percent, 0 to 100, as a number with at most 4 decimals. */
  readonly before: number;
  /** Percent, as `before`. */
  readonly after: number;
  /** Ready pods; null where they cannot be seen. */
  readonly readyPods: number | null;
}

/** A build whose share rises, and the pods that must be ready for it. */
export interface Guard {
  /** Value of the build label, or the subset, for messages. */
  readonly build: string;
  /** As written in the destination. */
  readonly host: string;
  /** Namespace and name of the Service whose selector counts. */
  readonly service?: { readonly namespace: string; readonly name: string };
  /** Labels that its pods carry. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * `required`: refuse without ready pods (5.6); `relative`: only if the one
   * that serves now has some (5.7, 11.4).
   */
  readonly rule: "required" | "relative";
  /** For `relative`: labels of the builds that fall. */
  readonly falling?: readonly Readonly<Record<string, string>>[];
  /** What `--force` and `--skip-pod-check` have overridden already. */
  readonly overridden?: boolean;
}

/** Routes to the same host that this plan leaves alone. */
export interface Untouched {
  /** Namespace of the VirtualService. */
  readonly namespace: string;
  /** Name of the VirtualService. */
  readonly name: string;
  /** Full names, `namespace/name`; `mesh` where none is. */
  readonly gateways: readonly string[];
  /** Rule names, or matches in words. */
  readonly rules: readonly string[];
}

/** A change before it is a write. Plain JSON: `-o json`, `--plan-out`. */
export interface TrafficPlan {
  /** Version of the schema. */
  readonly apiVersion: "istiops/v1";
  /** Tells the documents of istiops apart. */
  readonly kind: "TrafficPlan";
  /** Operation id; rides in every write of the plan. */
  readonly operation: string;
  /** What it does. */
  readonly verb: ChangeVerb;
  /** Where it will be carried out; nowhere else. */
  readonly target: Target;
  /** Namespace of the change. */
  readonly namespace: string;
  /** The command line, header values redacted. */
  readonly command: string;
  /** ISO 8601. */
  readonly time: string;
  /** As the server names who asked; absent where it does not say. */
  readonly user?: string;
  /** Whether there is anything to write. */
  readonly changed: boolean;
  /** Decides whether somebody has to answer first. */
  readonly grade: Grade;
  /** Why it is that grave; sentences. */
  readonly reasons: readonly string[];
  /** Why the target is protected; absent if it is not. */
  readonly protected?: string;
  /** Names to type or to give with `--confirm`: every object concerned. */
  readonly confirm: readonly string[];
  /** What it writes to. */
  readonly objects: readonly ObjectName[];
  /** What was derived and what it will do, said first; sentences. */
  readonly summary: readonly string[];
  /** What the reader should know; sentences. */
  readonly notes: readonly string[];
  /** Every build of every touched rule, before and after. */
  readonly shares: readonly ShareRow[];
  /**
   * Requests that fare otherwise with it, each set with one of them; absent
   * where nobody asked for it: only plans that are shown or saved have it.
   */
  readonly elsewhere?: readonly TrafficDifference[];
  /** What routes to the same host and stays as it is. */
  readonly untouched: readonly Untouched[];
  /** Checked when it is planned, and again just before the route is written. */
  readonly guards: readonly Guard[];
  /** In the order in which they are carried out. */
  readonly steps: readonly (Change | Wait)[];
  /** The command that goes back, complete with target; absent for a no-op. */
  readonly wayBack?: string;
  /** What was not asked of the server (dry run forbidden, …); sentences. */
  readonly unverified: readonly string[];
}

/** One object before and after: equal objects are no change. */
export interface ObjectPair {
  /** Absent: it is created. */
  readonly before?: KubeObject;
  /** Absent: it is deleted. */
  readonly after?: KubeObject;
}

/**
 * What a planner decided: pure result of (intent, world). `makePlan` orders
 * the writes; the decision need not care about order.
 */
export interface Decision {
  readonly verb: ChangeVerb;
  readonly namespace: string;
  /**
   * What changes, and the DestinationRules in effect for it even where they
   * stay as they are: their subsets go into the record, and the time of their
   * last write decides whether the route has to wait (10.1).
   */
  readonly pairs: readonly ObjectPair[];
  /** Names of subsets that carry our mark afterwards, by DestinationRule "namespace/name". */
  readonly marks: Readonly<Record<string, readonly string[]>>;
  readonly grade: Grade;
  readonly reasons: readonly string[];
  readonly summary: readonly string[];
  readonly notes: readonly string[];
  readonly shares: readonly ShareRow[];
  readonly untouched: readonly Untouched[];
  readonly guards: readonly Guard[];
  /** Operation ids that an undo or a redo takes back. */
  readonly reverts?: readonly string[];
  /** What the record should tell 3.6, 5.5 and 5.7 later. */
  readonly build?: string;
  /** What `-b` said where `-p` gave the labels of another build (3.2). */
  readonly asked?: string;
  readonly host?: string;
}

/** Everything about a run that is not traffic. */
export interface PlanContext {
  readonly operation: string;
  readonly time: Date;
  readonly user?: string;
  readonly target: Target;
  readonly command: string;
  /** Milliseconds between two dependent writes, and after the last. */
  readonly settle: number;
  readonly protected?: string;
  /** Said in the plan, see {@linkcode TrafficPlan.unverified}. */
  readonly unverified?: readonly string[];
  /** The plan says which requests go elsewhere. */
  readonly compares?: boolean;
}

/** One record in an object's `istiops/history` annotation (11.1). */
export interface HistoryEntry {
  /** Id, the same on all objects of the operation. */
  readonly operation: string;
  /** What was done. */
  readonly verb: ChangeVerb;
  /** ISO 8601. */
  readonly time: string;
  /** As the server named who did it. */
  readonly user?: string;
  /** The command line, header values redacted. */
  readonly command: string;
  /** URL of the server and namespace it was written on. */
  readonly server: string;
  /** Namespace of this object when it was written. */
  readonly namespace: string;
  /** Name of this object when it was written. */
  readonly name: string;
  /** Tells this object from a copy of it. */
  readonly uid?: string;
  /** All objects of the operation. */
  readonly objects: readonly ObjectName[];
  /** Operations that this one took back. */
  readonly reverts?: readonly string[];
  /** The service host whose traffic it moved. */
  readonly host?: string;
  /** The build that was asked for. */
  readonly build?: string;
  /** What `-b` said where `-p` gave the labels of another build. */
  readonly asked?: string;
  /** What was replaced, with neighbours. `after` is kept as a hash only. */
  readonly edits: readonly RecordedEdit[];
  /** Full definition of every subset that the former rules name. */
  readonly subsets: readonly {
    readonly destinationRule: {
      readonly namespace: string;
      readonly name: string;
    };
    readonly subset: Json;
  }[];
  /** Shares in the touched rules, for `history` and for 5.7. */
  readonly shares: readonly Pick<
    ShareRow,
    "route" | "build" | "labels" | "before" | "after"
  >[];
  /** The operation created this object. */
  readonly created?: boolean;
  /** `hashOf` the spec as the operation created, or found to delete, it. */
  readonly left?: string;
  /** Whole objects that the operation deleted, kept by its other objects. */
  readonly deleted?: readonly KubeObject[];
  /** What was replaced was too large to keep: this cannot be undone. */
  readonly incomplete?: boolean;
  /** The operation writes this object once more after this. */
  readonly more?: boolean;
}

/**
 * An {@linkcode Edit} as the record keeps it; `whole` is of the list as the
 * change left it.
 */
export interface RecordedEdit extends Omit<Edit, "after"> {
  /** `hashOf` the item as the change left it; absent for a removal. */
  readonly left?: string;
}

/** What became of a plan. Plain JSON: `-o json`. */
export interface TrafficOutcome {
  /** Version of the schema. */
  readonly apiVersion: "istiops/v1";
  /** Tells the documents of istiops apart. */
  readonly kind: "TrafficOutcome";
  /**
   * `unknown`: a write may or may not have landed; `conflict`, `interrupted`
   * and `failed`: see `written` and `notWritten`.
   */
  readonly status:
    | "done"
    | "unchanged"
    | "conflict"
    | "unknown"
    | "interrupted"
    | "failed";
  /** Whether anything was written. */
  readonly changed: boolean;
  /** Id of the plan. */
  readonly operation: string;
  /** What was carried out. */
  readonly plan: TrafficPlan;
  /** At the version that the write gave them. */
  readonly written: readonly ObjectName[];
  /** What the plan would still have written. */
  readonly notWritten: readonly ObjectName[];
  /** The object whose write may or may not have landed. */
  readonly unknown?: ObjectName;
  /** The command that takes back what was written; absent if nothing can be. */
  readonly wayBack?: string;
  /** What the server said, and what could not be verified; sentences. */
  readonly warnings: readonly string[];
}

/** Reads what a planner needs; made by `actions/read.ts`. */
export interface Reading {
  readonly world: World;
  /** Kinds read, for messages. */
  readonly kinds: readonly Kind[];
}
