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
  readonly namespace: string;
  readonly names?: readonly string[];
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
  readonly force?: boolean;
  readonly skipPodCheck?: boolean;
  readonly overrideOwner?: boolean;
}

/** `istiops shift`. */
export interface ShiftIntent extends Selection, Overrides {
  readonly build?: string;
  /** Pod labels of the build, outright (`-p`). */
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly buildLabel?: string;
  /** Percent of requests, 0 to 100, at most one decimal. */
  readonly weight?: number;
  readonly split?: readonly {
    readonly build: string;
    readonly percent: number;
  }[];
  /** All in one match block (AND). */
  readonly headers?: readonly HeaderCondition[];
  /** Rule names or 0-based indexes. */
  readonly routes?: readonly string[];
  readonly allRoutes?: boolean;
  readonly baseBuild?: string;
  /** Make a missing DestinationRule. */
  readonly create?: boolean;
  /** Make a missing route with this match: `any`, `prefix=/v1`, `exact=/`, `regex=.+`. */
  readonly createRoute?: string;
  /** Take a header set from the build it leads to now. */
  readonly replace?: boolean;
  readonly replaceSubset?: boolean;
  readonly destinationHeaders?: "copy" | "none";
}

/** `istiops clear`. */
export interface ClearIntent extends Selection, Overrides {
  readonly mode: "soft" | "hard";
  /** Take away this build's previews instead. */
  readonly build?: string;
  readonly buildLabel?: string;
  readonly headers?: readonly HeaderCondition[];
}

/** `istiops undo` and `istiops redo`. */
export interface UndoIntent extends Selection, Overrides {
  readonly verb: "undo" | "redo";
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
