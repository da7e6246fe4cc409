/**
 * Commands that concern the session alone: `use`, `set`, `log` and the like.
 *
 * @module
 */

import { TrafficError, UsageError } from "../src/errors.ts";
import { nearest } from "../src/language/diagnose.ts";
import { renderHelp, table } from "../src/language/help.ts";
import type { Invocation } from "../src/language/invocation.ts";
import { type Names, namesAt } from "../src/language/names.ts";
import { afterUse, placeIn } from "../src/language/session.ts";
import { appendPrivate } from "../src/private_files.ts";
import { safe } from "../src/render/safe.ts";
import { BINDINGS } from "./bindings.ts";
import { pinned, protectionOf, type ShellState } from "./session.ts";

/** What such a command works with. */
export interface VerbContext {
  readonly state: ShellState;
  readonly names: { names(): Names; refresh(): void };
  readonly history: readonly string[];
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  readonly width: number;
}

/** What it comes to. */
export type VerbEnd =
  | { readonly state: ShellState }
  | { readonly error: TrafficError }
  | "exit";

/** Runs it; nothing where the command is none of these. */
export async function runSessionVerb(
  invocation: Invocation,
  context: VerbContext,
): Promise<VerbEnd | undefined> {
  const { state, names, print } = context;
  switch (invocation.verb) {
    case "exit":
      return "exit";
    case "help":
      print(renderHelp(invocation.path, {
        width: context.width,
        way: "shell",
      }));
      if (invocation.path.length === 0) print(keysText(context.width));
      return { state };
    case "refresh":
      names.refresh();
      print("Reading names again\n");
      return { state };
    case "history --lines":
      print(
        context.history.map((line, at) =>
          `${String(at + 1).padStart(5)}  ${
            safe(line, { block: true }).replaceAll("\n", "\n       ")
          }\n`
        ).join(""),
      );
      return { state };
    case "set":
      return set(invocation, context);
    case "use":
      return use(invocation, context);
    case "log":
      print(
        state.log === undefined
          ? "Nothing is recorded; log start FILE begins\n"
          : `Recorded in ${safe(state.log)}\n`,
      );
      return { state };
    case "log stop": {
      const { log, ...rest } = state;
      print(
        log === undefined
          ? "Nothing was recorded\n"
          : `Recorded in ${safe(log)}; to do it again: istiops run ${
            safe(log)
          }\n`,
      );
      return { state: rest };
    }
    case "log start":
      return await startLog(invocation.file, context);
    default:
      return undefined;
  }
}

/** Every key and what it does. */
export function keysText(width: number): string {
  const rows = BINDINGS.map(({ chords, help }) =>
    [chords.join(", "), help] as const
  );
  return `Keys:\n${table(rows, Math.max(40, Math.min(width, 110)))}\n`;
}

function set(
  { variable }: Extract<Invocation, { readonly verb: "set" }>,
  { state, print }: VerbContext,
): VerbEnd {
  if (variable === undefined) {
    const all = [...state.variables];
    print(
      all.length === 0 ? "Nothing is set; set NAME=VALUE sets something\n" : all
        .map(([name, value]) => `$${name} = ${safe(value)}\n`).join(""),
    );
    return { state };
  }
  const { name, value } = variable;
  return {
    state: { ...state, variables: new Map(state.variables).set(name, value) },
  };
}

function use(
  invocation: Extract<Invocation, { readonly verb: "use" }>,
  { state, names, print }: VerbContext,
): VerbEnd {
  const { what, value } = invocation;
  const contexts = names.names().contexts;
  const known = contexts.map(({ name }) => name);
  if (
    what === "context" && value !== undefined && known.length > 0 &&
    !known.includes(value)
  ) {
    const near = nearest(value, known);
    return {
      error: new UsageError(
        "invalid-value",
        `Cannot use context "${value}": the kubeconfig has none of that name`,
        {
          hint: near === undefined
            ? `There ${known.length === 1 ? "is" : "are"} ${known.join(", ")}`
            : `Did you mean "${near}"?`,
        },
      ),
    };
  }
  const session = pinned(afterUse(state.session, invocation), contexts);
  const next = { ...state, session };
  print(inUse(next, names.names()));
  return { state: next };
}

function inUse(state: ShellState, names: Names): string {
  const { session } = state;
  const place = placeIn(session);
  const { context } = place;
  const rows = [
    [
      "context",
      context === undefined
        ? "the current one"
        : typeof context === "object"
        ? "the sandbox"
        : context,
    ],
    [
      "namespace",
      place.namespace ?? namesAt(names, place)?.namespace ??
        "the context's own",
    ],
    ["selector", session.selector],
    ["destination", session.destination],
    ["build", session.build],
    ["protected", protectionOf(session, names)],
  ] as const;
  return rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(12)} ${safe(value)}\n`]
  ).join("");
}

const SCRIPT = "#!/usr/bin/env -S istiops run";

async function startLog(
  file: string,
  { state, print }: VerbContext,
): Promise<VerbEnd> {
  try {
    const first = await firstLine(file);
    if (first !== undefined && first !== SCRIPT) {
      return {
        error: new TrafficError(
          "file",
          `Cannot record in "${file}": it is there, and was not begun by log start`,
          { hint: "Name a file that is not there yet" },
        ),
      };
    }
    if (first === undefined) await appendPrivate(file, SCRIPT);
  } catch (cause) {
    const { message } = cause as Error;
    return {
      error: new TrafficError(
        "file",
        `Cannot record in "${file}": ${message}`,
        {
          cause,
        },
      ),
    };
  }
  print(`Recording in ${safe(file)}; log stop ends it\n`);
  return { state: { ...state, log: file } };
}

/** Nothing where the file is not there. */
async function firstLine(file: string): Promise<string | undefined> {
  try {
    const { isFile } = await Deno.lstat(file);
    if (!isFile) throw new Error("it is not a regular file");
    using open = await Deno.open(file);
    const bytes = new Uint8Array(SCRIPT.length + 1);
    const length = await open.read(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, length)).split("\n")[0];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
