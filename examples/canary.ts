/**
 * A canary from a program: 10, 50, then 100 percent, with a look in between.
 * Whatever goes wrong, a look or an error, every step that was made goes back.
 *
 *     deno run -A examples/canary.ts            # build 3 gets everything
 *     deno run -A examples/canary.ts --break    # its pods fail at 50 percent
 *
 * @module
 */
// deno-lint-ignore-file no-console

import { Traffic } from "@istiops/istiops";

const NAME = "api-domain-virtualservice";

/** What a canary is made of. */
export interface CanaryOptions {
  readonly build: string;
  readonly steps: readonly number[];
  /** Is all well at this share? Ask your metrics; or say why not. */
  readonly look: (percent: number) => Promise<string | undefined>;
  readonly say: (line: string) => void;
  /** 2,000 by default, which real proxies need. */
  readonly settleMs?: number;
}

/** Makes a canary of one VirtualService; false: it went back. */
export async function canary(
  traffic: Traffic,
  { build, steps, look, say, ...rest }: CanaryOptions,
): Promise<boolean> {
  let first: string | undefined;
  try {
    for (const weight of steps) {
      const plan = await traffic.shift({ name: NAME, build, weight, ...rest });
      // A rise of more than 25 points asks; this program is the answer.
      const { operation, changed } = await plan.apply({ yes: true });
      if (changed) first ??= operation;
      say(`${weight} % for build ${build}`);
      const trouble = await look(weight);
      if (trouble !== undefined) throw new Error(trouble);
    }
    return true;
  } catch (error) {
    say(`Not well: ${error instanceof Error ? error.message : error}`);
    if (first === undefined) return false;
    // All steps in one write. Without `yes` it is refused where somebody else
    // has changed the same meanwhile: then a person has to look.
    const undo = await traffic.undo({ name: NAME, to: first, ...rest });
    await undo.apply();
    say("Back to where it was");
    return false;
  }
}

/** What stands in for metrics here: are all pods of the build ready? */
export async function podsOf(
  traffic: Traffic,
  build: string,
): Promise<string | undefined> {
  const { virtualServices } = await traffic.show({ name: NAME });
  const found = virtualServices.flatMap(({ routes }) => routes)
    .flatMap(({ destinations }) => destinations)
    .find(({ labels }) => labels.build === build);
  return found?.readyPods ? undefined : `build ${build} has no ready pods`;
}

if (import.meta.main) {
  await using traffic = await Traffic.sandbox(); // yours: Traffic.connect()
  const isWell = await canary(traffic, {
    build: "3",
    steps: [10, 50, 100],
    settleMs: 100,
    say: console.log,
    async look(percent) {
      if (Deno.args.includes("--break") && percent === 50) {
        await breakPods(traffic);
      }
      return await podsOf(traffic, "3");
    },
  });
  Deno.exitCode = isWell ? 0 : 1;
}

/** The new pods of the sandbox's Deployment never become ready. */
async function breakPods({ cluster }: Traffic): Promise<void> {
  await cluster.patch(
    { kind: "Deployment", namespace: "default", name: "api-domain-3" },
    [{
      op: "add",
      path: "/spec/template/metadata/annotations",
      value: { "sandbox.istiops.io/ready": "false" },
    }],
  );
}
