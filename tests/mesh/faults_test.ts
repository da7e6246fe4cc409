/**
 * Faults between the command line and a real API server, under load.
 *
 * @module
 */

import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { setRight, setWebhook } from "./faults/obstacles.ts";
import {
  done,
  isWriteTo,
  merge,
  pathTo,
  type Scene,
  shift,
  somebody,
  specsOf,
  underLoad,
  versionsOf,
  YES,
} from "./faults/scene.ts";
import { TOWN } from "./load/town.ts";
import type { Clerk } from "./users/shop.ts";
import type { Rules } from "./users/people.ts";

const VIRTUAL = pathTo("virtualservices");

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

/** All but a right to write VirtualServices. */
const HALF: Rules = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list"] },
  {
    apiGroups: ["networking.istio.io"],
    resources: ["destinationrules"],
    verbs: ["patch"],
  },
];

underLoad(
  {
    id: "F13",
    shows:
      "who may write DestinationRules and no VirtualServices is told before the first write",
    command: "shift",
  },
  async (scene) => {
    const before = await versionsOf(scene);
    await using clerk = await somebody(scene, { everywhere: HALF });
    const ran = await clerk.run([...shift(2, 20), ...YES]);
    assertEquals(ran.status, 1, ran.stderr);
    assertStringIncludes(
      ran.stderr,
      'you may not patch VirtualService in "default"',
    );
    assertEquals(await clerk.writes(), []);
    assertEquals(await versionsOf(scene), before);
  },
);

underLoad(
  {
    id: "F13",
    shows:
      "the right is taken away between two writes: nothing dangles, and going on and going back both work when it is given again",
    command: "shift, undo",
  },
  async (scene) => {
    const { api } = scene;
    await stoppedHalfWay(scene, {
      everywhere: HALF,
      ready: (authorization) => setRight(api, { given: true, authorization }),
      stop: (authorization) => setRight(api, { given: false, authorization }),
      status: 1,
      says: /may not patch VirtualService|cannot patch .*"virtualservices"/,
    });
  },
);

underLoad(
  {
    id: "F18",
    shows:
      "the webhook of istiod goes away between two writes: it is named, nothing dangles, and going on and going back both work when it is there again",
    command: "shift, undo",
  },
  async (scene) => {
    const { api } = scene;
    await stoppedHalfWay(scene, {
      ready: () => setWebhook(api, "asked"),
      stop: () => setWebhook(api, "away"),
      status: 5,
      says: /rev\.validation\.istio\.io/,
    });
  },
);

/** A server that is in trouble is asked again, but not for a minute. */
const SOON = ["--timeout", "8s"];

/** Stops a shift after its first write, and leads on and back from there. */
async function stoppedHalfWay(
  scene: Scene,
  { ready, stop, status, says, everywhere }: {
    readonly everywhere?: Rules;
    /** Nothing stands in the way. */
    readonly ready: (authorization: string) => Promise<void>;
    readonly stop: (authorization: string) => Promise<void>;
    /** What is then said, and the status to end with. */
    readonly says: RegExp;
    readonly status: number;
  },
): Promise<void> {
  const former = await specsOf(scene);
  await using admin = await somebody(scene);
  await done(admin, shift(2, 20));
  const goal = await specsOf(scene);
  await done(admin, ["undo", TOWN]);

  let isArmed = false;
  let authorization = "";
  await using clerk: Clerk = await somebody(scene, {
    ...(everywhere === undefined ? {} : { everywhere }),
    instead: async (request) => {
      authorization = request.headers.get("authorization") ?? "";
      if (!isArmed || !isWriteTo("virtualservices", request)) return;
      isArmed = false;
      await stop(authorization);
      return undefined;
    },
  });
  await clerk.run(["show", TOWN]);
  try {
    for (const then of ["on", "back"]) {
      await ready(authorization);
      isArmed = true;
      const ran = await clerk.run([...shift(2, 20), ...YES, ...SOON]);
      assertEquals(ran.status, status, ran.stderr);
      assertMatch(ran.stderr, says);
      // The subset is there, and no route leads to it.
      const [[, , subsets], ...routes] = await specsOf(scene) as [
        [string, string, unknown],
      ];
      assertEquals(subsets, (goal as unknown[][])[0]![2]);
      assertEquals(routes, former.slice(1));
      assertStringIncludes(ran.stderr, `Written: DestinationRule ${TOWN}`);
      assertStringIncludes(ran.stderr, `Way back: istiops undo ${TOWN}`);
      if (then === "on") {
        const stuck = await versionsOf(scene);
        const again = await clerk.run([...shift(2, 20), ...YES, ...SOON]);
        assertEquals(again.status, status, again.stderr);
        assertMatch(again.stderr, says);
        assertEquals(await versionsOf(scene), stuck);
      }

      await ready(authorization);
      if (then === "on") {
        await done(clerk, shift(2, 20));
        assertEquals(await specsOf(scene), goal);
        // It was an operation of its own.
        await done(clerk, ["undo", TOWN]);
      }
      await done(clerk, ["undo", TOWN]);
      assertEquals(await specsOf(scene), former);
    }
  } finally {
    await ready(authorization);
  }
}

underLoad(
  {
    id: "F17",
    shows:
      "istiod's webhook denies the last of four objects: the dry run finds it before the first write",
    command: "shift",
  },
  async (scene) => {
    const { api } = scene;
    // It came in while nobody was asked; no proxy ever meets such a client.
    const bad = { "not a key!": "x" };
    const more = [named("second"), named("zebra", bad)];
    await setWebhook(api, "not needed");
    try {
      await api.create(...more);
    } finally {
      await setWebhook(api, "asked");
    }
    try {
      const before = await versionsOf(scene);
      await using clerk = await somebody(scene);
      const argv = [
        ...["shift", "-l", `app=${TOWN}`, "-d", `${TOWN}:5000`],
        ...["-b", "2", "-w", "20", ...YES],
        ...["--confirm", "second", "--confirm", "zebra"],
      ];
      for (const more of [[], ["--dry-run"]]) {
        const ran = await clerk.run([...argv, ...more]);
        assertEquals(ran.status, 1, ran.stdout + ran.stderr);
        assertStringIncludes(ran.stderr, "rev.validation.istio.io");
        assertStringIncludes(ran.stderr, "not a key!");
      }
      assertEquals(await clerk.writes(), []);
      assertEquals(await versionsOf(scene), before);

      // The same without it: four writes, and all is taken back.
      await api.delete(named("zebra"));
      await api.create(named("zebra"));
      const ran = await clerk.run(argv);
      assertEquals(ran.status, 0, ran.stdout + ran.stderr);
      assertEquals((await clerk.writes()).length, 4);
    } finally {
      await api.delete(...more);
    }
  },
);

/** A VirtualService of another host that leads to the same service. */
function named(
  name: string,
  sourceLabels?: Readonly<Record<string, string>>,
): KubeObject {
  const to = { host: TOWN, subset: `${TOWN}-1`, port: { number: 5000 } };
  const rule = { route: [{ destination: to }] };
  const bad = {
    match: [{ uri: { prefix: "/bad/" }, sourceLabels }],
    route: [{ destination: { host: "others", port: { number: 5000 } } }],
  };
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "default", labels: { app: TOWN } },
    spec: {
      hosts: [`${name}.test`],
      http: sourceLabels === undefined ? [rule] : [bad, rule],
    },
  };
}
