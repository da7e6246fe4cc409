import fc from "fast-check";
import { type Graph, graphOf } from "../../src/istio/graph.ts";
import { labelOf, widthOfEdge } from "../../src/render/graph_label.ts";
import { renderDot } from "../../src/render/graph_dot.ts";
import { renderMermaid } from "../../src/render/graph_mermaid.ts";
import { breakText, layoutOf } from "../../src/render/graph_layout.ts";
import { renderSvg } from "../../src/render/graph_svg.ts";
import { widthOf } from "../../src/render/text.ts";
import { isHiding } from "../../src/render/safe.ts";
import { destinationRule, mesh, to, virtualService } from "../istio/worlds.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { graphTraffic } from "../../src/traffic/graph.ts";
import { HOSTILE, hostileWorld } from "./rig/hostile_worlds.ts";

/** A canary of which one part is nowhere. */
const GRAPH = graphTraffic(mesh([
  virtualService("a", [
    { name: 'pre"view', match: [{ uri: { prefix: "/v1" } }], route: to("b") },
    {
      route: to(["a:v1", 3], ["a:v3", 1]),
      mirror: { host: "b" },
      mirrorPercentage: { value: 10 },
    },
  ]),
  destinationRule("a", "a", ["v1"]),
]));

const RENDERERS: Readonly<Record<string, (graph: Graph) => string>> = {
  mermaid: renderMermaid,
  dot: renderDot,
  svg: renderSvg,
};

Deno.test("Mermaid has a node each, shares as text and as width, problems as text and as a border", () => {
  const text = renderMermaid(GRAPH);
  for (
    const line of [
      /^%% istiops graph\nflowchart LR\n/,
      /^ {2}n3\["Rule#58; 0 #34;pre#34;view#34;<br\/>uri prefix #34;\/v1#34;"\]$/m,
      /^ {2}n4 -->\|"75 #37;"\| n6$/m,
      /^ {2}n4 -\.->\|"mirror, 10 #37;"\| n5$/m,
      /error#58; subset #34;v3#34; is missing/,
      /^ {2}classDef error .*stroke-dasharray/m,
      /^ {2}class n6,n7 error$/m,
    ]
  ) assertMatch(text, line);
  const widths = [...text.matchAll(/linkStyle \d+ stroke-width:([\d.]+)px/g)]
    .map(([, width]) => Number(width));
  assertEquals(
    widths,
    GRAPH.edges.filter(({ fraction }) => fraction !== undefined)
      .map(widthOfEdge),
  );
});

