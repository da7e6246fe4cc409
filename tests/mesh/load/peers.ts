/**
 * The same changes, made by others: the Go tool that istiops descends from,
 * and loops over `kubectl patch` as people write them. By hand:
 *
 *     deno run -A tests/mesh/main.ts run tests/mesh/load/peers.ts [ROUNDS] [DELAY] [GO_TOOL]
 *
 * `DELAY` is how long istiod gathers changes, `100ms` as it does by itself.
 * `GO_TOOL` is the path of the built Go tool; it is left out where it is not
 * given. The table goes to standard output.
 *
 * @module
 */

import type { KubeObject, VirtualService } from "../../../src/istio/types.ts";
import { apiOf, type Places } from "../places.ts";
import { givenHere, startStack } from "../stack.ts";
import { campaign, type Tally } from "./campaign.ts";
import { istiops, type Operator, type Outcome, output } from "./operators.ts";
import type { Step } from "./steps.ts";
import { TOWN } from "./town.ts";

/** A canary as it goes: preview, shares, all, and the preview's end. */
const ROUND = ["header", 20, 50, 100, "clear"] as const;

if (import.meta.main) {
  const [rounds = "4", after = "100ms", goTool] = Deno.args;
  await using stack = await startStack({
    ...givenHere(),
    debounce: { after, max: "10s" },
  });
  const { places } = stack;
  const operators: [string, Operator][] = [
    ["istiops, --settle 2s", istiops({ settle: "2s" })],
    ["kubectl patch, JSON patches", kubectlPatch("json")],
    ["kubectl patch, merge patches", kubectlPatch("merge")],
  ];
  if (goTool !== undefined) {
    operators.push(["Go original", goOriginal(goTool)]);
  }
  row([
    ...["", "changes", "refused", "broken", "not as asked", "failed requests"],
    ...["astray", "others' rules lost", "seconds per change"],
  ]);
  row(Array(9).fill("---"));
  for (const [name, operator] of operators) {
    let n = 0;
    const tally = await campaign({
      places,
      operator,
      steps: Number(rounds) * ROUND.length,
      seed: 1,
      draw: () => cycle(n++),
      rest: 2000,
      propagated: 3000,
      master: ".+", // The only rule that the Go tool sees as the master.
    });
    await report(name, tally, places);
  }
}

function cycle(n: number): Step {
  const build = 1 + (1 + Math.floor(n / ROUND.length)) % 4;
  const now = ROUND[n % ROUND.length]!;
  if (now === "header") return { do: "header", cid: 1, build };
  if (now === "clear") return { do: "clear", mode: "hard" };
  return { do: "weight", build, weight: now };
}

async function report(
  name: string,
  tally: Tally,
  { folder }: Places,
): Promise<void> {
  const times = tally.times.toSorted((a, b) => a - b);
  row([
    name,
    `${tally.steps}`,
    `${tally.refused}`,
    `${tally.broken}`,
    `${tally.notAsAsked}`,
    `${tally.failed}`,
    `${tally.astray}`,
    `${tally.othersLost}`,
    ((times[times.length >> 1] ?? NaN) / 1000).toFixed(1),
  ]);
  const file = `${folder}/${name.replaceAll(/\W+/g, "-")}.txt`;
  await Deno.writeTextFile(file, tally.details.join("\n"));
  // deno-lint-ignore no-console
  for (const detail of tally.details.slice(0, 40)) console.error(detail);
}

/** Its own words; it takes no share together with a header. */
function goOriginal(path: string): Operator {
  return async (step, places) => {
    const build = "build" in step ? step.build : 0;
    const shift = [
      ...["traffic", "shift", "-n", "default", "-l", `app=${TOWN}`],
      ...["-d", `${TOWN}:5000`, "-b", `${build}`],
      ...["-p", `app=${TOWN},build=${build}`],
    ];
    const words = step.do === "header"
      ? [...shift, "-H", `x-cid=${step.cid}`]
      : step.do === "weight"
      ? [...shift, "-w", `${step.weight}`]
      : [
        "traffic",
        "clear",
        "-n",
        "default",
        "-l",
        `app=${TOWN}`,
        "-m",
        "hard",
      ];
    const { code, text } = await output(path, [
      ...words,
      ...["--kubeconfig", places.kubeconfig],
    ]);
    return { kind: code === 0 ? "done" : "refused", text };
  };
}

