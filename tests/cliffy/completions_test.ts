/**
 * The scripts that Cliffy makes, in real shells, and the names of a cluster
 * that they are told.
 *
 * @module
 */

import { startSandbox } from "../../src/sandbox/mod.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { ended, programFolder, runDoor, writeKubeconfig } from "./rig/door.ts";

function whyNot(shell: string): string | undefined {
  try {
    new Deno.Command(shell, { args: ["-c", "true"] }).outputSync();
    return undefined;
  } catch {
    return `${shell} is not on PATH`;
  }
}

/** Runs a script of a shell that knows a program `istiops`. */
async function inShell(
  shell: string,
  script: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = await programFolder();
  const { code, stdout, stderr } = await ended(shell, ["-c", script], {
    HOME: folder,
    PATH: `${folder}:${Deno.env.get("PATH")}`,
    ...env,
  });
  assertEquals([code, stderr], [0, ""]);
  await Deno.remove(folder, { recursive: true });
  return stdout;
}

function shellTest(
  name: string,
  shell: string,
  fn: () => Promise<void>,
): void {
  const why = whyNot(shell);
  Deno.test({
    name: why === undefined ? name : `${name} (skipped: ${why})`,
    ignore: why !== undefined,
    fn,
  });
}

/** What bash has in COMPREPLY once a line is to be completed. */
function inBash(words: readonly string[]): string {
  return `source <(istiops completions bash)
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
    COMP_CWORD=${words.length - 1}
    _istiops
    printf '%s\\n' "\${COMPREPLY[@]}"`;
}

shellTest(
  "bash completes commands and words by Cliffy's script",
  "bash",
  async () => {
    assertEquals(
      await inShell("bash", inBash(["istiops", "sh"])),
      "show\nshift\nshell\n",
    );
    assertEquals(
      await inShell("bash", inBash(["istiops", "clear", "--mode", ""])),
      "soft\nhard\n",
    );
  },
);

shellTest(
  "bash completes builds of the cluster by Cliffy's script",
  "bash",
  async () => {
    await using sandbox = await startSandbox();
    const home = await Deno.makeTempDir();
    const KUBECONFIG = `${home}/config`;
    await writeKubeconfig(KUBECONFIG, sandbox.url, "staging");
    const found = await inShell(
      "bash",
      inBash(["istiops", "traffic", "shift", "--build", ""]),
      { KUBECONFIG },
    );
    assertEquals(found.split("\n").includes("PR-10"), true, found);
    const names = await inShell(
      "bash",
      inBash(["istiops", "show", "api-domain-v"]),
      { KUBECONFIG },
    );
    assertEquals(names, "api-domain-virtualservice\n");
    await Deno.remove(home, { recursive: true });
  },
);

shellTest("fish completes by Cliffy's script", "fish", async () => {
  const found = await inShell(
    "fish",
    `istiops completions fish | source
    complete -C 'istiops sh'
    complete -C 'istiops clear --mode '`,
  );
  for (
    const word of ["shift\tSend requests", "show\tShow every", "soft", "hard"]
  ) {
    assertStringIncludes(found, word);
  }
});

shellTest("zsh can read Cliffy's script", "zsh", async () => {
  const found = await inShell(
    "zsh",
    `istiops completions zsh > $HOME/_istiops && zsh -n $HOME/_istiops && head -1 $HOME/_istiops
    autoload -Uz compinit && compinit -D && source $HOME/_istiops && print $_comps[istiops]`,
  );
  assertEquals(found, "#compdef istiops\n_istiops\n");
});

Deno.test("what scripts ask is answered from the table and from the cluster", async () => {
  await using sandbox = await startSandbox();
  const home = await Deno.makeTempDir();
  const KUBECONFIG = `${home}/config`;
  await writeKubeconfig(KUBECONFIG, sandbox.url, "staging");
  const ask = async (words: string) => {
    const { code, stdout } = await runDoor(
      "cliffy.ts",
      ["completions", "complete", ...words.split(" ")],
      { HOME: home, KUBECONFIG },
    );
    assertEquals(code, 0);
    return stdout.split("\n");
  };
  assertEquals(await ask("output"), ["pretty", "json", "yaml"]);
  assertEquals(await ask("argument completions"), [
    "bash",
    "zsh",
    "fish",
    "pwsh",
  ]);
  assertEquals((await ask("context show")).sort(), ["prod", "staging"]);
  assertEquals(
    (await ask("destination traffic shift")).includes("api-domain"),
    true,
  );
  await Deno.remove(home, { recursive: true });
});
