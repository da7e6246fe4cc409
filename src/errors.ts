/**
 * The errors of istiops: what was attempted, what stood in the way, what to
 * try next. Subclasses follow what the caller can do about it, and each has
 * its own exit status on the command line (`cli/exit.ts`).
 *
 * @module
 */

/** Every code an error of istiops can carry; kebab-case, never reworded. */
export type ErrorCode =
  // the command (exit 2)
  | "usage"
  | "no-terminal"
  | "unknown-command"
  | "unknown-option"
  | "missing-value"
  | "invalid-value"
  | "missing-argument"
  | "unexpected-argument"
  | "undefined-variable"
  | "conflicting-options"
  | "ambiguous-destination"
  | "ambiguous-build"
  // what was looked for is not there (exit 1)
  | "not-found"
  | "history-not-found"
  | "invalid-manifest"
  | "invalid-plan"
  | "sandbox-state"
  | "invalid-configuration"
  | "too-many"
  | "file"
  | "internal"
  | "permission"
  | "output"
  | "reverted"
  // refused by a guard or for want of an answer (exit 4)
  | "ambiguous-object"
  | "delegate-not-selected"
  | "without-effect"
  | "destination-rule-hidden"
  | "destination-rule-missing"
  | "no-route"
  | "build-label-unknown"
  | "build-unknown"
  | "subset-exists"
  | "subset-in-use"
  | "header-value-of-build"
  | "base-without-subset"
  | "port-unclear"
  | "routes-differ"
  | "only-build"
  | "shared-route"
  | "no-ready-pods"
  | "pods-unknown"
  | "header-taken"
  | "header-unreachable"
  | "no-master-route"
  | "has-share"
  | "owned"
  | "confirmation-needed"
  | "declined"
  | "record-mismatch"
  | "exec-denied"
  | "insecure-denied"
  // somebody else changed it (exit 6)
  | "conflict"
  // it may have been written (exit 7)
  | "outcome-unknown"
  // the cluster (exit 5 or 1)
  | "unreachable"
  | "timeout"
  | "unauthorized"
  | "forbidden"
  | "kind-not-served"
  | "rejected"
  | "bad-answer"
  | "kubeconfig"
  | "exec-plugin"
  | "unsupported-kubeconfig"
  | "expired"
  | "too-large"
  | "overloaded"
  // the user (exit 130)
  | "interrupted";

/** What an error carries besides its message. */
export interface ErrorOptions {
  /** One sentence: the next thing to try. */
  readonly hint?: string;
  /** Machine-readable facts (names, shares, pods); never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What was caught, where this error stands for another. */
  readonly cause?: unknown;
}

/**
 * Something that could not be done. The message is "attempt: obstacle" with
 * names quoted and no final period.
 */
export class TrafficError extends Error {
  /** Name of the class. */
  override readonly name: string = "TrafficError";
  /** What went wrong; stays the same from version to version. */
  readonly code: ErrorCode;
  /** One sentence: the next thing to try. */
  readonly hint: string | undefined;
  /** Machine-readable facts; never a secret. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /** Errors are made by the verbs; a port of one's own makes them too. */
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** The command or the options are wrong: fix the call (exit 2). */
export class UsageError extends TrafficError {
  /** Name of the class. */
  override readonly name = "UsageError";
}

/** A guard said no, or an answer is needed: look, then decide (exit 4). */
export class RefusedError extends TrafficError {
  /** Name of the class. */
  override readonly name = "RefusedError";
}

/** Somebody else changed the same thing: look and plan again (exit 6). */
export class ConflictError extends TrafficError {
  /** Name of the class. */
  override readonly name = "ConflictError";
}

/** A write may or may not have landed: look before the next one (exit 7). */
export class OutcomeUnknownError extends TrafficError {
  /** Name of the class. */
  override readonly name = "OutcomeUnknownError";
}

/** A file is wrong: fix the file (exit 1). */
export class ManifestError extends TrafficError {
  /** Name of the class. */
  override readonly name = "ManifestError";
}

/** Stopped by the user or by an `AbortSignal` (exit 130). */
export class InterruptedError extends TrafficError {
  /** Name of the class. */
  override readonly name = "InterruptedError";
}

/** What a {@linkcode ClusterError} carries besides {@linkcode ErrorOptions}. */
export interface ClusterErrorOptions extends ErrorOptions {
  /** HTTP status, absent when no answer came. */
  readonly status?: number;
  /** `reason` of the Kubernetes Status, for example `Conflict`. */
  readonly reason?: string;
}

/** The cluster did not do it: retry, or get access (exit 5 or 1). */
export class ClusterError extends TrafficError {
  /** Name of the class. */
  override readonly name = "ClusterError";
  /** HTTP status, absent when no answer came. */
  readonly status: number | undefined;
  /** `reason` of the Kubernetes Status, for example `Conflict`. */
  readonly reason: string | undefined;

  /** A port of one's own makes these, too. */
  constructor(
    code: ErrorCode,
    message: string,
    options: ClusterErrorOptions = {},
  ) {
    super(code, message, options);
    this.status = options.status;
    this.reason = options.reason;
  }
}
