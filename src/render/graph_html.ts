/**
 * A picture as one page: nothing is fetched, so that it opens from disk and
 * says nothing to anybody. Its program is a part of it and explains requests.
 *
 * @module
 */

import { sha256 } from "@noble/hashes/sha2";
import type { TrafficGraph } from "../actions/graph.ts";
import type { PortableWorld } from "../istio/graph_world.ts";
import type { GraphEdge, GraphNode } from "../istio/graph.ts";
import { outlineOf } from "./graph_outline.ts";
import { PAGE_STYLE } from "./graph_style.ts";
import { descriptionOf, GRAPH_STYLE, svgElement } from "./graph_svg.ts";
import { labelOf } from "./graph_label.ts";
import { escapeMarkup } from "./markup.ts";
import { escapeInJson } from "./safe.ts";

/** What the program of the page works on. */
export interface PageData extends Pick<TrafficGraph, "detail" | "unread"> {
  /** Name of the context, or where else it was read. */
  readonly where: string;
  /** The namespace of commands where none is given. */
  readonly namespace: string;
  readonly world: PortableWorld;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** What a page is made of besides the picture. */
export interface PageOptions {
  /** What requests are explained by. */
  readonly world: PortableWorld;
  /** The program. */
  readonly script: string;
}

/** The whole page; ends with a line feed. */
export function renderHtml(
  graph: TrafficGraph,
  { world, script }: PageOptions,
): string {
  const { target, detail, unread, nodes, edges } = graph;
  const style = GRAPH_STYLE + PAGE_STYLE;
  // Of the target no more than is shown: pages are passed on.
  const where = target.context ?? target.server;
  const { namespace } = target;
  const data: PageData = {
    where,
    namespace,
    detail,
    unread,
    world,
    nodes,
    edges,
  };
  const title = `Traffic of ${where}`;
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return [
    "<!doctype html>",
    "<!-- istiops graph -->",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    '<a class="skip" href="#ask-title">To the question form</a>',
    "<header>",
    `<h1>${escapeMarkup(title)}</h1>`,
    `<p>${escapeMarkup(descriptionOf(graph))}.</p>`,
    ...(graph.detail === "objects"
      ? ["<p>A summary, without rules and subsets: there are too many.</p>"]
      : []),
    ...unread.map((gap) => `<p>Could not be read: ${escapeMarkup(gap)}</p>`),
    "</header>",
    "<main>",
    ...problemsOf(nodes),
    ...askOf(graph, world),
    '<section class="broad" aria-labelledby="picture-title">',
    '<h2 id="picture-title">Picture</h2>',
    '<p id="picture-help">From left to right: who asks, for which host, the VirtualService, its rules in the order in which they are tried, where they lead, the pods there. The wider a line, the larger the share; dots are copies (mirrors). What is wrong has a broken border, a mark and a sentence. With the keyboard: Tab to the picture, arrows along it, Enter to see what belongs together, Escape to see all.</p>',
    '<div class="scroll" tabindex="0" role="region" aria-labelledby="picture-title" aria-describedby="picture-help">',
    svgElement(graph),
    "</div>",
    "</section>",
    ...outlineOf(graph),
    "</main>",
    `<script type="application/json" id="data">${inScript(data)}</script>`,
    `<script>${script}</script>`,
    "</body>",
    "</html>",
  ].join("\n") + "\n";
}

function problemsOf(nodes: readonly GraphNode[]): readonly string[] {
  const items = nodes.flatMap((node, index) => {
    const { kind, title, lines: [subset = ""], problems } = labelOf(node);
    const name = node.kind === "destination" && node.subset !== null
      ? `${title}, ${subset}`
      : title;
    return node.problems.map(({ severity }, at) =>
      `<li class="${severity}"><a href="#node-${index}">${
        escapeMarkup(`${kind} ${name}`)
      }</a>: ${escapeMarkup(problems[at] ?? "")}</li>`
    );
  });
  return [
    '<section aria-labelledby="problems-title">',
    '<h2 id="problems-title">What is wrong</h2>',
    ...(items.length === 0
      ? ["<p>Nothing that can be seen from here.</p>"]
      : ["<ul>", ...items, "</ul>"]),
    "</section>",
  ];
}

function askOf(
  { target, nodes }: TrafficGraph,
  world: PortableWorld,
): readonly string[] {
  const gateways = nodes.flatMap((node) =>
    node.kind === "client" && node.gateway !== null ? [node.gateway] : []
  );
  const namespaces = [
    ...new Set([
      target.namespace,
      ...world.virtualServices.map(({ metadata }) =>
        metadata.namespace ?? "default"
      ),
    ]),
  ].sort();
  const option = (value: string, text = value) =>
    `<option value="${escapeMarkup(value)}">${escapeMarkup(text)}</option>`;
  return [
    '<section aria-labelledby="ask-title">',
    '<h2 id="ask-title" tabindex="-1">Where does a request go?</h2>',
    '<form id="ask" novalidate>',
    '<div class="fields">',
    '<p><label for="method">Method</label><input id="method" value="GET" list="methods" autocomplete="off" spellcheck="false"></p>',
    `<p class="wide"><label for="url">URL</label><input id="url" value="${
      escapeMarkup(exampleUrl(nodes, world))
    }" autocomplete="off" autocapitalize="off" spellcheck="false" inputmode="url"></p>`,
    '<p class="wide"><label for="headers">Headers, one a line</label><textarea id="headers" rows="2" placeholder="name: value" autocapitalize="off" spellcheck="false"></textarea></p>',
    `<p><label for="client">Who asks</label><select id="client">${
      option("", "a sidecar")
    }${
      gateways.map((name) => option(name, `gateway ${name}`)).join("")
    }</select></p>`,
    `<p><label for="namespace">Its namespace</label><input id="namespace" value="${
      escapeMarkup(target.namespace)
    }" list="namespaces" autocomplete="off" autocapitalize="off" spellcheck="false"></p>`,
    '<p><label for="labels">Labels of its pods</label><input id="labels" placeholder="app=web, version=v1" autocomplete="off" autocapitalize="off" spellcheck="false"></p>',
    "</div>",
    `<datalist id="methods">${
      ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .map((name) => option(name)).join("")
    }</datalist>`,
    `<datalist id="namespaces">${
      namespaces.map((name) => option(name)).join("")
    }</datalist>`,
    '<p class="buttons"><button type="submit">Explain</button> <button type="button" id="clear">Start again</button></p>',
    "</form>",
    '<div id="answer" role="status" aria-live="polite" hidden><pre id="answer-words"></pre></div>',
    "<noscript><p>Without scripts the page cannot explain requests; the picture and the rules are all there.</p></noscript>",
    "</section>",
  ];
}

/** The first host that is drawn, at a port that it has. */
function exampleUrl(
  nodes: readonly GraphNode[],
  world: PortableWorld,
): string {
  const host = nodes.find((node) =>
    node.kind === "host" && !node.host.includes("*")
  );
  if (host?.kind !== "host") return "http://";
  const service = world.services.find(({ metadata }) =>
    host.host ===
      `${metadata.name}.${
        metadata.namespace ?? "default"
      }.svc.${world.mesh.clusterDomain}`
  );
  const port = service?.spec?.ports?.[0]?.port ?? 80;
  return `http://${host.host}${port === 80 ? "" : `:${port}`}/`;
}

/** JSON that ends no element and begins no comment. */
function inScript(data: PageData): string {
  return escapeInJson(JSON.stringify(data)).replaceAll("<", "\\u003c");
}

function hashOf(text: string): string {
  const digest = sha256(new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}
