/**
 * Selectors of a request: what is none is a bad request.
 *
 * @module
 */

import {
  parseFieldSelector as parseField,
  parseLabelSelector as parseLabel,
  SelectorError,
  type Test,
} from "../cluster/selectors.ts";
import { badRequest } from "./status.ts";

export type { Test };

/** @throws {StatusError} 400 where it is none. */
export function parseLabelSelector(text: string): Test {
  return asked(() => parseLabel(text));
}

/** @throws {StatusError} 400 for a field that the kind lacks. */
export function parseFieldSelector(text: string, kind?: string): Test {
  return asked(() => parseField(text, kind));
}

function asked(parse: () => Test): Test {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw badRequest(error.message);
  }
}
