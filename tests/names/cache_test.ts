import type { PlaceNames } from "../../src/language/names.ts";
import { NamesCache } from "../../src/names/cache.ts";
import { assert, assertEquals } from "../support/assert.ts";

const DAY = 24 * 60 * 60 * 1000;
const PLACE = { context: "dev", namespace: "default" };
const NAMES: PlaceNames = {
  place: PLACE,
  namespace: "default",
  readAt: Date.now(),
  isWatched: true,
  isPartial: false,
  protected: "why",
  namespaces: ["default"],
  virtualServices: [{
    name: "web",
    labels: { app: "web" },
    hosts: ["web"],
    rules: [{
      index: 0,
      kind: "header",
      match: 'header x-token "hush" and header x-beta present',
      headers: ["x-token=hush", "x-team^=hush", "x-beta?"],
      destinations: [{ host: "web", port: 80, build: "1", percent: 100 }],
    }, {
      index: 1,
      kind: "mixed",
      match: 'query key "hush" or every request',
      headers: [],
      destinations: [],
    }, {
      index: 2,
      kind: "master",
      match: 'uri prefix "/"',
      headers: [],
      destinations: [],
    }],
  }],
  services: [{ host: "web", ports: [80] }],
  builds: [{ build: "1", host: "web", labels: { build: "1" }, pods: 2 }],
  labels: [{ key: "app", values: [{ value: "web", pods: 2 }] }],
  operations: [{
    id: "1",
    virtualService: "web",
    time: "2026-11-23T12:00:00Z",
    command: "istiops shift -w 10",
    undone: false,
  }],
};

/** A cache in a directory that is taken away again. */
class Rig implements AsyncDisposable {
  now = NAMES.readAt;
  readonly cache: NamesCache;
  readonly directory: string;
  readonly #base = Deno.makeTempDirSync();

  constructor() {
    this.directory = `${this.#base}/state/names`;
    this.cache = new NamesCache({
      directory: this.directory,
      identify: ({ context, namespace }) =>
        Promise.resolve(
          typeof context === "string" ? `${context} ${namespace}` : undefined,
        ),
      now: () => this.now,
    });
  }

  /** The only file. */
  get path(): string {
    const [one] = this.files;
    return `${this.directory}/${one}`;
  }

  get files(): readonly string[] {
    return [...Deno.readDirSync(this.directory)].map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#base, { recursive: true });
  }
}

Deno.test("names are found again, for their owner only, and are not watched", async () => {
  await using at = new Rig();
  assertEquals(await at.cache.load(PLACE), undefined);
  await at.cache.save(NAMES);
  const found = await at.cache.load(PLACE);
  const virtualServices = found!.virtualServices;
  assertEquals(found, { ...NAMES, isWatched: false, virtualServices });
  assertEquals(await at.cache.load({ ...PLACE, namespace: "b" }), undefined);
  assertEquals(Deno.statSync(at.path).mode! & 0o777, 0o600);
  assertEquals(Deno.statSync(at.directory).mode! & 0o777, 0o700);
  assert(/\/[0-9a-f]{32}\.json$/.test(at.path));
});

Deno.test("values that requests are told by are not on disk, names of headers are", async () => {
  await using at = new Rig();
  await at.cache.save(NAMES);
  assertEquals(Deno.readTextFileSync(at.path).includes("hush"), false);
  const [{ rules }] = (await at.cache.load(PLACE))!.virtualServices as [
    PlaceNames["virtualServices"][number],
  ];
  assertEquals(rules.map(({ match, headers }) => [match, headers]), [
    ["header x-token, x-team, x-beta", ["x-token=", "x-team^=", "x-beta?"]],
    ["some requests", []],
    ['uri prefix "/"', []],
  ]);
});

Deno.test("nothing is kept of a place that has no identity", async () => {
  await using at = new Rig();
  await at.cache.save({ ...NAMES, place: { context: { sandbox: true } } });
  assertEquals(await at.cache.load({ context: { sandbox: true } }), undefined);
});

