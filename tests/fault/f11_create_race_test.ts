import { executePlan } from "../../src/actions/execute.ts";
import { outcomeOf } from "../../src/actions/outcome.ts";
import { planShiftOn } from "../../src/actions/shift.ts";
import { ConflictError } from "../../src/errors.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import type { ShiftIntent } from "../../src/traffic/intents.ts";
import { status } from "../cluster/fake_server.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  type Fault,
  type FaultyServer,
  startFaultyServer,
} from "./rig/faulty_server.ts";
import { HOST, namesOf, severalObjects } from "./rig/several.ts";
import { KINDS, runAt, specsIn } from "./rig/shifting.ts";
import { type Draw, suite } from "./suite.ts";

const [NAME = ""] = namesOf(1);
const RULE = { kind: "DestinationRule", namespace: "default", name: HOST };

/** Makes the DestinationRule, pins build 1, and gives build 2 its share. */
const CREATE: ShiftIntent = {
  namespace: "default",
  names: [NAME],
  destination: { host: HOST, port: 5000 },
  build: "2",
  weight: 20,
  baseBuild: "1",
  create: true,
};

/** No DestinationRule, and a route that names no subset. */
function objects(): KubeObject[] {
  return severalObjects([NAME]).filter(({ kind }) => kind !== RULE.kind)
    .map((object) =>
      object.kind !== "VirtualService" ? object : {
        ...object,
        spec: {
          hosts: [NAME],
          http: [{
            route: [{ destination: { host: HOST, port: { number: 5000 } } }],
          }],
        },
      }
    );
}

const isCreate = (method: string, path: string): boolean =>
  method === "POST" && path.includes("/destinationrules");

/** What somebody else makes meanwhile. */
function theirs({ pick, integer }: Draw): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: {
      name: HOST,
      namespace: "default",
      labels: { of: "somebody" },
      annotations: { note: `theirs ${integer(1, 1000)}` },
    },
    spec: {
      host: HOST,
      trafficPolicy: {
        loadBalancer: { simple: pick(["RANDOM", "LEAST_REQUEST"]) },
      },
      ...pick([{}, { subsets: [{ name: "theirs", labels: { build: "1" } }] }]),
    },
  };
}

suite(
  {
    id: "F11",
    shows:
      "somebody makes the DestinationRule first: a conflict by name, theirs stays whole, no route is written",
    command: "shift --create",
    seeds: 30,
  },
  async (draw, report) => {
    const moment = draw.pick(["before the dry run", "before it", "after loss"]);
    let creations = 0;
    await using server = await startFaultyServer({
      objects: objects(),
      faultOf: ({ method, path, isWrite }): Fault | undefined => {
        if (!isCreate(method, path)) return undefined;
        const race = { first: () => void server.sandbox.store.create(their) };
        if (!isWrite) {
          return moment === "before the dry run" ? race : undefined;
        }
        creations++;
        if (moment === "before it") return creations === 1 ? race : undefined;
        if (moment !== "after loss") return undefined;
        return creations === 1
          ? { lost: "before" }
          : creations === 2
          ? race
          : undefined;
      },
    });
    const { cluster, clock, sandbox } = server;
    const their = theirs(draw);
    const routes = sandbox.store.list("VirtualService");
    const plan = await planShiftOn(cluster, CREATE, runAt(clock));
    const error = await assertRejects(
      () => executePlan(cluster, plan, { clock }),
      ConflictError,
    );
    assertStringIncludes(
      error.message,
      'Cannot create DestinationRule "default/api"',
    );
    assert(
      /it exists already|somebody else created it/.test(error.message),
      error.message,
    );
    assertEquals(outcomeOf(error)?.written, []);
    const now = sandbox.store.get(RULE)!;
    assertEquals(now["spec"], their["spec"]);
    assertEquals(now.metadata.labels, their.metadata.labels);
    assertEquals(now.metadata.annotations, their.metadata.annotations);
    assertEquals(server.commits("DestinationRule").length, 1);
    assertEquals(sandbox.store.list("VirtualService"), routes);

    // On what is there now it is another plan: theirs, and two subsets.
    const again = await planShiftOn(cluster, CREATE, runAt(clock));
    await executePlan(cluster, again, { clock });
    const after = sandbox.store.get(RULE)!["spec"] as Record<string, unknown>;
    const their2 = their["spec"] as Record<string, unknown>;
    assertEquals(after["trafficPolicy"], their2["trafficPolicy"]);
    report.note("races", 1);
  },
);

suite(
  {
    id: "F11",
    shows:
      "409 for what we made ourselves, or for what is gone again: found out, and made once",
    command: "shift --create",
    seeds: 10,
  },
  async (draw) => {
    const reason = draw.pick(["AlreadyExists", "Conflict"]);
    const committed = draw.next() < 0.5;
    const times = committed ? 1 : draw.integer(1, 5);
    const answer = (): Response =>
      status(409, reason, { message: `"${HOST}": ${reason}` });
    let creations = 0;
    await using server = await startFaultyServer({
      objects: objects(),
      faultOf: ({ method, path, isWrite }) =>
        isWrite && isCreate(method, path) && creations++ < times
          ? { answer: answer(), committed }
          : undefined,
    });
    const { cluster, clock, sandbox } = server;
    const former = specsIn(sandbox);
    const plan = await planShiftOn(cluster, CREATE, runAt(clock));
    const { status: became } = await executePlan(cluster, plan, { clock });
    assertEquals(became, "done");
    assertEquals(server.commits(...KINDS).length, 2);
    assertEquals(creations, committed ? 1 : times + 1);
    await goBack(server);
    assertEquals(specsIn(sandbox), former);
  },
);

suite(
  {
    id: "F11",
    shows:
      "two that make the same DestinationRule at once: one is done, the other a conflict",
    command: "shift --create",
    seeds: 10,
  },
  async () => {
    await using server = await startFaultyServer({ objects: objects() });
    const { cluster, clock } = server;
    const plans = await Promise.all(
      [1, 2].map(() => planShiftOn(cluster, CREATE, runAt(clock))),
    );
    const ends = await Promise.allSettled(
      plans.map((plan) => executePlan(cluster, plan, { clock })),
    );
    const failed = ends.flatMap((end) =>
      end.status === "rejected" ? [end.reason] : []
    );
    assertEquals(failed.length, 1);
    assert(failed[0] instanceof ConflictError, String(failed[0]));
    assertEquals(outcomeOf(failed[0])?.written, []);
    assertEquals(server.commits("DestinationRule").length, 1);
    assertEquals(server.commits("VirtualService").length, 1);
  },
);

async function goBack({ cluster, clock }: FaultyServer): Promise<void> {
  const { planUndoOn } = await import("../../src/actions/undo.ts");
  const plan = await planUndoOn(cluster, {
    verb: "undo",
    namespace: "default",
    names: [NAME],
  }, runAt(clock));
  await executePlan(cluster, plan, { clock });
}
