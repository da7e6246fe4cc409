/**
 * The command that takes a change back, complete with its target, ready to be
 * pasted into a shell.
 *
 * @module
 */

import { shellLine } from "../shell_line.ts";
import type { Decision, ObjectName, PlanContext } from "./types.ts";

/**
 * `istiops undo NAME --operation ID -n NAMESPACE …`; of an undo it is a redo.
 * Nothing where there is nothing to take back.
 */
export function wayBackOf(of: {
  readonly decision: Pick<Decision, "verb" | "namespace">;
  readonly context: Pick<PlanContext, "operation" | "target">;
  readonly objects: readonly ObjectName[];
}): string | undefined {
  const named = of.objects.find(({ kind }) => kind === "VirtualService") ??
    of.objects[0];
  if (named === undefined) return undefined;
  return shellLine([
    "istiops",
    of.decision.verb === "undo" ? "redo" : "undo",
    named.name,
    "--operation",
    of.context.operation,
    "-n",
    named.namespace,
    ...of.context.target.flags,
  ]);
}
