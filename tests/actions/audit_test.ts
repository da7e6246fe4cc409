import type { WriteAttempt } from "../../src/actions/audit.ts";
import { executePlan } from "../../src/actions/execute.ts";
import { outcomeOf } from "../../src/actions/outcome.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import {
  type Asked,
  type Fault,
  type FaultyServer,
  startFaultyServer,
} from "../fault/rig/faulty_server.ts";
import { planAt, SERVICE } from "../fault/rig/shifting.ts";

/** Shifts while something goes wrong; what was told of each write. */
async function attempts(
  faultOf: (asked: Asked, server: FaultyServer) => Fault | undefined,
): Promise<
  { readonly told: readonly WriteAttempt[]; readonly error: unknown }
> {
  const told: WriteAttempt[] = [];
  let error: unknown;
  let isOn = false;
  await using server: FaultyServer = await startFaultyServer({
    faultOf: (asked) => isOn ? faultOf(asked, server) : undefined,
  });
  const { cluster, clock } = server;
  const plan = await planAt(server);
  isOn = true;
  try {
    await executePlan(cluster, plan, {
      clock,
      onAttempt: (attempt) => void told.push(attempt),
    });
  } catch (cause) {
    error = cause;
  }
  return { told, error };
}

/** No write arrives until somebody looks what became of it. */
function untilLookedUp(): (asked: Asked) => Fault | undefined {
  let wasSent = false;
  let isOver = false;
  return ({ isWrite, method }) => {
    isOver ||= wasSent && method === "GET";
    wasSent ||= isWrite;
    return isWrite && !isOver ? { lost: "before" } : undefined;
  };
}

const lineOf = (
  { object, write, writes, attempt, outcome, resourceVersion, error }:
    WriteAttempt,
) =>
  [
    `${object.kind} ${write}/${writes}.${attempt} ${outcome}`,
    ...(resourceVersion.after === undefined ? [] : ["landed"]),
    ...(error === undefined ? [] : [error.code]),
  ].join(" ");

Deno.test.each<
  [string, (asked: Asked, server: FaultyServer) => Fault | undefined, string[]]
>([
  ["nothing goes wrong", () => undefined, [
    "DestinationRule 1/2.1 ok landed",
    "VirtualService 2/2.1 ok landed",
  ]],
  [
    "an answer is lost of what was written",
    ({ isWrite, nth }) => isWrite && nth === 1 ? { lost: "after" } : undefined,
    ["DestinationRule 1/2.1 ok landed", "VirtualService 2/2.1 ok landed"],
  ],
  [
    "a write never arrives",
    // The platform sends it again over each connection that it had kept.
    untilLookedUp(),
    [
      "DestinationRule 1/2.1 unknown outcome-unknown",
      "DestinationRule 1/2.2 ok landed",
      "VirtualService 2/2.1 ok landed",
    ],
  ],
  [
    "somebody else is faster",
    ({ isWrite, nth }, { sandbox: { store } }) =>
      isWrite && nth === 2
        ? {
          first: () => {
            const object = store.get(SERVICE)!;
            store.update({
              ...object,
              metadata: { ...object.metadata, labels: { other: "yes" } },
            });
          },
        }
        : undefined,
    [
      "DestinationRule 1/2.1 ok landed",
      "VirtualService 2/2.1 failed conflict",
      "VirtualService 2/2.2 ok landed",
    ],
  ],
  [
    "a write is denied",
    ({ isWrite, nth }) =>
      isWrite && nth === 2
        ? {
          answer: Response.json({
            kind: "Status",
            apiVersion: "v1",
            status: "Failure",
            reason: "Forbidden",
            code: 403,
            message: "no",
          }, { status: 403 }),
        }
        : undefined,
    [
      "DestinationRule 1/2.1 ok landed",
      "VirtualService 2/2.1 failed forbidden",
    ],
  ],
])(
  "I11 each time that a write is sent is told once: $0",
  async (_, faultOf, lines) => {
    const { told } = await attempts(faultOf);
    assertEquals(told.map(lineOf), lines);
  },
);

Deno.test("I11 a log that fails is a warning, once, and the change goes on", async () => {
  await using server = await startFaultyServer();
  const { cluster, clock } = server;
  const { status, warnings } = await executePlan(
    cluster,
    await planAt(server),
    { clock, onAttempt: () => Promise.reject(new Error("the disk is full")) },
  );
  assertEquals(status, "done");
  assertEquals(warnings, [
    "No line of the audit log was kept: the disk is full",
  ]);
});

Deno.test("I11 an outcome that nobody knows is told as such", async () => {
  await using server = await startFaultyServer({
    faultOf: ({ isWrite, method, path }) =>
      isWrite || (isGone && method === "GET" && !path.includes("limit"))
        ? (isGone = true, { lost: "before" })
        : undefined,
  });
  let isGone = false;
  const { cluster, clock } = server;
  const told: WriteAttempt[] = [];
  const plan = await planAt(server);
  const error = await assertRejects(() =>
    executePlan(cluster, plan, {
      clock,
      onAttempt: (attempt) => void told.push(attempt),
    })
  );
  assertEquals(outcomeOf(error)?.status, "unknown");
  assertEquals(told.map(lineOf), [
    "DestinationRule 1/2.1 unknown outcome-unknown",
  ]);
});
