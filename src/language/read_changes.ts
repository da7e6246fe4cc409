/**
 * Lines that change traffic: `shift`, `clear`, `undo`, `redo`.
 *
 * @module
 */

import { defined } from "./defined.ts";
import type { GivenLine } from "./given_line.ts";
import type { Invocation, LineOptions } from "./invocation.ts";
import { headersOf, requireSelection, selectionOf } from "./read_selection.ts";
import { overridesOf, runOf } from "./read_target.ts";
import { parseLabels, parsePercent, parseSplit } from "./values.ts";

export function readShift(line: GivenLine, base: LineOptions): Invocation {
  const selection = selectionOf(line);
  requireSelection(line);
  const headers = headersOf(line);
  const weight = line.value("weight", parsePercent);
  const split = line.value("split", parseSplit);
  const labels = line.value("pod-selector", parseLabels);
  line.exclude("weight", "split");
  line.exclude("split", "build");
  line.exclude("split", "pod-selector");
  const moves = ["weight", "split", "header", "headers"]
    .some((name) => line.flag(name));
  if (!moves) {
    line.missing(line.end(), {
      message: "Neither a weight nor a header is given",
      hint: "Add --weight PERCENT, --split A=N,B=N or --header NAME=VALUE",
      additions: [
        "--weight PERCENT",
        "--split A=N,B=N",
        "--header NAME=VALUE",
      ],
    });
  }
  const routes = line.all("route").map(({ value }) => value ?? "");
  const text = (name: string): string | undefined => line.one(name)?.value;
  const intent = defined({
    ...selection,
    ...overridesOf(line),
    build: text("build"),
    podLabels: labels,
    buildLabel: text("build-label"),
    weight,
    split,
    headers: headers.length > 0 ? headers : undefined,
    routes: routes.length > 0 ? routes : undefined,
    allRoutes: line.flag("all-routes") || undefined,
    baseBuild: text("base-build"),
    create: line.flag("create") || undefined,
    createRoute: text("create-route"),
    replace: line.flag("replace") || undefined,
    replaceSubset: line.flag("replace-subset") || undefined,
    destinationHeaders: line.enum("destination-headers") as
      | "copy"
      | "none"
      | undefined,
  });
  return {
    ...base,
    verb: "shift",
    run: runOf(line),
    intentFor: (namespace) => ({ namespace, ...intent }),
  };
}

export function readClear(line: GivenLine, base: LineOptions): Invocation {
  const selection = selectionOf(line);
  requireSelection(line);
  line.exclude("mode", "build");
  const headers = headersOf(line);
  const [given] = [...line.all("header"), ...line.all("headers")];
  if (given && !line.one("build")) {
    line.missing(given.span, {
      message: "Headers narrow the previews of one build",
      hint: "Add --build BUILD",
      additions: ["--build BUILD"],
    });
  }
  const intent = defined({
    ...selection,
    ...overridesOf(line),
    build: line.one("build")?.value,
    buildLabel: line.one("build-label")?.value,
    headers: headers.length > 0 ? headers : undefined,
  });
  const mode = line.enum("mode") === "hard" ? "hard" : "soft";
  return {
    ...base,
    verb: "clear",
    run: runOf(line),
    intentFor: (namespace) => ({ namespace, mode, ...intent }),
  };
}

export function readUndo(
  line: GivenLine,
  base: LineOptions,
  verb: "undo" | "redo",
): Invocation {
  const selection = selectionOf(line);
  requireSelection(line);
  line.exclude("operation", "to");
  const intent = defined({
    ...selection,
    ...overridesOf(line),
    operation: line.one("operation")?.value,
    to: line.one("to")?.value,
  });
  return {
    ...base,
    verb,
    run: runOf(line),
    intentFor: (namespace) => ({ namespace, verb, ...intent }),
  };
}
