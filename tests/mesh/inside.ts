/**
 * The first process of a network of its own (`namespace.ts`): what it started
 * ends with it.
 *
 * @module
 */

import { ISTIOPS_MESH, ISTIOPS_MESH_STACK } from "./places.ts";
import { startStack } from "./stack.ts";
import { showTown } from "./town.ts";

interface Told {
  readonly folder: string;
  readonly parts: string;
  readonly args: readonly string[];
}

if (import.meta.main) {
  const [verb, folder = "", parts = "", ...args] = Deno.args;
  await network();
  const told = { folder, parts, args };
  if (verb === "up") await stay(told);
  endWithCaller(folder);
  Deno.exit(await (verb === "run" ? runScript(told) : runTests(told)));
}

/** The script starts what it needs itself. */
function runScript({ folder, parts, args }: Told): Promise<number> {
  const stack = { folder, parts: JSON.parse(parts) };
  return deno(["run", "-A", "--quiet", ...args], {
    [ISTIOPS_MESH_STACK]: JSON.stringify(stack),
  });
}

async function runTests({ folder, parts, args }: Told): Promise<number> {
  const { places } = await startStack({ folder, parts: JSON.parse(parts) });
  const file = `${folder}/places.json`;
  await Deno.writeTextFile(file, JSON.stringify(places));
  const tests = new URL(".", import.meta.url).pathname;
  return await deno(["test", "-A", ...args, tests], {
    [ISTIOPS_MESH]: file,
  });
}

async function stay({ folder, parts }: Told): Promise<never> {
  const { places } = await startStack({ folder, parts: JSON.parse(parts) });
  await showTown(places);
  // Whoever waits for the file is to find all of it.
  await Deno.writeTextFile(`${folder}/places.new`, JSON.stringify(places));
  await Deno.rename(`${folder}/places.new`, `${folder}/places.json`);
  return await new Promise(() => setInterval(() => {}, 1 << 30));
}

/** Loopback, and every address that a pod can have. */
async function network(): Promise<void> {
  for (
    const args of [
      ["link", "set", "lo", "up"],
      ["addr", "add", "10.77.0.0/16", "dev", "lo"],
    ]
  ) {
    const { success } = await new Deno.Command("ip", { args }).output();
    if (!success) throw new Error(`run ip ${args.join(" ")}: it failed`);
  }
}

/** The caller holds the other end of standard input, and lets go by ending. */
function endWithCaller(folder: string): void {
  Deno.stdin.readable.pipeTo(new WritableStream()).finally(() => {
    // It was not asked to clean up behind itself.
    Deno.removeSync(folder, { recursive: true });
    Deno.exit(130);
  });
}

async function deno(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { ...env },
    stdin: "null",
  }).spawn();
  return (await child.status).code;
}
