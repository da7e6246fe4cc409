/**
 * What the table says of a command or an option, at more length than a list
 * has room for.
 *
 * @module
 */

import { type Command, commandAt, optionsOf } from "../language/commands.ts";
import { optionLines } from "../language/hover.ts";

/** Lines of text; nothing where the table says no more than one clause. */
export function documentationOf(
  kind: string,
  word: string,
  command: Command | undefined,
): readonly string[] | undefined {
  if (kind === "command") {
    const found = commandAt([...command?.path ?? [], word]) ??
      commandAt([word]);
    return found && [
      ...found.description.split("\n"),
      ...found.examples.slice(0, 1).map(({ line }) => `Example: ${line}`),
    ];
  }
  if (kind !== "option" || command === undefined) return undefined;
  const option = optionsOf(command, "script")
    .find(({ long }) => `--${long}` === word);
  return option && optionLines(option);
}
