/**
 * Credentials from a program that the kubeconfig names. A kubeconfig that
 * names a program is code that somebody else wrote: whether it may run is
 * decided before it is looked for, and what runs is an absolute path, with
 * bounded time, bounded output and no more of the environment than it needs.
 *
 * @module
 */

import { ClusterError, RefusedError } from "../errors.ts";
import type { TokenSource } from "./access.ts";
import {
  type ExecConfig,
  type ExecCredential,
  parseExecCredential,
} from "./exec_config.ts";
import { besideFile, quoted } from "./kubeconfig_fields.ts";
import type { PluginPolicy } from "./kuberc.ts";
import type { ProgramEnd, Programs } from "./outside.ts";

/**
 * Whether plugins may run: never; as the user's kuberc says, but none that a
 * kubeconfig in a repository names; or whatever the kubeconfig says.
 */
export type ExecPolicy = "deny-all" | "user" | "allow-all";

/** What the cluster is, for a plugin that wants to know. */
export interface PluginCluster {
  readonly server: string;
  readonly tlsServerName?: string | undefined;
  readonly skipTlsVerify: boolean;
  /** PEM. */
  readonly certificateAuthority?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly config?: unknown;
}

/** Options of {@linkcode ExecPlugin}. */
export interface ExecPluginOptions {
  /** The user entry, for messages: `user "alice"`. */
  readonly identity: string;
  readonly policy: ExecPolicy;
  /** The kubeconfig lies in a repository, whose authors are not the user. */
  readonly isForeign: boolean;
  readonly readPolicy: () => Promise<PluginPolicy>;
  readonly cluster: PluginCluster;
  readonly env: (name: string) => string | undefined;
  readonly isWindows: boolean;
  readonly programs: Programs;
  readonly now: () => number;
}

const TIMEOUT_MS = 60_000;
// Somebody has to find a browser and a second factor.
const TIMEOUT_OF_PEOPLE_MS = 300_000;
const MAX_BYTES = 1024 * 1024;
const SKEW_MS = 30_000;

/** A plugin and what it has given so far, kept in memory only. */
export class ExecPlugin implements TokenSource {
  readonly #config: ExecConfig;
  readonly #options: ExecPluginOptions;
  #running: Promise<ExecCredential> | undefined;
  #held: ExecCredential | undefined;
  #renewAt = Infinity;

  constructor(config: ExecConfig, options: ExecPluginOptions) {
    this.#config = config;
    this.#options = options;
  }

  async current(): Promise<string | undefined> {
    return (await this.credential()).token;
  }

  /** After a 401: one run for all calls that were refused with the same token. */
  async refresh(refused?: string): Promise<boolean> {
    if (this.#running === undefined) {
      const held = this.#held;
      if (
        refused !== undefined && held?.token !== undefined &&
        held.token !== refused
      ) return true;
      this.#held = undefined;
    }
    const { token } = await this.credential();
    // The same token again is refused again.
    return token === undefined || token !== refused;
  }

