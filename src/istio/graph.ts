/**
 * A picture of the routing as plain data: who asks, for which host, which
 * VirtualService speaks for it, its rules in order, where they lead, and the
 * pods there. What draws it is elsewhere.
 *
 * @module
 */

import { type Client, clientsOf, gatewaysOf } from "./client.ts";
import { type ResolvedRule, rootsOf, rulesFor } from "./delegates.ts";
import {
  effectiveDestinationRule,
  type EffectiveSubset,
  findSubset,
} from "./destination_rules.ts";
import type { Finding } from "./findings.ts";
import { actionOf, leadsTo, listOf, portOf } from "./graph_leads.ts";
import { fullNameOf, keyOf, namespaceOf, resolveHost } from "./hosts.ts";
import { podCount } from "./pods.ts";
import { isRecord, stringOf, strings } from "./shapes.ts";
import type { VirtualService } from "./types.ts";
import { matchInWords } from "./words.ts";
import type { World } from "./world.ts";

/** What is wrong at a node: an error or a warning of `check`. */
export interface GraphProblem
  extends Pick<Finding, "code" | "severity" | "message"> {}

/** What every node has. */
export interface GraphNodeBase {
  /** The same for the same thing; without meaning. */
  readonly id: string;
  /** The gravest first. */
  readonly problems: readonly GraphProblem[];
}

/** An object by its name. */
export interface GraphObject {
  /** `metadata.namespace`. */
  readonly namespace: string;
  /** `metadata.name`. */
  readonly name: string;
}

/** Who asks: the sidecars of the mesh, or the proxies of a Gateway. */
export interface ClientNode extends GraphNodeBase {
  /** Column 1. */
  readonly kind: "client";
  /** `namespace/name`; null: the sidecars. */
  readonly gateway: string | null;
}

/** A host as one kind of client knows it. */
export interface HostNode extends GraphNodeBase {
  /** Column 2. */
  readonly kind: "host";
  /** Full name. */
  readonly host: string;
}

/** A VirtualService with hosts. */
export interface VirtualServiceNode extends GraphNodeBase {
  /** Column 3. */
  readonly kind: "virtualService";
  /** Its name. */
  readonly object: GraphObject;
  /** Rules of `spec.http`, with those of delegates. */
  readonly rules: number;
}

/** A rule of `spec.http`. */
export interface RuleNode extends GraphNodeBase {
  /** Column 4. */
  readonly kind: "rule";
  /** The VirtualService that it is tried in. */
  readonly root: GraphObject;
  /** Holds the rule: a delegate for a delegate's rule. */
  readonly object: GraphObject;
  /** Index in its `spec.http`. */
  readonly index: number;
  /** Null where it has none. */
  readonly name: string | null;
  /** A clause for each block; any of them is enough. */
  readonly match: readonly string[];
  /** What it does with its requests. */
  readonly action: "route" | "redirect" | "direct";
  /** Of a redirect or a fixed response; null where it is not to be read. */
  readonly status?: number | null;
}

