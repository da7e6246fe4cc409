/**
 * Ways to clusters that are kept for several commands in turn: credentials, of
 * which a plugin may have to be asked, and connections. Each command has its
 * own deadline all the same.
 *
 * @module
 */

import type { Cluster } from "./cluster.ts";
import {
  type ConnectOptions,
  kubernetesCluster,
  outsideOf,
  wireFor,
} from "./connect.ts";
import type { Access } from "./access.ts";
import { loadAccess } from "./credentials.ts";
import type { Wire } from "./wire.ts";

interface Kept {
  readonly access: Access;
  readonly wire: Wire;
}

/** Opens each way once; closes all of them when it is disposed of. */
export class Connections implements AsyncDisposable {
  readonly #kept = new Map<string, Promise<Kept>>();

  /**
   * As `connectKubernetes`; what is disposed of is only the caller's use.
   *
   * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
   */
  async cluster(options: ConnectOptions): Promise<Cluster> {
    const { namespace, ...anywhere } = options;
    const { access, wire } = await this.#way(anywhere);
    const { target } = access;
    return await kubernetesCluster(
      namespace === undefined
        ? access
        : { ...access, target: { ...target, namespace } },
      options,
      { send: (url, request) => wire.send(url, request), close() {} },
    );
  }

  #way(options: ConnectOptions): Promise<Kept> {
    const { kubeconfig, context, execPolicy, insecureSkipTlsVerify } = options;
    const key = JSON.stringify([
      ...[kubeconfig, context, execPolicy, insecureSkipTlsVerify],
    ]);
    const kept = this.#kept.get(key) ?? open(options);
    this.#kept.set(key, kept);
    // What could not be opened may be there the next time.
    kept.catch(() => this.#kept.delete(key));
    return kept;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const result of await Promise.allSettled(this.#kept.values())) {
      if (result.status === "fulfilled") result.value.wire.close();
    }
    this.#kept.clear();
  }
}

async function open(options: ConnectOptions): Promise<Kept> {
  const access = await loadAccess(options, outsideOf(options));
  return { access, wire: await wireFor(access, options) };
}
