/**
 * `show`: what VirtualServices do, rule by rule, with the pods behind every
 * destination.
 *
 * @module
 */

import type { Clock, Cluster, Target } from "../cluster/cluster.ts";
import { ClusterError, ManifestError, TrafficError } from "../errors.ts";
import type { Manifests } from "../cluster/manifests.ts";
import type { Finding } from "../istio/findings.ts";
import type { HTTPMatchRequest, VirtualService } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { ShowIntent } from "../traffic/intents.ts";
import { sameJson } from "../traffic/objects.ts";
import { chooseShown } from "./choose_shown.ts";
import { followChanges } from "./follow.ts";
import { readShown } from "./read_shown.ts";
import { type ReadingTold, tellReading } from "./unread.ts";

export type { Finding } from "../istio/findings.ts";

/** What VirtualServices do. Plain JSON: `-o json`. */
export interface TrafficShow extends ReadingTold {
  /** Version of the schema. */
  readonly apiVersion: "istiops/v1";
  /** Tells the documents of istiops apart. */
  readonly kind: "TrafficShow";
  /** Where it was read. */
  readonly target: Target;
  /** By namespace and name. */
  readonly virtualServices: readonly ShownVirtualService[];
}

/** One VirtualService. */
export interface ShownVirtualService {
  /** `metadata.name`. */
  readonly name: string;
  /** `metadata.namespace`. */
  readonly namespace: string;
  /** As written; empty for a delegate. */
  readonly hosts: readonly string[];
  /** As written; `mesh` where none is. */
  readonly gateways: readonly string[];
  /** `namespace/name` of the VirtualServices that delegate to this one. */
  readonly delegateOf: readonly string[];
  /** Rules of `spec.tcp` and `spec.tls`, which are not shown in detail. */
  readonly otherRules: { readonly tcp: number; readonly tls: number };
  /** What concerns the object as a whole. */
  readonly findings: readonly Finding[];
  /** In the order in which they are tried. */
  readonly routes: readonly ShownRoute[];
}

/** What a rule is; the first master rule of an object is the master rule. */
export type ShownKind =
  | "header"
  | "base"
  | "mixed"
  | "master"
  | "redirect"
  | "direct"
  | "delegate";

/** One rule of `spec.http`. */
export interface ShownRoute {
  /** 0-based, in the object that holds the rule: what `--route` takes. */
  readonly index: number;
  /** As written; null where the rule has none. */
  readonly name: string | null;
  /** What may be done with it. */
  readonly kind: ShownKind;
  /** The blocks as written (a delegate's joined with its root's); OR. */
  readonly match: readonly HTTPMatchRequest[];
  /** What concerns this rule. */
  readonly findings: readonly Finding[];
  /** In the order of the rule; empty where it does not route. */
  readonly destinations: readonly ShownDestination[];
  /** Holds the rule, where that is a delegate of the object shown. */
  readonly source?: { readonly namespace: string; readonly name: string };
  /** As written, for a redirect. */
  readonly redirect?: Readonly<Record<string, unknown>>;
  /** As written, for a direct response. */
  readonly directResponse?: Readonly<Record<string, unknown>>;
  /** For a rule that stands for the rules of another object. */
  readonly delegate?: { readonly namespace: string; readonly name: string };
  /** Copies of the requests. */
  readonly mirrors?: readonly ShownMirror[];
}

/** Where copies of requests go; answers are thrown away. */
export interface ShownMirror {
  /** As written. */
  readonly host: string;
  /** Null where none is written. */
  readonly port: number | null;
  /** Null where none is written. */
  readonly subset: string | null;
  /** Percent of the rule's requests. */
  readonly percent: number;
}

/** One destination of a rule. */
export interface ShownDestination {
  /** As written. */
  readonly host: string;
  /** Null where none is written. */
  readonly port: number | null;
  /** Null where none is written. */
  readonly subset: string | null;
  /** As written: a relative share. */
  readonly weight: number | null;
  /** 0 to 100, at most 4 decimals; those of a rule add up to 100. */
  readonly percent: number;
  /** Labels of the subset; empty where there is none. */
  readonly labels: Readonly<Record<string, string>>;
  /** Null where they cannot be seen; `problems` says why. */
  readonly readyPods: number | null;
  /** What concerns this destination. */
  readonly problems: readonly Finding[];
}

