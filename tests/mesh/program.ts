/**
 * A program that runs beside the tests, with its output in a file.
 *
 * @module
 */

/** Options of {@linkcode start}. */
export interface StartOptions {
  readonly args: readonly string[];
  /** Where its output goes; also its working directory. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running program. */
export interface Program extends AsyncDisposable {
  readonly name: string;
  /** Its output so far. */
  log(): Promise<string>;
  /** Settles when it ends by itself: never well. */
  readonly ended: Promise<never>;
}

/** Starts a program; disposing it ends it. */
export function start(
  name: string,
  path: string,
  options: StartOptions,
): Program {
  const { folder, args, env = {} } = options;
  const file = `${folder}/${name}.log`;
  // The shell becomes the program: it only says where the output goes.
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", 'exec "$0" "$@" >>"$LOG" 2>&1', path, ...args],
    cwd: folder,
    env: { ...env, LOG: file },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const log = (): Promise<string> => Deno.readTextFile(file);
  let asked = false;
  const ended = child.status.then(async ({ code, signal }) => {
    if (asked) return await new Promise<never>(() => {});
    const last = (await log()).trim().split("\n").slice(-10).join("\n");
    throw new Error(`run ${name}: it ended with ${signal ?? code}\n${last}`);
  });
  ended.catch(() => {}); // Whoever waits for it hears of it.
  return {
    name,
    log,
    ended,
    async [Symbol.asyncDispose]() {
      asked = true;
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      const late = setTimeout(() => child.kill("SIGKILL"), 5000);
      await child.status;
      clearTimeout(late);
    },
  };
}

/**
 * Asks again and again until there is an answer.
 *
 * @param what For the message: `the API server to be ready`.
 * @param ask Gives `undefined`, or throws, while it is too early.
 * @throws {Error} After a minute, or when one of the programs ends.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  programs: readonly Program[] = [],
): Promise<T> {
  const deadline = Date.now() + 60_000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const got = await ask();
      if (got !== undefined) return got;
    } catch (error) {
      last = error;
    }
    await Promise.race([
      new Promise((done) => setTimeout(done, 50)),
      ...programs.map(({ ended }) => ended),
    ]);
  }
  throw new Error(`wait for ${what}: a minute was not enough`, { cause: last });
}
