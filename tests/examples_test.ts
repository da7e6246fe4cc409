/**
 * `examples/`: each program as a reader would run it, and what its functions
 * leave on the cluster.
 */
import { canary, podsOf } from "../examples/canary.ts";
import { onEach, tenPercent } from "../examples/fan_out.ts";
import { Gate } from "../examples/own_port.ts";
import { clearPreview, makePreview } from "../examples/preview.ts";
import { review, worldIn } from "../examples/review.ts";
import { reaches } from "../examples/watch.ts";
import { RefusedError, requestTo, Traffic, worldOf } from "../mod.ts";
import { runCli } from "../src/cli/run.ts";
import type { VirtualService } from "../src/istio/types.ts";
import { openSandbox, type Sandbox, startSandbox } from "../src/sandbox/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "./support/assert.ts";
import { FakeProcess } from "./support/fake_io.ts";

const FOLDER = new URL("../examples/", import.meta.url).pathname;
const NAME = "api-domain-virtualservice";
const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: NAME,
} as const;

const PROGRAMS: readonly {
  readonly file: string;
  readonly args?: readonly string[];
  readonly code?: number;
  /** Each line of standard output; ids of operations are `ID`. */
  readonly prints: readonly string[];
}[] = [
  {
    file: "canary.ts",
    prints: ["10 % for build 3", "50 % for build 3", "100 % for build 3"],
  },
  {
    file: "canary.ts",
    args: ["--break"],
    code: 1,
    prints: [
      "10 % for build 3",
      "50 % for build 3",
      "Not well: build 3 has no ready pods",
      "Back to where it was",
    ],
  },
  {
    file: "preview.ts",
    prints: [
      "Preview of PR-10: send x-preview: pr-10",
      "Preview of PR-10 is there",
      "Preview of PR-10 is cleared",
      "No preview of PR-10 to clear",
    ],
  },
  {
    file: "review.ts",
    code: 1,
    prints: [
      "with header x-beta = 1: 100 % to v3 503 NC by rule 0",
      'New error IST0101: subset "v3" is missing (DestinationRule "shop/reviews" has only "v1"): requests that go here fail with 503',
      '  Define subset "v3" first, and let rules name it some seconds later',
    ],
  },
  {
    file: "review.ts",
    args: [
      `${FOLDER}questions/header-ignored.yaml`,
      `${FOLDER}questions/header-ignored-mended.yaml`,
    ],
    prints: ["with header x-beta = 1: 100 % to v2 by rule 0"],
  },
  {
    file: "watch.ts",
    prints: [
      "build 3 has 0 %",
      "build 3 has 10 %",
      "build 3 has 20 %",
      "build 3 has 30 %",
      "reached",
    ],
  },
  {
    file: "fan_out.ts",
    code: 1,
    prints: [
      `done   eu       istiops undo ${NAME} --operation ID -n default --sandbox`,
      `done   us       istiops undo ${NAME} --operation ID -n default --sandbox`,
      'failed asia     kubeconfig: Cannot read the kubeconfig "/nowhere/config": it does not exist',
    ],
  },
  {
    file: "own_port.ts",
    prints: [
      "patch DestinationRule api-domain-destinationrule",
      `patch VirtualService ${NAME}`,
      `Cannot patch VirtualService ${NAME}: changes are frozen`,
    ],
  },
  {
    file: "script.ts",
    prints: [
      "line 12: done: istiops shift --destination api-domain:5000 --build 3 --weight 10 --sandbox --output json --namespace default",
      "line 13: done: istiops show --destination api-domain --sandbox --output json --namespace default",
      "line 15: done: istiops shift --destination api-domain:5000 --build 3 --weight 100 --yes --sandbox --output json --namespace default",
      "line 16: done: istiops clear --destination api-domain --sandbox --output json --namespace default",
    ],
  },
  {
    file: "script.ts",
    args: ["--set", "build=7"],
    code: 3,
    prints: [
      "line 12: failed: istiops shift --destination api-domain:5000 --build 7 --weight 10 --sandbox --output json --namespace default",
      "line 13: not-begun: istiops show --destination api-domain --sandbox --output json --namespace default",
      "line 15: not-begun: istiops shift --destination api-domain:5000 --build 7 --weight 100 --yes --sandbox --output json --namespace default",
      "line 16: not-begun: istiops clear --destination api-domain --sandbox --output json --namespace default",
      'Cannot raise build "7" (app=api-domain,build=7) from 0 % to 10 %: none of its 2 pods is ready',
      "stopped with 3",
    ],
  },
];

