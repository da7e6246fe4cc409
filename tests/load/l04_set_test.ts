import { executePlan } from "../../src/actions/execute.ts";
import { planShiftOn } from "../../src/actions/shift.ts";
import type { Clock } from "../../src/cluster/cluster.ts";
import { kubernetesCluster } from "../../src/cluster/connect.ts";
import { SYSTEM_CLOCK } from "../../src/cluster/retry.ts";
import { TrafficError } from "../../src/errors.ts";
import { status } from "../cluster/fake_server.ts";
import { type Fault, startFaultyServer } from "../fault/rig/faulty_server.ts";
import { runAt } from "../fault/rig/shifting.ts";
import { type Draw, suite } from "../fault/suite.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { shopObjects, shopRoutes, weightIn } from "./rig/shop.ts";

/** At night one seed goes on for so long, round after round. */
const MINUTES = Number(Deno.env.get("ISTIOPS_MINUTES") ?? 0);
const WRITERS = MINUTES === 0 ? 12 : 50;
const EACH = 3;
const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "s",
} as const;

/** What may become of a request while a fault lasts. */
const FAULTS: readonly ((draw: Draw) => Fault | undefined)[] = [
  () => undefined,
  () => ({ lost: "before" }),
  () => ({ lost: "after" }),
  ({ next }) => ({
    answer: status(500, "", { message: "etcdserver: leader changed" }),
    committed: next() < 0.5,
  }),
  ({ next }) => ({
    answer: status(504, "Timeout", { message: "request did not complete" }),
    committed: next() < 0.5,
  }),
  ({ next }) => ({
    answer: new Response("<html>502</html>", {
      status: 502,
      headers: { "content-type": "text/html" },
    }),
    committed: next() < 0.5,
  }),
  ({ next }) => ({
    answer: new Response("<html>Please log in</html>", {
      headers: { "content-type": "text/html" },
    }),
    committed: next() < 0.5,
  }),
  () => ({
    answer: new Response("Too many requests, please try again later.", {
      status: 429,
      headers: { "retry-after": "1" },
    }),
  }),
];

/** Another fault after so many requests, on a third of them or on all. */
function randomFaults(draw: Draw): () => Fault | undefined {
  let left = 0;
  let share = 0;
  let fault = FAULTS[0]!;
  return () => {
    if (left-- <= 0) {
      left = draw.integer(20, 200);
      share = draw.pick([0.3, 0.3, 1]);
      fault = draw.pick(FAULTS);
    }
    return draw.next() < share ? fault(draw) : undefined;
  };
}

/** Time that runs fifty times as fast. */
const FAST: Clock = {
  now: () => new Date(SYSTEM_CLOCK.now().getTime() * 50),
  sleep: (milliseconds, signal) =>
    SYSTEM_CLOCK.sleep(milliseconds / 50, signal),
};

type Outcome = "acknowledged" | "failed" | "unknown";

/** Shifts the rules one after the other, each once. */
async function write(
  url: string,
  rules: readonly string[],
): Promise<(readonly [rule: string, outcome: Outcome])[]> {
  await using cluster = await kubernetesCluster({
    server: url,
    identity: "a writer",
    target: { source: "custom", server: url, namespace: "default", flags: [] },
  }, {
    clock: FAST,
    limits: { perSecond: Infinity, readMs: 900_000, writeMs: 900_000 },
  });
  const told: (readonly [string, Outcome])[] = [];
  for (const rule of rules) {
    try {
      const plan = await planShiftOn(cluster, {
        namespace: "default",
        names: [REF.name],
        destination: { host: "shop" },
        build: "2",
        weight: 10,
        routes: [rule],
      }, { ...runAt(FAST), settle: 0 });
      await executePlan(cluster, plan, { clock: FAST });
      told.push([rule, "acknowledged"]);
    } catch (error) {
      if (!(error instanceof TrafficError)) throw error;
      const isUnknown = error.code === "outcome-unknown";
      told.push([rule, isUnknown ? "unknown" : "failed"]);
    }
  }
  return told;
}

suite(
  {
    id: "L4",
    shows:
      "many writers and random faults: what was told done is there, what was told failed is not",
    command: "shift",
    seeds: 2,
    most: 10,
  },
  async (draw, report) => {
    const end = performance.now() + MINUTES * 60_000;
    do {
      const rules = Array.from(
        { length: WRITERS * EACH },
        (_, at) => `r${at}`,
      );
      await using server = await startFaultyServer({
        objects: [...shopObjects(), shopRoutes(REF.name, rules.length)],
        faultOf: randomFaults(draw),
      });
      const told = (await Promise.all(
        Array.from(
          { length: WRITERS },
          (_, at) => write(server.url, rules.slice(at * EACH, (at + 1) * EACH)),
        ),
      )).flat();
      const now = (await server.sandbox.cluster.get(REF))!;
      const there = new Set(rules.filter((rule) => weightIn(now, rule) === 10));
      const of = (outcome: Outcome) =>
        told.filter((each) => each[1] === outcome).map(([rule]) => rule);
      const lost = of("acknowledged").filter((rule) => !there.has(rule));
      const risen = of("failed").filter((rule) => there.has(rule));
      assertEquals({ lost, risen }, { lost: [], risen: [] });
      assertEquals(told.length, rules.length);
      assert(of("acknowledged").length > 0);
      // None was made twice.
      assertEquals(now.metadata["generation"], 1 + there.size);
      report.note("requests", server.seen.length);
      for (const outcome of ["acknowledged", "failed", "unknown"] as const) {
        report.note(outcome, of(outcome).length);
      }
      report.note("writers", WRITERS);
      const done = of("unknown").filter((rule) => there.has(rule));
      report.note("unknown that were done", done.length);
    } while (performance.now() < end);
  },
);
