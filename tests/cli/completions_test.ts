/**
 * Completion in real shells, where they are: each sources the script and is
 * asked what comes next.
 *
 * @module
 */

import { runCli } from "../../src/cli/run.ts";
import { completeWords } from "../../src/cli/completions.ts";
import { completionScript } from "../../src/cli/completion_scripts.ts";
import { fakeApi } from "./rig/slow_api.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { DENO_DIR } from "../support/deno_dir.ts";
import { FakeProcess } from "../support/fake_io.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

function whyNot(shell: string): string | undefined {
  try {
    const { success } = new Deno.Command(shell, {
      args: ["-c", "true"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? undefined : `${shell} does not run`;
  } catch {
    return `${shell} is not on PATH`;
  }
}

/** A home with a sandbox, and `istiops` on the PATH. */
class Home implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  constructor() {
    Deno.mkdirSync(`${this.path}/bin`);
    const program = `${this.path}/bin/istiops`;
    Deno.writeTextFileSync(
      program,
      `#!/bin/sh\nexec '${Deno.execPath()}' run -A --no-check --quiet '${MAIN}' "$@"\n`,
      { mode: 0o755 },
    );
  }

  get env(): Record<string, string> {
    return { HOME: this.path, XDG_STATE_HOME: this.path };
  }

  async istiops(...argv: readonly string[]): Promise<string> {
    const process = new FakeProcess({ env: this.env });
    assertEquals(await runCli(argv, process.io), 0, process.stderr);
    return process.stdout;
  }

  async shell(shell: string, script: string): Promise<string> {
    const { stdout, stderr } = await new Deno.Command(shell, {
      args: ["-c", script],
      cwd: this.path,
      clearEnv: true,
      env: {
        ...this.env,
        PATH: `${this.path}/bin:${Deno.env.get("PATH")}`,
        DENO_DIR,
      },
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    return new TextDecoder().decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** What bash would put in for each line. */
function bash(lines: readonly string[]): string {
  return `
    source <(istiops completions bash)
    ask() { COMP_LINE=$1 COMP_POINT=\${#1} COMPREPLY=(); _istiops
      printf '%s|' "\${COMPREPLY[@]}"; echo; }
    ${
    lines.map((line) => `ask '${line.replaceAll("'", `'\\''`)}'`).join("\n")
  }`;
}

function test(
  name: string,
  shell: string,
  run: (home: Home) => Promise<void>,
): void {
  const why = whyNot(shell);
  Deno.test({
    name: why === undefined ? name : `${name} (skipped: ${why})`,
    ignore: why !== undefined,
    async fn() {
      await using home = new Home();
      await run(home);
    },
  });
}

test(
  "bash completes words of the table and names of the cluster",
  "bash",
  async (home) => {
    const found = await home.shell(
      "bash",
      bash([
        "istiops sh",
        "istiops --sandbox shift -l app=",
        "istiops --sandbox shift -l app=api-domain -d api-domain:",
        "istiops --sandbox shift -l app=api-domain -b P",
        "istiops --sandbox show --output=j",
        "istiops --sandbox show -o",
        "istiops traffic cl",
        "istiops nothing ",
      ]),
    );
    assertEquals(found.split("\n"), [
      "show |shift |shell |",
      "api-domain |",
      "5000 |",
      "PR-10 |",
      "json |",
      "-o |",
      "clear |",
      "|",
      "",
    ]);
  },
);

test(
  "what a cluster calls things runs nothing in bash",
  "bash",
  async (home) => {
    const bad = "$(touch pwned)`touch pwned`'; touch pwned #";
    await home.istiops(
      ...["--sandbox", "shift", "api-domain-virtualservice", "-b", "3"],
      ...["--header", `x-bad=${bad}`, "--settle", "0s", "--yes"],
    );
    // What is put in is evaluated as one word, and is the value as it was.
    const found = await home.shell(
      "bash",
      `${bash([])}
    COMP_LINE='istiops --sandbox shift api-domain-virtualservice --header x-bad'
    COMP_POINT=\${#COMP_LINE}; _istiops
    for reply in "\${COMPREPLY[@]}"; do
      eval "set -- $reply"; printf '%s\\n' "$#" "$1"
    done`,
    );
    assertEquals(found.split("\n").slice(0, 2), ["1", `x-bad=${bad}`]);
    assert(
      !Array.from(Deno.readDirSync(home.path)).some(({ name }) =>
        name === "pwned"
      ),
    );
  },
);

test("fish completes with descriptions", "fish", async (home) => {
  const found = await home.shell(
    "fish",
    `istiops completions fish | source
    complete -C 'istiops sh'
    complete -C 'istiops --sandbox shift -l app=api-domain -b P'`,
  );
  assertEquals(found.split("\n"), [
    "show\tShow every rule: matches, destinations, shares, ready pods",
    "shift\tSend requests to a build, by header, by weight, or both",
    "shell\tOpen the shell; so does istiops alone, on a terminal",
    "PR-10\t0 %, 1 pod, just now",
    "",
  ]);
});

test("the script for zsh is one that zsh can read", "zsh", async (home) => {
  await home.shell(
    "zsh",
    "istiops completions zsh > _istiops; zsh -n _istiops",
  );
  assert(completionScript("zsh").startsWith("#compdef istiops\n"));
});

Deno.test("a cluster that never answers holds no Tab up, and names of former times come", async () => {
  await using home = new Home();
  await using api = await fakeApi(home.path);
  const ask = async (patience: number) => {
    const process = new FakeProcess({
      env: { ...home.env, KUBECONFIG: api.kubeconfig },
    });
    await completeWords(["fish", "istiops show re"], process.io, { patience });
    assertEquals(process.stderr, "");
    return process.stdout.replace(/, [^,]*$/, "");
  };
  assertEquals(await ask(60_000), "reviews\treviews, 1 rule");
  api.answers = false;
  assertEquals(await ask(10), "reviews\treviews, 1 rule");
});

Deno.test("what means something to one shell alone is quoted for it", async () => {
  await using home = new Home();
  await home.istiops(
    ...["--sandbox", "shift", "api-domain-virtualservice", "-b", "3"],
    ...["--header", "x-cid=^me", "--settle", "0s", "--yes"],
  );
  const ask = async (shell: string, option: string) => {
    const process = new FakeProcess({ env: home.env });
    const line = `istiops --sandbox shift api-domain-virtualservice ${option} `;
    await completeWords([shell, line], process.io);
    return process.stdout.split("\n").map((row) => row.split("\t")[0]);
  };
  const splits = await ask("pwsh", "--split");
  assert(splits.includes("'1=90,2=10'"), splits.join("\n"));
  assert((await ask("bash", "--split")).includes("1=90,2=10 "));
  const headers = await ask("zsh", "--header");
  assert(headers.includes("'x-cid=^me' "), headers.join("\n"));
});

Deno.test("names that hide or steer are no candidates", async () => {
  await using home = new Home();
  await using api = await fakeApi(home.path);
  api.name = "re\u202Eviews\x1b[2J\nrm";
  const process = new FakeProcess({
    env: { ...home.env, KUBECONFIG: api.kubeconfig },
  });
  await completeWords(["bash", "istiops show r"], process.io, {
    patience: 60_000,
  });
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x08\x0b-\x1f\u202e]/.test(process.stdout), process.stdout);
  assertEquals(process.stdout.split("\n").length, 1);
});
