import { startSandbox } from "../../src/sandbox/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { suite } from "../fault/suite.ts";
import { shopObjects, shopRoutes, weightIn } from "./rig/shop.ts";
import { runWriters } from "./rig/writers.ts";

const WRITERS = 50;
const TIMES = Number(Deno.env.get("ISTIOPS_TIMES") ?? 2);
const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "s",
} as const;

suite(
  {
    id: "L2",
    shows:
      "50 writers on one VirtualService, each with a rule of its own: each shift is there",
    command: "shift",
  },
  async (_, report) => {
    await using sandbox = await startSandbox({
      objects: [...shopObjects(), shopRoutes("s", WRITERS)],
    });
    const begin = performance.now();
    const told = await runWriters(sandbox.url, {
      times: TIMES,
      jobs: Array.from({ length: WRITERS }, (_, at) => ({
        name: "s",
        route: `r${at}`,
        weight: (nth) => 1 + (nth + at) % 25,
      })),
    });
    report.note("ms", Math.round(performance.now() - begin));
    const sum = (of: "done" | "conflicts" | "unchanged" | "unknown") =>
      told.reduce((total, each) => total + each[of], 0);
    report.note("done", sum("done"));
    assertEquals(
      [sum("unknown"), sum("unchanged"), sum("conflicts")],
      [0, 0, 0],
    );
    assertEquals(sum("done"), WRITERS * TIMES);
    const now = (await sandbox.cluster.get(REF))!;
    for (const { job, last } of told) {
      assertEquals(weightIn(now, job.route), last, job.route);
    }
    // Each that was told done is one write of its own.
    assertEquals(now.metadata["generation"], 1 + sum("done"));
  },
);

suite(
  {
    id: "L2",
    shows:
      "50 writers on the same weights: what was told done was written, what was not is a conflict",
    command: "shift",
  },
  async (_, report) => {
    await using sandbox = await startSandbox({
      objects: [...shopObjects(), shopRoutes("s", 1)],
    });
    const told = await runWriters(sandbox.url, {
      times: 4,
      jobs: Array.from({ length: WRITERS }, (_, at) => ({
        name: "s",
        route: "r0",
        weight: (nth) => 1 + (7 * nth + at) % 25,
      })),
    });
    const sum = (of: "done" | "conflicts" | "unchanged" | "unknown") =>
      told.reduce((total, each) => total + each[of], 0);
    for (const what of ["done", "conflicts", "unchanged"] as const) {
      report.note(what, sum(what));
    }
    assertEquals(sum("unknown"), 0);
    assertEquals(
      sum("done") + sum("conflicts") + sum("unchanged"),
      WRITERS * 4,
    );
    assert(sum("done") > 0 && sum("conflicts") > 0);
    const now = (await sandbox.cluster.get(REF))!;
    assertEquals(now.metadata["generation"], 1 + sum("done"));
  },
);
