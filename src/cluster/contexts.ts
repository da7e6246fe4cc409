/**
 * What a kubeconfig offers, and what would be used and why: said without a
 * secret, a call to a server or a program that runs.
 *
 * @module
 */

import { TrafficError } from "../errors.ts";
import type { Access } from "./access.ts";
import {
  type AccessOptions,
  kubeconfigPaths,
  loadAccess,
  readKubeconfigs,
} from "./credentials.ts";
import type { Outside } from "./outside.ts";
import { type Choice, chooseContext, type Kubeconfig } from "./kubeconfig.ts";

/** What `context` says. */
export interface Contexts {
  readonly apiVersion: "istiops/v1";
  readonly kind: "Contexts";
  /** `current-context` of the files. */
  readonly current: string | null;
  readonly contexts: readonly ContextRow[];
  /** What commands would use; null where nothing can be used. */
  readonly chosen: ChosenContext | null;
  /** Why nothing can be used. */
  readonly problem: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
  } | null;
  /** What this user may do there; null where nobody has asked. */
  readonly access: readonly AccessRow[] | null;
}

/** One context; null for what is not written or not there. */
export interface ContextRow {
  readonly name: string;
  readonly cluster: string | null;
  readonly user: string | null;
  readonly namespace: string | null;
  readonly server: string | null;
}

/** The context that would be used. */
export interface ChosenContext {
  /** Null for a Pod's own cluster and the sandbox. */
  readonly context: string | null;
  readonly reason: string;
  readonly server: string;
  readonly namespace: string;
  readonly identity: string;
  /** How it logs in: `token`, `exec plugin` and so on. */
  readonly login: string;
  /** Command of the exec plugin. */
  readonly plugin: string | null;
  readonly authority: "kubeconfig" | "system" | "unchecked" | "none";
  readonly tlsServerName: string | null;
  /** Without user information. */
  readonly proxy: string | null;
  /** `user`, `group …` and so on that it acts as. */
  readonly impersonates: readonly string[];
}

/** One question about rights. */
export interface AccessRow {
  readonly verb: string;
  readonly kind: string;
  readonly namespace: string;
  readonly allowed: boolean;
}

/** Looks, and says what it sees; a kubeconfig that is broken is a throw. */
export async function describeContexts(
  options: AccessOptions,
  outside: Outside,
): Promise<{ readonly contexts: Contexts; readonly error?: TrafficError }> {
  const config = await readKubeconfigs(options, outside);
  const base = {
    apiVersion: "istiops/v1",
    kind: "Contexts",
    current: config?.currentContext ?? null,
    contexts: config === undefined ? [] : rowsOf(config),
    access: null,
  } as const;
  try {
    const access = await loadAccess(options, outside);
    const choice = config && chooseContext(config, options);
    return {
      contexts: {
        ...base,
        problem: null,
        chosen: chosenOf(access, {
          choice,
          reason: reasonOf(options, outside, choice),
        }),
      },
    };
  } catch (error) {
    if (!(error instanceof TrafficError)) throw error;
    const { code, message, hint } = error;
    return {
      error,
      contexts: {
        ...base,
        chosen: null,
        problem: { code, message, hint: hint ?? null },
      },
    };
  }
}

function rowsOf(config: Kubeconfig): readonly ContextRow[] {
  const text = (value: unknown): string | null =>
    typeof value === "string" && value !== "" ? value : null;
  return [...config.contexts].map(([name, { fields }]) => {
    const cluster = text(fields.get("cluster"));
    const server = text(
      config.clusters.get(cluster ?? "")?.fields.get("server"),
    );
    return {
      name,
      cluster,
      user: text(fields.get("user")),
      namespace: text(fields.get("namespace")),
      server: server === null ? null : withoutUser(server),
    };
  }).toSorted((a, b) => a.name < b.name ? -1 : 1);
}

function withoutUser(server: string): string {
  if (!URL.canParse(server)) return "(not a URL)";
  const url = new URL(server);
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function reasonOf(
  options: AccessOptions,
  outside: Outside,
  choice: Choice | undefined,
): string {
  if (choice === undefined) return "this is a Pod, and there is no kubeconfig";
  const context = options.context === undefined
    ? "current-context"
    : "--context";
  const where = options.kubeconfig !== undefined
    ? `--kubeconfig ${options.kubeconfig}`
    : (outside.env("KUBECONFIG") ?? "") !== ""
    ? `KUBECONFIG (${kubeconfigPaths(outside).join(", ")})`
    : kubeconfigPaths(outside).join(", ");
  return `${context} of ${where}`;
}

function chosenOf(access: Access, { choice, reason }: {
  readonly choice: Choice | undefined;
  readonly reason: string;
}): ChosenContext {
  return {
    context: choice?.context ?? null,
    reason,
    server: access.server,
    namespace: access.target.namespace,
    identity: access.identity,
    login: loginOf(access, choice),
    plugin: choice?.exec?.command ?? null,
    authority: !access.server.startsWith("https:")
      ? "none"
      : access.skipTlsVerify === true
      ? "unchecked"
      : access.certificateAuthority === undefined
      ? "system"
      : "kubeconfig",
    tlsServerName: access.tlsServerName ?? null,
    proxy: access.proxy?.url ?? null,
    impersonates: (access.headers ?? []).map(([name, value]) => {
      const what = name.replace("Impersonate-", "").toLowerCase();
      // Nobody knows what an extra is: a scope, or something to log in with.
      return `${what} ${what.startsWith("extra-") ? "***" : value}`;
    }),
  };
}

function loginOf(access: Access, choice: Choice | undefined): string {
  if (choice === undefined) return "ServiceAccount";
  const ways = [
    ...(choice.exec === undefined ? [] : ["exec plugin"]),
    ...(choice.tokenFile !== undefined
      ? ["token file"]
      : choice.token !== undefined
      ? ["token"]
      : choice.idToken !== undefined
      ? ["id-token"]
      : []),
    ...(access.clientCertificate === undefined ? [] : ["client certificate"]),
  ];
  return ways.length === 0 ? "none" : ways.join(" and ");
}
