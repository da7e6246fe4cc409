/**
 * Which VirtualServices a `show` is about: unlike a change it may look into
 * all namespaces, and needs no rule that can be edited.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import { resolveHost, shortHost } from "../istio/hosts.ts";
import type { VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { ShowIntent } from "../traffic/intents.ts";
import {
  hasLabels,
  keyOf,
  listNames,
  namespaceOf,
  printLabels,
  printSelector,
} from "../traffic/objects.ts";
import { destinationsBehind, hostsBehind } from "./behind.ts";

/**
 * The VirtualServices to show, by namespace and name.
 *
 * @throws {TrafficError} `not-found`.
 */
export function chooseShown(
  world: World,
  intent: ShowIntent,
): readonly VirtualService[] {
  const { namespace, names = [], selector = [], destination } = intent;
  const here = world.virtualServices.filter((object) =>
    namespace === undefined || namespaceOf(object) === namespace
  );
  const place = namespace === undefined
    ? "in any namespace"
    : `in namespace "${namespace}"`;
  const missing = names.find((name) =>
    !here.some((object) => object.metadata.name === name)
  );
  if (missing !== undefined) {
    throw nothingFound(`VirtualService "${missing}"`, {
      place,
      near: missing,
      looked: here.map((object) => object.metadata.name),
    });
  }
  const chosen = here.filter((object) =>
    (names.length === 0 || names.includes(object.metadata.name)) &&
    hasLabels(object.metadata.labels, selector)
  );
  if (chosen.length === 0 && selector.length > 0) {
    throw nothingFound(
      `a VirtualService with labels "${printSelector(selector)}"`,
      { place, looked: here.map(withLabels), near: valuesOf(selector) },
    );
  }
  const leading = destination === undefined
    ? chosen
    : chosen.filter((object) => leadsTo(world, object, destination));
  if (destination !== undefined && leading.length === 0) {
    throw nothingFound(
      `a VirtualService that leads to "${destination.host}${
        destination.port === undefined ? "" : `:${destination.port}`
      }"`,
      {
        place,
        near: destination.host,
        looked: chosen.flatMap((object) =>
          hostsBehind(world, object).map((host) => shortHost(host, world.mesh))
        ),
        noun: "hosts",
      },
    );
  }
  return [...leading].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function leadsTo(
  world: World,
  object: VirtualService,
  destination: { readonly host: string; readonly port?: number },
): boolean {
  const host = resolveHost(destination.host, namespaceOf(object), world.mesh);
  const full = `${destination.host}.svc.${world.mesh.clusterDomain}`;
  return destinationsBehind(world, object).some((one) =>
    (one.host === host || one.host === full) &&
    (destination.port === undefined || one.port === undefined ||
      one.port === destination.port)
  );
}

function withLabels(object: VirtualService): string {
  const labels = printLabels(object.metadata.labels ?? {});
  const { name } = object.metadata;
  return labels === "" ? name : `${name} (${labels})`;
}

function valuesOf(selector: NonNullable<ShowIntent["selector"]>): string {
  return selector.flatMap((one) => "values" in one ? one.values : [one.key])
    .join(" ");
}

function nothingFound(
  what: string,
  of: {
    readonly place: string;
    readonly near: string;
    readonly looked: readonly string[];
    readonly noun?: string;
  },
): TrafficError {
  const looked = byNearness([...new Set(of.looked)], of.near);
  const { noun = "VirtualServices" } = of;
  const [nearest] = looked;
  return new TrafficError(
    "not-found",
    `Cannot find ${what} ${of.place}: ${
      looked.length === 0
        ? `there are no ${noun}`
        : `looked at ${looked.length} ${noun}: ${listNames(looked)}`
    }`,
    {
      hint: nearest === undefined
        ? "Give another namespace with -n, or look into all with -A"
        : isNear(nearest, of.near)
        ? `Did you mean "${nearest.split(" ")[0]}"?`
        : "istiops show lists them, istiops show -A those of every namespace",
      details: { looked },
    },
  );
}

/** Do the two share a beginning worth a guess? */
function isNear(name: string, near: string): boolean {
  return scoreOf(name, near) >= 3;
}

function byNearness(
  names: readonly string[],
  near: string,
): readonly string[] {
  return names.map((name) => ({ name, score: scoreOf(name, near) }))
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** Length of the longest run of characters that both hold. */
function scoreOf(name: string, near: string): number {
  let longest = 0;
  for (let start = 0; start < Math.min(near.length, 63); start++) {
    while (
      start + longest < near.length &&
      name.includes(near.slice(start, start + longest + 1))
    ) longest++;
  }
  return longest;
}