/** Where rules lead: a service, or one subset of it. */
export interface DestinationNode extends GraphNodeBase {
  /** Column 5. */
  readonly kind: "destination";
  /** Full name. */
  readonly host: string;
  /** Null: that which the request came to. */
  readonly port: number | null;
  /** Null: all pods of the service; in a summary subsets are not told apart. */
  readonly subset: string | null;
  /** Of the subset; empty where there is none, or where it is missing. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The pods behind a destination; null where they cannot be seen. */
export interface PodsNode extends GraphNodeBase {
  /** Column 6. */
  readonly kind: "pods";
  /** Pods that can be sent requests. */
  readonly ready: number | null;
  /** Pods in any phase. */
  readonly existing: number | null;
  /** Why they cannot be seen; one clause. */
  readonly why?: string;
}

/** A node, in one of six columns. */
export type GraphNode =
  | ClientNode
  | HostNode
  | VirtualServiceNode
  | RuleNode
  | DestinationNode
  | PodsNode;

/** From one column to the next; in a summary past that of the rules. */
export interface GraphEdge {
  /** Id of a node. */
  readonly from: string;
  /** Id of a node. */
  readonly to: string;
  /** `mirror`: copies, whose answers are thrown away. */
  readonly kind: "traffic" | "mirror";
  /** Share of the requests of its rule, 0 to 1; absent where it has none. */
  readonly fraction?: number;
}

/** The picture. Plain JSON. */
export interface Graph {
  /** `objects`: a summary without rules and subsets, as there are too many. */
  readonly detail: "rules" | "objects";
  /** By column, then as requests go: rules as they are tried. */
  readonly nodes: readonly GraphNode[];
  /** In the order of their first nodes. */
  readonly edges: readonly GraphEdge[];
}

/** Kinds of nodes from left to right. */
export const COLUMNS = [
  "client",
  "host",
  "virtualService",
  "rule",
  "destination",
  "pods",
] as const satisfies readonly GraphNode["kind"][];

/** More nodes than this are summarised: no picture of them can be read. */
export const MOST_DETAILED = 300;

/** Options of {@linkcode graphOf}. */
export interface GraphOptions {
  /** The VirtualServices to draw; all of the world by default. */
  readonly objects?: readonly VirtualService[];
  /** What is wrong; each is put at the node that it is about, if one is drawn. */
  readonly findings?: readonly Finding[];
  /** Nodes from which on it is a summary; {@linkcode MOST_DETAILED}. */
  readonly mostDetailed?: number;
}

/**
 * Draws VirtualServices of a world. A delegate is drawn in its roots.
 *
 * @param world What is there; the same one gives the same picture.
 */
export function graphOf(world: World, options: GraphOptions = {}): Graph {
  const {
    objects = world.virtualServices,
    mostDetailed = MOST_DETAILED,
    findings = [],
  } = options;
  const roots = rootsFor(world, objects);
  const whole = draw(world, roots, { detail: "rules", most: mostDetailed });
  const sketch = whole ??
    draw(world, roots, { detail: "objects", most: Infinity })!;
  return sketch.finish(findings);
}

/** What stands for itself: objects with hosts, and delegates nobody uses. */
function rootsFor(
  world: World,
  objects: readonly VirtualService[],
): readonly VirtualService[] {
  const roots = objects.flatMap((object) => {
    if (strings(object.spec?.hosts).length > 0) return [object];
    const found = rootsOf(world, object);
    return found.length > 0 ? found : [object];
  });
  return [...new Set(roots)].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
}

interface DrawOptions {
  readonly detail: Graph["detail"];
  readonly most: number;
}

/** Nothing where there are more nodes than may be. */
function draw(
  world: World,
  roots: readonly VirtualService[],
  { detail, most }: DrawOptions,
): Sketch | undefined {
  const sketch = new Sketch(world, detail);
  for (const root of roots) {
    sketch.add(root);
    if (sketch.size > most) return undefined;
  }
  return sketch;
}

type Draft<Node> = Node extends GraphNode ? Omit<Node, "id" | "problems">
  : never;

/** A picture while it is drawn. */
class Sketch {
  readonly #world: World;
  readonly #detail: Graph["detail"];
  readonly #nodes = new Map<string, Draft<GraphNode>>();
  readonly #edges = new Map<string, GraphEdge>();
  /** Nodes by where they are written: `namespace/name`, with `/http/3`, … */
  readonly #places = new Map<string, Set<string>>();

