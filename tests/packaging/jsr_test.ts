import { copyOfCliffy, serveCopy } from "../../scripts/cliffy_registry.ts";
import { parseYaml } from "../../src/yaml.ts";
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

const copy = copyOfCliffy();
const why = await Deno.stat(copy).then(
  () => undefined,
  () => `no copy of Cliffy in ${copy}`,
);
Deno.test({
  name: `what the release does for JSR works with the lock as it is${
    why === undefined ? "" : ` (skipped: ${why})`
  }`,
  ignore: why !== undefined,
  async fn() {
    const { jobs: { jsr } } = parseYaml(
      await Deno.readTextFile(new URL(".github/workflows/release.yml", ROOT)),
    ) as unknown as {
      jobs: { jsr: { steps: readonly { readonly run?: string }[] } };
    };
    const lines = jsr.steps.flatMap(({ run }) => run ?? [])
      .map((line) => line.replace(/^deno publish\b/, "$& --dry-run"));
    assert(lines.some((line) => line.includes("--dry-run")));
    const tree = await Deno.makeTempDir();
    await using registry = await serveCopy(copy);
    try {
      const { publish } = JSON.parse(
        await Deno.readTextFile(new URL("deno.json", ROOT)),
      );
      for (const name of [...publish.include, "deno.lock"]) {
        const { success } = await new Deno.Command("sh", {
          args: ["-c", `cp -R ${name} "$0"`, tree],
          cwd: ROOT,
        }).output();
        assert(success, name);
      }
      for (const line of lines) {
        const { success, stderr } = await new Deno.Command("sh", {
          args: ["-c", line],
          cwd: tree,
          env: {
            JSR_URL: registry.url,
            NO_COLOR: "1",
            PATH: `${Deno.execPath().replace(/\/[^/]*$/, "")}:${
              Deno.env.get("PATH")
            }`,
          },
        }).output();
        assert(success, `${line}: ${new TextDecoder().decode(stderr)}`);
      }
    } finally {
      await Deno.remove(tree, { recursive: true });
    }
  },
});
