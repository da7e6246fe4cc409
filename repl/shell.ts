/**
 * The shell: lines in, commands out, until somebody leaves.
 *
 * @module
 */

import type { Io } from "../src/cli/io.ts";
import type { RunLine } from "../src/cli/run_line.ts";
import { renderDiagnostics } from "../src/cli/usage.ts";
import { TrafficError } from "../src/errors.ts";
import type { Document, Statement } from "../src/language/document.ts";
import { givenOf, withOption, wordsOf } from "../src/language/given.ts";
import type { InvocationOptions } from "../src/language/invocation.ts";
import { type Place, placeKey } from "../src/language/names.ts";
import {
  NEW_SESSION,
  placeIn,
  placeOf,
  qualify,
} from "../src/language/session.ts";
import { appendPrivate } from "../src/private_files.ts";
import { safe } from "../src/render/safe.ts";
import { wrap } from "../src/render/text.ts";
import { History } from "./history.ts";
import { contextOf, type Knowledge, readShellLine } from "./line_host.ts";
import {
  LineReader,
  type LineReaderOptions,
  type LineTerminal,
} from "./line_reader.ts";
import { promptOf, type ShellState } from "./session.ts";
import { runSessionVerb } from "./session_verbs.ts";
import { ABANDONED, ShellIo } from "./shell_io.ts";

/** What the names at the prompt come from. */
export interface ShellNames extends Omit<Knowledge, "files"> {
  invalidate(place?: Place): void;
  refresh(place?: Place): void;
}

/** Options of {@linkcode Shell}. */
export interface ShellOptions {
  readonly io: Io;
  readonly runLine: RunLine;
  readonly terminal: LineTerminal;
  readonly names: ShellNames;
  readonly files: Pick<Knowledge, "files"> & { forget(): void };
  /** Where lines are kept; absent: nowhere. */
  readonly historyDir?: string | undefined;
  readonly reader: LineReaderOptions;
}

