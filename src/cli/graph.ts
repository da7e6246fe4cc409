/**
 * `graph`: a picture to standard output or into a file.
 *
 * @module
 */

import { type DrawnTraffic, drawTraffic } from "../actions/graph.ts";
import type { GraphFormat, Invocation } from "../language/invocation.ts";
import { safe } from "../render/safe.ts";
import { EXIT } from "./exit.ts";
import { hasErrors, tellProblems } from "./look.ts";
import { lookAt, type LookContext } from "./looking.ts";
import { formatDocument } from "./output.ts";

type GraphLine = Extract<Invocation, { readonly verb: "graph" }>;

/** Runs `graph`. */
export async function runGraph(
  invocation: GraphLine,
  context: LookContext,
): Promise<number> {
  const { talk } = context;
  const { format, out } = invocation;
  await using looking = await lookAt(invocation, context);
  const { cluster, signal } = looking;
  const drawn = await drawTraffic(
    cluster,
    invocation.intentFor(cluster.target.namespace),
    { signal },
  );
  looking.clear();
  const { graph } = drawn;
  await tellProblems(graph.problems, talk);
  for (const gap of graph.unread) {
    talk.tell(`Could not be read: ${safe(gap)}\n`);
  }
  if (graph.detail === "objects") {
    talk.say(
      "A summary, without rules and subsets: narrow it with -n, -l, -d or names to see them\n",
    );
  }
  const picture = await pictureOf(drawn, format);
  if (out === undefined) {
    await talk.result({ document: graph, pretty: () => picture ?? "" });
  } else {
    const { writeGraph } = await import("./graph_file.ts");
    await writeGraph(
      out,
      picture ??
        await formatDocument(graph, format === "yaml" ? format : "json"),
    );
    talk.say(`Written: ${safe(out)}\n`);
  }
  return hasErrors(graph.problems) ? EXIT.wrongFiles : EXIT.done;
}

/** The text of a picture; nothing for a document. */
async function pictureOf(
  { graph, world, objects }: DrawnTraffic,
  format: GraphFormat,
): Promise<string | undefined> {
  switch (format) {
    case "mermaid": {
      const { renderMermaid } = await import("../render/graph_mermaid.ts");
      return renderMermaid(graph);
    }
    case "dot": {
      const { renderDot } = await import("../render/graph_dot.ts");
      return renderDot(graph);
    }
    case "svg": {
      const { renderSvg } = await import("../render/graph_svg.ts");
      return renderSvg(graph);
    }
    case "html": {
      const [{ renderHtml }, { portableWorld }, { GRAPH_SCRIPT }] =
        await Promise.all([
          import("../render/graph_html.ts"),
          import("../istio/graph_world.ts"),
          import("../render/graph_script.ts"),
        ]);
      return renderHtml(graph, {
        world: portableWorld(world, objects),
        script: GRAPH_SCRIPT,
      });
    }
    default:
      return undefined;
  }
}
