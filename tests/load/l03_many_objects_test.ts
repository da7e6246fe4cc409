import { startSandbox } from "../../src/sandbox/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { suite } from "../fault/suite.ts";
import { shopObjects, shopRoutes, weightIn } from "./rig/shop.ts";
import { runWriters } from "./rig/writers.ts";

suite(
  {
    id: "L3",
    shows:
      "50 writers on 50 VirtualServices: each shift is done, none a conflict",
    command: "shift",
  },
  async (_, report) => {
    const names = Array.from({ length: 50 }, (_, at) => `s${at}`);
    await using sandbox = await startSandbox({
      objects: [...shopObjects(), ...names.map((name) => shopRoutes(name, 1))],
    });
    const begin = performance.now();
    const told = await runWriters(sandbox.url, {
      times: 4,
      jobs: names.map((name) => ({
        name,
        route: "r0",
        weight: (nth) => 1 + nth,
      })),
    });
    report.note("ms", Math.round(performance.now() - begin));
    report.note("done", told.reduce((sum, { done }) => sum + done, 0));
    for (const { job, done } of told) {
      assertEquals(done, 4);
      const ref = { kind: "VirtualService", namespace: "default" } as const;
      const now = (await sandbox.cluster.get({ ...ref, name: job.name }))!;
      assertEquals(weightIn(now, "r0"), 4);
      assertEquals(now.metadata["generation"], 5);
    }
  },
);
