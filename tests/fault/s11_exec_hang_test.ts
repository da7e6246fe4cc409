/**
 * Programs that do not end, write without end, or leave others behind.
 *
 * @module
 */

import { ExecPlugin } from "../../src/cluster/exec_plugin.ts";
import type { ProgramCall } from "../../src/cluster/outside.ts";
import { systemPrograms } from "../../src/cluster/programs.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { suite } from "./suite.ts";

const programs = systemPrograms({ isInteractive: false, showsErrors: false });

function call(script: string, rest: Partial<ProgramCall> = {}): ProgramCall {
  return {
    path: "/bin/sh",
    args: ["-c", script],
    env: { PATH: Deno.env.get("PATH") ?? "" },
    stdin: false,
    timeoutMs: 30_000,
    maxBytes: 1024 * 1024,
    ...rest,
  };
}

/**
 * Ids that a script wrote to its file, and that still run after a while: a
 * process that was killed ends when the kernel comes to it.
 */
async function alive(file: string): Promise<readonly string[]> {
  const ids = (await Deno.readTextFile(file)).trim().split(/\s+/);
  assert(ids.length > 0 && ids.every((id) => /^\d+$/.test(id)));
  let found = await runningOf(ids);
  for (let tries = 0; found.length > 0 && tries < 100; tries++) {
    await new Promise((done) => setTimeout(done, 20));
    found = await runningOf(ids);
  }
  return found;
}

async function runningOf(ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const id of ids) {
    const stat = await Deno.readTextFile(`/proc/${id}/stat`).catch(() => "");
    // A zombie has ended; who collects it is not ours.
    if (stat !== "" && !/\) [ZX] /.test(stat)) found.push(id);
  }
  return found;
}

suite({
  id: "S11",
  shows: "a plugin that hangs is ended, and so is what it has started",
  command: "every command",
}, async () => {
  const file = await Deno.makeTempFile();
  const end = await programs.run(call(
    `sleep 600 & echo $! $$ > ${file}; sleep 600`,
    { timeoutMs: 500 },
  ));
  assertEquals(end, { failed: "timeout" });
  assertEquals(await alive(file), []);
  await Deno.remove(file);
});

suite({
  id: "S11",
  shows: "a plugin that closes its output and hangs is ended as well",
  command: "every command",
}, async () => {
  const file = await Deno.makeTempFile();
  const end = await programs.run(call(
    `echo $$ > ${file}; exec >&-; sleep 600`,
    { timeoutMs: 500 },
  ));
  assertEquals(end, { failed: "timeout" });
  assertEquals(await alive(file), []);
  await Deno.remove(file);
});

suite({
  id: "S11",
  shows: "a plugin that writes without end is ended after 1 MiB",
  command: "every command",
}, async () => {
  const file = await Deno.makeTempFile();
  const before = Deno.memoryUsage().rss;
  const end = await programs.run(call(`echo $$ > ${file}; exec yes canary`));
  assertEquals(end, { failed: "too much" });
  assertEquals(await alive(file), []);
  assert(Deno.memoryUsage().rss - before < 100 * 1024 * 1024);
  await Deno.remove(file);
});

suite({
  id: "S11",
  shows: "a plugin that leaves a child behind at its end leaves none",
  command: "every command",
}, async () => {
  const file = await Deno.makeTempFile();
  const end = await programs.run(call(
    `sleep 600 >/dev/null & echo $! > ${file}; echo done`,
  ));
  assertEquals(end, { stdout: "done\n" });
  assertEquals(await alive(file), []);
  await Deno.remove(file);
});

suite({
  id: "S11",
  shows: "a plugin is given 60 s and 1 MiB, and what it wrote is not repeated",
  command: "every command",
}, async () => {
  const calls: ProgramCall[] = [];
  const plugin = new ExecPlugin({
    file: "/k",
    command: "/bin/login",
    args: [],
    env: [],
    apiVersion: "client.authentication.k8s.io/v1",
    interactiveMode: "IfAvailable",
    provideClusterInfo: false,
  }, {
    identity: 'user "main"',
    policy: "allow-all",
    isForeign: true,
    readPolicy: () => Promise.reject(new Error("not asked")),
    cluster: { server: "https://x", skipTlsVerify: false },
    env: () => undefined,
    isWindows: false,
    now: () => 0,
    programs: {
      ...programs,
      isExecutable: () => Promise.resolve(true),
      run: (each) => {
        calls.push(each);
        return Promise.resolve({ stdout: '{"token":"canary' });
      },
    },
  });
  const error = await assertRejects(() => plugin.current());
  assert(!Deno.inspect(error).includes("canary"));
  assertEquals(
    calls.map(({ timeoutMs, maxBytes, stdin, path }) => [
      timeoutMs,
      maxBytes,
      stdin,
      path,
    ]),
    [[60_000, 1_048_576, false, "/bin/login"]],
  );
});

suite({
  id: "S11",
  shows: "a plugin does not outlive the process that is ended meanwhile",
  command: "every command",
}, async () => {
  const file = await Deno.makeTempFile();
  const module = new URL("../../src/cluster/programs.ts", import.meta.url);
  const code = `
    const { systemPrograms } = await import(${JSON.stringify(module.href)});
    systemPrograms({ isInteractive: false, showsErrors: false })
      .run(${JSON.stringify(call(`echo $$ > ${file}; exec sleep 600`))});
    while (Deno.readTextFileSync(${JSON.stringify(file)}) === "") {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    Deno.exit(130);`;
  const { code: status } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", code],
    stdout: "null",
    stderr: "null",
  }).output();
  assertEquals(status, 130);
  assertEquals(await alive(file), []);
  await Deno.remove(file);
});
