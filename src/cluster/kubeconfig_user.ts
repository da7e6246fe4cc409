/**
 * The user entry of a kubeconfig: who somebody is and how they prove it.
 * Every field of it that kubectl knows is read here or refused by name.
 *
 * @module
 */

import { type ExecConfig, execConfigIn } from "./exec_config.ts";
import {
  besideFile,
  broken,
  type Entry,
  entryIn,
  isSet,
  type Material,
  materialIn,
  quoted,
  textIn,
  textsIn,
  unsupported,
} from "./kubeconfig_fields.ts";

/** What a user entry says; no file is read and nothing run yet. */
export interface UserChoice {
  readonly clientCertificate?: Material;
  readonly clientKey?: Material;
  readonly token?: string;
  /** Absolute, or relative to where the program runs; before `token`. */
  readonly tokenFile?: string;
  /** Only where there is neither a token nor a certificate, as in client-go. */
  readonly exec?: ExecConfig;
  /** ID token of an OpenID provider; nobody renews it. */
  readonly idToken?: string;
  /** `Impersonate-*` headers. */
  readonly impersonation?: readonly (readonly [string, string])[];
}

/**
 * Reads a user entry.
 *
 * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
 */
export function userChoice(entry: Entry, name: string): UserChoice {
  const where = `user ${quoted(name)}`;
  for (const field of ["username", "password"]) {
    if (!isSet(entry.fields.get(field))) continue;
    throw unsupported(entry, { where, field }, {
      obstacle: "which no API server has accepted since Kubernetes 1.19",
      hint: "Use a token or a client certificate",
    });
  }
  const clientCertificate = materialIn(entry, "client-certificate", where);
  const clientKey = materialIn(entry, "client-key", where);
  if ((clientCertificate === undefined) !== (clientKey === undefined)) {
    throw broken(
      entry.file,
      `${where} has a client-${
        clientKey === undefined ? "certificate" : "key"
      } without a client-${clientKey === undefined ? "key" : "certificate"}`,
    );
  }
  const token = textIn(entry, "token", where);
  const tokenFile = textIn(entry, "tokenFile", where);
  const exec = execConfigIn(entry, where);
  const idToken = idTokenIn(entry, where);
  if (exec !== undefined && idToken !== undefined) {
    throw broken(entry.file, `${where} has both "exec" and "auth-provider"`);
  }
  const isFixed = token !== undefined || tokenFile !== undefined;
  const impersonation = impersonationIn(entry, where);
  return {
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined
      ? {}
      : { tokenFile: besideFile(entry.file, tokenFile) }),
    ...(exec === undefined || isFixed || clientCertificate !== undefined
      ? {}
      : { exec }),
    ...(idToken === undefined || isFixed ? {} : { idToken }),
    ...(impersonation.length === 0 ? {} : { impersonation }),
  };
}

const REMOVED = new Map([
  ["gcp", "gke-gcloud-auth-plugin"],
  ["azure", "kubelogin"],
]);

/** Of the old providers kubectl itself has kept one: `oidc`. */
function idTokenIn(entry: Entry, where: string): string | undefined {
  const provider = entryIn(entry, "auth-provider", where);
  if (provider === undefined) return undefined;
  const name = textIn(provider, "name", `auth-provider of ${where}`) ?? "";
  const config = entryIn(provider, "config", `auth-provider of ${where}`);
  if (name !== "oidc") {
    const plugin = REMOVED.get(name);
    throw unsupported(entry, { where, field: "auth-provider" }, {
      obstacle: `whose provider ${quoted(name)} ${
        plugin === undefined
          ? "is not known"
          : "Kubernetes has removed in version 1.26"
      }`,
      hint: plugin === undefined
        ? "Use an exec plugin, a token or a client certificate"
        : `Use the exec plugin ${plugin}, or a token`,
    });
  }
  const token = config &&
    textIn(config, "id-token", `auth-provider of ${where}`);
  if (token !== undefined) return token;
  throw unsupported(entry, { where, field: "auth-provider" }, {
    obstacle: "which holds no id-token, and istiops does not log in by itself",
    hint: "Log in with your tool for that, or use its exec plugin",
  });
}

function impersonationIn(
  entry: Entry,
  where: string,
): readonly (readonly [string, string])[] {
  const user = textIn(entry, "as", where);
  const uid = textIn(entry, "as-uid", where);
  const groups = textsIn(entry, "as-groups", where);
  const extra = [...extraIn(entry, where)];
  if (user === undefined) {
    if (uid !== undefined || groups.length + extra.length > 0) {
      throw broken(
        entry.file,
        `${where} asks for another uid, groups or extra without "as"`,
      );
    }
    return [];
  }
  const headers: [string, string][] = [
    ["Impersonate-User", user],
    ...(uid === undefined ? [] : [["Impersonate-Uid", uid]] as [
      string,
      string,
    ][]),
    ...groups.map((group): [string, string] => ["Impersonate-Group", group]),
    ...extra.map(([key, value]): [string, string] => [
      `Impersonate-Extra-${escapeKey(key)}`,
      value,
    ]),
  ];
  const keys = extra.map(([key]) => key);
  for (const key of keys) {
    // As headers they are one.
    if (
      keys.every((other) =>
        other === key || other.toLowerCase() !== key.toLowerCase()
      )
    ) continue;
    throw broken(
      entry.file,
      `"as-user-extra" of ${where} has ${quoted(key)} in two spellings`,
    );
  }
  for (const [name, value] of headers) {
    // fetch would trim the spaces, and so make it somebody else.
    if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) continue;
    throw broken(
      entry.file,
      `${where} has a value for ${quoted(name)} that a header cannot carry`,
    );
  }
  return headers;
}

function* extraIn(
  entry: Entry,
  where: string,
): Generator<readonly [string, string]> {
  const extra = entryIn(entry, "as-user-extra", where);
  if (extra === undefined) return;
  for (const key of [...extra.fields.keys()].sort()) {
    for (
      const value of textsIn(extra, key, `as-user-extra of ${where}`)
    ) yield [key, value];
  }
}

/** What a header's name cannot hold goes as %XX, as in client-go. */
function escapeKey(key: string): string {
  return [...new TextEncoder().encode(key)].map((byte) => {
    const letter = String.fromCharCode(byte);
    return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(letter)
      ? letter
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
