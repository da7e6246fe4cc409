/**
 * The menu as rows under the line: a list where items have something to tell,
 * else columns.
 *
 * @module
 */

import { safe } from "../src/render/safe.ts";
import { widthOf } from "../src/render/text.ts";
import type { Completion, CompletionItem } from "./context.ts";
import { fit, type Piece, type Row } from "./rows.ts";

/** Rows of an open menu, at most `height`. */
export function menuRows(
  completion: Completion,
  chosen: string | undefined,
  size: { readonly room: number; readonly height: number },
): readonly Row[] {
  const { room, height } = size;
  const { items, state } = completion;
  const loading = state === "loading"
    ? [fit([{ text: "  loading…", styles: ["dim"] }], room)]
    : [];
  if (height <= loading.length) return loading.slice(0, height);
  const isList = items.some(({ detail, doc }) => detail ?? doc);
  const width = Math.min(
    isList ? Math.max(8, Math.floor(room / 2)) : room,
    2 + Math.max(0, ...items.map(({ label }) => widthOf(safe(label)))),
  );
  const across = isList ? 1 : Math.max(1, Math.floor((room + 2) / (width + 2)));
  const all: CompletionItem[][] = [];
  for (let at = 0; at < items.length; at += across) {
    all.push(items.slice(at, at + across));
  }
  const index = all.findIndex((row) => row.some(({ text }) => text === chosen));
  const { first, count } = windowOf(
    all.length,
    Math.max(0, index),
    height - loading.length,
  );
  const rows = all.slice(first, first + count).map((row) => {
    const pieces = row.flatMap((item, index) => [
      ...index > 0 ? [{ text: "  " }] : [],
      ...entry(item, item.text === chosen, width),
    ]);
    return fit(pieces, room);
  });
  const hidden = items.length - count * across;
  const more = count < all.length && rows.length + loading.length < height
    ? [fit([{ text: `  … ${hidden} more`, styles: ["dim"] }], room)]
    : [];
  return [...rows, ...more, ...loading];
}

/** The rows that are seen; one is left for what is not. */
function windowOf(
  total: number,
  index: number,
  height: number,
): { readonly first: number; readonly count: number } {
  if (total <= height) return { first: 0, count: total };
  const count = Math.max(1, height - 1);
  const first = Math.min(
    total - count,
    Math.max(0, index - Math.floor(count / 2)),
  );
  return { first, count };
}

function entry(
  { label, detail, doc }: CompletionItem,
  isChosen: boolean,
  width: number,
): readonly Piece[] {
  const mark = isChosen ? "> " : "  ";
  const name = fit([{ text: label }], width - 2)
    .map(({ text }) => text).join("");
  const told = [detail, doc].filter((text) => text !== undefined).join("  ");
  return [
    {
      text: mark + name,
      ...isChosen && { styles: ["inverse" as const] },
    },
    { text: " ".repeat(Math.max(0, width - 2 - widthOf(name))) },
    ...told === ""
      ? []
      : [{ text: "  " }, { text: told, styles: ["dim" as const] }],
  ];
}
