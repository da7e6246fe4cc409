/**
 * The one way from objects that somebody has to a {@linkcode World}, which
 * everything that is asked without a cluster is asked of.
 *
 * @module
 */

import { ManifestError } from "./errors.ts";
import { keyOf } from "./istio/hosts.ts";
import { gapsBeside } from "./istio/partial.ts";
import type { KubeObject } from "./istio/types.ts";
import {
  DEFAULT_MESH,
  type Gap,
  GROUPS,
  type Kind,
  type MeshSettings,
  withMeshSettings,
  type World,
  worldOf as byKind,
} from "./istio/world.ts";

/** Options of {@linkcode worldOf}. */
export interface WorldOptions {
  /**
   * The objects are all that a cluster has, so that what is not among them is
   * not there. By default they are part of it, as manifests are: of a kind
   * that a namespace has none of here nothing is known there.
   */
  readonly whole?: boolean;
  /** Kinds that were not read although `whole` is said, and why. */
  readonly gaps?: readonly Gap[];
  /** Namespace of objects that name none; `default`. */
  readonly namespace?: string;
  /** Settings of the mesh that differ from Istio's own. */
  readonly mesh?: Partial<MeshSettings>;
}

/**
 * Takes objects as YAML or JSON has them, the `items` of
 * `kubectl get -o json` for instance. Kinds that istiops does not read are
 * left out. Of two that have kind, namespace and name in common the later one
 * counts, as after `kubectl apply`. The objects are copied.
 *
 * @throws {ManifestError} `invalid-manifest`: one without apiVersion, kind or
 * name, such as a list.
 *
 * @example Of manifests nobody knows which pods there are
 * ```ts
 * import { check, worldOf } from "@istiops/istiops/pure";
 *
 * const objects = [{
 *   apiVersion: "networking.istio.io/v1",
 *   kind: "VirtualService",
 *   metadata: { name: "api" },
 *   spec: {
 *     hosts: ["api"],
 *     http: [{ route: [{ destination: { host: "api", subset: "v2" } }] }],
 *   },
 * }];
 * const codes = (whole: boolean) =>
 *   check(worldOf(objects, { whole })).map(({ code }) => code);
 * if (codes(false).length > 0) throw new Error(codes(false).join());
 * // Where it is all of a cluster, there is no such Service and no such subset.
 * if (!codes(true).includes("IST0101")) throw new Error(codes(true).join());
 * ```
 */
export function worldOf(
  objects: Iterable<KubeObject>,
  options: WorldOptions = {},
): World {
  const { gaps = [], mesh = {}, namespace = "default", whole } = options;
  const last = new Map<string, KubeObject>();
  for (const [index, object] of [...objects].entries()) {
    checkObject(object, index);
    if (!isOurs(object)) continue;
    const named = inNamespace(structuredClone(object), namespace);
    last.set(`${named.kind} ${keyOf(named)}`, named);
  }
  const all = [...last.values()];
  return withMeshSettings(byKind(all, {
    gaps: [
      ...structuredClone(gaps),
      ...whole === true ? [] : gapsBeside(all),
    ],
    mesh: { ...DEFAULT_MESH, ...structuredClone(mesh) },
  }));
}

function checkObject(object: unknown, index: number): void {
  const { apiVersion, kind, metadata } = Object(object);
  const isText =
    [apiVersion, kind, metadata?.name].every((one) =>
      typeof one === "string" && one !== ""
    ) && ["string", "undefined"].includes(typeof metadata.namespace);
  if (isText) return;
  throw new ManifestError(
    "invalid-manifest",
    `Cannot take object ${index}: it has no apiVersion, no kind, or no metadata.name`,
    { hint: "Give the items of a list, not the list" },
  );
}

function isOurs({ apiVersion, kind }: KubeObject): boolean {
  if (!Object.hasOwn(GROUPS, kind)) return false;
  const [version, group = ""] = apiVersion.split("/").reverse();
  return version !== "" && group === GROUPS[kind as Kind];
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  const { metadata } = object;
  return object.kind === "Namespace" || metadata.namespace
    ? object
    : { ...object, metadata: { ...metadata, namespace } };
}