/** Options of {@linkcode showTraffic}. */
export interface ShowOptions {
  readonly signal?: AbortSignal;
  /** What the cluster was read from, where it is files: their comments count. */
  readonly read?: Manifests;
}

/**
 * Reads what the selected VirtualServices do.
 *
 * @throws {TrafficError} `not-found`: nothing matches; says what was looked at.
 * @throws {ClusterError} VirtualServices cannot be read.
 */
export async function showTraffic(
  cluster: Cluster,
  intent: ShowIntent,
  { read, ...options }: ShowOptions = {},
): Promise<TrafficShow> {
  const { problems } = cluster;
  // What describes is loaded while the answers are under way.
  const [first, { describeVirtualService }, { withAskers }] = await Promise.all(
    [
      readShown(cluster, intent, options),
      import("./shown.ts"),
      import("./read_askers.ts"),
    ],
  );
  const objects = chosenIn(first, intent, problems);
  const world = await withAskers(
    cluster,
    { world: first, objects, known: ["Pod"] },
    options,
  );
  const isIgnored = read === undefined
    ? undefined
    : (await import("./check_places.ts")).ignoredIn(read);
  return {
    apiVersion: "istiops/v1",
    kind: "TrafficShow",
    target: cluster.target,
    virtualServices: objects.map((object) =>
      describeVirtualService(world, object, {
        whole: intent.namespace === undefined,
        ...(isIgnored === undefined ? {} : { isIgnored }),
      })
    ),
    ...tellReading(cluster, world.gaps),
  };
}

/** What is wrong in the files may be why nothing is found in them. */
export function chosenIn(
  world: World,
  intent: ShowIntent,
  problems: TrafficShow["problems"] = [],
): readonly VirtualService[] {
  const isBroken = problems.some(({ severity }) => severity === "error");
  try {
    const objects = chooseShown(world, intent);
    if (objects.length > 0 || !isBroken) return objects;
    throw new TrafficError(
      "not-found",
      "Cannot find a VirtualService: the files hold none that can be read",
    );
  } catch (error) {
    if (!(error instanceof TrafficError) || problems.length === 0) throw error;
    const { message, hint, code, details } = error;
    const options = {
      ...(hint === undefined ? {} : { hint }),
      details: { ...details, problems },
      cause: error,
    };
    throw isBroken
      ? new ManifestError("invalid-manifest", message, {
        ...options,
        hint: "Mend the files first: what cannot be read is not looked at",
      })
      : new TrafficError(code, message, options);
  }
}

/** Options of {@linkcode watchTraffic}. */
export interface WatchOptions extends ShowOptions {
  /** Waits between two redraws; without it they follow at once. */
  readonly clock?: Pick<Clock, "sleep">;
}

/**
 * Shows at once, and again whenever that has become something else. Ends with
 * the signal. What may not be watched is among what is unread.
 *
 * @throws As {@linkcode showTraffic} at first; a selection that comes to match
 * nothing later is an empty show.
 */
export async function* watchTraffic(
  cluster: Cluster,
  intent: ShowIntent,
  options: WatchOptions = {},
): AsyncIterable<TrafficShow> {
  let last = await showTraffic(cluster, intent, options);
  yield last;
  const refused: string[] = [];
  const following = followChanges(cluster, intent, {
    ...options,
    onRefused: ({ message }) => refused.push(message),
  });
  for await (const _ of following) {
    const read = await showOrNothing(cluster, intent, { options, last });
    const show = {
      ...read,
      unread: [...new Set([...read.unread, ...refused])],
    };
    if (sameJson(show, last)) continue;
    last = show;
    yield show;
  }
}

async function showOrNothing(
  cluster: Cluster,
  intent: ShowIntent,
  of: { readonly options: ShowOptions; readonly last: TrafficShow },
): Promise<TrafficShow> {
  try {
    return await showTraffic(cluster, intent, of.options);
  } catch (error) {
    const isGone = error instanceof TrafficError &&
      !(error instanceof ClusterError) && error.code === "not-found";
    if (isGone) return { ...of.last, virtualServices: [], unread: [] };
    throw error;
  }
}
