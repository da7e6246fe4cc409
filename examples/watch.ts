/**
 * Waits until a build has a share of the requests, whoever gives it: another
 * pipeline, a colleague, a rollout. An AbortSignal bounds the wait.
 *
 *     deno run -A examples/watch.ts
 *
 * @module
 */
// deno-lint-ignore-file no-console

import { Traffic, type TrafficShow } from "@istiops/istiops";

const NAME = "api-domain-virtualservice";

/** The build's share in the master rule: where everybody's requests go. */
export function shareOf(show: TrafficShow, build: string): number {
  const master = show.virtualServices.flatMap(({ routes }) => routes)
    .find(({ kind }) => kind === "master");
  return (master?.destinations ?? [])
    .filter(({ labels }) => labels.build === build)
    .reduce((sum, { percent }) => sum + percent, 0);
}

/** What is waited for. */
export interface ReachOptions {
  readonly build: string;
  readonly percent: number;
  /** Ends the wait: of a time-out, or of Ctrl-C. */
  readonly signal: AbortSignal;
  /** Told each share that it has on the way. */
  readonly say: (share: number) => void;
}

/** True once it is reached, false where the signal came first. */
export async function reaches(
  traffic: Traffic,
  { build, percent, signal, say }: ReachOptions,
): Promise<boolean> {
  let last: number | undefined;
  for await (const show of traffic.watch({ name: NAME, signal })) {
    const share = shareOf(show, build);
    // Pods that come and go are shown, too.
    if (share !== last) say(share);
    last = share;
    // Leaving the loop closes the watch.
    if (share >= percent) return true;
  }
  return false;
}

if (import.meta.main) {
  await using traffic = await Traffic.sandbox();
  const isReached = await reaches(traffic, {
    build: "3",
    percent: 30,
    signal: AbortSignal.timeout(60_000),
    say(share) {
      console.log(`build 3 has ${share} %`);
      // Somebody else, meanwhile: 10 points more.
      if (share < 30) setTimeout(() => raise(traffic, share + 10), 0);
    },
  });
  console.log(isReached ? "reached" : "not reached in time");
  Deno.exitCode = isReached ? 0 : 1;
}

async function raise(traffic: Traffic, weight: number): Promise<void> {
  const shift = { name: NAME, build: "3", weight, settleMs: 0 };
  await (await traffic.shift(shift)).apply();
}
