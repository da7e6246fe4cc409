/**
 * Is there an engine that could build an image?
 *
 * @module
 */

import { DOCKERFILE } from "./image.ts";
import { parseDockerfile } from "./dockerfile.ts";

/** One that works and has, or can get, the bases; or why there is none. */
export async function whyNoEngine(): Promise<
  { readonly engine?: string; readonly why?: string }
> {
  const reasons: string[] = [];
  for (const engine of ["docker", "podman"]) {
    const why = await whyNot(engine);
    if (why === undefined) return { engine };
    reasons.push(why);
  }
  return { why: reasons.join(", ") };
}

async function whyNot(engine: string): Promise<string | undefined> {
  const works = await succeeds(engine, ["info"]);
  if (works === undefined) return `${engine} is not on PATH`;
  if (!works) return `${engine} has no engine to ask`;
  for (const { base } of parseDockerfile(DOCKERFILE)) {
    if (await succeeds(engine, ["image", "inspect", base])) continue;
    if (!await succeeds(engine, ["pull", base])) {
      return `${engine} cannot get ${base}`;
    }
  }
  return undefined;
}

async function succeeds(
  program: string,
  args: readonly string[],
): Promise<boolean | undefined> {
  try {
    const { success } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
