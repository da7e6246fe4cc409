/**
 * The way to a server by `node:https`, whose CA replaces the default roots
 * and which takes another server name. Imported only where it is needed.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { Agent, type AgentOptions, request as httpsRequest } from "node:https";
import type { ClientRequestArgs, IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import {
  checkServerIdentity,
  connect as connectTls,
  type ConnectionOptions,
} from "node:tls";
import { createGunzip } from "node:zlib";
import { after } from "./attempt.ts";
import type { Access, ProxyAccess } from "./access.ts";
import { NoConnection } from "./reach.ts";
import { openTunnel } from "./tunnel.ts";
import { unusable, type Wire, type WireRequest } from "./wire.ts";

/** An agent whose connections go through a proxy. */
class TunnelAgent extends Agent {
  readonly #proxy: ProxyAccess;

  constructor(proxy: ProxyAccess, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: ClientRequestArgs,
    done: (error: Error | null, stream: Duplex) => void = () => {},
  ): Duplex {
    const fail = (error: Error): void => done(error, undefined!);
    openTunnel(this.#proxy, `${options.host}:${options.port}`).then(
      (socket) => done(null, connectTls({ ...options as object, socket })),
      fail,
    );
    // It comes by the callback.
    return undefined!;
  }
}

/** Opens a way with the CA and the server name of the access. */
export function openNodeWire(access: Access): Wire {
  let agent: Agent;
  const { proxy } = access;
  try {
    checkReadable(access.certificateAuthority);
    agent = agentFor(proxy, {
      keepAlive: true,
      maxSockets: 8,
      ...(access.certificateAuthority === undefined
        ? {}
        : { ca: access.certificateAuthority }),
      ...(access.tlsServerName === undefined
        ? {}
        : nameToCheck(access.tlsServerName)),
      ...(access.skipTlsVerify === true ? { rejectUnauthorized: false } : {}),
      ...access.clientCertificate,
    });
  } catch (error) {
    throw unusable(error);
  }
  return {
    send: async (url, request) => {
      try {
        return await send(agent, url, {
          ...request,
          headers: withOwn(request.headers, access.headers),
        });
      } catch (error) {
        throw await truerCause(error, access, request.signal);
      }
    },
    close: () => agent.destroy(),
  };
}

/**
 * One of a bundle that cannot be read would end the whole process at the first
 * connection: Deno throws where nobody can catch it.
 */
function checkReadable(bundle = ""): void {
  const each = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;
  for (const [pem] of bundle.matchAll(each)) new X509Certificate(pem);
}

function agentFor(
  proxy: ProxyAccess | undefined,
  options: AgentOptions,
): Agent {
  return proxy === undefined
    ? new Agent(options)
    : new TunnelAgent(proxy, options);
}

/** A name that is there more than once goes out more than once. */
function withOwn(
  headers: WireRequest["headers"],
  own: Access["headers"],
): Readonly<Record<string, string | readonly string[]>> {
  const all: Record<string, string | readonly string[]> = { ...headers };
  for (const [name] of own ?? []) {
    all[name] = own!.filter(([other]) => other === name)
      .map(([, value]) => value);
  }
  return all;
}

/** An address is not sent as a name, only looked for in the certificate. */
function nameToCheck(
  name: string,
): Pick<ConnectionOptions, "servername" | "checkServerIdentity"> {
  return isIP(name) === 0 ? { servername: name } : {
    checkServerIdentity: (_, certificate) =>
      checkServerIdentity(name, certificate),
  };
}

function send(
  agent: Agent,
  url: string,
  { method, headers, body, signal, connectMs }: Omit<WireRequest, "headers"> & {
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
  },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new NoConnection({ isUnsent: true }));
    const request = httpsRequest(url, {
      agent,
      method,
      headers: {
        ...headers,
        "Accept-Encoding": "gzip",
        ...(body === undefined
          ? {}
          : { "Content-Length": String(Buffer.byteLength(body)) }),
      },
    });
    // `signal` as an option hangs on a reused socket; destroying does not.
    let isConnected = false;
    const abort = () => {
      request.destroy();
      reject(
        isConnected ? signal.reason : new NoConnection({ isUnsent: true }),
      );
    };
    let lift = (): void => {};
    signal.addEventListener("abort", abort, { once: true });
    request.on("socket", (socket) => {
      isConnected = request.reusedSocket;
      if (isConnected) return;
      lift = after(connectMs, abort);
      socket.once("secureConnect", () => {
        isConnected = true;
        lift();
      });
    });
    request.on("error", reject);
    request.on("close", () => {
      lift();
      signal.removeEventListener("abort", abort);
    });
    request.on("response", (answer: IncomingMessage) => {
      try {
        resolve(responseOf(answer));
      } catch (error) {
        request.destroy();
        reject(error);
      }
    });
    request.end(body);
  });
}

/**
 * An expired certificate is reported like one of an unknown CA; `fetch` knows
 * better. Only a handshake is of interest: nothing secret is sent.
 */
async function truerCause(
  error: unknown,
  access: Access,
  signal: AbortSignal,
): Promise<unknown> {
  const { certificateAuthority, proxy } = access;
  const isDoubtful = error instanceof Error && "code" in error &&
    error.code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
  // The look goes straight there, which a proxy may be there to prevent.
  if (
    !isDoubtful || certificateAuthority === undefined || proxy !== undefined
  ) return error;
  try {
    using client = Deno.createHttpClient({ caCerts: [certificateAuthority] });
    const answer = await fetch(access.server, {
      method: "HEAD",
      redirect: "manual",
      client,
      signal,
    });
    await answer.body?.cancel();
    return error;
  } catch (probed) {
    return /Expired|expired|NotValidYet|not valid yet/.test(
        String(probed instanceof Error ? probed.cause : probed),
      )
      ? probed
      : error;
  }
}

function responseOf(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headersDistinct)) {
    for (const one of value ?? []) headers.append(name, one);
  }
  const status = answer.statusCode ?? 0;
  const isZipped = headers.get("content-encoding") === "gzip";
  const bytes = isZipped ? unzipped(answer) : answer;
  if ([101, 204, 205, 304].includes(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(bodyOf(answer, bytes), { status, headers });
}

function unzipped(answer: IncomingMessage): NodeJS.ReadableStream {
  const gunzip = createGunzip();
  answer.on("error", (error) => gunzip.destroy(error));
  answer.on("aborted", () => gunzip.destroy(new Error("aborted")));
  return answer.pipe(gunzip);
}

/** A web stream over a Node stream that ends with an error when cut. */
function bodyOf(
  answer: IncomingMessage,
  bytes: NodeJS.ReadableStream,
): ReadableStream<Uint8Array> {
  const iterator = (bytes as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (!done) return controller.enqueue(new Uint8Array(value));
      if (!answer.complete) throw new Error("the body was cut");
      controller.close();
    },
    cancel() {
      answer.destroy();
    },
  });
}
