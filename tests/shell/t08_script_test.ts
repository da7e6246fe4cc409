/**
 * Test 8: scripts by a pipe and by a file: no prompt, no escape, results and
 * talk apart, and an end at the first error.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { Api, refusal } from "./rig/api.ts";
import { Home, ISTIOPS } from "./rig/shell_at.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  home: Home,
  args: readonly string[],
  input?: string,
): Promise<Ran> {
  const [program = "", ...rest] = ISTIOPS;
  const child = new Deno.Command(program, {
    args: [...rest, ...args],
    env: { ...home.env, NO_COLOR: "", CLICOLOR_FORCE: "" },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    await new Blob([input]).stream().pipeTo(child.stdin);
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

const SCRIPT = "# A release\nuse namespace default\nshow catalog -o json\n";

Deno.test("a script comes by a pipe or from a file, and tells the same", async () => {
  await using home = await Home.make({ "f.istiops": SCRIPT });
  const piped = await run(home, ["--sandbox"], SCRIPT);
  const file = await run(home, [
    "run",
    `${home.path}/f.istiops`,
    "--sandbox",
  ]);
  for (const { code, out, err } of [piped, file]) {
    assertEquals([code, err], [0, ""]);
    // Data alone: it reads as JSON, without a prompt, without an escape.
    assertEquals(JSON.parse(out).kind, "TrafficShow");
    assert(!out.includes("istiops sandbox"));
  }
});

Deno.test("what does not parse runs nothing, and is told with its place", async () => {
  await using api = await Api.start();
  await using home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
  const { code, out, err } = await run(
    home,
    [],
    "show catalog\nshift catalog --wieght 20 -b 1\n",
  );
  assertEquals([code, out], [2, ""]);
  assert(err.includes("--wieght"), err);
  assert(
    err.includes("Did you mean --weight?") || err.includes("--weight"),
    err,
  );
  assert(/\b2:15\b/.test(err), err);
  assert(/\^/.test(err), err);
  assertEquals(api.seen, []);
});

Deno.test("it stops at the first line that fails, and writes nothing unasked", async () => {
  await using api = await Api.start();
  await using home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
  const lines = [
    "show nothing-such",
    "shift catalog -b 1 -w 100 --settle 0s",
  ].join("\n");
  const { code, err } = await run(home, [], lines);
  assertEquals(code, 3);
  assert(err.includes("nothing-such"), err);
  assertEquals(api.writes, []);
});

Deno.test.each([
  { args: ["version"], code: 0 },
  { args: ["show", "nothing-such"], code: 1 },
  { args: ["shfit"], code: 2 },
  { args: ["shell"], code: 2 },
])("istiops $args ends with $code", async ({ args, code }) => {
  await using api = await Api.start();
  await using home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
  assertEquals((await run(home, args)).code, code);
});

Deno.test("a cluster that refuses is a failure, and one out of reach has a status of its own", async () => {
  await using api = await Api.start();
  await using home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
  api.fateOf = () => refusal(401);
  assertEquals((await run(home, ["show"])).code, 1);
  await api.die();
  const { code, err } = await run(home, ["show"]);
  assertEquals(code, 5);
  assert(err.includes("nothing listens"), err);
});
