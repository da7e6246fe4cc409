/**
 * One engine: what the prompt, the language server over stdio and the one-shot
 * say of the same line is the same.
 *
 * @module
 */

import fc from "fast-check";
import { contextOf, readShellLine } from "../../repl/line_host.ts";
import { runCli } from "../../src/cli/run.ts";
import {
  COMMANDS,
  commandsIn,
  isIn,
  optionsOf,
} from "../../src/language/commands.ts";
import { hoverAt } from "../../src/language/hover.ts";
import { NO_NAMES } from "../../src/language/names.ts";
import { NEW_SESSION } from "../../src/language/session.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { assertEquals } from "../support/assert.ts";
import { type Answer, LspClient } from "./rig/client.ts";

const SEED = Number(Deno.env.get("ISTIOPS_SEED") ?? 2026);
const COUNT = 300;

interface Line {
  readonly text: string;
  readonly cursor: number;
}

/** What is said of a line, in the plainest form. */
interface Said {
  /** Labels of what could be written, and what they replace. */
  readonly items: readonly string[];
  /** `code start-end message`. */
  readonly findings: readonly string[];
  /** `start-end title`. */
  readonly hover: string | null;
}

/** Lines of commands that can be written at the prompt and in scripts. */
const commands = COMMANDS.filter((command) =>
  isIn(command, "shell") && isIn(command, "script") && !command.hidden &&
  // Alone it lists what was typed, where something is typed.
  command.path[0] !== "history"
);

const anyWord = fc.oneof(
  fc.constantFrom(
    ...["api-domain", "app=api", "a=1,b=2", "20", "120", "0.1", "soft", "hart"],
    ...["'a b'", '"x', "\\", "$x", "世界", "👍🏽", "x-cid=me", "--", "-", "#"],
    ...["1=50,2=50", "api:5000", "5m", "json", "staging", ","],
  ),
  fc.constantFrom(...commandsIn("script").map(({ path }) => path[0] as string)),
);

const anyLine: fc.Arbitrary<Line> = fc.constantFrom(...commands).chain(
  (command) => {
    const options = optionsOf(command, "script").flatMap(({ long, short }) => [
      `--${long}`,
      `--${long}=`,
      ...short === undefined ? [] : [`-${short}`],
      // A slip.
      `--${long.slice(0, -1)}x`,
    ]);
    return fc.tuple(
      fc.constantFrom(
        command.path.join(" "),
        command.path.join(" ").slice(0, -1),
      ),
      fc.array(fc.oneof(anyWord, fc.constantFrom(...options)), {
        maxLength: 5,
      }),
      fc.nat(),
    ).map(([first, words, at]) => {
      const text = [first, ...words].join(" ");
      return { text, cursor: at % (text.length + 1) };
    });
  },
);

/** What is wrong in a script, and fine at a prompt. */
const NO_END = /--watch does not end/;

/** Words that only the prompt has. */
const shellOnly = new Set(
  COMMANDS.filter((command) =>
    isIn(command, "shell") && !isIn(command, "script")
  ).map(({ path }) => path.at(-1)),
);

function byPrompt({ text, cursor }: Line): Said {
  const state = { session: NEW_SESSION, variables: new Map() };
  const { completion } = contextOf(text, cursor, {
    history: [],
    columns: 80,
    state,
    knowledge: { names: () => NO_NAMES, want: () => {}, files: () => [] },
  });
  const document = readShellLine(text, { state });
  const hover = hoverAt(document, cursor, NO_NAMES);
  return {
    items: (completion?.items ?? []).map(({ label }) => label)
      .filter((label) => !shellOnly.has(label)),
    findings: document.diagnostics.map(({ code, span, message }) =>
      `${code} ${span.start}-${span.end} ${message}`
    ),
    hover: hover === undefined
      ? null
      : `${hover.span.start}-${hover.span.end} ${hover.title}`,
  };
}

/** Without the escapes of Markdown, and without what they stand for. */
function plain(text: string): string {
  return text.replaceAll("&nbsp;", " ").replaceAll("\\", "");
}

/** As the protocol has it; a line of one row, so that columns are offsets. */
function said(
  list: Answer,
  diagnostics: readonly Answer[],
  hover: Answer,
): Said {
  const at = ({ start, end }: Answer) => `${start.character}-${end.character}`;
  const [, title = ""] = hover === null
    ? []
    : /^(?:\*\*|`+ ?)?(.*?)(?:\*\*|`+)?$/m.exec(hover.contents.value) ?? [];
  return {
    items: list.items.map(({ label }: Answer) => label),
    findings: diagnostics.map(({ code, range, message }) =>
      `${code} ${at(range)} ${message.split("\n")[0]}`
    ).filter((finding) => !NO_END.test(finding)),
    hover: hover === null ? null : `${at(hover.range)} ${title}`,
  };
}

Deno.test(`${COUNT} lines: prompt, language server and one-shot say the same (ISTIOPS_SEED=${SEED})`, async () => {
  const lines = fc.sample(anyLine, { seed: SEED, numRuns: COUNT });
  const folder = await Deno.makeTempDir();
  await using client = new LspClient();
  await client.initialize({
    textDocument: { hover: { contentFormat: ["plaintext"] } },
  });
  try {
    for (const [index, line] of lines.entries()) {
      const { text, cursor } = line;
      const uri = `file:///shop/${index}.istiops`;
      const position = { line: 0, character: cursor };
      client.open(uri, text);
      const { diagnostics } = await client.next(
        "textDocument/publishDiagnostics",
        (params) => params.uri === uri,
      );
      const of = { textDocument: { uri }, position };
      const served = said(
        await client.ask("textDocument/completion", of),
        diagnostics,
        await client.ask("textDocument/hover", of),
      );
      client.notify("textDocument/didClose", { textDocument: { uri } });

      const file = `${folder}/${index}.istiops`;
      await Deno.writeTextFile(file, text);
      const once = async (about: string, at: string): Promise<Answer> => {
        const process = new FakeProcess();
        await runCli(["lsp", `--${about}`, `${file}${at}`], process.io);
        return JSON.parse(process.stdout).result;
      };
      const at = `:1:${cursor + 1}`;
      const shot = said(
        await once("complete", at),
        await once("check", ""),
        await once("hover", at),
      );
      const typed = byPrompt(line);
      const told = JSON.stringify(line);
      assertEquals(served.items, typed.items, told);
      assertEquals(shot.items, typed.items, told);
      assertEquals(served.findings, typed.findings, told);
      assertEquals(shot.findings, typed.findings, told);
      assertEquals(
        served.hover?.split(" ")[0],
        typed.hover?.split(" ")[0],
        told,
      );
      assertEquals(shot.hover?.split(" ")[0], typed.hover?.split(" ")[0], told);
      for (const each of [served, shot]) {
        const title = typed.hover?.slice(typed.hover.indexOf(" ") + 1) ?? "";
        const other = each.hover ?? "";
        assertEquals(
          plain(other).includes(plain(title)),
          true,
          `${told}: ${other} is not ${title}`,
        );
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