for (const { file, args = [], code = 0, prints } of PROGRAMS) {
  const line = [file, ...args].join(" ").replaceAll(FOLDER, "");
  Deno.test(`examples/${line} prints what came of it, and ends with ${code}`, async () => {
    const { stdout, stderr, ...ended } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["run", "-A", "--quiet", FOLDER + file, ...args],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      },
    ).output();
    const text = new TextDecoder();
    const lines = text.decode(stdout).replaceAll(
      /\b\d{14}-[0-9a-f]{8}\b/g,
      "ID",
    )
      .trimEnd().split("\n");
    assertEquals([lines, ended.code], [prints, code], text.decode(stderr));
    assertEquals(text.decode(stderr), "");
  });
}

Deno.test("every program says what it shows and how it is run, is short, and is run here", async () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts"));
  assertEquals(
    files.sort(),
    [...new Set(PROGRAMS.map(({ file }) => file))].sort(),
  );
  for (const name of files) {
    const text = await Deno.readTextFile(FOLDER + name);
    assert(text.split("\n").length <= 100, `${name} is long`);
    const [comment = ""] = text.split("*/");
    assertStringIncludes(comment, `deno run -A examples/${name}`);
    assertStringIncludes(comment, "@module");
    // What a user has: the library by its name, and nothing behind it.
    for (const [, from] of text.matchAll(/ from ["]([^"]+)"/g)) {
      assertEquals(from, "@istiops/istiops");
    }
  }
});

Deno.test("the canary leaves everything with the build, and a way back", async () => {
  await using sandbox = await startSandbox();
  const said: string[] = [];
  assert(
    await canary(Traffic.on(sandbox.cluster), {
      build: "3",
      steps: [10, 50, 100],
      look: () => podsOf(Traffic.on(sandbox.cluster), "3"),
      say: (line) => said.push(line),
      settleMs: 0,
    }),
  );
  assertEquals(sharesIn(sandbox), [["api-domain-3-default", 100]]);
  assertEquals(said.length, 3);
});

Deno.test("the canary takes all its steps back when a look is bad or a step is refused", async () => {
  await using sandbox = await startSandbox();
  const traffic = Traffic.on(sandbox.cluster);
  const before = sharesIn(sandbox);
  const options = { build: "3", say: () => {}, settleMs: 0 };
  const seen: unknown[] = [];
  const isWell = await canary(traffic, {
    ...options,
    steps: [10, 50, 100],
    look: (percent) => {
      seen.push(sharesIn(sandbox));
      return Promise.resolve(percent === 50 ? "errors" : undefined);
    },
  });
  assertEquals(isWell, false);
  assertEquals(sharesIn(sandbox), before);
  assertEquals(seen.length, 2);
  assert(JSON.stringify(seen[1]) !== JSON.stringify(before));

  const refused = await canary(traffic, {
    ...options,
    steps: [10, 101],
    look: () => Promise.resolve(undefined),
  });
  assertEquals(refused, false);
  assertEquals(sharesIn(sandbox), before);
});

Deno.test("a preview is made once, and only it is cleared", async () => {
  await using sandbox = await startSandbox();
  const traffic = Traffic.on(sandbox.cluster);
  const options = { say: () => {}, settleMs: 0 };
  const before = specOf(sandbox);
  await makePreview(traffic, "10", options);
  const made = specOf(sandbox);
  assertStringIncludes(JSON.stringify(made), '"x-preview":{"exact":"pr-10"}');
  await makePreview(traffic, "10", options);
  assertEquals(specOf(sandbox), made);
  await clearPreview(traffic, "10", options);
  // The preview that somebody else made of this build is still there.
  assertEquals(specOf(sandbox), before);
});

Deno.test("a review tells of a promise that is lost, and does not go on past what it cannot read", async () => {
  const [before, after] = await Promise.all(
    ["subset-503-mended", "subset-503"].map((name) =>
      worldIn(`${FOLDER}questions/${name}.yaml`)
    ),
  );
  const headers = { "x-beta": "1" };
  const client = { kind: "sidecar", namespace: "shop", labels: {} } as const;
  const promised = [{
    request: requestTo("http://reviews/", { headers }),
    client,
  }];
  assertEquals(review(before!, before!, promised), { said: [], isFine: true });
  const { said, isFine } = review(before!, after!, promised);
  assertEquals([said.length, isFine], [4, false]);
  assertMatch(
    said[1] ?? "",
    /^Promised, and lost: reviews: .*has no subset "v3"$/,
  );
  assertEquals(review(worldOf([]), worldOf([]), []).isFine, true);
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(file, "kind: VirtualService\n\tspec: {}\n");
  await assertRejects(() => worldIn(file), Error, `${file}:1: `);
  await Deno.remove(file);
});

