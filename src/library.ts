/**
 * The library: every verb takes options and gives a plain result or a
 * {@linkcode Plan}; nothing prints, nothing asks.
 *
 * @module
 */

import { SYSTEM_CLOCK } from "./cluster/retry.ts";
import type { RunContext } from "./actions/context.ts";
import type { WriteAttempt } from "./actions/audit.ts";
import type { Progress } from "./actions/execute.ts";
import type { TrafficHistory } from "./actions/history.ts";
import type { TrafficShow } from "./actions/show.ts";
import type { CallOptions, Cluster } from "./cluster/cluster.ts";
import type { ExecPolicy } from "./cluster/exec_plugin.ts";
import type { KubeConfigLike } from "./cluster/foreign_config.ts";
import type { ManifestsCluster } from "./cluster/manifests_cluster.ts";
import { InterruptedError, TrafficError, UsageError } from "./errors.ts";
import type { World } from "./istio/world.ts";
import { newOperationId } from "./traffic/operation_id.ts";
import { answerFor, isAnswered, unanswered } from "./traffic/answers.ts";
import type {
  ClearIntent,
  HeaderCondition,
  LabelRequirement,
  Overrides,
  Selection,
  ShiftIntent,
} from "./traffic/intents.ts";
import type {
  Change,
  Grade,
  TrafficOutcome,
  TrafficPlan,
} from "./traffic/types.ts";

/** Where {@linkcode Traffic.connect} connects to; kubectl's rules by default. */
export interface ConnectOptions {
  /** Path of a kubeconfig; `KUBECONFIG`, then `~/.kube/config` by default. */
  readonly kubeconfig?: string;
  /** Name of a context in it; its current one by default. */
  readonly context?: string;
  /** Namespace of all verbs; the context's by default. */
  readonly namespace?: string;
  /** Milliseconds for all calls to the cluster together. */
  readonly timeoutMs?: number;
  /** Whether programs that the kubeconfig names may run; `deny-all`. */
  readonly execPolicy?: ExecPolicy;
  /** Do not look at the server's certificate: anybody may be it. */
  readonly insecureSkipTlsVerify?: boolean;
}

/** How {@linkcode Traffic.files} reads. */
export interface FilesOptions {
  /** Of objects that name none; `default`. */
  readonly namespace?: string;
}

/** Which VirtualServices; a change needs a name, a selector or a destination. */
export interface Where {
  /** The target's namespace by default. */
  readonly namespace?: string;
  /** Names of VirtualServices. */
  readonly name?: string | readonly string[];
  /** Labels that they carry; or requirements as a label selector has them. */
  readonly selector?:
    | Readonly<Record<string, string>>
    | readonly LabelRequirement[];
  /** The service host they lead to: `api-domain` or `api-domain:5000`. */
  readonly destination?: string;
}

/** Header values by name: an exact value, or a condition. */
export type Headers = Readonly<
  Record<
    string,
    | string
    | { readonly prefix: string }
    | { readonly regex: string }
    | { readonly present: true }
  >
>;

/** How a change is made; none of it says what changes. */
export interface RunOptions extends CallOptions {
  /** Milliseconds between dependent writes and after the last; 2,000. */
  readonly settleMs?: number;
  /** Milliseconds to wait for ready pods of what rises; not at all by default. */
  readonly waitReadyMs?: number;
  /** Globs of context names that count as protected. */
  readonly protectedContexts?: readonly string[];
  /** What the record shows as the command; `library` by default. */
  readonly command?: string;
}

/** Options of {@linkcode Traffic.shift}. */
export interface ShiftOptions extends
  Where,
  RunOptions,
  Overrides,
  Pick<
    ShiftIntent,
    | "build"
    | "podLabels"
    | "buildLabel"
    | "weight"
    | "routes"
    | "allRoutes"
    | "baseBuild"
    | "create"
    | "createRoute"
    | "replace"
    | "replaceSubset"
    | "destinationHeaders"
  > {
  /** Conditions that all must hold. */
  readonly headers?: Headers;
  /** Percent by build; must name every build with a share and sum to 100. */
  readonly split?: Readonly<Record<string, number>>;
}

/** Options of {@linkcode Traffic.clear}. */
export interface ClearOptions
  extends Where, RunOptions, Overrides, Pick<ClearIntent, "buildLabel"> {
  /** `soft`: what is dead; `hard`: all but master and prefix rules. */
  readonly mode?: "soft" | "hard";
  /** This build's previews instead. */
  readonly build?: string;
  /** Narrows `build` to this one set of headers. */
  readonly headers?: Headers;
}

