/**
 * Many writers on one VirtualService at once, each with rules of its own: of
 * the changes that they were told are done, how many are there at the end?
 * istiops, `kubectl patch` as people write it, and the Go tool. By hand:
 *
 *     deno run -A tests/mesh/main.ts run tests/mesh/load/writers.ts [WRITERS] [GO_TOOL]
 *
 * `GO_TOOL` is the path of the built Go tool; it is left out where it is not
 * given. The tables go to standard output.
 *
 * @module
 */

import type {
  DestinationRule,
  HTTPRoute,
  VirtualService,
} from "../../../src/istio/types.ts";
import type { Api } from "../api.ts";
import { apiOf, type Places } from "../places.ts";
import { givenHere, startStack } from "../stack.ts";
import { service } from "../town.ts";
import { expectedOf, readWorld } from "./expected.ts";
import { type Outcome, output } from "./operators.ts";
import { BUILDS } from "./steps.ts";
import { openTown, TOWN } from "./town.ts";

/** Requests with `x-writer: key` are to go to the build. */
export interface Wish {
  readonly key: number;
  readonly build: number;
}

/** Makes it so, by whatever program. */
export type Writer = (wish: Wish, places: Places) => Promise<Outcome>;

/** What came of it. */
export interface Race {
  /** Changes that were told done, and those that were not. */
  readonly done: number;
  readonly refused: number;
  /** Wishes whose newest change that was told done is there. */
  readonly there: number;
  /** Those of which it is not. */
  readonly lost: number;
  /** Those of them whose requests are answered 503: their subset is gone. */
  readonly dangling: number;
  /** What was said instead of done, each once. */
  readonly said: ReadonlySet<string>;
}

/**
 * Lets all write at once.
 *
 * @param jobs For each writer its wishes, one after the other.
 */
export async function race(
  { places, api }: { readonly places: Places; readonly api: Api },
  { writer, jobs }: {
    readonly writer: Writer;
    readonly jobs: readonly (readonly Wish[])[];
  },
): Promise<Race> {
  const promised = new Map<number, number>();
  const said = new Set<string>();
  let [done, refused] = [0, 0];
  await Promise.all(jobs.map(async (wishes) => {
    for (const wish of wishes) {
      const { kind, text } = await writer(wish, places);
      if (kind === "done") {
        done++;
        promised.set(wish.key, wish.build);
      } else {
        refused++;
        said.add(text);
      }
    }
  }));
  const world = await readWorld(api);
  let [there, lost, dangling] = [0, 0, 0];
  for (const [key, build] of promised) {
    const { shares } = expectedOf(world, {
      ...{ name: "", host: `${TOWN}:5000`, path: "/" },
      headers: { "x-writer": String(key) },
    });
    if (shares.get(String(build)) === 1) there++;
    else lost++;
    if (shares.has("NC")) dangling++;
  }
  return { done, refused, there, lost, dangling, said };
}

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;

/** `istiops shift`. */
export const istiopsWriter: Writer = async ({ key, build }, places) =>
  await told(Deno.execPath(), [
    ...["run", "-A", "--quiet", MAIN, "shift", TOWN, "-d", `${TOWN}:5000`],
    ...["-b", `${build}`, "-H", `x-writer=${key}`, "--replace"],
    ...["--kubeconfig", places.kubeconfig, "--settle", "0s"],
    // So many processes at once are slow.
    ...["--timeout", "5m", "--yes", "--confirm", TOWN],
  ], { XDG_STATE_HOME: `${places.folder}/state`, NO_COLOR: "1" });

/** The Go tool. */
function goWriter(path: string): Writer {
  return async ({ key, build }, places) =>
    await told(path, [
      ...["traffic", "shift", "-n", "default", "-l", `app=${TOWN}`],
      ...["-d", `${TOWN}:5000`, "-b", `${build}`],
      ...["-p", `app=${TOWN},build=${build}`, "-H", `x-writer=${key}`],
      ...["--kubeconfig", places.kubeconfig],
    ]);
}

