import { LARGEST_DOCUMENT, LONGEST_LINE } from "../../src/lsp/documents.ts";
import { LARGEST_YAML } from "../../src/lsp/yaml/files.ts";
import { LspClient, VS_CODE } from "../lsp/rig/client.ts";
import { assert, assertEquals, assertLess } from "../support/assert.ts";
import { suite } from "./suite.ts";

const URI = "file:///shop/release.istiops";
const MIB = 1024 * 1024;
/** What a server may hold at most. */
const MOST = 300 * 1e6;

/** Largest memory that the process ever had; Linux alone tells. */
async function peakOf({ process }: LspClient): Promise<number> {
  if (Deno.build.os !== "linux") return 0;
  const status = await Deno.readTextFile(`/proc/${process.pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

async function answers(client: LspClient): Promise<void> {
  client.open("file:///well.istiops", "shift api -b 3");
  const { contents } = await client.ask("textDocument/hover", {
    textDocument: { uri: "file:///well.istiops" },
    position: { line: 0, character: 2 },
  });
  assert(JSON.stringify(contents).includes("build"));
}

suite({
  id: "S12",
  shows:
    "a message of 100 MB is refused and skipped; the server goes on, and says which documents it lost",
  command: "lsp",
}, async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  client.open(URI, "shfit");
  await client.next("textDocument/publishDiagnostics");
  const length = 100 * MIB;
  client.raw(new TextEncoder().encode(`Content-Length: ${length}\r\n\r\n`));
  const part = new Uint8Array(MIB).fill(0x20);
  for (let sent = 0; sent < length; sent += part.length) await client.raw(part);
  const { id, error } = await client.unasked();
  assertEquals([id, error.code], [null, -32600]);
  const { diagnostics } = await client.next("textDocument/publishDiagnostics");
  assertEquals(diagnostics[0].code, "too-large");
  const lost = await client.request("textDocument/hover", {
    textDocument: { uri: URI },
    position: { line: 0, character: 0 },
  });
  assertEquals(lost.error.code, -32803);
  await answers(client);
  assertLess(await peakOf(client), MOST);
  assertEquals(await client.leave(), 0);
});

suite({
  id: "S12",
  shows:
    "a document of 5 MB is not looked at, with a finding that says so and -32803 for what is asked",
  command: "lsp",
}, async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  for (let at = 0; at < 8; at++) {
    client.open(`${URI}${at}`, "shift api -b 3\n".repeat(333_334));
    const { diagnostics } = await client.next(
      "textDocument/publishDiagnostics",
    );
    assertEquals(diagnostics[0].code, "too-large");
  }
  const { error } = await client.request("textDocument/formatting", {
    textDocument: { uri: `${URI}0` },
    options: { tabSize: 2, insertSpaces: true },
  });
  assertEquals(error.code, -32803);
  client.notify("textDocument/didChange", {
    textDocument: { uri: `${URI}0`, version: 2 },
    contentChanges: [{ text: "show" }],
  });
  const { diagnostics } = await client.next("textDocument/publishDiagnostics");
  assertEquals(diagnostics, []);
  await answers(client);
  assertLess(await peakOf(client), MOST);
});

/** As long as a line may be. */
function line(part: string): string {
  return `${part.repeat(Math.floor((LONGEST_LINE - 8) / part.length))}\n`;
}

const LARGE: readonly (readonly [string, string])[] = [
  ["of commands", "shift api -l app=a -b 3 -w 20 -d api:5000 --header x-a=b\n"],
  ["of variables", "set v%=%\n"],
  ["of variables that nothing sets", "show $v%\n"],
  ["of comments", "# c\n\n"],
  ["of long lines of words", line("a ")],
  ["of long lines of options", line("show --weight 1 ")],
  ["of long lines of variables", line("show $a $")],
  ["of long lines of quotes", line("'")],
  ["of long lines of backslashes", line("\\")],
  ["of long lines that are broken", line("a \\\n")],
];

for (const [what, part] of LARGE) {
  suite({
    id: "S12",
    shows: `a document of the largest size ${what}: every question is answered`,
    command: "lsp",
  }, async (_, { note }) => {
    await using client = new LspClient();
    await client.initialize(VS_CODE);
    let text = part.replaceAll("%", "0");
    const parts: string[] = [];
    for (
      let at = 0, length = 0;
      length + part.length + 24 < LARGEST_DOCUMENT;
      at++
    ) {
      text = part.replaceAll("%", String(at));
      parts.push(text);
      length += text.length;
    }
    client.open(URI, parts.join(""));
    await client.next("textDocument/publishDiagnostics");
    const textDocument = { uri: URI };
    const position = { line: 1, character: 6 };
    const end = { line: 1e6, character: 0 };
    const range = { start: { line: 0, character: 0 }, end };
    for (
      const [method, params] of [
        ["textDocument/completion", { textDocument, position }],
        ["textDocument/completion", { textDocument, position: end }],
        ["textDocument/hover", { textDocument, position }],
        ["textDocument/signatureHelp", { textDocument, position: end }],
        ["textDocument/documentSymbol", { textDocument }],
        ["textDocument/foldingRange", { textDocument }],
        ["textDocument/semanticTokens/full", { textDocument }],
        ["textDocument/codeAction", {
          textDocument,
          range,
          context: { diagnostics: [] },
        }],
        ["textDocument/references", {
          textDocument,
          position,
          context: { includeDeclaration: true },
        }],
        ["textDocument/formatting", {
          textDocument,
          options: { tabSize: 2, insertSpaces: true },
        }],
      ] as const
    ) {
      const { error } = await client.request(method, params);
      assertEquals(error, undefined, method);
    }
    for (let version = 2; version < 6; version++) {
      client.notify("textDocument/didChange", {
        textDocument: { uri: URI, version },
        contentChanges: [{ range: { start: end, end }, text: "#" }],
      });
      await client.next(
        "textDocument/publishDiagnostics",
        (params) => params.version === version,
      );
    }
    const peak = await peakOf(client);
    note("MB at most", Math.round(peak / 1e6));
    assertLess(peak, MOST);
  });
}

/** A text of nearly the largest size. */
function filled(head: string, part: (nth: number) => string): string {
  const parts = [head];
  let { length } = head;
  for (let nth = 0;; nth++) {
    const next = part(nth);
    if (length + next.length > LARGEST_YAML) return parts.join("");
    parts.push(next);
    length += next.length;
  }
}

const HEAD =
  "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  hosts: [a]\n  http:\n";
const RULE = (match: string) =>
  `  - match: [{uri: {prefix: ${match}}}]\n    name: n\n    foo: 1\n    route:\n    - destination:\n        host: a\n        subset: v1\n      weight: 1\n    - destination: {host: b}\n      weight: 1\n`;

const TESTS = "apiVersion: istiops/v1\nkind: RouteTests\ntests:\n";
const TEST = (nth: number) =>
  `- request: http://a:${
    1 + nth % 60_000
  }/\n  client: {namespace: n${nth}}\n  expect: {rule: x, destinations: [{subset: v9}, {build: v8}]}\n`;

const YAML: readonly (readonly [string, string])[] = [
  ["of tests of routes", filled(`${HEAD}${RULE("/")}---\n${TESTS}`, TEST)],
  [
    "of rules, and tests of them",
    filled(
      `${
        filled(HEAD, (nth) => RULE(`/${nth}`)).slice(0, LARGEST_YAML >> 1)
      }: 1\n---\n${TESTS}`,
      TEST,
    ),
  ],
  ["of tests that are none", filled(TESTS, () => "- {x: 1}\n")],
  [
    "of tests with many headers",
    filled(
      `${TESTS}- request: http://a/\n  expect: {rule: x}\n  headers:\n`,
      (nth) => `    h${nth}: ${nth}\n`,
    ),
  ],
  [
    "of aliases in tests",
    filled(
      `${TESTS}- &a {request: http://a/, expect: {rule: x}}\n`,
      () => "- *a\n",
    ),
  ],
  ["of rules", filled(HEAD, (nth) => RULE(`/${nth}`))],
  ["of one rule again and again", filled(HEAD, () => RULE("/"))],
  [
    "of JSON",
    JSON.stringify({
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "a" },
      spec: {
        hosts: ["a"],
        http: Array.from({ length: 15_000 }, (_, nth) => ({
          name: `n${nth}`,
          route: [{ destination: { host: "a" } }],
        })),
      },
    }),
  ],
  [
    "of small documents",
    filled(
      "",
      (nth) => `---\n${HEAD.replace("name: a", `name: a${nth}`)}${RULE("/")}`,
    ),
  ],
  ["of brackets", filled(`${HEAD}  - `, () => "[")],
  ["of braces", filled(`${HEAD}  - `, () => "{a: ")],
  ["of dashes", filled(`${HEAD}  `, () => "- ")],
  ["of one long line", filled(`${HEAD}  - name: `, () => "a")],
  ["of quotes", filled(`${HEAD}  - name: `, () => "'")],
  ["of quotes that stay open", filled(HEAD, () => '  - name: "x\n')],
  ["of anchors", filled(HEAD, (nth) => `  - &a${nth} {}\n`)],
  ["of aliases", filled(`${HEAD}  - &a []\n`, () => "  - *a\n")],
  [
    "of words that are booleans",
    filled(`${HEAD}  - match:\n`, () => "    - y\n"),
  ],
  ["of tabs", filled(HEAD, () => "\t- a: 1\n")],
  ["of comments", filled(HEAD, () => "# istiops-ignore: a\n")],
  ["of carriage returns", filled(HEAD, () => "\r")],
  [
    "of words that look like kinds",
    filled("", () => "kind: Gateway apiVersion: istio.io/ "),
  ],
];

