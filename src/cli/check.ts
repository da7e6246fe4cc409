/**
 * `check`: what is wrong with the routing, and a status that a pipeline can
 * go by.
 *
 * @module
 */

import { checkTraffic } from "../actions/check.ts";
import type { ManifestsCluster } from "../cluster/manifests_cluster.ts";
import type { Invocation } from "../language/invocation.ts";
import { safe } from "../render/safe.ts";
import { isGrave } from "../traffic/lint_gravity.ts";
import { openCluster } from "./connect.ts";
import { EXIT } from "./exit.ts";
import { Interrupts } from "./interrupts.ts";
import { hasErrors, type LookContext, tellProblems } from "./look.ts";
import { ProgressLine, withListProgress } from "./progress.ts";

type Check = Extract<Invocation, { readonly verb: "check" }>;

/** Runs `check`. */
export async function runCheck(
  invocation: Check,
  { io, talk, kept }: LookContext,
): Promise<number> {
  using line = new ProgressLine(io, invocation.output);
  using interrupts = new Interrupts(io, () => line.clear());
  await using target = await openCluster(invocation.target, io, kept);
  const cluster = withListProgress(target, line);
  talk.detail(`Target: ${safe(cluster.target.server)}`);
  const check = await checkTraffic(
    cluster,
    invocation.intentFor(cluster.target.namespace),
    {
      signal: interrupts.signal,
      ...("read" in target ? { read: (target as ManifestsCluster).read } : {}),
    },
  );
  line.clear();
  const { failOn, format } = invocation;
  if (format === "sarif") {
    const { toSarif } = await import("../render/check_sarif.ts");
    io.stdout.write(`${JSON.stringify(toSarif(check), null, 2)}\n`);
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
