/**
 * A preview for each pull request: whoever sends its header gets its build,
 * everybody else nothing of it. A pipeline makes it, and clears it when the
 * pull request is closed; the previews of others stay.
 *
 *     deno run -A examples/preview.ts           # makes one and clears it
 *     deno run -A examples/preview.ts make 10   # in a pipeline, on a cluster
 *     deno run -A examples/preview.ts clear 10  # of your own
 *
 * @module
 */
// deno-lint-ignore-file no-console

import { Traffic } from "@istiops/istiops";

const NAME = "api-domain-virtualservice";

/** What a pull request's builds and requests are called. */
function of(pullRequest: string) {
  const headers = { "x-preview": `pr-${pullRequest}` };
  return { name: NAME, build: `PR-${pullRequest}`, headers };
}

/** How it is carried out; also for tests. */
export interface PreviewOptions {
  readonly say: (line: string) => void;
  /** 2,000 by default, which real proxies need. */
  readonly settleMs?: number;
}

/** Makes it; made twice it changes nothing. */
export async function makePreview(
  traffic: Traffic,
  pullRequest: string,
  { say, ...rest }: PreviewOptions,
): Promise<void> {
  const plan = await traffic.shift({
    ...of(pullRequest),
    // Its pods may still be starting.
    waitReadyMs: 120_000,
    ...rest,
  });
  say(
    plan.changed
      ? `Preview of PR-${pullRequest}: send x-preview: pr-${pullRequest}`
      : `Preview of PR-${pullRequest} is there`,
  );
  await plan.apply();
}

/** Clears it, whatever has become of its pods. */
export async function clearPreview(
  traffic: Traffic,
  pullRequest: string,
  { say, ...rest }: PreviewOptions,
): Promise<void> {
  const plan = await traffic.clear({ ...of(pullRequest), ...rest });
  say(
    plan.changed
      ? `Preview of PR-${pullRequest} is cleared`
      : `No preview of PR-${pullRequest} to clear`,
  );
  await plan.apply();
}

if (import.meta.main) {
  const [verb, pullRequest = ""] = Deno.args;
  const say = console.log;
  if (verb === undefined) {
    await using traffic = await Traffic.sandbox();
    const options = { say, settleMs: 100 };
    await makePreview(traffic, "10", options);
    await makePreview(traffic, "10", options);
    await clearPreview(traffic, "10", options);
    await clearPreview(traffic, "10", options);
  } else {
    await using traffic = await Traffic.connect();
    const act = verb === "clear" ? clearPreview : makePreview;
    await act(traffic, pullRequest, { say });
  }
}
