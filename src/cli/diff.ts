/**
 * `diff`: which requests go elsewhere between two states.
 *
 * @module
 */

import { type DiffSide, diffStates } from "../actions/diff.ts";
import { UsageError } from "../errors.ts";
import type { Invocation } from "../language/invocation.ts";
import { CLUSTER } from "../language/read_diff.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { hasErrors, tellProblems } from "./look.ts";
import { lookAt, type LookContext } from "./looking.ts";

type Diff = Extract<Invocation, { readonly verb: "diff" }>;

/** Runs `diff`. */
export async function runDiff(
  invocation: Diff,
  context: LookContext,
): Promise<number> {
  const { io, talk } = context;
  const { before, after, target } = invocation;
  await using looking = [before, after].includes(CLUSTER)
    ? await lookAt(invocation, context)
    : undefined;
  const cluster = looking?.cluster;
  const namespace = cluster?.target.namespace ?? target.namespace;
  const side = async (word: string): Promise<DiffSide> =>
    word === CLUSTER
      ? { kind: "cluster", cluster: cluster! }
      : await fileSide(word, { io, namespace });
  const sides = [await side(before), await side(after)] as const;
  if (sides[0].kind === "plan") {
    throw new UsageError(
      "invalid-value",
      `Cannot compare "${before}" with "${after}": a plan is what comes after`,
      { hint: `istiops diff ${after} ${before}, or the plan alone` },
    );
  }
  const [diff, { renderTrafficDiff }] = await Promise.all([
    diffStates(sides, looking === undefined ? {} : { signal: looking.signal }),
    import("../render/traffic_diff.ts"),
  ]);
  looking?.clear();
  await tellProblems(diff.problems, talk);
  await talk.result({
    document: diff,
    pretty: (options) => renderTrafficDiff(diff, options),
  });
  if (hasErrors(diff.problems)) return EXIT.wrongFiles;
  return invocation.exitCode && diff.changed ? EXIT.wouldChange : EXIT.done;
}

/** Files, or a plan, which is JSON and says what it is. */
async function fileSide(
  name: string,
  of: { readonly io: Io; readonly namespace: string | undefined },
): Promise<DiffSide> {
  const { io, namespace } = of;
  const shown = name === "-" ? "standard input" : name;
  let stdin: string | undefined;
  if (name === "-") stdin = await io.stdin.readAll();
  const text = stdin ?? (name.endsWith(".json") ? await textOf(name, io) : "");
  if (text !== undefined && isPlan(text)) {
    const { loadPlan } = await import("../actions/apply.ts");
    return { kind: "plan", plan: loadPlan(text), name: shown };
  }
  const { openManifests } = await import("../cluster/manifests_cluster.ts");
  const files = await openManifests([name], {
    ...(namespace === undefined ? {} : { namespace }),
    readStdin: () => Promise.resolve(stdin ?? ""),
  });
  return { kind: "files", files, name: shown };
}

/** What cannot be read is told by who reads manifests. */
async function textOf(name: string, io: Io): Promise<string | undefined> {
  try {
    return await io.readTextFile(name);
  } catch {
    return undefined;
  }
}

function isPlan(text: string): boolean {
  if (!text.trimStart().startsWith("{") || !text.includes('"TrafficPlan"')) {
    return false;
  }
  try {
    return (JSON.parse(text) as { readonly kind?: unknown }).kind ===
      "TrafficPlan";
  } catch {
    return false;
  }
}
