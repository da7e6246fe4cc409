/**
 * Reads what `show` needs and no more: the namespace in one go, then only
 * what its rules lead to elsewhere.
 *
 * @module
 */

import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { gatewaysOf } from "../istio/client.ts";
import { namespaceOfHost } from "../istio/hosts.ts";
import type { VirtualService } from "../istio/types.ts";
import {
  DEFAULT_MESH,
  EMPTY_WORLD,
  type Kind,
  type World,
} from "../istio/world.ts";
import type { ShowIntent } from "../traffic/intents.ts";
import { namespaceOf } from "../traffic/objects.ts";
import { isNamespaceName } from "../traffic/syntax.ts";
import { delegatesOf, hostsBehind } from "./behind.ts";
import { chooseShown } from "./choose_shown.ts";
import { mergeWorlds, readWorld, together } from "./read.ts";

const KINDS: readonly Kind[] = [
  "VirtualService",
  "DestinationRule",
  "Service",
  "Pod",
];

/** Rounds of reading: the namespace, what it leads to, what that leads to. */
const ROUNDS = 3;

/** Options of {@linkcode readShown}. */
export interface ReadShownOptions extends CallOptions {
  /** Also what Sidecars leave of the mesh. */
  readonly sidecars?: boolean;
}

/**
 * @throws {ClusterError} VirtualServices cannot be read.
 * @throws {TrafficError} `not-found`: nothing matches.
 */
export async function readShown(
  cluster: Cluster,
  intent: ShowIntent,
  options: ReadShownOptions,
): Promise<World> {
  const { namespace } = intent;
  const sidecars: readonly Kind[] = options.sidecars ? ["Sidecar"] : [];
  const { signal } = options;
  const calls = signal === undefined ? {} : { signal };
  if (namespace === undefined) {
    return await readWorld(cluster, {
      namespaces: "all",
      kinds: [...KINDS, "Gateway", "ServiceEntry", ...sidecars],
      required: ["VirtualService"],
      ...calls,
    });
  }
  const done = new Set<string>();
  let world = EMPTY_WORLD;
  let wanted: readonly Wanted[] = [
    ...[...KINDS, ...sidecars].map((kind) => ({ kind, namespace })),
    ...(["DestinationRule", ...sidecars] as const).map((kind) => ({
      kind,
      namespace: DEFAULT_MESH.rootNamespace,
    })),
  ];
  for (let round = 0; round < ROUNDS && wanted.length > 0; round++) {
    for (const one of wanted) done.add(`${one.kind}/${one.namespace}`);
    const groups = Map.groupBy(wanted, (one) => one.namespace);
    const worlds = await together(
      options,
      (call) =>
        [...groups].map(([each, group]) =>
          readWorld(cluster, {
            namespaces: [each],
            kinds: [...new Set(group.map(({ kind }) => kind))],
            required: each === namespace ? ["VirtualService"] : [],
            ...call,
          })
        ),
    );
    world = worlds.reduce(mergeWorlds, world);
    wanted = wantedBy(world, chooseShown(world, intent))
      .filter((one) => !done.has(`${one.kind}/${one.namespace}`));
  }
  return world;
}

interface Wanted {
  readonly kind: Kind;
  readonly namespace: string;
}

/** What else has to be read to know where requests end up. */
function wantedBy(
  world: World,
  objects: readonly VirtualService[],
): readonly Wanted[] {
  const { rootNamespace } = world.mesh;
  return objects.flatMap((object): readonly Wanted[] => {
    const gateways = gatewaysOf(object).filter((name) => name !== "mesh");
    return [
      ...hostsBehind(world, object).flatMap((host): readonly Wanted[] => {
        const namespace = namespaceOfHost(host, world.mesh);
        return namespace === undefined
          ? [{ kind: "ServiceEntry", namespace: namespaceOf(object) }]
          : (["Service", "Pod", "DestinationRule"] as const)
            .map((kind) => ({ kind, namespace }));
      }),
      ...delegatesOf(object).map(({ namespace }): Wanted => ({
        kind: "VirtualService",
        namespace,
      })),
      ...gateways.flatMap((name): readonly Wanted[] => [
        { kind: "Gateway", namespace: name.split("/")[0] ?? "" },
        // Gateway workloads live there as a rule: their namespace decides
        // which DestinationRule they use.
        { kind: "Pod", namespace: rootNamespace },
      ]),
    ];
  }).filter(({ namespace }) => isNamespaceName(namespace));
}
