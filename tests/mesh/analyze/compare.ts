/**
 * Holds what both tell of worlds against each other, finding by finding.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import { worldOf } from "../../../src/istio/world.ts";
import { CODES } from "../../../src/traffic/lint_codes.ts";
import { DIFFERENCES } from "./differences.ts";
import type { Istioctl } from "./istioctl.ts";
import { checkObjects } from "./ours.ts";
import type { Seen } from "./seen.ts";
import { keyOfTold, type Told } from "./told.ts";

/** Codes that both have. */
export const SHARED: readonly string[] = Object.entries(CODES).flatMap((
  [code, { istio }],
) => istio === undefined ? [] : [code]);

/** How often a code was told by whom. */
export interface Counts {
  both: number;
  ours: number;
  theirs: number;
}

/** What came of many worlds. */
export class Agreement {
  readonly counts: ReadonlyMap<string, Counts> = new Map(
    SHARED.map((code) => [code, { both: 0, ours: 0, theirs: 0 }]),
  );
  /** How often each of {@linkcode DIFFERENCES} was the reason. */
  readonly reasons: number[] = DIFFERENCES.map(() => 0);
  /** Differences without a reason, in words. */
  readonly unexplained: string[] = [];

  /**
   * Analyzes and checks one world.
   *
   * @returns Codes as they were told: `IST0101`, `IST0101 ours`.
   */
  async add(
    istioctl: Istioctl,
    objects: readonly KubeObject[],
  ): Promise<readonly string[]> {
    const [told, ours] = await Promise.all([
      istioctl.analyze(objects),
      checkObjects(objects),
    ]);
    const isShared = ({ code }: Told) => this.counts.has(code);
    const theirs = told.filter(isShared);
    const seen: Seen = { objects, world: worldOf(objects), ours, theirs };
    const own = byKey(ours.filter(isShared));
    const other = byKey(theirs);
    const codes: string[] = [];
    for (const [key, one] of own) {
      if (other.has(key)) this.counts.get(one.code)!.both++;
      else this.#differs("ours", one, seen);
      codes.push(other.has(key) ? one.code : `${one.code} ours`);
    }
    for (const [key, one] of other) {
      if (own.has(key)) continue;
      this.#differs("theirs", one, seen);
      codes.push(`${one.code} theirs`);
    }
    return codes.sort();
  }

  #differs(by: "ours" | "theirs", told: Told, seen: Seen): void {
    this.counts.get(told.code)![by]++;
    const reason = DIFFERENCES.findIndex((one) =>
      one.by === by && one.code === told.code && one.is(told, seen)
    );
    if (reason >= 0) this.reasons[reason]!++;
    else this.unexplained.push(inWords(by, told, seen));
  }
}

function byKey<T extends Told>(all: readonly T[]): ReadonlyMap<string, T> {
  return new Map(all.map((told) => [keyOfTold(told), told]));
}

function inWords(by: string, told: Told, { objects, ours }: Seen): string {
  return [
    `only ${by}: ${keyOfTold(told)}: ${told.message}`,
    ...ours.filter(({ object }) => object === told.object)
      .map(({ code, about, message }) => `  ours: ${code} ${about} ${message}`),
    ...objects.filter(({ apiVersion }) => apiVersion.includes("istio"))
      .map((object) => JSON.stringify(object)),
  ].join("\n");
}
