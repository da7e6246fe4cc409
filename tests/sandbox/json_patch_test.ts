import type { Json } from "../../src/istio/types.ts";
import {
  applyJsonPatch,
  applyMergePatch,
  PatchError,
  sameJson,
} from "../../src/sandbox/json_patch.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

interface Row {
  readonly does: string;
  readonly to: Json;
  readonly patch: readonly unknown[];
  readonly gives: Json;
}

const rows: readonly Row[] = [
  {
    does: "adds a member",
    to: { a: 1 },
    patch: [{ op: "add", path: "/b", value: 2 }],
    gives: { a: 1, b: 2 },
  },
  {
    does: "adds over a member",
    to: { a: 1 },
    patch: [{ op: "add", path: "/a", value: 2 }],
    gives: { a: 2 },
  },
  {
    does: "inserts into a list",
    to: { a: [1, 3] },
    patch: [{ op: "add", path: "/a/1", value: 2 }],
    gives: { a: [1, 2, 3] },
  },
  {
    does: "appends to a list",
    to: { a: [1] },
    patch: [{ op: "add", path: "/a/-", value: 2 }],
    gives: { a: [1, 2] },
  },
  {
    does: "replaces within lists",
    to: { a: [{ b: 1 }] },
    patch: [{ op: "replace", path: "/a/0/b", value: 2 }],
    gives: { a: [{ b: 2 }] },
  },
  {
    does: "removes from a list",
    to: [1, 2, 3],
    patch: [{ op: "remove", path: "/1" }],
    gives: [1, 3],
  },
  {
    does: "moves a value",
    to: { a: 1, b: {} },
    patch: [{ op: "move", from: "/a", path: "/b/c" }],
    gives: { b: { c: 1 } },
  },
  {
    does: "copies a value",
    to: { a: { x: 1 } },
    patch: [{ op: "copy", from: "/a", path: "/b" }],
    gives: { a: { x: 1 }, b: { x: 1 } },
  },
  {
    does: "reads escapes in a path",
    to: { "a/b": { "~1": 1 } },
    patch: [{ op: "replace", path: "/a~1b/~01", value: 2 }],
    gives: { "a/b": { "~1": 2 } },
  },
  {
    does: "goes on after a test that holds",
    to: { a: { x: 1, y: [2] } },
    patch: [
      { op: "test", path: "/a", value: { y: [2], x: 1 } },
      { op: "remove", path: "/a" },
    ],
    gives: {},
  },
  {
    does: "makes what a replace does not find, as Kubernetes does",
    to: { a: 1 },
    patch: [{ op: "replace", path: "/b", value: 2 }],
    gives: { a: 1, b: 2 },
  },
  {
    does: "replaces the whole document",
    to: { a: 1 },
    patch: [{ op: "add", path: "", value: [] }],
    gives: [],
  },
];

Deno.test.each([...rows])("applyJsonPatch() $does", (row) => {
  const before = structuredClone(row.to);
  assertEquals(applyJsonPatch(row.to, row.patch), row.gives);
  assertEquals(row.to, before);
});

Deno.test.each([
  {
    what: "a test that fails",
    op: { op: "test", path: "/a", value: 2 },
    kind: "test",
  },
  {
    what: "a test of nothing",
    op: { op: "test", path: "/x", value: 2 },
    kind: "test",
  },
  {
    what: "a replace of nothing in a list",
    op: { op: "replace", path: "/list/9", value: 2 },
    kind: "path",
  },
  {
    what: "a remove of nothing",
    op: { op: "remove", path: "/x" },
    kind: "path",
  },
  {
    what: "an add below nothing",
    op: { op: "add", path: "/x/y", value: 2 },
    kind: "path",
  },
  {
    what: "an index past the end",
    op: { op: "add", path: "/l/2", value: 2 },
    kind: "path",
  },
  {
    what: "an index with a sign",
    op: { op: "add", path: "/l/-1", value: 2 },
    kind: "path",
  },
  {
    what: "an index with a zero",
    op: { op: "replace", path: "/l/00", value: 2 },
    kind: "path",
  },
  {
    what: "a move into itself",
    op: { op: "move", from: "/o", path: "/o/x" },
    kind: "path",
  },
  {
    what: "an unknown operation",
    op: { op: "merge", path: "/a" },
    kind: "path",
  },
  {
    what: "a path without slash",
    op: { op: "remove", path: "a" },
    kind: "malformed",
  },
  {
    what: "a bad escape",
    op: { op: "remove", path: "/~2" },
    kind: "malformed",
  },
  {
    what: "an operation without path",
    op: { op: "remove" },
    kind: "malformed",
  },
  { what: "an operation that is a word", op: "remove", kind: "malformed" },
])("applyJsonPatch() refuses $what", ({ op, kind }) => {
  const document = { a: 1, l: [0], o: {} };
  const error = assertThrows(
    () => applyJsonPatch(document, [op]),
    PatchError,
  );
  assertEquals(error.kind, kind);
});

Deno.test.each([
  { what: "__proto__", path: "/__proto__/polluted" },
  { what: "constructor", path: "/constructor/prototype/polluted" },
  { what: "toString", path: "/toString/polluted" },
])("applyJsonPatch() does not reach a prototype by $what", ({ path }) => {
  assertThrows(
    () => applyJsonPatch({}, [{ op: "add", path, value: 1 }]),
    PatchError,
  );
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("applyJsonPatch() keeps a member called __proto__ a member", () => {
  const patched = applyJsonPatch({}, [
    { op: "add", path: "/__proto__", value: { polluted: 1 } },
  ]);
  assertEquals(JSON.stringify(patched), '{"__proto__":{"polluted":1}}');
  assertEquals((patched as Record<string, unknown>).polluted, undefined);
});

Deno.test.each([
  { to: { a: "b" }, patch: { a: "c" }, gives: { a: "c" } },
  { to: { a: "b" }, patch: { b: "c" }, gives: { a: "b", b: "c" } },
  { to: { a: "b" }, patch: { a: null }, gives: {} },
  { to: { a: ["b"] }, patch: { a: "c" }, gives: { a: "c" } },
  {
    to: { a: { b: "c" } },
    patch: { a: { b: "d", c: null } },
    gives: { a: { b: "d" } },
  },
  { to: { a: [{ b: 1 }] }, patch: { a: [1] }, gives: { a: [1] } },
  { to: ["a"], patch: { a: 1 }, gives: { a: 1 } },
  { to: { e: null }, patch: { a: 1 }, gives: { e: null, a: 1 } },
  { to: {}, patch: { a: { bb: { ccc: null } } }, gives: { a: { bb: {} } } },
])("applyMergePatch() turns $to with $patch into $gives", (row) => {
  assertEquals(applyMergePatch(row.to as Json, row.patch as Json), row.gives);
});

Deno.test("applyMergePatch() pollutes no prototype", () => {
  const patch = JSON.parse('{"__proto__":{"polluted":1}}');
  const patched = applyMergePatch({}, patch);
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  assertEquals(JSON.stringify(patched), '{"__proto__":{"polluted":1}}');
});

Deno.test("sameJson() tells an absent member from a null", () => {
  assertEquals(sameJson({ a: null }, {}), false);
  assertEquals(sameJson({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), true);
  assertEquals(sameJson([], {}), false);
});
