/**
 * Bytes to the messages in them: `Content-Length: N`, a blank line, N bytes of
 * JSON. Nothing that comes in can make it hold more than one message of the
 * largest size.
 *
 * @module
 */

/** The largest message that is read: 8 MiB. */
export const LARGEST_MESSAGE = 8 * 1024 * 1024;

const LARGEST_HEADER = 4096;

/** What was found. */
export type Frame =
  | { readonly kind: "message"; readonly message: object }
  /** No JSON, or JSON that is no message. */
  | {
    readonly kind: "malformed";
    readonly error: "parse" | "request";
    readonly why: string;
    readonly id?: number | string;
  }
  /** It is skipped: what it said is not known. */
  | { readonly kind: "too-large"; readonly length: number };

/** Takes bytes as they come. */
export class FrameReader {
  #header: number[] = [];
  #body: Uint8Array | undefined;
  #filled = 0;
  #skip = 0;

  /** The frames that are whole with these bytes. */
  *take(bytes: Uint8Array): Generator<Frame> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else if (this.#body !== undefined) {
        const part = bytes.subarray(
          at,
          at + this.#body.length - this.#filled,
        );
        this.#body.set(part, this.#filled);
        this.#filled += part.length;
        at += part.length;
        if (this.#filled === this.#body.length) yield this.#whole();
      } else {
        this.#header.push(bytes[at++] as number);
        const frame = this.#begin();
        if (frame) yield frame;
      }
    }
  }

  /** A header that is whole begins a body. */
  #begin(): Frame | undefined {
    const header = this.#header;
    const isWhole = header.at(-1) === 10 && header.at(-2) === 13 &&
      header.at(-3) === 10 && header.at(-4) === 13;
    if (!isWhole && header.length < LARGEST_HEADER) return undefined;
    this.#header = [];
    const text = String.fromCharCode(...header);
    const found = /^content-length:[ \t]*(\d{1,15})[ \t]*\r$/im.exec(text);
    if (!isWhole || found === null) {
      return {
        kind: "malformed",
        error: "parse",
        why: "A message begins with Content-Length and a blank line",
      };
    }
    const length = Number(found[1]);
    if (length > LARGEST_MESSAGE) {
      this.#skip = length;
      return { kind: "too-large", length };
    }
    this.#body = new Uint8Array(length);
    this.#filled = 0;
    return length === 0 ? this.#whole() : undefined;
  }

  #whole(): Frame {
    const text = new TextDecoder().decode(this.#body);
    this.#body = undefined;
    return frameOf(text);
  }
}

function frameOf(text: string): Frame {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { kind: "malformed", error: "parse", why: "A message is JSON" };
  }
  const wrong = (why: string, id?: unknown): Frame => ({
    kind: "malformed",
    error: "request",
    why,
    ...typeof id === "number" || typeof id === "string" ? { id } : {},
  });
  if (
    typeof message !== "object" || message === null || Array.isArray(message)
  ) return wrong("A message is one JSON object");
  const { id, method, params, jsonrpc } = message as Record<string, unknown>;
  if (jsonrpc !== "2.0") return wrong("A message says jsonrpc 2.0", id);
  const isResponse = method === undefined &&
    ("result" in message || "error" in message);
  if (isResponse) return { kind: "message", message };
  if (typeof method !== "string") {
    return wrong("A request names its method", id);
  }
  if (
    "id" in message && typeof id !== "number" && typeof id !== "string"
  ) return wrong("A request's id is a number or a string");
  if ("params" in message && params !== null && typeof params !== "object") {
    return wrong("Parameters are an object", id);
  }
  return { kind: "message", message };
}

/** A message as it is sent. */
export function frameBytes(message: unknown): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(message));
  const head = new TextEncoder().encode(
    `Content-Length: ${body.length}\r\n\r\n`,
  );
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all;
}