for (const [what, text] of YAML) {
  suite({
    id: "S12",
    shows:
      `a YAML file of the largest size ${what}: every question is answered`,
    command: "lsp",
  }, async (_, { note }) => {
    await using client = new LspClient();
    await client.initialize(VS_CODE);
    const uri = "file:///shop/routes.yaml";
    client.open(uri, text);
    await client.next("textDocument/publishDiagnostics");
    const textDocument = { uri };
    const lines = text.split("\n").length;
    const middle = { line: lines >> 1, character: 12 };
    const end = { line: lines, character: 0 };
    for (
      const [method, params] of [
        ["textDocument/completion", { textDocument, position: middle }],
        ["textDocument/completion", { textDocument, position: end }],
        ["textDocument/hover", { textDocument, position: middle }],
        ["textDocument/codeAction", {
          textDocument,
          range: { start: { line: 0, character: 0 }, end },
          context: { diagnostics: [] },
        }],
      ] as const
    ) {
      const { error } = await client.request(method, params);
      assertEquals(error, undefined, method);
    }
    for (let version = 2; version < 6; version++) {
      client.notify("textDocument/didChange", {
        textDocument: { uri, version },
        contentChanges: [{
          range: { start: middle, end: { ...middle, character: 13 } },
          text: "#",
        }],
      });
      await client.next(
        "textDocument/publishDiagnostics",
        (params) => params.version === version,
      );
    }
    const peak = await peakOf(client);
    note("MB at most", Math.round(peak / 1e6));
    assertLess(peak, MOST);
    assertEquals(await client.leave(), 0);
  });
}