/** One session at a terminal. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #reader: LineReader;
  readonly #commands: ShellIo;
  #state: ShellState;
  #history: History | undefined;
  #historyOf = "";
  #patterns: InvocationOptions = {};

  constructor(options: ShellOptions, state: ShellState) {
    this.#options = options;
    this.#state = state;
    this.#commands = new ShellIo(
      options.io,
      options.terminal,
      options.reader.isPlain,
    );
    this.#reader = new LineReader(options.terminal, {
      prompt: () => promptOf(this.#state.session, options.names.names()),
      contextOf: (text, cursor) =>
        contextOf(text, cursor, {
          history: this.#history?.lines ?? [],
          state: this.#state,
          columns: options.terminal.size().columns,
          knowledge: {
            names: () => options.names.names(),
            want: (place) => options.names.want(place),
            files: (typed) => options.files.files(typed),
          },
          ...this.#patterns,
        }),
    }, options.reader);
  }

  /** More is known: shows the line anew. */
  refresh(): void {
    this.#reader.refresh();
  }

  /** Says something above the line that is being written. */
  notice(text: string): void {
    const { columns } = this.#options.terminal.size();
    this.#reader.say(wrap(safe(text), columns - 1).join("\n"));
  }

  /** The process is to end: a command under way stops as by Ctrl-C. */
  async stop(): Promise<void> {
    await this.#commands.stop();
  }

  /** Reads and runs lines until somebody leaves; gives the status. */
  async run(): Promise<number> {
    let draft: Draft = NO_DRAFT;
    await this.#openHistory();
    this.#options.names.want(placeIn(this.#state.session));
    this.#loadPatterns();
    for (;;) {
      this.#options.files.forget();
      const end = await this.#reader.read(draft.text, draft.cursor);
      draft = NO_DRAFT;
      if (end.kind === "exit") return 0;
      if (end.kind !== "run" || end.text.trim() === "") continue;
      const next = await this.#line(end.text);
      if (next === "exit") return 0;
      draft = next;
    }
  }

  /** Runs a line, or gives it back with the cursor on what is wrong. */
  async #line(text: string): Promise<Draft | "exit"> {
    const document = readShellLine(text, {
      state: this.#state,
      ...this.#patterns,
    });
    const wrong = document.diagnostics.find(({ severity }) =>
      severity === "error"
    );
    if (wrong !== undefined && !this.#isUndoOfLast(document)) {
      this.#say(renderDiagnostics(
        {
          line: text,
          path: document.statements[0]?.parsed.path ?? [],
          way: "shell",
          diagnostics: document.diagnostics,
        },
        this.#look(),
      ));
      return { text, cursor: wrong.span.start };
    }
    await this.#history?.add(text, {
      way: "shell",
      variables: this.#state.variables,
    });
    for (let at = 0; at < document.statements.length; at++) {
      // What a line before it has set counts for this one.
      const now = at === 0 ? document : readShellLine(text, {
        state: this.#state,
        ...this.#patterns,
      });
      const statement = now.statements[at];
      if (statement === undefined) break;
      const status = await this.#statement(statement);
      if (status === "exit") return "exit";
      // Of several lines, none runs after one that failed.
      if (status !== 0) break;
    }
    return NO_DRAFT;
  }

  async #statement(statement: Statement): Promise<number | "exit"> {
    const { invocation } = statement;
    if (this.#isUndo(statement)) return await this.#undoLast(statement);
    if (invocation === undefined) return 2;
    const done = await runSessionVerb(invocation, {
      state: this.#state,
      names: this.#options.names,
      history: this.#history?.lines ?? [],
      print: (text) => this.#options.io.stdout.write(text),
      width: this.#options.io.columns(),
    });
    if (done === undefined) return await this.#command(statement);
    if (done === "exit") return "exit";
    if ("error" in done) {
      this.#say(renderError(done.error));
      return 2;
    }
    this.#state = done.state;
    this.#options.names.want(placeIn(this.#state.session));
    await this.#openHistory();
    return 0;
  }

  /** Runs what goes to a cluster, by the same path as the command line. */
  async #command(
    { whole }: Statement,
    place = placeOf(whole, this.#state.session),
  ): Promise<number> {
    const status = await this.#commands.run((io) =>
      this.#options.runLine(whole, io, {
        asker: "shell",
        onOutcome: ({ wayBack, changed }) => {
          // Of a change half way, and of one that nobody knows of, too.
          if (!changed && wayBack === undefined) return;
          const { wayBack: _, ...rest } = this.#state;
          this.#state = wayBack === undefined
            ? rest
            : { ...rest, wayBack: { line: wayBack, place } };
        },
      })
    );
    if (whole.command?.changes) this.#options.names.invalidate();
    if (status === ABANDONED) {
      this.#say(
        "\nLeft behind: what was under way may have been done; look before you go on\n",
      );
      return 130;
    }
    if (status === 0) await this.#record(whole);
    return status;
  }

  /** Adds a line that was carried out to the script of `log start`. */
  async #record(whole: Statement["whole"]): Promise<void> {
    const { log } = this.#state;
    const isWorthIt = whole.command?.cluster === true && !whole.help;
    if (log === undefined || !isWorthIt) return;
    try {
      await appendPrivate(log, wordsOf(whole).join(" "));
    } catch (error) {
      this.#say(renderError(error));
    }
  }

  /** `undo` alone, where this session has changed something. */
  #isUndoOfLast({ statements, diagnostics }: Document): boolean {
    return statements.length === 1 &&
      statements.some((statement) => this.#isUndo(statement)) &&
      // That it names nothing is all that may be wrong with it.
      diagnostics.every(({ code }) => code === "missing-argument");
  }

  #isUndo({ parsed }: Statement): boolean {
    const { session, wayBack } = this.#state;
    // The prompt shows another place by now: nothing there is taken back.
    if (wayBack === undefined || !isSame(wayBack.place, placeIn(session))) {
      return false;
    }
    return !parsed.help &&
      parsed.path.join(" ") === "undo" &&
      parsed.positionals.length === 0 &&
      !NO_UNDO_ALONE.some((long) => givenOf(parsed, long));
  }

  /** What else the line says (`--dry-run`, `-o json`) holds for the way back. */
  async #undoLast({ parsed }: Statement): Promise<number> {
    const { wayBack, session: { started } } = this.#state;
    if (wayBack === undefined) return 2;
    const { line } = wayBack;
    this.#say(
      `The newest change of this session goes back by: ${safe(line)}\n`,
    );
    const { statements } = readShellLine(line, {
      state: { session: NEW_SESSION, variables: new Map() },
    });
    const [statement] = statements;
    if (statement === undefined) return 2;
    const said = parsed.options.reduce(
      (line, { option: { long }, value }) => withOption(line, long, value),
      statement.parsed,
    );
    const whole = qualify(said, { ...NEW_SESSION, started });
    return await this.#command({ ...statement, whole }, wayBack.place);
  }

  /** Each context has a history of its own. */
  async #openHistory(): Promise<void> {
    const { context, kubeconfig } = placeIn(this.#state.session);
    const key = JSON.stringify([context ?? null, kubeconfig ?? null]);
    if (key === this.#historyOf) return;
    this.#historyOf = key;
    this.#history = await History.open(this.#options.historyDir, key);
  }

  /** Patterns are checked before Enter, once their library is there. */
  async #loadPatterns(): Promise<void> {
    const { compileRe2 } = await import("../src/istio/re2.ts");
    this.#patterns = {
      problemOfPattern(pattern) {
        const compiled = compileRe2(pattern);
        return "error" in compiled ? compiled.error : undefined;
      },
    };
  }

  #say(text: string): void {
    this.#options.io.stderr.write(text);
  }

  #look(): { readonly color: boolean; readonly width: number } {
    return {
      color: this.#options.reader.colour,
      width: this.#options.io.columns(),
    };
  }
}

/** What a line is about, and where; one that says so is no `undo` alone. */
const NO_UNDO_ALONE = [
  ...["label-selector", "destination", "operation", "to"],
  ...["kubeconfig", "context", "sandbox", "namespace"],
];

/** What the next line begins with. */
interface Draft {
  readonly text: string;
  readonly cursor: number;
}

function isSame(one: Place, other: Place): boolean {
  return placeKey(one) === placeKey(other);
}

const NO_DRAFT: Draft = { text: "", cursor: 0 };

function renderError(error: unknown): string {
  const { message } = error as Error;
  const hint = error instanceof TrafficError ? error.hint : undefined;
  return `error: ${safe(message)}\n${
    hint === undefined ? "" : `next: ${safe(hint)}\n`
  }`;
}
