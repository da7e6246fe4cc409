/**
 * Lines that draw: the format, and the file that names it.
 *
 * @module
 */

import { defined } from "./defined.ts";
import { quoted } from "./diagnose.ts";
import type { GivenLine } from "./given_line.ts";
import type { GraphFormat, Invocation, LineOptions } from "./invocation.ts";
import { shownBy } from "./read_selection.ts";

const BY_SUFFIX: ReadonlyMap<string, GraphFormat> = new Map([
  ["mmd", "mermaid"],
  ["mermaid", "mermaid"],
  ["dot", "dot"],
  ["gv", "dot"],
  ["svg", "svg"],
  ["html", "html"],
  ["htm", "html"],
  ["json", "json"],
  ["yaml", "yaml"],
  ["yml", "yaml"],
]);

export function readGraph(line: GivenLine, base: LineOptions): Invocation {
  const out = line.one("out");
  const written = line.enum("output") as GraphFormat | undefined;
  const [, suffix = ""] = /\.(\w+)$/.exec(out?.value ?? "") ?? [];
  const named = BY_SUFFIX.get(suffix.toLowerCase());
  if (out && !line.one("output") && named === undefined) {
    line.wrong("missing-argument", out.valueSpan ?? out.span, {
      message: `${quoted(out.value ?? "")} does not say the format`,
      hint: "Add -o FORMAT, or name it .mmd, .dot, .svg, .html, .json or .yaml",
    });
  }
  return {
    ...base,
    verb: "graph",
    intentFor: shownBy(line, base),
    format: written ?? named ?? "mermaid",
    ...defined({ out: out?.value }),
  };
}
