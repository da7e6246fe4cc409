/**
 * What stands between a client and a server and breaks: a TCP proxy whose
 * connections are cut, reset, stalled or slowed at a chosen byte of what the
 * server sends.
 *
 * @module
 */

import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** What becomes of one connection; nothing: it works. */
export interface Toxic {
  /** Bytes from the server that get through before it. */
  readonly after: number;
  /** A clean end, a reset, or silence for ever. */
  readonly then: "FIN" | "RST" | "silence";
}

/** A proxy that is listening. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
}

/**
 * Listens on loopback in front of a port.
 *
 * @param toxicOf What becomes of the connection with that number, from 1.
 */
export async function startFaultProxy(
  port: number,
  toxicOf: (nth: number) => Toxic | undefined,
): Promise<FaultProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    const toxic = toxicOf(++connections);
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
      // Whoever breaks off first, the other is closed below.
      socket.on("error", () => {});
    }
    let left = toxic?.after ?? Infinity;
    client.on("data", (bytes) => upstream.write(bytes));
    client.on("close", () => upstream.destroy());
    upstream.on("data", (bytes: Uint8Array) => {
      if (left <= 0) return;
      const part = bytes.subarray(0, left);
      left -= part.length;
      client.write(part, () => left <= 0 && breakOff(client, toxic!.then));
    });
    upstream.on("close", () => left > 0 && client.end());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

function breakOff(client: Socket, how: Toxic["then"]): void {
  if (how === "FIN") client.end();
  else if (how === "RST") client.resetAndDestroy();
}
