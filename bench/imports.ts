/**
 * What each dependency is and what it costs at start-up, beside an empty
 * script in the same run: the fastest of interleaved rounds, since whatever
 * else runs can only add.
 * `deno task bench:imports [ROUNDS] [--write]`; `--write` puts the table into
 * docs/dependencies.md.
 *
 * @module
 */

import { tableText, writeTable } from "../scripts/docs_table.ts";
import { readParts, type SbomParts, shippedOf } from "../scripts/sbom.ts";

const ROOT = new URL("../", import.meta.url);
const DOCS = new URL("docs/dependencies.md", ROOT);
const ROUNDS = Number(Deno.args.find((word) => /^\d+$/.test(word)) ?? 25);

/** What is known of an import without starting anything. */
export interface Dependency {
  /** As sources import it. */
  readonly name: string;
  /** `name@version`, as the lock has it. */
  readonly key: string;
  readonly when: "run time" | "tests";
  readonly license: string;
}

/** The imports of deno.json, and then what they need themselves. */
export function dependenciesOf(
  imports: Readonly<Record<string, string>>,
  { lock, runtime, licenses }: SbomParts,
): readonly Dependency[] {
  const shipped = shippedOf({ lock, runtime });
  const direct = Object.entries(imports).map(([name, specifier]) => {
    const [key = ""] = /(?<=^npm:)@?[^@]+@[^/]+/.exec(specifier) ?? [];
    return { name, key };
  });
  const needed = Object.keys(lock.npm)
    .filter((key) => direct.every((one) => one.key !== key))
    .map((key) => ({ name: "", key }));
  return [...direct, ...needed].map(({ name, key }) => ({
    name,
    key,
    // Assertions and YAML come from one package.
    when: shipped.has(key) && name !== "@std/assert" ? "run time" : "tests",
    license: licenses.get(key) ?? "unknown",
  }));
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    bytes += isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return bytes;
}

/** Milliseconds that a process takes. */
async function time(script: string): Promise<number> {
  const begin = performance.now();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--cached-only", script],
    stdin: "null",
  }).output();
  const milliseconds = performance.now() - begin;
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return milliseconds;
}

/** The fastest run of each script, by name. */
async function measure(
  scripts: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, number>> {
  const fastest = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, script] of scripts) {
      const before = fastest.get(name) ?? Infinity;
      fastest.set(name, Math.min(before, await time(script)));
    }
  }
  return fastest;
}

async function main(): Promise<void> {
  const parts = await readParts(ROOT, { created: new Date(0) });
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const all = dependenciesOf(imports, parts);
  const folder = await Deno.makeTempDir();
  let fastest: ReadonlyMap<string, number>;
  try {
    for (const name of ["deno.json", "deno.lock"]) {
      await Deno.copyFile(new URL(name, ROOT), `${folder}/${name}`);
    }
    const scripts = new Map<string, string>();
    for (const [at, { name }] of [{ name: "" }, ...all].entries()) {
      if (scripts.has(name)) continue;
      const path = `${folder}/${at}.js`;
      await Deno.writeTextFile(
        path,
        name === "" ? "" : `import ${JSON.stringify(name)};`,
      );
      scripts.set(name, path);
    }
    fastest = await measure(scripts);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const empty = fastest.get("")!;
  const rows = await Promise.all(all.map(async ({ name, key, ...one }) => [
    name === "" ? "" : `\`${name}\``,
    `\`${key}\``,
    one.when,
    one.license,
    `${Math.ceil(await sizeOf(parts.folders.get(key)!) / 1024)}`,
    name === "" ? "" : (fastest.get(name)! / empty).toFixed(2),
  ]));
  const table = tableText([
    ["Import", "Package", "When", "Licence", "KiB on disk", "Start-up"],
    ["---", "---", "---", "---", "---:", "---:"],
    ...rows,
  ]);
  // deno-lint-ignore no-console
  console.log(`${table}\n\nan empty script: ${empty.toFixed(1)} ms`);
  if (Deno.args.includes("--write")) {
    await writeTable(DOCS, "dependencies", table);
  }
}

if (import.meta.main) await main();