/** A script: read, and then patch the subsets and the rules. */
function kubectlWriter(type: "json" | "merge"): Writer {
  return async ({ key, build }, { kubeconfig }) => {
    const kubectl = (...args: string[]) =>
      told("kubectl", ["--kubeconfig", kubeconfig, ...args]);
    const read = async <T>(kind: string): Promise<T> =>
      JSON.parse((await kubectl("get", kind, TOWN, "-o", "json")).text);
    const patch = (kind: string, value: unknown) =>
      kubectl("patch", kind, TOWN, "--type", type, "-p", JSON.stringify(value));

    const name = `${TOWN}-${build}`;
    const { subsets = [] } =
      (await read<DestinationRule>("destinationrule")).spec;
    if (!subsets.some((subset) => subset.name === name)) {
      const subset = { name, labels: { build: String(build) } };
      const outcome = await patch(
        "destinationrule",
        type === "json"
          ? [{ op: "add", path: "/spec/subsets/-", value: subset }]
          : { spec: { subsets: [...subsets, subset] } },
      );
      if (outcome.kind !== "done") return outcome;
    }
    const { http = [] } = (await read<VirtualService>("virtualservice")).spec;
    const at = http.findIndex((rule) => isOf(rule, key));
    const route = [{
      destination: { host: TOWN, subset: name, port: { number: 5000 } },
    }];
    const match = [{ headers: { "x-writer": { exact: String(key) } } }];
    if (type === "merge") {
      const others = http.filter((_, each) => each !== at);
      return await patch("virtualservice", {
        spec: { http: [{ match, route }, ...others] },
      });
    }
    return await patch("virtualservice", [
      at < 0
        ? { op: "add", path: "/spec/http/0", value: { match, route } }
        : { op: "replace", path: `/spec/http/${at}/route`, value: route },
    ]);
  };
}

function isOf({ match = [] }: HTTPRoute, key: number): boolean {
  return match.some(({ headers }) =>
    headers?.["x-writer"]?.exact === String(key)
  );
}

async function told(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { code, text } = await output(program, args, env);
  return { kind: code === 0 ? "done" : "refused", text };
}

/**
 * Two wishes for each writer, and for each wish a build of its own.
 *
 * @param keyOf Adds a rule each time, or changes the first one.
 */
export function twice(
  writers: number,
  keyOf: (writer: number, build: number) => number,
): Wish[][] {
  return Array.from({ length: writers }, (_, writer) =>
    [2, 3].map((first) => {
      const build = first + 2 * writer;
      return { key: keyOf(writer, build), build };
    }));
}

/** Makes a pod for each build that is wished for, besides the town's own. */
export async function podsFor(
  api: Api,
  jobs: readonly (readonly Wish[])[],
): Promise<AsyncDisposable> {
  const builds = new Set(jobs.flat().map(({ build }) => build))
    .difference(new Set(BUILDS));
  const pods = service(TOWN, { builds: [...builds] })
    .filter(({ kind }) => kind === "Pod");
  await api.create(...pods);
  return { [Symbol.asyncDispose]: () => api.delete(...pods) };
}

if (import.meta.main) {
  const [count = "50", goTool] = Deno.args;
  const writers = Number(count);
  await using stack = await startStack(givenHere());
  const { places } = stack;
  const all: [string, Writer][] = [
    ["istiops", istiopsWriter],
    ["`kubectl patch`, JSON patch", kubectlWriter("json")],
    ["`kubectl patch`, merge patch", kubectlWriter("merge")],
  ];
  const go: [string, Writer][] = goTool === undefined
    ? []
    : [["Go original", goWriter(goTool)]];
  await compare(places, {
    title: "Each adds two rules",
    peers: [...all, ...go],
    jobs: twice(writers, (_, build) => build),
  });
  await compare(places, {
    title: "Each adds a rule, and changes it",
    peers: all,
    jobs: twice(writers, (writer) => writer),
  });
}

interface Comparison {
  readonly title: string;
  readonly peers: readonly (readonly [string, Writer])[];
  readonly jobs: readonly (readonly Wish[])[];
}

async function compare(
  places: Places,
  { title, peers, jobs }: Comparison,
): Promise<void> {
  using api = apiOf(places);
  row([title, "Told done", "Refused", "There", "Lost", "Answered 503"]);
  row(Array(6).fill("---"));
  for (const [name, writer] of peers) {
    // The only rule that the Go tool sees as the master.
    await using _town = await openTown(api, { wait: 0, master: ".+" });
    await using _pods = await podsFor(api, jobs);
    const { said, ...came } = await race({ places, api }, { writer, jobs });
    const { done, refused, there, lost, dangling } = came;
    row([name, ...[done, refused, there, lost, dangling].map(String)]);
    // deno-lint-ignore no-console
    for (const text of [...said].slice(0, 5)) console.error(text);
  }
}

function row(cells: readonly string[]): void {
  // deno-lint-ignore no-console
  console.log(`| ${cells.join(" | ")} |`);
}
