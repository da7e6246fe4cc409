import { assert, assertEquals } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("JSR gets what is imported, and what tells of it", async () => {
  // Where Cliffy cannot be had, without the door that needs it.
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "scripts/cliffy.ts", "publish"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert(success, text);
  const files = [...text.matchAll(/^ +(file:\S+) \(/gm)]
    .map(([, file = ""]) => file.replace(ROOT.href, ""));
  const { exports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const entries = Object.values<string>(exports).map((path) => path.slice(2));
  assertEquals(
    files.filter((file) => !file.includes("/")).sort(),
    [
      ...["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "deno.json"],
      ...entries,
    ].sort(),
  );
  const folders = files.filter((file) => file.includes("/"))
    .map((file) => file.slice(0, file.indexOf("/")));
  assertEquals([...new Set(folders)].sort(), ["repl", "schemas", "src"]);
  assertEquals(files.filter((file) => /test|fixture/.test(file)), []);
});

Deno.test("the docs say which names of JSR stand for which packages of npm", async () => {
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const text = await Deno.readTextFile(new URL("docs/dependencies.md", ROOT));
  const rows = new Map(
    [...text.matchAll(/^\| `([^`]+)` +\| `jsr:[^`]+` +\| `(npm:[^`]+)`/gm)]
      .map(([, name = "", target = ""]) => [name, target]),
  );
  for (const [name, target] of Object.entries(imports)) {
    if (!name.startsWith("@std/")) continue;
    assertEquals(rows.get(name), target, name);
  }
});
