/**
 * One call to an API server, how long and how much it may take, and how it
 * fails where no answer says so.
 *
 * @module
 */

import {
  ClusterError,
  InterruptedError,
  OutcomeUnknownError,
} from "../errors.ts";
import type { Failure } from "./answers.ts";

/** How long, how much, how often. */
export interface Limits {
  /** Milliseconds for a read, retries and all. */
  readonly readMs: number;
  /** Milliseconds for a write or its dry run: webhooks may take 10 s. */
  readonly writeMs: number;
  /** Milliseconds until the server has taken a connection. */
  readonly connectMs: number;
  /** Milliseconds without a byte of a body. */
  readonly idleMs: number;
  /** Bytes of an answer, unpacked. */
  readonly maxBytes: number;
  readonly attempts: number;
  /** Calls at a time. */
  readonly parallel: number;
  /** Requests of the whole process in a second, in the long run. */
  readonly perSecond: number;
  /** Requests of the whole process that may go out at once. */
  readonly burst: number;
}

/** What holds where nothing else is said. */
export const LIMITS: Limits = {
  readMs: 15_000,
  writeMs: 30_000,
  connectMs: 5_000,
  idleMs: 10_000,
  maxBytes: 64 * 1024 * 1024,
  attempts: 10,
  parallel: 8,
  perSecond: 20,
  burst: 40,
};

/** One call. */
export interface TransportRequest {
  /** How errors begin: `Cannot list Pod in namespace "default"`. */
  readonly attempt: string;
  /** A dry run keeps nothing, so it may be repeated like a read. */
  readonly effect: "read" | "write" | "dry run";
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `application/json` by default. */
  readonly contentType?: string;
  /** What the answer may be, `application/json` by default. */
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
  /** Says what is wrong with a success, or nothing. */
  readonly check: (body: unknown) => string | undefined;
}

/** One attempt of a call, with nothing in it that is secret. */
export interface Exchange {
  readonly method: TransportRequest["method"];
  /** With its query; without credentials. */
  readonly url: string;
  /** 1 for the first try of a call. */
  readonly attempt: number;
  /** Of the answer, where there was one. */
  readonly status?: number;
  /** Milliseconds until the answer was read, or given up. */
  readonly milliseconds: number;
  /** What was wrong, in plain words. */
  readonly obstacle?: string;
}

/** A deadline that passed: `most` is that of the call, `given` what was left. */
export function outOfTime(most: number, given: number): Failure {
  return {
    code: "timeout",
    obstacle: given < most
      ? "the time for all calls together is used up"
      : `no whole answer came within ${seconds(most)}`,
    hint: "Check the network; --timeout gives all calls together more time",
    retry: "unknown",
  };
}

/** The last failure of several. */
export function afterAttempts(failure: Failure, made: number): Failure {
  return made === 1
    ? failure
    : { ...failure, obstacle: `${failure.obstacle} (${made} attempts)` };
}

/** What a write is told that may have been carried out. */
export function unknownOutcome(
  failure: Failure,
  request: TransportRequest,
): OutcomeUnknownError {
  return new OutcomeUnknownError(
    "outcome-unknown",
    `${request.attempt}: it may have been written, but ${failure.obstacle}`,
    { hint: "Look at the object before you try again" },
  );
}

/** What a call is told whose signal has fired. */
export function interrupted(request: TransportRequest): InterruptedError {
  return new InterruptedError(
    "interrupted",
    `${request.attempt}: interrupted`,
    { cause: request.signal?.reason },
  );
}

/**
 * Waits for what cannot be ended itself, such as a plugin, but no longer than
 * the caller wants to.
 *
 * @throws {InterruptedError}
 */
export async function unlessInterrupted<T>(
  work: Promise<T> | undefined,
  request: TransportRequest,
): Promise<T | undefined> {
  const { signal } = request;
  if (work === undefined || signal === undefined) return await work;
  const over = Promise.withResolvers<never>();
  const stop = (): void => over.reject(interrupted(request));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Milliseconds as text: `0.5 s`. */
export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

/** What an API server takes of one request, and of one JSON Patch. */
const MOST_SENT = 3 * 1024 * 1024;
const MOST_OPERATIONS = 10_000;

/**
 * Told before anything is sent, rather than by a server half way.
 *
 * @throws {ClusterError} `too-large`.
 */
export function refuseTooLarge({ attempt, body }: TransportRequest): void {
  if (body === undefined) return;
  const { length } = new TextEncoder().encode(JSON.stringify(body));
  const obstacle = length > MOST_SENT
    ? `the request would have ${
      mebibytes(length)
    } MiB, and an API server takes 3`
    : Array.isArray(body) && body.length > MOST_OPERATIONS
    ? `the patch would have ${body.length} operations, and an API server takes ${MOST_OPERATIONS}`
    : undefined;
  if (obstacle === undefined) return;
  throw new ClusterError("too-large", `${attempt}: ${obstacle}`, {
    hint: "Change fewer rules at once; --route names them",
  });
}

/** One digit after the point, never less than it is. */
function mebibytes(bytes: number): string {
  return (Math.ceil(bytes / 1024 / 1024 * 10) / 10).toFixed(1);
}
