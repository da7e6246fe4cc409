/**
 * Who carries out a change: the real command.
 *
 * @module
 */

import type { Places } from "../places.ts";
import { argumentsOf, type Step } from "./steps.ts";
import { TOWN } from "./town.ts";

/** What became of a change. */
export interface Outcome {
  readonly kind: "done" | "refused" | "broken";
  /** What was said. */
  readonly text: string;
}

/** Carries out a change, to its end. */
export type Operator = (step: Step, places: Places) => Promise<Outcome>;

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;

/** Wrong words, a guard, somebody else's change: and nothing was written. */
const REFUSED = [2, 4, 6];

/** `istiops`, as anybody runs it. */
export function istiops(options: { readonly settle: string }): Operator {
  return async (step, places) => {
    const { code, text } = await output(Deno.execPath(), [
      ...["run", "-A", "--quiet", MAIN, ...argumentsOf(step, TOWN)],
      ...["--kubeconfig", places.kubeconfig, "--settle", options.settle],
      ...["--yes", "--confirm", TOWN],
    ], { XDG_STATE_HOME: `${places.folder}/state`, NO_COLOR: "1" });
    const refused = REFUSED.includes(code);
    return { kind: code === 0 ? "done" : refused ? "refused" : "broken", text };
  };
}

/** Runs a program; what it said on both streams. */
export async function output(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    stdin: "null",
  }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))
    .join("\n").trim();
  return { code, text };
}
