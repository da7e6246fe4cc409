/**
 * The same as the picture in words, under headings: for narrow screens, for
 * screen readers, for paper.
 *
 * @module
 */

import type { Graph, GraphEdge, GraphNode } from "../istio/graph.ts";
import { edgeText, labelOf } from "./graph_label.ts";
import { escapeMarkup } from "./markup.ts";

/** A section with an article for each VirtualService. */
export function outlineOf(graph: Graph): readonly string[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const behind = Map.groupBy(graph.edges, ({ from }) => from);
  const before = Map.groupBy(graph.edges, ({ to }) => to);
  const next = (id: string) => behind.get(id) ?? [];
  const textOf = (node: GraphNode | undefined) => {
    if (node === undefined) return "";
    const { title, lines, problems } = labelOf(node);
    return [title, ...lines].map(escapeMarkup).join(", ") +
      problems.map((text) =>
        ` <strong class="problem">${escapeMarkup(text)}</strong>`
      ).join("");
  };
  const destination = (edge: GraphEdge) => {
    const pods = next(edge.to).map(({ to }) => nodes.get(to))
      .map((node) => `; pods: ${textOf(node)}`).join("");
    const share = edgeText(edge);
    return `<li>${bar(edge)}${
      share === "" ? "" : `<b>${escapeMarkup(share)}</b> to `
    }${textOf(nodes.get(edge.to))}${pods}</li>`;
  };
  const rule = ({ to }: GraphEdge) => {
    const node = nodes.get(to);
    if (node?.kind !== "rule") return "";
    return `<li value="${node.index}">${
      node.name === null ? "" : `<b>${escapeMarkup(node.name)}</b>: `
    }${ruleText(node)}${
      next(to).length === 0
        ? ""
        : `<ul class="ways">${next(to).map(destination).join("")}</ul>`
    }</li>`;
  };
  const articles = graph.nodes.flatMap((node) => {
    if (node.kind !== "virtualService") return [];
    const hosts = (before.get(node.id) ?? []).map(({ from }) => {
      const clients = (before.get(from) ?? []).map((edge) =>
        labelOf(nodes.get(edge.from)!).title
      );
      return escapeMarkup(
        `${labelOf(nodes.get(from)!).title} (${clients.join(", ")})`,
      );
    });
    const own = labelOf(node);
    const isWhole = graph.detail === "rules";
    return [
      "<article>",
      `<h3>${escapeMarkup(own.title)}</h3>`,
      `<p>${hosts.length === 0 ? "No hosts" : hosts.join("; ")}</p>`,
      ...own.problems.map((text) =>
        `<p><strong class="problem">${escapeMarkup(text)}</strong></p>`
      ),
      isWhole
        ? `<ol class="rules">${next(node.id).map(rule).join("")}</ol>`
        : `<ul class="ways">${next(node.id).map(destination).join("")}</ul>`,
      "</article>",
    ];
  });
  return [
    '<section aria-labelledby="rules-title">',
    '<h2 id="rules-title">The same in words</h2>',
    ...articles,
    "</section>",
  ];
}

function ruleText(node: GraphNode): string {
  const { lines, problems } = labelOf(node);
  return lines.map(escapeMarkup).join(" ") +
    problems.map((text) =>
      ` <strong class="problem">${escapeMarkup(text)}</strong>`
    ).join("");
}

/** The share as a length; the words beside it say the same. */
function bar({ fraction, kind }: GraphEdge): string {
  if (fraction === undefined) return "";
  return `<svg class="bar ${kind}" width="60" height="10" aria-hidden="true"><rect class="all" width="60" height="10" rx="2"/><rect class="part" width="${
    Number((60 * Math.min(1, fraction)).toFixed(1))
  }" height="10" rx="2"/></svg> `;
}
