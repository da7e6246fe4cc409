/**
 * `check`, `show`, `explain` and the language server tell the same findings at
 * the same places: object and field, severity, code.
 */
import { checkTraffic } from "../../src/actions/check.ts";
import { explainTraffic } from "../../src/actions/explain.ts";
import { showTraffic, type TrafficShow } from "../../src/actions/show.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { type Manifests, readManifests } from "../../src/cluster/manifests.ts";
import { manifestsCluster } from "../../src/cluster/manifests_cluster.ts";
import { type Client, clientsOf } from "../../src/istio/client.ts";
import {
  type Finding,
  keyOfFound,
  printPath,
} from "../../src/istio/findings.ts";
import { gatewayPorts, servicePorts } from "../../src/istio/lint/asking.ts";
import { PLAIN_REQUEST } from "../../src/istio/match.ts";
import type { KubeObject, VirtualService } from "../../src/istio/types.ts";
import { hostsOf } from "../../src/istio/virtual_services.ts";
import { type World, worldOf } from "../../src/istio/world.ts";
import { scenario } from "../../src/sandbox/scenario.ts";
import { stringifyYaml } from "../../src/yaml.ts";
import { Open } from "../lsp/yaml/rig.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";
import { FIXTURES } from "../traffic/lint_fixtures.ts";

/** How many findings each of them told. */
const COMPARED = { check: 0, show: 0, explain: 0, editor: 0 };

interface Case {
  readonly name: string;
  readonly objects: readonly KubeObject[];
}

/** The demo world, and each world of `check`'s tests of which all is known. */
const CASES: readonly Case[] = [
  { name: "the demo", objects: scenario(new Date("2026-01-01T12:00:00Z")) },
  ...FIXTURES.flatMap(({ code, at, bad, near }) =>
    [["bad", bad], ["near", near]].flatMap(([which, world]) => {
      const { gaps, mesh, ...lists } = world as World;
      const isPlain = gaps.length === 0 && !mesh.multiCluster;
      return isPlain
        ? [{
          name: `${code} at ${at}, ${which}`,
          objects: Object.values(lists).flat() as KubeObject[],
        }]
        : [];
    })
  ),
];

/**
 * What is told where something is not there. All that an editor has open is
 * never the whole: it may be in a file that is closed.
 */
const ABOUT_WHAT_LACKS = [
  ...["IST0101", "IST0173", "IST0174", "delegate-missing", "no-ready-pods"],
];

const inShort = (
  { severity, code, object, path }: Finding,
): string => {
  assert(object !== undefined && path !== undefined, code);
  return `${severity} ${code} ${keyOfFound(object)} ${printPath(path)}`;
};

const sorted = (findings: readonly Finding[]): readonly string[] =>
  findings.map(inShort).sort();

/** What is shown, each once: a delegate is shown below its roots, too. */
const shownIn = ({ virtualServices }: TrafficShow): readonly string[] => [
  ...new Set(sorted(
    virtualServices.flatMap(({ findings, routes }) => [
      ...findings,
      ...routes.flatMap((route) => [
        ...route.findings,
        ...route.destinations.flatMap(({ problems }) => problems),
      ]),
    ])
      // `check` tells what cannot be seen once, as unread.
      .filter(({ code }) => !code.endsWith("-unknown")),
  )),
];

const ofVirtualServices = (findings: readonly Finding[]): readonly string[] =>
  sorted(findings.filter(({ object }) => object?.kind === "VirtualService"));

/** The hosts of an object, by each client that has its rules. */
function requestsTo(world: World, object: VirtualService) {
  return clientsOf(world, object).flatMap((client: Client) => {
    const ports = client.kind === "gateway"
      ? gatewayPorts(world, client.gateway ?? "")
      : servicePorts(world, object);
    return ports.flatMap((port) =>
      hostsOf(world, object).map((host) => ({
        client,
        request: {
          ...PLAIN_REQUEST,
          port,
          authority: host.replace("*", "any"),
        },
      }))
    );
  });
}

