/**
 * Fifty writers on one VirtualService of a real API server, under load.
 *
 * @module
 */

import { connectKubernetes } from "../../src/cluster/connect.ts";
import { ConflictError } from "../../src/errors.ts";
import { Traffic } from "../../src/library.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { underLoad } from "./faults/scene.ts";
import { TOWN } from "./load/town.ts";
import { podsFor, race, twice, type Writer } from "./load/writers.ts";

/** In this process: fifty of their own would have the machine for themselves. */
const library: Writer = async ({ key, build }, { kubeconfig }) => {
  // They stand for machines of their own, each with its own pace.
  await using cluster = await connectKubernetes({
    kubeconfig,
    limits: { perSecond: Infinity },
  });
  try {
    const plan = await Traffic.on(cluster).shift({
      name: TOWN,
      destination: TOWN,
      build: String(build),
      headers: { "x-writer": String(key) },
      replace: true,
      settleMs: 0,
    });
    await plan.apply({ yes: true });
    return { kind: "done", text: "" };
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    return { kind: "refused", text: error.message };
  }
};

underLoad(
  {
    id: "L2",
    shows:
      "50 writers on one VirtualService, each adds a rule and changes it: what was told done is there, what was not is a conflict",
    command: "shift",
  },
  async ({ api, places, report }) => {
    const jobs = twice(50, (writer) => writer);
    await using _pods = await podsFor(api, jobs);
    const came = await race({ places, api }, { writer: library, jobs });
    const { done, refused, there, lost, dangling } = came;
    assertEquals([lost, dangling, done + refused], [0, 0, 100]);
    assert(there >= 25, `${there} are there: ${[...came.said].join("\n")}`);
    report.note("done", done);
    report.note("conflicts", refused);
  },
);
