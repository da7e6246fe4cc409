/**
 * Candidates for other shells, by the completer of the prompt. They wait
 * 200 ms for the cluster, and take the names of former times where it has not
 * answered by then.
 *
 * @module
 */

import {
  complete,
  type Completion,
  type CompletionItem,
} from "../language/complete.ts";
import { type Document, readDocument } from "../language/document.ts";
import type { TargetOptions } from "../language/invocation.ts";
import { type Names, NO_NAMES, type Place } from "../language/names.ts";
import { quote, quoteWord, tokenize } from "../language/tokens.ts";
import { permissionError } from "../permissions.ts";
import { isHiding, safe } from "../render/safe.ts";
import type { Io } from "./io.ts";
import { stateDir } from "./places.ts";

/** Milliseconds for the cluster; the start of the process takes the rest. */
const PATIENCE = 150;
/** The embedded cluster is in this process: it does answer, and soon. */
const PATIENCE_EMBEDDED = 10_000;
/** Milliseconds that reading goes on for the next time. */
const AFTERWARDS = 5000;

/** Options of {@linkcode completeWords}. */
export interface CompleteOptions {
  /** Milliseconds for the cluster. */
  readonly patience?: number;
}

/** Prints what could come next; `words` are the shell and its line. */
export async function completeWords(
  [shell = "", ...words]: readonly string[],
  io: Io,
  { patience = PATIENCE }: CompleteOptions = {},
): Promise<number> {
  const typed = shell === "kubectl" ? lineOf(words) : words[0] ?? "";
  // Whatever the program is called there.
  const [program] = tokenize(typed).tokens;
  const line = program === undefined ? "" : typed.slice(program.span.end);
  const waits = new AbortController();
  const { items, files, ...reading } = await completeLine(line, io, {
    patience,
    signal: waits.signal,
  });
  const word = wordBefore(line);
  for (const item of items) {
    const text = textFor(shell, item, { word, line });
    if (text === undefined || isHiding(text)) continue;
    const doc = [item.doc, item.detail].filter(Boolean).join(", ");
    io.stdout.write(`${text}${doc === "" ? "" : `\t${safe(doc)}`}\n`);
  }
  if (shell === "kubectl") {
    io.stdout.write(`:${directive({ items, files: files !== undefined })}\n`);
  } else if (files !== undefined) io.stdout.write(":files\n");
  // These read up to the end of the output, not of the process.
  if (reading.rest !== undefined && (shell === "bash" || shell === "zsh")) {
    io.closeStdout();
    const timer = setTimeout(() => waits.abort(), AFTERWARDS);
    await reading.rest;
    clearTimeout(timer);
  }
  waits.abort();
  return 0;
}

/** What could come at the end of a line that names no program. */
export async function completeLine(
  line: string,
  io: Io,
  { patience, signal }: {
    readonly patience: number;
    readonly signal: AbortSignal;
  },
): Promise<
  Pick<Completion, "items" | "files"> & {
    /** What is still being read, for the next time. */
    readonly rest?: Promise<unknown>;
  }
> {
  const document = readDocument(line, { way: "line" });
  const first = complete(document, line.length, NO_NAMES);
  const { names, rest } = await readNames(first, {
    document,
    io,
    patience,
    signal,
  }).catch((error): Reading => {
    // What needs no names completes all the same.
    if (permissionError(error) === undefined) throw error;
    return { names: NO_NAMES };
  });
  const { items, files } = complete(document, line.length, names);
  return {
    items,
    ...(files === undefined ? {} : { files }),
    ...(rest === undefined ? {} : { rest }),
  };
}

/** kubectl hands over words; the last is the one to complete, or empty. */
function lineOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return ["kubectl-istiops", ...words.slice(0, -1).map(quoteWord)].join(" ") +
    ` ${last === "" ? "" : quoteWord(last)}`;
}

/** What kubectl's own completion is to do besides, as Cobra numbers it. */
function directive(
  of: { readonly items: readonly CompletionItem[]; readonly files: boolean },
): number {
  const [noSpace, noFiles, keepOrder] = [2, 4, 32];
  return (of.items.some(({ isOpen }) => isOpen) ? noSpace : 0) +
    (of.files ? 0 : noFiles) + keepOrder;
}

