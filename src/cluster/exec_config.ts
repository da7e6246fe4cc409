/**
 * The `exec` field of a user: which program gives the credentials, how it is
 * called, and what its answer must look like.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import type { ClientCertificate } from "./access.ts";
import {
  broken,
  type Entry,
  entryIn,
  flagIn,
  mapOf,
  quoted,
  textIn,
  textsIn,
  unsupported,
} from "./kubeconfig_fields.ts";

/** What a kubeconfig says about a plugin. */
export interface ExecConfig {
  /** The kubeconfig it is from: a command with a slash is relative to it. */
  readonly file: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly apiVersion: string;
  readonly interactiveMode: "Never" | "IfAvailable" | "Always";
  readonly provideClusterInfo: boolean;
  /** Foreign text, for somebody who lacks the program. */
  readonly installHint?: string;
}

/** What a plugin has given. */
export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: ClientCertificate;
  /** Milliseconds since 1970. */
  readonly expires?: number;
}

const API = "client.authentication.k8s.io";
const VERSIONS = [`${API}/v1`, `${API}/v1beta1`];
const MODES = ["Never", "IfAvailable", "Always"] as const;

/** Reads the field; nothing where it is not there. */
export function execConfigIn(
  user: Entry,
  whose: string,
): ExecConfig | undefined {
  const entry = entryIn(user, "exec", whose);
  if (entry === undefined) return undefined;
  const where = `exec of ${whose}`;
  const command = textIn(entry, "command", where);
  if (command === undefined) {
    throw broken(entry.file, `${where} has no command`);
  }
  const apiVersion = textIn(entry, "apiVersion", where);
  if (apiVersion === undefined) {
    throw broken(entry.file, `${where} has no apiVersion`);
  }
  if (!VERSIONS.includes(apiVersion)) {
    throw unsupported(user, { where: whose, field: "exec" }, {
      obstacle: `whose apiVersion ${quoted(apiVersion)} is not one of ${
        VERSIONS.map(quoted).join(", ")
      }`,
      hint: "Renew the kubeconfig with the tool that made it",
    });
  }
  const mode = textIn(entry, "interactiveMode", where) ??
    (apiVersion.endsWith("/v1beta1") ? "IfAvailable" : undefined);
  const interactiveMode = MODES.find((each) => each === mode);
  if (interactiveMode === undefined) {
    throw broken(
      entry.file,
      `${where} has no interactiveMode of ${MODES.join(", ")}`,
    );
  }
  const installHint = textIn(entry, "installHint", where);
  return {
    file: entry.file,
    command,
    args: textsIn(entry, "args", where),
    env: envIn(entry, where),
    apiVersion,
    interactiveMode,
    provideClusterInfo: flagIn(entry, "provideClusterInfo", where),
    ...(installHint === undefined ? {} : { installHint }),
  };
}

function envIn(
  entry: Entry,
  where: string,
): readonly (readonly [string, string])[] {
  const value = entry.fields.get("env") ?? [];
  if (!Array.isArray(value)) {
    throw broken(entry.file, `"env" of ${where} is no list`);
  }
  return value.map((item) => {
    const fields = mapOf(item);
    const [name, text] = [fields?.get("name"), fields?.get("value") ?? ""];
    if (
      typeof name !== "string" || typeof text !== "string" ||
      !/^[^=\0]+$/.test(name) || text.includes("\0")
    ) {
      throw broken(
        entry.file,
        `"env" of ${where} holds something other than names and values`,
      );
    }
    return [name, text] as const;
  });
}

/**
 * Reads what a plugin wrote.
 *
 * @param options.attempt How errors begin; they repeat nothing of the text.
 * @throws {ClusterError} `exec-plugin`.
 */
export function parseExecCredential(
  text: string,
  options: { readonly attempt: string; readonly apiVersion: string },
): ExecCredential {
  const { attempt, apiVersion } = options;
  const fail = (obstacle: string): ClusterError =>
    new ClusterError("exec-plugin", `${attempt}: ${obstacle}`, {
      hint: "Run the plugin by hand to see what it writes",
    });
  let root: ReadonlyMap<string, unknown> | undefined;
  try {
    root = mapOf(JSON.parse(text));
  } catch {
    // The parser's message quotes the text, which may hold a token.
  }
  if (root === undefined) throw fail("what it wrote is not JSON");
  if (root.get("kind") !== "ExecCredential") {
    throw fail("what it wrote is no ExecCredential");
  }
  if (root.get("apiVersion") !== apiVersion) {
    throw fail(
      `its answer has another apiVersion than the kubeconfig asks for, ${
        quoted(apiVersion)
      }`,
    );
  }
  const status = mapOf(root.get("status"));
  if (status === undefined) throw fail("its answer has no status");
  const texts = ["token", "clientCertificateData", "clientKeyData"].map(
    (name) => {
      const value = status.get(name) ?? "";
      if (typeof value !== "string") throw fail(`its ${name} is no string`);
      return value;
    },
  );
  const [token = "", cert = "", key = ""] = texts;
  if (token === "" && cert === "" && key === "") {
    throw fail("its answer holds neither a token nor a certificate");
  }
  if ((cert === "") !== (key === "")) {
    throw fail("its answer holds a certificate or a key without the other");
  }
  if (token !== "" && !/^[\x21-\x7e]+$/.test(token)) {
    throw fail("its token holds characters that no token has");
  }
  const until = status.get("expirationTimestamp") ?? undefined;
  const expires = typeof until === "string" ? Date.parse(until) : undefined;
  if (until !== undefined && !Number.isFinite(expires)) {
    throw fail("its expirationTimestamp is no time");
  }
  return {
    ...(token === "" ? {} : { token }),
    ...(cert === "" ? {} : { certificate: { cert, key } }),
    ...(expires === undefined ? {} : { expires }),
  };
}
