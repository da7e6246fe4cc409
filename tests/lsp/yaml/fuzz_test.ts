import fc from "fast-check";
import { changed, Lines } from "../../../src/lsp/positions.ts";
import { sketchOf } from "../../../src/lsp/yaml/sketch_lines.ts";
import { assert } from "../../support/assert.ts";
import { CURSOR, Open } from "./rig.ts";

const TEXT = `\uFEFF# 世 👍🏽
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: "reviews", labels: {a: b}}
spec:
  hosts:
  - reviews
  http:
  - name: one
    match: &m
    - headers: {x-cid: {exact: "1"}}
      uri:
        regex: (a+)+$
    route:
    - destination: {host: reviews, subset: v1}
      weight: 90
    - destination:
        host: reviews
        subset: v3
      weight: 20
    timeout: >-
      1s
  - match: *m
    <<: {timeout: 1s}
    redirect: {uri: /x}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
spec:
  host: reviews
  subsets:
  - name: v1
    labels:
      version: v1
--- # JSON
{"apiVersion": "networking.istio.io/v1beta1", "kind": "Gateway",
 "metadata": {"name": "edge"}, "spec": {"servers": []}}
---
apiVersion: istiops/v1
kind: RouteTests
tests:
- name: 世
  request: GET http://reviews/x
  headers: {x-cid: "1"}
  client: &c {namespace: default, labels: {a: b}}
  expect: {rule: one, build: v1, share: {is: 90, within: 1}}
- request: {host: reviews, path: /}
  client: *c
  expect:
    object: reviews
    destinations:
    - subset: v9
      flag: NC
    redirect: {uri: /x}
`;

const PIECES = fc.oneof(
  fc.constantFrom(
    ...["\n", "\r\n", "\t", " ", "  ", "- ", ": ", ":", "{", "}", "[", "]"],
    ...["&a ", "*a", "<<: ", '"', "'", "|", ">", "#", "---\n", "? ", "!t "],
    ...[
      "kind: Gateway\n",
      "subset: ",
      "\uFEFF",
      "\uE000",
      "\u2028",
      "👍🏽",
      "{{",
    ],
    ...["__proto__: ", "constructor: 1\n", "yes", "\0", "\\", ","],
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
  // Any part of the text.
  fc.tuple(fc.nat(TEXT.length), fc.nat(80)).map(([from, length]) =>
    TEXT.slice(from, from + length)
  ),
);
const EDITS = fc.array(
  fc.record({
    at: fc.nat(TEXT.length + 200),
    gone: fc.oneof(fc.nat(4), fc.nat(120)),
    by: PIECES,
  }),
  { minLength: 1, maxLength: 8 },
);

Deno.test("random edits: every question is answered, each place is in the text, each fix reads", () => {
  fc.assert(
    fc.property(EDITS, fc.nat(), (edits, where) => {
      let text = TEXT;
      for (const { at, gone, by } of edits) {
        text = text.slice(0, at) + by + text.slice(at + gone);
      }
      text = text.replaceAll(CURSOR, "");
      const offset = where % (text.length + 1);
      const open = new Open([
        text.slice(0, offset) + CURSOR + text.slice(offset),
        TEXT,
      ]);
      for (const { span } of open.told()) {
        assert(0 <= span.start && span.start <= span.end);
        assert(span.end <= text.length);
      }
      open.completion();
      open.hover();
      const lines = new Lines(text);
      for (const { edit, title } of open.actions()) {
        const own = edit?.changes?.[open.file.uri] ?? [];
        const after = changed(
          text,
          own.toReversed().map(({ range, newText }) => ({
            range,
            text: newText,
          })),
        );
        assert(own.length === 0 || after !== text, title);
        for (const { range } of own) {
          assert(lines.offsetAt(range.end) <= text.length);
        }
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("a sketch has each entry once, in order, below its parent", () => {
  fc.assert(
    fc.property(EDITS, (edits) => {
      let text = TEXT;
      for (const { at, gone, by } of edits) {
        text = text.slice(0, at) + by + text.slice(at + gone);
      }
      const sketch = sketchOf(text);
      let last = 0;
      for (const entry of sketch.entries()) {
        const { parent } = entry;
        assert(parent !== undefined && parent.id < entry.id);
        assert(parent.children().some(({ id }) => id === entry.id));
        assert(last <= entry.at && entry.at <= entry.keyEnd);
        assert(entry.start <= entry.end && entry.end <= text.length);
        last = entry.at;
      }
    }),
    { numRuns: 1000 },
  );
});
