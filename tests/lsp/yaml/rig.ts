/**
 * YAML files as an editor has them, for the features as functions.
 *
 * @module
 */

import type { CodeAction } from "vscode-languageserver/node";
import { type Names, NO_NAMES } from "../../../src/language/names.ts";
import { changed } from "../../../src/lsp/positions.ts";
import { FULL_CLIENT } from "../../../src/lsp/view.ts";
import { completionIn } from "../../../src/lsp/yaml/completion.ts";
import { Chunks, type YamlFile } from "../../../src/lsp/yaml/files.ts";
import { type Told, toldOf } from "../../../src/lsp/yaml/findings.ts";
import { codeActionsIn } from "../../../src/lsp/yaml/fixes.ts";
import { hoverIn } from "../../../src/lsp/yaml/hover.ts";
import { together } from "../../../src/lsp/yaml/world.ts";

/** Where a cursor is in a text of a test. */
export const CURSOR = "‸";

/** An editor that shows plain text. */
const CLIENT = { ...FULL_CLIENT, markdown: false, markdownItems: false };

/** Open files; the first one is looked at. */
export class Open {
  readonly names: Names;
  readonly files: readonly YamlFile[];
  readonly offset: number;

  constructor(texts: readonly string[], names: Names = NO_NAMES) {
    this.names = names;
    this.offset = texts[0]?.indexOf(CURSOR) ?? -1;
    this.files = texts.map((text, nth) =>
      new Chunks().read(`file:///shop/${nth}.yaml`, text.replace(CURSOR, ""))
    );
  }

  get file(): YamlFile {
    return this.files[0]!;
  }

  told(): readonly Told[] {
    return toldOf(this.files, { names: this.names });
  }

  /** `code "what is marked"`. */
  codes(): readonly string[] {
    return this.told().map(({ code, span }) =>
      `${code} ${JSON.stringify(this.file.text.slice(span.start, span.end))}`
    );
  }

  /** Texts that would be written. */
  completion(): readonly string[] {
    const { names } = this;
    return completionIn(this.file, this.offset, {
      ...{ names, client: CLIENT },
      all: together(this.files, names),
    }).items.map(({ textEdit }) => textEdit!.newText);
  }

  /** The first file with one item taken. */
  completed(label: string): string {
    const { names, file } = this;
    const { items } = completionIn(file, this.offset, {
      ...{ names, client: CLIENT },
      all: together(this.files, names),
    });
    const edit = items.find((item) => item.label === label)?.textEdit;
    if (edit === undefined || !("range" in edit)) return "";
    return changed(file.text, [{ range: edit.range, text: edit.newText }]);
  }

  hover(): string {
    const { names } = this;
    const hover = hoverIn(this.file, this.offset, {
      ...{ names, client: CLIENT },
      all: together(this.files, names),
    });
    return hover === null
      ? ""
      : (hover.contents as { readonly value: string }).value;
  }

  actions(): readonly CodeAction[] {
    const { names, files } = this;
    return codeActionsIn(this.file, {
      start: { line: 0, character: 0 },
      end: { line: 1e6, character: 0 },
    }, {
      ...{ names, client: CLIENT, told: this.told() },
      all: together(files, names),
    });
  }

  /** All files with an action carried out. */
  after(title: string): readonly string[] {
    const changes = this.actions().find((one) => one.title === title)?.edit
      ?.changes;
    if (changes === undefined) {
      throw new Error(
        `no ${title} in ${this.actions().map((one) => one.title).join("; ")}`,
      );
    }
    return this.files.map(({ uri, text }) =>
      changed(
        text,
        (changes[uri] ?? []).toReversed().map(({ range, newText }) => ({
          range,
          text: newText,
        })),
      )
    );
  }
}
