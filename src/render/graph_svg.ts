/**
 * A picture as SVG: shares as words and as width, problems as words and as
 * borders, for light and dark.
 *
 * @module
 */

import type { Graph, GraphNode } from "../istio/graph.ts";
import { labelOf, severityOf } from "./graph_label.ts";
import {
  type Box,
  FONT_SIZE,
  type Layout,
  layoutOf,
  type Line,
  LINE_HEIGHT,
  PADDING,
} from "./graph_layout.ts";
import { escapeMarkup } from "./markup.ts";

/** The picture as a file; ends with a line feed. */
export function renderSvg(graph: Graph): string {
  const layout = layoutOf(graph);
  return [
    "<!-- istiops graph -->",
    `<svg xmlns="http://www.w3.org/2000/svg" class="graph" width="${layout.width}" height="${layout.height}" viewBox="0 0 ${layout.width} ${layout.height}" role="img" aria-labelledby="graph-title graph-desc">`,
    '<title id="graph-title">Traffic: hosts, rules, destinations and pods</title>',
    `<desc id="graph-desc">${escapeMarkup(descriptionOf(graph))}</desc>`,
    `<style>${GRAPH_STYLE}</style>`,
    `<rect class="ground" width="${layout.width}" height="${layout.height}"/>`,
    drawing(layout, false),
    "</svg>",
  ].join("\n") + "\n";
}

/** The picture as a part of a page, where it can be walked with keys. */
export function svgElement(graph: Graph): string {
  const layout = layoutOf(graph);
  return [
    `<svg id="picture" class="graph" width="${layout.width}" height="${layout.height}" viewBox="0 0 ${layout.width} ${layout.height}" role="group" aria-label="${
      escapeMarkup(descriptionOf(graph))
    }">`,
    `<rect class="ground" width="${layout.width}" height="${layout.height}"/>`,
    drawing(layout, true),
    "</svg>",
  ].join("\n");
}

/** `3 rules, 5 destinations, 2 errors`: what is to be seen. */
export function descriptionOf({ nodes }: Graph): string {
  const counted = (kind: GraphNode["kind"], noun: string) => {
    const number = nodes.filter((node) => node.kind === kind).length;
    return number === 0 ? [] : [`${number} ${noun}${number === 1 ? "" : "s"}`];
  };
  const marked = (severity: string) => {
    const number = nodes.reduce(
      (sum, { problems }) =>
        sum + problems.filter((one) => one.severity === severity).length,
      0,
    );
    return number === 0
      ? []
      : [`${number} ${severity}${number === 1 ? "" : "s"}`];
  };
  return [
    ...counted("host", "host"),
    ...counted("virtualService", "VirtualService"),
    ...counted("rule", "rule"),
    ...counted("destination", "destination"),
    ...marked("error"),
    ...marked("warning"),
  ].join(", ");
}

function drawing({ boxes, lines }: Layout, isPage: boolean): string {
  return [
    ...lines.map((line, index) => drawLine(line, boxes, index)),
    ...boxes.map((box, index) => drawBox(box, index, isPage)),
    ...lines.flatMap(drawText),
  ].join("\n");
}

function drawLine(
  { edge, start, end, width, from, to }: Line,
  boxes: readonly Box[],
  index: number,
): string {
  const middle = round((start.x + end.x) / 2);
  const isLost = severityOf(boxes[to]!.node) === "error" &&
    edge.fraction !== 0 && edge.kind === "traffic" &&
    boxes[to]!.node.kind === "destination";
  const classes = [
    "edge",
    ...(edge.kind === "mirror" ? ["mirror"] : []),
    ...(edge.fraction === undefined ? [] : ["share"]),
    ...(edge.fraction === 0 ? ["none"] : []),
    ...(isLost ? ["lost"] : []),
  ];
  return `<path class="${
    classes.join(" ")
  }" data-edge="${index}" data-ends="${from} ${to}" stroke-width="${width}" d="M${
    round(start.x)
  } ${round(start.y)}C${middle} ${round(start.y)} ${middle} ${round(end.y)} ${
    round(end.x)
  } ${round(end.y)}"/>`;
}

function drawText({ text, start, width }: Line, index: number): string[] {
  return text === "" ? [] : [
    `<text class="share" data-words="${index}" x="${round(start.x + 8)}" y="${
      round(start.y - width / 2 - 3)
    }">${escapeMarkup(text)}</text>`,
  ];
}

