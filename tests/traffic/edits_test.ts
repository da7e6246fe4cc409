import fc from "fast-check";
import type { Json, KubeObject } from "../../src/istio/types.ts";
import {
  applyEdits,
  diffObjects,
  itemsOf,
  recordEdits,
  reverseEdits,
} from "../../src/traffic/edits.ts";
import {
  anyRule,
  anyRules,
  anySubsets,
  destinationRuleWith,
  holds,
  virtualServiceWith,
} from "../support/arbitraries.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { applyPatch } from "../support/json_patch.ts";

function applied(object: KubeObject, edits: Parameters<typeof applyEdits>[1]) {
  const result = applyEdits(object, edits);
  assert(result.ok, JSON.stringify(result));
  return result;
}

Deno.test("applyEdits() carries out diffObjects(), in memory and as JSON Patch", () => {
  holds(fc.property(anyRules, anyRules, (a, b) => {
    const [before, after] = [virtualServiceWith(a), virtualServiceWith(b)];
    const kept = structuredClone(before);
    const result = applied(before, diffObjects(before, after));
    assertEquals(result.after, after);
    assertEquals(applyPatch(before, result.operations), after);
    assertEquals(before, kept);
  }));
  holds(fc.property(anySubsets, anySubsets, (a, b) => {
    const [before, after] = [destinationRuleWith(a), destinationRuleWith(b)];
    const result = applied(before, diffObjects(before, after));
    assertEquals(result.after, after);
    assertEquals(applyPatch(before, result.operations), after);
  }));
});

Deno.test("diffObjects() of equal objects is empty", () => {
  holds(fc.property(anyRules, (rules) => {
    const object = virtualServiceWith(rules);
    assertEquals(diffObjects(object, structuredClone(object)), []);
  }));
});

Deno.test("diffObjects() refuses objects that differ in anything else", () => {
  const before = virtualServiceWith([]);
  const after = { ...before, spec: { hosts: ["other"] } };
  assertThrows(() => diffObjects(before, after), TypeError);
});

Deno.test("11.3 undo right after any change gives the former rules exactly", () => {
  holds(fc.property(anyRules, anyRules, (a, b) => {
    const [before, after] = [virtualServiceWith(a), virtualServiceWith(b)];
    const recorded = recordEdits(diffObjects(before, after), after);
    assertEquals(applied(after, reverseEdits(recorded)).after, before);
  }));
});

/** Rules no generator gives, so that they can be told from all others. */
const foreign = (n: number) => ({
  name: `foreign-${n}`,
  redirect: { uri: `/${n}` },
});

/** Rules that are all different: only then is "unrelated" well defined. */
const distinctRules = fc.uniqueArray(anyRule, {
  maxLength: 8,
  selector: (rule) => JSON.stringify(rule),
});

Deno.test("11.3 undo gives the former rules and keeps rules inserted since", () => {
  holds(fc.property(
    distinctRules,
    distinctRules,
    fc.array(fc.nat(8), { maxLength: 4 }),
    (a, b, places) => {
      const [before, after] = [virtualServiceWith(a), virtualServiceWith(b)];
      const recorded = recordEdits(diffObjects(before, after), after);
      const now = [...b];
      places.forEach((at, n) => now.splice(at, 0, foreign(n)));
      const result = applyEdits(
        virtualServiceWith(now),
        reverseEdits(recorded),
        { restore: true },
      );
      if (!result.ok) {
        // Only where a restored rule has lost both neighbours.
        for (const conflict of result.conflicts) {
          assertEquals(
            conflict.reason,
            "has lost both of its former neighbours",
          );
        }
        return;
      }
      const items = itemsOf(result.after, "/spec/http") as { name?: string }[];
      const isForeign = (item: { name?: string }) =>
        item.name?.startsWith("foreign-") === true;
      assertEquals(items.filter((item) => !isForeign(item)), a);
      assertEquals(items.filter(isForeign), now.filter(isForeign as never));
    },
  ));
});

Deno.test("11.3 undo keeps unrelated rules removed or changed since", () => {
  holds(fc.property(
    distinctRules,
    fc.nat(7),
    fc.nat(7),
    fc.boolean(),
    (a, touched, other, remove) => {
      fc.pre(touched < a.length && other < a.length && touched !== other);
      const before = virtualServiceWith(a);
      const b = a.with(touched, { ...a[touched], timeout: "9s" });
      const after = virtualServiceWith(b);
      const recorded = recordEdits(diffObjects(before, after), after);
      const change = (rules: readonly Record<string, unknown>[]) =>
        remove
          ? rules.toSpliced(other, 1)
          : rules.with(other, { ...rules[other], fault: {} });
      const result = applied(
        virtualServiceWith(change(b)),
        reverseEdits(recorded),
      );
      assertEquals(result.after, virtualServiceWith(change(a)));
    },
  ));
});

const rules = (...names: string[]) =>
  names.map((name): Json => ({ name, timeout: "1s" }));
const edited = (name: string) => ({ name, timeout: "2s" });
/** A rule for some requests, always with the same match. */
const preview = (build: string): Json => ({
  match: [{ headers: { "x-cid": { exact: "1" } } }],
  route: [{ destination: { host: "reviews", subset: `v${build}` } }],
});

