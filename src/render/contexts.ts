/**
 * Contexts as people read them: the one that would be used, why, and what
 * it may do.
 *
 * @module
 */

import { painter } from "./colour.ts";
import { safe } from "./safe.ts";
import { columns, type RenderOptions } from "./text.ts";

/** What is shown, as `context -o json` has it. */
export interface ContextsView {
  readonly current: string | null;
  readonly contexts: readonly {
    readonly name: string;
    readonly server: string | null;
    readonly user: string | null;
    readonly namespace: string | null;
  }[];
  readonly chosen: {
    readonly context: string | null;
    readonly reason: string;
    readonly server: string;
    readonly namespace: string;
    readonly identity: string;
    readonly login: string;
    readonly plugin: string | null;
    readonly authority: string;
    readonly tlsServerName: string | null;
    readonly proxy: string | null;
    readonly impersonates: readonly string[];
  } | null;
  readonly access:
    | readonly {
      readonly verb: string;
      readonly kind: string;
      readonly namespace: string;
      readonly allowed: boolean;
    }[]
    | null;
}

const AUTHORITY: Readonly<Record<string, string>> = {
  kubeconfig: "checked against the kubeconfig's CA",
  system: "checked against the system's CAs",
  unchecked: "NOT CHECKED: anybody may be this server",
  none: "none: plain http",
};

/** The contexts; ends with a line feed. */
export function renderContexts(
  { contexts, chosen, access }: ContextsView,
  options: RenderOptions,
): string {
  const paint = painter(options.color);
  const table = columns(
    contexts.map(({ name, server, user, namespace }) => [
      name === chosen?.context ? "*" : " ",
      safe(name),
      safe(server ?? "(no server)"),
      safe(user ?? "(no user)"),
      safe(namespace ?? "default"),
    ]),
  );
  const facts = chosen === null ? [] : [
    `Would use: ${paint(safe(chosen.context ?? chosen.identity), "bold")} by ${
      safe(chosen.reason)
    }`,
    ...columns([
      ["  server", safe(chosen.server)],
      ["  namespace", safe(chosen.namespace)],
      ["  as", safe(chosen.identity)],
      [
        "  login",
        safe(
          chosen.plugin === null
            ? chosen.login
            : `${chosen.login} (${chosen.plugin})`,
        ),
      ],
      ["  certificate", AUTHORITY[chosen.authority] ?? ""],
      ...(chosen.tlsServerName === null
        ? []
        : [["  its name", safe(chosen.tlsServerName)]]),
      ["  proxy", safe(chosen.proxy ?? "none")],
      ...chosen.impersonates.map((each) => ["  acts as", safe(each)]),
    ]),
  ];
  const rights = (access ?? []).map(({ verb, kind, namespace, allowed }) => [
    `  ${allowed ? "yes" : "no"}`,
    safe(verb),
    safe(kind),
    safe(namespace),
  ]);
  return [
    ...(contexts.length === 0 ? ["No contexts"] : table),
    ...(facts.length === 0 ? [] : ["", ...facts]),
    ...(rights.length === 0 ? [] : ["", "May:", ...columns(rights)]),
  ].join("\n") + "\n";
}
