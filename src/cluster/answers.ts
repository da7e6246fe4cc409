/**
 * What an answer of an API server means: a success, or which failure, in
 * plain words, and whether trying again is right. Several failures come as
 * plain text or from something that stands in front of the API server, so
 * nothing is taken for granted.
 *
 * @module
 */

import {
  ClusterError,
  ConflictError,
  type ErrorCode,
  type TrafficError,
} from "../errors.ts";
import type { ProxyAccess } from "./access.ts";
import { proxyWords } from "./proxy.ts";

/** An answer whose body was read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Whether the same request may be sent again. */
export type RetryClass =
  /** Nothing was done: send it again after a wait. */
  | "retry"
  /** It may have been done: again for a read, unknown for a write. */
  | "unknown"
  /** Not from an API server, as it seems: final for a read, unknown for a write. */
  | "untrusted"
  /** Sending it again gives the same answer. */
  | "final";

/** What went wrong with one attempt. */
export interface Failure {
  readonly code: ErrorCode;
  /** The obstacle: a clause without a final period. */
  readonly obstacle: string;
  readonly retry: RetryClass;
  readonly hint?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds that the server asks to wait. */
  readonly retryAfter?: number;
  /** How often it is worth while to try, where that is less than usual. */
  readonly attempts?: number;
}

/** What a failure is said about. */
export interface FailureContext {
  /** Whose credentials were sent: `user "admin"`. */
  readonly identity: string;
  /** What stands in between, and may answer instead. */
  readonly proxy?: ProxyAccess | undefined;
  /** Takes the secrets of this connection out of what the server says. */
  readonly redact: (text: string) => string;
  /** For `Retry-After` as a date. */
  readonly now: Date;
}

interface Status {
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly string[];
  readonly retryAfter: number | undefined;
}

/** Whether the body claims to be JSON. */
export function isJson(headers: Headers): boolean {
  return /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(
    headers.get("content-type") ?? "",
  );
}

