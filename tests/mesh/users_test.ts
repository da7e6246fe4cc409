/**
 * Users with less than all rights, on a real API server.
 *
 * @module
 */

import {
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { meshTest } from "./places.ts";
import type { Rules } from "./users/people.ts";
import { rulesOf } from "./users/roles.ts";
import { employ, openShop, versionsOf } from "./users/shop.ts";

const viewer = rulesOf("viewer");
const editor = rulesOf("editor");
const SHIFT = [
  ...["shift", "shop", "-d", "shop:5000", "-b", "2", "-w", "20"],
  ...["--settle", "0s", "--yes"],
];

meshTest(
  "who may only look is told so before anything is written",
  async (places) => {
    const shop = await openShop(places);
    await using clerk = await employ(shop, { everywhere: viewer });
    const before = await versionsOf(shop);
    assertEquals((await clerk.run(["show", "shop"])).status, 0);
    const ran = await clerk.run(SHIFT);
    assertEquals(ran.status, 1, ran.stderr);
    const at = `in "${shop.namespace}"`;
    assertStringIncludes(
      ran.stderr,
      `you may not patch DestinationRule ${at}, nor patch VirtualService ${at}`,
    );
    assertEquals(await clerk.writes(), []);
    assertEquals(await versionsOf(shop), before);
  },
);

meshTest(
  "who may change only one of two kinds changes neither",
  async (places) => {
    const shop = await openShop(places);
    for (
      const [mine, other] of [
        ["destinationrules", "VirtualService"],
        ["virtualservices", "DestinationRule"],
      ] as const
    ) {
      await using clerk = await employ(shop, {
        everywhere: viewer,
        here: [{
          apiGroups: ["networking.istio.io"],
          resources: [mine],
          verbs: ["patch"],
        }],
      });
      const before = await versionsOf(shop);
      const ran = await clerk.run(SHIFT);
      assertEquals(ran.status, 1, ran.stderr);
      assertStringIncludes(ran.stderr, `you may not patch ${other} in`);
      assertEquals(await clerk.writes(), []);
      assertEquals(await versionsOf(shop), before);
    }
  },
);

meshTest(
  "who may not see pods raises nothing unless told to",
  async (places) => {
    const shop = await openShop(places);
    await using clerk = await employ(shop, {
      everywhere: without(viewer, "pods"),
      here: editor,
    });
    const before = await versionsOf(shop);
    const refused = await clerk.run(SHIFT);
    assertEquals(refused.status, 4, refused.stderr);
    assertStringIncludes(refused.stderr, "pods");
    assertEquals(await clerk.writes(), []);
    assertEquals(await versionsOf(shop), before);
    assertEquals((await clerk.run([...SHIFT, "--skip-pod-check"])).status, 0);
    assertNotEquals(await versionsOf(shop), before);
  },
);

meshTest(
  "a dry run that the user may not do is a local one",
  async (places) => {
    const shop = await openShop(places);
    await using clerk = await employ(shop, { everywhere: viewer });
    const ran = await clerk.run([...SHIFT, "--dry-run"]);
    assertEquals(ran.status, 0, ran.stderr);
    assertStringIncludes(ran.stdout + ran.stderr, "Not checked by the server");
    assertEquals(await clerk.writes(), []);
  },
);

function without(rules: Rules, resource: string): Rules {
  return rules.map((rule) => ({
    ...rule,
    resources: rule["resources"]!.filter((each) => each !== resource),
  })).filter(({ resources }) => resources.length > 0);
}
