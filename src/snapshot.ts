/**
 * Objects as they were at one moment, and what a change would write without a
 * cluster: plans, and what would be there afterwards.
 *
 * @module
 */

import type { Target } from "./cluster/cluster.ts";
import { ConflictError, TrafficError } from "./errors.ts";
import { type Client, clientsOf } from "./istio/client.ts";
import {
  type CompiledHosts,
  compileRoutes,
  evaluate,
  type Verdict,
} from "./istio/explain.ts";
import type { Request } from "./istio/match.ts";
import type { KubeObject } from "./istio/types.ts";
import type { World } from "./istio/world.ts";
import { hashOf } from "./traffic/hash.ts";
import { checkValues } from "./traffic/intent_values.ts";
import type { ClearIntent, ShiftIntent } from "./traffic/intents.ts";
import { newOperationId } from "./traffic/operation_id.ts";
import { keyOf } from "./traffic/objects.ts";
import { changesOf } from "./traffic/plan.ts";
import { makeClearPlan, makeShiftPlan } from "./traffic/plan_change.ts";
import { whyProtected } from "./traffic/protected.ts";
import type { Change, PlanContext, TrafficPlan } from "./traffic/types.ts";
import { preparePatch } from "./traffic/write.ts";
import { worldOf, type WorldOptions } from "./world.ts";

/** How a plan is made; none of it says what changes. */
export interface SnapshotPlanOptions {
  /** When: part of the plan's id, and of the record. */
  readonly time: Date;
  /**
   * Where it is to be carried out; `istiops apply` refuses it anywhere else.
   * By default nowhere: such a plan is for looking at.
   */
  readonly target?: Target;
  /** Who, as the server would name them. */
  readonly user?: string;
  /** What the record shows as the command; `library` by default. */
  readonly command?: string;
  /** Milliseconds between dependent writes and after the last; 2,000. */
  readonly settleMs?: number;
  /** Globs of context names that count as protected. */
  readonly protectedContexts?: readonly string[];
}

/** A day, as on the command line. */
const LONGEST = 86_400_000;

/**
 * Objects as they were at one moment. Nothing in it changes, and it changes
 * nothing: no file, no network, no clock.
 *
 * @example A canary: planned, and asked where requests would go
 * ```ts
 * import { renderPlan, requestTo, Snapshot } from "@istiops/istiops/pure";
 *
 * // As `kubectl get vs,dr,svc,pods -o json` has them, in `items`.
 * const on = (kind: string, name: string, rest: object, labels = {}) => ({
 *   apiVersion: /^(Service|Pod)$/.test(kind) ? "v1" : "networking.istio.io/v1",
 *   kind,
 *   metadata: { name, namespace: "default", labels },
 *   ...rest,
 * });
 * const pod = (name: string, build: string) =>
 *   on("Pod", name, {
 *     status: { conditions: [{ type: "Ready", status: "True" }] },
 *   }, { app: "api", build });
 * const now = Snapshot.of([
 *   on("Service", "api", {
 *     spec: { selector: { app: "api" }, ports: [{ name: "http", port: 80 }] },
 *   }),
 *   on("VirtualService", "api", {
 *     spec: {
 *       hosts: ["api"],
 *       http: [{ route: [{ destination: { host: "api", subset: "one" } }] }],
 *     },
 *   }),
 *   on("DestinationRule", "api", {
 *     spec: {
 *       host: "api",
 *       subsets: [
 *         { name: "one", labels: { build: "1" } },
 *         { name: "two", labels: { build: "2" } },
 *       ],
 *     },
 *   }),
 *   pod("a", "1"),
 *   pod("b", "2"),
 * ]);
 *
 * const plan = await now.shift(
 *   { namespace: "default", names: ["api"], build: "2", weight: 20 },
 *   { time: new Date("2026-11-24T12:00:00Z") },
 * );
 * console.log(renderPlan(plan, { color: false, width: 100 }));
 *
 * const after = await now.after(plan);
 * const { outcome, destinations } = after.evaluate(
 *   requestTo("http://api/"),
 *   { kind: "sidecar", namespace: "default", labels: {} },
 * );
 * if (outcome !== "route") throw new Error(outcome);
 * const shares = destinations.map((one) => `${one.subset} ${one.fraction}`);
 * if (shares.join() !== "one 0.8,two 0.2") throw new Error(shares.join());
 * ```
 */
export class Snapshot {
  /** What {@linkcode worldOf} makes of the objects; for `explain`, `check`, … */
  readonly world: World;
  readonly #compiled = new Map<string, CompiledHosts>();

  private constructor(world: World) {
    this.world = world;
  }

  /**
   * Takes objects as {@linkcode worldOf} does. A shift is refused where the
   * pods of what rises are unknown: say `whole` where the objects are all that
   * the cluster has.
   *
   * @throws {ManifestError} `invalid-manifest`: one without apiVersion, kind
   * or name.
   */
  static of(
    objects: Iterable<KubeObject>,
    options: WorldOptions = {},
  ): Snapshot {
    return new Snapshot(worldOf(objects, options));
  }

  /** The VirtualServices and DestinationRules, to be written to files. */
  get rules(): readonly KubeObject[] {
    const { virtualServices, destinationRules } = this.world;
    return structuredClone([...virtualServices, ...destinationRules]);
  }

