/**
 * What could be written, as an editor lists it; what it means comes when
 * somebody looks at it.
 *
 * @module
 */

import type {
  CompletionItem as Shown,
  CompletionList,
  Position,
} from "vscode-languageserver/node";
import { commandAt } from "../language/commands.ts";
import { complete, type CompletionItem } from "../language/complete.ts";
import { statementAt } from "../language/document.ts";
import { NO_NAMES, type Place } from "../language/names.ts";
import { isHiding, safe } from "../render/safe.ts";
import { documentationOf } from "./documentation.ts";
import { markup } from "./markdown.ts";
import type { Client, View } from "./view.ts";

/** Keys after which something could be written. */
export const COMPLETION_TRIGGERS: readonly string[] = [
  ..." -=,:$",
];

const KINDS = { command: 3, option: 5, variable: 6, value: 12 } as const;

/** What a list was made from, for whoever resolves an item of it. */
interface ItemData {
  readonly kind: CompletionItem["kind"];
  readonly word: string;
  readonly path: readonly string[];
}

/** What could be written at a position, and the place its names come from. */
export function completionAt(
  view: View,
  position: Position,
): { readonly list: CompletionList; readonly wants?: Place } {
  const { document, lines, names, client } = view;
  const offset = lines.offsetAt(position);
  const { span, items, isLoading, place } = complete(document, offset, names);
  const range = lines.rangeOf(span);
  const path = statementAt(document, offset)?.parsed.path ?? [];
  const shown = items.filter(({ text }) => !isHiding(text)).map((
    item,
    index,
  ): Shown => {
    const data: ItemData = { kind: item.kind, word: item.word, path };
    const one: Shown = {
      label: safe(item.label),
      kind: KINDS[item.kind],
      detail: safe([item.doc, item.detail].filter(Boolean).join(", ")),
      // The list is ranked already.
      sortText: String(index).padStart(4, "0"),
      filterText: item.text,
      ...client.itemDefaults
        ? item.text === item.label ? {} : { textEditText: item.text }
        : { textEdit: { range, newText: item.text } },
    };
    return client.documentationLater
      ? { ...one, data }
      : documented(one, data, client);
  });
  return {
    list: {
      // Names that are still being read, and items that were left out.
      isIncomplete: (isLoading && names !== NO_NAMES) || items.length >= 200,
      ...client.itemDefaults ? { itemDefaults: { editRange: range } } : {},
      items: shown,
    },
    ...place === undefined ? {} : { wants: place },
  };
}

/** The same item with what it means. */
export function resolveItem(item: Shown, client: Client): Shown {
  return isItemData(item.data) ? documented(item, item.data, client) : item;
}

function documented(item: Shown, data: ItemData, client: Client): Shown {
  const lines = documentationOf(data.kind, data.word, commandAt(data.path));
  return lines === undefined
    ? item
    : { ...item, documentation: markup({ lines }, client.markdownItems) };
}

function isItemData(data: unknown): data is ItemData {
  if (typeof data !== "object" || data === null) return false;
  const { kind, word, path } = data as Record<string, unknown>;
  return typeof kind === "string" && typeof word === "string" &&
    Array.isArray(path) && path.every((one) => typeof one === "string");
}
