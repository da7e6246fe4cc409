/**
 * What `check` finds in the objects that decide about a request.
 *
 * @module
 */

import type { Manifests } from "../cluster/manifests.ts";
import { rulesFor } from "../istio/delegates.ts";
import { type CompiledHosts, evaluate, hostFor } from "../istio/explain.ts";
import type { Finding } from "../istio/findings.ts";
import type { Request } from "../istio/match.ts";
import type { KubeObject, VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { checkWorld } from "../traffic/lint.ts";
import { withRulesBehind } from "./read_behind.ts";

/** What decides about a request. */
export interface Deciding {
  /** Those that speak for the host. */
  readonly roots: readonly VirtualService[];
  /** With their delegates, and the DestinationRules of where they lead. */
  readonly objects: readonly KubeObject[];
  /** Full names of where the request goes. */
  readonly hosts: readonly string[];
}

/** Looks up what decides about a request. */
export function decidingOn(
  compiled: CompiledHosts,
  request: Request,
): Deciding {
  const { world } = compiled;
  const rules = hostFor(compiled, request.authority)?.rules ?? [];
  const roots = [...new Set(rules.map(({ root }) => root))];
  const sources = roots.flatMap((root) =>
    rulesFor(world, root).rules.map(({ source }) => source)
  );
  const hosts = evaluate(compiled, request).destinations
    .map(({ host }) => host);
  return {
    roots,
    objects: withRulesBehind(
      world,
      [...new Set([...roots, ...sources])],
      hosts,
    ),
    hosts,
  };
}

/** What there is to say about these objects, as `check` says it. */
export async function findingsOn(
  world: World,
  objects: readonly KubeObject[],
  read?: Manifests,
): Promise<readonly Finding[]> {
  const only = new Set(objects);
  const findings = checkWorld(world, { only: (object) => only.has(object) });
  if (read === undefined || findings.length === 0) return findings;
  const { ignoredIn } = await import("./check_places.ts");
  const isIgnored = ignoredIn(read);
  return findings.filter((finding) => !isIgnored(finding));
}
