import fc from "fast-check";
import { type Graph, graphOf } from "../../src/istio/graph.ts";
import { labelOf, widthOfEdge } from "../../src/render/graph_label.ts";
import { renderDot } from "../../src/render/graph_dot.ts";
import { renderMermaid } from "../../src/render/graph_mermaid.ts";
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
