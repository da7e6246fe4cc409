/**
 * The picture of the page: walked with the arrow keys along its lines, and a
 * way through it made to stand out.
 *
 * @module
 */

/// <reference lib="dom" />

import type { PageData } from "../render/graph_html.ts";

/** The nodes and lines that were drawn. */
export class Picture {
  readonly #data: Pick<PageData, "nodes" | "edges">;
  readonly #nodes: readonly SVGGElement[];
  readonly #edges: readonly SVGPathElement[];
  /** Shares, by the index of their line. */
  readonly #words: ReadonlyMap<number, Element>;
  readonly #index: ReadonlyMap<string, number>;
  readonly #frame = document.querySelector(".scroll");

  constructor(data: Pick<PageData, "nodes" | "edges">) {
    this.#data = data;
    this.#index = new Map(data.nodes.map(({ id }, at) => [id, at]));
    this.#nodes = [...document.querySelectorAll<SVGGElement>("[data-node]")];
    this.#edges = [...document.querySelectorAll<SVGPathElement>("[data-edge]")];
    this.#words = new Map(
      [...document.querySelectorAll("[data-words]")].map((words) => [
        Number(words.getAttribute("data-words")),
        words,
      ]),
    );
    this.#nodes.forEach((node, at) => {
      node.addEventListener("click", () => this.#choose(at));
      node.addEventListener("focus", () => this.#arrive(at));
      node.addEventListener("keydown", (event) => this.#key(event, at));
    });
  }

  /** Nothing stands out. */
  clear(): void {
    for (
      const one of [...this.#nodes, ...this.#edges, ...this.#words.values()]
    ) {
      one.classList.remove("way", "aside");
    }
    for (const node of this.#nodes) node.setAttribute("aria-pressed", "false");
  }

  /** These nodes and the lines between them stand out. */
  show(ids: readonly string[]): void {
    this.clear();
    if (ids.length === 0) return;
    const way = new Set(ids);
    this.#nodes.forEach((node, at) => {
      node.classList.add(way.has(this.#data.nodes[at]!.id) ? "way" : "aside");
    });
    this.#edges.forEach((line, at) => {
      const { from, to, kind } = this.#data.edges[at]!;
      const isOnIt = kind === "traffic" && way.has(from) && way.has(to);
      line.classList.add(isOnIt ? "way" : "aside");
      this.#words.get(at)?.classList.add(isOnIt ? "way" : "aside");
    });
  }

  /** Brings a node into sight, and leaves the rest of the page where it is. */
  reveal(
    ids: readonly string[],
    kind: PageData["nodes"][number]["kind"],
  ): void {
    const way = new Set(ids);
    const at = this.#data.nodes.findIndex((node) =>
      way.has(node.id) && node.kind === kind
    );
    const box = this.#nodes[at]?.getBoundingClientRect();
    const frame = this.#frame?.getBoundingClientRect();
    if (box === undefined || frame === undefined) return;
    this.#frame?.scrollBy(
      box.left + box.width / 2 - frame.left - frame.width / 2,
      box.top + box.height / 2 - frame.top - frame.height / 2,
    );
  }

  /** All that leads to a node and all that it leads to; again, nothing. */
  #choose(at: number): void {
    const node = this.#nodes[at]!;
    if (node.getAttribute("aria-pressed") === "true") return this.clear();
    const { id } = this.#data.nodes[at]!;
    this.show([...this.#reach(id, "from"), ...this.#reach(id, "to")]);
    node.setAttribute("aria-pressed", "true");
  }

  #reach(start: string, by: "from" | "to"): ReadonlySet<string> {
    const other = by === "from" ? "to" : "from";
    const beside = Map.groupBy(this.#data.edges, (edge) => edge[by]);
    const seen = new Set([start]);
    for (const id of seen) {
      for (const edge of beside.get(id) ?? []) seen.add(edge[other]);
    }
    return seen;
  }

  /** Only where one is can be reached with Tab. */
  #arrive(at: number): void {
    this.#nodes.forEach((node, index) =>
      node.setAttribute("tabindex", index === at ? "0" : "-1")
    );
  }

  #key(event: KeyboardEvent, at: number): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(at);
      return;
    }
    if (event.key === "Escape") return this.clear();
    const next = this.#next(event.key, at);
    if (next === undefined) return;
    event.preventDefault();
    this.#nodes[next]?.focus();
  }

  #next(key: string, at: number): number | undefined {
    const { nodes, edges } = this.#data;
    const { id, kind } = nodes[at]!;
    const column = nodes.flatMap((node, index) =>
      node.kind === kind ? [index] : []
    );
    const place = column.indexOf(at);
    switch (key) {
      case "ArrowDown":
        return column[place + 1];
      case "ArrowUp":
        return column[place - 1];
      case "ArrowRight":
        return this.#index.get(edges.find(({ from }) => from === id)?.to ?? "");
      case "ArrowLeft":
        return this.#index.get(edges.find(({ to }) => to === id)?.from ?? "");
      case "Home":
        return 0;
      case "End":
        return nodes.length - 1;
    }
    return undefined;
  }
}
