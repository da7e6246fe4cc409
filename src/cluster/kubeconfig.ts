/**
 * Kubeconfig files and the environment, by kubectl's rules: which server,
 * with which credentials. Here files are parsed, merged and chosen from; what
 * they name is read in `credentials.ts`.
 *
 * What is not supported is refused by name, never skipped: a connection that
 * silently used another identity would be worse than none.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import { parseYaml } from "../yaml.ts";
import {
  broken,
  type Entry,
  flagIn,
  mapOf,
  type Material,
  materialIn,
  quoted,
  textIn,
} from "./kubeconfig_fields.ts";
import { isName } from "./kinds.ts";
import { type UserChoice, userChoice } from "./kubeconfig_user.ts";
import { withMerges } from "./merge_keys.ts";

/** One file, as far as it matters; entries by name. */
export interface Kubeconfig {
  readonly currentContext?: string;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
}

/** What was chosen: every field a string, no file read yet. */
export interface Choice extends UserChoice {
  readonly context: string;
  readonly cluster: string;
  /** Name of the user entry; absent for a context without one. */
  readonly user?: string;
  readonly namespace: string;
  readonly server: string;
  readonly tlsServerName?: string;
  readonly certificateAuthority?: Material;
  readonly skipTlsVerify: boolean;
  /** As it is written; comes before the proxies of the environment. */
  readonly proxyUrl?: string;
  /** What the cluster has for exec plugins, as JSON. */
  readonly pluginConfig?: unknown;
  /** The file that the cluster entry is from. */
  readonly clusterFile: string;
}

/** What overrides the files. */
export interface ChoiceOptions {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;
// More than a 1 MiB file can hold without aliases that multiply.
const MAX_NODES = 200_000;

/**
 * Reads one file's text.
 *
 * @param file Its path, for messages and as the base of relative paths.
 * @throws {ClusterError} `kubeconfig`; never with a piece of the text.
 */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  if (text.length > MAX_BYTES) {
    throw broken(file, `it is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
  }
  let root: unknown;
  try {
    root = parseYaml(text, { schema: "core" });
  } catch (error) {
    // The parser's message quotes the text, which may be a token.
    const line = /at line (\d+)/.exec(String(error))?.[1];
    throw broken(
      file,
      `it is not valid YAML${line === undefined ? "" : ` (line ${line})`}`,
    );
  }
  checkSize(root, file);
  try {
    root = withMerges(root);
  } catch {
    throw broken(file, 'a merge key ("<<") does not lead to a mapping');
  }
  if (root === null || root === undefined) root = {};
  const fields = mapOf(root);
  if (fields === undefined) throw broken(file, "it does not hold a mapping");
  const currentContext = fields.get("current-context");
  return {
    ...(typeof currentContext === "string" && currentContext !== ""
      ? { currentContext }
      : {}),
    contexts: entriesOf(fields, "contexts", "context", file),
    clusters: entriesOf(fields, "clusters", "cluster", file),
    users: entriesOf(fields, "users", "user", file),
  };
}

/** Puts files together: of equal names, and of `current-context`, the first wins. */
export function mergeKubeconfigs(files: readonly Kubeconfig[]): Kubeconfig {
  const join = (
    of: (file: Kubeconfig) => ReadonlyMap<string, Entry>,
  ): ReadonlyMap<string, Entry> =>
    new Map([...files].reverse().flatMap((file) => [...of(file)]));
  const currentContext = files.find(({ currentContext }) =>
    currentContext !== undefined
  )?.currentContext;
  return {
    ...(currentContext === undefined ? {} : { currentContext }),
    contexts: join(({ contexts }) => contexts),
    clusters: join(({ clusters }) => clusters),
    users: join(({ users }) => users),
  };
}

/**
 * Follows a context to its cluster and its user.
 *
 * @throws {ClusterError} `kubeconfig` where one is missing or broken,
 * `unsupported-kubeconfig` with the entry and the field.
 */
export function chooseContext(
  config: Kubeconfig,
  options: ChoiceOptions = {},
): Choice {
  const name = options.context ?? config.currentContext;
  if (name === undefined) {
    throw new ClusterError(
      "kubeconfig",
      "Cannot choose a cluster: the kubeconfig has no current-context",
      {
        hint: `Name one with --context: ${listed(config.contexts)}`,
        details: { contexts: [...config.contexts.keys()] },
      },
    );
  }
  const context = config.contexts.get(name);
  if (context === undefined) {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use context ${quoted(name)}: the kubeconfig does not have it`,
      { hint: `It has: ${listed(config.contexts)}` },
    );
  }
  const clusterName = textIn(context, "cluster", `context ${quoted(name)}`);
  const cluster = clusterName === undefined
    ? undefined
    : config.clusters.get(clusterName);
  if (clusterName === undefined || cluster === undefined) {
    throw missing(name, "cluster", clusterName);
  }
  const userName = textIn(context, "user", `context ${quoted(name)}`);
  const user = userName === undefined ? undefined : config.users.get(userName);
  if (userName !== undefined && user === undefined) {
    throw missing(name, "user", userName);
  }
  const namespace = options.namespace ??
    textIn(context, "namespace", `context ${quoted(name)}`) ?? "default";
  if (!isName(namespace)) {
    throw broken(
      context.file,
      `context ${quoted(name)} has a namespace that none can be called`,
    );
  }
  return {
    context: name,
    cluster: clusterName,
    ...(userName === undefined ? {} : { user: userName }),
    namespace,
    ...clusterFields(cluster, clusterName),
    ...(user === undefined ? {} : userChoice(user, userName!)),
  };
}

