/**
 * Standard input and output as the protocol's library wants them. Output
 * carries frames only, and is written at once: an editor that does not read
 * is not asked for more.
 *
 * @module
 */

import process from "node:process";
import type {
  DataCallback,
  Message,
  MessageReader,
  MessageWriter,
} from "vscode-languageserver/node";
import { frameBytes, FrameReader } from "./frames.ts";
import { Gate } from "./gate.ts";

/** Milliseconds between two looks at the process that started this one. */
const WATCH_MS = 3000;

const NO_EVENT = () => ({ dispose() {} });

/** The two ends, and what ends them. */
export interface Wire {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
  /** The status to end with, once input or the editor has ended. */
  readonly ended: Promise<number>;
}

/** Opens it; reading begins when the library listens. */
export function openWire(onLost: () => void): Wire {
  const gate = new Gate();
  const ended = Promise.withResolvers<number>();
  const write = (message: unknown): void => {
    try {
      let rest = frameBytes(message);
      while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
    } catch {
      // The editor has gone.
      ended.resolve(gate.status);
    }
  };
  const read = async (pass: DataCallback): Promise<void> => {
    const frames = new FrameReader();
    const bytes = new Uint8Array(64 * 1024);
    for (;;) {
      const length = await Deno.stdin.read(bytes);
      if (length === null) return ended.resolve(gate.status);
      for (const frame of frames.take(bytes.subarray(0, length))) {
        const passage = gate.take(frame);
        if (passage.kind === "end") return ended.resolve(passage.status);
        if (passage.kind === "lost") onLost();
        if ("answer" in passage) write(passage.answer);
        if (passage.kind !== "pass") continue;
        pass(withoutParent(passage.message, ended.resolve) as Message);
        // The library takes one in a turn: what it has not taken, waits there.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  return {
    ended: ended.promise,
    reader: {
      onError: NO_EVENT,
      onClose: NO_EVENT,
      onPartialMessage: NO_EVENT,
      listen(pass) {
        read(pass).catch(() => ended.resolve(1));
        return { dispose() {} };
      },
      dispose() {},
    },
    writer: {
      onError: NO_EVENT,
      onClose: NO_EVENT,
      write(message) {
        write(message);
        return Promise.resolve();
      },
      end() {},
      dispose() {},
    },
  };
}

/** The process that started this one is watched here, where that is allowed. */
function withoutParent(message: object, end: (status: number) => void): object {
  const { method, params } = message as {
    method?: string;
    params?: { processId?: unknown };
  };
  if (method !== "initialize") return message;
  const parent = params?.processId;
  const mayLook =
    Deno.permissions.querySync({ name: "run" }).state === "granted";
  if (typeof parent === "number" && mayLook) {
    setInterval(() => {
      try {
        process.kill(parent, 0);
      } catch (error) {
        if ((error as { code?: string }).code === "ESRCH") end(1);
      }
    }, WATCH_MS);
  }
  return { ...message, params: { ...params, processId: null } };
}
