/**
 * From files and environment to what a connection needs: the server, its CA,
 * a token or a client certificate. Reads through functions it is given, so
 * that it works without a disk.
 *
 * @module
 */

import { ClusterError, RefusedError } from "../errors.ts";
import { permissionError } from "../permissions.ts";
import { type Access, serverOf, type TokenSource } from "./access.ts";
import {
  type Choice,
  chooseContext,
  type Kubeconfig,
  mergeKubeconfigs,
  parseKubeconfig,
} from "./kubeconfig.ts";
import { ExecPlugin, type ExecPolicy } from "./exec_plugin.ts";
import {
  type Outside,
  type Programs,
  readIfThere,
  readNamed,
} from "./outside.ts";
import {
  checkIdToken,
  checkToken,
  fixedToken,
  tokenFrom,
} from "./token_source.ts";
import { accessInCluster } from "./in_cluster.ts";
import { type Material, quoted } from "./kubeconfig_fields.ts";
import { readPluginPolicy } from "./kuberc.ts";
import { proxyFor } from "./proxy.ts";

/** What is asked for on the command line. */
export interface AccessOptions {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  /** Whether plugins may run; `deny-all` by default. */
  readonly execPolicy?: ExecPolicy | undefined;
  /** Go without a look at the server's certificate, wherever it is asked for. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
}

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
  const pod = options.context === undefined
    ? await ifSeen(accessInCluster(options, outside))
    : undefined;
  if (pod !== undefined && pod !== "unseen") return pod;
  const files = kubeconfigPaths(outside).length > 0
    ? "there is no kubeconfig"
    : "neither KUBECONFIG nor HOME is set";
  throw new ClusterError(
    "kubeconfig",
    `Cannot find a cluster: ${files}, and ${
      pod === "unseen"
        ? "whether this is a Pod cannot be seen"
        : "this is no Pod"
    }`,
    {
      hint: `Name a file with --kubeconfig or KUBECONFIG, ${
        pod === "unseen"
          ? "or, in a Pod, run it with --allow-env=KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT"
          : "or try --sandbox, which needs no cluster"
      }`,
    },
  );
}

/** A variable that may not be read says neither that this is a Pod nor not. */
async function ifSeen<T>(work: Promise<T>): Promise<T | "unseen"> {
  try {
    return await work;
  } catch (error) {
    if (permissionError(error)?.details?.["permission"] !== "env") throw error;
    return "unseen";
  }
}

/**
 * The files that count, put together.
 *
 * @returns Nothing where none of them says anything.
 * @throws {ClusterError} `kubeconfig`.
 */
export async function readKubeconfigs(
  options: AccessOptions,
  outside: Outside,
): Promise<Kubeconfig | undefined> {
  if (options.kubeconfig !== undefined) {
    const text = await readNamed(options.kubeconfig, {
      what: "kubeconfig",
      outside,
    });
    return parseKubeconfig(text, options.kubeconfig);
  }
  const paths = kubeconfigPaths(outside);
  const texts = await Promise.all(
    paths.map((path) => readIfThere(path, { what: "kubeconfig", outside })),
  );
  const files = texts.flatMap((text, index) =>
    text === undefined ? [] : [parseKubeconfig(text, paths[index]!)]
  );
  const merged = mergeKubeconfigs(files);
  // An empty config is like none, so that a Pod finds its own cluster.
  return merged.clusters.size + merged.contexts.size === 0 ? undefined : merged;
}

/** Paths of `KUBECONFIG`, else the one in the home folder. */
export function kubeconfigPaths(
  { env, isWindows }: Outside,
): readonly string[] {
  const listed = env("KUBECONFIG");
  if (listed !== undefined && listed !== "") {
    const paths = listed.split(isWindows ? ";" : ":");
    return [...new Set(paths.filter((path) => path !== ""))];
  }
  const home = env("HOME") || (isWindows ? env("USERPROFILE") : undefined);
  return home === undefined || home === "" ? [] : [`${home}/.kube/config`];
}

async function accessOf(
  choice: Choice,
  options: AccessOptions,
  outside: Outside,
): Promise<Access> {
  const identity = identityOf(choice);
  const where = `cluster ${quoted(choice.cluster)}`;
  const [ca, cert, key] = await Promise.all([
    pemOf(choice.certificateAuthority, "certificate-authority", outside),
    pemOf(choice.clientCertificate, "client-certificate", outside),
    pemOf(choice.clientKey, "client-key", outside),
  ]);
  const server = serverOf(choice.server, {
    where,
    secret: hasSecret(choice),
  });
  const skipTlsVerify = choice.skipTlsVerify ||
    options.insecureSkipTlsVerify === true;
  if (choice.skipTlsVerify && options.insecureSkipTlsVerify !== true) {
    await refuseForeignSkip(choice, outside);
  }
  const proxy = proxyFor(server, {
    proxyUrl: choice.proxyUrl,
    env: outside.env,
    where,
  });
  const plugin = choice.exec === undefined
    ? undefined
    : await pluginOf(choice, { options, outside, ca, skipTlsVerify, server });
  const token = plugin ?? tokenOf(choice, identity, outside);
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
        ...(options.execPolicy === "allow-all"
          ? ["--exec-policy", "allow-all"]
          : []),
        ...(options.insecureSkipTlsVerify === true
          ? ["--insecure-skip-tls-verify"]
          : []),
      ],
    },
    server,
    identity,
    ...(ca === undefined || skipTlsVerify ? {} : { certificateAuthority: ca }),
    ...(choice.tlsServerName === undefined
      ? {}
      : { tlsServerName: choice.tlsServerName }),
    ...(skipTlsVerify ? { skipTlsVerify } : {}),
    ...(cert === undefined || key === undefined
      ? {}
      : { clientCertificate: { cert, key } }),
    ...(plugin === undefined ? {} : {
      certificateSource: async () => (await plugin.credential()).certificate,
    }),
    ...(choice.impersonation === undefined
      ? {}
      : { headers: choice.impersonation }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(token === undefined ? {} : { token }),
  };
}

