import { openSandbox, startSandbox } from "../../src/sandbox/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";

const NAME = "api-domain-virtualservice";
const MAIN = new URL("../../main.ts", import.meta.url).href;

Deno.test("10.3 SIGTERM is a first Ctrl-C: the real process says how far it came, in one document", async () => {
  const home = await Deno.makeTempDir();
  const stateDir = `${home}/.local/state/istiops/sandbox`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", MAIN, "--sandbox", "shift", NAME],
      ...["-b", "3", "-w", "20", "--settle", "1h", "-o", "json"],
    ],
    env: { HOME: home, XDG_STATE_HOME: "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  // The subset is written, and the wait for the proxies has begun.
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    await using cluster = await openSandbox({ stateDir });
    const rule = await cluster.get({
      kind: "DestinationRule",
      namespace: "default",
      name: "api-domain-destinationrule",
    });
    if (JSON.stringify(rule).includes('"api-domain-3-default"')) break;
  }
  child.kill("SIGTERM");
  const { code, stdout, stderr } = await output;
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 130, new TextDecoder().decode(stderr) + text);
  const document = JSON.parse(text);
  assertEquals([document.kind, document.code], ["Error", "interrupted"]);
  const { written, notWritten } = document.outcome;
  assertEquals(
    [written, notWritten].map((objects) =>
      objects.map(({ kind }: { kind: string }) => kind)
    ),
    [["DestinationRule"], ["VirtualService"]],
  );
  assert(document.outcome.wayBack.startsWith("istiops undo "));
  await Deno.remove(home, { recursive: true });
});

Deno.test("a signal that comes twice at once, from a terminal and from npx, does not end a write under way", async () => {
  await using sandbox = await startSandbox();
  const home = await Deno.makeTempDir();
  const [asked, answer] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const server = Deno.serve({ port: 0, onListen() {} }, async (request) => {
    const { pathname, search, searchParams } = new URL(request.url);
    const isWrite = request.method === "PATCH" && !searchParams.has("dryRun");
    if (isWrite) {
      asked.resolve();
      await answer.promise;
    }
    return await fetch(`${sandbox.url}${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      body: request.body,
    });
  });
  const cluster = { server: `http://127.0.0.1:${server.addr.port}` };
  await Deno.writeTextFile(
    `${home}/config`,
    JSON.stringify({
      clusters: [{ name: "slow", cluster }],
      users: [{ name: "me", user: {} }],
      contexts: [{ name: "slow", context: { cluster: "slow", user: "me" } }],
      "current-context": "slow",
    }),
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", MAIN, "--kubeconfig", `${home}/config`],
      ...["shift", NAME, "-b", "3", "-w", "20", "--settle", "0s"],
      ...["-o", "json"],
    ],
    env: { HOME: home, XDG_STATE_HOME: "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  await asked.promise;
  child.kill("SIGINT");
  // As long as it takes a wrapper to pass it on.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  child.kill("SIGINT");
  await new Promise((resolve) => setTimeout(resolve, 50));
  answer.resolve();
  const { code, stdout, stderr } = await output;
  await server.shutdown();
  await Deno.remove(home, { recursive: true });
  const text = new TextDecoder();
  assertEquals(code, 130, text.decode(stderr));
  const { code: why, outcome } = JSON.parse(text.decode(stdout));
  assertEquals([why, outcome.written.length], ["interrupted", 1]);
});
