import {
  fileNameOf,
  reasonOf,
  RIGHTS,
  TARGETS,
} from "../../scripts/compile.ts";
import { build } from "../../scripts/build.ts";
import { VERSION } from "../../src/version.ts";
import { DENO_DIR } from "../support/deno_dir.ts";
import { treeOf } from "../fault/rig/trees.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "../support/assert.ts";
import { type Program, Stranger, tryEveryCommand } from "./rig/stranger.ts";

const HERE = TARGETS.find((target) => target === Deno.build.target);

/** The task in a copy of the project; what it says, and what lies there then. */
async function compiled(
  env: Readonly<Record<string, string>>,
  use: (of: {
    readonly code: number;
    readonly said: string;
    readonly folder: string;
    readonly left: readonly string[];
  }) => Promise<void> | void,
  ...targets: readonly string[]
): Promise<void> {
  await using tree = await treeOf(undefined, { env: { DENO_DIR, ...env } });
  const names = () =>
    [...Deno.readDirSync(tree.folder)].map(({ name }) => name);
  const before = names();
  const { code, stdout } = await tree.deno(
    ...["run", "-A", "--quiet", "scripts/compile.ts", ...targets],
  );
  const left = names().filter((name) => !before.includes(name));
  await use({ code, said: stdout, folder: tree.folder, left });
}

const TARGET = HERE ?? TARGETS[0];
const CANNOT =
  /^Cannot compile for [\w-]+: its runtime \(denort-[\w-]+\) cannot be fetched \(.+\); nothing was written\n$/;

await compiled({}, ({ code, said, folder, left }) => {
  if (code !== 0) {
    Deno.test("without its runtime compile says so in one line, and writes nothing (nothing can be compiled here: no binary to try)", () => {
      assertMatch(said, CANNOT);
      assertEquals([code, left], [1, []]);
    });
    return;
  }
  assertEquals(left, ["dist-bin"]);
  const binary = Deno.readFileSync(`${folder}/dist-bin/${fileNameOf(TARGET)}`);
  Deno.test({
    name: `the binary for ${TARGET} runs every command from an empty home`,
    ignore: HERE === undefined,
    async fn() {
      const base = await Deno.makeTempDir();
      try {
        const file = `${base}/istiops`;
        await Deno.writeFile(file, binary, { mode: 0o755 });
        await using at = await Stranger.with({ command: [file] });
        const version = JSON.parse(await at.does("version", "-o", "json"));
        assertEquals(version.version, VERSION);
        assertEquals(version.target, TARGET);
        await tryEveryCommand(() => ({ command: [file] }));
      } finally {
        await Deno.remove(base, { recursive: true });
      }
    },
  });
}, TARGET);

Deno.test("a runtime that somebody names is not taken: a plain Deno would only look like istiops", async () => {
  await compiled(
    { DENORT_BIN: Deno.execPath() },
    async ({ code, said, folder, left }) => {
      if (code !== 0) {
        assertMatch(said, CANNOT);
        return assertEquals(left, []);
      }
      const file = `${folder}/dist-bin/${fileNameOf(TARGET)}`;
      await using at = await Stranger.with({ command: [file] });
      assertMatch(await at.does("version"), /^istiops /);
    },
    TARGET,
  );
});

Deno.test("an unknown target is refused before anything is built", async () => {
  await compiled({}, ({ code, said, left }) => {
    assertMatch(said, /^No such target: solaris; there are x86_64-/);
    assertEquals([code, left], [2, []]);
  }, "solaris");
});

Deno.test("with the rights that binaries have every command works", async () => {
  const base = await Deno.makeTempDir();
  try {
    await build(`${base}/dist`);
    const program: Program = {
      command: [
        ...[Deno.execPath(), "run", "--quiet", "--no-config", ...RIGHTS],
        `${base}/dist/istiops.js`,
      ],
      env: { DENO_DIR: `${base}/cache` },
    };
    await tryEveryCommand(() => program);
    // Each has its reason.
    for (const right of RIGHTS.filter((each) => each.startsWith("--allow-"))) {
      assert(
        (await Deno.readTextFile(
          new URL("../../docs/binaries.md", import.meta.url),
        )).includes(`\`${right}\``),
        `docs/binaries.md says nothing of ${right}`,
      );
    }
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

Deno.test("what Deno says of a runtime becomes one clause", () => {
  assertEquals(
    reasonOf(
      "error: Writing deno compile executable to temporary file 'a'\n\nCaused by:\n    0: Setting up base binary.\n    1: error sending request for url (https://a.example/v2/denort-x86_64-apple-darwin.zip): dns error\n    2: no such host\n\nStack backtrace:\n   0: <unknown>\n",
    ),
    "its runtime (denort-x86_64-apple-darwin) cannot be fetched (no such host)",
  );
  assertNotEquals(reasonOf(""), "");
});
