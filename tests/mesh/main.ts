/**
 * A real mesh to test with, in a network of its own:
 *
 *     main.ts test [--required] [ARGS]         starts one, runs the tests in it, ends it
 *     main.ts run [--required] SCRIPT [ARGS]   runs a script in such a network
 *     main.ts up     starts one that stays; a former one is ended
 *     main.ts down   ends it
 *
 * Where it cannot run it says why and exits 0; with `--required`, 1.
 *
 * @module
 */

import { enter } from "./namespace.ts";
import { buildParts, whyNoMesh } from "./parts.ts";
import { down, up } from "./up.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main([verb = "", ...rest]: readonly string[]): Promise<number> {
  if (!["test", "run", "up", "down"].includes(verb)) {
    say("say what is to be done: test, run SCRIPT, up, or down");
    return 2;
  }
  if (verb === "down") {
    say(await down() ? "it is down" : "it was not up");
    return 0;
  }
  const required = rest[0] === "--required";
  const args = required ? rest.slice(1) : rest;
  const reason = await whyNoMesh();
  if (reason !== undefined) {
    say(`skipped: ${reason}`);
    return required ? 1 : 0;
  }
  if (!await fetchModules(verb === "run" ? args.slice(0, 1) : [])) return 1;
  const parts = await buildParts(say);
  if (verb === "up") {
    for (const line of await up(parts)) say(line);
    return 0;
  }
  const folder = await Deno.makeTempDir({ prefix: "istiops-mesh-" });
  try {
    return await untilDone(
      enter(verb, { parts, folder, args, stdin: "piped" }),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** While there is a network to fetch them from: in there is none. */
async function fetchModules(scripts: readonly string[]): Promise<boolean> {
  const here = new URL(".", import.meta.url).pathname;
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", here, ...scripts],
  }).spawn().status;
  return success;
}

/** A signal ends what runs in there, and with it the wait. */
async function untilDone(child: Deno.ChildProcess): Promise<number> {
  let asked = false;
  const stop = (): void => {
    asked = true;
    child.kill("SIGKILL");
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  const { code } = await child.status;
  for (const signal of signals) Deno.removeSignalListener(signal, stop);
  return asked ? 130 : code;
}

function say(line: string): void {
  // deno-lint-ignore no-console
  console.log(`mesh: ${line}`);
}
