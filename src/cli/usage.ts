/**
 * What is wrong with a line or a script, shown under the line it is in.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import type { Way } from "../language/commands.ts";
import type { Diagnostic } from "../language/diagnose.ts";
import { lineStart, placeIn } from "../language/document.ts";
import { painter } from "../render/colour.ts";
import { safe } from "../render/safe.ts";
import { bullet, type RenderOptions, widthOf } from "../render/text.ts";

/** Findings of one text that anybody reads. */
const MOST = 20;

/** Every finding with its line and a mark under its place. */
export function renderDiagnostics(
  of: {
    /** A line, or all of a script. */
    readonly line: string;
    /** The script's name: findings then say where they are in it. */
    readonly file?: string;
    readonly path: readonly string[];
    /** Where it was typed; the command line by default. */
    readonly way?: Way;
    readonly diagnostics: readonly Diagnostic[];
  },
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const findings = of.diagnostics.slice(0, MOST).flatMap((diagnostic) => [
    `${
      of.file === undefined
        ? ""
        : `${placeWords(of.file, of.line, diagnostic.span.start)}: `
    }${
      diagnostic.severity === "error"
        ? paint("error:", "red", "bold")
        : paint("warning:", "yellow", "bold")
    } ${safe(diagnostic.message)}`,
    ...markedLine(of.line, diagnostic, options).map((line) => `  ${line}`),
    ...(diagnostic.hint === undefined ? [] : bullet(safe(diagnostic.hint), {
      width: options.width,
      indent: "",
      mark: "next: ",
    })),
  ]);
  const left = of.diagnostics.length - MOST;
  if (left > 0) findings.push(`… and ${left} more`);
  const help = of.way === "shell"
    ? ["help", ...of.path].join(" ")
    : ["istiops", ...of.path, "--help"].join(" ");
  return `${findings.join("\n")}\n${paint(`See ${help}`, "dim")}\n`;
}

/** `FILE:LINE:COL`, as editors and other tools read it. */
export function placeWords(file: string, text: string, offset: number): string {
  const { line, column } = placeIn(text, Math.min(offset, text.length));
  return `${safe(file)}:${line}:${column}`;
}

/** What stands between a user and the host in a URL: logs hold errors, too. */
const PASSWORD = /(?<=:\/\/[^\s/?#@:]*:)[^\s/?#]*(?=@)/g;

/** The part of the line around the place, and carets under it. */
export function markedLine(
  text: string,
  { span, severity }: Pick<Diagnostic, "span" | "severity">,
  options: RenderOptions,
): readonly string[] {
  const paint = painter(options.color);
  const room = Math.max(20, options.width - 4);
  const place = Math.min(span.start, text.length);
  const first = lineStart(text, place);
  const [typed = ""] = text.slice(first).split(/\r?\n/, 1);
  const line = typed.replace(
    PASSWORD,
    (password) => "*".repeat(password.length),
  );
  const start = Math.min(place - first, line.length);
  // What goes on in the next line is marked to the end of this one.
  const end = Math.max(start, Math.min(span.end - first, line.length));
  // A long line is shown from a little before the place on.
  const isLong = line.length > room;
  const from = isLong ? Math.max(0, start - Math.floor(room / 3)) : 0;
  const to = isLong ? Math.min(line.length, from + room - 2) : line.length;
  const left = from > 0 ? "…" : "";
  const before = left + safe(line.slice(from, start));
  const marked = safe(line.slice(start, Math.min(end, to)));
  const after = safe(line.slice(Math.min(end, to), to)) +
    (to < line.length ? "…" : "");
  const carets = "^".repeat(Math.max(1, widthOf(marked)));
  return [
    before + marked + after,
    " ".repeat(widthOf(before)) +
    paint(carets, severity === "error" ? "red" : "yellow"),
  ];
}

/**
 * The first error as the error that programs get. The line is not in it: they
 * know it, and it may hold header values.
 */
export function usageError(diagnostics: readonly Diagnostic[]): UsageError {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const first = errors[0] ?? diagnostics[0];
  return new UsageError(
    first?.code ?? "usage",
    `Cannot read the command: ${first?.message ?? "it is empty"}`,
    {
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
      details: { diagnostics: errors.slice(0, MOST) },
    },
  );
}
