/**
 * Which proxy for which server: that of the cluster entry, else those of the
 * environment by the rules of Go's standard library, which kubectl goes by.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import type { ProxyAccess } from "./access.ts";
import { quoted } from "./kubeconfig_fields.ts";

/** Options of {@linkcode proxyFor}. */
export interface ProxyOptions {
  /** `proxy-url` of the cluster; no exception holds for it. */
  readonly proxyUrl?: string | undefined;
  readonly env: (name: string) => string | undefined;
  /** The entry, for messages. */
  readonly where: string;
}

/** A proxy as messages name it; without its password. */
export function proxyWords({ url, from }: ProxyAccess): string {
  return `the proxy ${new URL(url).host}${
    from === undefined ? "" : ` (${from})`
  }`;
}

const SCHEMES = ["http:", "https:", "socks5:", "socks5h:"];

/**
 * Chooses the proxy.
 *
 * @returns Nothing for a straight connection.
 * @throws {ClusterError} `kubeconfig` for a proxy that cannot be used; its
 * URL is not repeated, since it may hold a password.
 */
export function proxyFor(
  server: string,
  { proxyUrl, env, where }: ProxyOptions,
): ProxyAccess | undefined {
  if (proxyUrl !== undefined) {
    if (!/^[a-z0-9]+:\/\//i.test(proxyUrl)) {
      throw unusable(`proxy-url of ${where}`);
    }
    return parsed(proxyUrl, `proxy-url of ${where}`);
  }
  const url = new URL(server);
  const names = url.protocol === "https:"
    ? ["HTTPS_PROXY", "https_proxy"]
    : ["HTTP_PROXY", "http_proxy"];
  const [name, text] = firstSet(names, env);
  if (text === undefined || !usesProxy(url, exceptions(env))) return undefined;
  // Go takes host:port, too.
  return parsed(
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`,
    name,
  );
}

function firstSet(
  names: readonly string[],
  env: ProxyOptions["env"],
): readonly [name: string, value: string | undefined] {
  const name = names.find((name) => (env(name) ?? "") !== "");
  return name === undefined ? ["", undefined] : [name, env(name)];
}

function exceptions(env: ProxyOptions["env"]): readonly string[] {
  const [, text = ""] = firstSet(["NO_PROXY", "no_proxy"], env);
  return text.split(",").map((part) => part.trim().toLowerCase())
    .filter((part) => part !== "");
}

function usesProxy(url: URL, noProxy: readonly string[]): boolean {
  const host = bare(url.hostname.toLowerCase());
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const address = addressOf(host);
  if (host === "localhost" || isLoopbackAddress(address)) return false;
  return !noProxy.some((rule) => excepts(rule, { host, port, address }));
}

interface Destination {
  readonly host: string;
  readonly port: string;
  readonly address: bigint | undefined;
}

function excepts(
  rule: string,
  { host, port, address }: Destination,
): boolean {
  if (rule === "*") return true;
  const network = networkOf(rule);
  if (network !== undefined) {
    return address !== undefined &&
      address >> network.shift === network.base >> network.shift;
  }
  const { name, only } = hostAndPort(rule);
  if (name === "" || (only !== undefined && only !== port)) return false;
  const ruled = addressOf(name);
  if (ruled !== undefined) return ruled === address;
  // An address is nobody's subdomain, but Go compares the text all the same.
  const suffix = name.startsWith("*.") ? name.slice(1) : name;
  return suffix.startsWith(".")
    ? host.endsWith(suffix)
    : host === suffix || host.endsWith(`.${suffix}`);
}

function hostAndPort(
  rule: string,
): { readonly name: string; readonly only?: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(.*)$/.exec(rule);
  // A second colon outside brackets: an IPv6 address without a port.
  return match === null || match[3]!.includes(":") ? { name: bare(rule) } : {
    name: match[1] ?? match[2] ?? "",
    ...(match[3] === "" ? {} : { only: match[3]! }),
  };
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

const V4_IN_V6 = 0xffffn << 32n;

/** An address as 128 bits, IPv4 as ::ffff:a.b.c.d; nothing for a name. */
function addressOf(text: string): bigint | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const bytes = text.split(".").map(Number);
    if (bytes.some((byte) => byte > 255)) return undefined;
    return V4_IN_V6 |
      bytes.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
  }
  if (!text.includes(":") || !URL.canParse(`http://[${text}]/`)) {
    return undefined;
  }
  const [head = "", tail] = bare(new URL(`http://[${text}]/`).hostname)
    .split("::");
  const groups = (part: string): string[] => part === "" ? [] : part.split(":");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = tail === undefined
    ? []
    : Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce(
    (sum, group) => sum << 16n | BigInt(`0x${group}`),
    0n,
  );
}

function isLoopbackAddress(address: bigint | undefined): boolean {
  return address === 1n ||
    (address !== undefined &&
      address >> 24n === (V4_IN_V6 | 127n << 24n) >> 24n);
}

function networkOf(
  rule: string,
): { readonly base: bigint; readonly shift: bigint } | undefined {
  const match = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(rule);
  const base = match === null ? undefined : addressOf(match[1]!);
  if (match === null || base === undefined) return undefined;
  const most = match[1]!.includes(":") ? 128 : 32;
  const bits = Number(match[2]);
  return bits > most ? undefined : { base, shift: BigInt(most - bits) };
}

function parsed(text: string, where: string): ProxyAccess {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined || !SCHEMES.includes(url.protocol) || url.hostname === ""
  ) throw unusable(where);
  return {
    url: `${url.protocol}//${url.host}`,
    from: where,
    ...(url.username === "" && url.password === "" ? {} : {
      credentials: {
        username: decoded(url.username),
        password: decoded(url.password),
      },
    }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unusable(where: string): ClusterError {
  return new ClusterError(
    "kubeconfig",
    `Cannot use the proxy that ${
      quoted(where)
    } names: it is not an http, https or socks5 URL`,
    { hint: "Write it as http://HOST:PORT" },
  );
}
