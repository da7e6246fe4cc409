import { assertEquals } from "./support/assert.ts";

/** How many rules each section has; a section of 0 is one rule. */
const SECTIONS: Readonly<Record<number, number>> = {
  1: 3,
  2: 6,
  3: 7,
  4: 4,
  5: 8,
  6: 5,
  7: 5,
  8: 0,
  9: 0,
  10: 5,
  11: 5,
  12: 0,
};

async function* testFiles(directory: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const url = new URL(isDirectory ? `${name}/` : name, directory);
    if (isDirectory) yield* testFiles(url);
    else if (name.endsWith("_test.ts")) yield url;
  }
}

Deno.test("every numbered rule has a test that carries its number", async () => {
  const carried = new Set<string>();
  for await (const file of testFiles(new URL("./", import.meta.url))) {
    const source = await Deno.readTextFile(file);
    for (const [, number = ""] of source.matchAll(/"(\d+(?:\.\d+)?) /g)) {
      carried.add(number);
    }
  }
  const rules = Object.entries(SECTIONS).flatMap(([section, count]) =>
    count === 0
      ? [section]
      : Array.from({ length: count }, (_, index) => `${section}.${index + 1}`)
  );
  assertEquals(rules.filter((rule) => !carried.has(rule)), []);
});
