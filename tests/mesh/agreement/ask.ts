/**
 * Requests through a proxy, and what its access log says of each.
 *
 * @module
 */

import { Agent, request as httpRequest } from "node:http";
import type { Request } from "../../../src/istio/match.ts";
import type { AccessLogLine } from "../envoy.ts";
import { until } from "../program.ts";

/** A request with a name of its own, and where it goes to. */
export interface Case {
  readonly id: string;
  /** Port of the proxy's listener on 127.0.0.1. */
  readonly listener: number;
  readonly request: Request;
}

/** Milliseconds until what happened is in the log. */
const FLUSHED = 300;

/** Sends all, some at a time; gives what each got, by its id. */
export async function ask(
  cases: readonly Case[],
  accessLog: string,
): Promise<ReadonlyMap<string, AccessLogLine>> {
  const lines = await newLinesOf(accessLog);
  const answers = new Map<string, AccessLogLine>();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const waiting = cases.toReversed();
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let one; (one = waiting.pop()) !== undefined;) await send(one, agent);
  }));
  agent.destroy();
  return await until(`${cases.length} lines of ${accessLog}`, async () => {
    await new Promise((done) => setTimeout(done, FLUSHED));
    for (const line of await lines()) {
      if (line.case !== null) answers.set(line.case, line);
    }
    return cases.every(({ id }) => answers.has(id)) ? answers : undefined;
  });
}

async function send(
  { id, listener, request }: Case,
  agent: Agent,
): Promise<void> {
  await sendTo(listener, {
    agent,
    method: request.method,
    path: request.path,
    headers: [
      ...request.headers,
      ["host", request.authority],
      // What a proxy goes by that does not end TLS itself.
      ...(request.scheme === "http"
        ? []
        : [["x-forwarded-proto", request.scheme] as const]),
      ["x-case", id],
    ],
  });
}

/**
 * One request as it is written: `fetch` takes no Host, and tidies paths.
 *
 * @param port Of 127.0.0.1.
 */
export async function sendTo(
  port: number,
  options: {
    readonly agent: Agent;
    readonly method: string;
    readonly path: string;
    readonly headers: Request["headers"];
  },
): Promise<{ status: number; location: string | undefined; body: string }> {
  return await new Promise((done, fail) => {
    const sent = httpRequest(
      {
        host: "127.0.0.1",
        port,
        ...options,
        // As a record, cookies would be joined before they are sent.
        headers: options.headers.flat(),
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => body += text);
        response.on("error", fail).on("end", () =>
          done({
            status: response.statusCode ?? 0,
            location: response.headers.location,
            body,
          }));
      },
    );
    sent.on("error", fail).end();
  });
}

/** Reads lines that come after what is there now. */
async function newLinesOf(
  path: string,
): Promise<() => Promise<AccessLogLine[]>> {
  let read = (await Deno.stat(path)).size;
  return async () => {
    using log = await Deno.open(path);
    await log.seek(read, Deno.SeekMode.Start);
    const bytes = new Uint8Array(
      await new Response(log.readable).arrayBuffer(),
    );
    const end = bytes.lastIndexOf(0x0a) + 1;
    read += end;
    const text = new TextDecoder().decode(bytes.subarray(0, end));
    return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  };
}

/** Waits until a host answers with a body. */
export async function bodyOf(
  listener: number,
  { host, body }: { readonly host: string; readonly body: string },
): Promise<void> {
  await until(`${host} to answer "${body}" at ${listener}`, async () => {
    using connection = await Deno.connect({
      hostname: "127.0.0.1",
      port: listener,
    });
    const request =
      `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const text = await new Response(connection.readable).text();
    return text.endsWith(body) ? true : undefined;
  });
}
