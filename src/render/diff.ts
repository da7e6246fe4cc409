/**
 * What a change does to an object, as a unified diff of the YAML of each rule
 * or subset that it touches; what it leaves alone is not in it.
 *
 * @module
 */

import { structuredPatch } from "diff";
import type { Json } from "../istio/types.ts";
import type { Change, Edit } from "../traffic/types.ts";
import type { Paint } from "./colour.ts";
import { safe } from "./safe.ts";
import { toYaml } from "./yaml.ts";

/** Unchanged lines kept around a change. */
const CONTEXT = 3;

/** The diff of one write, line by line. */
export function renderEdits(
  change: Pick<Change, "action" | "object" | "edits" | "body">,
  paint: Paint,
): readonly string[] {
  const { object, action } = change;
  const name = `${object.kind} ${object.namespace}/${object.name}`;
  if (action === "delete") {
    return [paint(`--- ${safe(name)} (deleted)`, "bold")];
  }
  const heading = paint(
    `--- ${safe(name)}${action === "create" ? " (new)" : ""}`,
    "bold",
  );
  if (action === "create" && change.body !== undefined) {
    const { apiVersion, kind, metadata, spec } = change.body;
    const { annotations: _, ...plain } = metadata;
    const body = { apiVersion, kind, metadata: plain, spec } as Json;
    return [heading, ...diffLines(undefined, body, paint)];
  }
  return [
    heading,
    ...change.edits.flatMap((edit) => editLines(edit, paint)),
  ];
}

function editLines(edit: Edit, paint: Paint): readonly string[] {
  const { before, after, from, to } = edit;
  const place = placeOf(edit.list, { from, to });
  const moved = before !== undefined && after !== undefined &&
    JSON.stringify(before) === JSON.stringify(after);
  return [
    paint(`@@ ${place} ${nameOf(after ?? before)}@@`, "cyan"),
    ...(moved ? ["  (moved, otherwise as it was)"] : diffLines(
      before,
      after,
      paint,
    )),
  ];
}

function placeOf(
  list: Edit["list"],
  at: { readonly from: number | undefined; readonly to: number | undefined },
): string {
  const path = list === "/spec/http" ? "spec.http" : "spec.subsets";
  const { from, to } = at;
  if (from === undefined) return `${path}[${to ?? 0}] new`;
  if (to === undefined) return `${path}[${from}] removed`;
  return from === to ? `${path}[${from}]` : `${path}[${from}] -> [${to}]`;
}

function nameOf(item: Json | undefined): string {
  const name = typeof item === "object" && item !== null && "name" in item
    ? item.name
    : undefined;
  return typeof name === "string" ? `"${safe(name)}" ` : "";
}

/** Two versions of a rule or a subset as a unified diff of their YAML. */
export function diffLines(
  before: Json | undefined,
  after: Json | undefined,
  paint: Paint,
): readonly string[] {
  const text = (item: Json | undefined) =>
    item === undefined ? "" : safe(toYaml(item), { block: true });
  const { hunks } = structuredPatch("", "", text(before), text(after), "", "", {
    context: CONTEXT,
  });
  return hunks.flatMap(({ lines }, index) => [
    ...(index === 0 ? [] : [paint("  ...", "dim")]),
    ...lines.filter((line) => !line.startsWith("\\")).map((line) =>
      line.startsWith("+")
        ? paint(line, "green")
        : line.startsWith("-")
        ? paint(line, "red")
        : line
    ),
  ]);
}
