import { assert, assertEquals } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("JSR gets what is imported, and what tells of it", async () => {
  const settings = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  // Cliffy cannot be had everywhere; its own task publishes with it.
  const { "./cliffy": _, ...exports } = settings.exports;
  const publish = { ...settings.publish, exclude: ["cliffy.ts"] };
  const config = await Deno.makeTempFile({
    dir: ROOT.pathname,
    prefix: ".deno-",
    suffix: ".json",
  });
  let text: string;
  try {
    await Deno.writeTextFile(
      config,
      JSON.stringify({ ...settings, exports, publish, lock: false }),
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["publish", "--dry-run", "--allow-dirty", "--no-check"],
        ...["--config", config],
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    text = new TextDecoder().decode(stderr);
    assert(success, text);
  } finally {
    await Deno.remove(config);
  }
  const files = [...text.matchAll(/^ +(file:\S+) \(/gm)]
    .map(([, file = ""]) => file.replace(ROOT.href, ""))
    .filter((file) => !file.startsWith(".deno-"));
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
  assertEquals(
    files.filter((file) => /_test\.ts$|^tests\/|fixture/.test(file)),
    [],
  );
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
