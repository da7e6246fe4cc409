/**
 * The door of the language server, and one question to it instead of a
 * conversation.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import type { EditorQuestion, Invocation } from "../language/invocation.ts";
import { loadPatternCheck } from "./patterns.ts";
import { VERSION } from "../version.ts";
import { connectOptions } from "./connect.ts";
import { readConfig } from "./config.ts";
import { type Io, type Output, READABLE_HINT, whyUnread } from "./io.ts";
import { stateDir } from "./places.ts";
import type { LinesContext } from "./run_line.ts";

type Lsp = Extract<Invocation, { readonly verb: "lsp" }>;

/** Serves an editor, or answers once; gives the status to end with. */
export async function runLsp(
  { question, target }: Lsp,
  { io, talk, runLine }: LinesContext,
): Promise<number> {
  if (question !== undefined) return await answer(question, { io, talk });
  const { serve } = await import("../lsp/server.ts");
  return await serve({
    version: VERSION,
    loadPatterns: loadPatternCheck,
    async openLive({ execPolicy, kubeconfig }, onNotice) {
      const { openLiveNames } = await import("../names/mod.ts");
      const config = await readConfig(io);
      return openLiveNames({
        connect: connectOptions({
          ...target,
          execPolicy,
          ...kubeconfig === undefined ? {} : { kubeconfig },
        }, io),
        protectedContexts: config.protected,
        stateDir: stateDir(io),
        mayWrite: (path) => io.mayWrite(path),
        onNotice,
      });
    },
    async runLine(line, { confirm, signal }) {
      const captured = new CapturedIo(io, signal);
      const status = await runLine(line, captured.io, { confirm });
      return { status, ...captured.texts };
    },
  });
}

async function answer(
  question: EditorQuestion,
  { io, talk }: Pick<LinesContext, "io" | "talk">,
): Promise<number> {
  const { about, file, line = 1, column = 1 } = question;
  let text: string;
  try {
    text = await io.readTextFile(file);
  } catch (cause) {
    throw new TrafficError(
      "file",
      `Cannot read "${file}": ${whyUnread(cause)}`,
      { hint: READABLE_HINT, cause },
    );
  }
  const position = { line: line - 1, character: column - 1 };
  const { result, isWrong } = /\.(?:ya?ml|json)$/i.test(file)
    ? (await import("../lsp/yaml/once.ts")).answerOnce(text, {
      ...{ about, file, position },
    })
    : (await import("../lsp/once.ts")).answerOnce(text, {
      ...{ about, position },
      patterns: await loadPatternCheck(),
    });
  const document = {
    apiVersion: "istiops/v1",
    kind: "EditorAnswer",
    about,
    file,
    result,
  };
  await talk.result({
    document,
    pretty: () => `${JSON.stringify(document, null, 2)}\n`,
  });
  return isWrong ? 1 : 0;
}

/** Characters of a stream that are kept. */
const MOST = 256 * 1024;

/** A process without a terminal, whose output is kept. */
class CapturedIo {
  readonly io: Io;
  #stdout = "";
  #stderr = "";

  constructor(io: Io, signal: AbortSignal) {
    const output = (keep: (text: string) => void): Output => ({
      isTerminal: false,
      isOpen: true,
      write: keep,
    });
    this.io = {
      ...io,
      stdout: output((text) => this.#stdout = cut(this.#stdout + text)),
      stderr: output((text) => this.#stderr = cut(this.#stderr + text)),
      stdin: {
        isTerminal: false,
        readAll: () => Promise.resolve(""),
        keys() {
          throw new Error("nobody types here");
        },
      },
      columns: () => 100,
      onInterrupt(handler) {
        signal.addEventListener("abort", handler);
        return {
          [Symbol.dispose]: () => signal.removeEventListener("abort", handler),
        };
      },
      closeStdout() {},
      exit() {
        throw new Error("the server goes on");
      },
    };
  }

  get texts(): { readonly stdout: string; readonly stderr: string } {
    return { stdout: this.#stdout, stderr: this.#stderr };
  }
}

function cut(text: string): string {
  return text.length <= MOST ? text : text.slice(0, MOST);
}
