/**
 * A deadline for the connection alone. Native `fetch` does not tell whether
 * it has one: it waits for the answer, or for the operating system to give up
 * after two minutes. So whoever has waited half the time in vain tries to
 * connect on the side, and if that is not taken in the other half, neither
 * is the call.
 *
 * @module
 */

import { after } from "./attempt.ts";
import type { Access } from "./access.ts";

/** No connection came about, in time or at all. */
export class NoConnection extends Error {
  override name = "NoConnection";
  /** Certainly nothing was sent. */
  readonly isUnsent: boolean;

  constructor({ isUnsent }: { readonly isUnsent: boolean }) {
    super("no connection");
    this.isUnsent = isUnsent;
  }
}

/**
 * Waits for an answer, though not where nothing takes connections.
 *
 * @throws {NoConnection} The request may have been sent all the same, over a
 * connection that was there and is dead by now.
 */
export async function withinConnectTime<T>(
  answer: Promise<T>,
  access: Access,
  milliseconds: number,
): Promise<T> {
  const half = milliseconds / 2;
  const over = new AbortController();
  let lift = (): void => {};
  const deadline = new Promise<never>((_, reject) => {
    lift = after(half, async () => {
      const giveUp = after(half, () => {
        reject(new NoConnection({ isUnsent: false }));
        over.abort();
      });
      await connectsTo(access, over.signal);
      giveUp();
    });
  });
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    lift();
    over.abort();
  }
}

/**
 * Resolves once the server, or the proxy on the way, answers in any way: a
 * refusal or a certificate that is not trusted are for the call to tell.
 */
async function connectsTo(
  { server, proxy }: Access,
  signal: AbortSignal,
): Promise<void> {
  const { protocol, hostname: host, port } = new URL(proxy?.url ?? server);
  const hostname = host.replace(/^\[(.*)\]$/, "$1");
  try {
    const connection = await Deno.connect({
      hostname,
      port: Number(port || PORTS[protocol]),
      signal,
    });
    if (protocol !== "https:") return connection.close();
    const tls = await Deno.startTls(connection, { hostname });
    const close = (): void => tls.close();
    signal.addEventListener("abort", close);
    try {
      await tls.handshake();
    } finally {
      signal.removeEventListener("abort", close);
      if (!signal.aborted) close();
    }
  } catch {
    // What it says does not matter.
  }
}

const PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "socks5:": 1080,
  "socks5h:": 1080,
};