Deno.test.each([
  {
    what: "a rule is found where it has moved to",
    before: rules("a", "b", "c"),
    after: [...rules("a"), edited("b"), ...rules("c")],
    now: rules("x", "b", "a", "c"),
    gives: [...rules("x"), edited("b"), ...rules("a", "c")],
  },
  {
    what: "an insertion follows the rule below it",
    before: rules("a", "b"),
    after: rules("a", "new", "b"),
    now: rules("a", "x", "b", "y"),
    gives: rules("a", "x", "new", "b", "y"),
  },
  {
    what: "an insertion follows the rule above where the one below is gone",
    before: rules("a", "b"),
    after: rules("a", "new", "b"),
    now: rules("x", "a", "y"),
    gives: rules("x", "a", "new", "y"),
  },
  {
    what: "insertions in a row stay together",
    before: rules("a", "b"),
    after: rules("a", "n1", "n2", "b"),
    now: rules("a", "x"),
    gives: rules("a", "n1", "n2", "x"),
  },
  {
    what: "a rule that another one with its match came before is a conflict",
    before: rules("a", "b"),
    after: [...rules("a"), preview("1"), ...rules("b")],
    now: [...rules("a"), preview("2"), ...rules("b")],
    gives: "would stand below another with the same match",
  },
  {
    what: "a rule with the match of one that was there is no conflict",
    before: [preview("2"), ...rules("a", "b")],
    after: [preview("2"), ...rules("a"), preview("1"), ...rules("b")],
    now: [preview("2"), ...rules("a", "b", "c")],
    gives: [preview("2"), ...rules("a"), preview("1"), ...rules("b", "c")],
  },
  {
    what: "twins are told apart by their neighbours",
    before: rules("a", "t", "b", "t", "c"),
    after: [...rules("a", "t", "b"), edited("t"), ...rules("c")],
    now: rules("x", "a", "t", "b", "t", "c"),
    gives: [...rules("x", "a", "t", "b"), edited("t"), ...rules("c")],
  },
  {
    what: "a change on a gone rule is a conflict",
    before: rules("a", "b"),
    after: [...rules("a"), edited("b")],
    now: rules("a"),
    gives: "is gone",
  },
  {
    what: "a change on a rule that differs is a conflict",
    before: rules("a", "b"),
    after: [...rules("a"), edited("b")],
    now: [...rules("a"), { name: "b", timeout: "5s" }],
    gives: "was changed",
  },
  {
    what: "a change on a rule that was doubled is a conflict",
    before: rules("a", "b"),
    after: [...rules("a"), edited("b")],
    now: rules("b", "a", "b"),
    gives: [...rules("b", "a"), edited("b")],
  },
  {
    what: "a change on a rule whose twins cannot be told apart is a conflict",
    before: rules("a", "b"),
    after: [...rules("a"), edited("b")],
    now: rules("x", "b", "y", "b"),
    gives: "is there 2 times",
  },
])(
  "applyEdits() on a newer version: $what",
  ({ before, after, now, gives }) => {
    const edits = diffObjects(
      virtualServiceWith(before),
      virtualServiceWith(after),
    );
    const result = applyEdits(virtualServiceWith(now), edits);
    if (typeof gives === "string") {
      assert(!result.ok);
      assertEquals(result.conflicts[0]?.reason, gives);
    } else {
      assert(result.ok);
      assertEquals(itemsOf(result.after, "/spec/http"), gives);
    }
  },
);

Deno.test.each([
  { what: "the same one", version: "2", gives: true },
  { what: "another", version: "3", gives: false },
])("applyEdits() where somebody has made a subset of the name: $what", ({
  version,
  gives,
}) => {
  const v = (name: string, version: string) => ({ name, labels: { version } });
  const before = destinationRuleWith([v("v1", "1")]);
  const edits = diffObjects(
    before,
    destinationRuleWith([v("v1", "1"), v("v2", "2")]),
  );
  const now = destinationRuleWith([v("v1", "1"), v("v2", version)]);
  const result = applyEdits(now, edits);
  assertEquals(result.ok, gives);
  if (result.ok) assertEquals([result.after, result.operations], [now, []]);
  else {
    assertEquals(
      result.conflicts[0]?.reason,
      "has the name of another that was made",
    );
  }
});

Deno.test("11.3 --force replaces the rule of the same name, and never guesses what to remove", () => {
  const before = virtualServiceWith(rules("a", "b"));
  const after = virtualServiceWith([
    ...rules("a"),
    edited("b"),
    ...rules("new"),
  ]);
  const recorded = recordEdits(diffObjects(before, after), after);
  const now = virtualServiceWith([
    { name: "x" },
    { name: "b", timeout: "7s" },
    ...rules("a"),
  ]);
  const result = applyEdits(now, reverseEdits(recorded), { force: true });
  assert(result.ok);
  assertEquals(itemsOf(result.after, "/spec/http"), [
    { name: "x" },
    ...rules("b", "a"),
  ]);
  assertEquals(result.forced.length, 2);
});

Deno.test("applyEdits() sends only the fields of a rule that differ", () => {
  const before = virtualServiceWith([{ name: "a", "x/~y": 1, timeout: "1s" }]);
  const after = virtualServiceWith([{ name: "a", "x/~y": 2, retries: {} }]);
  const { operations } = applied(before, diffObjects(before, after));
  assertEquals(operations, [
    {
      op: "test",
      path: "/spec/http/0",
      value: { name: "a", "x/~y": 1, timeout: "1s" },
    },
    { op: "replace", path: "/spec/http/0/x~1~0y", value: 2 },
    { op: "remove", path: "/spec/http/0/timeout" },
    { op: "add", path: "/spec/http/0/retries", value: {} },
  ]);
});
