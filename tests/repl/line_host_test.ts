import { contextOf } from "../../repl/line_host.ts";
import { NO_NAMES, type Place } from "../../src/language/names.ts";
import { NEW_SESSION } from "../../src/language/session.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { NAMES } from "../language/rig/known.ts";

function at(text: string, names = NAMES, history: readonly string[] = []) {
  const cursor = text.includes("‸") ? text.indexOf("‸") : text.length;
  const wanted: Place[] = [];
  const context = contextOf(text.replace("‸", ""), cursor, {
    history,
    columns: 80,
    state: { session: NEW_SESSION, variables: new Map() },
    knowledge: {
      names: () => names,
      want: (place) => void wanted.push(place),
      files: (typed) =>
        typed.startsWith("slow/")
          ? undefined
          : [{ text: `${typed}plan.json `, label: "plan.json" }],
    },
  });
  return { ...context, wanted };
}

const messages = (text: string) =>
  at(text).diagnostics.map(({ message }) => message);

Deno.test("what is still being written is not wrong yet", () => {
  assertEquals(messages("shi"), []);
  assertEquals(messages("shift -b "), []);
  assertEquals(messages("shift --wei"), []);
  assertEquals(messages("clear -m ha"), []);
  assertEquals(messages("show api"), []);
  assertEquals(messages("shift"), []);
});

Deno.test("what is wrong is said before Enter", () => {
  assertEquals(messages("shfit -w 20"), ['There is no command "shfit"']);
  assertEquals(messages("shift --wieght 20"), [
    '"shift" has no option --wieght',
  ]);
  assertEquals(messages("shift -b  -w 20"), ["--build needs a value"]);
  assertEquals(messages("clear -m hart "), [
    '"hart" is not one of soft, hard',
  ]);
  const [warning] = at("show catalg ").diagnostics;
  assertEquals([warning?.severity, warning?.replacement], [
    "warning",
    "catalog",
  ]);
});

Deno.test("a word that is whole is followed by a blank, an open one is not", () => {
  assertEquals(at("shi").completion?.items[0]?.text, "shift ");
  assertEquals(at("shift -l ap").completion?.items[0]?.text, "app=");
  // In the middle of a line a blank is there already.
  assertEquals(at("shi‸ -w 1").completion?.items[0]?.text, "shift");
});

Deno.test("names of a place are wanted where they belong, and loading until they are there", () => {
  const found = at("shift -n shop -b ");
  assertEquals(found.wanted, [{ namespace: "shop" }]);
  assertEquals(found.completion?.state, "loading");
  assertEquals(at("clear -m ", NO_NAMES).completion?.state, "ready");
  assertEquals(at("clear -m ", NO_NAMES).wanted, []);
});

Deno.test("no cluster is asked about half a name of a namespace", () => {
  for (const text of ["show -n sh", "show --namespace=sh", 'show -n "sh']) {
    assertEquals(at(text, NO_NAMES).wanted, [{}]);
  }
});

Deno.test("nobody looks into a namespace that is being written, or into another kubeconfig before Enter", () => {
  assertEquals(at("shift -n sh").wanted, [{}]);
  assertEquals(at("shift --namespace=sh").wanted, [{}]);
  assertEquals(at("shift -n sh -b 3 -w ").wanted, [{ namespace: "sh" }]);
  const foreign = at("shift --kubeconfig ./theirs -b ");
  assertEquals(foreign.wanted, []);
  assertEquals(foreign.completion?.state, "ready");
});

Deno.test("a place that cannot be read is not loading for ever", () => {
  const [place] = NAMES.places;
  assert(place);
  const names = {
    ...NAMES,
    places: [{ ...place, virtualServices: [], problem: "401" }],
  };
  assertEquals(at("show ", names).completion?.state, "ready");
});

Deno.test("files complete where a file belongs", () => {
  assertEquals(at("apply ./").completion?.items[0]?.text, "./plan.json ");
  assertEquals(at("apply slow/").completion?.state, "loading");
});

Deno.test("the newest line that goes on so is the ghost", () => {
  const history = ["shift a -w 1", "shift a -w 2", "show"];
  assertEquals(at("shift", NAMES, history).ghost, " a -w 2");
  assertEquals(at("shift‸ a", NAMES, history).ghost, undefined);
});
