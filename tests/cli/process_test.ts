import { openSandbox } from "../../src/sandbox/mod.ts";
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
