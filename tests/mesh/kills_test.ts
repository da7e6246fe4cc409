/**
 * A command that is killed, wherever it is, on a real API server under load.
 *
 * @module
 */

import { isSame } from "../../src/traffic/hash.ts";
import { assertEquals, assertNotEquals } from "../support/assert.ts";
import { runKilled } from "./faults/killed.ts";
import { done, shift, somebody, specsOf, underLoad } from "./faults/scene.ts";
import { TOWN } from "./load/town.ts";

const UNDO = ["undo", TOWN];
const REDO = ["redo", TOWN];
const CLEAR = ["clear", TOWN, "-d", `${TOWN}:5000`, "-b", "2"];

for (
  const { after, argv, back } of [
    { after: [], argv: shift(2, 20), back: UNDO },
    { after: [shift(2, 20), shift(2, 0)], argv: CLEAR, back: UNDO },
    { after: [shift(2, 20)], argv: UNDO, back: REDO },
  ]
) {
  const [verb = ""] = argv;
  underLoad(
    {
      id: "F25",
      shows:
        `SIGKILL of ${verb}, before and after each request: going on and going back from another process both reach their goals`,
      command: verb,
    },
    async (scene) => {
      await using clerk = await somebody(scene);
      for (const each of after) await done(clerk, each);
      const former = await specsOf(scene);
      const { code, stderr, requests, firstWrite } = await runKilled(
        scene,
        argv,
      );
      assertEquals(code, 0, stderr);
      const goal = await specsOf(scene);
      assertNotEquals(goal, former);
      await done(clerk, back);
      assertEquals(await specsOf(scene), former);

      for (let at = 1; at <= requests; at++) {
        for (const when of ["before", "after"] as const) {
          for (const then of ["on", "back"]) {
            // Up to here there is nothing to go back from.
            if (at < firstWrite && (when === "after" || then === "back")) {
              continue;
            }
            const where =
              `killed ${when} request ${at} of ${requests}, ${then}`;
            const { signal } = await runKilled(scene, argv, { at, when });
            assertEquals(signal, "SIGKILL", where);
            scene.report.note("points", 1);
            const here = await specsOf(scene);
            if (at < firstWrite) assertEquals(here, former, where);
            else if (then === "on") {
              if (!isSame(here, goal)) await done(clerk, argv);
              assertEquals(await specsOf(scene), goal, where);
            }
            // What was killed is an operation of its own, if it wrote.
            for (let nth = 1; nth <= 2; nth++) {
              if (isSame(await specsOf(scene), former)) break;
              await done(clerk, back);
            }
            assertEquals(await specsOf(scene), former, where);
          }
        }
      }
    },
  );
}
