/**
 * Faults between the command line and a real API server, under load.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import {
  done,
  isWriteTo,
  merge,
  pathTo,
  somebody,
  specsOf,
  underLoad,
  versionsOf,
  YES,
} from "./faults/scene.ts";
import { TOWN } from "./load/town.ts";

const VIRTUAL = pathTo("virtualservices");
const shift = (build: number, weight: number) => [
  ...["shift", TOWN, "-d", `${TOWN}:5000`],
  ...["-b", `${build}`, "-w", `${weight}`],
];

underLoad(
  {
    id: "F09",
    shows:
      "nine times somebody sets a label between read and write: both changes are there",
    command: "shift",
  },
  async (scene) => {
    await using calm = await somebody(scene);
    await done(calm, shift(2, 20));
    const shifted = await specsOf(scene);
    await done(calm, ["undo", TOWN]);
    let nth = 0;
    await using clerk = await somebody(scene, {
      instead: async (request) => {
        if (!isWriteTo("virtualservices", request) || nth === 9) return;
        const labels = { nth: String(++nth) };
        await merge(scene, VIRTUAL, { metadata: { labels } });
        return undefined;
      },
    });
    await done(clerk, shift(2, 20));
    assertEquals(await specsOf(scene), shifted);
    const { metadata } = await scene.api.json("GET", VIRTUAL);
    assertEquals(metadata.labels, { app: TOWN, nth: "9" });
  },
);

for (
  const [when, isThen] of [
    [
      "while it is checked",
      (request: Request) =>
        request.method === "PATCH" && request.url.includes("dryRun="),
    ],
    [
      "between read and write",
      (request: Request) => isWriteTo("virtualservices", request),
    ],
  ] as const
) {
  underLoad(
    {
      id: "F10",
      shows:
        `somebody changes the same weights ${when}: a conflict, and theirs stay`,
      command: "shift",
    },
    async (scene) => {
      await using calm = await somebody(scene);
      await done(calm, shift(2, 20));
      let theirs: unknown;
      await using clerk = await somebody(scene, {
        instead: async (request) => {
          if (theirs !== undefined || !isThen(request)) return;
          const { spec } = await scene.api.json("GET", VIRTUAL) as unknown as {
            readonly spec: {
              readonly http: readonly { readonly route: object[] }[];
            };
          };
          const [others, own] = spec.http;
          const [one, two] = own!.route;
          await merge(scene, VIRTUAL, {
            spec: {
              http: [others, {
                ...own,
                route: [{ ...one, weight: 63 }, { ...two, weight: 37 }],
              }],
            },
          });
          theirs = await versionsOf(scene);
          return undefined;
        },
      });
      const ran = await clerk.run([...shift(2, 50), ...YES]);
      assertEquals(ran.status, 6, ran.stderr);
      // What was read, what is there now, what was wanted.
      for (const percent of ["20", "37", "50"]) {
        assertStringIncludes(ran.stderr, percent);
      }
      assertEquals(await versionsOf(scene), theirs);
    },
  );
}
