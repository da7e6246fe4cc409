/**
 * `explain`: one request told in full, or many answered in a line each.
 *
 * @module
 */

import { answerer, explainTraffic, readForMany } from "../actions/explain.ts";
import { TrafficError } from "../errors.ts";
import { readAsked } from "../istio/asked.ts";
import type { Invocation } from "../language/invocation.ts";
import { safe } from "../render/safe.ts";
import { EXIT } from "./exit.ts";
import { orInterrupted } from "./interrupts.ts";
import { whyUnread } from "./io.ts";
import { hasErrors, tellProblems } from "./look.ts";
import { lookAt, type LookContext } from "./looking.ts";

type Explain = Extract<Invocation, { readonly verb: "explain" }>;

/** Runs `explain`. */
export async function runExplain(
  invocation: Explain,
  context: LookContext,
): Promise<number> {
  return invocation.requests === undefined
    ? await explainOne(invocation, context)
    : await answerMany(invocation, context);
}

async function explainOne(
  invocation: Extract<Explain, { readonly requests?: undefined }>,
  context: LookContext,
): Promise<number> {
  const { talk } = context;
  await using looking = await lookAt(invocation, context);
  const { cluster, signal, read } = looking;
  const { sample: requests } = invocation;
  const [explanation, { renderExplanation }] = await Promise.all([
    explainTraffic(cluster, invocation.askedFor(cluster.target.namespace), {
      signal,
      ...(read === undefined ? {} : { read }),
      ...(requests === undefined ? {} : {
        sample: { requests, seed: Math.floor(Math.random() * 2 ** 32) },
      }),
    }),
    import("../render/explain.ts"),
  ]);
  looking.clear();
  const { problems } = explanation;
  await tellProblems(problems, talk);
  await talk.result({
    document: explanation,
    pretty: (options) => renderExplanation(explanation, options),
  });
  return hasErrors(problems) ? EXIT.wrongFiles : EXIT.done;
}

async function answerMany(
  invocation: Extract<Explain, { readonly requests: string }>,
  context: LookContext,
): Promise<number> {
  const { io, talk } = context;
  await using looking = await lookAt(invocation, context);
  const { cluster, signal } = looking;
  const world = await readForMany(cluster, { signal });
  looking.clear();
  await tellProblems(cluster.problems, talk, "always");
  const answer = answerer(world);
  const { namespace } = cluster.target;
  let status: number = hasErrors(cluster.problems)
    ? EXIT.wrongFiles
    : EXIT.done;
  let number = 0;
  const answerLine = (text: string): readonly string[] => {
    number++;
    if (text.trim() === "") return [];
    const read = readLine(text, namespace);
    if (read.ok) return [JSON.stringify(answer(read.asked))];
    // A line for each line, so that both can be laid side by side.
    const why = `line ${number} is no request: ${read.why}`;
    talk.tell(`error: ${safe(why)}\n`);
    status = EXIT.wrongFiles;
    return [JSON.stringify({ outcome: "unknown", destinations: [], why })];
  };
  try {
    const parts = io.readLines(invocation.requests)[Symbol.asyncIterator]();
    for (;;) {
      const part = await orInterrupted(io, parts.next());
      if (part.done === true) return status;
      if (!io.stdout.isOpen) {
        await parts.return?.();
        return status;
      }
      // What came at once is answered at once: a write is a system call, and
      // whoever follows a log waits for no more.
      const lines = part.value.flatMap(answerLine);
      if (lines.length > 0) io.stdout.write(`${lines.join("\n")}\n`);
    }
  } catch (cause) {
    if (signal.aborted) return EXIT.interrupted;
    if (cause instanceof TrafficError) throw cause;
    throw new TrafficError(
      "file",
      `Cannot read the requests in "${invocation.requests}": ${
        whyUnread(cause)
      }`,
      { hint: "Give a file of requests, one JSON object a line", cause },
    );
  }
}

function readLine(
  text: string,
  namespace: string,
): ReturnType<typeof readAsked> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, why: "it is no JSON" };
  }
  return readAsked(value, { namespace });
}
