/**
 * A service whose requests go on through the proxy while something goes wrong
 * between the command line and the API server: none of them may be lost.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import { type Report, type Row, skipped, suite } from "../../fault/suite.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import type { Api } from "../api.ts";
import { startLoad } from "../load/load.ts";
import { openTown, SORTS, TOWN } from "../load/town.ts";
import { apiOf, type Places, placesOf } from "../places.ts";
import { type Clerk, employ, type Ran } from "../users/shop.ts";
import type { Rules } from "../users/people.ts";
import type { RelayOptions } from "../users/relay.ts";

/** Where it happens. */
export interface Scene {
  readonly places: Places;
  /** Of the administrator, past the command line. */
  readonly api: Api;
  readonly report: Report;
}

/** Twice istiod's delay of 100 ms: see docs/mesh.md. */
export const SETTLE = ["--settle", "250ms"] as const;

/** Says yes to whatever is asked. */
export const YES = [...SETTLE, "--yes", "--confirm", TOWN] as const;

/** The command for a build's share, without them. */
export function shift(build: number, weight: number): string[] {
  return [
    ...["shift", TOWN, "-d", `${TOWN}:5000`],
    ...["-b", `${build}`, "-w", `${weight}`],
  ];
}

/** All that anybody may do. */
export const ALL: Rules = [{
  apiGroups: ["*"],
  resources: ["*"],
  verbs: ["*"],
}];

/** Registers a row that needs the mesh, with requests all the while. */
export function underLoad(
  row: Row,
  run: (scene: Scene) => Promise<void>,
): void {
  const places = placesOf();
  if (places === undefined) {
    return skipped(row, "no mesh; deno task test:mesh");
  }
  suite(row, async (_, report) => {
    using api = apiOf(places);
    await using _town = await openTown(api, { wait: 700, master: undefined });
    await using load = startLoad(places.parts.load, {
      targets: [places.sidecar],
      rate: 400,
      connections: 8,
      sorts: SORTS,
    });
    await run({ places, api, report });
    // The proxies hear of the last write a little later.
    await new Promise((done) => setTimeout(done, 500));
    const { sent, counts } = await load.mark();
    assertEquals(counts.filter(({ status }) => status !== 200), []);
    assert(sent > 100, `${sent} requests`);
    report.note("requests", sent);
  });
}

/** Somebody with all rights, or these, by a door of their own. */
export async function somebody(
  { places }: Scene,
  options: RelayOptions & { readonly everywhere?: Rules } = {},
): Promise<Clerk> {
  return await employ(
    { places, namespace: "default" },
    { everywhere: ALL, ...options },
  );
}

/** Runs a command that has to go well. */
export async function done(
  clerk: Clerk,
  argv: readonly string[],
): Promise<Ran> {
  const ran = await clerk.run([...argv, ...YES]);
  assertEquals(ran.status, 0, `${argv.join(" ")}: ${ran.stderr}`);
  return ran;
}

/** Is it a write to that kind, and no dry run? */
export function isWriteTo(
  plural: "virtualservices" | "destinationrules",
  { method, url }: Request,
): boolean {
  return method === "PATCH" && !url.includes("dryRun=") &&
    new URL(url).pathname.includes(`/${plural}/`);
}

const ROOT = "/apis/networking.istio.io/v1/namespaces/default";

/** Path of an object of the scene. */
export function pathTo(
  plural: "virtualservices" | "destinationrules",
  name: string = TOWN,
): string {
  return `${ROOT}/${plural}/${name}`;
}

/** Merges a patch into an object, as somebody else. */
export async function merge(
  { api }: Scene,
  path: string,
  body: unknown,
): Promise<void> {
  await api.json("PATCH", path, {
    body,
    headers: { "content-type": "application/merge-patch+json" },
  });
}

/** All objects that route, in the namespace. */
export async function routingOf({ api }: Scene): Promise<KubeObject[]> {
  const lists = await Promise.all(
    ["destinationrules", "virtualservices"].map((plural) =>
      api.json("GET", `${ROOT}/${plural}`)
    ),
  );
  return lists.flatMap((list) =>
    list["items"] as unknown as readonly KubeObject[]
  );
}

/** What they say, whatever version they have. */
export async function specsOf(scene: Scene): Promise<unknown[]> {
  return (await routingOf(scene)).map(({ kind, metadata, spec }) => [
    kind,
    metadata.name,
    spec,
  ]);
}

/** That nothing at all was written can be told from these. */
export async function versionsOf(scene: Scene): Promise<unknown[]> {
  return (await routingOf(scene)).map(({ kind, metadata }) => [
    kind,
    metadata.name,
    metadata.resourceVersion,
  ]);
}
