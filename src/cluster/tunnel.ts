/**
 * A connection to a server through an HTTP proxy, for `node:https`: CONNECT,
 * then whatever the server speaks.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { ProxyAccess } from "./access.ts";

/** A proxy that does not let us through. */
export class ProxyError extends Error {
  override name = "ProxyError";
}

/**
 * Asks a proxy for a way to a server.
 *
 * @param to `api.test:6443`.
 * @throws {ProxyError} What the proxy answers instead of 200.
 */
export function openTunnel(proxy: ProxyAccess, to: string): Promise<Socket> {
  const url = new URL(proxy.url);
  const { username, password } = proxy.credentials ?? {};
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asking = request({
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port || (url.protocol === "https:" ? 443 : 80)),
      method: "CONNECT",
      path: to,
      agent: false,
      headers: {
        Host: to,
        ...(username === undefined ? {} : {
          "Proxy-Authorization": `Basic ${
            Buffer.from(`${username}:${password ?? ""}`).toString("base64")
          }`,
        }),
      },
    });
    const refuse = ({ statusCode }: IncomingMessage): void =>
      reject(
        new ProxyError(
          statusCode === 407
            ? "proxy authentication required"
            : `the proxy refuses (${statusCode})`,
        ),
      );
    asking.on("error", reject);
    asking.on("response", (answer) => {
      answer.destroy();
      refuse(answer);
    });
    asking.on("connect", (answer, socket) => {
      if (answer.statusCode === 200) return resolve(socket as Socket);
      socket.destroy();
      refuse(answer);
    });
    asking.end();
  });
}
