import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { type Answer, LspClient, NEOVIM, VS_CODE } from "./rig/client.ts";

const URI = "file:///shop/release.istiops";
const DOCUMENT = { textDocument: { uri: URI } };
const at = (line: number, character: number) => ({
  ...DOCUMENT,
  position: { line, character },
});
const RANGE = {
  start: { line: 0, character: 0 },
  end: { line: 100, character: 0 },
};

const SCRIPT = `# Release 世 👍🏽 𐐀
set app=api-domain
shfit $app -w 3 # 世
shift $app \\
  -b 3 --weight 20
clear -l app=x -m soft
`;

/** Everything that a client can ask about a document, with its parameters. */
const REQUESTS: readonly (readonly [string, object])[] = [
  ["textDocument/completion", at(3, 2)],
  ["textDocument/hover", at(3, 2)],
  ["textDocument/signatureHelp", at(4, 15)],
  ["textDocument/formatting", {
    ...DOCUMENT,
    options: { tabSize: 2, insertSpaces: true },
  }],
  ["textDocument/documentSymbol", DOCUMENT],
  ["textDocument/foldingRange", DOCUMENT],
  ["textDocument/semanticTokens/full", DOCUMENT],
  ["textDocument/semanticTokens/range", { ...DOCUMENT, range: RANGE }],
  ["textDocument/prepareRename", at(1, 5)],
  ["textDocument/rename", { ...at(1, 5), newName: "what" }],
  ["textDocument/references", {
    ...at(1, 5),
    context: { includeDeclaration: true },
  }],
  ["textDocument/definition", at(3, 8)],
  ["textDocument/codeAction", {
    ...DOCUMENT,
    range: RANGE,
    context: { diagnostics: [] },
  }],
  ["textDocument/inlayHint", { ...DOCUMENT, range: RANGE }],
  ["textDocument/codeLens", DOCUMENT],
  ["workspace/executeCommand", {
    command: "istiops.dryRun",
    arguments: [{ uri: URI, start: 0, text: "" }],
  }],
];

Deno.test("before initialize there is -32002, after shutdown -32600, and exit ends with 0", async () => {
  await using client = new LspClient();
  const early = await client.request("textDocument/hover", at(0, 0));
  assertEquals(early.error.code, -32002);
  await client.initialize();
  const again = await client.request("initialize", { capabilities: {} });
  assertEquals(again.error.code, -32600);
  const unknown = await client.request("textDocument/nothing", {});
  assertEquals(unknown.error.code, -32601);
  await client.request("shutdown");
  const late = await client.request("textDocument/hover", at(0, 0));
  assertEquals(late.error.code, -32600);
  client.notify("exit");
  assertEquals(await client.end(), 0);
  assertEquals(await client.stderr, "");
});

Deno.test("exit without shutdown ends with 1, so does an editor that has gone", async () => {
  for (const initialize of [false, true]) {
    await using client = new LspClient();
    if (initialize) await client.initialize();
    client.notify("exit");
    assertEquals(await client.end(), 1);
  }
  await using gone = new LspClient();
  await gone.initialize();
  await gone.closeInput();
  assertEquals(await gone.end(), 1);
});

Deno.test("the process that started it is watched: where that has ended, it ends with 1", async () => {
  await using client = new LspClient();
  const short = new Deno.Command(Deno.execPath(), { args: ["--version"] });
  const { pid, status } = short.spawn();
  await status;
  await client.request("initialize", { processId: pid, capabilities: {} });
  assertEquals(await client.end(), 1);
});

