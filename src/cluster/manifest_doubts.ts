/**
 * YAML that one parser reads as one thing and kubectl as another. Few files
 * hold any: a document is looked at again only where its text may.
 *
 * @module
 */

import type { Misread } from "./manifest_place.ts";
import type { Found } from "./manifest_problems.ts";
import { type ManifestDocument, textOf } from "./manifest_source.ts";

/** A tab where the indentation of something is; in a text it means nothing. */
const TABS = /^ *\t+ *[^\s#]/m;
/** Plain words that YAML 1.1, and so kubectl, has for true and false. */
const WORDS = /(?:[:-] +|[,[] *)(?:y|yes|on|n|no|off) *(?:[,\]}#\r\n]|$)/im;

/** Could there be anything to say? */
export function isDoubtful(document: ManifestDocument): boolean {
  const text = textOf(document);
  return text.includes("\t") && TABS.test(text) || WORDS.test(text);
}

/** What there is to say of a document that was read without an error. */
export async function doubtsAbout(
  document: ManifestDocument,
): Promise<readonly Found[]> {
  const { misreadIn } = await import("./manifest_place.ts");
  return doubtsOf(document, misreadIn(document));
}

/** What is read in another way, by its places, as {@linkcode doubtsAbout}. */
export function doubtsOf(
  document: ManifestDocument,
  { tab, words }: Misread,
): readonly Found[] {
  const at = (offset: number) => ({ document, offset });
  if (tab !== undefined) {
    return [{
      severity: "error",
      code: "invalid-yaml",
      message: "Not valid YAML: a tab is no indentation",
      hint: "Write spaces",
      at: at(tab),
    }];
  }
  return words.map(({ offset, word, isTrue }) => ({
    severity: "warning",
    code: "yaml-boolean",
    message: `kubectl reads ${word} as ${isTrue}, not as text`,
    hint: `Write "${word}" for text, or ${isTrue}`,
    at: at(offset),
  }));
}
