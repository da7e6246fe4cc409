/**
 * Options as they are given: finding them in a line, adding some that a
 * session holds, and the words that say all of it again.
 *
 * @module
 */

import { type Option, optionsOf } from "./commands.ts";
import type { GivenOption, Parsed } from "./parse.ts";
import { quoteWord } from "./tokens.ts";

/** The first option of a name. */
export function givenOf(
  { options }: Pick<Parsed, "options">,
  long: string,
): GivenOption | undefined {
  return options.find(({ option }) => option.long === long);
}

/** The line with an option that nobody typed; it stands where the line ends. */
export function withOption(
  parsed: Parsed,
  long: string,
  value?: string,
): Parsed {
  const { command, end, way } = parsed;
  const option = command &&
    optionsOf(command, way).find((each) => each.long === long);
  if (!option) return parsed;
  const span = { start: end, end };
  return {
    ...parsed,
    options: [...parsed.options, {
      option,
      span,
      ...(value === undefined ? {} : { value, valueSpan: span }),
      partOf: () => span,
    }],
  };
}

/** How a value is written down. */
export type WriteValue = (option: Option, value: string) => string;

/** The words of a line, `istiops` left out, each as one would type it. */
export function wordsOf(
  parsed: Pick<Parsed, "path" | "positionals" | "options">,
  write: WriteValue = (_, value) => quoteWord(value),
): readonly string[] {
  const names = parsed.positionals.map(({ value }) => value);
  const dashed = names.filter((name) => name.startsWith("-"));
  return [
    ...parsed.path,
    ...names.filter((name) => !name.startsWith("-")).map(quoteWord),
    ...parsed.options.flatMap(({ option, value }) => {
      const name = `--${option.long}`;
      if (value === undefined) return [name];
      const written = write(option, value);
      // Apart from its name it would be read as an option.
      return value.startsWith("-") ? [`${name}=${written}`] : [name, written];
    }),
    ...(dashed.length === 0 ? [] : ["--", ...dashed.map(quoteWord)]),
  ];
}
