/**
 * Whole processes beside each other: started in turn, in a home of their own,
 * medians of the times and the highest of the memory.
 *
 * @module
 */

import { whyNoKubectl } from "../tests/support/kubectl.ts";
import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(new URL("server.ts", import.meta.url));

/** One process to measure. */
export interface Subject {
  readonly name: string;
  readonly command: readonly string[];
  /** Runs before each round, and does not count. */
  readonly before?: () => Promise<void>;
  /** It found something, which is no failure; 0 alone by default. */
  readonly statuses?: readonly number[];
}

export interface Measured {
  readonly milliseconds: number;
  /** Of all its threads; absent where `/usr/bin/time` is missing. */
  readonly cpu?: number;
  /** Peak resident memory; absent where `/usr/bin/time` is missing. */
  readonly mebibytes?: number;
}

export interface Server {
  readonly http: string;
  readonly https: string;
  readonly ca: string;
  readonly seen: string;
  end(): Promise<void>;
}

export const home = await Deno.makeTempDir();
export const env = {
  HOME: home,
  NO_COLOR: "1",
  PATH: Deno.env.get("PATH") ?? "",
};
export const hasTime = await exists("/usr/bin/time");
export const kubectl = await whyNoKubectl() === undefined;

export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

export async function serve(size: string): Promise<Server> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", SERVER, size],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the server did not start");
    text += value;
  }
  return {
    ...JSON.parse(text),
    async end() {
      await process.stdin.close();
      await reader.cancel();
      await process.status;
    },
  };
}

/** A kubeconfig for a server; its path. */
export async function kubeconfig(url: string, ca: string): Promise<string> {
  const path = await Deno.makeTempFile({ dir: home });
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "bench",
      contexts: [{ name: "bench", context: { cluster: "c", user: "u" } }],
      clusters: [{
        name: "c",
        cluster: {
          server: url,
          ...(url.startsWith("https:")
            ? { "certificate-authority-data": btoa(ca) }
            : {}),
        },
      }],
      // Without credentials kubectl would ask for some.
      users: [{ name: "u", user: { token: "bench" } }],
    }),
  );
  return path;
}

/** A script of a few lines; its path. */
export async function script(source: string): Promise<string> {
  const path = await Deno.makeTempFile({ dir: home, suffix: ".js" });
  await Deno.writeTextFile(path, source);
  return path;
}

export async function run(
  command: readonly string[],
  { statuses = [0] }: Pick<Subject, "statuses"> = {},
): Promise<Measured> {
  const report = `${home}/time`;
  const [program = "", ...args] = hasTime
    ? ["/usr/bin/time", "-o", report, "-f", "%M %U %S", ...command]
    : command;
  const begin = performance.now();
  const { code, stderr } = await new Deno.Command(program, {
    args,
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const milliseconds = performance.now() - begin;
  if (!statuses.includes(code)) {
    throw new Error(
      `${command.join(" ")}\n${new TextDecoder().decode(stderr)}`,
    );
  }
  if (!hasTime) return { milliseconds };
  // A status other than 0 has a line of its own, before.
  const line = (await Deno.readTextFile(report)).trim().split("\n").at(-1);
  const [kibibytes = NaN, user = NaN, system = NaN] = line!.split(" ")
    .map(Number);
  return {
    milliseconds,
    cpu: (user + system) * 1000,
    mebibytes: kibibytes / 1024,
  };
}

/** Rounds of all subjects in turn, so that noise meets all of them. */
export async function measure(
  subjects: readonly Subject[],
  rounds: number,
): Promise<Map<string, Measured>> {
  const times = new Map<string, Measured[]>();
  // The first round fills caches and is thrown away.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, command, before, ...how } of subjects) {
      await before?.();
      const measured = await run(command, how);
      if (round === 0) continue;
      times.set(name, [...times.get(name) ?? [], measured]);
    }
  }
  return new Map([...times].map(([name, all]) => [name, {
    milliseconds: median(all.map((one) => one.milliseconds)),
    ...(hasTime
      ? {
        cpu: median(all.map((one) => one.cpu ?? 0)),
        mebibytes: Math.max(...all.map((one) => one.mebibytes ?? 0)),
      }
      : {}),
  }]));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

export function say(text = ""): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

export function table(results: ReadonlyMap<string, Measured>): void {
  for (const [name, { milliseconds, cpu, mebibytes }] of results) {
    say(
      `  ${name.padEnd(44)} ${milliseconds.toFixed(1).padStart(8)} ms${
        cpu === undefined || mebibytes === undefined
          ? ""
          : `  ${cpu.toFixed(0).padStart(6)} ms CPU  ${
            mebibytes.toFixed(0).padStart(5)
          } MiB`
      }`,
    );
  }
}

export function ratio(
  results: ReadonlyMap<string, Measured>,
  a: string,
  b: string,
): number {
  return (results.get(a)?.milliseconds ?? NaN) /
    (results.get(b)?.milliseconds ?? NaN);
}
