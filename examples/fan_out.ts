/**
 * One change on several clusters at once: a context of the kubeconfig each.
 * One that fails stops no other; the end is a summary, and exit 1 if any did.
 *
 *     deno run -A examples/fan_out.ts             # three sandboxes, one broken
 *     deno run -A examples/fan_out.ts eu us asia  # contexts of yours
 *
 * @module
 */
// deno-lint-ignore-file no-console

import { Traffic, TrafficError } from "@istiops/istiops";

/** What came of one cluster. */
export interface Result {
  readonly cluster: string;
  readonly isDone: boolean;
  /** The way back, or why not. */
  readonly words: string;
}

/** Does the same on every cluster; never throws. */
export async function onEach(
  clusters: Readonly<Record<string, () => Promise<Traffic>>>,
  act: (traffic: Traffic) => Promise<string>,
): Promise<readonly Result[]> {
  return await Promise.all(
    Object.entries(clusters).map(async ([cluster, open]): Promise<Result> => {
      try {
        await using traffic = await open();
        return { cluster, isDone: true, words: await act(traffic) };
      } catch (error) {
        return { cluster, isDone: false, words: wordsOf(error) };
      }
    }),
  );
}

/** The code stays the same from version to version; the message may not. */
function wordsOf(error: unknown): string {
  return error instanceof TrafficError
    ? `${error.code}: ${error.message}`
    : String(error);
}

/** 10 % for build 3; gives the way back. */
export async function tenPercent(traffic: Traffic): Promise<string> {
  const plan = await traffic.shift({
    name: "api-domain-virtualservice",
    build: "3",
    weight: 10,
  });
  // Asked about in no place but protected ones; those need a `confirm`.
  const { wayBack } = await plan.apply();
  return wayBack ?? "nothing to change";
}

if (import.meta.main) {
  const contexts = Deno.args.length > 0
    ? Object.fromEntries(
      Deno.args.map((context) => [context, () => Traffic.connect({ context })]),
    )
    : {
      eu: () => Traffic.sandbox(),
      us: () => Traffic.sandbox(),
      asia: () => Traffic.connect({ kubeconfig: "/nowhere/config" }),
    };
  const results = await onEach(contexts, tenPercent);
  for (const { cluster, isDone, words } of results) {
    console.log(
      `${isDone ? "done  " : "failed"} ${cluster.padEnd(8)} ${words}`,
    );
  }
  Deno.exitCode = results.every(({ isDone }) => isDone) ? 0 : 1;
}
