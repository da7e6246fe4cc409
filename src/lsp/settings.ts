/**
 * What the user allows. It comes once, with `initialize`, from the user's own
 * settings: what a workspace says in the course of a session is not heard, as
 * whoever wrote the workspace wrote that, too.
 *
 * @module
 */

/** What the server may do besides looking at texts; nothing by default. */
export interface Settings {
  /** Read names from clusters. */
  readonly live: boolean;
  /** Carry out lines, each after a question. */
  readonly commands: boolean;
  /** Whether plugins of the kubeconfig may run. */
  readonly execPolicy: "deny-all" | "user";
  readonly kubeconfig?: string;
  /**
   * Whether YAML is looked at; `beside`: another server tells what is no YAML.
   */
  readonly yaml: "on" | "beside" | "off";
}

/** Texts are looked at; nothing else. */
export const CLOSED: Settings = {
  live: false,
  commands: false,
  execPolicy: "deny-all",
  yaml: "on",
};

/** Reads `initializationOptions`; in a workspace not trusted, it is closed. */
export function settingsOf(options: unknown): Settings {
  if (typeof options !== "object" || options === null) return CLOSED;
  const { trusted, live, commands, execPolicy, kubeconfig, yaml } =
    options as Record<string, unknown>;
  // Texts alone: it needs nobody's trust.
  const texts = {
    ...CLOSED,
    yaml: yaml === "off" || yaml === "beside" ? yaml : CLOSED.yaml,
  };
  if (trusted !== true) return texts;
  return {
    ...texts,
    live: live === true,
    commands: commands === true,
    execPolicy: execPolicy === "user" ? "user" : "deny-all",
    ...typeof kubeconfig === "string" && kubeconfig !== ""
      ? { kubeconfig }
      : {},
  };
}
