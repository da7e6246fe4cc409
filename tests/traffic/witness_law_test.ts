import type { Client } from "../../src/istio/client.ts";
import type { Request } from "../../src/istio/match.ts";
import { createMesh, type Mesh } from "../../src/sandbox/mesh.ts";
import { createStore } from "../../src/sandbox/store.ts";
import { checkWorld } from "../../src/traffic/lint.ts";
import { anyPair } from "../istio/differences_worlds.ts";
import {
  rowsBetween,
  type Says,
  SHADOWED,
  witnessesIn,
  wouldTake,
} from "../mesh/agreement/told.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Each seed is a pair of worlds; a failure names it. */
const WORLDS = 60;
const FIRST_SEED = 9001;

/** Draws where shares are told: one of 5 % is missed in one of 28,000. */
const SENT = 200;
const SEEN = 5;

Deno.test("the request of a finding gets what the finding says (generated worlds, simulated mesh)", () => {
  const seen = new Map<string, number>();
  forEachPair((before, _after, seed) => {
    for (const { by, request, client, says } of witnessesIn(before.world)) {
      assertGets(before, { request, client, says }, `seed ${seed}, ${by}`);
      seen.set(by, (seen.get(by) ?? 0) + 1);
    }
    for (const finding of checkWorld(before.world)) {
      if (!SHADOWED.includes(finding.code) || !finding.witness) continue;
      assert(
        wouldTake(before.world, finding),
        `seed ${seed}: ${JSON.stringify(finding)}`,
      );
    }
  });
  for (const code of [...SHADOWED, "requests-without-rule"]) {
    assert((seen.get(code) ?? 0) > 10, `${seen.get(code)} of ${code}`);
  }
});

Deno.test("the request of a row of diff gets what the row says, before and after (generated worlds, simulated mesh)", () => {
  const seen = new Map<string, number>();
  forEachPair((before, after, seed) => {
    for (const row of rowsBetween(before.world, after.world)) {
      [before, after].forEach((mesh, side) =>
        assertGets(mesh, row[side]!, `seed ${seed}, side ${side}`)
      );
      seen.set(row[0].by, (seen.get(row[0].by) ?? 0) + 1);
    }
  });
  for (const kind of ["elsewhere", "shares"]) {
    assert((seen.get(kind) ?? 0) > 30, `${seen.get(kind)} of ${kind}`);
  }
});

function forEachPair(
  run: (before: Mesh, after: Mesh, seed: number) => void,
): void {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + WORLDS; seed++) {
    const [one, other] = anyPair(seed).objects.map((objects) =>
      createStore(objects)
    );
    using before = createMesh(one!);
    using after = createMesh(other!);
    run(before, after, seed);
  }
}

function assertGets(
  mesh: Mesh,
  of: {
    readonly request: Request;
    readonly client: Client;
    readonly says: Says;
  },
  about: string,
): void {
  const { request, client, says } = of;
  const message = `${about}: ${JSON.stringify(of)}`;
  const { destinations } = says;
  const isShared = destinations !== undefined && destinations.length > 1;
  const got = new Map<string, number>();
  for (let sent = 0; sent < (isShared ? SENT : 1); sent++) {
    const answer = mesh.send(request, client);
    const { outcome, source, rule, status } = answer.verdict;
    assertEquals(outcome, says.outcome, message);
    assertEquals(status, says.status, message);
    assertEquals(
      source && {
        namespace: source.metadata.namespace,
        name: source.metadata.name,
        rule,
      },
      says.rule,
      message,
    );
    const { destination, flag } = answer;
    if (destination === undefined) continue;
    assertEquals(flag, destination.flag, message);
    const key = `${destination.cluster} ${flag ?? ""}`;
    got.set(key, (got.get(key) ?? 0) + 1);
  }
  if (destinations === undefined) return;
  const told = new Map<string, number>(
    destinations.map((
      { cluster, flag = "", percent },
    ) => [`${cluster} ${flag}`, percent]),
  );
  for (const key of got.keys()) assert(told.has(key), `${key}: ${message}`);
  for (const [key, percent] of told) {
    assert(percent < SEEN || got.has(key), `never ${key}: ${message}`);
  }
}
