/**
 * Examples of the table that need a file or a session; the others run in
 * tests/cli/run_test.ts.
 */
import { COMMANDS, isIn } from "../../src/language/commands.ts";
import { assert, assertEquals } from "../support/assert.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

const EXAMPLES = COMMANDS.flatMap((command) =>
  command.examples.map(({ line }) => ({ command, line }))
);

/** Runs it as a person would: in a folder with their files. */
async function run(
  argv: readonly string[],
  { home, input = "" }: { readonly home: string; readonly input?: string },
): Promise<{ readonly status: number; readonly stderr: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, ...argv],
    cwd: home,
    env: { HOME: home },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stderr } = await child.output();
  return { status: code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("examples with a plan or a script run where these files are", async () => {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${home}/release.istiops`,
    "set build=2\nshift api-domain-virtualservice -b $build -w 10 --settle 0s\n",
  );
  const saved = await run(
    [
      ...["--sandbox", "shift", "api-domain-virtualservice", "-b", "2"],
      ...["-w", "20", "--plan-out", "plan.json"],
    ],
    { home },
  );
  assertEquals(saved.status, 0, saved.stderr);
  const lines = EXAMPLES.map(({ line }) => line)
    .filter((line) => /plan\.json|release\.istiops/.test(line))
    .filter((line) => line.startsWith("istiops"));
  assert(lines.length >= 4);
  for (const line of lines) {
    const { status, stderr } = await run(line.split(" ").slice(1), { home });
    assertEquals(status, 0, `${line}: ${stderr}`);
  }
  await Deno.remove(home, { recursive: true });
});

Deno.test("examples of what is written in scripts are a script", async () => {
  const home = await Deno.makeTempDir();
  const lines = EXAMPLES
    .filter(({ command }) => isIn(command, "script") && !isIn(command, "line"))
    .map(({ line }) => line);
  assert(lines.length >= 7);
  await Deno.writeTextFile(`${home}/a.istiops`, lines.join("\n") + "\n");
  const { status, stderr } = await run(["lsp", "--check", "a.istiops"], {
    home,
  });
  assertEquals(status, 0, stderr);
  await Deno.remove(home, { recursive: true });
});