/** Reads an answer that is not a success. */
export function failureOf(answer: Answer, context: FailureContext): Failure {
  const { status, headers } = answer;
  const known = statusOf(answer, context.redact);
  const said = known === undefined
    ? ""
    : plain([known.message, ...known.causes].join("; ")).replace(/\.$/, "");
  const retryAfter = retryAfterOf(headers, context.now) ?? known?.retryAfter;
  const rest = {
    status,
    ...(known === undefined || known.reason === ""
      ? {}
      : { reason: plain(known.reason) }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
  const quoted = said === "" ? "" : `: ${said}`;
  switch (status) {
    case 401:
      return {
        ...rest,
        code: "unauthorized",
        obstacle:
          `the server does not accept the credentials of ${context.identity} (401)`,
        hint:
          "Log in again, since a token or certificate may have expired; or choose another --context",
        retry: "final",
      };
    case 403:
      return {
        ...rest,
        code: "forbidden",
        obstacle: `the server forbids it (403)${unescapeHtml(quoted)}`,
        hint:
          "Ask for a Role with the verb and resource named above; istiops has its smallest Roles in the docs",
        retry: "final",
      };
    case 407:
      return {
        ...rest,
        code: "unreachable",
        obstacle: `${
          context.proxy === undefined ? "a proxy" : proxyWords(context.proxy)
        } on the way wants a user and a password (407)`,
        hint: PASSWORD_HINT,
        retry: "final",
      };
    case 404:
      return known === undefined ? unserved(answer, rest, context) : {
        ...rest,
        code: "not-found",
        obstacle: said || "it does not exist",
        hint: "See what is there with istiops show -A",
        retry: "final",
      };
    case 409:
      return {
        ...rest,
        code: "conflict",
        obstacle: known?.reason === "AlreadyExists"
          ? `it exists already${quoted}`
          : `somebody else changed it (409)${quoted}`,
        hint: "Look at it as it is now, and plan again",
        retry: known === undefined ? "untrusted" : "final",
      };
    case 410:
      return {
        ...rest,
        code: "expired",
        obstacle: `the server has forgotten that version (410)${quoted}`,
        retry: "final",
      };
    case 413:
      return {
        ...rest,
        code: "too-large",
        obstacle: `the request is larger than the server takes (413)${quoted}`,
        retry: "final",
      };
    case 400:
    case 405:
    case 406:
    case 415:
    case 422:
      return {
        ...rest,
        code: known === undefined ? "bad-answer" : "rejected",
        obstacle: known === undefined
          ? notKubernetes(answer, context)
          : `the server rejected it (${status})${quoted}`,
        ...(known === undefined ? { hint: NOT_KUBERNETES_HINT } : {}),
        ...(known === undefined || known.causes.length === 0
          ? {}
          : { details: { causes: known.causes } }),
        retry: known === undefined ? "untrusted" : "final",
      };
    case 429:
      return {
        ...rest,
        code: "overloaded",
        obstacle: /shutting down/.test(answer.text.slice(0, 200))
          ? "the API server is shutting down (429)"
          : "the API server has too many requests (429)",
        hint: "Try again in a minute",
        retry: "retry",
      };
  }
  if (status >= 500) return serverFailure(known, { status, quoted, rest });
  if (status >= 300 && status < 400) {
    return {
      ...rest,
      code: "bad-answer",
      obstacle:
        `the server redirects elsewhere (${status}), which is not followed: a proxy or a login page may stand in front of it`,
      hint: NOT_KUBERNETES_HINT,
      retry: "untrusted",
    };
  }
  return {
    ...rest,
    code: "bad-answer",
    obstacle: known === undefined
      ? notKubernetes(answer, context)
      : `the server refused it (${status})${quoted}`,
    hint: NOT_KUBERNETES_HINT,
    retry: known === undefined ? "untrusted" : "final",
  };
}

/** How a proxy is told who we are. */
export const PASSWORD_HINT =
  "Put them into proxy-url or HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT";

const NOT_KUBERNETES_HINT =
  "Check the server's URL, and whether a proxy or a login page stands in front of it";

/** A failure as the error that callers see. */
export function errorOf(failure: Failure, attempt: string): TrafficError {
  const message = `${attempt}: ${failure.obstacle}`;
  const { hint, status, reason, details } = failure;
  const options = {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  };
  if (failure.code === "conflict") {
    return new ConflictError("conflict", message, {
      ...options,
      details: { reason: reason ?? "Conflict" },
    });
  }
  return new ClusterError(failure.code, message, {
    ...options,
    ...(status === undefined ? {} : { status }),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** An answer that is not what was asked for, though it says success. */
export function badAnswer(obstacle: string): Failure {
  return {
    code: "bad-answer",
    obstacle,
    hint: NOT_KUBERNETES_HINT,
    retry: "untrusted",
  };
}

/** Foreign text on one line, of bounded length, without control characters. */
export function plain(text: string, max = 1000): string {
  const line = text.slice(0, max * 2)
    .replaceAll(/[\s\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
  return line.length > max ? `${line.slice(0, max)}…` : line;
}

/**
 * JSON without the secrets: taken out before anything is cut off, since the
 * first half of a secret is one, too.
 */
export function parseRedacted(
  text: string,
  redact: FailureContext["redact"],
): unknown {
  return JSON.parse(
    text,
    (_, value) => typeof value === "string" ? redact(value) : value,
  );
}

/** The texts of `Warning: 299` headers, which arrive joined by commas. */
export function warningsOf(
  headers: Headers,
  redact: FailureContext["redact"],
): readonly string[] {
  const joined = redact(headers.get("warning") ?? "").slice(0, 16_384);
  return [...joined.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)]
    .slice(0, 20)
    .map(([, text]) => plain(text!.replaceAll(/\\(.)/g, "$1")));
}

/**
 * Seconds of `Retry-After`, as a number or as a date.
 *
 * @returns Nothing for what makes no sense.
 */
export function retryAfterOf(headers: Headers, now: Date): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) || !/[A-Za-z]/.test(text)
    ? undefined
    : Math.max(0, (date - now.getTime()) / 1000);
}

function serverFailure(
  known: Status | undefined,
  { status, quoted, rest }: {
    readonly status: number;
    readonly quoted: string;
    readonly rest: Pick<Failure, "status" | "reason" | "retryAfter">;
  },
): Failure {
  // Nothing was stored when an admission webhook could not be asked, or when
  // the API server itself says that it is not ready.
  if (known?.reason === "InternalError" && /calling webhook/.test(quoted)) {
    return {
      ...rest,
      code: "unreachable",
      obstacle: `an admission webhook did not answer (${status})${quoted}`,
      hint:
        "Check that the webhook's pods run (for Istio: istiod); until then no change is accepted, undo neither",
      retry: "retry",
    };
  }
  return {
    ...rest,
    code: "unreachable",
    obstacle: known === undefined
      ? `what answers is not the API server but something in front of it (${status})`
      : `the API server failed (${status})${quoted}`,
    hint: "Try again in a minute",
    retry: known !== undefined && status === 503 ? "retry" : "unknown",
  };
}

/** Without a Status a 404 is about the path: no such API here. */
function unserved(
  answer: Answer,
  rest: Pick<Failure, "status">,
  context: FailureContext,
): Failure {
  if (/^text\/html/i.test(answer.headers.get("content-type") ?? "")) {
    return { ...rest, ...badAnswer(notKubernetes(answer, context)) };
  }
  return {
    ...rest,
    code: "kind-not-served",
    obstacle: "the server does not have this API (404)",
    retry: "final",
  };
}

function notKubernetes(
  { status, headers }: Answer,
  { redact }: FailureContext,
): string {
  const type = plain(
    redact(headers.get("content-type") ?? "").split(";")[0]!,
    60,
  );
  return `the answer is not from a Kubernetes API server (${status}, ${
    type === "" ? "no content type" : type
  })`;
}

function statusOf(
  answer: Answer,
  redact: FailureContext["redact"],
): Status | undefined {
  let body: unknown;
  try {
    body = parseRedacted(answer.text, redact);
  } catch {
    return undefined;
  }
  if (!isRecord(body)) return undefined;
  // A timeout is told in plain text, by a Status that does not say its kind.
  const isStatus = isJson(answer.headers)
    ? body.kind === "Status"
    : body.status === "Failure" && body.code === answer.status;
  if (!isStatus) return undefined;
  const details = isRecord(body.details) ? body.details : {};
  const causes = Array.isArray(details.causes) ? details.causes : [];
  const message = textOf(body.message);
  return {
    reason: textOf(body.reason),
    message,
    causes: causes.slice(0, 50).filter(isRecord).map((cause) => {
      const field = textOf(cause.field);
      const said = textOf(cause.message);
      // Most are in the message, in one order or the other.
      return message.includes(field) && message.includes(said)
        ? ""
        : plain(field === "" ? said : `${field}: ${said}`, 500);
    }).filter((cause) => cause !== ""),
    retryAfter: typeof details.retryAfterSeconds === "number" &&
        details.retryAfterSeconds >= 0
      ? details.retryAfterSeconds
      : undefined,
  };
}

/** A 403's message is escaped for browsers. */
function unescapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    lt: "<",
    gt: ">",
    quot: '"',
    "#34": '"',
    "#39": "'",
    amp: "&",
  };
  return text.replaceAll(
    /&(lt|gt|quot|#34|#39|amp);/g,
    (_, name: string) => names[name]!,
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Whether a value is a JSON object. */
export function isRecord(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
