import { ClusterError, ConflictError } from "../../src/errors.ts";
import type { HTTPRoute } from "../../src/istio/types.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import { status } from "../cluster/fake_server.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { type Fault, startFaultyServer } from "./rig/faulty_server.ts";
import {
  KINDS,
  planAt,
  SERVICE,
  shiftAt,
  specsIn,
  undoAt,
} from "./rig/shifting.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { type Draw, suite } from "./suite.ts";

/** Writes of the shift: a subset, then the route. */
const WRITES = 2;

/** What the shift comes to where nothing goes wrong. */
const SHIFTED = await (async () => {
  await using sandbox = await startSandbox();
  const { cluster } = sandbox;
  await shiftAt({ cluster, clock: new VirtualClock() });
  return specsIn(sandbox);
})();

const leaderChanged = (): Response =>
  status(500, "", { message: "etcdserver: leader changed" });

/** Shifts, and undoes, while some writes go wrong in this way. */
async function withFaults(
  draw: Draw,
  faultAt: (draw: Draw) => Fault,
): Promise<void> {
  const bad = draw.integer(1, WRITES);
  const times = draw.integer(1, 3);
  let left = times;
  await using server = await startFaultyServer({
    faultOf: ({ isWrite, nth }) =>
      isWrite && nth >= bad && left-- > 0 ? faultAt(draw) : undefined,
  });
  const former = specsIn(server.sandbox);
  const outcome = await shiftAt(server);
  assertEquals(outcome.status, "done");
  assertEquals(specsIn(server.sandbox), SHIFTED);
  assertEquals(server.commits(...KINDS).length, WRITES, "commits of the shift");
  left = times;
  await undoAt(server);
  assertEquals(specsIn(server.sandbox), former);
  assertEquals(server.commits(...KINDS).length, 2 * WRITES, "and of the undo");
}

suite(
  {
    id: "F03",
    shows:
      "the answer to a write is lost: it is found to be done, and made once",
    command: "shift, undo",
    seeds: 100,
  },
  async (draw) => await withFaults(draw, () => ({ lost: "after" })),
);

suite(
  {
    id: "F04",
    shows: "a write never arrives: it is sent again, and made once",
    command: "shift, undo",
    seeds: 100,
  },
  async (draw) => await withFaults(draw, () => ({ lost: "before" })),
);

suite(
  {
    id: "F05",
    shows: "etcd changes its leader, with the write or without it: made once",
    command: "shift, undo",
    seeds: 100,
  },
  async (draw) =>
    await withFaults(draw, ({ next }) => ({
      answer: leaderChanged(),
      committed: next() < 0.5,
    })),
);

suite(
  {
    id: "F05",
    shows: "a mesh where every write fails is left as it was, and that is said",
    command: "shift",
    seeds: 5,
  },
  async () => {
    await using server = await startFaultyServer({
      faultOf: ({ isWrite }) =>
        isWrite ? { answer: leaderChanged() } : undefined,
    });
    const former = specsIn(server.sandbox);
    await assertRejects(() => shiftAt(server));
    assertEquals(specsIn(server.sandbox), former);
    assert(server.seen.length < 100, `${server.seen.length} requests`);
  },
);

suite(
  {
    id: "F09",
    shows:
      "nine times somebody sets a label in between: both changes are there",
    command: "shift",
    seeds: 5,
  },
  async () => {
    let nth = 0;
    await using server = await startFaultyServer({
      faultOf: ({ isWrite, path }) =>
        isWrite && path.includes(SERVICE.name) && nth < 9
          ? {
            first: async () => {
              nth++;
              await server.sandbox.cluster.patch(SERVICE, [{
                op: "add",
                path: "/metadata/labels",
                value: { nth: String(nth) },
              }]);
            },
          }
          : undefined,
    });
    const outcome = await shiftAt(server);
    assertEquals(outcome.status, "done");
    assertEquals(specsIn(server.sandbox), SHIFTED);
    const object = server.sandbox.store.get(SERVICE);
    assertEquals(object?.metadata.labels, { nth: "9" });
  },
);

suite(
  {
    id: "F10",
    shows:
      "somebody changes the same weights in between: a conflict, and theirs stay",
    command: "shift",
  },
  async () => {
    await using server = await startFaultyServer();
    const plan = await planAt(server);
    const http = server.sandbox.store.get(SERVICE)!["spec"] as {
      http: HTTPRoute[];
    };
    const master = http.http.length - 1;
    await server.sandbox.cluster.patch(SERVICE, [{
      op: "replace",
      path: `/spec/http/${master}/route/0/weight`,
      value: 77,
    }, {
      op: "replace",
      path: `/spec/http/${master}/route/1/weight`,
      value: 23,
    }]);
    const theirs = specsIn(server.sandbox);
    const { cluster, clock } = server;
    const error = await assertRejects(
      () => executePlan(cluster, plan, { clock }),
      ConflictError,
    );
    assert(error.details !== undefined);
    const [, , spec] = specsIn(server.sandbox).find((each) =>
      (each as unknown[])[1] === SERVICE.name
    ) as unknown[];
    const [, , expected] = theirs.find((each) =>
      (each as unknown[])[1] === SERVICE.name
    ) as unknown[];
    assertEquals(spec, expected);
  },
);

suite(
  {
    id: "F18",
    shows: "the webhook of the mesh is away: it is named, and nothing dangles",
    command: "shift",
  },
  async () => {
    for (const from of [1, 2]) {
      await using server = await startFaultyServer({
        faultOf: ({ isWrite, nth }) =>
          isWrite && nth >= from
            ? {
              answer: status(500, "InternalError", {
                message:
                  'Internal error occurred: failed calling webhook "rev.validation.istio.io": connection refused',
              }),
            }
            : undefined,
      });
      const error = await assertRejects(() => shiftAt(server), ClusterError);
      assert(/rev\.validation\.istio\.io/.test(error.message), error.message);
      assertEquals(server.commits("VirtualService"), []);
    }
  },
);