Deno.test("the watch ends with its signal", async () => {
  await using sandbox = await startSandbox();
  const stop = new AbortController();
  const shares: number[] = [];
  const isReached = await reaches(Traffic.on(sandbox.cluster), {
    build: "3",
    percent: 50,
    signal: stop.signal,
    say: (share) => {
      shares.push(share);
      stop.abort();
    },
  });
  assertEquals([isReached, shares], [false, [0]]);
});

Deno.test("the fan-out reaches every context that is there, and tells of the one that is not", async () => {
  await using eu = await startSandbox();
  await using us = await startSandbox();
  const kubeconfig = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(
    kubeconfig,
    JSON.stringify(kubeconfigOf({
      eu: eu.url,
      gone: "http://127.0.0.1:1",
      us: us.url,
    })),
  );
  const results = await onEach(
    Object.fromEntries(
      ["eu", "gone", "us"].map((context) => [
        context,
        () => Traffic.connect({ kubeconfig, context, timeoutMs: 10_000 }),
      ]),
    ),
    tenPercent,
  );
  assertEquals(results.map(({ cluster, isDone }) => [cluster, isDone]), [
    ["eu", true],
    ["gone", false],
    ["us", true],
  ]);
  assertMatch(results[1]?.words ?? "", /^(unreachable|timeout): /);
  const ten = [81, 9, 10];
  for (const sandbox of [eu, us]) {
    assertEquals(sharesIn(sandbox).map(([, weight]) => weight), ten);
  }
  await Deno.remove(kubeconfig);
});

Deno.test("behind the gate nothing is written while it is frozen", async () => {
  await using sandbox = await startSandbox();
  const gate = new Gate(sandbox.cluster);
  const traffic = Traffic.on(gate.cluster);
  const shift = { name: NAME, build: "3", weight: 20, settleMs: 0 };
  gate.isFrozen = true;
  const before = specOf(sandbox);
  const plan = await traffic.shift(shift);
  await assertRejects(() => plan.apply(), RefusedError, "frozen");
  assertEquals([specOf(sandbox), gate.written], [before, []]);
  gate.isFrozen = false;
  await plan.apply();
  assertEquals(gate.written.length, 2);
  assertEquals(sharesIn(sandbox).map(([, weight]) => weight), [72, 8, 20]);
});

Deno.test("release.istiops leaves the build with everything, and no dead rule", async () => {
  const home = await Deno.makeTempDir();
  const process = new FakeProcess({ env: { XDG_STATE_HOME: home } });
  const script = `${FOLDER}release.istiops`;
  const code = await runCli(
    ["run", script, "--sandbox", "--set", "build=3"],
    process.io,
  );
  assertEquals(code, 0, process.stderr);
  await using cluster = await openSandbox({
    stateDir: `${home}/istiops/sandbox`,
  });
  const object = await cluster.get(REF) as VirtualService;
  assertEquals(weightsOf(object), [["api-domain-3-default", 100]]);
  const names = object.spec.http?.map(({ name }) => name);
  assert(!names?.includes("istiops-api-domain-5"), String(names));
  await Deno.remove(home, { recursive: true });
});

function specOf({ store }: Sandbox): VirtualService["spec"] {
  return (store.get(REF) as VirtualService).spec;
}

function sharesIn(sandbox: Sandbox) {
  return weightsOf(sandbox.store.get(REF) as VirtualService);
}

/** Subset and weight of each destination of the master rule. */
function weightsOf({ spec }: VirtualService) {
  const master = spec.http?.find(({ name }) => name === "master");
  return (master?.route ?? []).map(({ destination, weight }) =>
    [destination.subset, weight ?? 100] as const
  );
}

function kubeconfigOf(servers: Readonly<Record<string, string>>) {
  const names = Object.keys(servers);
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: names.map((name) => ({
      name,
      cluster: { server: servers[name] },
    })),
    users: [{ name: "user", user: { token: "any" } }],
    contexts: names.map((name) => ({
      name,
      context: { cluster: name, user: "user", namespace: "default" },
    })),
  };
}