Deno.test.each([
  { what: "older than a day", by: DAY + 1, gives: false },
  { what: "of a day", by: DAY, gives: true },
  { what: "of another clock's next minute", by: -60_000, gives: true },
  { what: "from the future", by: -60_001, gives: false },
])("names $what are taken: $gives", async ({ by, gives }) => {
  await using at = new Rig();
  await at.cache.save(NAMES);
  at.now = NAMES.readAt + by;
  assertEquals(await at.cache.load(PLACE) !== undefined, gives);
});

const written = (change: (names: Record<string, unknown>) => void) => {
  const { place: _, isWatched: __, ...names } = structuredClone(NAMES);
  change(names as unknown as Record<string, unknown>);
  return JSON.stringify({
    apiVersion: "istiops/v1",
    kind: "KnownNames",
    names,
  });
};

Deno.test.each([
  { what: "nothing", content: "" },
  { what: "half of it", content: written(() => {}).slice(0, -9) },
  { what: "another document", content: '{"kind":"Plan"}' },
  { what: "null", content: "null" },
  {
    what: "a field of a wrong type",
    content: written((names) => names.namespaces = [3]),
  },
  {
    what: "a field that is not ours",
    content: written((names) => names.place = { context: "prod" }),
  },
  {
    what: "a name without end",
    content: written((names) => names.namespaces = ["x".repeat(1000)]),
  },
  {
    what: "a list without end",
    content: written((names) => names.namespaces = Array(1001).fill("x")),
  },
  {
    what: "more than 4 MiB",
    content: written(() => {}).padStart(4 * 1024 * 1024 + 1, " "),
  },
])("a file that holds $what is ignored, and replaced", async ({ content }) => {
  await using at = new Rig();
  await at.cache.save(NAMES);
  assert(await at.cache.load(PLACE) !== undefined);
  Deno.writeTextFileSync(at.path, content);
  assertEquals(await at.cache.load(PLACE), undefined);
  await at.cache.save(NAMES);
  assert(await at.cache.load(PLACE) !== undefined);
});

Deno.test("the file that the hostile ones are made of is taken", async () => {
  await using at = new Rig();
  await at.cache.save(NAMES);
  Deno.writeTextFileSync(at.path, written(() => {}));
  assert(await at.cache.load(PLACE) !== undefined);
});

Deno.test("a link in the place of a file is not followed, either way", async () => {
  await using at = new Rig();
  await at.cache.save(NAMES);
  const { path } = at;
  const target = `${at.directory}/../elsewhere`;
  await Deno.rename(path, target);
  await Deno.symlink(target, path);
  const before = Deno.readTextFileSync(target);
  assertEquals(await at.cache.load(PLACE), undefined);
  await at.cache.save({ ...NAMES, namespaces: ["other"] });
  assertEquals(Deno.readTextFileSync(target), before);
});

Deno.test("where nothing can be written, nothing fails", async () => {
  await using at = new Rig();
  await Deno.mkdir(at.directory.replace(/\/names$/, ""));
  await Deno.writeTextFile(at.directory, "a file");
  await at.cache.save(NAMES);
  assertEquals(await at.cache.load(PLACE), undefined);
});

Deno.test("64 files are kept, the newest; others' files are left alone", async () => {
  await using at = new Rig();
  await Deno.mkdir(at.directory, { recursive: true });
  await Deno.writeTextFile(`${at.directory}/notes.txt`, "mine");
  const old = `${"0".repeat(32)}.json`;
  const half = `${old}.00000000-0000-0000-0000-000000000000.tmp`;
  for (const name of [old, half]) {
    await Deno.writeTextFile(`${at.directory}/${name}`, "{}");
    await Deno.utime(`${at.directory}/${name}`, 1, 1);
  }
  for (let index = 0; index < 70; index += 1) {
    const place = { ...PLACE, namespace: `n${index}` };
    await at.cache.save({ ...NAMES, place });
  }
  assertEquals(at.files.length, 65);
  assertEquals(at.files.includes(old), false);
  assertEquals(at.files.includes(half), false);
  assert(at.files.includes("notes.txt"));
  assert(await at.cache.load({ ...PLACE, namespace: "n69" }) !== undefined);
});
