/**
 * A plan as people read it before they say yes: where it goes, what it does,
 * line by line and share by share, what it leaves alone, in which order, and
 * the way back.
 *
 * @module
 */

import type { Change, TrafficPlan, Wait } from "../traffic/types.ts";
import { type Paint, painter } from "./colour.ts";
import { renderEdits } from "./diff.ts";
import { renderDifferences } from "./differences.ts";
import { safe } from "./safe.ts";
import { renderShares } from "./shares.ts";
import { objectText, targetLine } from "./target.ts";
import { bullet, duration, type RenderOptions } from "./text.ts";

/** The whole plan; ends with a line feed. */
export function renderPlan(
  plan: TrafficPlan,
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const { width } = options;
  const sentences = (texts: readonly string[]) =>
    texts.flatMap((text) => bullet(safe(text), { width, indent: "" }));
  const head = [
    targetLine(plan.target, plan),
    ...(plan.protected === undefined
      ? []
      : [paint(`Protected: ${safe(plan.protected)}`, "yellow")]),
  ];
  const sections = [
    head,
    sentences(plan.summary),
    changesOf(plan).flatMap((change) => renderEdits(change, paint)),
    renderShares(plan.shares, paint),
    renderDifferences(plan.elsewhere ?? [], options),
    titled("Not changed, though it routes to the same host:", untouched(plan), {
      paint,
    }),
    titled("Notes:", sentences(plan.notes), { paint }),
    titled("Not verified:", sentences(plan.unverified), { paint }),
    gradeLines(plan, { paint, width }),
    titled("Steps:", stepLines(plan), { paint }),
    plan.changed && plan.wayBack !== undefined
      ? [`Way back: ${safe(plan.wayBack)}`]
      : [],
  ];
  return sections.filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n") + "\n").join("\n");
}

function changesOf(plan: TrafficPlan): readonly Change[] {
  return plan.steps.filter((step) => step.step === "write");
}

function titled(
  title: string,
  lines: readonly string[],
  { paint }: { readonly paint: Paint },
): readonly string[] {
  return lines.length === 0 ? [] : [paint(title, "bold"), ...lines];
}

function untouched(plan: TrafficPlan): readonly string[] {
  return plan.untouched.map(({ namespace, name, gateways, rules }) => {
    const isMesh = gateways.length === 0 ||
      (gateways.length === 1 && gateways[0] === "mesh");
    const through = isMesh
      ? ""
      : ` through ${gateways.map((one) => safe(one)).join(", ")}`;
    return `  VirtualService ${safe(namespace)}/${safe(name)}${through}: ${
      rules.map((rule) => safe(rule)).join(", ")
    }`;
  });
}

const GRADES: Readonly<Record<TrafficPlan["grade"], string>> = {
  none: "nothing changes",
  lowering: "lowering: it only takes requests away",
  mild: "mild",
  severe: "severe",
};

function gradeLines(
  plan: TrafficPlan,
  of: { readonly paint: Paint; readonly width: number },
): readonly string[] {
  const { grade } = plan;
  if (!plan.changed) return ["Nothing changes: nothing will be written"];
  const words = `Grade: ${GRADES[grade]}`;
  return [
    grade === "severe" ? of.paint(words, "red", "bold") : words,
    ...plan.reasons.flatMap((reason) => bullet(safe(reason), of)),
  ];
}

function stepLines(plan: TrafficPlan): readonly string[] {
  const digits = String(plan.steps.length).length;
  return plan.steps.map((step, index) =>
    `  ${String(index + 1).padStart(digits)}. ${stepText(step, plan)}`
  );
}

function stepText(step: Change | Wait, plan: TrafficPlan): string {
  if (step.step === "wait") {
    return `wait ${duration(step.milliseconds)}, ${safe(step.reason)}`;
  }
  const object = objectText(step.object, plan.namespace);
  if (step.action !== "patch") return `${step.action} ${object}`;
  return `write ${object} (${ROLES[step.role]})`;
}

const ROLES: Readonly<Record<Change["role"], string>> = {
  "add-subsets": "its subsets, before a route names them",
  "route": "its rules",
  "remove-subsets": "without the subsets that no route names any more",
};
