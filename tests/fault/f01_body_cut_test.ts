import type { Limits } from "../../src/cluster/call.ts";
import { ClusterError } from "../../src/errors.ts";
import { listOf } from "../cluster/fake_server.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { type ClusterAt, clusterAt, serve } from "./rig/cluster_at.ts";
import {
  type FaultProxy,
  startFaultProxy,
  type Toxic,
} from "./rig/fault_proxy.ts";
import { suite } from "./suite.ts";

const NAMES = Array.from({ length: 200 }, (_, at) => `service-${at}`);

/** Runs with a list of 200 behind a proxy that breaks. */
async function behind(
  toxicOf: (nth: number) => Toxic | undefined,
  run: (
    at: ClusterAt & { readonly proxy: FaultProxy },
  ) => Promise<void>,
  limits: Partial<Limits> = {},
): Promise<void> {
  await using server = serve(() => listOf(NAMES));
  await using proxy = await startFaultProxy(server.port, toxicOf);
  await using at = await clusterAt(proxy.port, limits);
  await run({ ...at, proxy });
}

const SIZE = JSON.stringify(await listOf(NAMES).json()).length;

suite(
  {
    id: "F01",
    shows: "an answer that is cut at any byte is asked for again",
    command: "list",
    seeds: 5,
  },
  async (draw, report) => {
    for (let nth = 0; nth < 25; nth++) {
      for (const then of ["FIN", "RST"] as const) {
        // Heads are some 150 bytes; the last byte of the body may be cut, too.
        const after = draw.integer(1, SIZE + 100);
        await behind(
          (connection) => connection === 1 ? { after, then } : undefined,
          async ({ cluster, clock, proxy }) => {
            const { items } = await cluster.list("VirtualService");
            assertEquals(items.map(({ metadata }) => metadata.name), NAMES);
            assertEquals(proxy.connections, 2, `${then} after ${after}`);
            assertEquals(clock.slept.length, 1);
          },
        );
        report.note("cuts", 1);
      }
    }
  },
);

suite(
  {
    id: "F01",
    shows: "an answer that is always cut ends with a plain error",
    command: "list",
  },
  async () => {
    await behind(
      () => ({ after: 500, then: "RST" }),
      async ({ cluster, proxy }) => {
        const error = await assertRejects(
          () => cluster.list("VirtualService"),
          ClusterError,
        );
        assertEquals(error.code, "unreachable");
        assert(proxy.connections > 1 && proxy.connections <= 10);
      },
    );
  },
);

suite(
  {
    id: "F02",
    shows: "an answer that stops coming is given up, and said to have stalled",
    command: "list",
  },
  async () => {
    for (const after of [200, 400, SIZE]) {
      await behind(
        () => ({ after, then: "silence" }),
        async ({ cluster }) => {
          const error = await assertRejects(
            () => cluster.list("VirtualService"),
            ClusterError,
          );
          assertStringIncludes(error.message, "stalled");
        },
        { idleMs: 50, readMs: 4000, attempts: 2 },
      );
    }
  },
);
