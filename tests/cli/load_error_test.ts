import { loadError } from "../../src/cli/load_error.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";

Deno.test("a package that cannot be fetched is one line with the next step", async () => {
  const home = await Deno.makeTempDir();
  try {
    const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "main.ts", "--sandbox", "show"],
      cwd: new URL("../../", import.meta.url),
      clearEnv: true,
      env: {
        HOME: home,
        DENO_DIR: `${home}/deno`,
        NO_COLOR: "1",
        // Nobody listens there.
        HTTPS_PROXY: "http://127.0.0.1:9",
      },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assertMatch(
      said,
      /^error: Cannot load a part of istiops: Failed caching npm package '[^']+' \(.+\); next: From a clone: deno install;.*\n$/,
    );
    assertEquals([code, stdout.length], [1, 0]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test.each([
  { error: new TypeError("Cannot read properties of undefined") },
  { error: new Error("Module not found") },
  { error: "Module not found" },
])("$error is not about loading", ({ error }) => {
  assertEquals(loadError(error), undefined);
});
