/**
 * What Istio's webhook has against what an HTTP rule does besides routing:
 * redirects, rewrites, retries, faults, mirrors, CORS, headers.
 *
 * @module
 */

import type { HTTPRoute } from "../types.ts";
import { durationOf } from "../schema.ts";
import { headerNameErrors, statusErrors } from "./words.ts";

type Part = Readonly<Record<string, unknown>>;

/** Every reason to deny a rule for these. */
export function actionErrors(rule: HTTPRoute): readonly string[] {
  const part = rule as unknown as Readonly<Record<string, Part | undefined>>;
  const { redirect, rewrite, retries, fault, corsPolicy, directResponse } =
    part;
  return [
    ...redirect === undefined ? [] : redirectErrors(redirect),
    ...rewrite === undefined ? [] : rewriteErrors(rewrite),
    ...retries === undefined ? [] : retryErrors(retries),
    ...fault === undefined ? [] : faultErrors(fault),
    ...corsPolicy === undefined ? [] : corsErrors(corsPolicy),
    ...directResponse === undefined
      ? []
      : statusErrors(Number(directResponse.status)),
    ...mirrorErrors(rule),
    ...operationErrors(part.headers),
    ...(rule.route ?? []).flatMap((one) =>
      operationErrors((one as { readonly headers?: Part }).headers)
    ),
  ];
}

function redirectErrors(redirect: Part): readonly string[] {
  const { uri, prefixRewrite, scheme, redirectCode } = redirect;
  const errors: string[] = [];
  const targets = ["uri", "prefixRewrite", "authority", "scheme"];
  if (
    targets.every((name) => !redirect[name]) &&
    redirect.port === undefined && redirect.derivePort === undefined
  ) errors.push("redirect must specify URI, authority, scheme, or port");
  if (uri && prefixRewrite) {
    errors.push("redirect may only specify one of uri or prefix_rewrite");
  }
  if (scheme && scheme !== "http" && scheme !== "https") {
    errors.push('invalid redirect scheme, must be "http" or "https"');
  }
  const code = Number(redirectCode ?? 0);
  if (code !== 0 && (code < 300 || code > 399)) {
    errors.push(`${code} is not a valid redirect code, must be 3xx`);
  }
  return errors;
}

function rewriteErrors(rewrite: Part): readonly string[] {
  const { uri, authority } = rewrite;
  const regex = rewrite.uriRegexRewrite as Part | undefined;
  if (uri && regex) {
    return ["rewrite may only contain one of URI or UriRegexRewrite"];
  }
  if (!uri && !regex && !authority) {
    return [
      "rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified",
    ];
  }
  return [];
}

/** Names of what may be tried again; numbers are statuses. */
const RETRIED: ReadonlySet<string> = new Set([
  "5xx",
  "cancelled",
  "connect-failure",
  "deadline-exceeded",
  "envoy-ratelimited",
  "gateway-error",
  "http3-post-connect-failure",
  "internal",
  "refused-stream",
  "reset",
  "reset-before-request",
  "resource-exhausted",
  "retriable-4xx",
  "retriable-headers",
  "retriable-status-codes",
  "unavailable",
]);

function retryErrors(retries: Part): readonly string[] {
  const attempts = Number(retries.attempts ?? 0);
  const { perTryTimeout, retryOn, retryRemoteLocalities } = retries;
  if (attempts < 0) return ["attempts cannot be negative"];
  if (attempts === 0 && (perTryTimeout || retryOn || retryRemoteLocalities)) {
    return [
      "http retry policy configured when attempts are set to 0 (disabled)",
    ];
  }
  const names = retryOn ? String(retryOn).split(",") : [];
  return names.map((name) => name.trim()).filter((name) =>
    /^[0-9]+$/.test(name)
      ? statusErrors(Number(name)).length > 0
      : !RETRIED.has(name)
  ).map((name) => `${JSON.stringify(name)} is not a valid retryOn policy`);
}

function faultErrors(fault: Part): readonly string[] {
  const abort = fault.abort as Part | undefined;
  const delay = fault.delay as Part | undefined;
  if (abort === undefined && delay === undefined) {
    return ["HTTP fault injection must have an abort and/or a delay"];
  }
  return [
    ...abort?.httpStatus === undefined
      ? []
      : statusErrors(Number(abort.httpStatus)),
    ...shareErrors(abort),
    ...shareErrors(delay),
  ];
}

function shareErrors(fault: Part | undefined): readonly string[] {
  const share = (fault?.percentage as Part | undefined)?.value;
  if (share === undefined || share === 0) return [];
  return Number(share) >= 0.0001 && Number(share) <= 100 ? [] : [
    `percentage ${share} is neither 0.0, nor in range [0.0001, 100.0]`,
  ];
}

function mirrorErrors(rule: HTTPRoute): readonly string[] {
  const share = (rule as unknown as Record<string, Part | undefined>)
    .mirrorPercentage?.value;
  return share === undefined || Number(share) <= 100
    ? []
    : [`mirror_percentage must have a max value of 100 (it has ${share})`];
}

const METHODS: ReadonlySet<string> = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "TRACE",
]);

function corsErrors(policy: Part): readonly string[] {
  const list = <T>(name: string) => (policy[name] ?? []) as readonly T[];
  const age = policy.maxAge === undefined
    ? undefined
    : durationOf(String(policy.maxAge));
  return [
    ...list<Part>("allowOrigins").filter((origin) =>
      !origin.exact && !origin.prefix && !origin.regex
    ).map(() => "'' is not a valid match type for CORS allow origins"),
    ...list<string>("allowMethods").filter((name) => !METHODS.has(name)).map(
      (name) => `${JSON.stringify(name)} is not a supported HTTP method`,
    ),
    ...list<string>("allowHeaders").flatMap(headerNameErrors),
    ...list<string>("exposeHeaders").flatMap(headerNameErrors),
    ...age === undefined || age % 1_000 === 0
      ? []
      : ["max_age duration is accurate only to seconds precision"],
  ];
}

function operationErrors(headers: Part | undefined): readonly string[] {
  return ["request", "response"].flatMap((side) => {
    const operations = (headers?.[side] ?? {}) as Readonly<
      Record<"set" | "add", Readonly<Record<string, string>> | undefined>
    >;
    const { remove = [] } = operations as { remove?: readonly string[] };
    const given = [operations.set, operations.add].flatMap((one) =>
      Object.entries(one ?? {})
    );
    return [
      ...given.flatMap(([name, value]) => [
        ...operatedErrors(name),
        ...valueErrors(value),
      ]),
      ...remove.flatMap((name) =>
        name.startsWith(":")
          ? [
            `invalid header ${
              JSON.stringify(name)
            }: header cannot have ":" prefix`,
          ]
          : operatedErrors(name)
      ),
    ];
  });
}

/** Istio looks at the name of an operation less closely than at a match's. */
function operatedErrors(name: string): readonly string[] {
  return name === "" ? ["header name cannot be empty"] : [];
}

/** A value may hold variables, `%REQ(x)%`; `%%` stands for itself. */
function valueErrors(value: string): readonly string[] {
  const rest = value.replaceAll("%%", "")
    .replaceAll(/%[A-Z_0-9]+(\([^()]*\))?(:[0-9]+)?%/g, "");
  return !rest.includes("%") ? [] : [
    `header value configuration: invalid header configuration. Un-terminated variable expression '${value}'`,
  ];
}
