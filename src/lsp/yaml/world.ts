/**
 * What the open files come to together, with what is known of the cluster. It
 * is never the whole: what is not in it may be in a file that is closed.
 *
 * @module
 */

import { KINDS } from "../../cluster/kinds.ts";
import {
  inNamespace,
  keyOf,
  type ReadManifest,
} from "../../cluster/manifests.ts";
import type { KubeObject } from "../../istio/types.ts";
import { type Kind, type World, worldOf } from "../../istio/world.ts";
import {
  type Names,
  namesAt,
  type Place,
  placeKey,
  type PlaceNames,
} from "../../language/names.ts";
import type { Part, YamlFile } from "./files.ts";

/** An object of a file, and where it is written. */
export interface Written {
  readonly file: YamlFile;
  readonly part: Part;
  readonly read: ReadManifest;
}

/** The open files as one. */
export interface Together {
  /** As they were given. */
  readonly files: readonly YamlFile[];
  /** Of what says none. */
  readonly namespace: string;
  readonly world: World;
  /** By what is one object for an API server. */
  readonly written: ReadonlyMap<string, Written>;
  /** Of objects that are twice in the first file. */
  readonly twice: readonly (readonly [Written, Written])[];
}

/**
 * Puts files together. Of objects that are in several files those of the first
 * one count: files that are alternatives are looked at apart.
 */
export function together(
  files: readonly YamlFile[],
  names: Names,
): Together {
  const [first] = files;
  const namespace = namesAt(names, {})?.namespace ?? "default";
  const written = new Map<string, Written>();
  const twice: [Written, Written][] = [];
  for (const file of files) {
    for (const part of file.parts) {
      const { checked } = part.chunk;
      for (const each of checked) {
        if (each.kind === undefined || each.hasError) continue;
        const one = { file, part, read: inNamespace(each, namespace) };
        const key = keyOf(one.read);
        const known = written.get(key);
        if (known === undefined || known.file === file) written.set(key, one);
        if (known !== undefined && known.file === first && file === first) {
          twice.push([known, one]);
        }
      }
    }
  }
  const objects = [...written.values()].map(({ read }) => read.object);
  const known = knownServices(objects, names);
  return {
    ...{ files, namespace, written, twice },
    world: worldOf([...objects, ...known.services], {
      gaps: (Object.keys(KINDS) as Kind[]).map((kind) => ({
        kind,
        reason: "only open files are looked at",
        ...kind === "Service" ? { except: known.namespaces } : {},
      })),
    }),
  };
}

/** Services that the cluster has, of namespaces of which all are known. */
function knownServices(
  objects: readonly KubeObject[],
  names: Names,
): {
  readonly services: readonly KubeObject[];
  readonly namespaces: readonly string[];
} {
  const own = new Set(
    objects.flatMap(({ kind, metadata }) =>
      kind === "Service" ? [`${metadata.namespace}/${metadata.name}`] : []
    ),
  );
  const services: KubeObject[] = [];
  const namespaces: string[] = [];
  for (const place of names.places) {
    if (!isWhole(place) || namespaces.includes(place.namespace)) continue;
    const { namespace } = place;
    namespaces.push(namespace);
    for (const { host, ports } of place.services) {
      // With a dot it is of another namespace, or no Service at all.
      if (host.includes(".") || own.has(`${namespace}/${host}`)) continue;
      services.push({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: host, namespace },
        spec: { ports: ports.map((port) => ({ port })) },
      } as KubeObject);
    }
  }
  return { services, namespaces };
}

function isWhole(
  { place, isPartial, isLoading, problem }: PlaceNames,
): boolean {
  return place.context === undefined && !isPartial && isLoading !== true &&
    problem === undefined;
}

/** As many as are kept up to date together. */
const MOST_PLACES = 4;

/** Places whose names say something about a file. */
export function placesOfFile({ parts }: YamlFile): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { chunk } of parts) {
    if (!chunk.isOurs) continue;
    const found = [
      ...chunk.checked.map(({ object }) => placeOfObject(object)),
      ...chunk.tests("").map(({ test: { client: { namespace } } }) =>
        namespace === "" ? {} : { namespace }
      ),
    ];
    for (const place of found) {
      if (places.size === MOST_PLACES) break;
      places.set(placeKey(place), place);
    }
  }
  return [...places.values()];
}

/** Where an object goes if somebody applies it. */
export function placeOfObject({ metadata }: KubeObject): Place {
  const namespace: unknown = metadata?.namespace;
  return typeof namespace === "string" && namespace !== "" ? { namespace } : {};
}