  constructor(world: World, detail: Graph["detail"]) {
    this.#world = world;
    this.#detail = detail;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** A VirtualService with all that is before and behind it. */
  add(root: VirtualService): void {
    const object = fullNameOf(root);
    const { rules } = rulesFor(this.#world, root);
    const own = this.#node(`virtualService:${keyOf(root)}`, {
      kind: "virtualService",
      object,
      rules: rules.length,
    });
    this.#at(own, keyOf(root));
    for (const gateway of gatewaysOf(root)) this.#front(root, gateway, own);
    const clients = clientsOf(this.#world, root);
    for (const rule of rules) this.#rule(rule, { root, own, clients });
  }

  /** Nodes, edges, and problems where they belong. */
  finish(findings: readonly Finding[]): Graph {
    const found = new Map<string, GraphProblem[]>();
    for (const finding of findings) {
      const { code, severity, message } = finding;
      if (severity === "info") continue;
      for (const id of this.#about(finding)) {
        const list = found.get(id);
        const problem = { code, severity, message };
        if (list === undefined) found.set(id, [problem]);
        else addProblem(list, problem);
      }
    }
    const position = (kind: GraphNode["kind"]) => COLUMNS.indexOf(kind);
    const nodes = [...this.#nodes].map(([id, draft]) => ({
      id,
      ...draft,
      problems: (found.get(id) ?? []).toSorted((a, b) =>
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
      ),
    } as GraphNode)).sort((a, b) => position(a.kind) - position(b.kind));
    const order = new Map(nodes.map(({ id }, index) => [id, index]));
    const at = (id: string) => order.get(id) ?? 0;
    const edges = [...this.#edges.values()].sort((a, b) =>
      at(a.from) - at(b.from)
    );
    return { detail: this.#detail, nodes, edges };
  }

  /** The nodes that a finding is about, or those of what holds its place. */
  #about({ object, path = [] }: Finding): readonly string[] {
    if (object === undefined) return [];
    const { kind } = object;
    const name = `${object.namespace}/${object.name}`;
    if (kind === "Gateway") {
      const client = `client:${name}`;
      return this.#nodes.has(client) ? [client] : [];
    }
    const [, list, index, ...rest] = path.map(String);
    const place = kind === "VirtualService"
      ? [
        name,
        ...(list === "http" && index !== undefined ? [index] : []),
        ...rest,
      ]
      : kind === "DestinationRule"
      ? [
        `${kind} ${name}`,
        ...(list === "subsets" && index !== undefined ? [index] : []),
      ]
      : [];
    for (let length = place.length; length > 0; length--) {
      const ids = this.#places.get(place.slice(0, length).join("\n"));
      if (ids !== undefined) return [...ids];
    }
    return [];
  }

