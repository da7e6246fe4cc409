/**
 * A SOCKS5 proxy on loopback (RFC 1928, RFC 1929) that writes down what it is
 * asked for, and refuses what it is told to.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** Options of {@linkcode startSocksProxy}. */
export interface SocksProxyOptions {
  /** `user:pass`, without which nobody gets through. */
  readonly password?: string;
  /** The reply to a request: 0 lets it through; 2 is "not allowed", … */
  readonly reply?: number;
  /** Where it leads whoever asks for a name; that is all its DNS. */
  readonly hosts?: Readonly<Record<string, string>>;
}

/** A proxy that is listening. */
export interface SocksProxy extends AsyncDisposable {
  readonly port: number;
  /** What it was asked for: `name localhost:443`, `address 10.0.0.1:443`. */
  readonly asked: readonly string[];
}

/** Listens on a free port. */
export async function startSocksProxy(
  { password, reply = 0, hosts = {} }: SocksProxyOptions = {},
): Promise<SocksProxy> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
    return socket;
  };
  const serve = async (client: Socket): Promise<void> => {
    const bytes = reader(client);
    const [, methods = 0] = await bytes.read(2);
    await bytes.read(methods);
    client.write(Uint8Array.of(5, password === undefined ? 0 : 2));
    if (password !== undefined) {
      const [, userLength = 0] = await bytes.read(2);
      const user = (await bytes.read(userLength)).toString();
      const [length = 0] = await bytes.read(1);
      const given = `${user}:${(await bytes.read(length)).toString()}`;
      client.write(Uint8Array.of(1, given === password ? 0 : 1));
      if (given !== password) return void client.end();
    }
    const [, , , kind] = await bytes.read(4);
    const host = kind === 3
      ? (await bytes.read((await bytes.read(1))[0]!)).toString()
      : [...await bytes.read(4)].join(".");
    const port = (await bytes.read(2)).readUInt16BE();
    asked.push(`${kind === 3 ? "name" : "address"} ${host}:${port}`);
    const answer = Uint8Array.of(5, reply, 0, 1, 0, 0, 0, 0, 0, 0);
    if (reply !== 0) return void client.end(answer);
    const server = keep(connect(port, hosts[host] ?? host));
    server.on("connect", () => {
      client.write(answer);
      bytes.rest(server);
      server.pipe(client);
    });
  };
  const server = createServer((client) => {
    serve(keep(client)).catch(() => client.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

interface Reader {
  /** The next bytes, so many. */
  read(length: number): Promise<Buffer>;
  /** Everything from here on goes there. */
  rest(to: Socket): void;
}

function reader(socket: Socket): Reader {
  let held = Buffer.alloc(0);
  let more = (): void => {};
  const take = (bytes: Uint8Array): void => {
    held = Buffer.concat([held, bytes]);
    more();
  };
  socket.on("data", take);
  return {
    async read(length) {
      while (held.length < length) {
        await new Promise<void>((done) => more = done);
      }
      const part = held.subarray(0, length);
      held = held.subarray(length);
      return part;
    },
    rest(to) {
      socket.off("data", take);
      to.write(held);
      socket.pipe(to);
    },
  };
}
