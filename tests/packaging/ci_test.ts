/**
 * What pipelines of others take: the shell parts run as they stand there, with
 * the sandbox as the cluster and a release on loopback.
 *
 * @module
 */

import { startSandbox } from "../../src/sandbox/mod.ts";
import { VERSION } from "../../src/version.ts";
import { parseYaml } from "../../src/yaml.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { DENO_DIR } from "../support/deno_dir.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const NAME = "api-domain-virtualservice";

interface Step {
  readonly name: string;
  readonly run: string;
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Job {
  readonly extends?: string;
  readonly needs?: readonly string[];
  readonly when?: string;
  readonly allow_failure?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
  readonly artifacts?: { readonly paths: readonly string[] };
}

async function read<T>(path: string): Promise<T> {
  const text = await Deno.readTextFile(`${ROOT}packaging/ci/${path}`);
  return parseYaml(text) as unknown as T;
}

const action = await read<{
  readonly inputs: Readonly<
    Record<string, { readonly default?: string; readonly required?: boolean }>
  >;
  readonly runs: { readonly steps: readonly [Step, Step] };
}>("github/action.yml");
const jobs = await read<Readonly<Record<string, Job>>>("gitlab/istiops.yml");

/** A pipeline's machine, a release beside it, and a cluster. */
class Runner implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Of `SHA256SUMS`; another where somebody changed the binary. */
  sum: string;

  constructor(readonly kubeconfig: string) {
    Deno.mkdirSync(`${this.path}/home`);
    const binary = new TextEncoder().encode(
      `#!/bin/sh\nexec '${Deno.execPath()}' run -A --no-check --quiet '${ROOT}main.ts' "$@"\n`,
    );
    const target = `${Deno.build.arch}-unknown-linux-gnu`;
    this.sum = "";
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) =>
        new URL(url).pathname === `/v${VERSION}/istiops-${target}`
          ? new Response(binary)
          : new URL(url).pathname === `/v${VERSION}/SHA256SUMS`
          ? new Response(
            `${"0".repeat(64)}  other\n${this.sum}  istiops-${target}\n`,
          )
          : new Response("", { status: 404 }),
    );
  }

  get from(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** What the binary's hash is. */
  async right(): Promise<string> {
    const target = `${Deno.build.arch}-unknown-linux-gnu`;
    const answer = await fetch(`${this.from}/v${VERSION}/istiops-${target}`);
    const digest = await crypto.subtle.digest(
      "SHA-256",
      await answer.arrayBuffer(),
    );
    return new Uint8Array(digest).toHex();
  }

  async run(
    script: string,
    env: Readonly<Record<string, string>>,
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-eu", "-c", script],
      cwd: this.path,
      clearEnv: true,
      env: {
        HOME: `${this.path}/home`,
        PATH: Deno.env.get("PATH")!,
        KUBECONFIG: this.kubeconfig,
        DENO_DIR,
        TMPDIR: this.path,
        RUNNER_OS: "Linux",
        RUNNER_ARCH: Deno.build.arch === "x86_64" ? "X64" : "ARM64",
        RUNNER_TEMP: `${this.path}/temp dir`,
        GITHUB_PATH: `${this.path}/paths`,
        ...env,
      },
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  get names(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.path, { recursive: true });
  }
}

const canRun = Deno.build.os === "linux"
  ? undefined
  : "the runner of these tests is a Linux";

function runnerTest(
  name: string,
  run: (runner: Runner) => Promise<void>,
): void {
  Deno.test({
    name: canRun === undefined ? name : `${name} (skipped: ${canRun})`,
    ignore: canRun !== undefined,
    async fn() {
      await using sandbox = await startSandbox();
      const file = await Deno.makeTempFile();
      await Deno.writeTextFile(
        file,
        JSON.stringify({
          "current-context": "c",
          contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
          clusters: [{ name: "c", cluster: { server: sandbox.url } }],
          users: [{ name: "u", user: {} }],
        }),
      );
      await using runner = new Runner(file);
      runner.sum = await runner.right();
      await run(runner);
      await Deno.remove(file);
    },
  });
}

