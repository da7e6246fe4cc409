/**
 * Somebody else's `KubeConfig` object, as `@kubernetes/client-node` has it,
 * by its shape alone: nothing of that package is imported.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import {
  type Access,
  type ClientCertificate,
  serverOf,
  type TokenSource,
} from "./access.ts";
import { checkToken } from "./token_source.ts";
import { proxyFor } from "./proxy.ts";

/** What is needed of a `KubeConfig`; that of client-node 1 and 2 fits. */
export interface KubeConfigLike {
  /** Name of the current context. */
  getCurrentContext(): string;
  /** The context of a name. */
  getContextObject(name: string): { readonly namespace?: string } | null;
  /** The current context's cluster. */
  getCurrentCluster(): {
    readonly name: string;
    readonly server: string;
    readonly skipTLSVerify?: boolean;
    readonly tlsServerName?: string;
    readonly proxyUrl?: string;
  } | null;
  /** Puts CA, certificate and key, and the headers that log in, into options. */
  applyToHTTPSOptions(options: ForeignOptions): Promise<void>;
}

/** Options of `node:https`, as far as they say who somebody is. */
export interface ForeignOptions {
  /** Headers by name. */
  headers?: unknown;
  /** PEM. */
  ca?: unknown;
  /** PEM. */
  cert?: unknown;
  /** PEM. */
  key?: unknown;
  /** PKCS#12, which is refused. */
  pfx?: unknown;
  /** `user:password`, which is refused. */
  auth?: unknown;
}

/** Options of {@linkcode accessFrom}. */
export interface AccessFromOptions {
  readonly namespace?: string | undefined;
  readonly env: (name: string) => string | undefined;
}

/**
 * Asks the object for what it would send. Its login methods run as that
 * package runs them; what they give is asked for again after a 401.
 *
 * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
 */
export async function accessFrom(
  config: KubeConfigLike,
  { namespace, env }: AccessFromOptions,
): Promise<Access> {
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new ClusterError(
      "kubeconfig",
      "Cannot use the KubeConfig: its current context leads to no cluster",
    );
  }
  const where = `cluster ${JSON.stringify(cluster.name)}`;
  const first = await applied(config);
  const server = serverOf(cluster.server, {
    where,
    secret: first.token !== undefined,
  });
  const proxy = proxyFor(server, {
    proxyUrl: cluster.proxyUrl || undefined,
    env,
    where,
  });
  const isUnchecked = cluster.skipTLSVerify === true;
  return {
    target: {
      source: "kubernetes",
      server,
      context,
      cluster: cluster.name,
      namespace: namespace ??
        (config.getContextObject(context)?.namespace?.trim() || "default"),
      flags: ["--context", context],
    },
    server,
    identity: `the KubeConfig's context ${JSON.stringify(context)}`,
    ...(isUnchecked
      ? { skipTlsVerify: true as const }
      : first.ca === undefined
      ? {}
      : { certificateAuthority: first.ca }),
    ...(cluster.tlsServerName ? { tlsServerName: cluster.tlsServerName } : {}),
    ...(first.certificate === undefined
      ? {}
      : { clientCertificate: first.certificate }),
    ...(first.headers.length === 0 ? {} : { headers: first.headers }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(first.token === undefined
      ? {}
      : { token: tokenOf(config, first.token) }),
  };
}

function tokenOf(config: KubeConfigLike, first: string): TokenSource {
  let held = Promise.resolve<string | undefined>(first);
  let renewing: Promise<string | undefined> | undefined;
  return {
    current: () => held,
    refresh: async (refused) => {
      const former = refused ?? await held;
      if (renewing === undefined && await held !== former) return true;
      renewing ??= applied(config).then(({ token }) => token).finally(() => {
        renewing = undefined;
      });
      held = renewing;
      return await renewing !== former;
    },
  };
}

interface Applied {
  readonly token?: string;
  readonly ca?: string;
  readonly certificate?: ClientCertificate;
  readonly headers: readonly (readonly [string, string])[];
}

async function applied(config: KubeConfigLike): Promise<Applied> {
  const options: ForeignOptions = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options);
  } catch {
    // What it says may hold what a plugin wrote.
    throw new ClusterError(
      "kubeconfig",
      "Cannot use the KubeConfig: it cannot get its credentials",
      { hint: "Call its applyToHTTPSOptions() to see why" },
    );
  }
  for (const field of ["pfx", "auth"] as const) {
    if (options[field] === undefined || options[field] === null) continue;
    throw new ClusterError(
      "unsupported-kubeconfig",
      `Cannot use the KubeConfig: it logs in by "${field}", which is not supported`,
      { hint: "Use a token or a client certificate as PEM" },
    );
  }
  const [ca, cert, key] = [options.ca, options.cert, options.key].map(pem);
  const headers = Object.entries(options.headers ?? {})
    .flatMap(([name, value]) =>
      [value].flat().map((each) => [name, String(each)] as const)
    );
  const isLogin = ([name]: readonly [string, string]): boolean =>
    name.toLowerCase() === "authorization";
  const login = headers.find(isLogin)?.[1];
  const token = login === undefined
    ? undefined
    : /^Bearer (.*)$/i.exec(login)?.[1];
  if (login !== undefined && token === undefined) {
    throw new ClusterError(
      "unsupported-kubeconfig",
      "Cannot use the KubeConfig: it logs in by something other than a bearer token",
      { hint: "Use a token or a client certificate" },
    );
  }
  return {
    ...(token === undefined
      ? {}
      : { token: checkToken(token, "the KubeConfig") }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined
      ? {}
      : { certificate: { cert, key } }),
    headers: headers.filter((each) => !isLogin(each)),
  };
}

function pem(value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return value instanceof Uint8Array
    ? new TextDecoder().decode(value)
    : String(value);
}
