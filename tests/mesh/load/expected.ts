/**
 * What a kind of request has to get, by the objects that stand in the API
 * server: which builds, in which shares.
 *
 * @module
 */

import { compileRoutes, evaluate } from "../../../src/istio/explain.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import { type World, worldOf } from "../../../src/istio/world.ts";
import { podsBehind, sidecarIn } from "../../../src/sandbox/mesh.ts";
import type { Api } from "../api.ts";
import type { Sort } from "./load.ts";

/** For each build its share, 0 to 1; builds without any are left out. */
export type Shares = ReadonlyMap<string, number>;

/** What a request gets. */
export interface Expected {
  readonly shares: Shares;
  /** It is sent by a rule that asks for a header. */
  readonly byHeader: boolean;
}

const LISTS = [
  ["/apis/networking.istio.io/v1/virtualservices", "VirtualService"],
  ["/apis/networking.istio.io/v1/destinationrules", "DestinationRule"],
  ["/api/v1/services", "Service"],
  ["/api/v1/pods", "Pod"],
] as const;

/** Reads what routes. */
export async function readWorld(api: Api): Promise<World> {
  const lists = await Promise.all(LISTS.map(async ([path, kind]) => {
    const { items } = await api.json("GET", path) as unknown as {
      readonly items: readonly KubeObject[];
    };
    return items.map((item) => ({ ...item, kind }));
  }));
  return worldOf(lists.flat());
}

/** What requests of a sort get from a sidecar in `default`. */
export function expectedOf(world: World, sort: Sort): Expected {
  const client = sidecarIn("default");
  const verdict = evaluate(compileRoutes(world, client, 5000), {
    method: "GET",
    scheme: "http",
    authority: sort.host,
    path: sort.path,
    headers: Object.entries(sort.headers),
    port: 5000,
  });
  const shares = new Map<string, number>();
  for (const destination of verdict.destinations) {
    const pods = podsBehind(world, destination, client);
    const builds = destination.flag === undefined && pods.length > 0
      ? pods.map(({ metadata }) => metadata.labels?.["build"] ?? "")
      : [destination.flag ?? "UH"];
    for (const build of builds) {
      const share = destination.fraction / builds.length;
      shares.set(build, (shares.get(build) ?? 0) + share);
    }
  }
  const rule = verdict.source?.spec.http?.[verdict.rule ?? -1];
  const byHeader = rule?.match?.some(({ headers }) => headers !== undefined);
  return { shares, byHeader: byHeader ?? false };
}
