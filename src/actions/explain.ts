/**
 * `explain`: reads what decides about a request and says where it goes, and
 * why.
 *
 * @module
 */

import type { CallOptions, Cluster, Target } from "../cluster/cluster.ts";
import { type Answer, answerOf, type Asked } from "../istio/asked.ts";
import type { Client } from "../istio/client.ts";
import type { RoutedDestination } from "../istio/clusters.ts";
import { drawDestination, randomOf } from "../istio/draw.ts";
import {
  type CompiledHosts,
  compileRoutes,
  evaluate,
  withBehind,
} from "../istio/explain.ts";
import { explainCompiled, type Explanation } from "../istio/explanation.ts";
import type { Finding } from "../istio/findings.ts";
import type { Manifests } from "../cluster/manifests.ts";
import type { Kind, World } from "../istio/world.ts";
import { namespaceOfHost } from "../istio/hosts.ts";
import { readRules } from "./read.ts";
import { withAskers } from "./read_askers.ts";
import { NOT_ASKED, readBehind } from "./read_behind.ts";
import { type ReadingTold, tellReading } from "./unread.ts";

/** Where a request goes, and why. Plain JSON: `-o json`. */
export interface TrafficExplanation extends Explanation, ReadingTold {
  readonly apiVersion: "istiops/v1";
  readonly kind: "TrafficExplanation";
  /** Where it was read. */
  readonly target: Target;
  /**
   * What `check` finds in the objects that decide about the host: those with
   * its rules, and the DestinationRules of where the request goes.
   */
  readonly findings: readonly Finding[];
  /** Where requests went that were drawn, for `--sample`. */
  readonly sample?: Sample;
}

/** Requests that were drawn. */
export interface Sample {
  readonly requests: number;
  /** The same seed gives the same draw. */
  readonly seed: number;
  /** In the order of the destinations. */
  readonly destinations: readonly {
    /** `outbound|5000|v1|api.default.svc.cluster.local`. */
    readonly cluster: string;
    readonly requests: number;
  }[];
}

/** Options of {@linkcode explainTraffic}. */
export interface ExplainOptions extends CallOptions {
  /** Requests to draw a destination for. */
  readonly sample?: Pick<Sample, "requests" | "seed">;
  /** What the cluster was read from, where it is files: their comments count. */
  readonly read?: Manifests;
}

/** What stands behind rules; it comes when it is known whose. */
const BEHIND: readonly Kind[] = ["Pod", "WorkloadEntry"];

/**
 * Explains one request.
 *
 * @throws {ClusterError} VirtualServices cannot be read.
 */
export async function explainTraffic(
  cluster: Cluster,
  { request, client }: Asked,
  { sample, read, ...options }: ExplainOptions = {},
): Promise<TrafficExplanation> {
  // What finds is loaded while the answers are under way.
  const [rules, { decidingOn, findingsOn }] = await Promise.all([
    readRules(cluster, [], options),
    import("./explain_findings.ts"),
  ]);
  const compiled = compileRoutes(rules, client, request.port);
  const { roots, objects, hosts } = decidingOn(compiled, request);
  const behind = await readBehind(cluster, {
    ...{ rules, objects, kinds: BEHIND },
    namespaces: hosts.flatMap((host) =>
      namespaceOfHost(host, rules.mesh) ?? []
    ),
  }, options);
  const world = await withAskers(
    cluster,
    { world: behind, objects: roots, known: BEHIND },
    options,
  );
  const explanation = explainCompiled(withBehind(compiled, world), request);
  return {
    apiVersion: "istiops/v1",
    kind: "TrafficExplanation",
    target: cluster.target,
    ...explanation,
    findings: await findingsOn(world, objects, read),
    ...tellReading(
      cluster,
      world.gaps.filter(({ reason }) => reason !== NOT_ASKED),
    ),
    ...(sample === undefined
      ? {}
      : { sample: draw(explanation.destinations, sample) }),
  };
}

function draw(
  destinations: readonly RoutedDestination[],
  { requests, seed }: Pick<Sample, "requests" | "seed">,
): Sample {
  const random = randomOf(seed);
  const counts = new Map(destinations.map(({ cluster }) => [cluster, 0]));
  for (let sent = 0; sent < requests && counts.size > 0; sent++) {
    const drawn = drawDestination(destinations, random)?.cluster ?? "";
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  return {
    requests,
    seed,
    destinations: [...counts].map(([cluster, count]) => ({
      cluster,
      requests: count,
    })),
  };
}

/** Reads everything that many requests could ask for. */
export async function readForMany(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<World> {
  return await readRules(cluster, BEHIND, options);
}

/**
 * Answers many requests; the rules of a client and port are made once.
 *
 * @returns A function, so that requests can come as a stream.
 */
export function answerer(world: World): (asked: Asked) => Answer {
  const compiled = new Map<string, CompiledHosts>();
  let size = 0;
  return ({ request, client }) => {
    // A log with a client or a host for each line must not fill the memory.
    if (size > MOST || compiled.size > MOST) {
      compiled.clear();
      size = 0;
    }
    const key = keyOf(client, request.port);
    const hosts = compiled.getOrInsertComputed(
      key,
      () => compileRoutes(world, client, request.port),
    );
    const before = hosts.size;
    const answer = answerOf(evaluate(hosts, request));
    size += hosts.size - before;
    return answer;
  };
}

/** Tables of one host, of all clients together. */
const MOST = 50_000;

function keyOf(client: Client, port: number): string {
  const { kind, namespace, labels, gateway = "" } = client;
  const sorted = Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify([kind, namespace, gateway, port, sorted]);
}
