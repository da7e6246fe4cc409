import { SourceMap } from "node:module";
import { SOURCES } from "../scripts/build.ts";
import { type Mapped, replaceMapped } from "../scripts/source_maps.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "./support/assert.ts";
import { LspClient } from "./lsp/rig/client.ts";

const ROOT = new URL("../", import.meta.url);
const PARTS = [...SOURCES, "scripts"];

async function copy(from: URL, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) {
    return await Deno.copyFile(from, to);
  }
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(new URL(`${from}/${name}`), `${to}/${name}`);
  }
}

async function deno(
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    ...options,
    args: [...args],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the bundle is the same bytes wherever the sources lie, and runs alone", async () => {
  const base = await Deno.makeTempDir();
  try {
    const sums: string[] = [];
    for (const name of ["here", "some where/é"]) {
      const tree = `${base}/${name}`;
      await Deno.mkdir(tree, { recursive: true });
      for (const part of PARTS) {
        await copy(new URL(part, ROOT), `${tree}/${part}`);
      }
      await deno(["run", "-A", "--quiet", `${tree}/scripts/build.ts`]);
      sums.push(await Deno.readTextFile(`${tree}/dist/SHA256SUMS`));
    }
    assertEquals(sums[0], sums[1]);

    const dist = `${base}/here/dist`;
    for await (const { name } of Deno.readDir(dist)) {
      const text = await Deno.readTextFile(`${dist}/${name}`);
      assert(!text.includes(base), `${name} names the place it was built in`);
      assert(!/createRequire\(import\.meta/.test(text), name);
    }
    await assertMapped(dist);
    // Away from its sources, their configuration and their lock.
    const alone = `${base}/alone`;
    await Deno.rename(dist, alone);
    const run = (...args: string[]) =>
      deno(["run", "-A", "--no-config", `${alone}/istiops.js`, ...args], {
        cwd: alone,
        env: { XDG_STATE_HOME: base },
      });
    assertStringIncludes(await run("--help"), "Usage:");
    assertStringIncludes(await run("--sandbox", "show", "-A"), "Resource:");
    const plan = await run(
      ...["--sandbox", "shift", "-l", "app=api-domain", "-b", "3", "-r"],
      ...["--header", "x-a=b.*", "--dry-run", "-o", "yaml"],
    );
    assertStringIncludes(plan, "kind: TrafficPlan");
    // The bundler drops a `using` that is named once more: this lock's.
    const shifted = JSON.parse(
      await run(
        ...["--sandbox", "shift", "-l", "app=api-domain", "-b", "3"],
        ...["-w", "20", "--settle", "0s", "-o", "json"],
      ),
    );
    const log = await Deno.readTextFile(`${base}/istiops/audit.jsonl`);
    assertEquals(
      [shifted.written.length, log.trimEnd().split("\n").length],
      [2, 2],
      JSON.stringify(shifted.warnings),
    );
    await Deno.writeTextFile(`${base}/a.istiops`, "show");
    const once = await run("lsp", "--check", `${base}/a.istiops`);
    assertEquals(JSON.parse(once).result, []);
    await using editor = new LspClient({ main: `${alone}/istiops.js` });
    const { hoverProvider } = await editor.initialize();
    assertEquals([hoverProvider, await editor.leave()], [true, 0]);
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

/** Places behind what the build replaced are those of the sources. */
async function assertMapped(dist: string): Promise<void> {
  const places = { lazy: 0, behind: 0, right: 0 };
  for await (const { name } of Deno.readDir(dist)) {
    if (!name.endsWith(".js") || name === "parts.js") continue;
    const text = await Deno.readTextFile(`${dist}/${name}`);
    assert(text.endsWith(`\n//# sourceMappingURL=${name}.map\n`), name);
    const map = JSON.parse(await Deno.readTextFile(`${dist}/${name}.map`));
    for (const source of map.sources as string[]) {
      assertMatch(
        source,
        /^\.\.\/(main\.ts|src\/|repl\/|schemas\/|node_modules\/\.deno\/)/,
      );
    }
    // Its one import is of the build, and of no source.
    if (name.startsWith("process-")) continue;
    const sourceAt = sourcesOf(map);
    for (const [at, line] of text.split("\n").entries()) {
      const first = line.indexOf("import([");
      for (const { index } of line.matchAll(/import\(\["/g)) {
        assertMatch(sourceAt(at, index), /^import\(/);
        places.lazy++;
      }
      if (first < 0) continue;
      for (const { index } of line.slice(first).matchAll(/\bthrow new /g)) {
        places.behind++;
        if (sourceAt(at, first + index).startsWith("throw")) places.right++;
      }
    }
  }
  assert(places.lazy > 20, `${places.lazy} lazy imports`);
  // The bundler joins some statements; most stay what they were.
  assert(places.right > places.behind * 0.9, JSON.stringify(places));
}

function sourcesOf(
  map: { sources: string[]; sourcesContent: string[] },
): (line: number, column: number) => string {
  const reader = new SourceMap(map as never);
  const lines = new Map(
    map.sources.map((name, at) => [name, map.sourcesContent[at]!.split("\n")]),
  );
  return (line, column) => {
    const entry = reader.findEntry(line, column);
    if (!("originalSource" in entry)) return "";
    return lines.get(entry.originalSource)?.[entry.originalLine]
      ?.slice(entry.originalColumn) ?? "";
  };
}

Deno.test("places of a map move with what is replaced before them, and no others", () => {
  // Columns 0, 4 and 8 of the second line, each from its own column before.
  const file: Mapped = {
    text: "aaa\naaa bbb ccc bbb",
    map: JSON.stringify({
      version: 3,
      sources: ["a.ts"],
      sourcesContent: ["aaa\naaa bbb ccc"],
      names: [],
      mappings: "AAAA;AACA,IAAI,IAAI",
    }),
  };
  const columnsOf = ({ map }: Mapped) => {
    const reader = new SourceMap(JSON.parse(map));
    return (JSON.parse(map).mappings as string).split(";")[1] +
      ` ${
        [0, 4, 7, 10, 11, 30].map((column) => {
          const entry = reader.findEntry(1, column);
          return "originalColumn" in entry ? entry.originalColumn : "-";
        })
      }`;
  };
  const replaced = (pattern: RegExp, by: string) =>
    replaceMapped(file, pattern, () => by);
  const longer = replaced(/bbb/g, "x".repeat(20));
  assertEquals(
    longer.text.split("\n")[1],
    `aaa ${"x".repeat(20)} ccc ${"x".repeat(20)}`,
  );
  assertEquals(columnsOf(longer), "AACA,IAAI,qBAAI 0,4,4,4,4,8");
  assertEquals(columnsOf(replaced(/bbb/g, "")), "AACA,IAAI,CAAI 0,4,8,8,8,8");
  assertEquals(columnsOf(replaced(/ccc/g, "d")), columnsOf(file));
  assertEquals(replaced(/nowhere/g, "d"), file);
});
