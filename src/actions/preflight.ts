/**
 * What is asked of the server before the first write: may I, and would you
 * take it? So that a refusal of the last object is found while nothing is
 * written yet (I10).
 *
 * @module
 */

import type { AccessReview, CallOptions, Cluster } from "../cluster/cluster.ts";
import { ClusterError, ConflictError, OutcomeUnknownError } from "../errors.ts";
import { changesOf } from "../traffic/plan.ts";
import type { Change, TrafficPlan } from "../traffic/types.ts";
import { preparePatch } from "../traffic/write.ts";
import { labelOf } from "./outcome.ts";
import { refOf } from "./write_attempt.ts";
import {
  conflictError,
  goneError,
  isRejection,
  staleError,
} from "./write_errors.ts";

/** Options of the checks before the first write. */
export interface PreflightOptions extends CallOptions {
  /** A version that differs is a conflict, whatever has changed. */
  readonly exact?: boolean;
  readonly onWarning?: (text: string) => void;
}

/**
 * Sends the writes of a plan with `dryRun=All` and gives the plan back, with
 * what could not be asked in `unverified`. A dry run that the user may not do
 * leaves the plan a local one (10.2).
 *
 * @throws {ClusterError} `rejected`: the server would not take it.
 * @throws {ConflictError} `conflict`.
 */
export async function dryRunOnServer(
  cluster: Cluster,
  plan: TrafficPlan,
  options: PreflightOptions = {},
): Promise<TrafficPlan> {
  const unverified: string[] = [];
  for (const change of changesOf(plan)) {
    try {
      unverified.push(...await dryRun(change, { cluster, plan, options }));
    } catch (error) {
      if (!(error instanceof ClusterError) || error.code !== "forbidden") {
        throw error;
      }
      unverified.push(`Not checked by the server: ${error.message}`);
    }
  }
  return { ...plan, unverified: [...plan.unverified, ...unverified] };
}

/**
 * Asks for every right and sends every write as a dry run.
 *
 * @returns What could not be asked; sentences.
 * @throws {ClusterError} `forbidden`: names every right that is missing.
 */
export async function checkBeforeWriting(
  cluster: Cluster,
  plan: TrafficPlan,
  options: PreflightOptions = {},
): Promise<string[]> {
  const said = await checkRights(cluster, plan, options);
  for (const change of changesOf(plan)) {
    said.push(...await dryRun(change, { cluster, plan, options }));
  }
  return said;
}

/** The rights that a plan needs, each once. */
export function rightsFor(plan: TrafficPlan): AccessReview[] {
  const reviews = changesOf(plan).map(({ action, object }): AccessReview => ({
    verb: action,
    kind: object.kind,
    namespace: object.namespace,
    // A right to create cannot be given for one name.
    ...(action === "create" ? {} : { name: object.name }),
  }));
  return [
    ...new Map(reviews.map((review) => [JSON.stringify(review), review]))
      .values(),
  ];
}

async function checkRights(
  cluster: Cluster,
  plan: TrafficPlan,
  options: PreflightOptions,
): Promise<string[]> {
  const missing: string[] = [];
  const said: string[] = [];
  for (const review of rightsFor(plan)) {
    const { verb, kind, namespace = "" } = review;
    try {
      const { signal } = options;
      const may = await cluster.canI(
        review,
        signal === undefined ? {} : { signal },
      );
      if (!may) missing.push(`${verb} ${kind} in "${namespace}"`);
    } catch (error) {
      if (!cannotBeAsked(error)) throw error;
      said.push(`Not asked whether you may ${verb} ${kind} in "${namespace}"`);
    }
  }
  if (missing.length > 0) {
    throw new ClusterError(
      "forbidden",
      `Cannot carry out the plan: you may not ${missing.join(", nor ")}`,
      {
        status: 403,
        hint: "Ask for a Role with these verbs on networking.istio.io",
        details: { missing },
      },
    );
  }
  return said;
}

function cannotBeAsked(error: unknown): boolean {
  return error instanceof ClusterError &&
    ["forbidden", "kind-not-served", "rejected"].includes(error.code);
}

interface DryRunOf {
  readonly cluster: Cluster;
  readonly plan: TrafficPlan;
  readonly options: PreflightOptions;
}

/** The dry run of one write; gives what could not be checked. */
async function dryRun(change: Change, of: DryRunOf): Promise<string[]> {
  const { plan } = of;
  const first = changesOf(plan).find(({ object }) =>
    labelOf(object) === labelOf(change.object)
  );
  if (first !== change) {
    return [
      `Not checked by the server: the second write to ${
        labelOf(change.object)
      } depends on the first`,
    ];
  }
  try {
    await send(change, of);
    return [];
  } catch (error) {
    if (error instanceof OutcomeUnknownError) {
      throw new ClusterError(
        "unreachable",
        `Cannot check ${labelOf(change.object)}: no answer came to a dry run`,
        { cause: error },
      );
    }
    if (error instanceof ClusterError && error.code === "not-found") {
      if (change.action === "delete") return [];
      throw goneError(change);
    }
    if (error instanceof ConflictError || isRejection(error)) {
      await checkNewer(change, { ...of, error });
      return [];
    }
    if (isUnsupported(error)) {
      return [
        `Not checked by the server: ${
          labelOf(change.object)
        }, ${error.message}`,
      ];
    }
    throw error;
  }
}

async function send(change: Change, of: DryRunOf): Promise<void> {
  const { cluster, options } = of;
  const { signal, onWarning } = options;
  const write = {
    dryRun: true,
    ...(signal === undefined ? {} : { signal }),
    ...(onWarning === undefined ? {} : { onWarning }),
  };
  const ref = refOf(change.object);
  switch (change.action) {
    case "patch":
      await cluster.patch(ref, change.operations, write);
      return;
    case "create":
      await cluster.create(change.body!, write);
      return;
    case "delete": {
      const { uid, resourceVersion = "" } = change.object;
      await cluster.delete(ref, {
        ...write,
        resourceVersion,
        ...(uid === undefined ? {} : { uid }),
      });
    }
  }
}

/** Somebody was faster: would the edits still fit? If not, nothing is written. */
async function checkNewer(
  change: Change,
  of: DryRunOf & { readonly error: ConflictError | ClusterError },
): Promise<void> {
  const { cluster, options, error } = of;
  if (change.action !== "patch") throw error;
  const { signal } = options;
  const now = await cluster.get(
    refOf(change.object),
    signal === undefined ? {} : { signal },
  );
  if (now === undefined) throw goneError(change);
  if (now.metadata.resourceVersion === change.object.resourceVersion) {
    throw error;
  }
  if (options.exact === true) throw staleError(change);
  const prepared = await preparePatch(now, change);
  if (!prepared.ok) throw conflictError(change, prepared.conflicts);
}

/** Does the server say that it cannot do dry runs of this? */
function isUnsupported(error: unknown): error is ClusterError {
  return error instanceof ClusterError && error.code === "rejected" &&
    /dry[- ]?run/i.test(error.message);
}