  /**
   * Whose requests a VirtualService decides on: a sidecar of its namespace
   * where it is bound to `mesh`, and the workload of each of its gateways.
   *
   * @throws {TrafficError} `not-found`.
   */
  clients(
    of: { readonly namespace: string; readonly name: string },
  ): readonly Client[] {
    const key = `${of.namespace}/${of.name}`;
    const found = this.world.virtualServices.find((each) =>
      keyOf(each) === key
    );
    if (found === undefined) {
      throw new TrafficError(
        "not-found",
        `Cannot tell the clients of VirtualService "${key}": there is none`,
      );
    }
    return clientsOf(this.world, found);
  }

  /**
   * Where a request goes: what `explain` says without the reasons. The rules
   * of a client are made ready once, for any number of requests.
   *
   * @param client Who sends it: rules differ from proxy to proxy.
   */
  evaluate(request: Request, client: Client): Verdict {
    return evaluate(this.#routes(request, client), request);
  }

  /**
   * Plans to send requests to a build, by header, by weight, or both.
   *
   * @throws {UsageError | RefusedError | TrafficError} As the rules say.
   * @throws {RangeError} `settleMs` beyond a day.
   */
  async shift(
    intent: ShiftIntent,
    options: SnapshotPlanOptions,
  ): Promise<TrafficPlan> {
    checkValues(intent);
    return await makeShiftPlan(
      intent,
      this.world,
      this.#context(intent, options),
    );
  }

  /**
   * Plans to take away what is dead, or more (`mode`, `build`).
   *
   * @throws {UsageError | RefusedError | TrafficError} As the rules say.
   * @throws {RangeError} `settleMs` beyond a day.
   */
  async clear(
    intent: ClearIntent,
    options: SnapshotPlanOptions,
  ): Promise<TrafficPlan> {
    checkValues(intent);
    return await makeClearPlan(
      intent,
      this.world,
      this.#context(intent, options),
    );
  }

  /**
   * What would be there once a plan of this snapshot is carried out.
   *
   * @throws {ConflictError} `conflict`: the plan is of other objects.
   */
  async after(plan: TrafficPlan): Promise<Snapshot> {
    const objects = new Map(
      this.rules.map((object) => [
        nameOf({ kind: object.kind, ...object.metadata }),
        object,
      ]),
    );
    for (const change of changesOf(plan)) {
      const key = nameOf(change.object);
      const after = await changed(objects.get(key), change);
      if (after === undefined) objects.delete(key);
      else objects.set(key, after);
    }
    const { virtualServices, destinationRules } = worldOf(objects.values());
    return new Snapshot({ ...this.world, virtualServices, destinationRules });
  }

  /** Compiled once for all requests of a client to a port. */
  #routes({ port }: Request, client: Client): CompiledHosts {
    const key = JSON.stringify([client, port]);
    let compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      compiled = compileRoutes(this.world, structuredClone(client), port);
      this.#compiled.set(key, compiled);
    }
    return compiled;
  }

  #context(
    intent: ShiftIntent | ClearIntent,
    options: SnapshotPlanOptions,
  ): PlanContext {
    const { time, user, settleMs = 2000, command = "library" } = options;
    if (!(settleMs >= 0 && settleMs <= LONGEST)) {
      throw new RangeError(
        `Cannot take settleMs of ${settleMs}: it is not a number from 0 to ${LONGEST}`,
      );
    }
    const { namespace } = intent;
    const target: Target = options.target ??
      { source: "custom", server: "objects", namespace, flags: [] };
    const { context } = target;
    const own = this.world.namespaces.find(({ metadata }) =>
      metadata.name === namespace
    );
    const reason = whyProtected({
      ...(own === undefined ? {} : { namespace: own }),
      ...(context === undefined ? {} : { context }),
      globs: options.protectedContexts ?? [],
    });
    return {
      operation: this.#operation([intent, target, command], time),
      time,
      ...(user === undefined ? {} : { user }),
      target,
      command,
      settle: settleMs,
      ...(reason === undefined ? {} : { protected: reason }),
    };
  }

  /** The same question at the same time on the same objects has the same id. */
  #operation(question: unknown, time: Date): string {
    const versions = this.rules.map((object) => object.metadata);
    const hash = hashOf([question, versions]);
    return newOperationId(
      time,
      Uint8Array.from(hash.match(/../g) ?? [], (byte) => parseInt(byte, 16)),
    );
  }
}

function nameOf(
  of: {
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
  },
): string {
  return `${of.kind} ${of.namespace ?? "default"}/${of.name}`;
}

/** An object after one write; nothing after a deletion. */
async function changed(
  object: KubeObject | undefined,
  change: Change,
): Promise<KubeObject | undefined> {
  if (change.action === "create" && object === undefined) return change.body;
  if (change.action === "delete" && object !== undefined) return undefined;
  const prepared = change.action === "patch" && object !== undefined
    ? await preparePatch(object, change)
    : undefined;
  if (prepared?.ok === true) return prepared.after;
  const { kind, namespace, name } = change.object;
  throw new ConflictError(
    "conflict",
    `Cannot tell what the plan leaves: ${kind} "${namespace}/${name}" is not as it was planned on`,
    { hint: "Plan on this snapshot" },
  );
}