for (
  const [name, capabilities] of [
    ["VS Code", VS_CODE],
    ["Neovim", NEOVIM],
    ["an editor that announces nothing", {}],
  ] as const
) {
  Deno.test(`${name} gets what it announces, and only what is advertised answers`, async () => {
    await using client = new LspClient();
    const server = await client.initialize(capabilities);
    client.open(URI, SCRIPT);
    const { diagnostics, version } = await client.next(
      "textDocument/publishDiagnostics",
    );
    assertEquals(version, name === "VS Code" ? 1 : undefined);
    assertEquals(diagnostics.map((one: Answer) => [one.code, one.range]), [[
      "unknown-command",
      { start: { line: 2, character: 0 }, end: { line: 2, character: 5 } },
    ]]);
    for (const [method, params] of REQUESTS) {
      const { error } = await client.request(method, params);
      assertEquals(
        error?.code,
        isAdvertised(method, server) ? undefined : -32601,
        method,
      );
    }
    const list = await client.ask("textDocument/completion", at(3, 3));
    const [item] = list.items;
    assertEquals("itemDefaults" in list, name === "VS Code");
    assertEquals("textEdit" in item, name !== "VS Code");
    assert(
      list.items.every((one: Answer) =>
        one.insertTextFormat === undefined && one.labelDetails === undefined
      ),
    );
    const hover = await client.ask("textDocument/hover", at(3, 2));
    const isPlain = Object.keys(capabilities).length === 0;
    assertEquals(hover.contents.kind, isPlain ? "plaintext" : "markdown");
    const actions = await client.ask("textDocument/codeAction", {
      ...DOCUMENT,
      range: {
        start: { line: 2, character: 1 },
        end: { line: 2, character: 1 },
      },
      context: { diagnostics: [] },
    });
    assertEquals(
      actions.map((one: Answer) => one.title),
      isPlain ? [] : ["Write shift"],
    );
    assertEquals(await client.leave(), 0);
    assertEquals(await client.stderr, "");
  });
}

function isAdvertised(method: string, server: Answer): boolean {
  const word = {
    "textDocument/formatting": "documentFormatting",
    "textDocument/prepareRename": "rename",
    "workspace/executeCommand": "executeCommand",
  }[method] ?? method.split("/")[1] ?? "";
  const provider = server[`${word}Provider`];
  return provider !== undefined && provider !== false;
}

Deno.test("findings carry the version they are about, and go when the document closes", async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  client.open(URI, "shfit\n", 1);
  const first = await client.next("textDocument/publishDiagnostics");
  assertEquals([first.version, first.diagnostics.length], [1, 1]);
  for (let version = 2; version < 30; version++) {
    client.notify("textDocument/didChange", {
      textDocument: { uri: URI, version },
      contentChanges: [{ text: version === 29 ? "show\n" : "shfit\n" }],
    });
  }
  const last = await client.next(
    "textDocument/publishDiagnostics",
    ({ version }) => version === 29,
  );
  assertEquals(last.diagnostics, []);
  client.open("file:///other.istiops", "shfit\n");
  await client.next(
    "textDocument/publishDiagnostics",
    ({ uri }) => uri !== URI,
  );
  client.notify("textDocument/didClose", {
    textDocument: { uri: "file:///other.istiops" },
  });
  const closed = await client.next("textDocument/publishDiagnostics");
  assertEquals([closed.uri, closed.diagnostics], ["file:///other.istiops", []]);
  const { error } = await client.request("textDocument/hover", {
    textDocument: { uri: "file:///other.istiops" },
    position: { line: 0, character: 0 },
  });
  assertEquals(error.code, -32602);
});

Deno.test("an item says what it means once it is asked, where the editor can ask", async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  client.open(URI, "shift api -b 3 --we");
  const { items } = await client.ask("textDocument/completion", at(0, 19));
  const item = items.find((one: Answer) => one.filterText === "--weight");
  assertEquals(item.documentation, undefined);
  const { documentation } = await client.ask("completionItem/resolve", item);
  assertEquals(documentation.kind, "markdown");
  assertStringIncludes(documentation.value, "share");
});

Deno.test("parameters that are none get -32602, and what no document is gets none", async () => {
  await using client = new LspClient();
  await client.initialize();
  client.open("untitled:one", "shift");
  client.notify("textDocument/didOpen", { textDocument: null });
  client.notify("textDocument/didChange", 7 as unknown);
  client.open(URI, "shift");
  for (
    const params of [
      undefined,
      {},
      DOCUMENT,
      { ...DOCUMENT, position: { line: "0" } },
      at(0.5, 0),
      { textDocument: { uri: "untitled:one" }, position: at(0, 0).position },
      { textDocument: { uri: "__proto__" }, position: at(0, 0).position },
    ]
  ) {
    const { error } = await client.request("textDocument/hover", params);
    assertEquals(error?.code, -32602, JSON.stringify(params));
  }
  const rename = await client.request("textDocument/rename", at(0, 0));
  assertEquals(rename.error.code, -32602);
});
