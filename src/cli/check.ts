/**
 * `check`: what is wrong with the routing, and a status that a pipeline can
 * go by.
 *
 * @module
 */

import { checkTraffic } from "../actions/check.ts";
import type { Invocation } from "../language/invocation.ts";
import { isGrave } from "../traffic/lint_gravity.ts";
import { EXIT } from "./exit.ts";
import { hasErrors, tellProblems } from "./look.ts";
import { lookAt, type LookContext } from "./looking.ts";

/** A line of `check`. */
export type Check = Extract<Invocation, { readonly verb: "check" }>;

/** Runs `check`. */
export async function runCheck(
  invocation: Check,
  context: LookContext & { readonly command: string },
): Promise<number> {
  const { io, talk } = context;
  await using looking = await lookAt(invocation, context);
  const { cluster, signal, read } = looking;
  if (invocation.fix !== undefined) {
    const { runFix } = await import("./check_fix.ts");
    return await runFix(invocation, looking, context);
  }
  const check = await checkTraffic(
    cluster,
    invocation.intentFor(cluster.target.namespace),
    { signal, ...(read === undefined ? {} : { read }) },
  );
  looking.clear();
  const { failOn, format } = invocation;
  if (format === "sarif") {
    const { toSarif } = await import("../render/check_sarif.ts");
    const { toJson } = await import("../render/json.ts");
    io.stdout.write(`${toJson(toSarif(check))}\n`);
  } else if (format === "junit") {
    const { toJUnit } = await import("../render/check_junit.ts");
    io.stdout.write(toJUnit(check, { failOn }));
  } else {
    await tellProblems(check.problems, talk);
    const { renderCheck } = await import("../render/check.ts");
    await talk.result({
      document: check,
      pretty: (options) => renderCheck(check, options),
    });
  }
  const fails = check.findings.some(({ severity }) =>
    isGrave(severity, failOn)
  );
  return fails || hasErrors(check.problems) ? EXIT.found : EXIT.done;
}
