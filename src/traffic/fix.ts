/**
 * `check --fix`: what mends findings without sending any request elsewhere,
 * as a change that can be looked at, carried out and undone like any other.
 *
 * @module
 */

import { type Finding, printPath } from "../istio/findings.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { namespaceOf } from "./objects.ts";
import { refuseOwned } from "./owners.ts";
import type { Decision, ObjectPair } from "./types.ts";

/** Options of {@linkcode planFix}. */
export interface FixOptions {
  readonly namespace: string;
}

/**
 * Puts the safe fixes for VirtualServices of a namespace together.
 *
 * @throws {RefusedError} `owned`.
 */
export function planFix(
  findings: readonly Finding[],
  world: World,
  { namespace }: FixOptions,
): Decision {
  const summary: string[] = [];
  const pairs: ObjectPair[] = [];
  let removes = false;
  for (const before of world.virtualServices) {
    if (namespaceOf(before) !== namespace) continue;
    const own = findings.filter((finding) =>
      isFor(finding, before) && isSafe(finding)
    );
    if (own.length === 0) continue;
    const mended = mend(before, own);
    pairs.push({ before, after: mended.after });
    removes ||= mended.removes;
    summary.push(
      ...mended.done.map((finding) =>
        `VirtualService "${before.metadata.name}" ${
          printPath(finding.path ?? [])
        }: ${WORDS[finding.code]} [${finding.code}]`
      ),
    );
  }
  refuseOwned(pairs.map(({ before }) => before!), { override: false });
  return {
    verb: "fix",
    namespace,
    pairs,
    marks: {},
    grade: pairs.length === 0 ? "none" : removes ? "severe" : "mild",
    reasons: removes
      ? [
        "What no request gets to is taken out: somebody may have meant it to be reached",
      ]
      : [],
    summary,
    notes: pairs.length === 0
      ? ["Nothing here can be mended without moving requests"]
      : ["No request goes anywhere else because of it"],
    shares: [],
    untouched: [],
    guards: [],
  };
}

const WORDS: Readonly<Record<string, string>> = {
  IST0130: "the rule goes, which no request gets to",
  IST0131: "the match goes, which takes no request",
  "share-differs": "the weight becomes 100, which is what happens",
};

function isSafe({ code, fix }: Finding): boolean {
  return fix?.safe === true && Object.hasOwn(WORDS, code);
}

function isFor({ object }: Finding, { metadata, kind }: VirtualService) {
  return object?.kind === kind && object.name === metadata.name &&
    object.namespace === (metadata.namespace ?? "default");
}

/** From the last to the first, so that indices hold. */
function mend(before: VirtualService, findings: readonly Finding[]) {
  const http: (HTTPRoute | undefined)[] = [...before.spec.http ?? []];
  const done: Finding[] = [];
  const isGone = new Set(
    findings.filter(({ code }) => code === "IST0130").map(ruleOf),
  );
  for (const finding of findings.toReversed()) {
    const index = ruleOf(finding);
    const route = http[index];
    if (route === undefined) continue;
    if (finding.code === "IST0130") http[index] = undefined;
    else if (isGone.has(index)) continue;
    else if (finding.code === "IST0131") {
      const match: readonly HTTPMatchRequest[] = route.match ?? [];
      const at = Number(finding.path?.[4]);
      http[index] = {
        ...route,
        match: match.filter((_, place) => place !== at),
      };
    } else {
      http[index] = {
        ...route,
        route: (route.route ?? []).map((one) => ({ ...one, weight: 100 })),
      };
    }
    done.unshift(finding);
  }
  const kept = http.filter((route) => route !== undefined);
  return {
    after: { ...before, spec: { ...before.spec, http: kept } },
    done,
    removes: done.some(({ code }) => code !== "share-differs"),
  };
}

function ruleOf({ path }: Finding): number {
  return Number(path?.[2]);
}
