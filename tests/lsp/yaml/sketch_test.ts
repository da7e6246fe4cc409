import fc from "fast-check";
import { keyPlaceOf, placeOf } from "../../../src/cluster/manifest_place.ts";
import {
  documentsOf,
  ManifestSource,
} from "../../../src/cluster/manifest_source.ts";
import { objectsOf } from "../../../src/cluster/manifest_objects.ts";
import { spanIn } from "../../../src/lsp/yaml/chunk.ts";
import {
  childOf,
  MOST_ENTRIES,
  pathOf,
  valueSpanOf,
} from "../../../src/lsp/yaml/sketch.ts";
import { sketchOf } from "../../../src/lsp/yaml/sketch_lines.ts";
import { stringifyYaml } from "../../../src/yaml.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { anyValue, type Style, STYLES } from "../../support/yaml_values.ts";
import { hasSamples, sampleFiles, sampleNames } from "../../support/samples.ts";

type Path = readonly (string | number)[];

/** Every path in a value that is not null. */
function* pathsIn(value: unknown, path: Path = []): Generator<Path> {
  if (value === null || value === undefined) return;
  yield path;
  if (typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) {
    yield* pathsIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** Compares all places of a text's documents with those of a whole parser. */
function compare(text: string): { sure: number; all: number } {
  let [sure, all] = [0, 0];
  const source = new ManifestSource("f", text);
  for (const { start, first, end } of documentsOf(source)) {
    const own = source.text.slice(start, end);
    const document = {
      source: new ManifestSource("f", own),
      ...{ start: 0, first: first - start, end: own.length },
    };
    const sketch = sketchOf(own);
    for (const manifest of objectsOf(document).manifests) {
      all++;
      if (!sketch.isSure) continue;
      sure++;
      for (const path of pathsIn(manifest.written)) {
        if (path.length === 0) continue;
        for (const at of [path, [...path, "zz-no-field"]]) {
          for (const isKey of [false, true]) {
            const place = (isKey ? keyPlaceOf : placeOf)(manifest, at);
            assertEquals(
              spanIn({ document, sketch: () => sketch }, [
                ...manifest.path,
                ...at,
              ], { manifest, isKey }),
              { start: place.offset, end: place.endOffset },
              `${JSON.stringify(at)} ${isKey} of\n${own}`,
            );
          }
        }
      }
    }
  }
  return { sure, all };
}

const VALUES = anyValue({
  texts: ["a#b"],
  keys: ["a:b", "-x", "it's"],
  nulls: false,
});

/** Editors keep these, too. */
const ALL_STYLES: Readonly<Record<string, Style>> = {
  ...STYLES,
  "carriage returns": (value) =>
    stringifyYaml(value, { useAnchors: false, lineWidth: -1 })
      .replaceAll("\n", "\r\n"),
};

for (const [style, write] of Object.entries(ALL_STYLES)) {
  Deno.test(`a sketch has the places of a whole parser (${style})`, () => {
    let [sure, all] = [0, 0];
    fc.assert(
      fc.property(VALUES, VALUES, (first, second) => {
        const counts = compare(
          `# first\n---\n${
            write({
              apiVersion: "x.test/v1",
              kind: "X",
              metadata: { name: "x" },
              status: [first, second],
            })
          }`,
        );
        sure += counts.sure;
        all += counts.all;
      }),
      { numRuns: 150 },
    );
    assert(sure > all / 2, `${sure} of ${all}`);
  });
}

if (hasSamples()) {
  Deno.test("a sketch of a sample has the places of a whole parser, and is sure", async () => {
    let count = 0;
    for (const file of sampleFiles(sampleNames())) {
      const { sure, all } = compare(await Deno.readTextFile(file));
      assertEquals(sure, all, file);
      count += sure;
    }
    assert(count > 50);
  });
}

const ANCHORS = `a: &all
  - &one {x: 1, y: &deep [2]}
  - !!str two # text
b: *all
c:
  <<: &m
    k: v
  own: *deep
d: {<<: *one, z: "3"}
e: |- # block
  text: no
   more

f: >2
     folded
g:
- - 1
  -   k: 2
      l: 3
`;

Deno.test("a sketch follows anchors, aliases and merge keys", () => {
  const head = "apiVersion: v1\nkind: X\nmetadata: {name: x}\n";
  assertEquals(compare(head + ANCHORS), { sure: 1, all: 1 });
});

Deno.test("white space of Unicode makes a sketch unsure, so that a whole parser has the places", () => {
  for (const text of ["a: {b: \u00a0}\n", "a: [\u2003x]\n", "a: \u3000b\n"]) {
    assertEquals(sketchOf(text).isSure, false);
    assertEquals(sketchOf(text.replace(/[^\S \n]/, "y")).isSure, true);
  }
});

Deno.test.each([
  { text: "a:\n  b‸", path: "a.b‸" },
  { text: "a:\n  ‸\n  c: 1", path: "a.‸" },
  { text: "a:\n- b: 1\n  ‸", path: "a.0.‸" },
  { text: "a:\n- b: 1\n‸", path: "‸" },
  { text: "a:\n- b: 1\n- ‸", path: "a.1" },
  { text: "a:\n  - b:\n      c: [1, {d: ‸", path: "a.0.b.c.1.d" },
  { text: "a: {b: 1, c‸\nd: 1", path: "a.c‸" },
  { text: 'a: "b‸\nd: 1', path: "a" },
  { text: "a: |\n  b‸\nd: 1", path: "a" },
  { text: "a:\n  - b\n c‸", path: "a.c‸" },
  { text: "\ta:\n\t\tb‸", path: "a.b‸" },
  { text: '{"a": [{"b": "‸', path: "a.0.b" },
])("what is typed at the mark of $text is at $path", ({ text, path }) => {
  const entries = [...sketchOf(text).entries()];
  const mark = text.indexOf("‸");
  const entry = entries.findLast(({ at, keyEnd, start, end }) =>
    (at <= mark && mark <= keyEnd) || (start <= mark && mark <= end)
  );
  assertEquals(entry && pathOf(entry).join("."), path);
});

Deno.test("aliases that stand for each other, or for themselves, lead nowhere", () => {
  for (
    const text of ["a: &a *b\nb: &b *a\n", "a: &a *a\n", "<<: &a\n  <<: *a\n"]
  ) {
    const sketch = sketchOf(text);
    for (const entry of sketch.entries()) {
      valueSpanOf(sketch, entry);
      assertEquals(childOf(sketch, entry, "x"), undefined);
    }
  }
});

Deno.test("a sketch of a hostile text has an end", () => {
  for (const part of ["- ", "[1,", "a: \n", "{a: ", "x\n"]) {
    const sketch = sketchOf(part.repeat(200_000));
    assert(sketch.size <= MOST_ENTRIES + 1, part);
    assertEquals(sketch.isSure, false, part);
  }
});
