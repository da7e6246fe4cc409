import {
  addEntry,
  decodeHistory,
  encodeHistory,
  HISTORY_ANNOTATION,
  readHistory,
} from "../../src/traffic/journal.ts";
import type { HistoryEntry } from "../../src/traffic/types.ts";
import { virtualServiceWith } from "../support/arbitraries.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { stored } from "../support/decisions.ts";

const SERVER = "https://memory.test";
const OBJECT = stored(virtualServiceWith([]));

function entry(
  operation: string,
  rest: Partial<HistoryEntry> = {},
): HistoryEntry {
  return {
    operation,
    verb: "shift",
    time: "2026-11-23T12:00:00.000Z",
    command: "istiops shift reviews -b v2 -w 20",
    server: SERVER,
    namespace: "default",
    name: "reviews",
    uid: OBJECT.metadata.uid!,
    objects: [],
    edits: [],
    subsets: [],
    shares: [],
    ...rest,
  };
}

async function withRecord(entries: readonly HistoryEntry[], uid?: string) {
  return stored(OBJECT, {
    ...(uid === undefined ? {} : { uid }),
    annotations: { [HISTORY_ANNOTATION]: await encodeHistory(entries) },
  });
}

/** Text that does not compress. */
function noise(bytes: number): string {
  let text = "";
  while (text.length < bytes) text += crypto.randomUUID();
  return text.slice(0, bytes);
}

Deno.test("11.1 the record gives back what went in", async () => {
  const entries = [
    entry("b", { edits: [{ list: "/spec/http", before: { "é": 1 } }] }),
    entry("a"),
  ];
  assertEquals(
    (await decodeHistory(await encodeHistory(entries))).entries,
    entries,
  );
});

Deno.test("11.1 an object keeps its 10 newest records", async () => {
  let older: readonly HistoryEntry[] = [];
  for (let i = 0; i < 12; i++) {
    const kept = await addEntry(entry(`op-${i}`), { object: OBJECT, older });
    older = (await decodeHistory(kept.value!)).entries;
  }
  assertEquals(older.map(({ operation }) => operation), [
    ..."98765432".split("").map((n) => `op-${n}`).toSpliced(
      0,
      0,
      "op-11",
      "op-10",
    ),
  ]);
});

Deno.test("11.1 the oldest records go where 64 KiB are full", async () => {
  const large = (id: string) =>
    entry(id, { edits: [{ list: "/spec/http", before: noise(30_000) }] });
  const kept = await addEntry(large("c"), {
    object: OBJECT,
    older: [large("b"), large("a")],
  });
  assert(kept.complete && kept.value!.length <= 64 * 1024);
  const { entries } = await decodeHistory(kept.value!);
  assertEquals(entries.map(({ operation }) => operation), ["c", "b"]);
});

Deno.test("11.1 a record takes only what the other annotations leave of 256 KiB", async () => {
  const object = stored(OBJECT, {
    annotations: { "example.com/large": "x".repeat(256 * 1024 - 2000) },
  });
  const large = entry("b", {
    edits: [{ list: "/spec/http", before: noise(3000) }],
  });
  const kept = await addEntry(large, { object, older: [entry("a")] });
  assertEquals(kept.complete, false);
  const { entries } = await decodeHistory(kept.value!);
  assertEquals(
    entries.map(({ operation, incomplete }) => [operation, incomplete]),
    [
      ["b", true],
    ],
  );
  const full = stored(OBJECT, { annotations: { a: "x".repeat(256 * 1024) } });
  assertEquals(await addEntry(entry("b"), { object: full, older: [] }), {
    complete: false,
  });
});

Deno.test.each([
  { whose: "another UID", uid: "uid-copy", rest: {} },
  { whose: "another name", uid: undefined, rest: { name: "ratings" } },
  { whose: "another namespace", uid: undefined, rest: { namespace: "prod" } },
])(
  "11.1 a record with $whose is ignored, and that is said",
  async ({ uid, rest }) => {
    const object = await withRecord([entry("a", rest)], uid);
    const { entries, problems } = await readHistory(object, { server: SERVER });
    assertEquals(entries, []);
    assertStringIncludes(problems[0]!, "belong to another object");
  },
);

Deno.test("11.1 without a UID the server tells a copy", async () => {
  const { uid: _, ...bare } = entry("a");
  const object = await withRecord([bare]);
  const own = await readHistory(object, { server: SERVER });
  assertEquals(own.entries.length, 1);
  const other = await readHistory(object, { server: "https://other.test" });
  assertEquals(other.entries, []);
});

Deno.test("11.1 an edited record is refused by its hash", async () => {
  const text = await encodeHistory([entry("a")]);
  const edited = text.replace(/.$/, (last) => last === "A" ? "B" : "A");
  await assertRejects(() => decodeHistory(edited), RangeError, "edited");
  const object = stored(OBJECT, {
    annotations: { [HISTORY_ANNOTATION]: edited },
  });
  const { entries, problems } = await readHistory(object, { server: SERVER });
  assertEquals([entries.length, problems.length], [0, 1]);
});

Deno.test.each([
  { evil: "a list of null", value: [null] },
  { evil: "a name with a slash", value: [entry("a", { name: "../x" })] },
  { evil: "an operation that is an option", value: [entry("--yes")] },
  { evil: "an unknown verb", value: [{ ...entry("a"), verb: "drop" }] },
  {
    evil: "deep nesting",
    value: [{
      ...entry("a"),
      edits: [{
        list: "/spec/http",
        before: JSON.parse("[".repeat(2000) + "]".repeat(2000)),
      }],
    }],
  },
  {
    evil: "another list",
    value: [{ ...entry("a"), edits: [{ list: "/metadata/finalizers" }] }],
  },
])("11.1 an entry with $evil is left out", async ({ value }) => {
  const text = await encodeHistory(value as unknown as HistoryEntry[]);
  const { entries, problems } = await decodeHistory(text);
  assertEquals([entries, problems.length], [[], 1]);
});

Deno.test("11.1 a record that unpacks to more than 1 MiB is not unpacked", async () => {
  const bomb = await encodeHistory([
    entry("a", { command: "x".repeat(8 * 1024 * 1024) }),
  ]);
  assert(bomb.length < 64 * 1024);
  await assertRejects(() => decodeHistory(bomb), RangeError, "too large");
});

Deno.test("11.1 a whole record under the hash of another is not read", async () => {
  const ours = await encodeHistory([entry("a")]);
  const edited = await encodeHistory([entry("a", { command: "edited" })]);
  const forged = ours.slice(0, 20) + edited.slice(20);
  await assertRejects(() => decodeHistory(forged), RangeError, "was edited");
});
