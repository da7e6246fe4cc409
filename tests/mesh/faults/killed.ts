/**
 * A command in a process of its own that is killed at one of its requests to
 * a real API server.
 *
 * @module
 */

import type { Clerk } from "../users/shop.ts";
import { type Scene, somebody, YES } from "./scene.ts";

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;

/** When it is killed. */
export interface Kill {
  /** Number of the request, from 1. */
  readonly at: number;
  /** Before the server has it, or before the answer arrives. */
  readonly when: "before" | "after";
}

/** What became of it. */
export interface Victim {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stderr: string;
  readonly requests: number;
  /** Number of its first write that is no dry run, from 1; 0: none. */
  readonly firstWrite: number;
}

/** Runs a command to its end, or to that of its process. */
export async function runKilled(
  scene: Scene,
  argv: readonly string[],
  kill?: Kill,
): Promise<Victim> {
  let [requests, firstWrite] = [0, 0];
  const numbers = new WeakMap<Request, number>();
  const end = async (): Promise<void> => {
    victim.kill("SIGKILL");
    await victim.status;
  };
  await using clerk: Clerk = await somebody(scene, {
    instead: async (request) => {
      numbers.set(request, ++requests);
      const { method, url } = request;
      if (firstWrite === 0 && method === "PATCH" && !url.includes("dryRun=")) {
        firstWrite = requests;
      }
      if (kill?.when !== "before" || kill.at !== requests) return undefined;
      await end();
      return new Response(null, { status: 503 });
    },
    after: async (request) => {
      if (kill?.when !== "after" || kill.at !== numbers.get(request)) return;
      await end();
    },
  });
  const victim = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", MAIN, ...argv],
      ...["--kubeconfig", clerk.kubeconfig, ...YES],
    ],
    env: { XDG_STATE_HOME: `${scene.places.folder}/state`, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const stderr = await new Response(victim.stderr).text();
  const { code, signal } = await victim.status;
  return { code, signal, stderr, requests, firstWrite };
}
