/**
 * From what is asked for to a {@linkcode Cluster}: the door of this folder.
 * Nothing is sent before the first call.
 *
 * @module
 */

import { readAtMost } from "../bounded_file.ts";
import type { Clock, Cluster, Target } from "./cluster.ts";
import type { Access } from "./access.ts";
import { type AccessOptions, loadAccess } from "./credentials.ts";
import type { Outside } from "./outside.ts";
import { KubernetesCluster } from "./kubernetes.ts";
import type { Exchange, Limits } from "./call.ts";
import { Transport } from "./transport.ts";
import { VERSION } from "../version.ts";
import { absolute, isForeign } from "./origin.ts";
import { renewedWire } from "./renewed_wire.ts";
import { openWire } from "./open_wire.ts";
import type { Wire } from "./wire.ts";

/** Options of a connection, wherever its credentials come from. */
export interface ConnectionOptions {
  /**
   * Milliseconds that all calls together may take, waits between calls not
   * counted. Without it each call has only its own deadline.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Empty the default TLS roots of the whole process, so that the cluster's
   * CA replaces them at the least cost. For programs, before their first use
   * of TLS; a library leaves it and pays some milliseconds instead.
   */
  readonly isolateRoots?: boolean | undefined;
  /** For tests: shorter deadlines. */
  readonly limits?: Partial<Limits> | undefined;
  /** For tests: time between attempts. */
  readonly clock?: Clock | undefined;
  /** For tests: the jitter. */
  readonly random?: (() => number) | undefined;
  /** Told about each exchange with the API server, once it is over. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
}

/** Options of {@linkcode connectKubernetes}. */
export interface ConnectOptions extends AccessOptions, ConnectionOptions {
  /** Reads a variable of the environment; the process's own by default. */
  readonly env?: ((name: string) => string | undefined) | undefined;
  /** Reads a text file; from disk by default. */
  readonly readTextFile?: Outside["readTextFile"] | undefined;
  /**
   * A program's own stdin and stderr are there for plugins: they may ask and
   * say something. A library keeps them to itself.
   */
  readonly sharesTerminal?: boolean | undefined;
  /** Told, before anything runs, that the credentials come from a plugin. */
  readonly onPlugin?: (() => void) | undefined;
}

/**
 * Finds the cluster by kubectl's rules.
 *
 * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
 */
export async function connectKubernetes(
  options: ConnectOptions = {},
): Promise<Cluster> {
  const access = await loadAccess(options, outsideOf(options));
  return await kubernetesCluster(access, options);
}

/** The world outside as these options have it. */
export function outsideOf(options: ConnectOptions): Outside {
  const env = options.env ?? ((name: string) => Deno.env.get(name));
  return {
    env,
    readTextFile: options.readTextFile ?? readTextFile,
    isWindows: Deno.build.os === "windows",
    absolute,
    isForeign: (file) => isForeign(file, env),
    programs: async () => {
      options.onPlugin?.();
      const { systemPrograms } = await import("./programs.ts");
      return systemPrograms({
        isInteractive: options.sharesTerminal === true &&
          Deno.stdin.isTerminal(),
        showsErrors: options.sharesTerminal === true,
      });
    },
  };
}

/**
 * A cluster at a server that is known already: the sandbox, or one's own.
 *
 * @param kept A way that is open; it is closed with the cluster.
 * @throws {ClusterError} `kubeconfig` for certificates that cannot be used.
 */
export async function kubernetesCluster(
  access: Access,
  options: ConnectionOptions = {},
  kept?: Wire,
): Promise<Cluster> {
  const wire = kept ?? await wireFor(access, options);
  const { limits, timeoutMs, clock, random, onExchange } = options;
  return new KubernetesCluster(
    { ...access, target: await identified(access) },
    new Transport(access, wire, {
      limits,
      timeoutMs,
      clock,
      random,
      onExchange,
      version: VERSION,
    }),
  );
}

/** A way to the server; nothing is connected yet. */
export async function wireFor(
  access: Access,
  options: Pick<ConnectionOptions, "isolateRoots">,
): Promise<Wire> {
  const wireOptions = { isolateRoots: options.isolateRoots === true };
  return access.certificateSource === undefined
    ? await openWire(access, wireOptions)
    : renewedWire(access, wireOptions);
}

/** The target with what tells it from others of its name. */
async function identified(
  { target, certificateAuthority }: Access,
): Promise<Target> {
  if (certificateAuthority === undefined) return target;
  const pem = new TextEncoder().encode(certificateAuthority.trim());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", pem));
  const digits = Array.from(
    digest.subarray(0, 8),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return { ...target, certificateAuthority: digits.join("") };
}

const MAX_FILE = 1024 * 1024;

/** What is longer is refused by whoever reads it. */
async function readTextFile(path: string): Promise<string> {
  return new TextDecoder().decode(await readAtMost(path, MAX_FILE + 1));
}
