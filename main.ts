/**
 * The command line: `istiops shift -l app=api -b 3 -w 20`.
 *
 * A runtime reads all of a file before it runs any of it, so this one is in
 * words that each of them knows, and fetches the rest once it is known that
 * this is a Deno which has what the rest asks for. What the rest cannot tell,
 * since it is not there, is told here.
 *
 * @module
 */

/**
 * The first Deno on which everything works: those before send a write again
 * by themselves when no answer comes. docs/environments.md.
 */
const OLDEST = [2, 9, 6];

// Others do not know it: it is no reason to do nothing.
if (import.meta.main !== false) start();

function start(): void {
  const obstacle = obstacleOf(globalThis);
  if (obstacle !== undefined) return end(obstacle);
  // Nothing is left to wait for, and no status was given.
  addEventListener(
    "beforeunload",
    () =>
      end(
        "Cannot go on: nothing is left to wait for; next: tell us, this is a defect of istiops",
      ),
  );
  import("./src/cli/process.ts").then((rest) => rest.runProcess())
    .catch((error) => end(lineOf(error)));
}

/** Why this runtime is not one to run on. */
function obstacleOf(runtime: {
  readonly Deno?: { readonly version: { readonly deno: string } };
  readonly Bun?: unknown;
}): string | undefined {
  const needed = `istiops needs Deno ${OLDEST.join(".")} or newer`;
  if (runtime.Deno === undefined) {
    return `Cannot run on ${
      runtime.Bun === undefined ? "Node.js" : "Bun"
    }: ${needed}; next: npx -y deno@2 run -A istiops.js`;
  }
  const { deno } = runtime.Deno.version;
  const parts = deno.split(".").map((part) => parseInt(part));
  const at = OLDEST.findIndex((part, index) => part !== parts[index]);
  const isOld = at >= 0 && !(parts[at]! > OLDEST[at]!);
  return isOld
    ? `Cannot run on Deno ${deno}: ${needed}; next: deno upgrade, or npx -y deno@2 run -A istiops.js`
    : undefined;
}

/** A part that did not come: the folder of all of them is what to permit. */
function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [, what, path] = /Requires (read|import) access to "([^"]*)"/
    .exec(text) ?? [];
  if (what === undefined || path === undefined) {
    const next = /^[A-Z][a-z ]+["']https?:/.test(text)
      ? "run it again with --reload, before its URL"
      : "get it anew, its parts belong together";
    return `Cannot load istiops: ${text.split("\n")[0]}; next: ${next}`;
  }
  const place = what === "read" ? path.replace(/[^/\\]*$/, "") : path;
  return `Cannot load istiops: no permission to ${what} "${path}"; next: run it with --allow-${what}=${place}`;
}

function end(why: string): void {
  // deno-lint-ignore no-console
  console.error(`error: ${why}`);
  if (typeof Deno !== "undefined") Deno.exit(1);
  (globalThis as { process?: { exitCode: number } }).process!.exitCode = 1;
}
