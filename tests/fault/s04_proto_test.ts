/**
 * Keys that every object of JavaScript has or had: in objects, patches,
 * files and on the command line. Nothing is found by them that nobody wrote,
 * nothing comes of them, and they are there afterwards.
 *
 * @module
 */

import type { JsonPatchOperation } from "../../src/cluster/cluster.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import { assert, assertEquals, assertNotEquals } from "../support/assert.ts";
import { bundle } from "./rig/bundle.ts";
import { Home, kubeconfig, NAME } from "./rig/command_lines.ts";
import { startFaultyServer } from "./rig/faulty_server.ts";
import { suite } from "./suite.ts";

const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
];
const EVIL = `{${
  KEYS.map((key) =>
    `${JSON.stringify(key)}: {"x": "evil", "prototype": {"x": "evil"}}`
  )
    .join(", ")
}}`;
const TEXTS = `{${
  KEYS.map((key) => `${JSON.stringify(key)}: "evil"`).join(", ")
}}`;

const NATIVE = Reflect.ownKeys(Object.prototype);

/** As it was: no member has come, and none is read where there is none. */
function assertUnpolluted(where: string): void {
  assertEquals((({}) as { x?: unknown }).x, undefined, where);
  assertEquals(([] as { x?: unknown }).x, undefined, where);
  assertEquals(((() => {}) as { x?: unknown }).x, undefined, where);
  assertEquals(Reflect.ownKeys(Object.prototype), NATIVE, where);
}

/** What Kubernetes takes for the key of a label or an annotation. */
const LABELS = Object.fromEntries(
  KEYS.filter((key) => !key.startsWith("_")).map((key) => [key, "evil"]),
);

/** The same object with these keys wherever Kubernetes takes any. */
function withKeys(object: KubeObject): KubeObject {
  // deno-lint-ignore no-explicit-any
  const copy = structuredClone(object) as any;
  const { metadata } = copy;
  metadata.annotations = { ...metadata.annotations, ...LABELS };
  metadata.labels = { ...metadata.labels, ...LABELS };
  if (metadata.name === NAME) {
    // Headers may have any name that is a token.
    copy.spec.http[3].match[0].headers = JSON.parse(
      TEXTS.replaceAll('"evil"', '{"exact": "evil"}'),
    );
  }
  return copy;
}

/** All but what istiops and the server write. */
function rest(object: KubeObject): string {
  const { annotations = {}, labels } = object.metadata;
  const kept = Object.entries(annotations)
    .filter(([key]) => !key.startsWith("istiops/")).sort();
  // deno-lint-ignore no-explicit-any
  const rules = (object as any).spec?.http ?? [];
  const odd = rules.map((rule: { match?: unknown }) =>
    JSON.stringify(rule.match)
  )
    .filter((match?: string) => match?.includes('"evil"'));
  return JSON.stringify([kept, labels, odd]);
}

suite({
  id: "S04",
  shows:
    "objects with such keys are written back with them, and nothing else has them",
  command: "shift, undo, clear, show, history",
}, async (_, report) => {
  await using plain = await startSandbox();
  const objects = plain.store.dump().objects.map((object) =>
    ["VirtualService", "DestinationRule"].includes(object.kind)
      ? withKeys(object)
      : object
  );
  await using server = await startFaultyServer({ objects });
  const before = new Map(objects.map((each) => [
    `${each.kind}/${each.metadata.namespace}/${each.metadata.name}`,
    rest(each),
  ]));
  await using home = await Home.make();
  await home.write(".kube/config", kubeconfig({ server: server.url }));
  for (
    const line of [
      ["shift", NAME, "-b", "3", "-w", "20", "--yes", "--settle", "0s"],
      [
        "shift",
        NAME,
        "-b",
        "3",
        "-H",
        "__proto__=a,constructor=b",
        "--yes",
        "--settle",
        "0s",
      ],
      ["show", NAME],
      ["history", NAME, "-o", "yaml"],
      ["undo", NAME, "--yes", "--settle", "0s"],
      ["clear", NAME, "--yes", "--settle", "0s"],
    ]
  ) {
    const { status, stderr } = await home.run(line);
    assertEquals(status, 0, `${line.join(" ")}: ${stderr}`);
    assertUnpolluted(line.join(" "));
  }
  const commits = server.commits("VirtualService", "DestinationRule");
  assert(commits.length > 5);
  for (const each of commits) {
    const { kind, metadata: { namespace, name } } = each;
    assertEquals(rest(each), before.get(`${kind}/${namespace}/${name}`));
    report.note("writes", 1);
  }
  // The headers are there, as they were asked for.
  assert(
    commits.some(({ spec }) =>
      JSON.stringify(spec).includes('"__proto__":{"exact":"a"}')
    ),
  );
});