/** A job of GitLab with what it extends. */
function whole(name: string): Job {
  const { extends: of, ...own } = jobs[name]!;
  return of === undefined ? own : { ...whole(of), ...own };
}

/** The environment of a step, with its inputs put in. */
function envOf(
  step: Step,
  inputs: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(step.env).map(([name, value]) => {
      const [, input = ""] = /^\$\{\{ inputs\.([a-z0-9-]+) \}\}$/.exec(value)!;
      return [name, inputs[input] ?? action.inputs[input]!.default ?? ""];
    }),
  );
}

Deno.test("no input of the action is ever text of a shell, and nothing of others is used", () => {
  for (const step of action.runs.steps) {
    assert(!step.run.includes("${{"), step.name);
    assertEquals(step.shell, "bash");
    assert(!Object.hasOwn(step, "uses"));
  }
  const used = action.runs.steps.flatMap(({ env }) => Object.values(env))
    .map((value) => /inputs\.([a-z0-9-]+)/.exec(value)![1]!);
  assertEquals(used.sort(), Object.keys(action.inputs).sort());
});

runnerTest(
  "the action sets up the version and runs a script",
  async (runner) => {
    const [setUp, run] = action.runs.steps;
    await Deno.mkdir(`${runner.path}/temp dir`);
    const done = await runner.run(
      setUp.run,
      envOf(setUp, { version: VERSION, from: runner.from }),
    );
    assertEquals(done.code, 0, done.stderr);
    assertStringIncludes(done.stdout, `istiops ${VERSION}`);
    const [path = ""] = (await Deno.readTextFile(`${runner.path}/paths`))
      .split("\n");
    await Deno.writeTextFile(
      `${runner.path}/a b.istiops`,
      `shift ${NAME} -b $build -w $weight --settle 0s\n`,
    );
    const inputs = { script: "a b.istiops", set: "build=3\nweight=20" };
    const PATH = `${path}:${Deno.env.get("PATH")}`;
    const dry = await runner.run(run.run, {
      ...envOf(run, { ...inputs, "dry-run": "true" }),
      PATH,
    });
    assertEquals(dry.code, 0, dry.stderr);
    assert(!dry.stdout.includes("Done"), dry.stdout);
    const ran = await runner.run(run.run, { ...envOf(run, inputs), PATH });
    assertEquals(ran.code, 0, ran.stderr);
    assertStringIncludes(ran.stdout, "Done");
    // Neither a value nor a name is looked at by the shell.
    const evil = await runner.run(run.run, {
      ...envOf(run, {
        script: "$(touch pwned)",
        set: "build=`touch pwned`\n$(touch pwned)=3",
      }),
      PATH,
    });
    assertEquals(evil.code, 2, evil.stderr);
    assert(!runner.names.includes("pwned"));
  },
);

runnerTest(
  "the action takes the binary in a folder of Windows",
  async (runner) => {
    const [setUp] = action.runs.steps;
    const done = await runner.run(setUp.run, {
      ...envOf(setUp, { version: VERSION, from: runner.from }),
      RUNNER_TEMP: `${runner.path}/a\\_temp`,
    });
    assertEquals(done.code, 0, done.stderr);
  },
);