for (const { name, objects } of CASES) {
  const world = worldOf(objects);

  Deno.test(`in a cluster show and explain tell what check tells: ${name}`, async () => {
    const cluster = new MemoryCluster(objects);
    const { findings } = await checkTraffic(cluster, {});
    const shown = shownIn(await showTraffic(cluster, {}));
    assertEquals(shown, ofVirtualServices(findings));
    COMPARED.check += findings.length;
    COMPARED.show += shown.length;
    await compareExplained({ cluster, findings, world });
  });

  Deno.test(`of files show, explain and an editor tell what check tells: ${name}`, async () => {
    const text = textOf(objects);
    const read = await readText(text);
    const cluster = manifestsCluster(read, { names: ["-"] });
    const { findings } = await checkTraffic(cluster, {}, { read });
    const refused = read.problems.filter((one) => one.severity === "error");
    if (refused.length === 0 && world.virtualServices.length > 0) {
      assertEquals(
        shownIn(await showTraffic(cluster, {}, { read })),
        ofVirtualServices(findings),
      );
      await compareExplained({ cluster, findings, world, read });
    }
    const open = new Open([text]);
    const told = open.told();
    const found = told.flatMap(({ finding, severity }) =>
      finding === undefined ? [] : [{ ...finding, severity }]
    );
    COMPARED.editor += found.length;
    const missing = findings.filter((one) =>
      !found.some((other) => inShort(one) === inShort(other))
    );
    assertEquals(
      sorted(missing).filter((one) =>
        !ABOUT_WHAT_LACKS.includes(one.split(" ")[1]!)
      ),
      [],
    );
    assertEquals(
      sorted(found),
      sorted(findings.filter((one) => !missing.includes(one))),
    );
    // Findings, and what is wrong with the file, at the same line and column.
    const { findings: placed } = await checkTraffic(cluster, {}, { read });
    assertEquals(
      told.map(({ code, span }) => {
        const { line, character } = open.file.lines.positionAt(span.start);
        return `${line + 1}:${character + 1} ${code}`;
      }).sort(),
      [
        ...placed.filter((one) =>
          !missing.some((other) => inShort(one) === inShort(other))
        ).map(({ code, place }) => `${place?.line}:${place?.column} ${code}`),
        ...read.problems.map(({ code, line, column }) =>
          `${line}:${column} ${code}`
        ),
      ].sort(),
    );
  });
}

/** Each request gets what `check` finds in what decides about it, and no more. */
async function compareExplained(
  of: {
    readonly cluster: Cluster;
    readonly findings: readonly Finding[];
    readonly world: World;
    readonly read?: Manifests;
  },
): Promise<void> {
  const { cluster, findings, world, read } = of;
  const all = sorted(findings);
  const files = read === undefined ? {} : { read };
  for (const object of world.virtualServices) {
    for (const asked of requestsTo(world, object)) {
      const explained = await explainTraffic(cluster, asked, files);
      const told = sorted(explained.findings);
      COMPARED.explain += told.length;
      assertEquals(told.filter((one) => !all.includes(one)), []);
      const { virtualService } = explained;
      if (virtualService === undefined) continue;
      const { namespace, name } = virtualService;
      const own = await checkTraffic(
        cluster,
        { namespace, names: [name] },
        files,
      );
      assertEquals(
        sorted(own.findings).filter((one) => !told.includes(one)),
        [],
      );
    }
  }
}

function textOf(objects: readonly KubeObject[]): string {
  return objects.map((one) =>
    // Fields that are undefined are none.
    stringifyYaml(JSON.parse(JSON.stringify(one)))
  ).join("---\n");
}

function readText(text: string): Promise<Manifests> {
  return readManifests(["-"], { readStdin: () => Promise.resolve(text) });
}

Deno.test("there was something to compare", () => {
  for (const [who, count] of Object.entries(COMPARED)) {
    assert(count > 40, `${who}: ${count}`);
  }
});

Deno.test("a comment that asks not to be told is heard by check, show, explain and an editor", async () => {
  const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec:
  hosts: [a]
  http:
  - route: [{destination: {host: a}}]
  - route: [{destination: {host: a}}] # COMMENT
`;
  for (const [comment, count] of [["", 1], ["istiops-ignore: IST0130", 0]]) {
    const own = text.replace("COMMENT", String(comment));
    const read = await readText(own);
    const cluster = manifestsCluster(read, { names: ["-"] });
    const asked = {
      request: { ...PLAIN_REQUEST, authority: "a.default.svc.cluster.local" },
      client: { kind: "sidecar", namespace: "default", labels: {} },
    } as const;
    assertEquals([
      (await checkTraffic(cluster, {}, { read })).findings.length,
      shownIn(await showTraffic(cluster, {}, { read })).length,
      (await explainTraffic(cluster, asked, { read })).findings.length,
      new Open([own]).told().length,
    ], [count, count, count, count]);
  }
});
