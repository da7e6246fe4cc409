/**
 * A picture as DOT, for Graphviz.
 *
 * @module
 * @see https://graphviz.org/doc/info/lang.html
 */

import { COLUMNS, type Graph, type GraphNode } from "../istio/graph.ts";
import {
  edgeText,
  labelOf,
  problemText,
  severityOf,
  widthOfEdge,
} from "./graph_label.ts";

/** The digraph; ends with a line feed. */
export function renderDot({ nodes, edges }: Graph): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  return [
    "// istiops graph",
    "digraph istiops {",
    '  graph [rankdir=LR, ordering=out, charset="UTF-8"]',
    '  node [shape=box, fontname="monospace", fontsize=11]',
    '  edge [fontname="monospace", fontsize=10, arrowsize=0.6]',
    ...nodes.map((node) => {
      const severity = severityOf(node);
      const styles = [
        ...SHAPES[node.kind],
        ...(severity === "error" || severity === "warning"
          ? [
            `color="${COLORS[severity]}"`,
            "penwidth=3",
            `style=${severity === "error" ? "dashed" : "dotted"}`,
          ]
          : []),
      ];
      return `  ${names.get(node.id)} [${
        [`label=${quoted(linesOf(node))}`, ...styles].join(", ")
      }]`;
    }),
    ...COLUMNS.flatMap((column) => {
      const own = nodes.filter(({ kind }) => kind === column)
        .map(({ id }) => names.get(id));
      return own.length < 2 ? [] : [`  { rank=same; ${own.join("; ")} }`];
    }),
    ...edges.map((edge) => {
      const text = edgeText(edge);
      const styles = [
        ...(text === "" ? [] : [`label=${quoted([text])}`]),
        ...(edge.fraction === undefined
          ? []
          : [`penwidth=${widthOfEdge(edge)}`]),
        ...(edge.kind === "mirror" ? ["style=dashed"] : []),
      ];
      return `  ${names.get(edge.from)} -> ${names.get(edge.to)}${
        styles.length === 0 ? "" : ` [${styles.join(", ")}]`
      }`;
    }),
    "}",
  ].join("\n") + "\n";
}

function linesOf(node: GraphNode): readonly string[] {
  const { kind, title, lines } = labelOf(node);
  return [`${kind}: ${title}`, ...lines, ...node.problems.map(problemText)];
}

const SHAPES: Readonly<Record<GraphNode["kind"], readonly string[]>> = {
  client: ["shape=oval"],
  host: ["shape=box", "peripheries=1"],
  virtualService: ["shape=component"],
  rule: [],
  destination: ["shape=box3d"],
  pods: ["shape=cylinder"],
};

const COLORS = { error: "#b3261e", warning: "#9a6700" } as const;

/** Backslashes and entities mean something in labels. */
function quoted(lines: readonly string[]): string {
  const text = lines.map((line) =>
    line.replaceAll("&", "&amp;").replaceAll("\\", "\\\\")
      .replaceAll('"', '\\"')
  );
  return `"${text.join("\\n")}"`;
}
