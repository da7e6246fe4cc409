import { History } from "../../repl/history.ts";
import { withoutSecrets } from "../../src/language/redact.ts";
import { assert, assertEquals } from "../support/assert.ts";

const WAY = { way: "shell" } as const;

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/history`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function contentOf(folder: string): Promise<string> {
  let text = "";
  for await (const { name } of Deno.readDir(folder)) {
    text += await Deno.readTextFile(`${folder}/${name}`);
  }
  return text;
}

Deno.test("each context has lines of its own, readable by the owner only", () =>
  inFolder(async (folder) => {
    const dev = await History.open(folder, "dev");
    const prod = await History.open(folder, "prod");
    await dev.add("show a", WAY);
    await prod.add("show b", WAY);
    await prod.add("show c", WAY);
    assertEquals((await History.open(folder, "dev")).lines, ["show a"]);
    assertEquals((await History.open(folder, "prod")).lines, [
      "show b",
      "show c",
    ]);
    for await (const { name } of Deno.readDir(folder)) {
      const { mode } = await Deno.stat(`${folder}/${name}`);
      assertEquals((mode ?? 0) & 0o777, 0o600, name);
    }
    assertEquals(((await Deno.stat(folder)).mode ?? 0) & 0o777, 0o700);
  }));

Deno.test("two terminals add to one history, and half a line harms no other", () =>
  inFolder(async (folder) => {
    const [one, two] = [
      await History.open(folder, "dev"),
      await History.open(folder, "dev"),
    ];
    await Promise.all([
      ...Array.from({ length: 20 }, (_, at) => one.add(`show a${at}`, WAY)),
      ...Array.from({ length: 20 }, (_, at) => two.add(`show b${at}`, WAY)),
    ]);
    const { lines } = await History.open(folder, "dev");
    assertEquals(lines.length, 40);
    let path = "";
    for await (const { name } of Deno.readDir(folder)) path = name;
    await Deno.writeTextFile(`${folder}/${path}`, '{"line":"show cu', {
      append: true,
    });
    const after = await History.open(folder, "dev");
    await after.add("show last", WAY);
    const again = (await History.open(folder, "dev")).lines;
    assertEquals(again.length, 41);
    assertEquals(again.at(-1), "show last");
  }));

Deno.test("blanks in front, repetitions and secrets are not kept", () =>
  inFolder(async (folder) => {
    const history = await History.open(folder, "dev");
    await history.add(" show secret", WAY);
    await history.add("show a", WAY);
    await history.add("show a", WAY);
    await history.add("shift a -b 3 --header x-token=hunter2", WAY);
    await history.add("set api_token=hunter3", WAY);
    // Who typed it sees it again, in this session.
    assertEquals(history.lines.slice(1), [
      "shift a -b 3 --header x-token=hunter2",
      "set api_token=hunter3",
    ]);
    const content = await contentOf(folder);
    assert(!/hunter|secret/.test(content), content);
    assertEquals((await History.open(folder, "dev")).lines, [
      "show a",
      "shift a -b 3 --header x-token=***",
      "set api_token=***",
    ]);
  }));

Deno.test("a paste that is too long to be read again takes no room", () =>
  inFolder(async (folder) => {
    const history = await History.open(folder, "dev");
    await history.add("show a", WAY);
    await history.add("show a\n".repeat(4000), WAY);
    assertEquals(history.lines.length, 2);
    assert((await contentOf(folder)).length < 100);
  }));

Deno.test("a file that is none of ours is no history", () =>
  inFolder(async (folder) => {
    const first = await History.open(folder, "dev");
    await first.add("show", WAY);
    let path = "";
    for await (const { name } of Deno.readDir(folder)) path = name;
    await Deno.writeTextFile(
      `${folder}/${path}`,
      [
        "\x00\x1b[2J",
        "[]",
        "null",
        '{"line":7}',
        '{"line":"ok"}',
        "{".repeat(99),
      ]
        .join("\n"),
    );
    assertEquals((await History.open(folder, "dev")).lines, ["ok"]);
    await Deno.remove(`${folder}/${path}`);
    await Deno.symlink("/etc/passwd", `${folder}/${path}`);
    const refused = await History.open(folder, "dev");
    await refused.add("show", WAY);
    assertEquals(refused.lines, ["show"]);
    assert((await Deno.lstat(`${folder}/${path}`)).isSymlink);
  }));

Deno.test.each([
  { text: "shift r -H a=1,b=2 -w 1", gives: "shift r -H a=***,b=*** -w 1" },
  { text: "shift r --header='a=x y'", gives: "shift r --header='a=***'" },
  { text: "shift r -H a=$t", gives: "shift r -H a=***" },
  { text: "shift r -H 'a?'", gives: "shift r -H 'a?'" },
  { text: "set build=3", gives: "set build=3" },
  { text: "set MY_PASSWORD='a b'", gives: "set MY_PASSWORD=***" },
  {
    text: "shift r -H a=1 \\\n  -H b=2 # x",
    gives: "shift r -H a=*** \\\n  -H b=*** # x",
  },
])("of $text is kept $gives", ({ text, gives }) => {
  assertEquals(withoutSecrets(text), gives);
});