suite({
  id: "S04",
  shows: "a key that every object has is no label, no build and no setting",
  command: "show, shift, clear",
}, async () => {
  await using home = await Home.make();
  for (const key of KEYS) {
    const isKey = !key.startsWith("_");
    for (
      const [line, status] of [
        [["--sandbox", "show", "-l", key, "-o", "json"], isKey ? 1 : 2],
        [[
          "--sandbox",
          "shift",
          NAME,
          "-b",
          "3",
          "-w",
          "5",
          "--build-label",
          key,
          "--dry-run",
        ], undefined],
        [
          ["--sandbox", "shift", NAME, "-b", key, "-w", "5", "--dry-run"],
          undefined,
        ],
        [
          [
            "--sandbox",
            "shift",
            NAME,
            "-p",
            `${key}=3`,
            "-w",
            "5",
            "--dry-run",
          ],
          undefined,
        ],
        [[
          "--sandbox",
          "shift",
          NAME,
          "-b",
          "3",
          "-w",
          "5",
          "--route",
          key,
          "--dry-run",
        ], undefined],
        [["--sandbox", "undo", NAME, "--operation", key], 1],
        [["--sandbox", "show", key], isKey ? undefined : 2],
        [["help", key], 2],
        [[key], 2],
        [[`--${key}`], 2],
        [["show", "-o", key], 2],
      ] as const
    ) {
      const ran = await home.run(line);
      const where = `${line.join(" ")}: ${ran.stdout}${ran.stderr}`;
      if (status === undefined) assertNotEquals(ran.status, 0, where);
      else assertEquals(ran.status, status, where);
      // An error of ours, and not one of the language.
      assert(
        !/internal|is not a function|undefined|native code/.test(where),
        where,
      );
      assertUnpolluted(where);
    }
  }
});