/** The raw text of the word at the end of the line. */
function wordBefore(line: string): string {
  const last = tokenize(line).tokens.at(-1);
  return last === undefined || last.span.end < line.length
    ? ""
    : line.slice(last.span.start);
}

/** The candidate as that shell puts it in; nothing where it could not. */
function textFor(
  shell: string,
  item: CompletionItem,
  of: { readonly word: string; readonly line: string },
): string | undefined {
  const { word } = of;
  // `--output=js`: shells complete the word, we its value.
  const inline = /^(--[a-z-]+=|-[A-Za-z]=?)/.exec(word)?.[0] ?? "";
  const isValue = item.kind === "value" && inline !== "";
  const whole = (isValue ? inline : "") + item.word;
  const end = item.isOpen || shell === "kubectl" ? "" : " ";
  // These put in what all candidates begin with: it must go on as typed.
  const bare = tokenize(word).tokens[0]?.value ?? "";
  if (/^-[A-Za-z]$/.test(bare) && item.kind === "option") return bare + end;
  if (shell !== "fish" && !whole.startsWith(bare)) return undefined;
  switch (shell) {
    case "fish":
      return whole;
    case "kubectl":
      // Its scripts quote, and put `--output=` before a value themselves.
      return isValue && inline.endsWith("=") ? item.word : whole;
    case "pwsh":
      // A comma would make two words of one, `@` a variable's values.
      return /^[\w%+=:./^-]+$/.test(whole)
        ? whole
        : `'${whole.replaceAll("'", "''")}'`;
    case "bash": {
      if (/["'\\]/.test(word)) return undefined;
      // It completes what stands behind these.
      const cut = Math.max(word.lastIndexOf("="), word.lastIndexOf(":")) + 1;
      return whole.startsWith(word.slice(0, cut))
        ? quoteWord(whole.slice(cut)) + end
        : undefined;
    }
    default:
      // zsh reads a file's path into `=ls`, and patterns into `^`.
      return (/^=|\^/.test(whole) ? quote(whole) : quoteWord(whole)) + end;
  }
}

interface Reading {
  readonly names: Names;
  /** What is still being read, for the next time. */
  readonly rest?: Promise<unknown>;
}

async function readNames(
  { place }: Completion,
  of: {
    readonly document: Document;
    readonly io: Io;
    readonly patience: number;
    readonly signal: AbortSignal;
  },
): Promise<Reading> {
  const { document, io, patience, signal } = of;
  const now = Date.now();
  const { openStore, readContexts, readPlaceNames } = await import(
    "../names/mod.ts"
  );
  const { connectOptions } = await import("./connect.ts");
  const target = targetOf(document, place);
  const options = {
    connect: connectOptions(target, io),
    stateDir: stateDir(io),
    mayWrite: (path: string) => io.mayWrite(path),
  };
  const contexts = await readContexts(options).catch(() => []);
  if (place === undefined) return { names: { now, contexts, places: [] } };
  const live = readPlaceNames(place, {
    ...options,
    signal,
    deadlineMs: AFTERWARDS,
  }).catch(() => undefined);
  const cached = openStore(options)?.load(place).catch(() => undefined);
  const soon = new Promise<undefined>((resolve) => {
    const isEmbedded = typeof place.context === "object";
    const timer = setTimeout(
      resolve,
      isEmbedded ? PATIENCE_EMBEDDED : patience,
      undefined,
    );
    live.finally(() => clearTimeout(timer));
  });
  const [found, former] = await Promise.all([
    Promise.race([live, soon]),
    cached,
  ]);
  const known = found ?? former;
  return {
    names: { now, contexts, places: known === undefined ? [] : [known] },
    ...(found === undefined ? { rest: live } : {}),
  };
}

function targetOf(document: Document, place: Place | undefined): TargetOptions {
  const { invocation, whole } = document.statements[0] ?? {};
  const policy = whole?.options.find(({ option }) =>
    option.long === "exec-policy"
  )?.value;
  return {
    ...(place?.kubeconfig === undefined
      ? {}
      : { kubeconfig: place.kubeconfig }),
    sandbox: false,
    execPolicy: policy === "deny-all" || policy === "allow-all"
      ? policy
      : "user",
    insecureSkipTlsVerify: invocation?.target.insecureSkipTlsVerify ?? false,
    timeoutMs: AFTERWARDS,
    debug: false,
  };
}
