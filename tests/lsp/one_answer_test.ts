import {
  COMMANDS,
  commandsIn,
  optionsOf,
} from "../../src/language/commands.ts";
import { complete } from "../../src/language/complete.ts";
import { readDocument } from "../../src/language/document.ts";
import { format } from "../../src/language/format.ts";
import { hoverAt } from "../../src/language/hover.ts";
import { NO_NAMES } from "../../src/language/names.ts";
import { findingsIn } from "../../src/language/script.ts";
import { answerOnce } from "../../src/lsp/once.ts";
import { answerOnce as answerOnceInYaml } from "../../src/lsp/yaml/once.ts";
import { Lines } from "../../src/lsp/positions.ts";
import { randomOf } from "../../src/istio/draw.ts";
import { runCli } from "../../src/cli/run.ts";
import { systemIo } from "../../src/cli/io.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { documentChecker } from "../support/schemas.ts";
import { LspClient, VS_CODE } from "./rig/client.ts";

const LINES = 300;

/** What VS Code announces, with all of an item at once. */
const CAPABILITIES = {
  ...VS_CODE,
  textDocument: {
    ...VS_CODE.textDocument,
    completion: {
      ...VS_CODE.textDocument.completion,
      completionItem: { documentationFormat: ["markdown"] },
    },
  },
};

/** Lines of words that belong there, words that nearly do, and others. */
function scriptOf(seed: number): { text: string; cursors: number[] } {
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T =>
    from[Math.floor(random() * from.length)] as T;
  const cursors: number[] = [];
  let text = "";
  for (let line = 0; line < LINES; line++) {
    const command = pick(commandsIn("script"));
    const words = [command.path.join(" ")];
    for (let count = Math.floor(random() * 5); count > 0; count--) {
      const option = pick(optionsOf(command, "script"));
      words.push(
        pick([`--${option.long}`, `-${option.short ?? "x"}`, "--wieght", "-"]),
        pick([
          "20",
          "api",
          "app=api-domain",
          "世",
          "👍🏽",
          "$name",
          "'a",
          "",
          "#",
        ]),
      );
    }
    const start = text.length;
    text += `${words.join(pick([" ", "  ", " \\\n  "]))}\n`;
    cursors.push(start + Math.floor(random() * (text.length - start)));
  }
  return { text, cursors };
}

Deno.test("300 random lines with a cursor: the engine, one answer, and the server say the same", async () => {
  const { text, cursors } = scriptOf(7);
  const document = readDocument(text, { way: "script" });
  const lines = new Lines(text);
  const uri = "file:///random.istiops";
  await using client = new LspClient();
  await client.initialize(CAPABILITIES);
  client.open(uri, text);
  const { diagnostics } = await client.next("textDocument/publishDiagnostics");
  const once = (about: "complete" | "hover" | "check", offset: number) =>
    answerOnce(text, {
      about,
      position: lines.positionAt(offset),
      patterns: {},
    }).result;
  assertEquals(diagnostics, once("check", 0));
  assertEquals(
    // deno-lint-ignore no-explicit-any
    diagnostics.map((one: any) => [one.code, one.message]),
    findingsIn(document).slice(0, 500).map(({ code, message, hint }) => [
      code,
      hint === undefined ? message : `${message}\n${hint}`,
    ]),
  );
  for (const offset of cursors) {
    const params = {
      textDocument: { uri },
      position: lines.positionAt(offset),
    };
    const list = await client.ask("textDocument/completion", params);
    assertEquals(list, once("complete", offset));
    assertEquals(
      list.items.map((item: { filterText: string }) => item.filterText),
      complete(document, offset, NO_NAMES).items.map(({ text }) => text),
    );
    const hover = await client.ask("textDocument/hover", params);
    assertEquals(hover, once("hover", offset));
    assertEquals(
      hover?.range,
      // Undefined there is null here.
      mapped(
        hoverAt(document, offset, NO_NAMES)?.span,
        (span) => lines.rangeOf(span),
      ),
    );
  }
});

Deno.test("a formatted text says the same, and formatting it again changes nothing", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const { text } = scriptOf(seed);
    const formatted = format(text);
    assertEquals(format(formatted), formatted);
    const said = (of: string) =>
      readDocument(of, { way: "script" }).statements.map(({ parsed }) =>
        parsed.tokens.tokens.map(({ value }) => value)
      );
    assertEquals(said(formatted), said(text));
  }
});

Deno.test("every option of the help is offered, with what it means", async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  for (const command of commandsIn("script")) {
    const text = `${command.path.join(" ")} --`;
    const uri = `file:///${command.path.join("-")}.istiops`;
    client.open(uri, text);
    const { items } = await client.ask("textDocument/completion", {
      textDocument: { uri },
      position: { line: 0, character: text.length },
    });
    for (const { long } of optionsOf(command, "script")) {
      if (long === "help") continue;
      const item = items.find((one: { filterText: string }) =>
        one.filterText === `--${long}`
      );
      assert(item, `${command.path.join(" ")} --${long} is not offered`);
      const { documentation } = await client.ask(
        "completionItem/resolve",
        item,
      );
      assert(documentation.value.length > 0);
    }
  }
  assert(COMMANDS.length > 0);
});

Deno.test("one answer about a YAML file is what the server says", async () => {
  const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec:
  hosts: [a]
  timuot: 1s
  http:
  - route: [{destination: {host: a}}]
    ti
`;
  const uri = "file:///a.yaml";
  await using client = new LspClient();
  await client.initialize(CAPABILITIES);
  client.open(uri, text);
  const once = (about: "complete" | "hover" | "check", line: number) =>
    answerOnceInYaml(text, {
      ...{ about, file: uri },
      position: { line, character: 5 },
    });
  const { diagnostics } = await client.next("textDocument/publishDiagnostics");
  assertEquals({ result: diagnostics, isWrong: true }, once("check", 0));
  for (const line of [4, 7, 8]) {
    const params = {
      textDocument: { uri },
      position: { line, character: 5 },
    };
    const list = await client.ask("textDocument/completion", params);
    assertEquals(list, once("complete", line).result);
    assert(list.items.length > 0);
    assertEquals(
      await client.ask("textDocument/hover", params),
      once("hover", line).result,
    );
  }
});

Deno.test("one answer is a document of its schema; --check fails on an error alone", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/a.istiops`;
  const yaml = `${folder}/a.yaml`;
  await Deno.writeTextFile(
    yaml,
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {}\n",
  );
  const check = await documentChecker();
  try {
    for (
      const { text, args, status } of [
        { text: "shfit api", args: ["--check", file], status: 1 },
        { text: "show api", args: ["--check", file], status: 0 },
        { text: "show -r 1", args: ["--complete", `${file}:1:3`], status: 0 },
        { text: "show api", args: ["--hover", `${file}:1:2`], status: 0 },
        { text: "", args: ["--hover", `${file}:9:9`], status: 0 },
        { text: "", args: ["--check", yaml], status: 1 },
        { text: "", args: ["--complete", `${yaml}:2:7`], status: 0 },
      ]
    ) {
      await Deno.writeTextFile(file, text);
      let said = "";
      const stdout = {
        isTerminal: false,
        isOpen: true,
        write: (text: string) => void (said += text),
      };
      const io = { ...systemIo(), stdout };
      assertEquals(await runCli(["lsp", ...args], io), status);
      assertEquals(check("EditorAnswer", JSON.parse(said)), "");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function mapped<T, U>(
  value: T | undefined,
  to: (value: T) => U,
): U | undefined {
  return value === undefined ? undefined : to(value);
}
