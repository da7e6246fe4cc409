/**
 * Bytes to one API server and back: Deno's own `fetch` on a client with the
 * credentials of one target, and where that cannot do it, `node:https`.
 *
 * A CA replaces the default roots, as kubectl has it. Native `fetch` only
 * adds it to them, so the program empties them for the whole process before
 * its first TLS use (`isolateRoots`); a library must not do that to its host
 * and takes `node:https`, which costs some milliseconds more.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import { permissionError } from "../permissions.ts";
import { type Access, isLoopback } from "./access.ts";
import { withinConnectTime } from "./reach.ts";
import { unusable, type Wire } from "./wire.ts";

/** Options of {@linkcode openWire}. */
export interface WireOptions {
  /** Empty the process's default roots first; for programs, not libraries. */
  readonly isolateRoots?: boolean;
}

/**
 * Makes a way to a server; nothing is connected yet.
 *
 * @throws {ClusterError} `kubeconfig` for certificates that cannot be used.
 */
export async function openWire(
  access: Access,
  options: WireOptions = {},
): Promise<Wire> {
  const url = new URL(access.server);
  const isTls = url.protocol === "https:";
  const needsNode = isTls && (access.tlsServerName !== undefined ||
    access.skipTlsVerify === true ||
    (access.certificateAuthority !== undefined &&
      options.isolateRoots !== true) ||
    // Native `fetch` would follow the environment where we go straight.
    (access.proxy === undefined && namesProxy()));
  // Whichever way is taken: the next connection may take the other.
  const roots = !isTls
    ? undefined
    : options.isolateRoots === true
    ? await isolateRoots(access.certificateAuthority)
    : access.certificateAuthority;
  if (!needsNode) return nativeWire(access, url, roots);
  if (/^socks/.test(access.proxy?.url ?? "")) throw noSocks();
  const { openNodeWire } = await import("./wire_node.ts");
  return openNodeWire({
    ...access,
    ...(roots === undefined || access.skipTlsVerify === true
      ? {}
      : { certificateAuthority: roots }),
  });
}

function nativeWire(
  access: Access,
  url: URL,
  roots: string | undefined,
): Wire {
  let client: Deno.HttpClient;
  try {
    client = Deno.createHttpClient({
      ...(roots === undefined ? {} : { caCerts: [roots] }),
      ...(url.protocol === "https:" ? access.clientCertificate ?? {} : {}),
      ...proxyOf(access, url),
    });
  } catch (error) {
    throw permissionError(error) ?? unusable(error);
  }
  // A server that has answered may be too busy for another connection while
  // it works on what came over the first.
  let hasAnswered = false;
  return {
    send: async (to, { connectMs, ...request }) => {
      const answer = fetch(to, {
        ...request,
        // As pairs, since a name may be there more than once.
        headers: [
          ...Object.entries(request.headers),
          ...(access.headers ?? []).map(([name, value]) => [name, value]),
        ] as [string, string][],
        client,
        redirect: "manual",
      });
      if (!hasAnswered) await withinConnectTime(answer, access, connectMs);
      hasAnswered = true;
      return await answer;
    },
    close: () => client.close(),
  };
}

/** Over plain HTTP, straight is a way of its own. */
function proxyOf(
  { proxy }: Access,
  url: URL,
): { readonly proxy?: Deno.Proxy } {
  if (proxy !== undefined) {
    const { url, credentials } = proxy;
    return {
      proxy: {
        url,
        ...(credentials === undefined ? {} : { basicAuth: credentials }),
      },
    };
  }
  if (url.protocol === "https:" || !(isLoopback(url) || namesProxy())) {
    return {};
  }
  return {
    proxy: {
      transport: "tcp",
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port || 80),
    },
  };
}

/** Does the environment name a proxy that native `fetch` would take? */
function namesProxy(): boolean {
  try {
    return ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"]
      .flatMap((name) => [name, name.toLowerCase()])
      .some((name) => (Deno.env.get(name) ?? "") !== "");
  } catch {
    // Who may not read it has none.
    return false;
  }
}

function noSocks(): ClusterError {
  return new ClusterError(
    "unsupported-kubeconfig",
    "Cannot go through a SOCKS proxy with tls-server-name, insecure-skip-tls-verify or, from a library, a CA of its own",
    { hint: "Use an HTTP proxy, or the command line with a CA alone" },
  );
}

// Where Linux distributions, the BSDs and macOS keep their roots.
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Empties the default roots of the process, and gives those to use instead.
 * Works only before the first TLS use of the process.
 */
async function isolateRoots(
  authority: string | undefined,
): Promise<string | undefined> {
  Deno.env.delete("DENO_CERT");
  if (authority !== undefined) {
    Deno.env.set("DENO_TLS_CA_STORE", "");
    return authority;
  }
  for (const path of [Deno.env.get("SSL_CERT_FILE"), ...BUNDLES]) {
    if (path === undefined || path === "") continue;
    const bundle = await Deno.readTextFile(path).catch(() => undefined);
    if (bundle === undefined) continue;
    Deno.env.set("DENO_TLS_CA_STORE", "");
    return bundle;
  }
  Deno.env.set("DENO_TLS_CA_STORE", "system");
  return undefined;
}
