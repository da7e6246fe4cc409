import {
  type Manifests,
  ManifestSource,
  readManifests,
  readManifestTexts,
} from "../../src/cluster/manifests.ts";
import { TrafficError, UsageError } from "../../src/errors.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";

const named = (kind: string, name: string) =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`;

function read(text: string): Promise<Manifests> {
  return readManifestTexts([new ManifestSource("f.yaml", text)]);
}

/** `error invalid-yaml 3:1`. */
function told({ problems }: Manifests): readonly string[] {
  return problems.map(({ severity, code, line, column }) =>
    `${severity} ${code} ${line}:${column}`
  );
}

function names({ manifests }: Manifests): readonly string[] {
  return manifests.map(({ object, namespace }) =>
    `${object.kind} ${namespace}/${object.metadata.name}`
  );
}

Deno.test("documents, lists of lists, comments and nothing at all", async () => {
  const found = await read([
    "# a comment alone is no document",
    "---",
    "# Source: shop/templates/one.yaml",
    named("Service", "one") + "---",
    "# Source: shop/templates/empty.yaml",
    "---",
    "null",
    "---",
    named("Service", "two").trimEnd(),
    "...",
    "--- # the third",
    "apiVersion: v1",
    "kind: List",
    "items:",
    "- {apiVersion: v1, kind: Pod, metadata: {name: three}}",
    "- apiVersion: v1",
    "  kind: List",
    "  items:",
    "  - {apiVersion: v1, kind: Pod, metadata: {name: four, namespace: shop}}",
    "---",
    "kind: PodList",
    "apiVersion: v1",
    "items:",
    "- {metadata: {name: five}}",
    "---",
    "kind: PodList",
    "apiVersion: v1",
    "items: null",
    "---",
    "",
  ].join("\n"));
  assertEquals(told(found), []);
  assertEquals(names(found), [
    "Service default/one",
    "Service default/two",
    "Pod default/three",
    "Pod shop/four",
    "Pod default/five",
  ]);
});

Deno.test("JSON: one object, several in a row, a list", async () => {
  const one = { apiVersion: "v1", kind: "Pod", metadata: { name: 'a}"{' } };
  const at = (name: string) => ({ ...one, metadata: { name } });
  assertEquals(
    names(await read(JSON.stringify(at("a"), undefined, 2))),
    ["Pod default/a"],
  );
  assertEquals(
    names(
      await read(
        `\n${JSON.stringify(at("a"))}\n${JSON.stringify(at("b"), null, 2)}\n`,
      ),
    ),
    ["Pod default/a", "Pod default/b"],
  );
  assertEquals(
    names(
      await read(
        JSON.stringify({ apiVersion: "v1", kind: "List", items: [at("a")] }),
      ),
    ),
    ["Pod default/a"],
  );
  assertEquals(told(await read(`${JSON.stringify(one)}\n`)), [
    "error invalid-name 1:52",
  ]);
});

const virtualService = (spec: string, name = "shop") =>
  `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}}
