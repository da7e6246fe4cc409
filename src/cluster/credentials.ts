/**
 * From files and environment to what a connection needs: the server, its CA,
 * a token or a client certificate. Reads through functions it is given, so
 * that it works without a disk.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import type { Target } from "./cluster.ts";
import {
  type Choice,
  chooseContext,
  type Kubeconfig,
  type Material,
  mergeKubeconfigs,
  parseKubeconfig,
} from "./kubeconfig.ts";

/** How the world outside is read. */
export interface Outside {
  readonly readTextFile: (path: string) => Promise<string>;
  /** A variable of the environment. */
  readonly env: (name: string) => string | undefined;
  readonly isWindows: boolean;
}

/** What is asked for on the command line. */
export interface AccessOptions {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Everything that a connection to one API server needs. */
export interface Access {
  readonly target: Target;
  /** URL without a slash at its end. */
  readonly server: string;
  /** PEM; it replaces the default roots. */
  readonly certificateAuthority?: string;
  /** Name in the server's certificate, where it is not that of the URL. */
  readonly tlsServerName?: string;
  /** The server's certificate is not looked at. */
  readonly skipTlsVerify?: true;
  readonly clientCertificate?: ClientCertificate;
  /** A client certificate that a plugin gives, which may change. */
  readonly certificateSource?: () => Promise<ClientCertificate | undefined>;
  /** Goes along with every call: `Impersonate-*`; a name may be there often. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** The way there; absent: straight, whatever the environment says. */
  readonly proxy?: ProxyAccess;
  /** Whom the credentials belong to, for messages: `user "admin"`. */
  readonly identity: string;
  readonly token?: TokenSource;
}

/** PEM texts. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A proxy: `http:`, `https:`, `socks5:` or `socks5h:`. */
export interface ProxyAccess {
  /** Origin without user information: `http://proxy.test:3128`. */
  readonly url: string;
  readonly credentials?: {
    readonly username: string;
    readonly password: string;
  };
}

/** A bearer token, which may change while the program runs. */
export interface TokenSource {
  /** Nothing where who gives it gives a certificate instead. */
  current(): Promise<string | undefined>;
  /**
   * Gets it anew after a 401; false where that cannot help.
   *
   * @param refused The token of that call: if another is there by now,
   * nothing needs to be done.
   */
  refresh(refused?: string): Promise<boolean>;
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Finds the target as kubectl does: the file that is named, else those of
 * `KUBECONFIG`, else `~/.kube/config`, else the Pod's own cluster.
 *
 * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
 */
export async function loadAccess(
  options: AccessOptions,
  outside: Outside,
): Promise<Access> {
  const config = await readKubeconfigs(options, outside);
  if (config !== undefined) {
    return await accessOf(chooseContext(config, options), options, outside);
  }
  const inCluster = options.context === undefined
    ? await accessInCluster(options, outside)
    : undefined;
  if (inCluster !== undefined) return inCluster;
  throw new ClusterError(
    "kubeconfig",
    "Cannot find a cluster: there is no kubeconfig, and this is no Pod",
    {
      hint:
        "Name a file with --kubeconfig or KUBECONFIG, or try --sandbox, which needs no cluster",
    },
  );
}

/** A token that never changes. */
export function fixedToken(token: string): TokenSource {
  return {
    current: () => Promise.resolve(token),
    refresh: () => Promise.resolve(false),
  };
}

async function readKubeconfigs(
  options: AccessOptions,
  outside: Outside,
): Promise<Kubeconfig | undefined> {
  if (options.kubeconfig !== undefined) {
    const text = await readNamed(options.kubeconfig, "kubeconfig", outside);
    return parseKubeconfig(text, options.kubeconfig);
  }
  const paths = kubeconfigPaths(outside);
  const texts = await Promise.all(
    paths.map((path) => readIfThere(path, outside)),
  );
  const files = texts.flatMap((text, index) =>
    text === undefined ? [] : [parseKubeconfig(text, paths[index]!)]
  );
  const merged = mergeKubeconfigs(files);
  // An empty config is like none, so that a Pod finds its own cluster.
  return merged.clusters.size + merged.contexts.size === 0 ? undefined : merged;
}

function kubeconfigPaths({ env, isWindows }: Outside): readonly string[] {
  const listed = env("KUBECONFIG");
  if (listed !== undefined && listed !== "") {
    return listed.split(isWindows ? ";" : ":").filter((path) => path !== "");
  }
  const home = env("HOME") || (isWindows ? env("USERPROFILE") : undefined);
  return home === undefined || home === "" ? [] : [`${home}/.kube/config`];
}

async function accessOf(
  choice: Choice,
  options: AccessOptions,
  outside: Outside,
): Promise<Access> {
  const identity = choice.user === undefined
    ? `context ${JSON.stringify(choice.context)} (which names no user)`
    : `user ${JSON.stringify(choice.user)}`;
  const ca = await pemOf(
    choice.certificateAuthority,
    "certificate-authority",
    outside,
  );
  const cert = await pemOf(
    choice.clientCertificate,
    "client-certificate",
    outside,
  );
  const key = await pemOf(choice.clientKey, "client-key", outside);
  // As in client-go the file wins, since it is the one that is renewed.
  const token = choice.tokenFile !== undefined
    ? tokenFrom(choice.tokenFile, outside)
    : choice.token === undefined
    ? undefined
    : fixedToken(checkToken(choice.token, identity));
  const server = serverOf(choice.server, {
    where: `cluster ${JSON.stringify(choice.cluster)}`,
    secret: token !== undefined,
  });
  return {
    target: {
      source: "kubernetes",
      server,
      context: choice.context,
      cluster: choice.cluster,
      namespace: choice.namespace,
      flags: [
        ...(options.kubeconfig === undefined
          ? []
          : ["--kubeconfig", options.kubeconfig]),
        "--context",
        choice.context,
      ],
    },
    server,
    identity,
    ...(ca === undefined ? {} : { certificateAuthority: ca }),
    ...(choice.tlsServerName === undefined
      ? {}
      : { tlsServerName: choice.tlsServerName }),
    ...(cert === undefined || key === undefined
      ? {}
      : { clientCertificate: { cert, key } }),
    ...(token === undefined ? {} : { token }),
  };
}

async function accessInCluster(
  options: AccessOptions,
  outside: Outside,
): Promise<Access | undefined> {
  const host = outside.env("KUBERNETES_SERVICE_HOST");
  const port = outside.env("KUBERNETES_SERVICE_PORT");
  if (!host || !port) return undefined;
  const [ca, namespace] = await Promise.all([
    readNamed(`${SERVICE_ACCOUNT}/ca.crt`, "CA of the Pod", outside),
    readIfThere(`${SERVICE_ACCOUNT}/namespace`, outside),
  ]);
  const server = serverOf(
    `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    { where: "the Pod's environment", secret: true },
  );
  return {
    target: {
      source: "kubernetes",
      server,
      namespace: options.namespace ?? (namespace?.trim() || "default"),
      flags: [],
    },
    server,
    identity: "the Pod's ServiceAccount",
    certificateAuthority: ca,
    token: tokenFrom(`${SERVICE_ACCOUNT}/token`, outside),
  };
}

/** Reads the file at first use, and again after a 401. */
function tokenFrom(file: string, outside: Outside): TokenSource {
  const read = async (): Promise<string> =>
    checkToken(
      (await readNamed(file, "token file", outside)).trim(),
      `token file ${JSON.stringify(file)}`,
    );
  let held: Promise<string> | undefined;
  return {
    current: () => held ??= read(),
    refresh: async () => {
      const former = await held;
      held = read();
      return await held !== former;
    },
  };
}

function checkToken(token: string, where: string): string {
  // What a header cannot carry would be thrown back with its value in it.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use the token of ${where}: it is empty or holds spaces, line breaks or other characters that no token has`,
    );
  }
  return token;
}

/**
 * Checks a server's URL.
 *
 * @param options.secret A token goes along: never in clear to another machine.
 * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
 */
export function serverOf(
  text: string,
  options: { readonly where: string; readonly secret: boolean },
): string {
  const { where } = options;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use the server of ${where}: it is not an http or https URL`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ClusterError(
      "unsupported-kubeconfig",
      `Cannot use the server of ${where}: its URL holds a user name or a password`,
    );
  }
  if (url.protocol === "http:" && options.secret && !isLoopback(url)) {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use the server ${
        JSON.stringify(url.origin)
      } of ${where}: the token would travel in clear text over http`,
      { hint: "Use an https server" },
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** Whether a URL leads to this machine. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

async function pemOf(
  material: Material | undefined,
  what: string,
  outside: Outside,
): Promise<string | undefined> {
  if (material === undefined) return undefined;
  if ("file" in material) return await readNamed(material.file, what, outside);
  try {
    return atob(material.data.replaceAll(/\s/g, ""));
  } catch {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use ${what}-data of the kubeconfig: it is not valid base64`,
    );
  }
}

async function readNamed(
  path: string,
  what: string,
  outside: Outside,
): Promise<string> {
  const text = await readIfThere(path, outside, what);
  if (text !== undefined) return text;
  throw new ClusterError(
    "kubeconfig",
    `Cannot read the ${what} ${JSON.stringify(path)}: it does not exist`,
  );
}

async function readIfThere(
  path: string,
  outside: Outside,
  what = "kubeconfig",
): Promise<string | undefined> {
  try {
    return await outside.readTextFile(path);
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "NotFound" || name === "NotADirectory") return undefined;
    throw new ClusterError(
      "kubeconfig",
      `Cannot read the ${what} ${JSON.stringify(path)}: ${
        name === "PermissionDenied" || name === "NotCapable"
          ? "permission denied"
          : "it cannot be read as a text file"
      }`,
    );
  }
}
