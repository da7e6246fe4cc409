/**
 * Users with less than all rights, on a real API server.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { parseAllYaml } from "../../src/yaml.ts";
import {
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { recordedFailures, responseOf } from "../support/recorded.ts";
import { meshTest } from "./places.ts";
import type { Rules } from "./users/people.ts";
import { employ, openShop, versionsOf } from "./users/shop.ts";

const { viewer, editor } = documented();
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

meshTest(
  "the documented Roles are enough, and no more than is used",
  async (places) => {
    const shop = await openShop(places);
    await using clerk = await employ(shop, {
      everywhere: viewer,
      here: editor,
      // After which the object is read again.
      instead: firstWritesConflict(),
    });
    for (
      const argv of [
        ["show", "shop"],
        SHIFT,
        ["history", "shop"],
        ["undo", "shop", "--settle", "0s", "--yes"],
        ["redo", "shop", "--settle", "0s", "--yes"],
        ["clear", "shop", "--settle", "0s", "--yes"],
        ["clear", "shop", "-m", "hard", "--settle", "0s", "--yes"],
      ]
    ) {
      const ran = await clerk.run(argv);
      assertEquals(ran.status, 0, ran.stderr);
    }
    await clerk.watch(
      ["show", "shop", "--watch"],
      () => WATCHED.every((right) => clerk.rights.has(right)),
    );
    const used = [...clerk.rights].filter((right) =>
      !/selfsubject/.test(right)
    );
    assertEquals(used.sort(), rightsOf([...viewer, ...editor]).sort());
  },
);

/** The first write of each kind is answered as if somebody had been faster. */
function firstWritesConflict(): (request: Request) => Response | undefined {
  const conflict = recordedFailures().get("409_patch")!;
  const kinds = new Set(["virtualservices", "destinationrules"]);
  return ({ method, url }) =>
    method === "PATCH" && !url.includes("dryRun=") &&
      kinds.delete(new URL(url).pathname.split("/").at(-2)!)
      ? responseOf(conflict)
      : undefined;
}

const WATCHED = [
  "watch virtualservices.networking.istio.io",
  "watch destinationrules.networking.istio.io",
  "watch pods",
];

/** The Roles of `docs/rbac.md`. */
function documented(): { readonly viewer: Rules; readonly editor: Rules } {
  const text = Deno.readTextFileSync(
    new URL("../../docs/rbac.md", import.meta.url),
  );
  const roles = [...text.matchAll(/```yaml\n(.*?)```/gs)]
    .flatMap(([, yaml]) => parseAllYaml(yaml!) as KubeObject[]);
  const rules = (kind: string): Rules =>
    roles.find((role) => role.kind === kind)!["rules"] as Rules;
  return { viewer: rules("ClusterRole"), editor: rules("Role") };
}

function without(rules: Rules, resource: string): Rules {
  return rules.map((rule) => ({
    ...rule,
    resources: rule["resources"]!.filter((each) => each !== resource),
  })).filter(({ resources }) => resources.length > 0);
}

/** One by one: `list pods`. */
function rightsOf(rules: Rules): string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    verbs!.flatMap((verb) =>
      resources!.map((resource) =>
        `${verb} ${resource}${apiGroups![0] === "" ? "" : `.${apiGroups![0]}`}`
      )
    )
  );
}
