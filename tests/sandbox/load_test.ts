import { ManifestError } from "../../src/errors.ts";
import { parseManifests, readManifests } from "../../src/sandbox/load.ts";
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";

const named = (kind: string, name: string) =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`;

Deno.test("parseManifests() reads documents, lists and lines", () => {
  const text = [
    "# a comment alone is no document",
    "---",
    named("Service", "one") + "---",
    named("Service", "two").trimEnd(),
    "...",
    "--- # the third",
    "apiVersion: v1",
    "kind: List",
    "items:",
    "- {apiVersion: v1, kind: Pod, metadata: {name: three}}",
    "- {apiVersion: v1, kind: Pod, metadata: {name: four}}",
    "---",
    "",
  ].join("\n");
  assertEquals(
    parseManifests(text, "f.yaml").map(({ object, line }) =>
      `${object.kind} ${object.metadata.name} ${line}`
    ),
    ["Service one 3", "Service two 7", "Pod three 12", "Pod four 12"],
  );
});

Deno.test("parseManifests() gives JSON: a time is text again", () => {
  const [manifest] = parseManifests(
    named("Pod", "one").replace(
      "{name: one}",
      "{name: one, creationTimestamp: 2026-01-02T03:04:05Z}",
    ),
    "f.yaml",
  );
  assertEquals(
    manifest!.object.metadata.creationTimestamp,
    "2026-01-02T03:04:05Z",
  );
});

Deno.test.each([
  {
    what: "broken YAML",
    text: named("Pod", "one") + "---\na: b\n  c: d\n",
    line: 6,
    says: "is not valid YAML",
  },
  {
    what: "text that is no object",
    text: "hello",
    line: 1,
    says: "is not a Kubernetes object",
  },
  {
    what: "an object without kind",
    text: "---\n\napiVersion: v1\n",
    line: 3,
    says: 'has no "kind"',
  },
  {
    what: "an object without name",
    text: "apiVersion: v1\nkind: Pod\n",
    line: 1,
    says: 'is a Pod without "metadata.name"',
  },
  {
    what: "a number that JSON lacks",
    text: named("Pod", "a") + "spec: .nan\n",
    line: 1,
    says: "which JSON lacks",
  },
  {
    what: "deep nesting",
    text: named("Pod", "a") + `spec: ${"[".repeat(80)}${"]".repeat(80)}`,
    line: 1,
    says: "too deeply nested",
  },
  {
    what: "an alias bomb",
    text: named("Pod", "a") + bomb(9),
    line: 1,
    says: "aliases stand for too much",
  },
])("parseManifests() refuses $what, with its line", ({ text, line, says }) => {
  const error = assertThrows(
    () => parseManifests(text, "f.yaml"),
    ManifestError,
    says,
  );
  assertEquals(error.code, "invalid-manifest");
  assertEquals(error.details?.file, "f.yaml");
  assertEquals(error.details?.line, line);
  assertStringIncludes(error.message, '"f.yaml"');
});

Deno.test("parseManifests() keeps a key called __proto__ a key", () => {
  const [manifest] = parseManifests(
    named("Pod", "a") + "spec: {__proto__: {polluted: 1}}\n",
    "f.yaml",
  );
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  assertEquals(
    JSON.stringify(manifest!.object.spec),
    '{"__proto__":{"polluted":1}}',
  );
});

Deno.test("parseManifests() refuses more than 1,000 documents", () => {
  assertThrows(
    () => parseManifests("---\na: 1\n".repeat(1_001), "f.yaml"),
    ManifestError,
    "may have 1000 documents",
  );
});

Deno.test("readManifests() says which file cannot be read, and why", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await assertRejects(
      () => readManifests([`${directory}/none.yaml`]),
      ManifestError,
      "there is no such file",
    );
    await assertRejects(
      () => readManifests([directory]),
      ManifestError,
      "it is not a regular file",
    );
    const big = `${directory}/big.yaml`;
    await Deno.truncate(await touch(big), 8 * 1024 * 1024 + 1);
    await assertRejects(() => readManifests([big]), ManifestError, "8 MiB");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

async function touch(path: string): Promise<string> {
  await Deno.writeTextFile(path, "");
  return path;
}

/** Nine levels of nine aliases each: some 400 million values. */
function bomb(levels: number): string {
  const lines = ["x0: &x0 [lol]"];
  for (let level = 1; level <= levels; level++) {
    const former = Array(9).fill(`*x${level - 1}`).join(", ");
    lines.push(`x${level}: &x${level} [${former}]`);
  }
  return lines.join("\n");
}
