/**
 * What `istiops check` says of a world, in the words that istioctl's messages
 * are brought into.
 *
 * @module
 */

import { checkTraffic } from "../../../src/actions/check.ts";
import { gatewaysOf } from "../../../src/istio/client.ts";
import {
  effectiveDestinationRule,
  findSubset,
} from "../../../src/istio/destination_rules.ts";
import type { FieldPath, Finding } from "../../../src/istio/findings.ts";
import { namespaceOf, resolveHost } from "../../../src/istio/hosts.ts";
import { clientsIn } from "../../../src/istio/lint/effective.ts";
import type {
  Destination,
  KubeObject,
  VirtualService,
} from "../../../src/istio/types.ts";
import { type World, worldOf } from "../../../src/istio/world.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import type { Told } from "./told.ts";

/** As `istiops check -A` reads and checks a cluster with these objects. */
export async function checkObjects(
  objects: readonly KubeObject[],
): Promise<readonly OurTold[]> {
  const { findings } = await checkTraffic(new MemoryCluster(objects), {});
  const world = worldOf(objects);
  return findings.map((finding) => ({ ...toldOf(world, finding), finding }));
}

/** With the finding that it was. */
export interface OurTold extends Told {
  readonly finding: Finding;
}

function toldOf(world: World, finding: Finding): Told {
  const { code, message, object: named, path = [] } = finding;
  const object = `${named!.kind} ${named!.namespace}/${named!.name}`;
  const source = [
    ...[world.virtualServices, world.destinationRules, world.gateways].flat(),
  ].find((one: KubeObject) =>
    one.kind === named!.kind && one.metadata.name === named!.name &&
    namespaceOf(one) === named!.namespace
  );
  const told = { code, object, about: "", message };
  switch (code) {
    case "IST0101":
    case "IST0112":
      return { ...told, about: missing(source as VirtualService, path) };
    case "IST0130":
    case "IST0131":
      return {
        ...told,
        // Of a delegate's block the rule is told.
        about: `http[${path[2]}]${path.length > 4 ? `.match[${path[4]}]` : ""}`,
      };
    case "IST0132":
    case "IST0165": {
      const written = (source as VirtualService).spec.gateways!;
      return {
        ...told,
        about: `gateway ${
          code === "IST0165"
            ? written[Number(path[2])]
            : gatewaysOf(source as VirtualService)[Number(path[2])]
        }`,
      };
    }
    case "IST0133":
      return {
        ...told,
        about: String(path.findLast((part) => typeof part === "string")),
      };
    case "IST0173":
      return withoutPods(world, told, { source: source!, path });
    default:
      return told;
  }
}

/** The host, port, subset or gateway that a path leads to. */
function missing(source: VirtualService, path: FieldPath): string {
  const last = path.at(-1);
  if (last === "selector") return last;
  if (path[1] === "gateways") {
    return `gateway ${source.spec.gateways![Number(last)]}`;
  }
  const mirror = path.some((part) => part === "mirror" || part === "mirrors")
    ? "mirror "
    : "";
  const { host, port, subset } = destinationAt(source, path);
  return last === "subset"
    ? `${mirror}subset ${host}+${subset}`
    : last === "number"
    ? `port ${host}:${port?.number}`
    : last === "host"
    ? `${mirror}host ${host}`
    : `host ${host}`;
}

function destinationAt(source: KubeObject, path: FieldPath) {
  let here: unknown = source;
  for (const part of path) {
    const next = (here as Record<string | number, unknown>)[part];
    if (typeof next !== "object" || next === null) break;
    here = next;
    if (typeof (here as { host?: unknown }).host === "string") break;
  }
  return here as Destination;
}

/** Of the DestinationRule, as istioctl tells it, wherever it is told. */
function withoutPods(
  world: World,
  told: Told,
  of: { readonly source: KubeObject; readonly path: FieldPath },
): Told {
  const { source, path } = of;
  if (source.kind === "DestinationRule") {
    const { subsets } = source.spec as {
      subsets: readonly { readonly name: string }[];
    };
    return { ...told, about: `subset ${subsets[Number(path[2])]!.name}` };
  }
  const { host, subset = "" } = destinationAt(source, path);
  const full = resolveHost(host, namespaceOf(source), world.mesh);
  for (const client of clientsIn(world, source as VirtualService)) {
    const rule = effectiveDestinationRule(world, full, client);
    const found = findSubset(rule, subset);
    if (found === undefined) continue;
    const { metadata } = found.rule;
    return {
      ...told,
      object: `DestinationRule ${metadata.namespace}/${metadata.name}`,
      about: `subset ${subset}`,
    };
  }
  throw new Error(`no DestinationRule behind ${JSON.stringify(told)}`);
}