/** Whom the credentials belong to, for messages. */
export function identityOf(choice: Choice): string {
  return choice.user === undefined
    ? `context ${quoted(choice.context)} (which names no user)`
    : `user ${quoted(choice.user)}`;
}

function hasSecret(choice: Choice): boolean {
  return [choice.token, choice.tokenFile, choice.exec, choice.idToken]
    .some((each) => each !== undefined);
}

function tokenOf(
  choice: Choice,
  identity: string,
  outside: Outside,
): TokenSource | undefined {
  // As in client-go the file wins, since it is the one that is renewed.
  if (choice.tokenFile !== undefined) {
    return tokenFrom(choice.tokenFile, outside);
  }
  if (choice.token !== undefined) {
    return fixedToken(checkToken(choice.token, identity));
  }
  if (choice.idToken === undefined) return undefined;
  const now = (outside.now ?? Date.now)();
  return fixedToken(checkIdToken(choice.idToken, { identity, now }));
}

async function pluginOf(
  choice: Choice,
  { options, outside, ca, skipTlsVerify, server }: {
    readonly options: AccessOptions;
    readonly outside: Outside;
    readonly ca: string | undefined;
    readonly skipTlsVerify: boolean;
    readonly server: string;
  },
): Promise<ExecPlugin> {
  const { exec } = choice;
  const { absolute = (path: string) => path, env, isWindows } = outside;
  const file = absolute(exec!.file);
  const programs = await outside.programs?.();
  return new ExecPlugin({ ...exec!, file }, {
    identity: identityOf(choice),
    policy: programs === undefined ? "deny-all" : options.execPolicy ??
      "deny-all",
    isForeign: await outside.isForeign?.(file) ?? true,
    readPolicy: () =>
      readPluginPolicy({
        env,
        isWindows,
        read: (path) => readIfThere(path, { what: "kuberc", outside }),
      }),
    cluster: {
      server,
      tlsServerName: choice.tlsServerName,
      skipTlsVerify,
      certificateAuthority: ca,
      proxyUrl: choice.proxyUrl,
      config: choice.pluginConfig,
    },
    env,
    isWindows,
    programs: programs ?? NO_PROGRAMS,
    now: outside.now ?? Date.now,
  });
}

/** Never asked: the policy is `deny-all` where these stand in. */
const NO_PROGRAMS: Programs = {
  isInteractive: false,
  isExecutable: () => Promise.resolve(false),
  environment: () => ({}),
  run: () => Promise.resolve({ failed: "not started" }),
};

async function refuseForeignSkip(
  choice: Choice,
  outside: Outside,
): Promise<void> {
  const file = outside.absolute?.(choice.clusterFile) ?? choice.clusterFile;
  if (await outside.isForeign?.(file) === false) return;
  throw new RefusedError(
    "insecure-denied",
    `Cannot connect to cluster ${
      quoted(choice.cluster)
    } without a look at its certificate: the kubeconfig ${
      quoted(file)
    } that asks for it lies in a repository or the current folder, so it may be somebody else's`,
    {
      hint:
        "Give the cluster its certificate-authority, or add --insecure-skip-tls-verify",
    },
  );
}

async function pemOf(
  material: Material | undefined,
  what: string,
  outside: Outside,
): Promise<string | undefined> {
  if (material === undefined) return undefined;
  if ("file" in material) {
    return await readNamed(material.file, { what, outside });
  }
  try {
    return atob(material.data.replaceAll(/\s/g, ""));
  } catch {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use ${what}-data of the kubeconfig: it is not valid base64`,
    );
  }
}
