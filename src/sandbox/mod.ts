/**
 * The sandbox's door: the embedded cluster, reached by the same adapter and
 * the same HTTP as a real one.
 *
 * Three ways in: {@linkcode startSandbox} in memory, for tests and programs;
 * {@linkcode openSandbox} on a state that lasts, for `--sandbox`;
 * {@linkcode serveSandbox} on the same state, for `istiops sandbox`.
 *
 * @module
 */

import type { Clock, Cluster } from "../cluster/cluster.ts";
import {
  type ConnectionOptions,
  kubernetesCluster,
} from "../cluster/connect.ts";
import { InterruptedError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { type ApiServer, startApiServer } from "./api_server.ts";
import { complete, populate } from "./controllers.ts";
import type { ServedSandbox, ServeSandboxOptions } from "./foreground.ts";
import { resourceOfObject } from "./kinds.ts";
import { scenario } from "./scenario.ts";
import { openState, resetState } from "./state.ts";
import { createStore, type Store } from "./store.ts";
import { DEFAULT_USER } from "./users.ts";

export type { ServedSandbox, ServeSandboxOptions, Store };

/** Options of {@linkcode startSandbox}. */
export interface StartSandboxOptions {
  /**
   * What is in it, exactly as given; the demo world, with all its Pods, by
   * default. A namespace that an object names is made when it is missing.
   */
  readonly objects?: readonly KubeObject[];
  /** The namespace of commands; `default`. */
  readonly namespace?: string;
  /** Whose rights the cluster acts with; `admin`. */
  readonly user?: string;
  /** Time of creation and of writes; the system's by default. */
  readonly clock?: Pick<Clock, "now">;
  /** Versions of the Istio kinds that are served; all three by default. */
  readonly istioVersions?: readonly string[];
}

/** A sandbox in memory. */
export interface Sandbox extends AsyncDisposable {
  /** The port, over HTTP. */
  readonly cluster: Cluster;
  /** What the server holds, for reading and for changes behind its back. */
  readonly store: Store;
  /** `http://127.0.0.1:PORT`; `/as/USER` behind it acts as that user. */
  readonly url: string;
}

/**
 * Starts a sandbox that is gone when it is disposed of.
 *
 * @example
 * ```ts
 * import { startSandbox } from "./mod.ts";
 *
 * await using sandbox = await startSandbox();
 * const { items } = await sandbox.cluster.list("VirtualService");
 * if (items.length === 0) throw new Error("nothing there");
 * ```
 */
export async function startSandbox(
  options: StartSandboxOptions = {},
): Promise<Sandbox> {
  const { clock, istioVersions } = options;
  const store = createStore(
    [],
    clock === undefined ? {} : { now: () => clock.now() },
  );
  if (options.objects === undefined) populate(store, scenario(store.now()));
  else putExactly(store, options.objects);
  const server = await startApiServer(
    store,
    istioVersions === undefined ? {} : { istioVersions },
  );
  const cluster = await connect(server, options);
  return {
    cluster,
    store,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Options of {@linkcode openSandbox}. */
export interface OpenSandboxOptions {
  /** Made where it is missing, for its owner only. */
  readonly stateDir: string;
  /** The namespace of commands; `default`. */
  readonly namespace?: string;
  /** Ends the opening. */
  readonly signal?: AbortSignal;
  /** Told about each exchange with its API server, once it is over. */
  readonly onExchange?: ConnectionOptions["onExchange"];
}

/**
 * Opens the sandbox of a state directory. Any number of processes may do so
 * at once, `istiops sandbox` among them: all tell the same story, since each
 * write is made under a lock, on the newest state, and saved before it is
 * answered.
 *
 * @throws {TrafficError} `sandbox-state` where the state cannot be used.
 */
export async function openSandbox(
  options: OpenSandboxOptions,
): Promise<Cluster> {
  if (options.signal?.aborted) {
    throw new InterruptedError(
      "interrupted",
      "Cannot open the sandbox: interrupted",
    );
  }
  const state = await openState(options.stateDir);
  const server = await startApiServer(state.store, {
    persistence: state.persistence,
    onWatching: (on) => state.follow(on),
  });
  const cluster = await connect(server, options);
  const close = cluster[Symbol.asyncDispose].bind(cluster);
  return Object.defineProperty(cluster, Symbol.asyncDispose, {
    value: async () => {
      await close();
      await server[Symbol.asyncDispose]();
      state[Symbol.dispose]();
    },
  });
}

/**
 * Serves the sandbox of a state directory, and writes a kubeconfig beside it.
 *
 * @throws {TrafficError} `sandbox-state` where one runs already, or the state
 * or the port cannot be used.
 * @throws {ManifestError} `invalid-manifest`; then nothing was loaded.
 */
export async function serveSandbox(
  options: ServeSandboxOptions,
): Promise<ServedSandbox> {
  // What reads YAML is not loaded for `--sandbox`.
  const { serve } = await import("./foreground.ts");
  return await serve(options);
}

/** Puts the demo world back, whatever has become of the state. */
export async function resetSandbox(
  { stateDir }: { readonly stateDir: string },
): Promise<void> {
  await resetState(stateDir);
}

function connect(
  server: ApiServer,
  { namespace = "default", user = DEFAULT_USER, onExchange }: {
    readonly namespace?: string;
    readonly user?: string;
    readonly onExchange?: ConnectionOptions["onExchange"];
  },
): Promise<Cluster> {
  return kubernetesCluster({
    server: user === DEFAULT_USER
      ? server.url
      : `${server.url}/as/${encodeURIComponent(user)}`,
    identity: `user "${user}"`,
    target: {
      source: "sandbox",
      // Not the URL: the port differs each time, the sandbox does not.
      server: "sandbox",
      namespace,
      flags: ["--sandbox"],
    },
  }, {
    onExchange,
    // It is this machine's own, and nobody else's requests wait for ours.
    limits: { perSecond: Infinity },
  });
}

/** Objects as they are given: no controller adds to them. */
function putExactly(store: Store, objects: readonly KubeObject[]): void {
  const homes = objects.map(({ metadata }) => metadata.namespace ?? "default");
  for (const name of new Set(homes)) {
    store.put(complete(store, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    }));
  }
  for (const object of objects) {
    const resource = resourceOfObject(object);
    store.put(
      resource?.namespaced && object.metadata.namespace === undefined
        ? {
          ...object,
          metadata: { ...object.metadata, namespace: "default" },
        }
        : object,
    );
  }
}
