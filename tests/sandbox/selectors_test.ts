import {
  parseFieldSelector,
  parseLabelSelector,
} from "../../src/sandbox/selectors.ts";
import { StatusError } from "../../src/sandbox/status.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { virtualService } from "./support.ts";

const objects = [
  virtualService("one", { labels: { app: "a", build: "1" } }),
  virtualService("two", { labels: { app: "a", build: "2" } }),
  virtualService("three", { labels: { app: "b" }, namespace: "shop" }),
  virtualService("four"),
];

Deno.test.each([
  { selector: "", gives: "one two three four" },
  { selector: "app=a", gives: "one two" },
  { selector: "app==a", gives: "one two" },
  { selector: "app = a , build = 2", gives: "two" },
  { selector: "app!=a", gives: "three four" },
  { selector: "build in (1,2)", gives: "one two" },
  { selector: "build in (1), app", gives: "one" },
  { selector: "build notin (1)", gives: "two three four" },
  { selector: "app", gives: "one two three" },
  { selector: "!app", gives: "four" },
  { selector: "!build,app=b", gives: "three" },
  { selector: "app=", gives: "" },
  { selector: "toString", gives: "" },
])("a label selector '$selector' finds '$gives'", ({ selector, gives }) => {
  const found = objects.filter(parseLabelSelector(selector));
  assertEquals(found.map(({ metadata }) => metadata.name).join(" "), gives);
});

Deno.test.each(["a b", "=x", "a in x", "a in (b", "-a=b", "a=b c", "a=ä"])(
  "a label selector '%s' is a bad request",
  (selector) => {
    const error = assertThrows(() => parseLabelSelector(selector), StatusError);
    assertEquals(error.code, 400);
  },
);

Deno.test.each([
  { selector: "metadata.name=one", gives: "one" },
  { selector: "metadata.name!=one", gives: "two three four" },
  { selector: "metadata.namespace=shop", gives: "three" },
  { selector: "metadata.namespace=shop,metadata.name=one", gives: "" },
])("a field selector '$selector' finds '$gives'", ({ selector, gives }) => {
  const found = objects.filter(parseFieldSelector(selector));
  assertEquals(found.map(({ metadata }) => metadata.name).join(" "), gives);
});

Deno.test("a field selector by another field is a bad request", () => {
  const error = assertThrows(
    () => parseFieldSelector("spec.host=x"),
    StatusError,
    "field label not supported: spec.host",
  );
  assertEquals(error.code, 400);
});