spec:
${spec.replace(/^/gm, "  ")}
`;

Deno.test.each([
  {
    what: "broken YAML",
    text: named("Pod", "one") + "---\na: b\n  c: d\n",
    says: "error invalid-yaml 6:4",
  },
  { what: "a text", text: "hello", says: "error not-a-manifest 1:1" },
  { what: "a list", text: "\n- a\n", says: "error not-a-manifest 2:1" },
  {
    what: "no kind",
    text: "---\n\napiVersion: v1\n",
    says: "error not-a-manifest 3:1",
  },
  {
    what: "no name",
    text: "apiVersion: v1\nkind: Pod\n",
    says: "error missing-name 1:1",
  },
  {
    what: "an empty name",
    text: 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: ""\n',
    says: "error missing-name 4:3",
  },
  {
    what: "a name of another kind",
    text: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: 5\n",
    says: "error wrong-type 4:9",
  },
  {
    what: "a name that no object has",
    text: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: ../a\n",
    says: "error invalid-name 4:9",
  },
  {
    what: "a kind of ours without a name, not ours",
    text: "apiVersion: x.io/v1\nkind: Other\n",
    says: "error missing-name 1:1",
  },
  {
    what: "a version that is not there",
    text: named("Service", "a").replace("v1", "v2"),
    says: "error wrong-api-version 1:13",
  },
  {
    what: "a group that is nearly right",
    text: virtualService("hosts: [a]").replace("istio.io", "istio.com"),
    says: "error wrong-api-version 1:13",
  },
  {
    what: "a group of another kind",
    text: virtualService("hosts: [a]").replace("networking.istio.io/v1", "v1"),
    says: "error wrong-api-version 1:13",
  },
  {
    what: "a number that JSON lacks",
    text: named("Pod", "a") + "spec: .nan\n",
    says: "error not-json 1:1",
  },
  {
    what: "a label that is a number",
    text:
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n    version: 1\n",
    says: "error wrong-type 6:14",
  },
  {
    what: "a Service whose address is a list",
    text: named("Service", "a") + "spec: {clusterIP: [a]}\n",
    says: "error wrong-type 4:19",
  },
  {
    what: "a Service's port that is a mapping",
    text: named("Service", "a") + "spec:\n  ports:\n  - port: {a: 1}\n",
    says: "error wrong-type 6:11",
  },
  {
    what: "a selector of numbers",
    text: named("Service", "a") + "spec:\n  selector:\n    version: 1\n",
    says: "error wrong-type 6:14",
  },
  {
    what: "a Pod whose conditions are a mapping",
    text: named("Pod", "a") + "status: {conditions: {type: Ready}}\n",
    says: "error wrong-type 4:22",
  },
  {
    what: "deep nesting",
    text: named("Pod", "a") + `spec: ${"[".repeat(80)}${"]".repeat(80)}`,
    says: "error too-deep 1:1",
  },
  {
    what: "deep nesting that no parser survives",
    text: named("Pod", "a") + `spec: ${"[".repeat(100_000)}`,
    says: "error too-deep 1:1",
  },
  {
    what: "deep JSON",
    text: `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    says: "error too-deep 1:1",
  },
  {
    what: "an alias bomb",
    text: named("Pod", "a") + bomb(9),
    says: "error too-many-aliases 1:1",
  },
  {
    what: "a long text that is meant often",
    text: `${named("Pod", "a")}a: &a "${"x".repeat(100_000)}"\nb: [${
      Array(1000).fill("*a").join(", ")
    }]\n`,
    says: "error too-many-aliases 1:1",
  },
  {
    what: "101 aliases",
    text: `${named("Pod", "a")}a: &a [1]\nb: [${
      Array(101).fill("*a").join(", ")
    }]\n`,
    says: "error too-many-aliases 1:1",
  },
  {
    what: "a tab for indentation, which a lenient parser takes",
    text: `${named("Pod", "a")}spec:\n\ta: b\n`,
    says: "error invalid-yaml 5:1",
  },
  {
    what: "a word that kubectl has for true",
    text: `${named("Pod", "a")}spec:\n  a: "no"\n  b: [yes]\n  on: 1\n`,
    says: "warning yaml-boolean 6:7",
  },
  {
    what: "a field of another type",
    text: virtualService("hosts: [a]\nhttp:\n- timeout: 5\n"),
    says: "error IST0106 7:14",
  },
  {
    what: "a field that nobody knows",
    text: virtualService("hosts: [a]\nhttp:\n- tiemout: 5s\n"),
    says: "warning unknown-field 7:5",
  },
  {
    what: "the same object twice",
    text: `${virtualService("hosts: [a]")}---\n${
      virtualService("hosts: [b]").replace("v1\n", "v1beta1\n")
    }`,
    says: "error duplicate-object 7:1",
  },
])("$what: $says", async ({ text, says }) => {
  const found = await read(text);
  assertEquals(told(found), [says]);
  for (const { message, code } of found.problems) {
    assert(!/\.$|\n/.test(message), message);
    assert(
      code !== "wrong-type" || /metadata|in body must be/.test(message),
      message,
    );
  }
});

