/**
 * Where the boxes and lines of a picture are. Columns are given by the kinds
 * of nodes and rules keep their order, so that only heights are left: each
 * thing as near as it can be to what it hangs on.
 *
 * @module
 */

import { groupBy } from "../istio/group.ts";
import {
  COLUMNS,
  type Graph,
  type GraphEdge,
  type GraphNode,
} from "../istio/graph.ts";
import { edgeText, labelOf, widthOfEdge } from "./graph_label.ts";
import { graphemes, graphemeWidth } from "./graphemes.ts";
import { widthOf } from "./text.ts";

/** A line of text in a box. */
export interface BoxLine {
  readonly text: string;
  readonly role: "kind" | "title" | "line" | "problem";
}

/** A box; places are those of its left upper corner. */
export interface Box {
  readonly node: GraphNode;
  readonly lines: readonly BoxLine[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line from a box to one on its right. */
export interface Line {
  readonly edge: GraphEdge;
  readonly from: number;
  readonly to: number;
  readonly start: Point;
  readonly end: Point;
  readonly width: number;
  /** Empty where there is nothing to say. */
  readonly text: string;
}

/** A place in the picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A picture with places. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** In the order of the graph's nodes. */
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

/** Of the text in boxes; the widest of the usual monospaced fonts. */
export const FONT_SIZE = 13;
/** Height of a line of text. */
export const LINE_HEIGHT = 17;
/** Space inside a box. */
export const PADDING = 10;

const CHARACTER = FONT_SIZE * 0.605;
const MARGIN = 16;
/** Characters in a line of a box; longer ones are broken. */
const LINE_LENGTH: Readonly<Record<GraphNode["kind"], number>> = {
  client: 20,
  host: 26,
  virtualService: 26,
  rule: 34,
  destination: 30,
  pods: 20,
};
const MOST_LINES = 12;
const GAP = { row: 14, group: 30, column: 44, shares: 116 } as const;
/** Between lines that leave a box, so that their words do not meet. */
const PORT = { plain: 6, text: 24 } as const;

interface Draft {
  readonly node: GraphNode;
  readonly lines: readonly BoxLine[];
  readonly height: number;
  width: number;
  x: number;
  y: number;
}

/** Lays a graph out from left to right. */
export function layoutOf({ nodes, edges }: Graph): Layout {
  const index = new Map(nodes.map(({ id }, at) => [id, at]));
  const ends = edges.map((edge) => ({
    edge,
    from: index.get(edge.from)!,
    to: index.get(edge.to)!,
    text: edgeText(edge),
  }));
  const leaving = groupBy(ends, ({ from }) => from);
  const arriving = groupBy(ends, ({ to }) => to);
  const boxes = nodes.map((node, at) => draft(node, leaving.get(at) ?? []));
  const columns = COLUMNS.map((kind) =>
    boxes.flatMap(({ node }, at) => node.kind === kind ? [at] : [])
  );
  const center = (at: number) => boxes[at]!.y + boxes[at]!.height / 2;
  const mean = (list: readonly number[]) =>
    list.length === 0
      ? 0
      : list.reduce((sum, at) => sum + center(at), 0) / list.length;
  const [clients = [], hosts = [], services = [], , places = []] = columns;

  // The rules are the spine: everything else is put beside them.
  let y: number = MARGIN;
  for (const at of services) {
    const rules = (leaving.get(at) ?? []).map(({ to }) => to)
      .filter((to) => nodes[to]!.kind === "rule");
    const own = boxes[at]!;
    const heights = rules.map((to) => boxes[to]!.height);
    const needed = heights.reduce((sum, height) => sum + height + GAP.row, 0) -
      (rules.length > 0 ? GAP.row : 0);
    const height = Math.max(own.height, needed);
    let below = y + (height - needed) / 2;
    for (const to of rules) {
      boxes[to]!.y = below;
      below += boxes[to]!.height + GAP.row;
    }
    own.y = y + (height - own.height) / 2;
    y += height + GAP.group;
  }
  settle(hosts, (at) => mean((leaving.get(at) ?? []).map(({ to }) => to)));
  settle(clients, (at) => mean((leaving.get(at) ?? []).map(({ to }) => to)));
  // A destination and its pods are a row.
  const podsOf = (at: number) => leaving.get(at)?.[0]?.to;
  settle(
    places,
    (at) => mean((arriving.get(at) ?? []).map(({ from }) => from)),
    (at) => boxes[podsOf(at) ?? at]!.height,
  );
  for (const at of places) {
    const pods = podsOf(at);
    if (pods !== undefined) {
      boxes[pods]!.y = center(at) - boxes[pods]!.height / 2;
    }
  }

  let x: number = MARGIN;
  for (const column of columns) {
    if (column.length === 0) continue;
    const hasWords = column.some((at) =>
      leaving.get(at)?.some(({ text }) => text !== "")
    );
    // One width for all: no line goes behind a neighbour.
    const width = Math.max(...column.map((at) => boxes[at]!.width));
    for (const at of column) Object.assign(boxes[at]!, { x, width });
    x += width + (hasWords ? GAP.shares : GAP.column);
  }
  return {
    width: Math.ceil(
      Math.max(0, ...boxes.map((box) => box.x + box.width)) + MARGIN,
    ),
    height: Math.ceil(
      Math.max(0, ...boxes.map((box) => box.y + box.height)) + MARGIN,
    ),
    boxes,
    lines: linesBetween(boxes, ends, { leaving, arriving }),
  };

  /** Each as near as can be to where it belongs, without touching another. */
  function settle(
    column: readonly number[],
    wanted: (at: number) => number,
    beside: (at: number) => number = () => 0,
  ): void {
    const sorted = column.map((at) => ({ at, wish: wanted(at) }))
      .sort((a, b) => a.wish - b.wish || a.at - b.at);
    let free: number = MARGIN;
    let late = 0;
    for (const { at, wish } of sorted) {
      const height = Math.max(boxes[at]!.height, beside(at));
      const top = Math.max(free, wish - height / 2);
      boxes[at]!.y = top + (height - boxes[at]!.height) / 2;
      late += top - (wish - height / 2);
      free = top + height + GAP.row;
    }
    // Boxes are only ever pushed down: half of that is taken back.
    const first = sorted[0];
    if (first === undefined) return;
    const room = boxes[first.at]!.y - MARGIN -
      Math.max(0, beside(first.at) - boxes[first.at]!.height) / 2;
    const back = Math.max(0, Math.min(room, late / sorted.length));
    for (const { at } of sorted) boxes[at]!.y -= back;
  }
}

interface End {
  readonly edge: GraphEdge;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function draft(node: GraphNode, leaving: readonly End[]): Draft {
  const { kind, title, lines, problems } = labelOf(node);
  const wrapped = (role: BoxLine["role"], text: string) =>
    breakText(text, LINE_LENGTH[node.kind]).map((line): BoxLine => ({
      role,
      text: line,
    }));
  const all = [
    ...wrapped("kind", kind),
    ...wrapped("title", title),
    ...[
      ...lines.flatMap((line) => wrapped("line", line)),
    ].slice(0, MOST_LINES),
    ...problems.slice(0, 3).flatMap((text) => wrapped("problem", text)),
  ];
  const step = leaving.some(({ text }) => text !== "") ? PORT.text : PORT.plain;
  return {
    node,
    lines: all,
    x: 0,
    y: 0,
    width: Math.ceil(
      Math.max(...all.map(({ text }) => widthOf(text))) * CHARACTER,
    ) + 2 * PADDING + (problems.length > 0 ? 8 : 0),
    height: Math.max(
      all.length * LINE_HEIGHT + 2 * PADDING - 2,
      leaving.length * step + PADDING,
    ),
  };
}

/** Breaks where a name or a sentence has a seam, or anywhere. */
export function breakText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (
    const piece of text.match(/[^\s.,/=&?;:_-]*[\s.,/=&?;:_-]|.+/gsu) ?? []
  ) {
    for (const part of pieces(piece, columns)) {
      const own = widthOf(part);
      if (width > 0 && width + widthOf(part.trimEnd()) > columns) {
        lines.push(line.trimEnd());
        [line, width] = ["", 0];
      }
      line += part;
      width += own;
    }
  }
  return [...lines, line.trimEnd()];
}

function pieces(word: string, columns: number): readonly string[] {
  if (widthOf(word) <= columns) return [word];
  const parts: string[] = [];
  let part = "";
  let width = 0;
  for (const one of graphemes(word)) {
    const own = graphemeWidth(one);
    if (width > 0 && width + own > columns) {
      parts.push(part);
      [part, width] = ["", 0];
    }
    part += one;
    width += own;
  }
  return [...parts, part];
}

/** Lines leave and reach a box side by side, in the order of their other ends. */
function linesBetween(
  boxes: readonly Draft[],
  ends: readonly End[],
  of: {
    readonly leaving: ReadonlyMap<number, readonly End[]>;
    readonly arriving: ReadonlyMap<number, readonly End[]>;
  },
): Line[] {
  const place = (
    list: readonly End[],
    at: number,
    other: (end: End) => number,
  ): Map<End, number> => {
    const box = boxes[at]!;
    const sorted = [...list].sort((a, b) =>
      middle(boxes[other(a)]!) - middle(boxes[other(b)]!)
    );
    const step = Math.min(PORT.text, (box.height - PADDING) / sorted.length);
    return new Map(
      sorted.map((end, index) => [
        end,
        middle(box) + (index - (sorted.length - 1) / 2) * step,
      ]),
    );
  };
  const starts = new Map(
    [...of.leaving].flatMap(([at, list]) => [...place(list, at, (e) => e.to)]),
  );
  const stops = new Map(
    [...of.arriving].flatMap((
      [at, list],
    ) => [...place(list, at, (e) => e.from)]),
  );
  return ends.map((end) => {
    const { edge, from, to, text } = end;
    const left = boxes[from]!;
    return {
      edge,
      from,
      to,
      text,
      width: widthOfEdge(edge),
      start: { x: left.x + left.width, y: starts.get(end)! },
      end: { x: boxes[to]!.x, y: stops.get(end)! },
    };
  });
}

function middle({ y, height }: Draft): number {
  return y + height / 2;
}
