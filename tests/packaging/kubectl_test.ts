/**
 * `kubectl istiops` as somebody has it who put the plugin on their PATH, with
 * the real kubectl where there is one.
 *
 * @module
 */

import { completeWords } from "../../src/cli/completions.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { DENO_DIR } from "../support/deno_dir.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { whyNoKubectl } from "../support/kubectl.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const PLUGIN = `${ROOT}packaging/kubectl`;
const missing = await whyNoKubectl();
const SHIFT = ["shift", "-l", "app=api-domain"];

/** A machine with a folder for programs, and the plugin in it. */
class Machine implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();
  readonly bin = `${this.path}/bin`;

  constructor() {
    Deno.mkdirSync(this.bin);
    for (const { name } of Deno.readDirSync(PLUGIN)) {
      if (!name.startsWith("kubectl")) continue;
      Deno.copyFileSync(`${PLUGIN}/${name}`, `${this.bin}/${name}`);
    }
  }

  /** Puts a program there. */
  put(path: string, script: string): void {
    Deno.writeTextFileSync(`${this.path}/${path}`, `#!/bin/sh\n${script}\n`, {
      mode: 0o755,
    });
  }

  /** The tool from its sources, by this name. */
  putIstiops(path: string): void {
    this.put(
      path,
      `exec '${Deno.execPath()}' run -A --no-check --quiet '${ROOT}main.ts' "$@"`,
    );
  }

  command(argv: readonly string[], path = this.bin): Deno.Command {
    return new Deno.Command("kubectl", {
      args: [...argv],
      cwd: this.path,
      clearEnv: true,
      env: {
        HOME: this.path,
        DENO_DIR,
        PATH: `${path}:${Deno.env.get("PATH")}`,
        NO_COLOR: "1",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  async run(
    ...argv: readonly string[]
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await this.command(argv).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** Candidates, then the directive. */
  async complete(...words: readonly string[]): Promise<string[]> {
    const { stdout } = await this.run("__complete", "istiops", ...words);
    return stdout.trimEnd().split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function kubectlTest(
  name: string,
  run: (machine: Machine) => Promise<void>,
): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    async fn() {
      await using machine = new Machine();
      await run(machine);
    },
  });
}

kubectlTest(
  "kubectl hands over words, streams and the exit status",
  async (machine) => {
    machine.putIstiops("bin/istiops");
    const shown = await machine.run(
      ...["istiops", "--sandbox", "show", "-n", "default", "-o", "json"],
    );
    assertEquals(shown.code, 0, shown.stderr);
    assertEquals(JSON.parse(shown.stdout).kind, "TrafficShow");
    const wrong = await machine.run("istiops", "show", "a b", "--nothing");
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.stderr, "show 'a b' --nothing");
    const would = await machine.run(
      ...["istiops", "--sandbox", ...SHIFT, "-b", "3", "-w", "20"],
      ...["--dry-run", "--exit-code"],
    );
    assertEquals(would.code, 8, would.stderr);
  },
);

kubectlTest(
  "options go behind the plugin's name; before it kubectl refuses them",
  async (machine) => {
    machine.putIstiops("bin/istiops");
    const before = await machine.run("--context", "none", "istiops", "show");
    assertEquals(before.code, 1);
    assertStringIncludes(before.stderr, "flags cannot be placed before plugin");
    await Deno.writeTextFile(
      `${machine.path}/config`,
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
        users: [{ name: "u", user: {} }],
        contexts: [{
          name: "mine",
          context: { cluster: "c", user: "u", namespace: "shop" },
        }],
      }),
    );
    const behind = await machine.run(
      ...["istiops", "context", "-o", "json"],
      ...["--kubeconfig", "config", "--context", "mine"],
    );
    assertEquals(behind.code, 0, behind.stderr);
    assertStringIncludes(behind.stdout, '"shop"');
    for (const option of ["--as=me", "--cluster=c", "--user=u", "--server=s"]) {
      const { code, stderr } = await machine.run("istiops", "show", option);
      assertEquals(code, 2, option);
      assertStringIncludes(stderr, option.split("=")[0]!);
    }
  },
);

