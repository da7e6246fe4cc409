import { dependenciesOf } from "../bench/imports.ts";
import { readParts } from "../scripts/sbom.ts";
import { assertEquals, assertMatch } from "./support/assert.ts";

const ROOT = new URL("../", import.meta.url);
/** With settings, or with a registry, of their own. */
const APART = ["tests/canary/", "tests/cliffy/"].map((path) =>
  new URL(path, ROOT).href
);
const settings = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", ROOT)),
);
const imports: Readonly<Record<string, string>> = settings.imports;

/** What a specifier of deno.json names, without a path in it. */
function packageOf(specifier: string): string {
  return specifier.replace(/^(npm:@?[^@]+@[^/]+).*/, "$1");
}

async function* sourcesIn(directory: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const url = new URL(isDirectory ? `${name}/` : name, directory);
    if (APART.includes(url.href)) continue;
    if (isDirectory) yield* sourcesIn(url);
    else if (/\.[jt]sx?$/.test(name)) yield url;
  }
}

/** What sources import, other than by a path; examples in comments too. */
async function importedBy(...parts: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const part of parts) {
    const url = new URL(part, ROOT);
    const files = part.endsWith("/") ? sourcesIn(url) : [url];
    for await (const file of files) {
      const text = await Deno.readTextFile(file);
      for (
        const [, name = ""] of text.matchAll(
          /(?:\bfrom|^\s*import|\bimport\() ?["']([@\w][^"'\s]*)["']/gm,
        )
      ) found.add(name);
    }
  }
  return found;
}

Deno.test.each([
  { folder: "./" },
  { folder: "tests/canary/" },
  { folder: "editors/vscode/" },
])(
  "each dependency of $folder has an exact version and a SHA-512, and the lock has that one",
  async ({ folder }) => {
    const read = async (name: string) =>
      JSON.parse(await Deno.readTextFile(new URL(folder + name, ROOT)));
    const { imports, lock: setting } = await read("deno.json");
    const lock = await read("deno.lock");
    const specifiers: string[] = Object.values(imports);
    for (const specifier of specifiers) {
      assertMatch(
        specifier,
        /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+(\/|$)/,
      );
    }
    const named = [...new Set(specifiers.map(packageOf))].sort();
    assertEquals(lock.workspace.dependencies, named);
    for (const one of named) {
      assertEquals(lock.specifiers[one], one.slice(one.lastIndexOf("@") + 1));
    }
    const packages: Record<string, { integrity: string }> = lock.npm;
    for (const [key, { integrity }] of Object.entries(packages)) {
      assertMatch(integrity, /^sha512-[\w+/]{86}==$/, key);
    }
    // Nothing from JSR or from a URL.
    assertEquals(
      Object.keys(lock).sort(),
      ["npm", "specifiers", "version", "workspace"],
    );
    assertEquals(setting, { path: "deno.lock", frozen: true });
  },
);

Deno.test("sources import by the names of deno.json, and nothing from elsewhere", async () => {
  const shipped = await importedBy(
    ...["main.ts", "mod.ts", "pure.ts", "repl/", "src/"],
  );
  const others = await importedBy("tests/", "scripts/", "bench/");
  const known = new Set(Object.keys(imports));
  const doors = new Set(
    Object.keys(settings.exports).map((door) => settings.name + door.slice(1)),
  );
  doors.add("istiops"); // On npm.
  const strange = (names: Iterable<string>) =>
    [...names].filter((name) =>
      !known.has(name) && !doors.has(name) && !name.startsWith("node:")
    );
  assertEquals(strange(shipped), []);
  // What the tests of the supply chain write into files of theirs.
  assertEquals(strange(others), ["part"]);
  assertEquals(
    Object.keys(imports).filter((name) =>
      !shipped.has(name) && !others.has(name)
    ),
    [],
    "nobody imports it",
  );
});

Deno.test("cliffy.ts alone needs JSR, and for one exact version of Cliffy", async () => {
  const names = await importedBy("cliffy.ts");
  const version = "1.2.1";
  assertEquals(
    [...names].filter((name) => !name.startsWith(settings.name)).sort(),
    [
      `jsr:@cliffy/command@${version}`,
      `jsr:@cliffy/command@${version}/completions`,
      `jsr:@cliffy/prompt@${version}/confirm`,
      `jsr:@cliffy/prompt@${version}/input`,
      `jsr:@cliffy/prompt@${version}/select`,
    ],
  );
  const parts = ["main.ts", "mod.ts", "repl/", "src/", "scripts/", "bench/"];
  const others = await importedBy(...parts, "tests/");
  assertEquals([...others].filter((name) => /cliffy|^jsr:/.test(name)), []);
});

Deno.test("docs/dependencies.md lists each dependency as it is", async () => {
  const text = await Deno.readTextFile(
    new URL("docs/dependencies.md", ROOT),
  );
  const [, table = ""] =
    /<!-- dependencies -->([^]*)<!-- \/dependencies -->/.exec(text) ?? [];
  const rows = table.trim().split("\n").slice(2).map((line) =>
    line.split("|").slice(1, 5).map((cell) => cell.trim().replaceAll("`", ""))
  );
  const parts = await readParts(ROOT, { created: new Date(0) });
  assertEquals(
    rows,
    dependenciesOf(imports, parts).map((
      { name, key, when, license },
    ) => [name, key, when, license]),
  );
  const [, prose = ""] = text.split("## What each is for");
  for (const { key } of dependenciesOf(imports, parts)) {
    const name = key.slice(0, key.lastIndexOf("@"));
    if (Object.values(imports).some((one) => one.includes(`:${key}`))) {
      assertEquals(prose.includes(`\`${name}\``), true, name);
    }
  }
});