suite({
  id: "S12",
  shows:
    "a YAML file of 5 MB is not looked at, with a finding that says so; one of somebody else gets none",
  command: "lsp",
}, async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  const long = "# c\n".repeat(1_300_000);
  client.open("file:///shop/other.yaml", `a: 1\n${long}`);
  client.open("file:///shop/routes.yaml", `${HEAD}${long}`);
  const { uri, diagnostics } = await client.next(
    "textDocument/publishDiagnostics",
  );
  assertEquals([uri, diagnostics[0].code], [
    "file:///shop/routes.yaml",
    "too-large",
  ]);
  const { error } = await client.request("textDocument/hover", {
    textDocument: { uri },
    position: { line: 1, character: 1 },
  });
  assertEquals(error.code, -32803);
  await answers(client);
  assertEquals(
    client.told.filter(({ params }) => params?.uri.endsWith(".yaml")),
    [],
  );
  assertLess(await peakOf(client), MOST);
});

suite({
  id: "S12",
  shows:
    "100,000 malformed messages are answered, each with its code, and the next is served",
  command: "lsp",
  seeds: 2,
}, async (draw, { note }) => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  const whole = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "textDocument/hover",
    params: { textDocument: { uri: URI }, position: { line: 0, character: 0 } },
  });
  const count = 50_000;
  let answered = 0;
  const counting = (async () => {
    for (; answered < count; answered++) {
      const { error } = await client.unasked();
      assert([-32700, -32600].includes(error.code), JSON.stringify(error));
    }
  })();
  const encoder = new TextEncoder();
  for (let sent = 0; sent < count;) {
    const parts: string[] = [];
    for (let at = 0; at < 500; at++, sent++) {
      // Cut, so that it is no JSON, or JSON that is no message.
      const body = draw.pick([
        whole.slice(0, draw.integer(0, whole.length - 1)),
        whole.replace("2.0", "1.0"),
        `[${whole}]`,
        `{"jsonrpc":"2.0","id":${draw.integer(1, 9)}`,
        '{"jsonrpc":"2.0","__proto__":{"method":"exit"}}',
        '{"jsonrpc":"2.0","constructor":1}',
        String(draw.integer(-9, 9)),
      ]);
      parts.push(`Content-Length: ${body.length}\r\n\r\n${body}`);
    }
    await client.raw(encoder.encode(parts.join("")));
  }
  await counting;
  note("messages", answered);
  await answers(client);
  assertLess(await peakOf(client), MOST);
  assertEquals(await client.leave(), 0);
  assertEquals(await client.stderr, "");
});

