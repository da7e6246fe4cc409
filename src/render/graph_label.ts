/**
 * The words on a picture, the same in every format. Foreign text is made
 * visible here; what a format itself could misread is its renderer's.
 *
 * @module
 */

import type { GraphEdge, GraphNode, GraphProblem } from "../istio/graph.ts";
import { safe } from "./safe.ts";
import { count, percent } from "./text.ts";

/** The words of a node: a title, and what else there is to say. */
export interface NodeLabel {
  /** What it is: `VirtualService`. */
  readonly kind: string;
  /** Which one. */
  readonly title: string;
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

/** The words of a node. */
export function labelOf(node: GraphNode): NodeLabel {
  return {
    ...wordsOf(node),
    problems: node.problems.map(problemText),
  };
}

function wordsOf(node: GraphNode): Omit<NodeLabel, "problems"> {
  switch (node.kind) {
    case "client":
      return node.gateway === null
        ? { kind: "Client", title: "sidecars of the mesh", lines: [] }
        : { kind: "Gateway", title: safe(node.gateway), lines: [] };
    case "host":
      return { kind: "Host", title: safe(node.host), lines: [] };
    case "virtualService":
      return {
        kind: "VirtualService",
        title: objectText(node.object),
        lines: [count(node.rules, "rule")],
      };
    case "rule":
      return {
        kind: "Rule",
        title: `${node.index}${
          node.name === null ? "" : ` "${safe(node.name)}"`
        }`,
        lines: [
          ...node.match.map((block, index) =>
            `${index === 0 ? "" : "or "}${safe(block)}`
          ),
          ...(node.action === "route"
            ? []
            : [`${ACTIONS[node.action]}${node.status ?? "unknown status"}`]),
          ...(objectText(node.object) === objectText(node.root)
            ? []
            : [`of the delegate ${objectText(node.object)}`]),
        ],
      };
    case "destination":
      return {
        kind: "Destination",
        title: `${safe(node.host)}${node.port === null ? "" : `:${node.port}`}`,
        lines: [
          ...(node.subset === null ? [] : [`subset "${safe(node.subset)}"`]),
          ...Object.entries(node.labels).map(([key, value]) =>
            safe(`${key}=${value}`)
          ),
        ],
      };
    case "pods":
      return {
        kind: "Pods",
        title: node.ready === null || node.existing === null
          ? "unknown"
          : node.existing === 0
          ? "none"
          : `${node.ready} of ${node.existing} ready`,
        lines: node.why === undefined ? [] : [safe(node.why)],
      };
  }
}

const ACTIONS = { redirect: "redirect: ", direct: "answers itself: " } as const;

/** `75 %`, `mirror, 10 %`; nothing where there is no share. */
export function edgeText({ kind, fraction }: GraphEdge): string {
  const share = fraction === undefined ? "" : percent(fraction * 100);
  if (kind === "traffic") return share;
  return share === "" ? "mirror" : `mirror, ${share}`;
}

/** `error: no pod is ready`. */
export function problemText({ severity, message }: GraphProblem): string {
  return `${severity}: ${safe(message)}`;
}

function objectText(
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return `${safe(namespace)}/${safe(name)}`;
}

/** The gravest thing that is wrong at a node. */
export function severityOf(
  { problems }: GraphNode,
): GraphProblem["severity"] | undefined {
  return problems[0]?.severity;
}

/** From 1.5 for next to nothing to 8 for everything. */
export function widthOfEdge({ fraction }: GraphEdge): number {
  return fraction === undefined
    ? 1.5
    : Number((1.5 + 6.5 * Math.min(1, fraction)).toFixed(1));
}
