import { complete } from "../../src/language/complete.ts";
import { liveDiagnostics } from "../../src/language/live.ts";
import { readDocument } from "../../src/language/document.ts";
import { toInvocation } from "../../src/language/invocation.ts";
import { parseCommandLine } from "../../src/language/parse.ts";
import { NEW_SESSION, qualify } from "../../src/language/session.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { marked, NAMES } from "./rig/known.ts";

function labels(text: string): readonly string[] {
  const { document, offset } = marked(text);
  return complete(document, offset, NAMES).items.map(({ label }) => label);
}

Deno.test("what is in use in a shell is not for a line that reads files", () => {
  const session = {
    ...NEW_SESSION,
    ...{ context: "staging", namespace: "shop", selector: "app=a" },
  };
  const whole = qualify(parseCommandLine("show -f k8s/"), session);
  assertEquals(whole.options.map(({ option }) => option.long), ["filename"]);
  const { invocation, diagnostics } = toInvocation(whole);
  assertEquals(diagnostics, []);
  assert(invocation?.verb === "show");
  assertEquals(invocation.target.files, ["k8s/"]);
  assertEquals(invocation.intentFor("default"), {});
  // A namespace that is named counts.
  const named = toInvocation(parseCommandLine("show -f k8s/ -n prod"));
  assert(named.invocation?.verb === "show");
  assertEquals(named.invocation.intentFor("prod"), { namespace: "prod" });
});

Deno.test("-f - is refused where lines come from standard input", () => {
  for (const way of ["shell", "script"] as const) {
    const [statement] = readDocument("show -f -", { way }).statements;
    assertEquals(statement?.invocation, undefined);
    assertEquals(statement?.diagnostics.map(({ code }) => code), [
      "invalid-value",
    ]);
  }
  assert(toInvocation(parseCommandLine("show -f -")).invocation);
});

Deno.test("-f excludes what is about a cluster, and is excluded by it", () => {
  assert(!labels("show -f a --con‸").some((one) => one.includes("context")));
  assert(!labels("show --watch --file‸").some((one) => /filename/.test(one)));
  assert(labels("show --file‸").some((one) => /^--filename FILE/.test(one)));
});

Deno.test("names of a cluster say nothing of files", () => {
  const warn = (text: string) =>
    liveDiagnostics(readDocument(text), NAMES).length;
  assert(warn("show nowhere") > 0);
  assertEquals(warn("show nowhere -f k8s/"), 0);
});