Deno.test("a duplicate names both places, and the later one stands", async () => {
  const { problems, manifests } = await readManifestTexts([
    new ManifestSource("a.yaml", `\n\n${named("Service", "one")}`),
    new ManifestSource("b.yaml", named("Service", "one")),
  ]);
  const [problem] = problems;
  assertEquals([problem?.file, problem?.line], ["b.yaml", 1]);
  assert(problem?.message.includes('"default/one"'), problem?.message);
  assert(problem?.message.endsWith("at a.yaml:3"), problem?.message);
  assertEquals(manifests.length, 2);
});

Deno.test("kinds of others are kept and not looked at", async () => {
  const found = await read([
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {servers: 5}\n",
    "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s, labels: {a: 1}}\n",
    "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: j-}\n",
  ].join("---\n"));
  assertEquals(told(found), []);
  assertEquals(found.manifests.map(({ kind }) => kind), [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("what is there for helm test alone is no part of what runs", async () => {
  const hooked = (hook: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {helm.sh/hook: "${hook}"}}\n`;
  const twice = (hook: string) =>
    read(`${hooked(hook)}---\n${named("Pod", "a")}`);
  assertEquals(told(await twice("test")), []);
  assertEquals(told(await twice("test-success, test-failure")), []);
  assertEquals(told(await twice("pre-install,test")), [
    "error duplicate-object 5:1",
  ]);
});

Deno.test("merge keys and times are read as kubectl reads them", async () => {
  const found = await read(
    `apiVersion: v1
kind: Service
metadata:
  name: a
  annotations: &notes {at: 2026-01-02, on: "on"}
spec: {<<: *notes, at: 3}
`,
  );
  assertEquals(told(found), []);
  const [{ object } = { object: undefined }] = found.manifests;
  assertEquals(object?.metadata.annotations, { at: "2026-01-02", on: "on" });
  assertEquals(object?.spec as unknown, { at: 3, on: "on" });
});

Deno.test("tabs and words in texts are nothing to doubt", async () => {
  const found = await read(
    `${
      named("Pod", "a")
    }spec:\n  script: |\n    if: yes\n    \tb: no\n  c: "a\n    \tb"\n  d: 'x: no'\n`,
  );
  assertEquals(told(found), []);
});

Deno.test("a template is told from a manifest", async () => {
  const { problems } = await read(
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n",
  );
  assert(problems[0]?.hint?.includes("helm template"), problems[0]?.hint);
});

Deno.test("bounds: a document, all files, all documents", async () => {
  const limits = { documentSize: 100, totalBytes: 400, documents: 3 };
  const text = named("Pod", "a");
  const big = `${named("Pod", "b")}# ${"x".repeat(100)}\n`;
  const source = new ManifestSource(
    "f",
    [text, big, named("Pod", "c"), text].join("---\n"),
  );
  const found = await readManifestTexts([source], { limits });
  assertEquals(found.problems.map(({ code }) => code), [
    "too-large",
    "too-many",
  ]);
  assertEquals(found.unread, 2);
  await using folder = await Folder.make({
    "a.yaml": text,
    "b.yaml": `# ${"x".repeat(400)}`,
    "c.yaml": named("Pod", "c"),
  });
  const all = await readManifests([folder.path], { limits });
  assertEquals(names(all), ["Pod default/a"]);
  assertEquals(all.problems.map(({ code }) => code), ["too-large"]);
});

Deno.test("folders: sorted, all below, hidden names and tools' files left out", async () => {
  await using folder = await Folder.make({
    "b.yaml": named("Pod", "b"),
    "a/z.yml": named("Pod", "z"),
    "a/y.json": JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "y" },
    }),
    "c.txt": "no: manifest",
    ".git/config.yaml": "a: b",
    "Chart.yaml": "name: chart",
    "kustomization.yaml": "resources: [b.yaml]",
    "package.json": '{"name": "x"}',
  });
  const found = await readManifests([
    `${folder.path}/`,
    `${folder.path}/b.yaml`,
  ]);
  assertEquals(names(found), [
    "Pod default/y",
    "Pod default/z",
    "Pod default/b",
  ]);
  assertEquals(told(found), ["warning not-a-manifest 1:1"]);
  assertEquals(found.problems[0]?.file, `${folder.path}/package.json`);
  await assertEquals(
    told(await readManifests([`${folder.path}/package.json`])),
    ["error not-a-manifest 1:1"],
  );
});

Deno.test("links: inside a folder they are followed, outside they are not", async () => {
  await using outside = await Folder.make({ "o.yaml": named("Pod", "o") });
  await using folder = await Folder.make({
    "..data/real.yaml": named("Pod", "real"),
  });
  const link = (to: string, name: string) =>
    Deno.symlink(to, `${folder.path}/${name}`);
  await link("..data/real.yaml", "a.yaml");
  await link(`${outside.path}/o.yaml`, "b.yaml");
  await link(folder.path, "loop");
  await link("nowhere", "c.yaml");
  await link("d.yaml", "d.yaml");
  const found = await readManifests([folder.path]);
  assertEquals(names(found), ["Pod default/real"]);
  assertEquals(
    found.problems.map(({ severity, code, file }) =>
      `${severity} ${code} ${file.slice(folder.path.length + 1)}`
    ),
    [
      "error outside-folder b.yaml",
      "error unreadable-file c.yaml",
      "error unreadable-file d.yaml",
      "warning outside-folder loop",
    ],
  );
  // Who names the link means what it leads to.
  assertEquals(names(await readManifests([`${folder.path}/b.yaml`])), [
    "Pod default/o",
  ]);
});

Deno.test("what was named and cannot be read is an error, what is found a problem", async () => {
  await using folder = await Folder.make({ "a.yaml": named("Pod", "a") });
  await Deno.writeFile(`${folder.path}/b.yaml`, new Uint8Array([0xff, 0xfe]));
  const found = await readManifests([folder.path]);
  assertEquals(told(found), ["error unreadable-file 1:1"]);
  assertEquals(names(found), ["Pod default/a"]);
  for (const name of [`${folder.path}/b.yaml`, `${folder.path}/missing`]) {
    const error = await assertRejects(
      () => readManifests([name]),
      TrafficError,
    );
    assertEquals(error.code, "file");
  }
  await assertRejects(() => readManifests(["http://a.test/b"]), UsageError);
  await assertRejects(
    () => readManifests(["-", "-"], { readStdin: () => Promise.resolve("") }),
    UsageError,
  );
});

Deno.test("standard input is read once, and its places have its name", async () => {
  const found = await readManifests(["-"], {
    readStdin: () => Promise.resolve(`${named("Pod", "a")}---\na: 1\n`),
  });
  assertEquals(names(found), ["Pod default/a"]);
  assertEquals(found.problems.map(({ file, line }) => `${file} ${line}`), [
    "<stdin> 5",
  ]);
});

/** Lists of lists, by aliases. */
function bomb(depth: number): string {
  const lines = [`a0: &a0 [${Array(10).fill("x").join(", ")}]`];
  for (let at = 1; at <= depth; at++) {
    lines.push(`a${at}: &a${at} [${Array(10).fill(`*a${at - 1}`).join(", ")}]`);
  }
  return lines.join("\n");
}

/** A folder that is gone afterwards. */
class Folder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(
    files: Readonly<Record<string, string>>,
  ): Promise<Folder> {
    const folder = new Folder(await Deno.makeTempDir());
    for (const [name, text] of Object.entries(files)) {
      const path = `${folder.path}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.writeTextFile(path, text);
    }
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
