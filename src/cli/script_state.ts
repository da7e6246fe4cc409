/**
 * How far a script has come: a private file in the state directory, while it
 * is not through. A change is written down before its first write and after
 * its last, so that whoever goes on knows what to look for.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import type { ObjectName, TrafficPlan } from "../traffic/types.ts";
import type { Io } from "./io.ts";
import { stateDir } from "./places.ts";

/** A change of a line: its operation, and what that writes to. */
export interface Begun {
  readonly operation: string;
  readonly objects: readonly Pick<
    ObjectName,
    "apiVersion" | "kind" | "namespace" | "name"
  >[];
}

/** What was written down about one line. */
export interface Progress {
  /** Tells whether the line is the same one. */
  readonly words: string;
  /** Every time that a change of it was begun, oldest first. */
  readonly begun: readonly Begun[];
  readonly isDone: boolean;
}

/** What a run remembers, by the number of the line among those that run. */
export type Journal = ReadonlyMap<number, Progress>;

interface Entry extends Partial<Begun> {
  readonly step: number;
  readonly words: string;
  readonly isDone: boolean;
}

/** The first line of the file. */
const HEAD = JSON.stringify({ kind: "ScriptState", format: 1 });

/** The file of one run. */
export class ScriptState implements Disposable {
  readonly #path: string;
  readonly #lock: Disposable;

  private constructor(path: string, lock: Disposable) {
    this.#path = path;
    this.#lock = lock;
  }

  /**
   * Takes the file of a run until it is disposed of.
   *
   * @param key Everything that makes two runs the same one.
   * @returns Or why no state can be kept, as a clause.
   */
  static async open(io: Io, key: string): Promise<ScriptState | string> {
    const directory = stateDir(io);
    if (directory === undefined) {
      return "neither HOME nor XDG_STATE_HOME is set";
    }
    if (!io.mayWrite(directory)) {
      return `there is no permission to write "${directory}"`;
    }
    const { lockFile, privateDirectory } = await import("../private_files.ts");
    try {
      await privateDirectory(directory);
      await privateDirectory(`${directory}/scripts`);
      const path = `${directory}/scripts/${(await digestOf(key)).slice(0, 32)}`;
      const lock = await lockFile(`${path}.lock`, { patience: 0 });
      if (lock === undefined) return "another run of the same script goes on";
      return new ScriptState(path, lock);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** What a run before has left; nothing where it came to its end. */
  async read(): Promise<Journal | undefined> {
    const { readPrivate } = await import("../private_files.ts");
    const text = await readPrivate(`${this.#path}.jsonl`);
    return text === undefined ? undefined : journalOf(text);
  }

  /** Begins a new story. */
  async begin(): Promise<void> {
    const { writePrivate } = await import("../private_files.ts");
    await writePrivate(`${this.#path}.jsonl`, `${HEAD}\n`);
  }

  /** Adds to it; on disk when it returns. */
  async add(entry: Entry): Promise<void> {
    const { appendPrivate } = await import("../private_files.ts");
    await appendPrivate(`${this.#path}.jsonl`, JSON.stringify(entry));
  }

  /** There is nothing to go on with. */
  async remove(): Promise<void> {
    // A build has a script run once: nothing of it shall lie about.
    for (const end of [".jsonl", ".lock"]) {
      try {
        await Deno.remove(`${this.#path}${end}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}

/** What a plan is to a state. */
export function begunBy({ operation, objects }: TrafficPlan): Begun {
  return {
    operation,
    objects: objects.map(({ apiVersion, kind, namespace, name }) => ({
      ...{ apiVersion, kind, namespace, name },
    })),
  };
}

/** A text as a name that does not tell it. */
export async function digestOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

function journalOf(text: string): Journal {
  const journal = new Map<number, Progress>();
  const [head, ...lines] = text.split("\n");
  if (JSON.stringify(parsed(head)) !== HEAD) {
    throw new TrafficError("file", "Cannot resume: the state is damaged", {
      hint: "Look at what was done with istiops history, then run the rest",
    });
  }
  for (const line of lines) {
    const entry = parsed(line) as Partial<Entry> | undefined;
    // A line that a crash has cut says nothing.
    if (typeof entry?.step !== "number" || entry.words === undefined) continue;
    const { step, words, operation, objects = [], isDone = false } = entry;
    const before = journal.get(step);
    journal.set(step, {
      words,
      begun: [
        ...before?.begun ?? [],
        ...operation === undefined ? [] : [{ operation, objects }],
      ],
      isDone: isDone || before?.isDone === true,
    });
  }
  return journal;
}

function parsed(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? "");
  } catch {
    return undefined;
  }
}