/** Options of {@linkcode Traffic.undo} and {@linkcode Traffic.redo}. */
export interface UndoOptions extends Where, RunOptions, Overrides {
  /** Id of the operation; the newest by default. */
  readonly operation?: string;
  /** Undo newer operations in turn, down to and with this one. */
  readonly to?: string;
}

/** Options of {@linkcode Plan.apply}. */
export interface ApplyOptions extends CallOptions {
  /** Answers a severe plan, or a mild one on a protected target. */
  readonly yes?: boolean;
  /** Names of all objects concerned: answers a severe plan on a protected target. */
  readonly confirm?: readonly string[];
  /** Milliseconds after which to look whether somebody put it back. */
  readonly verifyMs?: number;
  /** Told each step as it begins and ends. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * For an audit log: told each time that a write was sent, once it is known
   * what came of it. A library keeps none of its own.
   */
  readonly onAttempt?: (attempt: WriteAttempt) => void | Promise<void>;
}

/** A change before it is a write. */
export class Plan {
  readonly #cluster: Cluster;
  readonly #overrides: Overrides;
  readonly #render: (plan: TrafficPlan) => string;
  /** All of it, as plain JSON. */
  readonly document: TrafficPlan;

  /** Plans come from the verbs of {@linkcode Traffic}. */
  constructor(
    document: TrafficPlan,
    context: {
      readonly cluster: Cluster;
      readonly overrides: Overrides;
      readonly render: (plan: TrafficPlan) => string;
    },
  ) {
    this.document = document;
    this.#cluster = context.cluster;
    this.#overrides = context.overrides;
    this.#render = context.render;
  }

  /** Does it change anything? */
  get changed(): boolean {
    return this.document.changed;
  }

  /** How grave it is; `document.reasons` says why. */
  get grade(): Grade {
    return this.document.grade;
  }

  /** The writes, in order. */
  get changes(): readonly Change[] {
    return this.document.steps.flatMap((step) =>
      step.step === "write" ? [step] : []
    );
  }

  /** The change as people read it: target, diff of the rules, shares. */
  diff(): string {
    return this.#render(this.document);
  }

  /**
   * Carries it out.
   *
   * @throws {TrafficError} `confirmation-needed`: a severe plan, or one on a
   * protected target, without the answer in the options.
   * @throws {TrafficError} As `executePlan`: `conflict`, `outcome-unknown`,
   * `interrupted`, …, with the outcome in `details.outcome`.
   */
  async apply(options: ApplyOptions = {}): Promise<TrafficOutcome> {
    if (!isAnswered(this.document, options)) {
      throw unanswered(
        this.document,
        answerFor(this.document, "none") === "yes"
          ? "Pass { yes: true } once somebody has looked at diff()"
          : `Pass { confirm: ${JSON.stringify(this.document.confirm)} }`,
      );
    }
    const { verifyMs } = options;
    checkTimes({ verifyMs });
    const { executePlan } = await import("./actions/execute.ts");
    return await executePlan(this.#cluster, this.document, {
      clock: SYSTEM_CLOCK,
      overrides: this.#overrides,
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
      ...(options.onAttempt ? { onAttempt: options.onAttempt } : {}),
      ...(verifyMs === undefined ? {} : { verify: verifyMs }),
    });
  }
}

/**
 * Traffic of one target.
 *
 * @example A first canary on the embedded cluster
 * ```ts
 * import { Traffic } from "@istiops/istiops";
 *
 * await using traffic = await Traffic.sandbox();
 * const plan = await traffic.shift({
 *   destination: "api-domain:5000",
 *   selector: { app: "api-domain" },
 *   build: "3",
 *   weight: 20,
 *   settleMs: 0,
 * });
 * if (!plan.diff().includes("api-domain")) throw new Error("no diff");
 * const outcome = await plan.apply();
 * if (outcome.status !== "done") throw new Error(outcome.status);
 * ```
 */