suite({
  id: "S12",
  shows:
    "an untrusted workspace that asks for everything gets no network, no process and no file",
  command: "lsp",
}, async () => {
  const home = await Deno.makeTempDir();
  // What it may not do fails, and would be told on standard error.
  const audit = `${home}/audit`;
  try {
    await using client = new LspClient({ home, audit });
    await client.initialize(VS_CODE, {
      trusted: false,
      live: true,
      commands: true,
      execPolicy: "user",
      kubeconfig: `${home}/kubeconfig`,
    });
    client.notify("workspace/didChangeConfiguration", {
      settings: { istiops: { trusted: true, live: true, commands: true } },
    });
    client.open(
      URI,
      `use context evil\nshow --kubeconfig ${home}/kubeconfig\nrun ${home}/x\n` +
        `shift [x](command:evil) -b "<img src=http://127.0.0.1>" -r -H a='(a+)+'`,
    );
    for (let line = 0; line < 4; line++) {
      const hover = await client.ask("textDocument/hover", {
        textDocument: { uri: URI },
        position: { line, character: 8 },
      });
      const text = hover?.contents.value ?? "";
      assert(!/(?<!\\)\]\(|<img|(?<!\\):\/\//.test(text), text);
      await client.ask("textDocument/completion", {
        textDocument: { uri: URI },
        position: { line, character: 40 },
      });
    }
    const routes = "file:///shop/routes.yaml";
    client.open(
      routes,
      `${HEAD}  - name: "[x](command:evil)"\n    match:\n    - headers: {"![a](http://127.0.0.1)": {}}\n    route:\n    - destination: {host: "<img src=http://127.0.0.1>", subset: "[x](command:evil)"}\n`,
    );
    for (let line = 6; line < 11; line++) {
      const hover = await client.ask("textDocument/hover", {
        textDocument: { uri: routes },
        position: { line, character: line === 10 ? 22 : 6 },
      });
      const text = hover?.contents.value ?? "";
      assert(text !== "" || line > 7, `${line}`);
      assert(!/(?<!\\)\]\(|<img|(?<!\\):\/\//.test(text), text);
    }
    assertEquals(await client.leave(), 0);
    const accesses = (await Deno.readTextFile(audit)).trim().split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ permission, value }) =>
        ["net", "run", "write", "ffi"].includes(permission) ||
        String(value).includes(home)
      );
    assertEquals(accesses, []);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