type ClusterFields = Pick<
  Choice,
  | "server"
  | "tlsServerName"
  | "certificateAuthority"
  | "skipTlsVerify"
  | "proxyUrl"
  | "pluginConfig"
  | "clusterFile"
>;

function clusterFields(entry: Entry, name: string): ClusterFields {
  const where = `cluster ${quoted(name)}`;
  const server = textIn(entry, "server", where);
  if (server === undefined) {
    throw broken(entry.file, `${where} has no server`);
  }
  const tlsServerName = textIn(entry, "tls-server-name", where);
  const certificateAuthority = materialIn(
    entry,
    "certificate-authority",
    where,
  );
  const skipTlsVerify = flagIn(entry, "insecure-skip-tls-verify", where);
  if (skipTlsVerify && certificateAuthority !== undefined) {
    throw broken(
      entry.file,
      `${where} has both "insecure-skip-tls-verify" and a certificate authority`,
    );
  }
  const proxyUrl = textIn(entry, "proxy-url", where);
  const pluginConfig = pluginConfigOf(entry);
  return {
    server,
    skipTlsVerify,
    clusterFile: entry.file,
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(pluginConfig === undefined ? {} : { pluginConfig }),
  };
}

/** The extension whose name the exec plugins' API reserves. */
function pluginConfigOf(entry: Entry): unknown {
  const extensions = entry.fields.get("extensions");
  if (!Array.isArray(extensions)) return undefined;
  return extensions.map(mapOf).find((extension) =>
    extension?.get("name") === "client.authentication.k8s.io/exec"
  )?.get("extension");
}

function entriesOf(
  fields: ReadonlyMap<string, unknown>,
  list: string,
  inner: string,
  file: string,
): ReadonlyMap<string, Entry> {
  const value = fields.get(list) ?? [];
  if (!Array.isArray(value)) throw broken(file, `${quoted(list)} is no list`);
  const entries = new Map<string, Entry>();
  for (const item of value) {
    const named = mapOf(item);
    const name = named?.get("name");
    if (named === undefined || typeof name !== "string") {
      throw broken(file, `an entry of ${quoted(list)} has no name`);
    }
    const body = mapOf(named.get(inner) ?? {});
    if (body === undefined) {
      throw broken(file, `${inner} ${quoted(name)} is no mapping`);
    }
    if (entries.has(name)) {
      throw broken(file, `${quoted(list)} has ${quoted(name)} twice`);
    }
    entries.set(name, { file, fields: body });
  }
  return entries;
}

/** Aliases can make a small file huge once it is walked through. */
function checkSize(root: unknown, file: string): void {
  let nodes = 0;
  const walk = (value: unknown, depth: number): void => {
    nodes += 1;
    if (nodes > MAX_NODES || depth > MAX_DEPTH) {
      throw broken(file, "it is nested too deeply or its aliases multiply");
    }
    if (typeof value !== "object" || value === null) return;
    for (const item of Object.values(value)) walk(item, depth + 1);
  };
  walk(root, 0);
}

function missing(
  context: string,
  what: "cluster" | "user",
  name: string | undefined,
): ClusterError {
  return new ClusterError(
    "kubeconfig",
    `Cannot use context ${quoted(context)}: ${
      name === undefined
        ? `it names no ${what}`
        : `its ${what} ${quoted(name)} is not in the kubeconfig`
    }`,
    { hint: "See kubectl config view, or name another with --context" },
  );
}

function listed(entries: ReadonlyMap<string, Entry>): string {
  const names = [...entries.keys()].slice(0, 20).map(quoted);
  return names.length === 0 ? "none" : names.join(", ");
}
