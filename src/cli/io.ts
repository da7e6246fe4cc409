/**
 * Everything the command line asks of the process around it, as one value:
 * the only module that touches the console, the environment and signals.
 *
 * @module
 */

import { readAllAtMost, readAtMost } from "../bounded_file.ts";
import { TrafficError } from "../errors.ts";
import { systemReason } from "../system_error.ts";
import type { Right } from "./rights.ts";

/** A stream that text goes to. */
export interface Output {
  readonly isTerminal: boolean;
  /** What stands there stays: nothing is drawn anew, no escape is sent. */
  readonly isPlain?: boolean;
  /** False once nobody reads any more. */
  readonly isOpen: boolean;
  /** Writes at once; after the reader has gone it does nothing. */
  write(text: string): void;
}

/** Keys as they come, without line editing and without echo. */
export interface Keys extends Disposable {
  /** What was typed or pasted since; undefined at the end of input. */
  next(): Promise<string | undefined>;
}

/** The process as the command line sees it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: {
    readonly isTerminal: boolean;
    /** All of it, as text; 16 MiB at most where nobody says otherwise. */
    readAll(most?: number): Promise<string>;
    /** Takes the terminal until it is disposed of. */
    keys(): Keys;
  };
  readonly isWindows: boolean;
  /** Versions of the runtime, for `version`. */
  readonly runtime: { readonly deno: string; readonly target: string };
  env(name: string): string | undefined;
  /** Columns of the terminal that results go to. */
  columns(): number;
  /** A regular file of bounded size. */
  readTextFile(path: string): Promise<string>;
  /** What has no end, by lines, as many as come at once; `-` is standard input. */
  readLines(path: string): AsyncIterable<readonly string[]>;
  /** Has Deno the permission, without asking, to read and write there? */
  mayWrite(path: string): boolean;
  /** Calls back for each Ctrl-C, SIGTERM and SIGHUP. */
  onInterrupt(handler: () => void): Disposable;
  /** Whoever reads standard output has all of it. */
  closeStdout(): void;
  /** Ends the process at once. */
  exit(code: number): never;
  /**
   * Has Deno take rights away for good. Absent where others live in this
   * process, or where it goes on after the command.
   */
  readonly giveUp?: ((rights: readonly Right[]) => void) | undefined;
}

const LARGEST_FILE = 16 * 1024 * 1024;
const DEFAULT_COLUMNS = 100;

/** Options of {@linkcode systemIo}. */
export interface SystemIoOptions {
  /** Nothing but the one command runs in this process. */
  readonly isOwnProcess?: boolean;
}

/** The real process. */
export function systemIo({ isOwnProcess = false }: SystemIoOptions = {}): Io {
  return {
    ...isOwnProcess ? { giveUp } : {},
    stdout: outputTo(Deno.stdout, "standard output"),
    stderr: outputTo(Deno.stderr),
    stdin: {
      isTerminal: Deno.stdin.isTerminal(),
      readAll: (most) => readAll(Deno.stdin, most),
      keys: terminalKeys,
    },
    isWindows: Deno.build.os === "windows",
    runtime: { deno: Deno.version.deno, target: Deno.build.target },
    env: readEnv,
    columns,
    readTextFile,
    readLines,
    mayWrite,
    onInterrupt,
    closeStdout: () => Deno.stdout.close(),
    exit: Deno.exit,
  };
}

/** @param name What to tell where nothing goes there; else nobody is told. */
function outputTo(
  stream: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number },
  name?: string,
): Output {
  let isOpen = true;
  return {
    isTerminal: stream.isTerminal(),
    // Asked for where it counts: it needs a permission.
    get isPlain() {
      return readEnv("TERM") === "dumb";
    },
    get isOpen() {
      return isOpen;
    },
    write(text) {
      if (!isOpen) return;
      let rest = new TextEncoder().encode(text);
      try {
        while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
      } catch (error) {
        isOpen = false;
        // `istiops show | head`: the reader has what it wanted.
        if (error instanceof Deno.errors.BrokenPipe || name === undefined) {
          return;
        }
        throw new TrafficError(
          "output",
          `Cannot write to ${name}: ${systemReason(error)}`,
          {
            hint:
              "Give it a place to write to; what was asked for may be done all the same: see istiops history",
            cause: error,
          },
        );
      }
    },
  };
}

