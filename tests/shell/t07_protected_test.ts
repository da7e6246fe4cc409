/**
 * Test 7: on a protected context nothing is written before its name is typed,
 * whatever else comes.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { Api } from "./rig/api.ts";
import { Home, ISTIOPS, ShellAt, shellTest } from "./rig/shell_at.ts";

const CHANGE = "shift api-domain-virtualservice -b 2 -w 100 --settle 0s";

async function production(): Promise<[Api, Home]> {
  const api = await Api.start();
  const home = await Home.make({
    kubeconfig: api.kubeconfig(["production"]),
    "config/istiops/config.yaml": 'protected: ["prod*"]\n',
  });
  return [api, home];
}

const NO = [
  ["Enter", ["\r"]],
  ["y", ["y", "\r"]],
  ["yes", ["yes", "\r"]],
  ["Ctrl-D", ["\x04"]],
  ["Ctrl-C", ["\x03"]],
  ["a paste of the name", ["\x1b[200~api-domain-virtualservice\r\x1b[201~"]],
] as const;

shellTest(
  "all but the typed name means no, and the name means yes",
  async () => {
    const [server, directory] = await production();
    await using api = server;
    await using home = directory;
    await using shell = await ShellAt.start({ home, rows: 60 });
    const { pty } = shell;
    for (const [what, keys] of NO) {
      pty.output = "";
      await shell.send(CHANGE);
      await pty.until(() => pty.output.includes("To go on, type"), what);
      // What changes is shown before.
      assert(/[-+].*weight/.test(pty.output), pty.output);
      for (const part of keys) {
        await pty.write(part);
        await pty.rest();
      }
      await shell.prompt();
      assertEquals(api.writes, [], what);
    }
    await shell.line(`${CHANGE} --dry-run`);
    assertEquals(api.writes, []);
    pty.output = "";
    await shell.send(CHANGE);
    await pty.until(() => pty.output.includes("To go on, type"), "a question");
    const [, name = ""] = /To go on, type its name: (\S+)/.exec(pty.output) ??
      [];
    await pty.write(name);
    await pty.rest();
    await pty.write("\r");
    await pty.until(() => pty.output.includes("Done (operation"), "done");
    await shell.prompt();
    assert(api.writes.length > 0);
  },
);

shellTest("a terminal that dies while it is asked means no", async () => {
  const [server, directory] = await production();
  await using api = server;
  await using home = directory;
  const shell = await ShellAt.start({ home });
  await shell.send(CHANGE);
  await shell.sees("To go on, type");
  Deno.kill(shell.pty.pid, "SIGHUP");
  await shell.pty.exited();
  await shell[Symbol.asyncDispose]();
  assertEquals(api.writes, []);
});

shellTest(
  "what has changed since it was shown is not written over",
  async () => {
    const [server, directory] = await production();
    await using api = server;
    await using home = directory;
    await using shell = await ShellAt.start({ home, rows: 60 });
    const { pty } = shell;
    await shell.send(CHANGE);
    await pty.until(() => pty.output.includes("To go on, type"), "a question");
    const ref = {
      kind: "VirtualService",
      namespace: "default",
      name: "api-domain-virtualservice",
    };
    const object = api.sandbox.store.get(ref);
    assert(object);
    // Somebody moves half of all requests meanwhile.
    const spec = JSON.parse(
      JSON.stringify(object.spec).replaceAll(
        '"weight":90',
        '"weight":50',
      ).replaceAll('"weight":10', '"weight":50'),
    );
    const theirs = api.sandbox.store.update({ ...object, spec });
    const [, name = ""] = /To go on, type its name: (\S+)/.exec(pty.output) ??
      [];
    await pty.write(name);
    await pty.rest();
    await pty.write("\r");
    await pty.until(() => pty.output.includes("error:"), "a refusal");
    await shell.prompt();
    assertEquals(api.sandbox.store.get(ref)?.spec, theirs.spec);
    const written = api.writes.filter(({ path }) =>
      path.includes("virtualservices")
    );
    for (const { method } of written) assert(method !== "PUT", method);
  },
);

Deno.test("without a terminal it is refused, and the refusal names the option", async () => {
  const [server, directory] = await production();
  await using api = server;
  await using home = directory;
  const [program = "", ...args] = ISTIOPS;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args, ...CHANGE.split(" ")],
    env: home.env,
    stdin: "null",
  }).output();
  assertEquals(code, 4);
  const said = new TextDecoder().decode(stderr);
  assert(said.includes("--confirm api-domain-virtualservice"), said);
  assert(!new TextDecoder().decode(stdout).includes("Done"));
  assertEquals(api.writes, []);
});
