/**
 * What a user asks for, as plain values: the command line, the shell and the
 * library all end here. Nothing in it has been looked up yet.
 *
 * @module
 */

/** One requirement of a label selector; all requirements must hold. */
export type LabelRequirement =
  | { readonly key: string; readonly operator: "exists" | "notexists" }
  | {
    readonly key: string;
    readonly operator: "in" | "notin";
    /** `=` is `in` with one value, `!=` is `notin` with one. */
    readonly values: readonly string[];
  };

/** Which VirtualServices; at least one of the three is set for a change. */
export interface Selection {
  /** Namespace of the VirtualServices. */
  readonly namespace: string;
  /** Names of VirtualServices. */
  readonly names?: readonly string[];
  /** Requirements that all must hold. */
  readonly selector?: readonly LabelRequirement[];
  /** The service host that requests go to, with or without its port. */
  readonly destination?: { readonly host: string; readonly port?: number };
}

/** One header condition; the name as typed, compared without case. */
export type HeaderCondition =
  | { readonly name: string; readonly kind: "present" }
  | {
    readonly name: string;
    readonly kind: "exact" | "prefix" | "regex";
    readonly value: string;
  };

/** Guards that a user has looked at and overrides. */
export interface Overrides {
  /** Goes on where a guard said no; never answers a question. */
  readonly force?: boolean;
  /** Goes on where pods cannot be seen. */
  readonly skipPodCheck?: boolean;
  /** Goes on where something else looks after the object. */
  readonly overrideOwner?: boolean;
}

/** `istiops check`: all objects of a namespace, or those that are chosen. */
export interface CheckIntent {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  /** Names of VirtualServices, DestinationRules, Gateways or ServiceEntries. */
  readonly names?: readonly string[];
  /** Requirements on their labels that all must hold. */
  readonly selector?: readonly LabelRequirement[];
}

/** `istiops shift`. */
export interface ShiftIntent extends Selection, Overrides {
  /** Value of the build label; derived where only one is meant. */
  readonly build?: string;
  /** Pod labels of the build, outright (`-p`). */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Key of the pod label that tells builds apart; derived by default. */
  readonly buildLabel?: string;
  /** Percent of requests, 0 to 100, at most one decimal. */
  readonly weight?: number;
  /** Percent by build, for all builds at once. */
  readonly split?: readonly {
    readonly build: string;
    readonly percent: number;
  }[];
  /** All in one match block (AND). */
  readonly headers?: readonly HeaderCondition[];
  /** Rule names or 0-based indexes. */
  readonly routes?: readonly string[];
  /** All base rules, though their shares differ. */
  readonly allRoutes?: boolean;
  /** Pins destinations without a subset to this build. */
  readonly baseBuild?: string;
  /** Make a missing DestinationRule. */
  readonly create?: boolean;
  /** Make a missing route with this match: `any`, `prefix=/v1`, `exact=/`, `regex=.+`. */
  readonly createRoute?: string;
  /** Take a header set from the build it leads to now. */
  readonly replace?: boolean;
  /** Gives a subset other labels; only where nothing names it. */
  readonly replaceSubset?: boolean;
  /**
   * Whether a new destination gets the header operations of the one it is made
   * from.
   */
  readonly destinationHeaders?: "copy" | "none";
}

/** `istiops clear`. */
export interface ClearIntent extends Selection, Overrides {
  /** `soft`: what is dead; `hard`: all but master and prefix rules. */
  readonly mode: "soft" | "hard";
  /** Take away this build's previews instead. */
  readonly build?: string;
  /** Key of the pod label that tells builds apart; derived by default. */
  readonly buildLabel?: string;
  /** Narrows `build` to this one set of headers. */
  readonly headers?: readonly HeaderCondition[];
}

/** `istiops undo` and `istiops redo`. */
export interface UndoIntent extends Selection, Overrides {
  /** Back, or forth again. */
  readonly verb: "undo" | "redo";
  /** Id of the operation; the newest by default. */
  readonly operation?: string;
  /** Undo newer operations in turn, down to and with this one. */
  readonly to?: string;
}

/** `istiops show`. */
export interface ShowIntent extends Omit<Selection, "namespace"> {
  /** Absent: all namespaces (`-A`). */
  readonly namespace?: string;
}

/** `istiops history`. */
export type HistoryIntent = Selection;
