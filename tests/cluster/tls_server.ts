/**
 * A server over TLS that may want a certificate of its clients, which
 * `Deno.serve` cannot; it lists one VirtualService.
 *
 * @module
 */

import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { listOf } from "./fake_server.ts";

/** Options of {@linkcode serveTls}. */
export interface TlsServerOptions {
  /** Its certificate; `server.crt` by default. */
  readonly cert?: string;
  readonly key?: string;
  /** Only clients with a certificate of the CA get through. */
  readonly wantsClient?: boolean;
  /** Any free one by default. */
  readonly port?: number;
}

/** A server that is listening. */
export interface TlsServer extends AsyncDisposable {
  readonly port: number;
  /** Requests that got through. */
  readonly requests: number;
}

/** A file of the folder `tls`. */
export function tlsFile(name: string): string {
  return Deno.readTextFileSync(new URL(`./tls/${name}`, import.meta.url));
}

/** Listens on loopback. */
export async function serveTls(
  options: TlsServerOptions = {},
): Promise<TlsServer> {
  const { cert = "server.crt", key = "server.key", wantsClient, port = 0 } =
    options;
  const body = await listOf(["reviews"]).text();
  let requests = 0;
  const server = createServer({
    cert: tlsFile(cert),
    key: tlsFile(key),
    ...(wantsClient === true
      ? { ca: tlsFile("ca.crt"), requestCert: true, rejectUnauthorized: true }
      : {}),
  }, (_, response) => {
    requests++;
    response.setHeader("content-type", "application/json");
    response.end(body);
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
