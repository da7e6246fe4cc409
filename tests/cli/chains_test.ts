import type { KubeObject } from "../../src/istio/types.ts";
import { worldOf } from "../../src/istio/world.ts";
import { randomOf } from "../../src/istio/draw.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/mod.ts";
import { expectedOf, type Shares } from "../mesh/load/expected.ts";
import {
  anyStep,
  argumentsOf,
  type Step,
  wordsOf,
} from "../mesh/load/steps.ts";
import { podsOf, SORTS, TOWN, townObjects } from "../mesh/load/town.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Operator } from "../support/operator.ts";

const KINDS = ["VirtualService", "DestinationRule", "Service", "Pod"];

/** How far undo leads back at all. */
const ENDS =
  /there is no record|hold nothing to undo|so many later operations that its record is gone/;

Deno.test("whatever changes follow each other, no request is without pods at any moment", async () => {
  const seed = Number(
    Deno.env.get("ISTIOPS_SEED") ?? Math.floor(Math.random() * 2 ** 31),
  );
  const steps = Number(Deno.env.get("ISTIOPS_STEPS") ?? 120);
  // deno-lint-ignore no-console
  console.log(`    ISTIOPS_STEPS=${steps} ISTIOPS_SEED=${seed}`);
  const random = randomOf(seed);
  await using sandbox = await startSandbox({ objects: townObjects() });
  using operator = new Operator(sandbox.url);
  const told: string[] = [];
  let changed = 0;
  for (let n = 0; n < steps; n++) {
    const step = anyStep(random);
    if (step.do === "retire" || step.do === "return") {
      movePods(sandbox, step);
      continue;
    }
    const moments = [sharesIn(sandbox)];
    const { status, stderr: said } = await watching(
      sandbox,
      () => moments.push(sharesIn(sandbox)),
      () =>
        operator.run([
          ...argumentsOf(step, TOWN),
          ...["--settle", "0s", "--yes", "--confirm", TOWN],
        ]),
    );
    const [before, after] = [moments[0]!, moments.at(-1)!];
    const isChange = !isSame(before, after);
    if (isChange) changed++;
    told.push(`${n}: ${wordsOf(step)}: ${status} ${said}`);
    const where = told.slice(-6).join("\n");
    assert([0, 2, 4].includes(status) || ENDS.test(said), where);
    if (status !== 0) assert(!isChange, where);
    for (const moment of moments) {
      for (const [name, shares] of moment) {
        const allowed = [
          ...before.get(name)!.keys(),
          ...after.get(name)!.keys(),
        ];
        for (const build of shares.keys()) {
          assert(allowed.includes(build), `${where}\n${name} reached ${build}`);
          assert(/^\d$/.test(build), `${where}\n${name} got ${build}`);
        }
      }
    }
  }
  assert(changed >= steps / 4, `only ${changed} changes`);
  const others = sharesIn(sandbox).get("others")!;
  assertEquals([...others], [["9", 1]]);
});

/** Calls back after every write while something runs. */
async function watching<T>(
  { store }: Sandbox,
  onChange: () => void,
  run: () => Promise<T>,
): Promise<T> {
  const end = store.onChange(onChange);
  try {
    return await run();
  } finally {
    end();
  }
}

/** What requests of every sort get now. */
function sharesIn({ store }: Sandbox): Map<string, Shares> {
  const world = worldOf(
    KINDS.flatMap((kind) => store.list(kind)) as KubeObject[],
  );
  return new Map(
    SORTS.map((sort) => [sort.name, expectedOf(world, sort).shares]),
  );
}

function isSame(
  one: ReadonlyMap<string, Shares>,
  other: ReadonlyMap<string, Shares>,
): boolean {
  const plain = (all: ReadonlyMap<string, Shares>): string =>
    JSON.stringify(
      [...all].map(([name, shares]) => [name, [...shares].sort()]),
    );
  return plain(one) === plain(other);
}

/** Pods go where no request goes, and come back whenever. */
function movePods(
  sandbox: Sandbox,
  step: Step & { readonly do: "retire" | "return" },
): void {
  const pods = podsOf(step.build);
  if (step.do === "return") {
    for (const pod of pods) sandbox.store.put(pod);
    return;
  }
  const used = [...sharesIn(sandbox).values()].some((shares) =>
    shares.has(String(step.build))
  );
  if (used) return;
  for (const { metadata: { namespace, name } } of pods) {
    const ref = { kind: "Pod", namespace: namespace!, name };
    if (sandbox.store.get(ref) !== undefined) sandbox.store.delete(ref);
  }
}
