/**
 * From the target options to a cluster.
 *
 * @module
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { ConnectOptions } from "../cluster/connect.ts";
import type { Connections } from "../cluster/connections.ts";
import type { TargetOptions } from "../language/invocation.ts";
import { safe } from "../render/safe.ts";
import { orInterrupted } from "./interrupts.ts";
import type { Io } from "./io.ts";
import { sandboxStateDir } from "./places.ts";

/**
 * Opens the cluster or the files that the options name; nothing is sent yet.
 *
 * @param kept Where commands go on with the credentials and connections of
 * those before.
 */
export async function openCluster(
  target: TargetOptions,
  io: Io,
  kept?: Connections,
): Promise<Cluster> {
  const namespace = target.namespace === undefined
    ? {}
    : { namespace: target.namespace };
  if (target.files !== undefined) {
    const { openManifests } = await import("../cluster/manifests_cluster.ts");
    return await openManifests(target.files, {
      ...namespace,
      readStdin: (most) => orInterrupted(io, io.stdin.readAll(most)),
    });
  }
  if (target.sandbox) {
    const { openSandbox } = await import("../sandbox/mod.ts");
    return await openSandbox({
      stateDir: await sandboxStateDir(io),
      ...namespace,
      ...exchanges(target, io),
    });
  }
  const options: ConnectOptions = {
    ...connectOptions(target, io),
    timeoutMs: target.timeoutMs,
    // This process is ours, so its default roots may give way to the CA's.
    isolateRoots: true,
  };
  if (kept) return await kept.cluster(options);
  const { connectKubernetes } = await import("../cluster/connect.ts");
  let hasPlugin = false;
  const cluster = await connectKubernetes({
    ...options,
    onPlugin: () => hasPlugin = true,
  });
  // The kubeconfig names no program, so none has to be started.
  if (!hasPlugin) io.giveUp?.(["run"]);
  return cluster;
}

/** What finds and reads the kubeconfig, by the words of the command line. */
export function connectOptions(
  target: TargetOptions,
  io: Io,
): ConnectOptions {
  return {
    namespace: target.namespace,
    kubeconfig: target.kubeconfig,
    context: target.context,
    execPolicy: target.execPolicy,
    insecureSkipTlsVerify: target.insecureSkipTlsVerify,
    sharesTerminal: true,
    env: (name) => io.env(name),
    ...exchanges(target, io),
  };
}

/** `--debug`: a line for each exchange. */
function exchanges(
  { debug }: TargetOptions,
  io: Io,
): Pick<ConnectOptions, "onExchange"> {
  if (!debug) return {};
  return {
    onExchange: ({ method, url, attempt, status, milliseconds, obstacle }) => {
      const words = [
        ...["debug:", method, url, status ?? "no answer"],
        ...[`${Math.round(milliseconds)} ms`],
        ...attempt > 1 ? [`(attempt ${attempt})`] : [],
      ].join(" ");
      const line = obstacle === undefined ? words : `${words}: ${obstacle}`;
      io.stderr.write(`${safe(line)}\n`);
    },
  };
}
