/**
 * The line of `explain`: a request as one would send it, and who sends it.
 *
 * @module
 */

import type { Asked } from "../istio/asked.ts";
import { isGatewayName, resolveGateway } from "../istio/hosts.ts";
import { readUrl } from "../istio/url.ts";
import { isNamespaceName } from "../traffic/syntax.ts";
import { defined } from "./defined.ts";
import { quoted } from "./diagnose.ts";
import type { GivenLine } from "./given_line.ts";
import type { Invocation, LineOptions } from "./invocation.ts";
import { headersOf } from "./read_selection.ts";
import type { Token } from "./tokens.ts";
import { parseCount, parseLabels } from "./values.ts";

/** What the words say, without who sends it. */
type Sent = Omit<Asked["request"], "headers">;

/** `explain`: one request, or many from a file. */
export function readExplain(line: GivenLine, base: LineOptions): Invocation {
  const requests = line.one("requests")?.value;
  if (requests !== undefined) return readMany(line, { base, requests });
  const url = urlOf(line);
  const headers = sentHeaders(line);
  const from = clientOf(line, base);
  return {
    ...base,
    verb: "explain",
    ...defined({ sample: line.value("sample", parseCount) }),
    askedFor: (namespace) => ({
      request: { ...url, headers },
      client: from(namespace),
    }),
  };
}

function readMany(
  line: GivenLine,
  of: { readonly base: LineOptions; readonly requests: string },
): Invocation {
  for (
    const other of [
      ...[
        "headers",
        "header",
        "method",
        "from",
        "gateway",
        "waypoint",
        "sample",
      ],
    ]
  ) line.exclude("requests", other);
  const [word] = line.parsed.positionals;
  if (word) {
    line.wrong("conflicting-options", word.span, {
      message: "--requests has the requests, and one stands here, too",
      hint: "Leave one of the two out",
    });
  }
  const { base, requests } = of;
  const both = requests === "-" && base.target.files?.includes("-");
  const given = line.one("requests");
  if (given && (both || requests === "-" && line.parsed.way !== "line")) {
    line.wrong("invalid-value", given.valueSpan ?? given.span, {
      message: "Standard input is not free here",
      hint: "Write the requests into a file",
    });
  }
  return { ...base, verb: "explain", requests };
}

const NOTHING: Sent = {
  method: "GET",
  scheme: "http",
  authority: "",
  path: "/",
  port: 80,
};

function urlOf(line: GivenLine): Sent {
  const { positionals } = line.parsed;
  const [first, second, third] = positionals;
  const method = methodOf(line, second === undefined ? undefined : first);
  const word = second ?? first;
  if (third) {
    line.wrong("unexpected-argument", third.span, {
      message: `${quoted(third.value)} is a word too many`,
      hint: "One request: METHOD URL",
    });
  }
  if (word === undefined || second === undefined && isMethod(word.value)) {
    line.missing(line.end(), {
      message: "The request is missing",
      hint: "Add its URL: http://HOST:PORT/PATH",
      additions: ["http://HOST:PORT/PATH"],
    });
    return NOTHING;
  }
  const url = readUrl(word.value);
  if (url === undefined) {
    line.wrong("invalid-value", word.span, {
      message: `${quoted(word.value)} is not the URL of a request`,
      hint: "Write it as http://HOST:PORT/PATH",
    });
    return NOTHING;
  }
  return { method, ...url };
}

function methodOf(line: GivenLine, word: Token | undefined): string {
  const given = line.one("method");
  if (given && word) {
    line.wrong("conflicting-options", given.span, {
      message: "The method is given twice",
      hint: "Leave one of the two out",
    });
  }
  const method = word?.value ?? given?.value ?? "GET";
  if (!/^[A-Za-z]+$/.test(method)) {
    const span = word?.span ?? given?.valueSpan ?? line.end();
    line.wrong("invalid-value", span, {
      message: `${quoted(method)} is not a method`,
      hint: "GET, POST, PUT, …",
    });
  }
  return method.toUpperCase();
}

/** `GET` alone: no host is written so. */
function isMethod(word: string): boolean {
  return METHODS.includes(word);
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

/** Conditions of rules look alike; a request has values. */
function sentHeaders(line: GivenLine): Asked["request"]["headers"] {
  return headersOf(line).flatMap((condition): [string, string][] => {
    if (condition.kind === "exact") return [[condition.name, condition.value]];
    const given = line.one("header") ?? line.one("headers");
    line.wrong("invalid-value", given?.valueSpan ?? line.end(), {
      message: `Header ${
        quoted(condition.name)
      } has a condition, and a request has values`,
      hint: `Write ${condition.name}=VALUE`,
    });
    return [];
  });
}

function clientOf(
  line: GivenLine,
  base: LineOptions,
): (namespace: string) => Asked["client"] {
  const { namespace: own, ...labels } = line.value("from", parseLabels) ?? {};
  const from = line.one("from");
  if (own !== undefined && !isNamespaceName(own)) {
    line.wrong("invalid-value", from?.valueSpan ?? line.end(), {
      message: `${quoted(own)} is not a namespace's name`,
    });
  }
  line.exclude("waypoint", "gateway");
  line.exclude("waypoint", "from");
  const kind = line.one("waypoint") ? "waypoint" : "gateway";
  const given = line.one(kind);
  const gateway = given?.value;
  if (given && !isGatewayName(gateway ?? "")) {
    line.wrong("invalid-value", given.valueSpan ?? given.span, {
      message: `${quoted(gateway ?? "")} is not the name of a Gateway`,
      hint: "Write NAME or NAMESPACE/NAME",
    });
  }
  return (target) => {
    const home = base.target.namespace ?? target;
    // Its workload is where its Gateway is, unless it is said.
    const resolved = gateway && resolveGateway(gateway, home);
    return resolved
      ? {
        kind,
        namespace: own ?? resolved.split("/")[0] ?? home,
        labels,
        gateway: resolved,
      }
      : { kind: "sidecar", namespace: own ?? home, labels };
  };
}