export class Traffic implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #close: () => PromiseLike<void>;

  private constructor(cluster: Cluster, close: () => PromiseLike<void>) {
    this.#cluster = cluster;
    this.#close = close;
  }

  /**
   * Connects to a cluster by a kubeconfig, or from inside a Pod.
   *
   * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
   */
  static async connect(options: ConnectOptions = {}): Promise<Traffic> {
    const { timeoutMs } = options;
    checkTimes({ timeoutMs });
    const { connectKubernetes } = await import("./cluster/connect.ts");
    const cluster = await connectKubernetes(options);
    return new Traffic(cluster, () => cluster[Symbol.asyncDispose]());
  }

  /**
   * Connects with a `KubeConfig` of `@kubernetes/client-node`, or anything of
   * its shape: whatever logs it in there logs in here.
   *
   * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
   */
  static async from(
    kubeConfig: KubeConfigLike,
    options: Pick<ConnectOptions, "namespace" | "timeoutMs"> = {},
  ): Promise<Traffic> {
    const { namespace, timeoutMs } = options;
    checkTimes({ timeoutMs });
    const [{ accessFrom }, { kubernetesCluster }] = await Promise.all([
      import("./cluster/foreign_config.ts"),
      import("./cluster/connect.ts"),
    ]);
    const access = await accessFrom(kubeConfig, {
      namespace,
      env: (name) => Deno.env.get(name),
    });
    const cluster = await kubernetesCluster(access, { timeoutMs });
    return new Traffic(cluster, () => cluster[Symbol.asyncDispose]());
  }

  /** An embedded cluster in memory, with the demo world in it. */
  static async sandbox(
    options: { readonly namespace?: string } = {},
  ): Promise<Traffic> {
    const { startSandbox } = await import("./sandbox/mod.ts");
    const sandbox = await startSandbox(options);
    return new Traffic(
      sandbox.cluster,
      () => sandbox[Symbol.asyncDispose](),
    );
  }

  /**
   * Reads manifests in place of a cluster: files, folders with all below them,
   * `-` for standard input. They are read once, and nothing is written. What is
   * wrong in them is in the results as `problems`, and keeps the rest from
   * nothing.
   *
   * @throws {TrafficError} `file`: what was named cannot be read.
   * @throws {UsageError} `invalid-value`: a URL.
   *
   * @example What files would do
   * ```ts
   * import { Traffic } from "@istiops/istiops";
   *
   * const file = await Deno.makeTempFile({ suffix: ".yaml" });
   * await Deno.writeTextFile(
   *   file,
   *   `apiVersion: networking.istio.io/v1
   * kind: VirtualService
   * metadata: { name: shop }
   * spec:
   *   hosts: [shop]
   *   http:
   *     - route:
   *         - { destination: { host: shop, subset: v1 }, weight: 80 }
   *         - { destination: { host: shop, subset: v2 }, weight: 20 }
   * `,
   * );
   * await using traffic = await Traffic.files(file);
   * const { virtualServices, problems } = await traffic.show();
   * const shares = virtualServices[0]?.routes[0]?.destinations
   *   .map(({ subset, percent }) => `${subset} ${percent}`);
   * if (String(shares) !== "v1 80,v2 20") throw new Error(String(shares));
   * if (problems?.length !== 0) throw new Error("there are problems");
   * await Deno.remove(file);
   * ```
   */
  static async files(
    files: string | readonly string[],
    options: FilesOptions = {},
  ): Promise<Traffic> {
    const { openManifests } = await import("./cluster/manifests_cluster.ts");
    const names = typeof files === "string" ? [files] : files;
    const cluster = await openManifests(names, options);
    return new Traffic(cluster, () => cluster[Symbol.asyncDispose]());
  }

  /** Works on one's own implementation of the port; the caller closes it. */
  static on(cluster: Cluster): Traffic {
    return new Traffic(cluster, () => Promise.resolve());
  }

  /** The port underneath. */
  get cluster(): Cluster {
    return this.#cluster;
  }

  /** Every rule of the VirtualServices, with shares and pods. */
  async show(
    options: Where & CallOptions & {
      /** All namespaces; of files that is so where none is named here. */
      readonly allNamespaces?: boolean;
    } = {},
  ): Promise<TrafficShow> {
    const { showTraffic } = await import("./actions/show.ts");
    const { namespace, ...selection } = this.#selection(options);
    const isAnywhere = options.allNamespaces ??
      (this.#cluster.target.source === "files" &&
        options.namespace === undefined);
    return await interruptible(options, () =>
      showTraffic(
        this.#cluster,
        isAnywhere ? selection : { namespace, ...selection },
        {
          ...callOf(options),
          ...(this.#cluster.target.source === "files"
            ? { read: (this.#cluster as ManifestsCluster).read }
            : {}),
        },
      ));
  }

  /**
   * Reads everything that can be asked about, in all namespaces, for `explain`,
   * `check`, `testRoutes`, `diffTraffic` and `graph`. What may not be read, or
   * what files do not hold, is in its `gaps`: unknown, and not none.
   *
   * @throws {ClusterError} VirtualServices cannot be read.
   *
   * @example
   * ```ts
   * import { check, Traffic } from "@istiops/istiops";
   *
   * await using traffic = await Traffic.sandbox();
   * for (const { severity, message } of check(await traffic.world())) {
   *   console.log(severity, message);
   * }
   * ```
   */
  async world(options: CallOptions = {}): Promise<World> {
    const { BEHIND_KINDS, readRules } = await import("./actions/read.ts");
    return await interruptible(
      options,
      () => readRules(this.#cluster, BEHIND_KINDS, callOf(options)),
    );
  }

  /**
   * As {@linkcode Traffic.show}, and again whenever that has become something
   * else, until the signal aborts or the loop is left.
   */
  async *watch(
    options: Where & CallOptions & {
      /** All namespaces. */
      readonly allNamespaces?: boolean;
    } = {},
  ): AsyncIterable<TrafficShow> {
    const { watchTraffic } = await import("./actions/show.ts");
    const { namespace, ...selection } = this.#selection(options);
    try {
      yield* watchTraffic(
        this.#cluster,
        options.allNamespaces ? selection : { namespace, ...selection },
        { ...callOf(options), clock: SYSTEM_CLOCK },
      );
    } catch (error) {
      // A watch ends no other way, so that this is no failure.
      if (!options.signal?.aborted) throw error;
    }
  }

  /**
   * Plans to send requests to a build, by header, by weight, or both.
   *
   * @throws {UsageError | RefusedError | TrafficError} As the rules say.
   */
  async shift(options: ShiftOptions): Promise<Plan> {
    const { planShiftOn } = await import("./actions/shift.ts");
    const intent: ShiftIntent = {
      ...pick(options, SHIFT_FIELDS),
      ...this.#selection(options),
      ...headersOf(options.headers),
      ...(options.split
        ? {
          split: Object.entries(options.split).map(([build, percent]) => ({
            build,
            percent,
          })),
        }
        : {}),
    };
    return await this.#plan(
      options,
      () => planShiftOn(this.#cluster, intent, runOf(options)),
    );
  }

  /** Plans to take away what is dead, or more (`mode`, `build`). */
  async clear(options: ClearOptions): Promise<Plan> {
    const { planClearOn } = await import("./actions/clear.ts");
    const intent: ClearIntent = {
      ...pick(options, CLEAR_FIELDS),
      mode: options.mode ?? "soft",
      ...this.#selection(options),
      ...headersOf(options.headers),
    };
    return await this.#plan(
      options,
      () => planClearOn(this.#cluster, intent, runOf(options)),
    );
  }

  /** Plans to take back the newest operation, or the one named. */
  async undo(options: UndoOptions): Promise<Plan> {
    return await this.#goBack("undo", options);
  }

  /** Plans to take back the newest undo. */
  async redo(options: UndoOptions): Promise<Plan> {
    return await this.#goBack("redo", options);
  }

  /** What was changed, by whom, newest first. */
  async history(options: Where & CallOptions): Promise<TrafficHistory> {
    const { historyOf } = await import("./actions/history.ts");
    const selection = this.#selection(options);
    return await interruptible(
      options,
      () => historyOf(this.#cluster, selection, callOf(options)),
    );
  }

  /** Closes connections; ends the sandbox. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #goBack(verb: "undo" | "redo", options: UndoOptions): Promise<Plan> {
    const { planUndoOn } = await import("./actions/undo.ts");
    const intent = {
      ...pick(options, UNDO_FIELDS),
      verb,
      ...this.#selection(options),
    };
    return await this.#plan(
      options,
      () => planUndoOn(this.#cluster, intent, runOf(options)),
    );
  }

  async #plan(
    options: Overrides & CallOptions,
    make: () => Promise<TrafficPlan>,
  ): Promise<Plan> {
    const { renderPlan } = await import("./render/plan.ts");
    return new Plan(await interruptible(options, make), {
      cluster: this.#cluster,
      overrides: pick(options, OVERRIDES),
      render: (plan) => renderPlan(plan, { color: false, width: 100 }),
    });
  }

  #selection(options: Where): Selection {
    const { name, selector, destination } = options;
    return {
      namespace: options.namespace ?? this.#cluster.target.namespace,
      ...(name === undefined
        ? {}
        : { names: typeof name === "string" ? [name] : name }),
      ...(selector === undefined ? {} : { selector: requirementsOf(selector) }),
      ...(destination === undefined
        ? {}
        : { destination: destinationOf(destination) }),
    };
  }
}

const OVERRIDES = ["force", "skipPodCheck", "overrideOwner"] as const;
const SHIFT_FIELDS = [
  ...OVERRIDES,
  "build",
  "podLabels",
  "buildLabel",
  "weight",
  "routes",
  "allRoutes",
  "baseBuild",
  "create",
  "createRoute",
  "replace",
  "replaceSubset",
  "destinationHeaders",
] as const;
const CLEAR_FIELDS = [...OVERRIDES, "build", "buildLabel"] as const;
const UNDO_FIELDS = [...OVERRIDES, "operation", "to"] as const;

function pick<T extends object, K extends keyof T>(
  from: T,
  fields: readonly K[],
): Pick<T, K> {
  return Object.fromEntries(
    fields.filter((field) => from[field] !== undefined)
      .map((field) => [field, from[field]]),
  ) as Pick<T, K>;
}

/** An aborted signal is an interruption, whatever the port makes of it. */
async function interruptible<T>(
  { signal }: CallOptions,
  read: () => Promise<T>,
): Promise<T> {
  const message = "Cannot go on reading: interrupted";
  if (signal?.aborted) {
    throw new InterruptedError("interrupted", message);
  }
  try {
    return await read();
  } catch (cause) {
    if (!signal?.aborted || cause instanceof TrafficError) throw cause;
    throw new InterruptedError("interrupted", message, { cause });
  }
}

function callOf(options: CallOptions): CallOptions {
  return options.signal ? { signal: options.signal } : {};
}

/** A day, as on the command line; a timer of 25 days would end at once. */
const LONGEST = 86_400_000;

/** @throws {RangeError} Where that is no time to wait. */
function checkTimes(times: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(times)) {
    if (value === undefined || value >= 0 && value <= LONGEST) continue;
    throw new RangeError(
      `Cannot take ${name} of ${value}: it is not a number from 0 to ${LONGEST}`,
    );
  }
}

function runOf(options: RunOptions): RunContext {
  const { settleMs, waitReadyMs } = options;
  checkTimes({ settleMs, waitReadyMs });
  const time = SYSTEM_CLOCK.now();
  return {
    operation: newOperationId(time, crypto.getRandomValues(new Uint8Array(8))),
    time,
    command: options.command ?? "library",
    settle: settleMs ?? 2000,
    protectedContexts: options.protectedContexts ?? [],
    clock: SYSTEM_CLOCK,
    ...callOf(options),
    ...(waitReadyMs === undefined ? {} : { waitReady: waitReadyMs }),
  };
}

function requirementsOf(
  selector: NonNullable<Where["selector"]>,
): readonly LabelRequirement[] {
  if (Array.isArray(selector)) return selector;
  return Object.entries(selector).map(([key, value]) => ({
    key,
    operator: "in",
    values: [String(value)],
  }));
}

function destinationOf(
  text: string,
): { readonly host: string; readonly port?: number } {
  const [, host, digits] = /^([^:\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (!host || port !== undefined && (port < 1 || port > 65535)) {
    throw new UsageError(
      "invalid-value",
      `Cannot read destination "${text}": it is not HOST or HOST:PORT`,
    );
  }
  return { host, ...(port === undefined ? {} : { port }) };
}

function headersOf(
  headers: Headers | undefined,
): { readonly headers?: readonly HeaderCondition[] } {
  if (!headers) return {};
  return {
    headers: Object.entries(headers).map(([name, value]): HeaderCondition => {
      if (typeof value === "string") return { name, kind: "exact", value };
      if ("prefix" in value) {
        return { name, kind: "prefix", value: value.prefix };
      }
      if ("regex" in value) return { name, kind: "regex", value: value.regex };
      return { name, kind: "present" };
    }),
  };
}
