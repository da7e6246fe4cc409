/**
 * Is what Envoy did what the rules say?
 *
 * @module
 */

import type { Verdict } from "../../../src/istio/explain.ts";
import type { AccessLogLine } from "../envoy.ts";

/** What both sides are told as. */
export interface Fate {
  /** Name of the route; empty where there is none. */
  readonly route: string;
  readonly code: number;
  /** NR, NC, UH, or nothing. */
  readonly flag: string;
  /** Nothing where no cluster was there. */
  readonly cluster: string;
}

/** What Envoy's log says. */
export function fateOf(line: AccessLogLine): Fate {
  const flags = line.flags ?? "-";
  return {
    route: line.route ?? "",
    code: line.code,
    flag: flags === "-" ? "" : flags,
    // A name of its own for statistics may stand behind a semicolon.
    cluster: flags === "NC" ? "" : (line.cluster ?? "").replace(/;.*$/, ""),
  };
}

/** What is told of a request: by a verdict, an explanation, an answer. */
export type Told = Pick<
  Verdict,
  "outcome" | "routeName" | "status" | "destinations"
>;

/** What may happen, by the rules: one for each destination with a share. */
export function fatesOf(verdict: Told): Fate[] {
  const route = verdict.routeName ?? "";
  switch (verdict.outcome) {
    case "route":
    case "default":
      return verdict.destinations.filter(({ fraction }) => fraction > 0).map(
        ({ cluster, flag = "" }) => ({
          route,
          code: flag === "" ? 200 : 503,
          flag,
          cluster: flag === "NC" ? "" : cluster,
        }),
      );
    case "redirect":
    case "direct":
      return [{ route, code: verdict.status ?? 0, flag: "", cluster: "" }];
    case "no-route":
      return [{ route: "", code: 404, flag: "NR", cluster: "" }];
    case "passthrough":
    case "unknown":
      return [];
  }
}

/** Is one of these what happened? */
export function agrees(verdict: Told, line: AccessLogLine): boolean {
  const seen = fateOf(line);
  return fatesOf(verdict).some((fate) =>
    JSON.stringify(fate) === JSON.stringify(seen)
  );
}
