/**
 * What an audit log says of a write: a plain line for each time that it was
 * sent, whatever came of it (I11).
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import type { HTTPRoute, Json } from "../istio/types.ts";
import type {
  Change,
  ChangeVerb,
  ObjectName,
  ShareRow,
  TrafficPlan,
} from "../traffic/types.ts";
import type { Sent } from "./write_step.ts";

/** One time that a write was sent, and what came of it. Plain JSON. */
export interface WriteAttempt {
  /** Version of the schema. */
  readonly apiVersion: "istiops/v1";
  /** Tells the documents of istiops apart. */
  readonly kind: "WriteAttempt";
  /** When it was sent. ISO 8601. */
  readonly time: string;
  /** Who, as the server says; absent where it does not. */
  readonly user?: string;
  /** Which cluster. */
  readonly target: {
    readonly source: TrafficPlan["target"]["source"];
    readonly server: string;
    readonly context?: string;
    readonly cluster?: string;
    /** Tells clusters of the same name apart: 16 digits of a SHA-256. */
    readonly certificateAuthority?: string;
  };
  /** Id of the operation, as the record on the object has it. */
  readonly operation: string;
  /** The operation. */
  readonly verb: ChangeVerb;
  /** The command line, header values redacted; `library` from a program. */
  readonly command: string;
  /** Which write of the operation, from 1. */
  readonly write: number;
  /** How many writes the operation has. */
  readonly writes: number;
  /** Which time that this write was sent, from 1. */
  readonly attempt: number;
  /** What was asked of the server. */
  readonly action: "create" | "patch" | "delete";
  /** What was written. */
  readonly object: Omit<ObjectName, "resourceVersion">;
  /** Versions of the object, as far as they are known. */
  readonly resourceVersion: {
    readonly before?: string;
    readonly after?: string;
  };
  /** Shares in the rules of this object that it moves, in percent. */
  readonly shares: readonly Pick<
    ShareRow,
    "route" | "build" | "before" | "after"
  >[];
  /** `unknown`: no answer came, and it was not there when looked for. */
  readonly outcome: "ok" | "failed" | "unknown";
  /** Why it is not `ok`. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** The server decides how much it says; a line of a log stays one. */
const LONGEST_MESSAGE = 1024;

/** What a write that was sent is, as a line: no header value is in it. */
export function writeAttemptOf(
  sent: Sent,
  of: {
    readonly plan: TrafficPlan;
    readonly write: number;
    readonly writes: number;
  },
): WriteAttempt {
  const { plan, write, writes } = of;
  const { change, time, attempt, version, after, outcome, error } = sent;
  const { source, server, context, cluster, certificateAuthority } =
    plan.target;
  const { resourceVersion: _, ...object } = change.object;
  const now = after?.metadata.resourceVersion;
  const redact = headerRedaction(change);
  return {
    apiVersion: "istiops/v1",
    kind: "WriteAttempt",
    time: time.toISOString(),
    ...(plan.user === undefined ? {} : { user: plan.user }),
    target: {
      source,
      server,
      ...(context === undefined ? {} : { context }),
      ...(cluster === undefined ? {} : { cluster }),
      ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    },
    operation: plan.operation,
    verb: plan.verb,
    command: plan.command,
    write,
    writes,
    attempt,
    action: change.action,
    object,
    resourceVersion: {
      ...(version === undefined ? {} : { before: version }),
      ...(now === undefined ? {} : { after: now }),
    },
    shares: change.record.shares.filter(({ before, after }) => before !== after)
      .map(({ route, build, before, after }) => ({
        ...{ route: redact(route), build, before, after },
      })),
    outcome,
    ...(error === undefined ? {} : { error: errorOf(error, redact) }),
  };
}

function errorOf(
  error: unknown,
  redact: (text: string) => string,
): NonNullable<WriteAttempt["error"]> {
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: error instanceof TrafficError ? error.code : "internal",
    message: redact(message).slice(0, LONGEST_MESSAGE),
  };
}

/**
 * Takes the header values of the rules that are written out of a text: a rule
 * without a name is told by its conditions, and a server may say which value
 * it does not like.
 */
function headerRedaction(change: Change): (text: string) => string {
  const values = change.edits.flatMap(({ before, after }) =>
    [before, after].flatMap(headerValues)
  ).sort((one, other) => other.length - one.length);
  return (text) =>
    values.reduce(
      (rest, value) =>
        [JSON.stringify(value).slice(1, -1), value].reduce(
          (rest, form) => rest.replaceAll(`"${form}"`, '"***"'),
          value.length < SHORT ? rest : rest.replaceAll(value, "***"),
        ),
      text,
    );
}

/** A shorter value stands for itself only in quotes. */
const SHORT = 4;

function headerValues(rule: Json | undefined): readonly string[] {
  const { match } = (rule ?? {}) as HTTPRoute;
  return (match ?? []).flatMap((block) =>
    [block.headers, block.withoutHeaders].flatMap((headers) =>
      Object.values(headers ?? {}).flatMap((one) =>
        Object.values(one ?? {}).map(String)
      )
    )
  ).filter((value) => value !== "");
}
