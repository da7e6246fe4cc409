/**
 * What a client of a kubeconfig does, seen from outside: a TLS server that
 * asks for client certificates, a proxy that tunnels, and both kubectl and
 * istiops sent to them.
 *
 * @module
 */

import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { connectKubernetes, outsideOf } from "../../../src/cluster/connect.ts";
import type { Access } from "../../../src/cluster/access.ts";
import { loadAccess } from "../../../src/cluster/credentials.ts";
import { TrafficError } from "../../../src/errors.ts";
import { listOf } from "../../cluster/fake_server.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const TLS = new URL("../../cluster/tls/", import.meta.url);
const read = (name: string) => Deno.readTextFile(new URL(name, TLS));

/** What was seen of one client. */
export interface Facts {
  /** A request came through TLS. */
  readonly reached: boolean;
  readonly authorization: string | null;
  /** `impersonate-*: value`, sorted. */
  readonly impersonation: readonly string[];
  readonly certificate: boolean;
  /** `http://host:port user:password`. */
  readonly proxy: string | null;
}

/** A kubeconfig in a folder of its own. */
export interface Config {
  /** Text by path; `$SERVER`, `$PORT`, `$PROXY`, `$CA`, `$CERT`, `$KEY`. */
  readonly files: Readonly<Record<string, string>>;
  /** Several are a `KUBECONFIG`; `config` by default. */
  readonly kubeconfig?: readonly string[];
  readonly context?: string;
  /** More of the environment; `$PROXY` stands for the proxy. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Both, about one configuration. */
export interface Comparison {
  readonly kubectl: Facts;
  readonly istiops: Facts | { readonly refused: string };
}

const NOTHING: Facts = {
  reached: false,
  authorization: null,
  impersonation: [],
  certificate: false,
  proxy: null,
};

/** The server and the proxy of one run. */
export interface Rig extends AsyncDisposable {
  compare(config: Config): Promise<Comparison>;
}

/** Starts both. */
export async function openRig(): Promise<Rig> {
  let seen: Facts | undefined;
  const body = await listOf(["reviews"]).text();
  const server = createServer({
    cert: await read("server.crt"),
    key: await read("server.key"),
    ca: await read("ca.crt"),
    requestCert: true,
    rejectUnauthorized: false,
  }, (request, response) => {
    const peer = (request.socket as TLSSocket).getPeerCertificate?.();
    seen = {
      reached: true,
      authorization: request.headers.authorization ?? null,
      impersonation: impersonationOf(request.rawHeaders),
      certificate: peer !== null && peer !== undefined &&
        Object.keys(peer).length > 0,
      proxy: null,
    };
    response.setHeader("content-type", "application/json");
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const proxy = openProxy(port);
  const home = await Deno.makeTempDir();
  const fill = await filler({ port, proxy: proxy.port });
  return {
    async compare(config) {
      const folder = await Deno.makeTempDir({ dir: home });
      for (const [path, text] of Object.entries(config.files)) {
        const at = `${folder}/${path}`;
        await Deno.mkdir(at.slice(0, at.lastIndexOf("/")), { recursive: true });
        await Deno.writeTextFile(at, fill(text, folder));
        if (path.endsWith(".sh")) await Deno.chmod(at, 0o755);
      }
      for (
        const name of ["ca.crt", "another_ca.crt", "client.crt", "client.key"]
      ) {
        await Deno.writeTextFile(`${folder}/${name}`, await read(name));
      }
      const env = {
        HOME: folder,
        PATH: Deno.env.get("PATH") ?? "",
        KUBECONFIG: (config.kubeconfig ?? ["config"])
          .map((path) => `${folder}/${path}`).join(":"),
        ...Object.fromEntries(
          Object.entries(config.env ?? {})
            .map(([name, value]) => [name, fill(value, folder)]),
        ),
      };
      seen = undefined;
      proxy.seen = null;
      await runKubectl(env, config.context);
      const kubectl = { ...seen ?? NOTHING, proxy: proxy.seen };
      seen = undefined;
      const istiops = await runIstiops(env, {
        context: config.context,
        facts: () => seen ?? NOTHING,
      });
      return { kubectl, istiops };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await proxy[Symbol.asyncDispose]();
      await Deno.remove(home, { recursive: true });
    },
  };
}

async function filler(ports: {
  readonly port: number;
  readonly proxy: number;
}): Promise<(text: string, folder: string) => string> {
  const data = async (name: string) => btoa(await read(name));
  const values = new Map([
    ["$SERVER", `https://127.0.0.1:${ports.port}`],
    ["$PORT", String(ports.port)],
    ["$PROXY", `127.0.0.1:${ports.proxy}`],
    ["$CA", await data("ca.crt")],
    ["$WRONG_CA", await data("another_ca.crt")],
    ["$CERT", await data("client.crt")],
    ["$KEY", await data("client.key")],
    ["$PEM", await read("ca.crt")],
    // As a JSON text has them.
    ["$PEM_CERT", JSON.stringify(await read("client.crt")).slice(1, -1)],
    ["$PEM_KEY", JSON.stringify(await read("client.key")).slice(1, -1)],
  ]);
  return (text, folder) =>
    text.replaceAll(
      /\$[A-Z_]+/g,
      (name) => name === "$FOLDER" ? folder : values.get(name) ?? name,
    );
}

async function runKubectl(
  env: Readonly<Record<string, string>>,
  context: string | undefined,
): Promise<void> {
  await new Deno.Command("kubectl", {
    args: [
      ...context === undefined ? [] : ["--context", context],
      "--request-timeout=3s",
      "get",
      "--raw",
      "/version",
    ],
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}

async function runIstiops(
  env: Readonly<Record<string, string>>,
  options: {
    readonly context: string | undefined;
    readonly facts: () => Facts;
  },
): Promise<Comparison["istiops"]> {
  const { context, facts } = options;
  const connection = {
    context,
    env: (name: string) => env[name],
    execPolicy: "allow-all",
  } as const;
  try {
    const access = await loadAccess(connection, outsideOf(connection));
    await using cluster = await connectKubernetes({
      ...connection,
      limits: { attempts: 1, readMs: 5000 },
      clock: new VirtualClock(),
    });
    await cluster.list("VirtualService");
    return { ...facts(), proxy: proxyOf(access) };
  } catch (error) {
    if (!(error instanceof TrafficError)) throw error;
    const isRefusal = ["kubeconfig", "unsupported-kubeconfig", "exec-plugin"]
      .includes(error.code);
    return isRefusal
      ? { refused: `${error.code}: ${error.message}` }
      : { ...facts() };
  }
}

function proxyOf({ proxy }: Access): string | null {
  if (proxy === undefined) return null;
  const { username, password } = proxy.credentials ?? {};
  return proxy.url + (username === undefined ? "" : ` ${username}:${password}`);
}

function impersonationOf(raw: readonly string[]): readonly string[] {
  return raw.flatMap((name, at) =>
    at % 2 === 0 && /^impersonate-/i.test(name)
      ? [`${name.toLowerCase()}: ${raw[at + 1]}`]
      : []
  ).sort();
}

/** Tunnels whatever it is asked for to the one server there is. */
function openProxy(to: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const under = new Set<Promise<void>>();
  const proxy = {
    port: listener.addr.port,
    seen: null as string | null,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      for (const connection of open) close(connection);
      await Promise.all(under);
    },
  };
  const close = (connection: Deno.TcpConn): void => {
    open.delete(connection);
    try {
      connection.close();
    } catch {
      // The other end of it did.
    }
  };
  const tunnel = async (connection: Deno.TcpConn): Promise<void> => {
    open.add(connection);
    const bytes = new Uint8Array(8192);
    const length = await connection.read(bytes).catch(() => null) ?? 0;
    const head = new TextDecoder().decode(bytes.subarray(0, length));
    const secret = /proxy-authorization: basic (\S+)/i.exec(head)?.[1];
    proxy.seen = `http://127.0.0.1:${proxy.port}${
      secret === undefined ? "" : ` ${atob(secret)}`
    }`;
    const server = await Deno.connect({ hostname: "127.0.0.1", port: to });
    open.add(server);
    await connection.write(
      new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"),
    ).catch(() => {});
    await Promise.all([pump(connection, server), pump(server, connection)]);
  };
  const pump = async (from: Deno.TcpConn, into: Deno.TcpConn) => {
    const bytes = new Uint8Array(65_536);
    try {
      for (;;) {
        const length = await from.read(bytes);
        if (length === null) break;
        await into.write(bytes.subarray(0, length));
      }
    } catch {
      // One of the two is gone.
    }
    close(from);
    close(into);
  };
  const serving = (async () => {
    for await (const connection of listener) {
      const done = tunnel(connection).catch(() => {}).finally(() =>
        under.delete(done)
      );
      under.add(done);
    }
  })();
  return proxy;
}
