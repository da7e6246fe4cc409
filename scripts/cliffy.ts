/**
 * What concerns `cliffy.ts`, the only module that needs JSR: its tests, the
 * package with it, and running it from the sources. Where JSR cannot be
 * reached a copy of Cliffy stands in (`ISTIOPS_SHARED`, `../shared` by
 * default); where there is none either, one line says what is left out.
 *
 * `deno run -A scripts/cliffy.ts test|publish|run [ARGUMENT…]`; `publish`
 * only tries
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { copyOfCliffy, type Registry, serveCopy } from "./cliffy_registry.ts";

const ROOT = new URL("../", import.meta.url);
/** The lock has npm packages alone, and is to stay so: platforms differ. */
const NO_LOCK = "--no-lock";
const TESTS = "tests/cliffy";
const DOCS = "docs/cliffy.md";

/** How Cliffy is had, or why it is not. */
type Source =
  | { readonly env: Readonly<Record<string, string>>; readonly how: string }
  | { readonly why: string };

if (import.meta.main) {
  const [what = "", ...rest] = Deno.args;
  const jsr = await canCache();
  await using copy = jsr ? undefined : await openCopy();
  Deno.exitCode = await perform(
    what,
    rest,
    jsr
      ? { env: {}, how: "from JSR" }
      : copy === undefined
      ? { why: `neither JSR nor a copy of Cliffy in ${copyOfCliffy()}` }
      : {
        env: { JSR_URL: copy.url },
        how: `from the copy in ${copyOfCliffy()}`,
      },
  );
}

async function perform(
  what: string,
  rest: readonly string[],
  source: Source,
): Promise<number> {
  switch (what) {
    case "test":
      return await test(rest, source);
    case "publish":
      return await publish(source);
    case "run":
      if ("why" in source) {
        say(`cliffy.ts cannot run: ${source.why}`);
        return 1;
      }
      return await deno(
        ["run", "-A", "--quiet", NO_LOCK, "cliffy.ts", ...rest],
        source.env,
      );
    default:
      say("scripts/cliffy.ts test|publish|run [ARGUMENT…]");
      return 2;
  }
}

/** Types, docs and tests. */
async function test(rest: readonly string[], source: Source): Promise<number> {
  if ("why" in source) {
    say(`The tests of cliffy.ts are skipped: ${source.why}`);
    // One that counts as ignored, so that it is seen in the sum.
    return await deno(["test", "-A", "--quiet", "scripts/cliffy_skipped.ts"]);
  }
  say(`Cliffy ${source.how}`);
  const steps = [
    ["check", "--quiet", NO_LOCK, "cliffy.ts"],
    ["doc", "--lint", "--quiet", NO_LOCK, "cliffy.ts"],
    ["test", "-A", "--quiet", NO_LOCK, ...rest, TESTS],
    ["test", "-A", "--quiet", NO_LOCK, "--doc", "cliffy.ts", DOCS],
  ];
  for (const step of steps) {
    const code = await deno(step, source.env);
    if (code !== 0) return code;
  }
  return 0;
}

/** The package, without what needs Cliffy where that cannot be had. */
async function publish(source: Source): Promise<number> {
  const settings = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  // `publish` does not know --no-lock.
  settings.lock = false;
  if ("why" in source) {
    say(`The dry run leaves ./cliffy out: ${source.why}`);
    delete settings.exports["./cliffy"];
    settings.publish.exclude = ["cliffy.ts"];
  }
  // Paths in it are those of the project, so it lies there.
  const config = await Deno.makeTempFile({
    dir: fileURLToPath(ROOT),
    prefix: ".deno-",
    suffix: ".json",
  });
  try {
    await Deno.writeTextFile(config, JSON.stringify(settings));
    return await deno(
      ["publish", "--dry-run", "--allow-dirty", "--config", config],
      "why" in source ? {} : source.env,
    );
  } finally {
    await Deno.remove(config);
  }
}

/** Is JSR there, or what is needed of it in the cache? */
async function canCache(): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", NO_LOCK, "cliffy.ts"],
    cwd: ROOT,
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

async function openCopy(): Promise<Registry | undefined> {
  try {
    return await serveCopy(copyOfCliffy());
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function deno(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { ...env },
  }).spawn().status;
  return code;
}

function say(text: string): void {
  // deno-lint-ignore no-console
  console.error(text);
}
