import type { CodeAction } from "vscode-languageserver/node";
import { codeActionsAt } from "../../src/lsp/code_actions.ts";
import { completionAt } from "../../src/lsp/completion.ts";
import { diagnosticsOf } from "../../src/lsp/diagnostics.ts";
import { formattingOf } from "../../src/lsp/formatting.ts";
import { hoverOf, signatureOf } from "../../src/lsp/hover.ts";
import { escape } from "../../src/lsp/markdown.ts";
import { foldingOf, symbolsOf } from "../../src/lsp/outline.ts";
import { inlayHintsOf, lensesOf } from "../../src/lsp/routes.ts";
import { LEGEND, semanticTokensOf } from "../../src/lsp/semantic_tokens.ts";
import {
  definitionAt,
  referencesAt,
  renamableAt,
  renameAt,
} from "../../src/lsp/variables.ts";
import { FULL_CLIENT, type View, viewOf } from "../../src/lsp/view.ts";
import type { Names } from "../../src/language/names.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";

const URI = "file:///a.istiops";

Deno.test("a finding has the place, the code and the words of the command line", () => {
  assertEquals(diagnosticsOf(viewOf("# 👍🏽\r\nshfit 世")), [{
    range: {
      start: { line: 1, character: 0 },
      end: { line: 1, character: 5 },
    },
    severity: 1,
    code: "unknown-command",
    source: "istiops",
    message: 'There is no command "shfit"\nDid you mean "shift"?',
  }]);
});

Deno.test.each([
  { line: "sh‸fit api", does: "Write shift", gives: "shift api" },
  {
    line: "shift api --wie‸ght 20 -b 3",
    does: "Write --weight",
    gives: "shift api --weight 20 -b 3",
  },
  {
    line: "shift api --split 1=80,3=‸30",
    does: "Write 1=70,3=30",
    gives: "shift api --split 1=70,3=30",
  },
  {
    line: "shift api --split=1=0.5,3=‸99",
    does: "Write 1=0.5,3=99.5",
    gives: "shift api --split=1=0.5,3=99.5",
  },
  {
    line: "shift api -b 3‸  # why",
    does: "Add --weight PERCENT",
    gives: "shift api -b 3 --weight PERCENT  # why",
  },
  {
    line: "shift -b 3 -w 20‸",
    does: "Add -l SELECTOR",
    gives: "shift -b 3 -w 20 -l SELECTOR",
  },
  {
    line: "clear api -m so‸ft",
    does: "Turn soft into hard",
    gives: "clear api -m hard",
  },
  {
    line: "clear api --mode=hard‸",
    does: "Turn hard into soft",
    gives: "clear api --mode=soft",
  },
  {
    line: "set app=1\nshow $ap‸",
    does: "Write $app",
    gives: "set app=1\nshow $app",
  },
])("$does turns $line into $gives", ({ line, does, gives }) => {
  const { view, range } = cursor(line);
  const action = codeActionsAt(view, { uri: URI, range, mayRun: false })
    .find(({ title }) => title === does) as CodeAction | undefined;
  assert(action, `${does} is not offered`);
  const [edit] = action.edit?.changes?.[URI] ?? [];
  assert(edit);
  const { start, end } = view.lines.spanOf(edit.range);
  const { text } = view.document;
  assertEquals(text.slice(0, start) + edit.newText + text.slice(end), gives);
});

Deno.test("shares that no largest build can mend have no fix", () => {
  const { view, range } = cursor("shift api --split 1=80,2=80,3=‸80");
  assertEquals(codeActionsAt(view, { uri: URI, range, mayRun: false }), []);
});

Deno.test("a kind that was not asked for is not offered", () => {
  const { view, range } = cursor("clear api -m so‸ft");
  const of = { uri: URI, range, mayRun: true };
  assertEquals(codeActionsAt(view, { ...of, only: ["quickfix"] }), []);
  assertEquals(codeActionsAt(view, { ...of, only: ["refactor"] }).length, 1);
});

