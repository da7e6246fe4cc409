import { ManifestError, TrafficError } from "../../src/errors.ts";
import { readManifests } from "../../src/sandbox/load.ts";
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";

const named = (kind: string, name: string) =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`;

async function withFile(
  text: string,
  use: (file: string) => Promise<void>,
): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, text);
    await use(file);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("readManifests() gives objects as they are written, twice where they are there twice", async () => {
  const text = [
    named("Service", "one"),
    named("Pod", "two"),
    named("Service", "one"),
  ].join("---\n");
  await withFile(text, async (file) => {
    const manifests = await readManifests([file]);
    assertEquals(
      manifests.map(({ object, line }) =>
        `${object.kind} ${object.metadata.name} ${line}`
      ),
      ["Service one 1", "Pod two 5", "Service one 9"],
    );
    assertEquals(manifests[0]?.object.metadata, { name: "one" });
    assertEquals(manifests[0]?.file, file);
  });
});

Deno.test.each([
  {
    what: "broken YAML",
    text: `${named("Pod", "one")}---\na: b\n  c: d\n`,
    line: 6,
    says: "Not valid YAML",
  },
  {
    what: "an object without name",
    text: "apiVersion: v1\nkind: Pod\n",
    line: 1,
    says: "A Pod has no name",
  },
  {
    what: "the first of two errors",
    text: `${named("Pod", "UPPER")}---\nhello\n`,
    line: 3,
    says: "not a name",
  },
])("readManifests() throws $what, with its line", async (row) => {
  await withFile(row.text, async (file) => {
    const error = await assertRejects(
      () => readManifests([file]),
      ManifestError,
      row.says,
    );
    assertEquals(error.code, "invalid-manifest");
    assertEquals(error.details?.file, file);
    assertEquals(error.details?.line, row.line);
    assertStringIncludes(error.message, file);
  });
});

Deno.test("readManifests() says which file cannot be read, and why", async () => {
  const missing = await assertRejects(
    () => readManifests(["/nowhere/none.yaml"]),
    TrafficError,
    "there is no such file",
  );
  assertEquals(missing.code, "file");
  await withFile("", async (file) => {
    await Deno.truncate(file, 8 * 1024 * 1024 + 1);
    await assertRejects(
      () => readManifests([file]),
      ManifestError,
      "larger than may be read",
    );
  });
});
