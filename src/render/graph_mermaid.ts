/**
 * A picture as Mermaid, which many pages draw by themselves.
 *
 * @module
 * @see https://mermaid.js.org/syntax/flowchart.html
 */

import type { Graph, GraphNode } from "../istio/graph.ts";
import {
  edgeText,
  labelOf,
  problemText,
  severityOf,
  widthOfEdge,
} from "./graph_label.ts";

/** The flowchart; ends with a line feed. */
export function renderMermaid({ nodes, edges }: Graph): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const marked = (severity: string) =>
    nodes.flatMap((node) =>
      severityOf(node) === severity ? names.get(node.id) ?? [] : []
    );
  return [
    "%% istiops graph",
    "flowchart LR",
    ...nodes.map((node) => `  ${names.get(node.id)}${shaped(node)}`),
    ...edges.map((edge) => {
      const text = edgeText(edge);
      const arrow = edge.kind === "mirror" ? "-.->" : "-->";
      return `  ${names.get(edge.from)} ${arrow}${
        text === "" ? "" : `|"${escapeMermaid(text)}"|`
      } ${names.get(edge.to)}`;
    }),
    ...edges.flatMap((edge, index) =>
      edge.fraction === undefined
        ? []
        : [`  linkStyle ${index} stroke-width:${widthOfEdge(edge)}px`]
    ),
    "  classDef error stroke:#b3261e,stroke-width:3px,stroke-dasharray:7 3",
    "  classDef warning stroke:#9a6700,stroke-width:3px,stroke-dasharray:2 3",
    ...["error", "warning"].flatMap((severity) => {
      const list = marked(severity);
      return list.length === 0 ? [] : [`  class ${list.join(",")} ${severity}`];
    }),
  ].join("\n") + "\n";
}

function shaped(node: GraphNode): string {
  const { kind, title, lines } = labelOf(node);
  const [open, close] = SHAPES[node.kind];
  const text = [
    `${kind}: ${title}`,
    ...lines,
    ...node.problems.map(problemText),
  ].map(escapeMermaid).join("<br/>");
  return `${open}"${text}"${close}`;
}

const SHAPES: Readonly<
  Record<GraphNode["kind"], readonly [open: string, close: string]>
> = {
  client: ["([", "])"],
  host: ["(", ")"],
  virtualService: ["[[", "]]"],
  rule: ["[", "]"],
  destination: ["[", "]"],
  pods: ["[(", ")]"],
};

/**
 * Everything but plain letters as an entity: Mermaid looks for directives,
 * styles and Markdown in labels, too.
 */
export function escapeMermaid(text: string): string {
  return text.replace(
    /[^\p{L}\p{N} .,=/_-]/gu,
    (character) => `#${character.codePointAt(0)};`,
  );
}
