/**
 * The open documents: their texts, kept as the editor changes them, and what
 * was last read of them.
 *
 * @module
 */

import type {
  TextDocumentContentChangeEvent,
} from "vscode-languageserver/node";
import { linesOf } from "../language/document.ts";
import type { Names } from "../language/names.ts";
import { changed } from "./positions.ts";
/**
 * The largest document that is read, in UTF-16 units: some 1,000 commands,
 * which are read again after each key.
 */
export const LARGEST_DOCUMENT = 64 * 1024;

/** The longest command, with all its lines: each key reads all of it. */
export const LONGEST_LINE = 16 * 1024;

/** How much is read, in UTF-16 units. */
export interface DocumentLimits {
  readonly document: number;
  /** One line, with those that go on with it. */
  readonly line?: number;
  /** Texts that are kept together. */
  readonly together: number;
  /** Views that are kept; 1, where a view is many times its text. */
  readonly views?: number;
}

/** Limits of scripts. */
export const SCRIPT_LIMITS: DocumentLimits = {
  document: LARGEST_DOCUMENT,
  line: LONGEST_LINE,
  together: 16 * 1024 * 1024,
};

/** Why there is no text of a document. */
export type Loss = "too-large" | "lost";

/** A document that is open. */
export interface OpenDocument {
  readonly uri: string;
  readonly version: number;
  readonly text: string | { readonly loss: Loss };
}

/** Reads a text as it is, with what is known of clusters. */
export type Read<View> = (text: string, names: Names, uri: string) => View;

/** The documents that an editor has open. */
export class Documents<View extends object> {
  readonly #documents = new Map<string, OpenDocument>();
  readonly #views = new Map<string, { of: OpenDocument; view: View }>();
  readonly #read: Read<View>;
  readonly #limits: DocumentLimits;

  constructor(read: Read<View>, limits: DocumentLimits = SCRIPT_LIMITS) {
    this.#read = read;
    this.#limits = limits;
  }

  get uris(): readonly string[] {
    return [...this.#documents.keys()];
  }

  get(uri: string): OpenDocument | undefined {
    return this.#documents.get(uri);
  }

  open(uri: string, version: number, text: string): void {
    this.#documents.delete(uri);
    this.#keep(uri, version, text);
  }

  change(
    uri: string,
    version: number,
    changes: readonly TextDocumentContentChangeEvent[],
  ): void {
    const known = this.#documents.get(uri);
    if (known === undefined) return;
    // What a text was does not matter before one that is whole.
    const from = changes.findLastIndex((change) => !("range" in change));
    const { text } = known;
    if (typeof text !== "string" && from < 0) {
      this.#documents.set(uri, { ...known, version });
      return;
    }
    const before = typeof text === "string" ? text : "";
    this.#keep(uri, version, changed(before, changes.slice(Math.max(0, from))));
  }

  close(uri: string): void {
    this.#documents.delete(uri);
    this.#views.delete(uri);
  }

  /** A message was not read, and any document may be another since. */
  loseAll(): void {
    for (const [uri, document] of this.#documents) {
      this.#documents.set(uri, { ...document, text: { loss: "lost" } });
    }
    this.#views.clear();
  }

  /** What is read again: something else is known of patterns. */
  forget(): void {
    this.#views.clear();
  }

  /** A document with what is known now. */
  view(uri: string, names: Names): View | Loss | undefined {
    const document = this.#documents.get(uri);
    if (document === undefined) return undefined;
    const { text } = document;
    if (typeof text !== "string") return text.loss;
    const known = this.#views.get(uri);
    this.#views.delete(uri);
    const view = known?.of === document
      ? { ...known.view, names }
      : this.#read(text, names, uri);
    this.#views.set(uri, { of: document, view });
    const [oldest] = this.#views.keys();
    if (this.#views.size > (this.#limits.views ?? 1)) {
      this.#views.delete(oldest as string);
    }
    return view;
  }

  #keep(uri: string, version: number, text: string): void {
    const others = [...this.#documents.values()]
      .filter((one) => one.uri !== uri)
      .reduce(
        (sum, { text }) => sum + (typeof text === "string" ? text.length : 0),
        0,
      );
    const { document, line = Infinity, together } = this.#limits;
    const isLarge = text.length > document ||
      others + text.length > together ||
      (line < Infinity &&
        linesOf(text).some(({ start, end }) => end - start > line));
    this.#views.delete(uri);
    this.#documents.set(uri, {
      uri,
      version,
      text: isLarge ? { loss: "too-large" } : text,
    });
  }
}