suite({
  id: "S04",
  shows: "files with such keys are refused or read for what they say",
  command: "shift, apply, sandbox --load, history --local",
}, async (_, report) => {
  await using home = await Home.make();
  const shift = [
    "--sandbox",
    "shift",
    NAME,
    "-b",
    "3",
    "-w",
    "5",
    "--settle",
    "0s",
  ];
  const plan = `${home.path}/plan.json`;
  await home.run([...shift, "--plan-out", plan]);
  const good = await Deno.readTextFile(plan);
  const state = `${home.state}/sandbox/state.jsonl`;
  const files:
    readonly (readonly [string, string, readonly string[], number])[] = [
      [".config/istiops/config.yaml", EVIL, shift, 1],
      [
        ".config/istiops/config.yaml",
        `protected: []\n__proto__: {audit: false}`,
        shift,
        1,
      ],
      [".config/istiops/config.yaml", "audit: true\n", shift, 0],
      [".kube/config", EVIL, ["show"], 1],
      [
        ".kube/config",
        `{"users": [{"name": "a", "user": ${EVIL}}], ${
          kubeconfig({ server: "http://127.0.0.1:1" }).slice(1)
        }`,
        ["show", "--timeout", "1s"],
        1,
      ],
      ["plan.json", EVIL, ["--sandbox", "apply", "PLAN", "--yes"], 1],
      ["plan.json", `{"__proto__": ${good}}`, [
        "--sandbox",
        "apply",
        "PLAN",
        "--yes",
      ], 1],
      [
        "plan.json",
        good.replace("{", `{"__proto__": {"x": "evil"},`),
        ["--sandbox", "apply", "PLAN", "--yes"],
        1,
      ],
      [
        "routes.yaml",
        EVIL,
        ["sandbox", "--load", `${home.path}/routes.yaml`],
        1,
      ],
      [".local/state/istiops/audit.jsonl", `${EVIL}\n{"__proto__": 1}\n`, [
        "history",
        "--local",
      ], 0],
      [
        ".local/state/istiops/sandbox/state.jsonl",
        EVIL,
        ["--sandbox", "show"],
        1,
      ],
      [
        ".local/state/istiops/sandbox/state.jsonl",
        (await Deno.readTextFile(state)).replace(
          /(?<=\n)\{/g,
          `{"__proto__": {"x": "evil"}, `,
        ),
        ["--sandbox", "show"],
        0,
      ],
    ];
  for (const [path, text, line, status] of files) {
    await home.write(path, text);
    const ran = await home.run(line);
    const where = `${path} ${text.slice(0, 60)}: ${ran.stderr}${
      ran.stdout.slice(0, 300)
    }`;
    // One kubeconfig names a context of the other; what matters is that it ends.
    assert(ran.status === status || (status === 1 && ran.status === 5), where);
    assert(!/is not a function|native code|error: internal/.test(where), where);
    assertUnpolluted(where);
    report.note("files", 1);
  }
});

suite({
  id: "S04",
  shows:
    "patches along such paths change the object they are sent to, and nothing else",
  command: "sandbox",
}, async () => {
  await using sandbox = await startSandbox();
  const ref = {
    kind: "VirtualService",
    namespace: "default",
    name: NAME,
  } as const;
  await sandbox.cluster.patch(ref, [
    { op: "add", path: "/metadata/annotations", value: { a: "b" } },
  ]);
  const patches: readonly (readonly JsonPatchOperation[])[] = KEYS.flatMap((
    key,
  ) =>
    [
      [{ op: "add", path: `/spec/${key}`, value: { x: "evil" } }],
      [{ op: "add", path: `/spec/${key}/x`, value: "evil" }],
      [{ op: "add", path: `/${key}/prototype/x`, value: "evil" }],
      [{ op: "add", path: `/metadata/annotations/${key}`, value: "evil" }],
      [{ op: "replace", path: `/metadata/${key}/x`, value: "evil" }],
    ] as JsonPatchOperation[][]
  );
  for (const patch of patches) {
    // Some are refused; none may do anything elsewhere.
    await sandbox.cluster.patch(ref, patch).catch(() => {});
    assertUnpolluted(JSON.stringify(patch));
  }
  for (const type of ["merge-patch", "strategic-merge-patch", "apply-patch"]) {
    for (
      const [path, body] of [
        [
          `apis/networking.istio.io/v1/namespaces/default/virtualservices/${NAME}`,
          `{"metadata": {"annotations": ${TEXTS}}, "spec": ${EVIL}}`,
        ],
        [
          "apis/apps/v1/namespaces/default/deployments/api-domain-1",
          `{"spec": {"template": {"spec": {"constructor": [{"name": "a"}], "__proto__": [{"name": "a"}]}}}}`,
        ],
      ] as const
    ) {
      const answer = await fetch(`${sandbox.url}/${path}?fieldManager=a`, {
        method: "PATCH",
        headers: {
          "content-type": `application/${type}+${
            type === "apply-patch" ? "yaml" : "json"
          }`,
        },
        body: type === "apply-patch"
          ? `{"apiVersion": "x/v1", "kind": "Y", ${body.slice(1)}`
          : body,
      });
      const text = await answer.text();
      assert(!/is not a function|InternalError/.test(text), `${type} ${text}`);
      assertUnpolluted(`${type} ${path}`);
    }
  }
  const object = await sandbox.cluster.get(ref);
  assertEquals(
    Object.keys(object!.metadata.annotations ?? {}).sort(),
    ["a", ...Object.keys(LABELS)].sort(),
  );
});

suite({
  id: "S04",
  shows: "with a prototype that is frozen all goes as well",
  command: "show, shift, undo, history, apply",
}, async () => {
  await using tool = await bundle();
  await using home = await Home.make();
  const frozen = await home.write(
    "frozen.js",
    "Object.freeze(Object.prototype);",
  );
  const plan = `${home.path}/plan.json`;
  const shift = [
    "--sandbox",
    "shift",
    NAME,
    "-b",
    "3",
    "--yes",
    "--settle",
    "0s",
  ];
  for (
    const line of [
      ["--sandbox", "show", NAME],
      [...shift, "-w", "20", "-H", "constructor=1", "-o", "yaml"],
      ["--sandbox", "undo", NAME, "--yes", "--settle", "0s"],
      ["--sandbox", "history", NAME],
      [...shift, "-w", "30", "--plan-out", plan],
      ["--sandbox", "apply", plan, "--yes"],
      ["history", "--local"],
    ]
  ) {
    const { status, stderr } = await tool.run(line, {
      env: { HOME: home.path },
      permissions: ["-A", "--preload", frozen],
    });
    assertEquals(status, 0, `${line.join(" ")}: ${stderr}`);
  }
});
