/**
 * The way of one request through a picture.
 *
 * @module
 */

import type { Explanation } from "./explanation.ts";
import type { Graph, GraphNode } from "./graph.ts";

/**
 * Ids of the nodes on the way of a request; none where it goes past what is
 * drawn.
 */
export function wayIn(
  graph: Pick<Graph, "nodes" | "edges">,
  explanation: Explanation,
): readonly string[] {
  const { rule, virtualService, client, destinations } = explanation;
  if (rule === undefined || virtualService === undefined) return [];
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const behind = Map.groupBy(graph.edges, ({ from }) => from);
  const before = Map.groupBy(graph.edges, ({ to }) => to);
  const root =
    `virtualService:${virtualService.namespace}/${virtualService.name}`;
  if (!nodes.has(root)) return [];
  const way = new Set<string>([root]);
  const own = (behind.get(root) ?? []).map(({ to }) => to).find((id) =>
    isRule(nodes.get(id), rule)
  );
  if (own !== undefined) way.add(own);
  const gateway = client.kind === "gateway" ? client.gateway ?? "" : null;
  for (const { from: host } of before.get(root) ?? []) {
    const node = nodes.get(host);
    if (node?.kind !== "host" || !isAsked(node.host, explanation)) continue;
    for (const { from } of before.get(host) ?? []) {
      const asking = nodes.get(from);
      if (asking?.kind !== "client" || asking.gateway !== gateway) continue;
      way.add(host).add(from);
    }
  }
  for (const { to, kind } of behind.get(own ?? root) ?? []) {
    const node = nodes.get(to);
    const isTaken = kind === "traffic" && node?.kind === "destination" &&
      destinations.some(({ host, port, subset }) =>
        host === node.host && (node.port === null || node.port === port) &&
        (own === undefined || (subset ?? null) === node.subset)
      );
    if (!isTaken) continue;
    way.add(to);
    for (const edge of behind.get(to) ?? []) way.add(edge.to);
  }
  return graph.nodes.flatMap(({ id }) => way.has(id) ? [id] : []);
}

function isRule(
  node: GraphNode | undefined,
  { object, rule }: NonNullable<Explanation["rule"]>,
): boolean {
  return node?.kind === "rule" && node.index === rule &&
    node.object.name === object.name &&
    node.object.namespace === object.namespace;
}

/** The host by its full name, or by the entry that took the Host header. */
function isAsked(host: string, { domain, service }: Explanation): boolean {
  const name = host.toLowerCase();
  return name === service?.toLowerCase() || name === domain ||
    (name.startsWith("*") &&
      [service, domain].some((one) =>
        one?.toLowerCase().endsWith(name.slice(1)) === true
      ));
}