/** A script's loop: look where things are, patch the subsets, then the rules. */
function kubectlPatch(type: "json" | "merge"): Operator {
  return async (step, places) => {
    using api = apiOf(places);
    const root = "/apis/networking.istio.io/v1/namespaces/default";
    const get = (plural: string) =>
      api.json("GET", `${root}/${plural}/${TOWN}`);
    const patch = async (kind: string, value: unknown): Promise<Outcome> => {
      const { code, text } = await output("kubectl", [
        ...["--kubeconfig", places.kubeconfig, "patch", kind, TOWN],
        ...["--type", type, "-p", JSON.stringify(value)],
      ]);
      return { kind: code === 0 ? "done" : "broken", text };
    };
    const rules = (await get("virtualservices") as VirtualService).spec.http!;
    const subsets = subsetsOf(await get("destinationrules"));
    const master = rules.length - 1;
    const to = (build: number) => ({
      destination: {
        host: TOWN,
        subset: `${TOWN}-${build}`,
        port: { number: 5000 },
      },
    });

    if (step.do === "clear") {
      // The preview's rule, then the subsets that nothing names now.
      const kept = new Set(
        rules[master]!.route!.map(({ destination }) => destination.subset),
      );
      const gone = subsets.flatMap(({ name }, at) =>
        kept.has(name) ? [] : [at]
      );
      const [outcome] = [
        await patch(
          "virtualservice",
          type === "json"
            ? [{ op: "remove", path: "/spec/http/0" }]
            : { spec: { http: rules.slice(1) } },
        ),
        await patch(
          "destinationrule",
          type === "json"
            ? gone.toReversed().map((at) => ({
              op: "remove",
              path: `/spec/subsets/${at}`,
            }))
            : {
              spec: { subsets: subsets.filter((_, at) => !gone.includes(at)) },
            },
        ),
      ];
      return outcome!;
    }
    if (step.do === "header") {
      const subset = {
        name: `${TOWN}-${step.build}`,
        labels: { build: String(step.build) },
      };
      await patch(
        "destinationrule",
        type === "json"
          ? [{ op: "add", path: "/spec/subsets/-", value: subset }]
          : { spec: { subsets: [...subsets, subset] } },
      );
      const rule = {
        match: [{ headers: { "x-cid": { exact: String(step.cid) } } }],
        route: [to(step.build)],
      };
      return await patch(
        "virtualservice",
        type === "json"
          ? [{ op: "add", path: "/spec/http/0", value: rule }]
          // What tutorials show: the list as the script knows it.
          : { spec: { http: [rule, rules[master]] } },
      );
    }
    if (step.do !== "weight") return { kind: "refused", text: "not written" };
    const { build, weight } = step;
    const former = rules[master]!.route!.find(({ destination }) =>
      destination.subset !== `${TOWN}-${build}`
    )!;
    const route = weight === 100
      ? [{ ...to(build), weight }]
      : [{ ...former, weight: 100 - weight }, { ...to(build), weight }];
    return await patch(
      "virtualservice",
      type === "json"
        ? [{ op: "replace", path: `/spec/http/${master}/route`, value: route }]
        : {
          spec: {
            http: rules.map((rule, at) =>
              at === master ? { ...rule, route } : rule
            ),
          },
        },
    );
  };
}

function subsetsOf(
  rule: KubeObject,
): readonly { readonly name: string }[] {
  const { subsets = [] } = rule["spec"] as {
    readonly subsets?: readonly { readonly name: string }[];
  };
  return subsets;
}

function row(cells: readonly string[]): void {
  // deno-lint-ignore no-console
  console.log(`| ${cells.join(" | ")} |`);
}
