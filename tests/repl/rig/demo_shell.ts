/**
 * A small shell with fixed completions, to try the line editor by hand and in
 * a pseudo-terminal: `deno run -A tests/repl/rig/demo_shell.ts [--plain]`.
 * It says what it would run, and runs nothing.
 *
 * @module
 */

import type { CompletionItem, LineContext } from "../../../repl/context.ts";
import { ghostFrom } from "../../../repl/history_walk.ts";
import { onlyInterrupts } from "../../../repl/lending.ts";
import { LineReader } from "../../../repl/line_reader.ts";
import { Terminal } from "../../../repl/terminal.ts";

const WORDS: readonly CompletionItem[] = [
  { text: "shift ", label: "shift", doc: "Moves traffic to a build" },
  { text: "show ", label: "show", doc: "Tells where traffic goes" },
  { text: "clear ", label: "clear", doc: "Takes away what is not used" },
  { text: "explain ", label: "explain", doc: "Tells which rule is taken" },
  { text: "throw", label: "throw", doc: "Ends this demo by an error" },
  { text: "wait", label: "wait", doc: "Does nothing until Ctrl-C" },
];

const history: string[] = ["show --namespace shop", "shift --build 3"];

function contextOf(text: string, cursor: number): LineContext {
  const start = text.lastIndexOf(" ", cursor - 1) + 1;
  const word = text.slice(start, cursor);
  const items = WORDS.filter((item) => item.label.startsWith(word));
  const [first = ""] = text.split(/\s/);
  const isWrong = first !== "" && !text.includes("\n") &&
    !WORDS.some(({ label }) => label.startsWith(first));
  const ghost = ghostFrom(history, text);
  return {
    history,
    completion: { span: { start, end: cursor }, items, state: "ready" },
    diagnostics: isWrong
      ? [{
        span: { start: 0, end: first.length },
        severity: "error",
        message: `There is no command "${first}"`,
        replacement: "shift",
      }]
      : [],
    highlights: [
      { span: { start: 0, end: first.length }, styles: ["cyan"] },
    ],
    ...ghost !== undefined && { ghost },
    signature: text.startsWith("shift") ? "shift HOST --weight N" : "",
  };
}

const isPlain = Deno.args.includes("--plain") ||
  Deno.env.get("TERM") === "dumb";
using terminal = new Terminal({ isSmart: Deno.env.get("TERM") !== "dumb" });
const reader = new LineReader(terminal, {
  prompt: () => [{ text: "demo", styles: ["green"] }, { text: "> " }],
  contextOf,
}, {
  colour: !isPlain && (Deno.env.get("NO_COLOR") ?? "") === "",
  isPlain,
  reflows: true,
});

const say = (text: string) => terminal.write(`${text}\r\n`);

for (;;) {
  const end = await reader.read();
  if (end.kind === "exit") break;
  if (end.kind !== "run") continue;
  history.push(end.text);
  if (end.text === "throw") throw new Error("as was asked for");
  if (end.text === "wait") await interrupt();
  say(`ran ${JSON.stringify(end.text)}`);
}
say("bye");
terminal[Symbol.dispose]();
Deno.exit(0);

async function interrupt(): Promise<void> {
  const asked = Promise.withResolvers<void>();
  using _taking = onlyInterrupts(terminal, asked.resolve);
  await asked.promise;
}