function drawBox(
  { node, lines, x, y, width, height }: Box,
  index: number,
  isPage: boolean,
): string {
  const severity = severityOf(node);
  const label = labelOf(node);
  const words = [
    `${label.kind} ${label.title}`,
    ...label.lines,
    ...label.problems,
  ].map(escapeMarkup);
  const top = y + PADDING + LINE_HEIGHT - 5;
  return [
    `<g class="node ${node.kind}${
      severity === undefined ? "" : ` ${severity}`
    }"${
      isPage
        ? ` id="node-${index}" data-node="${index}" role="button" tabindex="${
          index === 0 ? 0 : -1
        }" aria-pressed="false" aria-label="${words.join(". ")}"`
        : ""
    }><title>${words.join("\n")}</title>`,
    `<rect x="${round(x)}" y="${round(y)}" width="${width}" height="${
      round(height)
    }" rx="${ROUND[node.kind]}"/>`,
    ...lines.map(({ text, role }, at) =>
      `<text class="${role}" x="${round(x + PADDING)}" y="${
        round(top + at * LINE_HEIGHT)
      }">${escapeMarkup(text)}</text>`
    ),
    ...(severity === "error" || severity === "warning"
      ? [mark(severity, x + width, y)]
      : []),
    "</g>",
  ].join("");
}

const ROUND: Readonly<Record<GraphNode["kind"], number>> = {
  client: 18,
  host: 10,
  virtualService: 3,
  rule: 3,
  destination: 3,
  pods: 18,
};

/** An octagon with a cross, a triangle with a stroke: shapes, not colours. */
function mark(severity: "error" | "warning", x: number, y: number): string {
  const at = `translate(${round(x - 9)} ${round(y)})`;
  return severity === "error"
    ? `<g class="mark" transform="${at}"><path d="M-4-10H4L10-4V4L4 10H-4L-10 4V-4Z"/><path class="sign" d="M-4-4L4 4M4-4L-4 4"/></g>`
    : `<g class="mark" transform="${at}"><path d="M0-11L11 9H-11Z"/><path class="sign" d="M0-4V3M0 5V6"/></g>`;
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

const FONT =
  "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";

/** Plain colours: not every program that draws SVG knows variables. */
export const GRAPH_STYLE = [
  `.graph text{font:${FONT_SIZE}px ${FONT};fill:#1f2328;white-space:pre}`,
  ".graph .ground{fill:#fff}",
  ".graph .node rect{fill:#f6f8fa;stroke:#6e7781;stroke-width:1.5}",
  ".graph .client rect,.graph .pods rect{fill:#fff}",
  ".graph .virtualService rect{stroke-width:3}",
  ".graph text.kind{font-size:11px;fill:#57606a}",
  ".graph text.title{font-weight:bold}",
  ".graph .error rect{stroke:#b3261e;stroke-width:3;stroke-dasharray:8 4}",
  ".graph .warning rect{stroke:#8a5a00;stroke-width:3;stroke-dasharray:2 4;stroke-linecap:round}",
  ".graph .error text.problem{fill:#b3261e;font-weight:bold}",
  ".graph .warning text.problem{fill:#7a4f00;font-weight:bold}",
  ".graph .error .mark path{fill:#b3261e}.graph .warning .mark path{fill:#8a5a00}",
  ".graph .mark path.sign{stroke:#fff;stroke-width:2.5;fill:none;stroke-linecap:round}",
  ".graph .edge{fill:none;stroke:#8c959f}",
  ".graph .edge.share{stroke:#4a7fc1}",
  ".graph .edge.mirror{stroke-dasharray:3 5}",
  ".graph .edge.none{stroke:#8c959f;stroke-dasharray:1 4}",
  ".graph .edge.lost{stroke:#b3261e;stroke-dasharray:12 4}",
  ".graph text.share{font-size:12px;font-weight:bold;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}",
  "@media (prefers-color-scheme:dark){",
  ".graph text{fill:#e6edf3}",
  ".graph .ground{fill:#0d1117}",
  ".graph .node rect{fill:#161b22;stroke:#8b949e}",
  ".graph .client rect,.graph .pods rect{fill:#0d1117}",
  ".graph text.kind{fill:#9aa4af}",
  ".graph .error rect{stroke:#ff7b72}.graph .warning rect{stroke:#e3b341}",
  ".graph .error text.problem{fill:#ff9a92}.graph .warning text.problem{fill:#e3b341}",
  ".graph .error .mark path{fill:#ff7b72}.graph .warning .mark path{fill:#e3b341}",
  ".graph .mark path.sign{stroke:#0d1117;fill:none}",
  ".graph .edge{stroke:#6e7681}.graph .edge.share{stroke:#5b93d8}",
  ".graph .edge.none{stroke:#6e7681}.graph .edge.lost{stroke:#ff7b72}",
  ".graph text.share{stroke:#0d1117}",
  "}",
].join("");
