/**
 * `istiops sandbox`: the state of a directory on a port, for kubectl and for
 * anything else, with a kubeconfig to reach it and manifests put in first.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { type ApiServer, startApiServer } from "./api_server.ts";
import { populate } from "./controllers.ts";
import { lockFile, readPrivate, writePrivate } from "../private_files.ts";
import { resourceOfObject } from "./kinds.ts";
import { broken, type Manifest, readManifests } from "./load.ts";
import { openState, type State } from "./state.ts";
import { StatusError } from "./status.ts";
import { DEFAULT_USER, USER_NAMES } from "./users.ts";
import { validateObject } from "./validate.ts";

/** Options of {@linkcode serve}. */
export interface ServeSandboxOptions {
  /** Made where it is missing, for its owner only. */
  readonly stateDir: string;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Manifests to put in first, with Pods for the Deployments in them. */
  readonly load?: readonly string[];
  /** Namespace of manifests that name none; `default`. */
  readonly namespace?: string;
}

/** A sandbox in the foreground. */
export interface ServedSandbox extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** For `KUBECONFIG`: contexts `sandbox`, `sandbox-viewer` and so on. */
  readonly kubeconfigPath: string;
  /** What was loaded, as `Service "web"`. */
  readonly loaded: readonly string[];
  /** What was left out, because the sandbox lacks the kind. */
  readonly skipped: readonly string[];
  /** Resolves when the server has ended. */
  readonly finished: Promise<void>;
}

/**
 * Serves the sandbox of a state directory, and writes a kubeconfig beside it.
 *
 * @throws {TrafficError} `sandbox-state` where one runs already, or the state
 * or the port cannot be used.
 * @throws {ManifestError} `invalid-manifest`; then nothing was loaded.
 */
export async function serve(
  options: ServeSandboxOptions,
): Promise<ServedSandbox> {
  const { stateDir, port = 0 } = options;
  const manifests = await readManifests(options.load ?? []);
  const state = await openState(stateDir);
  await using held = new AsyncDisposableStack();
  held.use(state);
  held.use(await takePlace(stateDir));
  const { loaded, skipped } = await load(manifests, state, options.namespace);
  const server = held.use(
    await startOn(port, () =>
      startApiServer(state.store, {
        port,
        persistence: state.persistence,
        onWatching: (on) => state.follow(on),
      })),
  );
  const kubeconfigPath = `${stateDir}/kubeconfig`;
  await writePrivate(kubeconfigPath, kubeconfigFor(server.url));
  await writePrivate(
    `${stateDir}/server.json`,
    JSON.stringify({ url: server.url, pid: Deno.pid }) + "\n",
  );
  const all = held.move();
  return {
    url: server.url,
    kubeconfigPath,
    loaded,
    skipped,
    finished: server.finished,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function load(
  manifests: readonly Manifest[],
  state: State,
  namespace = "default",
): Promise<{
  readonly loaded: readonly string[];
  readonly skipped: readonly string[];
}> {
  const objects: KubeObject[] = [];
  const skipped: string[] = [];
  for (const manifest of manifests) {
    const { object } = manifest;
    const resource = resourceOfObject(object);
    if (resource === undefined) {
      skipped.push(`${object.kind} "${object.metadata.name}"`);
      continue;
    }
    try {
      await validateObject(resource, object);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw broken(manifest, `is refused: ${error.message}`, error);
    }
    const { resourceVersion: _, uid: __, ...metadata } = object.metadata;
    objects.push({
      ...object,
      metadata: {
        ...metadata,
        ...(resource.namespaced && metadata.namespace === undefined
          ? { namespace }
          : {}),
      },
    });
  }
  if (objects.length > 0) {
    await state.persistence.exclusively(() =>
      Promise.resolve(populate(state.store, objects))
    );
  }
  return {
    loaded: objects.map(({ kind, metadata }) => `${kind} "${metadata.name}"`),
    skipped,
  };
}

/** One server in the foreground for each state: there is one kubeconfig. */
async function takePlace(stateDir: string): Promise<Disposable> {
  const place = await lockFile(`${stateDir}/server.lock`, { patience: 0 });
  if (place !== undefined) return place;
  const { url, pid } = await runningServer(stateDir);
  throw new TrafficError(
    "sandbox-state",
    `Cannot start the sandbox in "${stateDir}": it runs already${
      url === undefined ? "" : `, at ${url} (process ${pid})`
    }`,
    { hint: `Use that one: export KUBECONFIG="${stateDir}/kubeconfig"` },
  );
}

async function runningServer(
  stateDir: string,
): Promise<{ readonly url?: string; readonly pid?: number }> {
  try {
    const text = await readPrivate(`${stateDir}/server.json`);
    const { url, pid } = JSON.parse(text ?? "{}");
    return typeof url === "string" && typeof pid === "number"
      ? { url, pid }
      : {};
  } catch {
    return {};
  }
}

async function startOn(
  port: number,
  start: () => Promise<ApiServer>,
): Promise<ApiServer> {
  try {
    return await start();
  } catch (error) {
    throw new TrafficError(
      "sandbox-state",
      `Cannot serve the sandbox on port ${port}: ${(error as Error).message}`,
      { hint: "Choose another port, or leave it out", cause: error },
    );
  }
}

/** One context for each user; JSON, which is YAML too. */
function kubeconfigFor(url: string): string {
  const nameOf = (user: string) =>
    user === DEFAULT_USER ? "sandbox" : `sandbox-${user}`;
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": nameOf(DEFAULT_USER),
      clusters: USER_NAMES.map((user) => ({
        name: nameOf(user),
        cluster: {
          server: user === DEFAULT_USER ? url : `${url}/as/${user}`,
        },
      })),
      users: USER_NAMES.map((user) => ({ name: nameOf(user), user: {} })),
      contexts: USER_NAMES.map((user) => ({
        name: nameOf(user),
        context: {
          cluster: nameOf(user),
          user: nameOf(user),
          namespace: "default",
        },
      })),
    },
    undefined,
    2,
  ) + "\n";
}
