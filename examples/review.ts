/**
 * A review of manifests before they are applied, for a pipeline: which requests
 * go elsewhere, whether those that were promised still arrive, and which errors
 * are new. Nothing is written, and no cluster is asked.
 *
 *     deno run -A examples/review.ts                    # a canary that is lost
 *     deno run -A examples/review.ts BEFORE AFTER       # files or folders
 *
 * @module
 */
// deno-lint-ignore-file no-console

import {
  type Asked,
  check,
  diffTraffic,
  explain,
  type Finding,
  requestTo,
  Traffic,
  type World,
} from "@istiops/istiops";

/** What has come of a review. */
export interface Review {
  /** Lines for people. */
  readonly said: readonly string[];
  readonly isFine: boolean;
}

/** Holds two states of the routing against each other. */
export function review(
  before: World,
  after: World,
  promised: readonly Asked[],
): Review {
  const said: string[] = [];
  let isFine = true;
  const { differences, unexamined } = diffTraffic(before, after);
  for (const row of differences) {
    const { rule, destinations } = explain(after, row);
    const ends = destinations.map(({ subset, fraction, flag }) =>
      `${Math.round(100 * fraction)} % to ${subset}${
        flag ? ` 503 ${flag}` : ""
      }`
    );
    said.push(
      `${row.requests.join("; ")}: ${ends.join(", ")} by rule ${rule?.rule}`,
    );
  }
  said.push(...unexamined);
  for (const asked of promised) {
    const { outcome, destinations, why } = explain(after, asked);
    const failing = destinations.find(({ flag }) => flag !== undefined);
    if (outcome === "route" && failing === undefined) continue;
    isFine = false;
    said.push(
      `Promised, and lost: ${asked.request.authority}: ${failing?.why ?? why}`,
    );
  }
  const known = new Set(errorsOf(before).map(({ message }) => message));
  for (const { code, message, edit } of errorsOf(after)) {
    if (known.has(message)) continue;
    isFine = false;
    said.push(`New error ${code}: ${message}`, `  ${edit}`);
  }
  return { said, isFine };
}

function errorsOf(world: World): readonly Finding[] {
  return check(world).filter(({ severity }) => severity === "error");
}

/** What cannot be read might be anything: then there is no review. */
export async function worldIn(files: string): Promise<World> {
  await using traffic = await Traffic.files(files);
  const problem = traffic.cluster.problems?.find(({ severity }) =>
    severity === "error"
  );
  if (problem === undefined) return await traffic.world();
  throw new Error(`${problem.file}:${problem.line}: ${problem.message}`);
}

if (import.meta.main) {
  const examples = new URL("questions/", import.meta.url).pathname;
  const [
    before = `${examples}subset-503-mended.yaml`,
    after = `${examples}subset-503.yaml`,
  ] = Deno.args;
  const { said, isFine } = review(await worldIn(before), await worldIn(after), [
    {
      request: requestTo("http://reviews/"),
      client: { kind: "sidecar", namespace: "shop", labels: {} },
    },
  ]);
  for (const line of said) console.log(line);
  if (!isFine) Deno.exit(1);
}
