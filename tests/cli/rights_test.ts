/**
 * What a real process can still do when its command ends. It was given
 * everything.
 *
 * @module
 */

import { startSandbox } from "../../src/sandbox/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { DENO_DIR } from "../support/deno_dir.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const NAME = "api-domain-virtualservice";
const SHIFT = ["shift", NAME, "-b", "3", "-w", "20", "--yes", "--settle", "0s"];

/** Lines with what is left to them, in the order of the table below. */
const LINES: readonly (readonly [readonly string[], string])[] = [
  [["version"], ""],
  [["help", "shift"], ""],
  [["completions", "fish"], ""],
  [["history", "--local"], ""],
  [["lsp", "--check", "SCRIPT"], ""],
  [["context"], ""],
  [["show", NAME], "net"],
  [["history", NAME], "net"],
  [["context", "--check"], "net"],
  [SHIFT, "net write"],
  [["--sandbox", "show", NAME], "net write"],
  [["--sandbox", ...SHIFT], "net write"],
  [["sandbox", "reset"], "write"],
  // The next line of a script may go to a cluster with a plugin.
  [["run", "SCRIPT"], "run net write"],
  // So may somebody else's kubeconfig, which names one.
  [["show", NAME, "--kubeconfig", "PLUGIN"], "run net"],
  [
    ["show", NAME, "--kubeconfig", "PLUGIN", "--exec-policy", "deny-all"],
    "net",
  ],
];

Deno.test("a process gives up the rights that its command has no use for", async () => {
  const home = await Deno.makeTempDir();
  try {
    await using sandbox = await startSandbox();
    const kubeconfig = (user: object) =>
      JSON.stringify({
        "current-context": "a",
        contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
        clusters: [{ name: "a", cluster: { server: sandbox.url } }],
        users: [{ name: "a", user }],
      });
    const files = {
      KUBECONFIG: kubeconfig({}),
      PLUGIN: kubeconfig({
        exec: {
          ...{
            apiVersion: "client.authentication.k8s.io/v1",
            command: "login",
          },
          ...{ interactiveMode: "Never" },
        },
      }),
      SCRIPT: `show ${NAME}\n`,
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${home}/${name}`, text);
    }
    const told: (readonly [readonly string[], string])[] = [];
    for (const [argv] of LINES) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-prompt", "--quiet"],
          ...["--preload", `${ROOT}tests/cli/rig/tell_rights.ts`],
          `${ROOT}main.ts`,
          ...argv.map((word) => word in files ? `${home}/${word}` : word),
        ],
        clearEnv: true,
        cwd: home,
        env: {
          ...{ PATH: "/usr/bin:/bin", HOME: home, DENO_DIR, NO_COLOR: "1" },
          KUBECONFIG: `${home}/KUBECONFIG`,
        },
        stdin: "null",
        stdout: "null",
      }).output();
      const text = new TextDecoder().decode(stderr);
      const { held, started } = JSON.parse(
        /^rights: (.*)$/m.exec(text)?.[1] ??
          `{"held":[${JSON.stringify(text)}]}`,
      );
      if (!argv.includes("PLUGIN")) assertEquals(code, 0, text);
      told.push([argv, held.join(" ")]);
      assertEquals(started, held.includes("run"), text);
    }
    assertEquals(told, LINES);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