  /** What the plugin gave last, or gives now. */
  credential(): Promise<ExecCredential> {
    if (this.#held !== undefined && this.#options.now() < this.#renewAt) {
      return Promise.resolve(this.#held);
    }
    return this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<ExecCredential> {
    const { command, args, env, apiVersion, interactiveMode } = this.#config;
    const { programs, now, identity } = this.#options;
    const attempt = `Cannot get credentials of ${identity} from the plugin ${
      quoted(command)
    }`;
    const path = await this.#allowedPath(attempt);
    const stdin = interactiveMode !== "Never" && programs.isInteractive;
    if (interactiveMode === "Always" && !stdin) {
      throw new ClusterError(
        "exec-plugin",
        `${attempt}: it has to ask somebody, and this is no terminal`,
        { hint: "Run istiops on a terminal, or use a context with a token" },
      );
    }
    const end = await programs.run({
      path,
      args,
      env: {
        ...needed(programs.environment()),
        ...Object.fromEntries(env),
        KUBERNETES_EXEC_INFO: JSON.stringify(this.#info(stdin)),
      },
      stdin,
      timeoutMs: stdin ? TIMEOUT_OF_PEOPLE_MS : TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
    if ("failed" in end) {
      throw new ClusterError("exec-plugin", `${attempt}: ${inWords(end)}`, {
        hint: "Run the plugin by hand to see what is wrong",
        details: { command: path },
      });
    }
    const credential = parseExecCredential(end.stdout, { attempt, apiVersion });
    this.#held = credential;
    this.#renewAt = renewAt(credential, now());
    return credential;
  }

  /** The absolute path of the program, if it may run. */
  async #allowedPath(attempt: string): Promise<string> {
    const { policy, isForeign, readPolicy } = this.#options;
    const { file } = this.#config;
    const deny = (obstacle: string, hint: string): RefusedError =>
      new RefusedError("exec-denied", `${attempt}: ${obstacle}`, {
        hint,
        details: { command: this.#config.command, file },
      });
    if (policy === "deny-all") {
      throw deny(
        "the policy is to run no plugins",
        'Allow it with --exec-policy allow-all (in the library: execPolicy: "allow-all")',
      );
    }
    if (policy === "user" && isForeign) {
      throw deny(
        `the kubeconfig ${
          quoted(file)
        } lies in a repository or the current folder, so it may be somebody else's`,
        "Look at its users, then allow it with --exec-policy allow-all",
      );
    }
    const rules = policy === "user" ? await readPolicy() : undefined;
    if (rules?.policy === "DenyAll") {
      throw deny(
        `${quoted(rules.file ?? "kuberc")} denies all plugins`,
        "Change its credentialPluginPolicy, or use --exec-policy allow-all",
      );
    }
    const path = await this.#find(attempt);
    if (rules?.policy === "Allowlist") {
      const allowed = await Promise.all(
        rules.allowlist.map((name) =>
          isAbsolute(name) ? name : this.#lookUp(name)
        ),
      );
      if (!allowed.includes(path)) {
        throw deny(
          `${quoted(path)} is not on the credentialPluginAllowlist of ${
            quoted(rules.file ?? "kuberc")
          }`,
          "Add it there, or use --exec-policy allow-all",
        );
      }
    }
    return path;
  }

  async #find(attempt: string): Promise<string> {
    const { command, file, installHint } = this.#config;
    // As in client-go: with a slash it is relative to the kubeconfig.
    const isPath = /[/\\]/.test(command);
    const path = isPath ? besideFile(file, command) : undefined;
    const found = path === undefined
      ? await this.#lookUp(command)
      : isAbsolute(path) && await this.#options.programs.isExecutable(path)
      ? path
      : undefined;
    if (found !== undefined) return found;
    throw new ClusterError(
      "exec-plugin",
      `${attempt}: ${
        isPath
          ? `${quoted(path!)} is not an executable file`
          : "it is not on PATH"
      }`,
      { hint: hintOf(installHint) },
    );
  }

  /** Only absolute folders of PATH: the current one is anybody's. */
  async #lookUp(name: string): Promise<string | undefined> {
    if (/[/\\]/.test(name)) return undefined;
    const { env, isWindows, programs } = this.#options;
    const endings = isWindows && !/\.[^.]+$/.test(name)
      ? (env("PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").split(";")
      : [""];
    let denied: unknown;
    for (const folder of (env("PATH") ?? "").split(isWindows ? ";" : ":")) {
      if (!isAbsolute(folder)) continue;
      for (const ending of endings) {
        const path = `${folder.replace(/[/\\]+$/, "")}/${name}${ending}`;
        try {
          if (await programs.isExecutable(path)) return path;
        } catch (error) {
          // It may be in one of the others.
          denied ??= error;
        }
      }
    }
    if (denied !== undefined) throw denied;
    return undefined;
  }

  #info(interactive: boolean): unknown {
    const { apiVersion, provideClusterInfo } = this.#config;
    const { cluster } = this.#options;
    const authority = cluster.certificateAuthority;
    return {
      kind: "ExecCredential",
      apiVersion,
      spec: {
        ...(provideClusterInfo
          ? {
            cluster: {
              server: cluster.server,
              ...(cluster.tlsServerName === undefined
                ? {}
                : { "tls-server-name": cluster.tlsServerName }),
              ...(cluster.skipTlsVerify
                ? { "insecure-skip-tls-verify": true }
                : {}),
              ...(authority === undefined
                ? {}
                : { "certificate-authority-data": btoa(authority) }),
              ...(cluster.proxyUrl === undefined
                ? {}
                : { "proxy-url": cluster.proxyUrl }),
              config: cluster.config ?? null,
            },
          }
          : {}),
        interactive,
      },
    };
  }
}

/** Some time before it expires, but not at once where it lives briefly. */
function renewAt({ expires }: ExecCredential, now: number): number {
  return expires === undefined
    ? Infinity
    : Math.max(expires - SKEW_MS, now + (expires - now) / 2);
}

function inWords(
  end: Extract<ProgramEnd, { readonly failed: string }>,
): string {
  switch (end.failed) {
    case "timeout":
      return "it did not end in time and was stopped";
    case "too much":
      return "it wrote more than 1 MiB and was stopped";
    case "not started":
      return "it cannot be started";
    case "status":
      return `it failed with exit status ${end.code}`;
  }
}

function hintOf(installHint: string | undefined): string {
  const foreign = installHint?.replaceAll(/\s+/g, " ").trim().slice(0, 500);
  return foreign === undefined || foreign === ""
    ? "Install it, or use a context with a token or a client certificate"
    : `The kubeconfig says: ${foreign}`;
}

function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}

// What login tools live on: their own settings, where they keep their state,
// how they reach the network and a browser. Everything else in the
// environment (of a pipeline, say) is none of their business; what a plugin
// lacks can be given in `exec.env`.
const NEEDED = new RegExp(
  `^(${
    [
      "HOME|PATH|USER|USERNAME|LOGNAME|SHELL|TERM|LANG|LANGUAGE|LC_.*|TZ",
      "TMPDIR|TEMP|TMP|XDG_.*|DISPLAY|WAYLAND_DISPLAY|BROWSER|SSH_AUTH_SOCK",
      "DBUS_SESSION_BUS_ADDRESS|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY",
      "USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|PATHEXT",
      "SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|HOMEDRIVE|HOMEPATH",
      "KUBE.*|AWS_.*|AZURE_.*|AAD_.*|ARM_.*|MSI_.*|IDENTITY_.*|GOOGLE_.*",
      "CLOUDSDK_.*|GCE_.*|OCI_.*|DIGITALOCEAN_.*|DO_.*|IBMCLOUD_.*|LINODE_.*",
      "TELEPORT_.*|TSH_.*|VAULT_.*|OIDC_.*|KUBELOGIN_.*|SCW_.*|ALIBABA_.*",
    ].join("|")
  })$`,
  "i",
);

function needed(
  all: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => NEEDED.test(name)),
  );
}
