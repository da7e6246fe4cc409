/**
 * What a command takes, with the part that is being written marked; what is
 * given already is left out, as nobody needs it any more.
 *
 * @module
 */

import { type Command, type Option, optionsOf } from "./commands.ts";
import { type Cursor, cursorAt } from "./cursor.ts";
import type { Document } from "./document.ts";
import { givenOf } from "./given.ts";

/** A command's signature. */
export interface Signature {
  /** `shift [NAME…] --build BUILD --weight PERCENT …` */
  readonly label: string;
  /** One sentence about the command. */
  readonly doc: string;
  /** Parts of the label, in its units. */
  readonly parameters: readonly {
    readonly start: number;
    readonly end: number;
    readonly doc: string;
  }[];
  /** Index of the part that is being written. */
  readonly active?: number;
}

/** The signature of the command at an offset. */
export function signatureAt(
  document: Document,
  offset: number,
): Signature | undefined {
  const cursor = cursorAt(document, offset);
  const { command } = cursor.parsed;
  if (!command || cursor.slot.kind === "none") return undefined;
  const own = new Set(command.options.map(({ long }) => long));
  const left = optionsOf(command, document.way).filter((option) =>
    isActive(cursor, option) ||
    own.has(option.long) &&
      (option.repeatable === true || !givenOf(cursor.parsed, option.long))
  );
  let label = command.path.join(" ");
  let active: number | undefined;
  const parameters: { start: number; end: number; doc: string }[] = [];
  const add = (text: string, doc: string, isHere: boolean): void => {
    if (isHere) active = parameters.length;
    const start = label.length + 1;
    label += ` ${text}`;
    parameters.push({ start, end: label.length, doc });
  };
  const { argument } = command;
  if (argument) {
    add(argumentText(argument), argument.doc, cursor.slot.kind === "argument");
  }
  for (const option of left) {
    add(optionText(option), option.doc, isActive(cursor, option));
  }
  return {
    label,
    doc: command.summary,
    parameters,
    ...(active === undefined ? {} : { active }),
  };
}

function isActive({ slot }: Cursor, { long }: Option): boolean {
  return slot.kind === "value" && slot.option.long === long;
}

function argumentText(argument: NonNullable<Command["argument"]>): string {
  const name = `${argument.name}${argument.repeatable ? "…" : ""}`;
  return argument.required ? name : `[${name}]`;
}

function optionText({ long, short, type, placeholder }: Option): string {
  const name = short === undefined ? `--${long}` : `-${short}`;
  return type === "flag" ? `[${name}]` : `[${name} ${placeholder ?? "VALUE"}]`;
}

/** One line of it: the part that is being written with what it means, or the start. */
export function signatureLine(signature: Signature, width: number): string {
  const { label, parameters, active } = signature;
  const part = active === undefined ? undefined : parameters[active];
  if (part !== undefined) {
    const text = label.slice(part.start, part.end).replace(/^\[(.*)\]$/, "$1");
    return `${text}: ${part.doc}`;
  }
  const last = parameters.findLast(({ end }) => end + 2 <= width);
  return last === undefined || label.length <= width
    ? label
    : `${label.slice(0, last.end)} …`;
}
