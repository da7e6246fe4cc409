/**
 * Verbs that only look: `show` and `history`.
 *
 * @module
 */

import { showTraffic, watchTraffic } from "../actions/show.ts";
import type { ManifestProblem } from "../cluster/manifest_problems.ts";
import { SYSTEM_CLOCK } from "../cluster/retry.ts";
import type { Invocation } from "../language/invocation.ts";
import { safe } from "../render/safe.ts";
import { EXIT } from "./exit.ts";
import { lookAt, type LookContext } from "./looking.ts";
import type { Talk } from "./output.ts";

type Show = Extract<Invocation, { readonly verb: "show" }>;
type LocalHistory = Extract<
  Invocation,
  { readonly verb: "history --local" }
>;
type History = Extract<Invocation, { readonly verb: "history" }>;

/** Runs `show`. */
export async function runShow(
  invocation: Show,
  context: LookContext,
): Promise<number> {
  const { io, talk } = context;
  await using looking = await lookAt(invocation, context);
  const { cluster, signal, read } = looking;
  const intent = invocation.intentFor(cluster.target.namespace);
  const files = read === undefined ? {} : { read };
  if (!invocation.watch) {
    const [show, { renderShow }] = await Promise.all([
      showTraffic(cluster, intent, { signal, ...files }),
      import("../render/show.ts"),
    ]);
    looking.clear();
    const { problems } = show;
    await tellProblems(problems, talk);
    await talk.result({
      document: show,
      pretty: (options) => renderShow(show, options),
    });
    return hasErrors(problems) ? EXIT.wrongFiles : EXIT.done;
  }
  const { renderShow } = await import("../render/show.ts");
  const watching = watchTraffic(cluster, intent, {
    signal,
    ...files,
    clock: SYSTEM_CLOCK,
  });
  for await (const show of watching) {
    looking.clear();
    await talk.frame({
      document: show,
      pretty: (options) => renderShow(show, options),
    });
    if (!io.stdout.isOpen) return EXIT.done;
  }
  return EXIT.interrupted;
}

/** Runs `history`. */
export async function runHistory(
  invocation: History,
  context: LookContext,
): Promise<number> {
  const { talk } = context;
  await using looking = await lookAt(invocation, context);
  const { cluster, signal } = looking;
  const { historyOf } = await import("../actions/history.ts");
  const { renderHistory } = await import("../render/history.ts");
  const history = await historyOf(
    cluster,
    invocation.intentFor(cluster.target.namespace),
    { signal },
  );
  looking.clear();
  await talk.result({
    document: history,
    pretty: (options) => renderHistory(history, options),
  });
  return EXIT.done;
}

/** Runs `history --local`, which asks no cluster. */
export async function runLocalHistory(
  { names, target }: LocalHistory,
  { io, talk }: LookContext,
): Promise<number> {
  const { readAudit } = await import("./audit.ts");
  const { renderAudit } = await import("../render/audit.ts");
  const { namespace, context, sandbox } = target;
  const log = await readAudit(io, {
    sandbox,
    ...(names === undefined ? {} : { names }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(context === undefined ? {} : { context }),
  });
  if (log.file !== null) talk.detail(`Audit log: ${safe(log.file)}`);
  await talk.result({
    document: log,
    pretty: (options) => renderAudit(log, options),
  });
  return EXIT.done;
}

/** What is wrong in files; a document carries it itself. */
export async function tellProblems(
  problems: readonly ManifestProblem[] = [],
  talk: Talk,
  when: "always" | "pretty" = "pretty",
): Promise<void> {
  if (problems.length === 0) return;
  if (when === "pretty" && talk.options.output !== "pretty") return;
  const { renderProblems } = await import("../render/problems.ts");
  talk.tell(renderProblems(problems, talk.aside));
}

/** Is something in the files so wrong that it was left out? */
export function hasErrors(problems: readonly ManifestProblem[] = []): boolean {
  return problems.some(({ severity }) => severity === "error");
}
