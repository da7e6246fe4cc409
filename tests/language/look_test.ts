import { hoverAt } from "../../src/language/hover.ts";
import { liveDiagnostics } from "../../src/language/live.ts";
import { readDocument } from "../../src/language/document.ts";
import { NO_NAMES } from "../../src/language/names.ts";
import { signatureAt } from "../../src/language/signature.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { marked, NAMES } from "./rig/known.ts";

function hover(text: string, names = NAMES): string {
  const { document, offset, text: plain } = marked(text);
  const found = hoverAt(document, offset, names);
  return found === undefined ? "" : [
    `${plain.slice(found.span.start, found.span.end)}: ${found.title}`,
    ...found.lines,
  ].join("\n");
}

Deno.test.each([
  { text: "sh‸ift -w 20", has: "shift: shift\nSend requests to a build" },
  { text: "use na‸mespace", has: "namespace: use namespace" },
  { text: "shift -w‸ 20", has: "Its share: 0 to 100" },
  { text: "shift --settle‸ 2s", has: "Default: 2s" },
  { text: "clear -m ha‸rd", has: "soft: what is dead" },
  { text: "clear --mo‸de=hard", has: "--mode=: --mode soft|hard" },
  {
    text: "shift -l app=api-domain -b 2‸ -w 20",
    has: "api-domain build 2: 10 %, 2 pods, subset api-domain-2\nRead 2 s ago",
  },
  { text: "shift -l app=api-domain -w 2‸0", has: "build 1: 90 %, 6 pods" },
  {
    text: "show api-domain-virtual‸service",
    has: "  2 master [.+] -> 90 % api-domain:5000 1, 10 % api-domain:5000 2",
  },
  { text: "show -d cata‸log", has: "catalog: catalog" },
  { text: "shift --route mas‸ter", has: "2 master [.+]" },
])("over $text one reads $has", ({ text, has }) => {
  assert(hover(text).includes(has), hover(text));
});

Deno.test("hover says what a variable is, and nothing of a blank", () => {
  const { document, offset } = marked("set b=3\nshift -b $‸b -w 1", {
    way: "script",
  });
  assertEquals(hoverAt(document, offset, NO_NAMES)?.lines, ["is 3"]);
  assertEquals(hover("shift  ‸  -w 1"), "");
  assertEquals(hover("# sh‸ift"), "");
  // Without a cluster it is still said what the value is for.
  assert(hover("shift -b 2‸", NO_NAMES).includes("The build, by the value"));
});

function signature(text: string): string {
  const { document, offset } = marked(text);
  const found = signatureAt(document, offset);
  if (!found) return "";
  const { label, parameters, active } = found;
  const part = active === undefined ? undefined : parameters[active];
  return part
    ? `${label.slice(0, part.start)}<${label.slice(part.start, part.end)}>${
      label.slice(part.end)
    }`
    : label;
}

Deno.test("the signature marks what is being written, and leaves out what is given", () => {
  assert(signature("undo ‸").startsWith("undo <[NAME…]> [-l SELECTOR]"));
  const weight = signature("shift -b 3 -w ‸");
  assert(weight.includes("<[-w PERCENT]>"), weight);
  assert(!weight.includes("-b BUILD"), weight);
  assert(signature("shift --header a=1 --header ‸").includes("<[--header "));
  assert(signature("show -n ‸").endsWith("<[-n NAME]>"));
  assertEquals(signature("‸"), "");
  assertEquals(signature("nothing ‸"), "");
  assertEquals(signature("apply ‸").slice(0, 13), "apply <FILE> ");
});

function warnings(text: string): readonly string[] {
  return liveDiagnostics(readDocument(text), NAMES).map((each) =>
    `${text.slice(each.span.start, each.span.end)}: ${each.message}${
      each.replacement === undefined ? "" : ` -> ${each.replacement}`
    }`
  );
}

Deno.test.each([
  {
    text: "show catalg",
    gives: [
      'catalg: There is no VirtualService "catalg" in default, as of 2 s ago -> catalog',
    ],
  },
  {
    text: "shift -d api-domian:5000 -b 1 -w 100",
    gives: [
      'api-domian: There is no Service "api-domian" in default, as of 2 s ago -> api-domain',
    ],
  },
  {
    text: "shift -l app=api-domain -b PR-11 -w 1",
    gives: [
      'PR-11: There is no build "PR-11" of api-domain, as of 2 s ago -> PR-10',
    ],
  },
  { text: "shift -l app=api-domain -b PR-11 -p build=PR-11 -w 1", gives: [] },
  {
    text: "shift catalog -b v1 -w 1 --route nope",
    gives: ['nope: There is no rule "nope", as of 2 s ago'],
  },
  {
    text: "show --context stagin",
    gives: ['stagin: The kubeconfig has no context "stagin" -> staging'],
  },
  { text: "use context production", gives: [] },
  {
    text: "use namespace shp",
    gives: ['shp: There is no namespace "shp", as of 2 s ago -> shop'],
  },
  // Of another place nothing is known.
  { text: "show nothing -n shop", gives: [] },
  {
    text: "show reviews.other",
    gives: [
      'reviews.other: There is no VirtualService "reviews.other" in default, as of 2 s ago',
    ],
  },
  { text: "shift -d other.example.com -b 1 -w 1", gives: [] },
])("of $text it warns: $gives", ({ text, gives }) => {
  assertEquals(warnings(text), gives);
});