runnerTest(
  "the action takes no binary whose hash is another, and no odd version",
  async (runner) => {
    const [setUp] = action.runs.steps;
    await Deno.mkdir(`${runner.path}/temp dir`);
    const of = (inputs: Readonly<Record<string, string>>) =>
      runner.run(
        setUp.run,
        envOf(setUp, { version: VERSION, from: runner.from, ...inputs }),
      );
    const pinned = await of({ sha256: runner.sum });
    assertEquals(pinned.code, 0, pinned.stderr);
    await Deno.remove(`${runner.path}/paths`);
    const rows:
      readonly (readonly [Readonly<Record<string, string>>, string])[] = [
        [{ sha256: "0".repeat(64) }, "the SHA-256 of istiops-"],
        [{ version: "9.9.9" }, "cannot get"],
        [{ version: "1; touch pwned" }, "version is to be one"],
        [{ version: "../1" }, "version is to be one"],
        [{ version: "" }, "version is to be one"],
      ];
    for (const [inputs, says] of rows) {
      const { code, stderr } = await of(inputs);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `::error title=istiops::${says}`);
    }
    runner.sum = "";
    assertEquals((await of({})).code, 1);
    assert(!runner.names.includes("paths") && !runner.names.includes("pwned"));
  },
);

runnerTest(
  "in GitLab a plan waits for somebody, is carried out, and taken back",
  async (runner) => {
    const base = jobs[".istiops"]!;
    const env = {
      ...base.variables,
      ISTIOPS_VERSION: VERSION,
      ISTIOPS_FROM: runner.from,
      ISTIOPS_BUILD: "3",
    };
    const run = async (name: string, more: Record<string, string> = {}) => {
      const { script, before_script } = whole(name);
      return await runner.run([...before_script!, ...script!].join("\n"), {
        ...env,
        ...more,
      });
    };
    const order = ["istiops-plan", "istiops-apply", "istiops-verify"];
    for (const name of order) {
      const { code, stderr } = await run(name);
      assertEquals(code, 0, `${name}: ${stderr}`);
    }
    const shown = await run("istiops-verify");
    assertStringIncludes(shown.stdout, "20 % of requests");
    const undone = await run("istiops-undo");
    assertEquals(undone.code, 0, undone.stderr);
    assert(!(await run("istiops-verify")).stdout.includes("20 % of requests"));
    // The plan is for one state: it does not go twice.
    assertEquals((await run("istiops-apply")).code, 6);
    for (
      const more of [
        { ISTIOPS_BUILD: "$(touch pwned)" },
        { ISTIOPS_SELECTOR: "--sandbox" },
        { ISTIOPS_SHA256: "0".repeat(64) },
      ]
    ) {
      const { code } = await run("istiops-plan", more);
      assert(code !== 0, JSON.stringify(more));
    }
    assert(!runner.names.includes("pwned"));
  },
);

/** What GitLab does with a job, by how each of those it needs has ended. */
function runs(
  name: string,
  ended: Readonly<Record<string, "success" | "failed" | "skipped">>,
): boolean {
  const { needs = [], when = "on_success" } = whole(name);
  const states = needs.map((need) => ended[need]!);
  // Before `when` is looked at: one that never ran takes all after it along.
  if (states.includes("skipped")) return false;
  return states.includes("failed") === (when === "on_failure");
}

Deno.test("in GitLab nothing is written before somebody agrees, and a failure has one way back", () => {
  const apply = whole("istiops-apply");
  assertEquals([apply.when, apply.allow_failure], ["manual", false]);
  assertEquals(apply.needs, ["istiops-plan"]);
  assertEquals(whole("istiops-plan").artifacts?.paths, ["istiops-plan.json"]);
  const rows = [
    ["failed", "skipped", "skipped", []],
    ["success", "failed", "skipped", ["istiops-undo-apply"]],
    ["success", "success", "failed", ["istiops-undo"]],
    ["success", "success", "success", []],
  ] as const;
  for (const [plan, apply, verify, expected] of rows) {
    const ended = {
      ...{ "istiops-plan": plan, "istiops-apply": apply },
      "istiops-verify": verify,
    };
    const back = Object.keys(jobs).filter((name) =>
      !name.startsWith(".") && whole(name).when === "on_failure" &&
      runs(name, ended)
    );
    assertEquals(back, [...expected], JSON.stringify(ended));
  }
});
