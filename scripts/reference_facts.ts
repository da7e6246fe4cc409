/**
 * What the reference says besides the command table: how values are written,
 * statuses, variables, files, documents. Tests hold it against the sources.
 *
 * @module
 */

import type { ValueType, Way } from "../src/language/commands.ts";
import { ENVIRONMENT } from "../src/language/environment.ts";

/** A name and what it is, as rows of a table. */
export type Row = readonly [name: string, means: string];

/** Where a command can be written. */
export const WAYS: Readonly<Record<Way, string>> = {
  line: "on the command line",
  shell: "in the shell",
  script: "in scripts",
};

/** How values are written, where the placeholder does not say it all. */
export const VALUES: readonly (readonly [
  type: ValueType,
  placeholder: string,
  means: string,
])[] = [
  ["percent", "PERCENT", "0 to 100, at most one decimal: `20`, `0.1`"],
  [
    "destination",
    "HOST[:PORT]",
    "A Service by its short name, `NAME.NAMESPACE` or full name; the port is 1 to 65535",
  ],
  [
    "duration",
    "TIME",
    "Numbers with `ms`, `s`, `m`, `h`: `500ms`, `2s`, `1h30m`; or `0`",
  ],
  ["labels", "K=V,K=V", "Labels, all of which a pod has: `app=api,build=3`"],
  [
    "selector",
    "SELECTOR",
    "As for kubectl: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas that mean and",
  ],
  ["split", "A=20,B=80", "A share for each build; together 100"],
  [
    "header",
    "NAME=VALUE",
    "One header, commas and all: `k=v` exactly, `k^=v` a prefix, `k?` that it is there",
  ],
  [
    "headers",
    "A=1,B=2",
    "The same, several split at commas; all of them have to hold",
  ],
  ["port", "PORT", "1 to 65535"],
  ["count", "N", "a whole number from 1 to 1000000"],
];

/** Exit statuses. */
export const EXITS: readonly (readonly [status: number, means: string])[] = [
  [0, "done, or nothing to do"],
  [1, "failed"],
  [2, "wrong usage; nothing was sent"],
  [3, "a script stopped at a line"],
  [4, "refused by a guard, or an answer is needed"],
  [5, "the cluster cannot be reached, or is too slow"],
  [6, "conflict: somebody else changed the same thing"],
  [7, "unknown: a write may or may not have landed"],
  [8, "it would change (`--dry-run --exit-code`)"],
  [130, "interrupted: what was written and not is said"],
];

/** Variables of the environment that are read: set by a person, or the system. */
export const VARIABLES: readonly (readonly [
  names: readonly string[],
  means: string,
])[] = [
  ...ENVIRONMENT.map(({ name, doc }) => [[name], doc] as const),
  [["HOME", "USERPROFILE"], "Where files below `~` are; the second on Windows"],
  [
    ["LOCALAPPDATA"],
    "On Windows: where the configuration and the state are by default",
  ],
  [["PATH", "PATHEXT"], "Where programs of a kubeconfig are found"],
  [
    ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"],
    "In a Pod without a kubeconfig: the API server",
  ],
  [["TERM"], "No colour, and nothing drawn anew, where it is `dumb`"],
];

/** Files that are read and written. */
export const FILES: readonly Row[] = [
  ["~/.kube/config", "The kubeconfig, where nothing names another; only read"],
  ["~/.kube/kuberc", "kubectl's preferences: which plugins may run; only read"],
  [
    "$XDG_CONFIG_HOME/istiops/config.yaml",
    "The configuration: `protected`, globs of contexts that ask; `audit: false`, no log; only read",
  ],
  [
    "$XDG_STATE_HOME/istiops/audit.jsonl",
    "A line for each write that was sent: `istiops history --local`; past 4 MiB it becomes `audit.1.jsonl`",
  ],
  [
    "$XDG_STATE_HOME/istiops/history",
    "Lines of the shell, for each context apart",
  ],
  [
    "$XDG_STATE_HOME/istiops/scripts",
    "Where scripts stopped, for `istiops run --resume`",
  ],
  ["$XDG_STATE_HOME/istiops/names", "Names that complete a line"],
  [
    "$XDG_STATE_HOME/istiops/sandbox",
    "The embedded cluster, and its `kubeconfig` while `istiops sandbox` runs",
  ],
  [
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "In a Pod: the token, the certificate authority and the namespace",
  ],
];

/** What `-o json` prints on success, by command; several by its options. */
export const DOCUMENTS: Readonly<Record<string, readonly string[]>> = {
  "show": ["TrafficShow"],
  "explain": ["TrafficExplanation"],
  "check": ["TrafficCheck"],
  "graph": ["TrafficGraph"],
  "test": ["TrafficTest", "RouteTests"],
  "diff": ["TrafficDiff"],
  "shift": ["TrafficOutcome", "TrafficPlan"],
  "clear": ["TrafficOutcome", "TrafficPlan"],
  "undo": ["TrafficOutcome", "TrafficPlan"],
  "redo": ["TrafficOutcome", "TrafficPlan"],
  "apply": ["TrafficOutcome", "TrafficPlan"],
  "history": ["TrafficHistory", "AuditLog"],
  "context": ["Contexts"],
  "run": ["ScriptRun"],
  "lsp": ["EditorAnswer"],
  "sandbox": ["Sandbox"],
  "sandbox reset": ["SandboxReset"],
  "version": ["Version"],
  "help": ["Help"],
};