Deno.test("every line of Mermaid is one of its statements, whatever the names are", () => {
  const statement =
    /^(%% istiops graph|flowchart LR| {2}n\d+(\(\["|\("|\[\["|\["|\[\(")([\p{L}\p{N} .,=/_-]|#\d+;|<br\/>)*("\]\)|"\)|"\]\]|"\]|"\)\])| {2}n\d+ -(-|\.-)>(\|"[\p{L}\p{N} ,.#;]+"\|)? n\d+| {2}linkStyle \d+ stroke-width:[\d.]+px| {2}classDef \w+ [\w:#,. -]+| {2}class [n\d,]+ \w+|)$/u;
  const check = (graph: Graph) => {
    for (const line of renderMermaid(graph).split("\n")) {
      assertMatch(line, statement);
    }
  };
  check(graphOf(HOSTILE, { mostDetailed: Infinity }));
  fc.assert(fc.property(hostileWorld, (world) => check(graphTraffic(world))));
});

Deno.test("no format holds what hides itself or steers a terminal", () => {
  fc.assert(fc.property(
    hostileWorld,
    fc.constantFrom(...Object.keys(RENDERERS)),
    (world, format) => {
      const text = RENDERERS[format]!(graphTraffic(world));
      for (const line of text.split("\n")) assert(!isHiding(line), line);
    },
  ));
});

const noDot = await whyNoDot();

Deno.test({
  name: `Graphviz reads back the words that DOT was given${
    noDot === undefined ? "" : ` (skipped: ${noDot})`
  }`,
  ignore: noDot !== undefined,
  async fn() {
    const seed = 20_261_124;
    const worlds = [
      HOSTILE,
      ...fc.sample(hostileWorld, { seed, numRuns: 100 }),
    ];
    const graphs = worlds.map((world) =>
      graphOf(world, { mostDetailed: Infinity })
    );
    const drawn = await runDot(graphs.map(renderDot).join(""));
    assertEquals(drawn.length, graphs.length, `seed ${seed}`);
    drawn.forEach((one, index) => {
      const { nodes, edges } = graphs[index]!;
      const words = nodes.map((node) => {
        const { kind, title, lines, problems } = labelOf(node);
        return [`${kind}: ${title}`, ...lines, ...problems].join("\n");
      });
      const objects = (one.objects ?? []).filter(({ name }) =>
        /^n\d+$/.test(name)
      );
      assertEquals(
        objects.map(({ label = "" }) => unescaped(label)),
        words,
        `seed ${seed}`,
      );
      assertEquals((one.edges ?? []).length, edges.length, `seed ${seed}`);
    });
  },
});

/** As `dot -Tdot_json` has it: escapes of the label are kept. */
interface DotJson {
  readonly objects?: readonly {
    readonly name: string;
    readonly label?: string;
  }[];
  readonly edges?: readonly unknown[];
}

function unescaped(label: string): string {
  return label.replace(
    /\\(.)/g,
    (_, letter) => letter === "n" ? "\n" : letter,
  ).replaceAll("&amp;", "&");
}

async function whyNoDot(): Promise<string | undefined> {
  try {
    const dot = new Deno.Command("dot", { args: ["-V"], stderr: "null" });
    return (await dot.output()).success ? undefined : "dot does not run";
  } catch {
    return "there is no dot";
  }
}

async function runDot(text: string): Promise<readonly DotJson[]> {
  const file = await Deno.makeTempFile({ suffix: ".dot" });
  try {
    await Deno.writeTextFile(file, text);
    const { code, stdout, stderr } = await new Deno.Command("dot", {
      args: ["-Tdot_json", file],
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    assertEquals(code, 0);
    // One JSON value after the other.
    const parts = new TextDecoder().decode(stdout).split(/^\}$/m);
    return parts.filter((part) => part.trim() !== "")
      .map((part) => JSON.parse(`${part}}`));
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("boxes of a picture lie in it and beside each other, lines go to the right", () => {
  fc.assert(fc.property(hostileWorld, (world) => {
    const { width, height, boxes, lines } = layoutOf(graphTraffic(world));
    for (const [index, box] of boxes.entries()) {
      assert(box.x >= 0 && box.y >= 0, `${box.x} ${box.y}`);
      assert(box.x + box.width <= width && box.y + box.height <= height);
      for (const other of boxes.slice(index + 1)) {
        const apart = box.x + box.width <= other.x ||
          other.x + other.width <= box.x ||
          box.y + box.height <= other.y || other.y + other.height <= box.y;
        assert(apart, `${box.node.id} lies on ${other.node.id}`);
      }
    }
    for (const { start, end } of lines) assert(start.x < end.x);
  }));
});

Deno.test("breakText() loses nothing but spaces, and no line is too long", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const lines = breakText(text, 10);
    const solid = (one: string) => one.replace(/\s/gu, "");
    assertEquals(solid(lines.join("")), solid(text));
    for (const line of lines) assert(widthOf(line) <= 10, line);
  }));
});

const noPython = await whyNoPython();

Deno.test({
  name: `SVG is XML, whatever the names are${
    noPython === undefined ? "" : ` (skipped: ${noPython})`
  }`,
  ignore: noPython !== undefined,
  async fn() {
    const seed = 20_261_125;
    const worlds = [
      HOSTILE,
      ...fc.sample(hostileWorld, { seed, numRuns: 100 }),
    ];
    const graphs = worlds.map((world) =>
      graphTraffic(world, { mostDetailed: Infinity })
    );
    const counts = await parseXml(graphs.map(renderSvg));
    assertEquals(
      counts,
      graphs.map(({ nodes }) => nodes.length),
      `seed ${seed}`,
    );
  },
});

/** Nodes in each picture, as an XML parser sees them. */
async function parseXml(texts: readonly string[]): Promise<readonly number[]> {
  const program = `
import json, sys
from xml.etree import ElementTree
texts = json.load(sys.stdin)
print(json.dumps([
  sum(1 for one in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}g")
    if one.get("class", "").startswith("node "))
  for text in texts]))`;
  const python = new Deno.Command("python3", {
    args: ["-c", program],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = python.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(texts)));
  await writer.close();
  const { success, stdout } = await python.output();
  assert(success);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function whyNoPython(): Promise<string | undefined> {
  try {
    const python = new Deno.Command("python3", { args: ["--version"] });
    return (await python.output()).success ? undefined : "python3 does not run";
  } catch {
    return "there is no python3";
  }
}