/** What only decides how something looks. */
const LOOKS = ["TERM", "NO_COLOR"];

/**
 * The others decide which cluster is meant, who protects it and how it is
 * reached: one that may not be read is not one that is not set.
 */
function readEnv(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (LOOKS.includes(name)) return undefined;
    throw error;
  }
}

function columns(): number {
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : DEFAULT_COLUMNS;
  } catch {
    // No stream is a terminal.
    return DEFAULT_COLUMNS;
  }
}

/** A bounded read: a directory and what has no end are refused. */
export async function readTextFile(path: string): Promise<string> {
  const { isDirectory, isCharDevice, isBlockDevice } = await Deno.stat(path);
  if (isDirectory) throw new Error("it is a directory");
  if (isCharDevice || isBlockDevice) throw new Error("it is a device");
  const bytes = await readAtMost(path, LARGEST_FILE + 1);
  if (bytes.length > LARGEST_FILE) throw new Error("it is larger than 16 MiB");
  return new TextDecoder().decode(bytes);
}

/** What to do about a file that cannot be read. */
export const READABLE_HINT = "Name a text file that you may read";

/** Why a file could not be read, as a clause. */
export function whyUnread(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "you may not read it";
  }
  return systemReason(error);
}

async function readAll(
  from: { read(into: Uint8Array): Promise<number | null> },
  most = LARGEST_FILE,
): Promise<string> {
  const bytes = await readAllAtMost(from, most + 1);
  if (bytes.length > most) {
    throw new Error(`it is larger than ${most / 1024 / 1024} MiB`);
  }
  return new TextDecoder().decode(bytes);
}

/** Longer lines are an error: no record of a request is. */
const LONGEST_LINE = 1024 * 1024;

/** Lines as they come, without their ends. */
export async function* readLines(
  path: string,
): AsyncIterable<readonly string[]> {
  const file = path === "-" ? Deno.stdin : await openToRead(path);
  // Its end closes it, and so does whoever stops before.
  const source = file.readable.pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const text of source) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE) throw new Error("a line is too long");
    yield lines;
  }
  if (rest !== "") yield [rest];
}

async function openToRead(path: string): Promise<Deno.FsFile> {
  const { isDirectory } = await Deno.stat(path);
  if (isDirectory) throw new Error("it is a directory");
  return await Deno.open(path);
}

function mayWrite(path: string): boolean {
  return (["read", "write"] as const).every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
}

function giveUp(rights: readonly Right[]): void {
  for (const name of rights) Deno.permissions.revokeSync({ name });
}

function onInterrupt(handler: () => void): Disposable {
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const heard = withoutEchoes(handler);
  for (const signal of signals) Deno.addSignalListener(signal, heard);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, heard);
    },
  };
}

/** Milliseconds: on a busy machine a wrapper takes its time to pass one on. */
const ECHO = 1000;

/**
 * One press of Ctrl-C may come twice: a terminal sends it to all programs of a
 * pipeline, and `npx`, `timeout` and their like pass on what they got.
 */
export function withoutEchoes(
  handler: () => void,
  now: () => number = () => performance.now(),
): () => void {
  let heard = -Infinity;
  return () => {
    const time = now();
    if (time - heard < ECHO) return;
    heard = time;
    handler();
  };
}

/** Asks the terminal to mark what is pasted. */
const PASTE_MARKS_ON = "\x1b[?2004h";
const PASTE_MARKS_OFF = "\x1b[?2004l";

function terminalKeys(): Keys {
  // Ctrl-C stays a signal.
  Deno.stdin.setRaw(true, { cbreak: true });
  const say = (text: string) =>
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  say(PASTE_MARKS_ON);
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(4096);
  return {
    async next() {
      const read = await Deno.stdin.read(bytes);
      return read === null
        ? undefined
        : decoder.decode(bytes.subarray(0, read), { stream: true });
    },
    [Symbol.dispose]() {
      say(PASTE_MARKS_OFF);
      Deno.stdin.setRaw(false);
    },
  };
}
