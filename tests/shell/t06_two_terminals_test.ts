/**
 * Test 6: two terminals, two contexts: what one uses is not the other's, and
 * is written nowhere.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { Api } from "./rig/api.ts";
import { Home, ShellAt, shellTest } from "./rig/shell_at.ts";

async function histories(home: Home): Promise<string> {
  const directory = `${home.path}/state/istiops/history`;
  let all = "";
  for await (const { name } of Deno.readDir(directory)) {
    all += await Deno.readTextFile(`${directory}/${name}`);
  }
  return all;
}

shellTest(
  "two terminals on two contexts keep out of each other's way",
  async () => {
    await using api = await Api.start();
    const kubeconfig = api.kubeconfig(["dev", "production"]);
    await using home = await Home.make({
      kubeconfig,
      "config/istiops/config.yaml": 'protected: ["prod*"]\n',
    });
    await using a = await ShellAt.start({ home });
    await using b = await ShellAt.start({ home });
    await a.line("use context production");
    await a.sees(/^istiops production \(protected\)\/default>$/m);
    await b.line("show catalog");
    await b.sees(/^istiops dev\/default>$/m);
    // Somebody changes the current context meanwhile: nobody is moved.
    await home.write(
      "kubeconfig",
      kubeconfig.replace('"dev","clusters"', '"production","clusters"'),
    );
    await b.line("use");
    await b.sees(/^context +dev$/m);
    await home.write("kubeconfig", kubeconfig);
    await a.line("show billing");
    await a.line("set key=s3cret-of-a-variable");
    await a.line('shift catalog -H "x-key=s3cret-of-a-header" -b 1 --dry-run');

    // Each has a history of its own.
    await a.pty.write("\x12");
    await a.sees("search:");
    await a.pty.write("catalog");
    await a.sees("shift catalog -H");
    await a.pty.write("\x07");
    await a.prompt();
    await a.pty.write("\x12");
    await a.sees("search:");
    await a.pty.write("show c");
    await a.sees("nothing found");
    await a.pty.write("\x07");
    await a.prompt();

    // A crash loses no more than the line that runs.
    await a.type("show never-run");
    Deno.kill(a.pty.pid, "SIGKILL");
    await a.pty.exited();
    await using c = await ShellAt.start({
      home,
      args: ["--context", "production"],
    });
    await c.pty.write("\x10");
    await c.sees("shift catalog");
    await c.clear();

    const kept = await histories(home);
    assert(kept.includes("show billing"), kept);
    assert(kept.includes("show catalog"), kept);
    for (const secret of ["s3cret-of-a-header", "token-of-the-kubeconfig"]) {
      assert(!kept.includes(secret), kept);
    }
    assertEquals(await home.read("kubeconfig"), kubeconfig);
    assertEquals(api.writes, []);
  },
);
