import { executePlan } from "../../src/actions/execute.ts";
import { planShiftOn } from "../../src/actions/shift.ts";
import { showTraffic } from "../../src/actions/show.ts";
import { ClusterError } from "../../src/errors.ts";
import type { KubeObject, VirtualService } from "../../src/istio/types.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
} from "../support/assert.ts";
import { startFaultyServer } from "../fault/rig/faulty_server.ts";
import { runAt } from "../fault/rig/shifting.ts";
import { routing, service } from "../mesh/town.ts";
import { suite } from "../fault/suite.ts";

const NAME = "api";
const ROUTES = 500;

/** One VirtualService with many rules, each of which has all builds. */
function objects(builds: number): KubeObject[] {
  const all = Array.from({ length: builds }, (_, at) => at + 1);
  const [rule, routes] = routing(NAME, 1);
  return [
    ...service(NAME, { builds: all }),
    {
      ...rule!,
      spec: {
        host: NAME,
        subsets: all.map((build) => ({
          name: `${NAME}-${build}-of-a-team-with-a-long-name`,
          labels: { build: `${build}` },
        })),
      },
    },
    {
      ...routes!,
      spec: {
        hosts: [NAME],
        http: Array.from({ length: ROUTES }, (_, at) => ({
          name: `r${at}`,
          match: [{ uri: { prefix: `/of/some/length/${at}/` } }],
          route: all.map((build) => ({
            destination: {
              host: `${NAME}.default.svc.cluster.local`,
              subset: `${NAME}-${build}-of-a-team-with-a-long-name`,
              port: { number: 5000 },
            },
            headers: { response: { set: { "x-of-build": `${build}` } } },
            weight: 100 / builds,
          })),
        })),
      },
    },
  ];
}

const SHIFT = {
  namespace: "default",
  names: [NAME],
  build: "2",
  weight: 50,
} as const;

const sizeOf = (value: unknown): number =>
  new TextEncoder().encode(JSON.stringify(value)).length;

suite(
  {
    id: "L7",
    shows:
      "a VirtualService with 500 rules of 10 destinations each: shown, and shifted in one write",
    command: "show, shift",
  },
  async (_, report) => {
    await using server = await startFaultyServer({ objects: objects(10) });
    const { cluster, clock, sandbox } = server;
    const ref = { kind: "VirtualService", namespace: "default", name: NAME };
    report.note("KiB", Math.round(sizeOf(sandbox.store.get(ref)) / 1024));

    const begin = performance.now();
    const { virtualServices } = await showTraffic(cluster, {
      namespace: "default",
      names: [NAME],
    });
    report.note("ms of show", Math.round(performance.now() - begin));
    const [shown] = virtualServices;
    assertEquals(shown?.routes.length, ROUTES);

    const middle = performance.now();
    const plan = await planShiftOn(cluster, SHIFT, runAt(clock));
    const { status } = await executePlan(cluster, plan, { clock });
    report.note("ms of shift", Math.round(performance.now() - middle));
    assertEquals(status, "done");
    assertEquals(server.commits("VirtualService").length, 1);
    const { spec } = sandbox.store.get(ref) as VirtualService;
    for (const { name, route = [] } of spec.http ?? []) {
      const [of2, ...others] = route.toSorted((one, other) =>
        (other.weight ?? 0) - (one.weight ?? 0)
      );
      assertMatch(of2?.destination.subset ?? "", /^api-2-/, name ?? "");
      const sum = others.reduce((sum, { weight = 0 }) => sum + weight, 0);
      assertEquals(of2?.weight, sum, name ?? "");
    }
  },
);

suite(
  {
    id: "L7",
    shows:
      "a write of more than 3 MiB is refused before it is sent, and one rule of the same object is shifted",
    command: "shift",
  },
  async (_, report) => {
    await using server = await startFaultyServer({ objects: objects(20) });
    const { cluster, clock } = server;
    const plan = await planShiftOn(cluster, SHIFT, runAt(clock));
    const error = await assertRejects(
      () => executePlan(cluster, plan, { clock }),
      ClusterError,
    );
    assertEquals(error.code, "too-large");
    assertMatch(
      error.message,
      /^Cannot change VirtualService "default\/api": the request would have \d\.\d MiB, and an API server takes 3$/,
    );
    assertMatch(error.hint ?? "", /--route/);
    assert(!server.seen.some(({ method }) => method === "PATCH"));

    const one = await planShiftOn(
      cluster,
      { ...SHIFT, routes: ["r7"] },
      runAt(clock),
    );
    await executePlan(cluster, one, { clock });
    const [patch] = server.seen.filter(({ isWrite }) => isWrite);
    report.note("KiB of one rule", Math.round(patch!.body.length / 1024));
    assertEquals(server.commits("VirtualService").length, 1);
  },
);
