import fc from "fast-check";
import { keyPlaceOf, placeOf } from "../../src/cluster/manifest_place.ts";
import { partOf } from "../../src/cluster/manifest_part.ts";
import {
  type FilePlace,
  ManifestSource,
} from "../../src/cluster/manifest_source.ts";
import {
  type Manifest,
  readManifestTexts,
} from "../../src/cluster/manifests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { anyValue, STYLES } from "../support/yaml_values.ts";

type Path = readonly (string | number)[];

async function readOne(text: string): Promise<Manifest> {
  const source = new ManifestSource("f.yaml", text);
  const { manifests, problems } = await readManifestTexts([source]);
  assertEquals(problems, []);
  const [manifest] = manifests;
  assert(manifest !== undefined, text);
  return manifest;
}

/** What stands there. */
function at(text: string, { offset, endOffset }: FilePlace): string {
  return text.slice(offset, endOffset);
}

/** Every path in a value but the names that make it an object. */
function* pathsIn(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    yield* pathsIn((value as Record<string, unknown>)[key], [...path, step]);
  }
}

function withValue(value: unknown, path: Path, leaf: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return leaf;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[step] = withValue(copy[step], rest, leaf);
  return copy;
}

const VALUES = anyValue({
  texts: ["<<"],
  keys: [],
  nulls: true,
});

/** Of a cluster there is much. */
const FILLING = Array.from({ length: 70 }, (_, nth) => ({
  apiVersion: "x.test/v1",
  kind: "X",
  metadata: { name: `z-${nth}`, annotations: { a: "- items:\n".repeat(99) } },
}));

for (const [style, write] of Object.entries(STYLES)) {
  for (const list of ["", "List", "long List"]) {
    // It is not cut, so nothing new is to be seen in it.
    if (style === "flow" && list === "long List") continue;
    Deno.test(
      `placeOf(): another value put there is the one that is read (${style}${
        list === "" ? "" : `, in a ${list}`
      })`,
      async () => {
        await fc.assert(
          fc.asyncProperty(VALUES, VALUES, async (first, second) => {
            const objectOf = (name: string, status: unknown) => ({
              apiVersion: "x.test/v1",
              kind: "X",
              metadata: { name },
              status,
            });
            const object = objectOf("x", [first, second]);
            const others = list === "long List" ? FILLING : [];
            const whole = list === "" ? object : {
              apiVersion: "v1",
              items: [objectOf("y", 1), object, ...others],
              kind: "List",
            };
            const text = `# first\n---\n${write(whole)}`;
            const nth = list === "" ? 0 : 1;
            const readNth = async (text: string): Promise<Manifest> => {
              const { manifests, problems } = await readManifestTexts([
                new ManifestSource("f", text),
              ]);
              // A writer of YAML 1.2 has no need to quote "yes".
              const errors = problems.filter(({ severity }) =>
                severity === "error"
              );
              assertEquals(errors, []);
              return manifests[nth]!;
            };
            const manifest = await readNth(text);
            const isApart = partOf(manifest).document !== manifest.document;
            assertEquals(isApart, list === "long List");
            assertEquals(manifest.object, {
              ...object,
              metadata: { name: "x" },
            });
            for (const path of pathsIn(object)) {
              if (path[0] !== "status") continue;
              const place = await placeOf(manifest, path);
              const { offset, endOffset } = place;
              const before = text.slice(0, offset);
              // Behind its key if it is not written; a text is further in than
              // the dashes of a list may be.
              const gap = /([:-]|\n *)$/.test(before) ? " " : "";
              const spliced = `${before}${gap}"MARK"${text.slice(endOffset)}`;
              const again = await readNth(spliced);
              assertEquals(
                again.object,
                withValue(object, path, "MARK"),
                spliced,
              );
              const lines = before.split("\n");
              assertEquals(
                [place.line, place.column],
                [lines.length, lines.at(-1)!.length + 1],
              );
            }
          }),
          { numRuns: list === "long List" ? 3 : 40 },
        );
      },
    );
  }
}

const ROUTES = `# é
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: shop
  annotations: &notes
    a/b: one # two
spec:
  hosts: [shop]
  http:
    - match:
        - headers: {x-cid: {exact: "é"}}
      route: &route
        - destination: {host: shop}
    - route: *route
    - { <<: &base { timeout: 5s, name: o }, name: m }
    - { name: first, <<: { name: later } }
  exportTo:
`;

Deno.test.each([
  { path: [], says: ROUTES.slice(ROUTES.indexOf("apiVersion"), -1) },
  { path: ["metadata", "annotations", "a/b"], says: "one" },
  {
    path: ["spec", "http", 0, "match", 0, "headers", "x-cid", "exact"],
    says: '"é"',
  },
  // An alias leads to what it stands for.
  {
    path: ["spec", "http", 1, "route", 0, "destination", "host"],
    says: "shop",
  },
  // What a merge key brings, and what comes after it.
  { path: ["spec", "http", 2, "timeout"], says: "5s" },
  { path: ["spec", "http", 2, "name"], says: "m" },
  { path: ["spec", "http", 3, "name"], says: "later" },
  // What is not there: what could hold it.
  { path: ["spec", "http", 0, "timeout"], says: "0" },
  { path: ["spec", "gateways"], says: "spec" },
  { path: ["status", "a"], says: "" },
])("placeOf() of %j", async ({ path, says }) => {
  const manifest = await readOne(ROUTES);
  const place = await placeOf(manifest, path);
  if (says === "0") assertEquals(place.line, 11);
  else if (says !== "") assertEquals(at(ROUTES, place).trim(), says);
  else assertEquals([place.line, place.column], [2, 1]);
});

Deno.test("keyPlaceOf() is the key's, or the value's where it has none", async () => {
  const manifest = await readOne(ROUTES);
  assertEquals(
    at(ROUTES, await keyPlaceOf(manifest, ["spec", "hosts"])),
    "hosts",
  );
  assertEquals(
    at(ROUTES, await keyPlaceOf(manifest, ["spec", "hosts", 0])),
    "shop",
  );
});

Deno.test("places count lines as editors do, with CRLF and behind a mark of the byte order", async () => {
  const text = `\uFEFF${ROUTES.replaceAll("\n", "\r\n")}`;
  const manifest = await readOne(text);
  const place = await placeOf(manifest, ["metadata", "name"]);
  assertEquals([place.line, place.column, place.endColumn], [5, 9, 13]);
  assertEquals(at(text.slice(1), place), "shop");
});
