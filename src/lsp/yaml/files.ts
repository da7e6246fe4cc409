/**
 * The YAML files that an editor has open, document by document. What was not
 * changed since is not read again.
 *
 * @module
 */

import {
  documentsOf,
  type ManifestDocument,
  ManifestSource,
} from "../../cluster/manifest_source.ts";
import { Lines } from "../positions.ts";
import { type Chunk, readChunk } from "./chunk.ts";

/** A document at its place in the file. */
export interface Part {
  readonly start: number;
  readonly chunk: Chunk;
}

/** A file as it is now. */
export interface YamlFile {
  readonly uri: string;
  readonly text: string;
  readonly lines: Lines;
  readonly parts: readonly Part[];
  /** A document of it holds a kind of ours. */
  readonly isOurs: boolean;
}

/** The largest file that is read, in UTF-16 units. */
export const LARGEST_YAML = 1024 * 1024;
/** All open files together: what is read of a text takes many times its size. */
export const LARGEST_YAML_TOGETHER = 4 * 1024 * 1024;
/** Documents of one file; more are not looked at. */
const MOST_PARTS = 2_000;

/** Reads files; a document that stays as it was is not read again. */
export class Chunks {
  /** Of each file as it was last, by their text. */
  readonly #known = new Map<string, Map<string, Chunk>>();

  read(uri: string, text: string): YamlFile {
    const source = new ManifestSource("", text);
    // A byte order mark is no part of any document.
    const shift = text.length - source.text.length;
    const places = [...documentsOf(source).take(MOST_PARTS)];
    const textOf = ({ start, end }: ManifestDocument) =>
      source.text.slice(start, end);
    // What is read no more goes before anything is read.
    const before = this.#known.get(uri);
    const chunks = new Map(
      places.flatMap((place) => {
        const own = textOf(place);
        const known = before?.get(own);
        return known === undefined ? [] : [[own, known]];
      }),
    );
    this.#known.set(uri, chunks);
    const parts = places.map((place): Part => {
      const { start, first } = place;
      const own = textOf(place);
      const chunk = chunks.getOrInsertComputed(
        own,
        () => readChunk(own, { first: first - start }),
      );
      return { start: start + shift, chunk };
    });
    return {
      ...{ uri, text, parts, lines: new Lines(text) },
      isOurs: parts.some(({ chunk }) => chunk.isOurs),
    };
  }

  forget(uri: string): void {
    this.#known.delete(uri);
  }
}

/** The document that an offset is in, the last one that begins before it. */
export function partAt(file: YamlFile, offset: number): Part | undefined {
  return file.parts.findLast(({ start }) => start <= offset);
}
