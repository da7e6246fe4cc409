/**
 * What a message means for the life of the server: which ones pass, which ones
 * are answered here, and when it ends.
 *
 * @module
 */

import type { Frame } from "./frames.ts";

/** Codes of JSON-RPC and of the protocol. */
export const CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  invalidParams: -32602,
  serverNotInitialized: -32002,
  requestFailed: -32803,
  contentModified: -32801,
} as const;

/** What becomes of a frame. */
export type Passage =
  | { readonly kind: "pass"; readonly message: object }
  | { readonly kind: "answer"; readonly answer: object }
  /** It is skipped; documents may have changed in it. */
  | { readonly kind: "lost"; readonly answer: object }
  | { readonly kind: "end"; readonly status: 0 | 1 }
  | { readonly kind: "nothing" };

/** From `initialize` to `exit`. */
export class Gate {
  #state: "new" | "running" | "down" = "new";

  /** What the end of input comes to. */
  get status(): 0 | 1 {
    return this.#state === "down" ? 0 : 1;
  }

  take(frame: Frame): Passage {
    switch (frame.kind) {
      case "malformed":
        return {
          kind: "answer",
          answer: failure(
            frame.id ?? null,
            frame.error === "parse" ? CODES.parseError : CODES.invalidRequest,
            frame.why,
          ),
        };
      case "too-large":
        return {
          kind: "lost",
          answer: failure(
            null,
            CODES.invalidRequest,
            `A message has at most 8 MiB, and not ${frame.length} bytes`,
          ),
        };
      case "message":
        return this.#message(frame.message);
    }
  }

  #message(message: object): Passage {
    const { id, method } = message as { id?: number | string; method?: string };
    if (method === "exit" && id === undefined) {
      return { kind: "end", status: this.status };
    }
    const isRequest = method !== undefined && id !== undefined;
    const state = this.#state;
    if (state === "new" && method === "initialize" && isRequest) {
      this.#state = "running";
      return { kind: "pass", message };
    }
    if (state === "new") {
      return refuse(CODES.serverNotInitialized, "initialize comes first");
    }
    if (state === "down") {
      return refuse(CODES.invalidRequest, "shutdown was before");
    }
    if (method === "initialize") {
      return refuse(CODES.invalidRequest, "initialize was before");
    }
    if (method === "shutdown" && isRequest) this.#state = "down";
    return { kind: "pass", message };

    function refuse(code: number, why: string): Passage {
      return isRequest
        ? { kind: "answer", answer: failure(id ?? null, code, why) }
        : { kind: "nothing" };
    }
  }
}

function failure(
  id: number | string | null,
  code: number,
  message: string,
): object {
  return { jsonrpc: "2.0", id, error: { code, message } };
}