Deno.test("names of the cluster: warnings, hints, hovers, fixes", () => {
  const { view, range } = cursor(
    "shift api -b canary‸ -w 20\nshift api -b 3 -w 20",
    {
      names: NAMES,
    },
  );
  const [warning] = diagnosticsOf(view);
  assertEquals([warning?.severity, warning?.code], [2, "build-unknown"]);
  assertEquals(
    codeActionsAt(view, { uri: URI, range, mayRun: false })
      .map(({ title }) => title),
    ["Write 1", "Write 3"],
  );
  const whole = {
    start: { line: 0, character: 0 },
    end: { line: 9, character: 0 },
  };
  assertEquals(
    inlayHintsOf(view, whole).map(({ label, position }) => [label, position]),
    [
      ["now 0 %, 2 s ago", { line: 0, character: 25 }],
      ["now 10 %, 2 s ago", { line: 1, character: 20 }],
    ],
  );
  const hover = hoverOf(view, { line: 1, character: 14 });
  assertStringIncludes(JSON.stringify(hover), "build 3\\\\: 10 %");
});

Deno.test("a text of a cluster is a text: no link, no markup, no command", () => {
  const evil = [
    "[x](command:rm) ![y](http://a) <img src=q> `a` *b* _c_ www.a.b # h",
    "https://a.b mailto:a@b &lt; ~~d~~ | e | f $x^2$ \\",
    "    code",
    "- list",
    "1. list",
    "\u001b[31m\u202eabc",
  ];
  assertEquals(evil.map(escape), [
    "\\[x\\]\\(command\\:rm\\) \\!\\[y\\]\\(http\\://a\\) &lt;img src=q&gt; \\`a\\` \\*b\\* \\_c\\_ www\\.a.b \\# h",
    "https\\://a.b mailto\\:a\\@b &amp;lt; \\~\\~d\\~\\~ \\| e \\| f \\$x\\^2\\$ \\\\",
    "&nbsp;&nbsp;&nbsp;&nbsp;code",
    "\\- list",
    "1\\. list",
    "\\\\x1b\\[31m\\\\u202eabc",
  ]);
});

Deno.test("a list is complete where nothing is being read, and goes on where it is", () => {
  const { view, position } = cursor("shift api -b ‸");
  assertEquals(completionAt(view, position).list.isIncomplete, false);
  const loading = cursor("shift api -b ‸", {
    names: { now: 5, contexts: [], places: [] },
  });
  const { list, wants } = completionAt(loading.view, loading.position);
  assertEquals([list.isIncomplete, wants], [true, {}]);
});

Deno.test("an editor without defaults gets an edit with each item", () => {
  const { view, position } = cursor("shift api --we‸", {
    client: { ...FULL_CLIENT, itemDefaults: false },
  });
  const [item] = completionAt(view, position).list.items;
  assertEquals(item?.textEdit, {
    range: {
      start: { line: 0, character: 10 },
      end: { line: 0, character: 14 },
    },
    newText: "--weight",
  });
});

Deno.test("the signature marks what is being written, by text where offsets are not known", () => {
  const { view, position } = cursor("shift api -w ‸");
  const whole = signatureOf(view, position);
  const label = whole?.signatures[0]?.parameters?.[whole.activeParameter ?? 99]
    ?.label as [number, number];
  assertEquals(whole?.signatures[0]?.label.slice(...label), "[-w PERCENT]");
  const plain = signatureOf({
    ...view,
    client: { ...FULL_CLIENT, labelOffsets: false },
  }, position);
  const { parameters } = plain?.signatures[0] ?? {};
  assertEquals(
    parameters?.[plain?.activeParameter ?? 99]?.label,
    "[-w PERCENT]",
  );
});

Deno.test("formatting is one edit of the lines that differ, and none the second time", () => {
  const view = viewOf("show\nshift   api -b 3\nshow # é\n");
  assertEquals(formattingOf(view), [{
    range: {
      start: { line: 1, character: 0 },
      end: { line: 2, character: 0 },
    },
    newText: "shift api -b 3\n",
  }]);
  assertEquals(formattingOf(viewOf("show\nshift api -b 3\nshow # é\n")), []);
});

Deno.test("commands stand under the comment of their section", () => {
  const view = viewOf(
    "show\n\n# == Shift ==\n# more\nset a=1\nshift api \\\n  -b 3 # not a section\n\n# End\nshow",
  );
  const shown = symbolsOf(view).map(({ name, children }) => [
    name,
    children?.map(({ name }) => name) ?? null,
  ]);
  assertEquals(shown, [
    ["show", null],
    ["Shift", ["set a=1", "shift api"]],
    ["End", ["show"]],
  ]);
  assertEquals(foldingOf(view), [
    { startLine: 2, endLine: 3, kind: "comment" },
    { startLine: 2, endLine: 6, kind: "region" },
    { startLine: 5, endLine: 6 },
    { startLine: 8, endLine: 9, kind: "region" },
  ]);
});

