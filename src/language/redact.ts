/**
 * Command lines for records, logs and the history: values of headers do not
 * belong there, nor what is called a secret.
 *
 * @module
 */

import { readDocument } from "./document.ts";
import type { Span } from "./diagnose.ts";
import { wordsOf } from "./given.ts";
import type { Parsed, ParseOptions } from "./parse.ts";
import { quoteWord } from "./tokens.ts";

/** Stands for a value that was left out. */
export const LEFT_OUT = "***";

/** The line in full words, with `***` for header values. */
export function redactCommand(parsed: Parsed): string {
  const words = wordsOf(
    parsed,
    ({ type }, value) =>
      type === "header" || type === "headers"
        ? redactHeaders(type, value)
        : quoteWord(value),
  );
  return ["istiops", ...words].join(" ");
}

function redactHeaders(type: string, value: string): string {
  // A value that may hold commas is one header, whatever is in it.
  const parts = type === "header" ? [value] : value.split(",");
  return parts.map((part) => {
    const cut = part.indexOf("=");
    return cut < 0
      ? (part.endsWith("?") ? quoteWord(part) : LEFT_OUT)
      : `${quoteWord(part.slice(0, cut))}=${LEFT_OUT}`;
  }).join(",");
}

/** The text as it was typed, with `***` for header values and secrets. */
export function withoutSecrets(
  text: string,
  { way = "shell" }: ParseOptions = {},
): string {
  const { statements } = readDocument(text, { way, variables: new Map() });
  const cuts = statements.flatMap(({ parsed }): readonly Cut[] => {
    const headers = parsed.options.flatMap(
      ({ option, value, valueSpan }): readonly Cut[] =>
        value !== undefined && valueSpan !== undefined &&
          (option.type === "header" || option.type === "headers")
          ? [{ span: valueSpan, text: redactHeaders(option.type, value) }]
          : [],
    );
    const isSet = parsed.command?.path[0] === "set";
    const secrets = parsed.positionals.filter(({ value }) =>
      isSet && SECRET.test(value)
    ).map(({ span, value }) => ({
      span,
      text: `${value.slice(0, value.indexOf("="))}=${LEFT_OUT}`,
    }));
    return [...headers, ...secrets];
  });
  return cuts.toSorted((a, b) => b.span.start - a.span.start).reduce(
    (left, cut) =>
      left.slice(0, cut.span.start) + cut.text + left.slice(cut.span.end),
    text,
  );
}

interface Cut {
  readonly span: Span;
  readonly text: string;
}

/** Variables that are called so hold what nobody else should read. */
const SECRET = /^[^=]*(token|secret|passw|credential|auth|key|cookie)[^=]*=/i;
