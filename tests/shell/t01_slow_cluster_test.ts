/**
 * Test 1: whatever the cluster does, keys are taken, what needs no cluster is
 * offered, and there is one line about it.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { Api, type ApiOptions, refusal, SLOW } from "./rig/api.ts";
import { Home, ShellAt, shellTest } from "./rig/shell_at.ts";

type FateOf = NonNullable<ApiOptions["fateOf"]>;

async function before(fateOf?: FateOf): Promise<[Api, Home]> {
  const api = await Api.start(fateOf === undefined ? {} : { fateOf });
  const home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
  return [api, home];
}

/** How often there was a word about names that are old. */
function notices({ said }: ShellAt): number {
  return said.replace(/\s+/g, " ").split("not up to date").length - 1;
}

for (const [columns, rows] of [[80, 24], [40, 10]] as const) {
  shellTest(
    `a cluster that takes 30 s holds up nothing, at ${columns}x${rows}`,
    async () => {
      const [server, directory] = await before(() => SLOW);
      await using _api = server;
      await using home = directory;
      await using shell = await ShellAt.start({ home, columns, rows });
      await shell.type("shift --namespace pro");
      await shell.pty.write("\t");
      await shell.sees("loading…");
      await shell.pty.write("\x1b");
      await shell.misses("loading…");
      await shell.clear();
      await shell.type("shift --wei");
      await shell.pty.write("\t");
      // What needs no cluster is there: the only option is taken.
      await shell.sees("shift --weight");
      await shell.pty.write("\x03");
      await shell.sees("^C");
      await shell.prompt();
      await shell.send("show");
      // It says what it waits for, and in the end what stops it.
      await shell.sees(/^Reading \w+ …$/m);
      await shell.sees(/^Reading \w+ … 2 s$/m);
      await shell.sees(/; Ctrl-C/);
      await shell.pty.write("\x03");
      await shell.prompt();
      assert(notices(shell) <= 1, shell.said);
      await shell.pty.write("\x04");
      assertEquals(await shell.pty.exited(), 0);
    },
  );
}

const TROUBLE: readonly (readonly [string, FateOf])[] = [
  ["answers 401", () => refusal(401)],
  [
    "may not list namespaces",
    ({ path }) =>
      /\/namespaces(\?|$)/.test(path)
        ? refusal(403, 'namespaces is forbidden: User "tester" cannot list')
        : undefined,
  ],
  ["resets connections", () => "reset"],
  [
    "says rubbish",
    () => ({ answer: new Response("\x1b[31m<html>", { status: 200 }) }),
  ],
];

for (const [what, fateOf] of TROUBLE) {
  shellTest(
    `a cluster that ${what} is told of in one notice, and the line is left alone`,
    async () => {
      const [server, directory] = await before(fateOf);
      await using _api = server;
      await using home = directory;
      await using shell = await ShellAt.start({ home });
      await shell.type("shift --names");
      await shell.sees(/not\s+up\s+to\s+date/);
      // What was written is still there, and goes on.
      await shell.sees(/> shift --names$/m);
      await shell.type("pace pro");
      await shell.pty.write("\t");
      await shell.type("x");
      await shell.sees(/> shift --namespace prox$/m);
      await shell.clear();
      await shell.type("cl");
      await shell.pty.write("\t");
      await shell.sees(/> clear$/m);
      assertEquals(notices(shell), 1);
      assert(!shell.pty.output.includes("\x1b[31m<html>"));
    },
  );
}

shellTest(
  "a cluster that dies in the middle of a watch costs one notice, and names stay",
  async () => {
    const [server, directory] = await before();
    await using api = server;
    await using home = directory;
    await using shell = await ShellAt.start({ home });
    await shell.complete("show cata", "show catalog");
    await api.until(({ path }) =>
      path.includes("watch=") && path.includes("/pods")
    );
    await api.die();
    await shell.sees(/not\s+up\s+to\s+date/);
    await shell.sees(/> show catalog$/m);
    await shell.clear();
    await shell.complete("show api", "show api-domain-virtualservice");
    await shell.clear();
    await shell.type("show ");
    await shell.pty.write("\t");
    await shell.sees(/catalog +(\d+ s ago|just now)/);
    await shell.clear();
    await api.revive();
    await shell.line("refresh");
    await shell.type("show ");
    await shell.pty.write("\t");
    await shell.sees(/catalog +just now/);
    assertEquals(notices(shell), 1);
  },
);

shellTest(
  "read aloud, nothing is drawn anew: neither the line nor a watch",
  async () => {
    const [server, directory] = await before();
    await using _api = server;
    await using home = directory;
    await using shell = await ShellAt.start({ home, env: { TERM: "dumb" } });
    await shell.type("show ");
    await shell.pty.rest();
    await shell.pty.write("\t");
    await shell.sees(/^catalog +just now/m);
    await shell.clear();
    await shell.send("show catalog --watch");
    await shell.sees("Resource: catalog");
    await shell.pty.write("\x03");
    await shell.prompt();
    assert(!shell.pty.output.includes("\x1b"), shell.pty.output);
  },
);