Deno.test("each word has its type, and none reaches over the end of a line", () => {
  const text = 'istiops shift a$x --weight=20 \\\n -b "世\\\n" # c';
  const view = viewOf(`set x=1\n${text}`);
  assertEquals(
    wordsOf(view).slice(2),
    [
      "keyword istiops",
      "keyword shift",
      "string a",
      "variable $x",
      "property --weight",
      "number 20",
      "property -b",
      'string "世\\',
      'string "',
      "comment # c",
    ].slice(0, wordsOf(view).length - 2),
  );
});

Deno.test("a part of the tokens is what is in the range", () => {
  const view = viewOf("show\nshow\nshow");
  const { data } = semanticTokensOf(view, { start: 5, end: 9 });
  assertEquals(data, [1, 0, 4, 0, 0]);
});

Deno.test("a variable has one name everywhere, and a place where it is set", () => {
  const { view, position } = cursor(
    "set app=1\nshow $ap‸p # $app\nset app=2\nshow ${app}x '$app'",
  );
  assertEquals(renamableAt(view, position)?.placeholder, "app");
  const edit = renameAt(view, { uri: URI, position, newName: "b" });
  assert(edit && "changes" in edit);
  const places = (edit.changes?.[URI] ?? []).map(({ range: { start } }) =>
    `${start.line}:${start.character}`
  );
  assertEquals(places, ["0:4", "1:6", "2:4", "3:7"]);
  assertEquals(
    definitionAt(view, { uri: URI, position })?.range.start,
    { line: 0, character: 4 },
  );
  assertEquals(
    referencesAt(view, { uri: URI, position, includeDeclaration: false })
      .length,
    2,
  );
  const taken = viewOf("set a=1\nset b=2\nshow $a");
  const refusals = ["b", "x y", "1", ""].map((newName) => {
    const found = renameAt(taken, {
      uri: URI,
      position: { line: 2, character: 6 },
      newName,
    });
    return found && "refusal" in found ? found.isInvalid : "renamed";
  });
  assertEquals(refusals, [false, true, true, true]);
});

Deno.test("a variable that nothing sets has no other name", () => {
  const { view, position } = cursor("show $no‸pe");
  assertEquals(renamableAt(view, position), null);
});

Deno.test("a line that can be carried out has a lens for each way, one that is wrong has none", () => {
  const view = viewOf(
    "shift api -b 3 -w 20\nshow api\nset a=1\nshift api -b 3",
  );
  assertEquals(
    lensesOf(view, URI).map(({ range, command }) =>
      `${range.start.line} ${command?.title}`
    ),
    ["0 dry run", "0 run", "0 show route", "1 show route"],
  );
});

function wordsOf(view: View): string[] {
  const { data } = semanticTokensOf(view);
  const words: string[] = [];
  let line = 0;
  let character = 0;
  for (let at = 0; at < data.length; at += 5) {
    const [lines = 0, characters = 0, length = 0, type = 0] = data.slice(at);
    line += lines;
    character = lines === 0 ? character + characters : characters;
    const start = view.lines.offsetAt({ line, character });
    words.push(
      `${LEGEND.tokenTypes[type]} ${
        view.document.text.slice(start, start + length)
      }`,
    );
  }
  return words;
}

/** The text without `‸`, and where that stood. */
function cursor(
  marked: string,
  of: Parameters<typeof viewOf>[1] = {},
) {
  const offset = marked.indexOf("‸");
  const view = viewOf(marked.replace("‸", ""), of);
  const position = view.lines.positionAt(offset);
  return { view, position, range: { start: position, end: position } };
}

const NAMES: Names = {
  now: 2000,
  contexts: [],
  places: [{
    place: {},
    namespace: "default",
    readAt: 0,
    isWatched: true,
    isPartial: false,
    namespaces: ["default"],
    services: [{ host: "api", ports: [5000] }],
    labels: [],
    operations: [],
    builds: [
      { build: "1", host: "api", labels: {}, subset: "v1", pods: 2 },
      { build: "3", host: "api", labels: {}, subset: "v3", pods: 1 },
    ],
    virtualServices: [{
      name: "api",
      labels: {},
      hosts: ["api"],
      rules: [{
        index: 0,
        kind: "base",
        match: "any request",
        headers: [],
        destinations: [
          { host: "api", subset: "v1", build: "1", percent: 90 },
          { host: "api", subset: "v3", build: "3", percent: 10 },
        ],
      }],
    }],
  }],
};