kubectlTest(
  "Ctrl-C reaches the tool, which says how it ended",
  async (machine) => {
    machine.putIstiops("bin/istiops");
    const child = machine.command([
      ...["istiops", "--sandbox", "show", "api-domain-virtualservice"],
      "--watch",
    ]).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGINT");
    const [{ code, signal }] = await Promise.all([
      child.status,
      (async () => {
        while (!(await reader.read()).done);
      })(),
      child.stderr.cancel(),
    ]);
    assertEquals([code, signal], [130, null]);
  },
);

kubectlTest(
  "kubectl's completion has the names of the cluster, with what they are",
  async (machine) => {
    machine.putIstiops("bin/istiops");
    assertEquals(
      (await machine.complete("sh")).map((line) => line.split("\t")[0]),
      [
        "show",
        "shift",
        "shell",
        ":36",
      ],
    );
    const builds = await machine.complete("--sandbox", ...SHIFT, "-b", "");
    assertStringIncludes(builds[0]!, "1\t90 %, 6 pods");
    assertEquals(builds.at(-1), ":36");
    assertEquals(await machine.complete("show", "--output=j"), ["json", ":36"]);
    // More belongs behind some of these: no blank follows.
    assertEquals(
      (await machine.complete("--sandbox", ...SHIFT, "-H", "")).at(-1),
      ":38",
    );
    // Files belong there.
    assertEquals((await machine.complete("run", "")).at(-1), ":32");
    assertEquals(await machine.complete("show", "--nothing", "'"), [":36"]);
  },
);

kubectlTest(
  "completion where there is no istiops says nothing",
  async (machine) => {
    assertEquals(await machine.complete("sh"), [":0"]);
  },
);

kubectlTest(
  "the plugin takes what lies beside it before what is on the PATH",
  async (machine) => {
    const which = async (...argv: string[]) =>
      (await machine.run("istiops", ...argv)).stdout.trim();
    const none = await machine.run("istiops", "show");
    assertEquals(none.code, 127);
    assertEquals(none.stderr.trim().split("\n").length, 1);
    assertStringIncludes(none.stderr, "put the binary istiops on the PATH");

    // A link to a folder with all of it.
    await Deno.mkdir(`${machine.path}/opt`);
    await Deno.rename(
      `${machine.bin}/kubectl-istiops`,
      `${machine.path}/opt/kubectl-istiops`,
    );
    await Deno.symlink(
      "../opt/kubectl-istiops",
      `${machine.bin}/kubectl-istiops`,
    );
    machine.put("bin/istiops", `echo "on the PATH: $*"`);
    assertEquals(await which("show", "it"), "on the PATH: show it");
    await Deno.writeTextFile(
      `${machine.path}/opt/istiops.js`,
      `console.log("bundle:", ...Deno.args)`,
    );
    await Deno.writeTextFile(`${machine.path}/deno.json`, "{ no JSON");
    machine.put("bin/deno", `exec '${Deno.execPath()}' "$@"`);
    assertEquals(await which("show", "--quiet"), "bundle: show --quiet");
    machine.put("opt/istiops", `echo "beside: $*"`);
    assertEquals(await which("show", "a b"), "beside: show a b");
  },
);

kubectlTest("a bundle without Deno names what is missing", async (machine) => {
  await Deno.writeTextFile(`${machine.bin}/istiops.js`, "");
  await Deno.mkdir(`${machine.path}/few`);
  for (const name of ["kubectl", "readlink", "sh"]) {
    await Deno.symlink(whereIs(name), `${machine.path}/few/${name}`);
  }
  const { code, stderr } = await new Deno.Command("kubectl", {
    args: ["istiops", "show"],
    clearEnv: true,
    env: {
      HOME: machine.path,
      PATH: `${machine.bin}:${machine.path}/few`,
    },
  }).output();
  assertEquals(code, 127);
  assertStringIncludes(new TextDecoder().decode(stderr), "install Deno");
});

function whereIs(program: string): string {
  return Deno.env.get("PATH")!.split(":").map((folder) =>
    `${folder}/${program}`
  ).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  })!;
}

Deno.test("words of kubectl are taken as they are, whatever is in them", async () => {
  const process = new FakeProcess({ env: { HOME: "/nowhere" } });
  const words = ["shift", "--header", "a=it's", "--output", "j"];
  await completeWords(["kubectl", ...words], process.io);
  assertEquals(process.stdout, "json\n:36\n");
  assert(process.stderr === "");
});