  #front(root: VirtualService, gateway: string, own: string): void {
    const client = this.#node(`client:${gateway}`, {
      kind: "client",
      gateway: gateway === "mesh" ? null : gateway,
    });
    for (const written of strings(root.spec?.hosts)) {
      const host = resolveHost(written, namespaceOf(root), this.#world.mesh);
      const node = this.#node(`host:${gateway}:${host}`, {
        kind: "host",
        host,
      });
      this.#edge({ from: client, to: node, kind: "traffic" });
      this.#edge({ from: node, to: own, kind: "traffic" });
    }
  }

  #rule(
    rule: ResolvedRule,
    { root, own, clients }: {
      readonly root: VirtualService;
      readonly own: string;
      readonly clients: readonly Client[];
    },
  ): void {
    const { route, source, index } = rule;
    const place = [keyOf(source), `${index}`];
    let from = own;
    if (this.#detail === "rules") {
      const isOwn = source === root;
      from = this.#node(
        `rule:${keyOf(root)}:${isOwn ? "" : `${keyOf(source)}:`}${index}`,
        {
          kind: "rule",
          root: fullNameOf(root),
          object: fullNameOf(source),
          index,
          name: nameOfRule(source, index),
          match: matchInWords(route),
          ...actionOf(rule),
        },
      );
      this.#edge({ from: own, to: from, kind: "traffic" });
    }
    this.#at(from, ...place);
    for (const one of leadsTo(rule)) {
      const to = this.#destination(one.destination, { source, clients });
      this.#at(to, ...place, ...one.place);
      this.#edge({
        from,
        to,
        kind: one.kind,
        ...(one.fraction === undefined || this.#detail === "objects"
          ? {}
          : { fraction: one.fraction }),
      });
    }
  }

  #destination(
    destination: Readonly<Record<string, unknown>>,
    of: {
      readonly source: VirtualService;
      readonly clients: readonly Client[];
    },
  ): string {
    const world = this.#world;
    const host = resolveHost(
      stringOf(destination["host"]),
      namespaceOf(of.source),
      world.mesh,
    );
    const isWhole = this.#detail === "rules";
    const subset = isWhole ? stringOf(destination["subset"]) || null : null;
    const port = isWhole ? portOf(world, host, destination) : null;
    const id = `destination:${host}:${port ?? ""}:${subset ?? ""}`;
    if (this.#nodes.has(id)) return id;
    const found = subset === null
      ? undefined
      : subsetOf(world, host, { subset, clients: of.clients });
    const labels = subset === null ? {} : labelsOf(found);
    if (found !== undefined) {
      const { rule } = found;
      const index = listOf(rule.spec.subsets).indexOf(found.subset);
      this.#at(id, `DestinationRule ${keyOf(rule)}`, `${index}`);
    }
    this.#node(id, {
      kind: "destination",
      host,
      port,
      subset,
      labels: labels ?? {},
    });
    if (labels === undefined) return id;
    const { ready, existing, ...pods } = podCount(world, { host, labels });
    const to = this.#node(`pods:${id}`, {
      kind: "pods",
      ready,
      existing,
      ...("reason" in pods ? { why: pods.reason } : {}),
    });
    this.#edge({ from: id, to, kind: "traffic" });
    return id;
  }

  #node(id: string, draft: Draft<GraphNode>): string {
    if (!this.#nodes.has(id)) this.#nodes.set(id, draft);
    return id;
  }

  /** Two ways from one to another are one, with both their shares. */
  #edge(edge: GraphEdge): void {
    const key = `${edge.kind}\n${edge.from}\n${edge.to}`;
    const known = this.#edges.get(key);
    this.#edges.set(
      key,
      known?.fraction === undefined || edge.fraction === undefined
        ? edge
        : { ...edge, fraction: known.fraction + edge.fraction },
    );
  }

  #at(id: string, ...place: readonly string[]): void {
    const key = place.join("\n");
    const ids = this.#places.get(key);
    if (ids === undefined) this.#places.set(key, new Set([id]));
    else ids.add(id);
  }
}

const SEVERITIES: readonly GraphProblem["severity"][] = [
  "error",
  "warning",
  "info",
];

/** The same thing from two rules is said once, at its gravest. */
function addProblem(list: GraphProblem[], problem: GraphProblem): void {
  const at = list.findIndex(({ code, message }) =>
    code === problem.code && message === problem.message
  );
  if (at < 0) list.push(problem);
  else if (problem.severity === "error") list[at] = problem;
}

function nameOfRule(source: VirtualService, index: number): string | null {
  const route: unknown = source.spec?.http?.[index];
  return isRecord(route) ? stringOf(route["name"]) || null : null;
}

/** As the first client that has it sees it; nothing where none has. */
function subsetOf(
  world: World,
  host: string,
  of: { readonly subset: string; readonly clients: readonly Client[] },
): EffectiveSubset | undefined {
  for (const client of of.clients) {
    const effective = effectiveDestinationRule(world, host, client);
    const found = findSubset(effective, of.subset);
    if (found !== undefined) return found;
  }
  return undefined;
}

function labelsOf(
  found: EffectiveSubset | undefined,
): Readonly<Record<string, string>> | undefined {
  if (found === undefined) return undefined;
  const labels: unknown = found.subset.labels;
  return isRecord(labels) ? labels as Record<string, string> : {};
}
