/**
 * What the user's own kuberc says about exec plugins: kubectl's policy and
 * allow-list, kept by istiops as well.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import { parseAllYaml } from "../yaml.ts";
import { mapOf, quoted } from "./kubeconfig_fields.ts";

/** Kubernetes' own words. */
export interface PluginPolicy {
  readonly policy: "AllowAll" | "DenyAll" | "Allowlist";
  /** Paths or names of programs. */
  readonly allowlist: readonly string[];
  /** The file that says so; absent where none does. */
  readonly file?: string;
}

/** Where kuberc is looked for. */
export interface KubercOptions {
  readonly env: (name: string) => string | undefined;
  readonly isWindows: boolean;
  /** Nothing for a file that is not there. */
  readonly read: (path: string) => Promise<string | undefined>;
}

const MAX_BYTES = 1024 * 1024;

/**
 * Reads `KUBERC`, else `~/.kube/kuberc`.
 *
 * @throws {ClusterError} `kubeconfig` for one that cannot be understood: what
 * forbids a program must not fail in silence.
 */
export async function readPluginPolicy(
  { env, isWindows, read }: KubercOptions,
): Promise<PluginPolicy> {
  const none: PluginPolicy = { policy: "AllowAll", allowlist: [] };
  const named = env("KUBERC") ?? "";
  if (named === "off" || env("KUBECTL_KUBERC") === "false") return none;
  const home = env("HOME") || (isWindows ? env("USERPROFILE") : undefined) ||
    "";
  const file = named !== "" ? named : home === "" ? "" : `${home}/.kube/kuberc`;
  const text = file === "" ? undefined : await read(file);
  return text === undefined ? none : parseKuberc(text, file);
}

/** Reads one kuberc. */
export function parseKuberc(text: string, file: string): PluginPolicy {
  let documents: readonly unknown[];
  try {
    if (text.length > MAX_BYTES) throw new RangeError("too large");
    documents = parseAllYaml(text) as unknown[];
  } catch {
    throw broken(file, "it is not valid YAML of at most 1 MiB");
  }
  const preference = documents.map(mapOf).find((fields) =>
    /^kubectl\.config\.k8s\.io\//.test(String(fields?.get("apiVersion")))
  );
  if (preference === undefined) {
    if (documents.every((each) => each === null || each === undefined)) {
      return { policy: "AllowAll", allowlist: [] };
    }
    throw broken(file, "it holds no Preference of kubectl.config.k8s.io");
  }
  const listed = preference.get("credentialPluginAllowlist") ?? [];
  const names = Array.isArray(listed) ? listed.map(nameOf) : [undefined];
  if (names.some((name) => name === undefined)) {
    throw broken(file, '"credentialPluginAllowlist" is not a list of names');
  }
  const allowlist = names as readonly string[];
  // A list without a policy is a list, too: it is there to forbid.
  const policy = preference.get("credentialPluginPolicy") ||
    (allowlist.length > 0 ? "Allowlist" : "AllowAll");
  if (
    policy !== "AllowAll" && policy !== "DenyAll" && policy !== "Allowlist"
  ) {
    throw broken(
      file,
      '"credentialPluginPolicy" is not AllowAll, DenyAll or Allowlist',
    );
  }
  return { policy, allowlist, file };
}

/** `name`, or `command` as newer versions have it. */
function nameOf(item: unknown): string | undefined {
  const fields = mapOf(item);
  const name = fields?.get("name") ?? fields?.get("command");
  return typeof name === "string" && name !== "" ? name : undefined;
}

function broken(file: string, obstacle: string): ClusterError {
  return new ClusterError(
    "kubeconfig",
    `Cannot use the kuberc ${quoted(file)}: ${obstacle}`,
    { hint: "Mend it, or set KUBERC=off to go without it" },
  );
}
