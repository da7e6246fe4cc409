/**
 * Test 3: a pasted block of any size runs nothing before an Enter of its own.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { Api } from "./rig/api.ts";
import { Home, ShellAt, shellTest } from "./rig/shell_at.ts";

const BOMB = "clear -m hard catalog\r\n\tshift catalog -b 2 -w 100 --force\r"
  .repeat(1000);

const MARKED = `\x1b[200~${BOMB}\x1b[201~\r\x1b[201~clear -m hard\r\x1b[201~`;

for (
  const [how, paste, env] of [
    ["with marks", MARKED, {}],
    ["without marks", BOMB, {}],
    ["to a dumb terminal", BOMB, { TERM: "dumb" }],
  ] as const
) {
  shellTest(`a bomb pasted ${how} asks the cluster for nothing`, async () => {
    await using api = await Api.start();
    await using home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
    await using shell = await ShellAt.start({ home, env });
    const { pty } = shell;
    // The watches stand: from now on nothing is asked by itself.
    for (const kind of ["pods", "services", "virtualservices"]) {
      await api.until(({ path }) => path.includes(`/${kind}?watch=`));
    }
    await api.until(({ path }) => path.includes("/destinationrules?watch="));
    await api.until(({ path }) => path.includes("/namespaces?watch="));
    const before = api.seen.length;
    await pty.write(paste);
    await shell.sees(/200[123] lines pasted: Enter runs them/);
    assertEquals(api.seen.length, before);
    // It goes in one step.
    await pty.write("\x1f");
    await shell.prompt();
    assertEquals(api.seen.length, before);
    await shell.line("version");
    assert(shell.text.includes("Deno"), shell.text);
    assertEquals(api.seen.length, before);
  });
}

shellTest("what is pasted opens no other kubeconfig before Enter", async () => {
  await using api = await Api.start();
  await using home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
  const marker = `${home.path}/ran`;
  const foreign = JSON.parse(api.kubeconfig(["theirs"]));
  foreign.users[0].user = {
    exec: {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "/bin/sh",
      args: ["-c", `touch ${marker}`],
      interactiveMode: "Never",
    },
  };
  await home.write("theirs", JSON.stringify(foreign));
  await using shell = await ShellAt.start({ home });
  await shell.pty.write(
    `\x1b[200~show --kubeconfig ${home.path}/theirs -l \x1b[201~`,
  );
  await shell.sees("--kubeconfig");
  await shell.pty.write("\t");
  await shell.sees("Nothing goes on here");
  await shell.clear();
  // What is asked for is done in the background; a line takes longer.
  await shell.line("show");
  const isThere = await Deno.stat(marker).then(() => true, () => false);
  assert(!isThere);
});
