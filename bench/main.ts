/**
 * How long whole processes take, beside peers in the same run, since machines
 * are noisy: medians of interleaved rounds, and their ratios. It measures the
 * bundle: `deno task bench [ROUNDS]`.
 *
 * @module
 */

const BUNDLE = new URL("../dist/istiops.js", import.meta.url).pathname;
const SERVER = new URL("server.ts", import.meta.url).pathname;
const ROUNDS = Number(Deno.args[0] ?? 15);
const DENO = [Deno.execPath(), "run", "-A", "--no-config", "--quiet"];

/** One process to measure. */
interface Subject {
  readonly name: string;
  readonly command: readonly string[];
  /** Runs before each round, and does not count. */
  readonly before?: () => Promise<void>;
}

interface Measured {
  readonly milliseconds: number;
  /** Peak resident memory; absent where `/usr/bin/time` is missing. */
  readonly mebibytes?: number;
}

interface Server {
  readonly http: string;
  readonly https: string;
  readonly ca: string;
  readonly seen: string;
  end(): Promise<void>;
}

const home = await Deno.makeTempDir();
const env = { HOME: home, NO_COLOR: "1", PATH: Deno.env.get("PATH") ?? "" };
const hasTime = await exists("/usr/bin/time");
const kubectl = await findKubectl();

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function findKubectl(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("kubectl", {
      args: ["version", "--client"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

async function serve(size: string): Promise<Server> {
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
async function kubeconfig(url: string, ca: string): Promise<string> {
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
async function script(source: string): Promise<string> {
  const path = await Deno.makeTempFile({ dir: home, suffix: ".js" });
  await Deno.writeTextFile(path, source);
  return path;
}

async function run(command: readonly string[]): Promise<Measured> {
  const report = `${home}/time`;
  const [program = "", ...args] = hasTime
    ? ["/usr/bin/time", "-o", report, "-f", "%M", ...command]
    : command;
  const begin = performance.now();
  const { success, stderr } = await new Deno.Command(program, {
    args,
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const milliseconds = performance.now() - begin;
  if (!success) {
    throw new Error(
      `${command.join(" ")}\n${new TextDecoder().decode(stderr)}`,
    );
  }
  if (!hasTime) return { milliseconds };
  const kibibytes = Number((await Deno.readTextFile(report)).trim());
  return { milliseconds, mebibytes: kibibytes / 1024 };
}

/** Rounds of all subjects in turn, so that noise meets all of them. */
async function measure(
  subjects: readonly Subject[],
  rounds: number,
): Promise<Map<string, Measured>> {
  const times = new Map<string, Measured[]>();
  // The first round fills caches and is thrown away.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, command, before } of subjects) {
      await before?.();
      const measured = await run(command);
      if (round === 0) continue;
      times.set(name, [...times.get(name) ?? [], measured]);
    }
  }
  return new Map([...times].map(([name, all]) => [name, {
    milliseconds: median(all.map((one) => one.milliseconds)),
    ...(hasTime
      ? { mebibytes: Math.max(...all.map((one) => one.mebibytes ?? 0)) }
      : {}),
  }]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function say(text = ""): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** A figure held against its target. */
function judge(what: string, figure: number, of: {
  readonly most: number;
  readonly unit: string;
}): void {
  const verdict = figure <= of.most ? "met" : "MISSED";
  say(
    `  ${verdict.padEnd(6)}  ${what}: ${
      figure.toFixed(2)
    } ${of.unit} (target ${of.most})`,
  );
}

function table(results: ReadonlyMap<string, Measured>): void {
  for (const [name, { milliseconds, mebibytes }] of results) {
    say(
      `  ${name.padEnd(44)} ${milliseconds.toFixed(1).padStart(8)} ms${
        mebibytes === undefined
          ? ""
          : `  ${mebibytes.toFixed(0).padStart(5)} MiB`
      }`,
    );
  }
}

function ratio(
  results: ReadonlyMap<string, Measured>,
  a: string,
  b: string,
): number {
  return (results.get(a)?.milliseconds ?? NaN) /
    (results.get(b)?.milliseconds ?? NaN);
}

/** What `show` asks the server for. */
async function requestsOf(
  server: Server,
  command: readonly string[],
): Promise<readonly string[]> {
  const ask = async () =>
    await (await fetch(server.http + server.seen)).json() as string[];
  await ask();
  await run(command);
  return await ask();
}

const bareScript = (url: string, paths: readonly string[], ca?: string) =>
  script(`
    const client = ${
    ca
      ? `Deno.createHttpClient({ caCerts: [${JSON.stringify(ca)}] })`
      : "undefined"
  };
    const get = async (path) =>
      JSON.parse(await (await fetch(${
    JSON.stringify(url)
  } + path, { client })).text());
    await Promise.all(${JSON.stringify(paths)}.map(get));
    Deno.exit();
  `);

async function startUp(): Promise<void> {
  const server = await serve("demo");
  const plain = await kubeconfig(server.http, server.ca);
  const tls = await kubeconfig(server.https, server.ca);
  const show = (config: string) => [
    ...[...DENO, BUNDLE, "show", "api-domain-virtualservice"],
    ...["--kubeconfig", config],
  ];
  const paths = await requestsOf(server, show(plain));
  const kinds = "virtualservices,destinationrules,pods";
  const results = await measure([
    { name: "empty script", command: [...DENO, await script("Deno.exit();")] },
    { name: "istiops --help", command: [...DENO, BUNDLE, "--help"] },
    { name: "istiops version", command: [...DENO, BUNDLE, "version"] },
    {
      name: "bare script, requests of show, HTTP",
      command: [...DENO, await bareScript(server.http, paths)],
    },
    { name: "istiops show, HTTP", command: show(plain) },
    {
      name: "bare script, requests of show, TLS",
      command: [...DENO, await bareScript(server.https, paths, server.ca)],
    },
    { name: "istiops show, TLS", command: show(tls) },
    ...(kubectl
      ? [{
        name: `kubectl get, TLS`,
        command: [
          ...["kubectl", "get", kinds, "-o", "json", "--kubeconfig", tls],
          `--cache-dir=${home}/cache`,
        ],
      }]
      : []),
  ], ROUNDS);
  await server.end();
  say(`Start-up, ${ROUNDS} rounds (show makes ${paths.length} requests):`);
  table(results);
  judge("--help to empty", ratio(results, "istiops --help", "empty script"), {
    most: 1.5,
    unit: "times",
  });
  judge(
    "show over HTTP to empty",
    ratio(results, "istiops show, HTTP", "empty script"),
    { most: 3, unit: "times" },
  );
  judge(
    "show over TLS to the bare script",
    ratio(
      results,
      "istiops show, TLS",
      "bare script, requests of show, TLS",
    ),
    { most: 1.25, unit: "times" },
  );
  if (kubectl) {
    judge(
      "show over TLS to kubectl",
      ratio(results, "istiops show, TLS", "kubectl get, TLS"),
      { most: 1, unit: "times" },
    );
  } else say("  kubectl is not on PATH: not compared");
  judgeMemory(results, { name: "istiops show, TLS", most: 90 });
}

function judgeMemory(
  results: ReadonlyMap<string, Measured>,
  of: { readonly name: string; readonly most: number },
): void {
  const peak = results.get(of.name)?.mebibytes;
  if (peak === undefined) {
    say("  /usr/bin/time is missing: memory not measured");
  } else judge(`peak of ${of.name}`, peak, { most: of.most, unit: "MiB" });
}

async function many(): Promise<void> {
  const server = await serve("5000");
  const tls = await kubeconfig(server.https, server.ca);
  const show = [...DENO, BUNDLE, "show", "-A", "--kubeconfig", tls];
  // A bare script that pages through the same lists.
  const lists = [
    ...new Set(
      (await requestsOf(server, show)).map((path) => path.replace(/\?.*/, "")),
    ),
  ];
  const bare = await script(`
    const client = Deno.createHttpClient({ caCerts: [${
    JSON.stringify(server.ca)
  }] });
    const page = async (path) => {
      let next = "";
      do {
        const url = ${JSON.stringify(server.https)} + path + "?limit=500" +
          (next && "&continue=" + encodeURIComponent(next));
        const body = JSON.parse(await (await fetch(url, { client })).text());
        next = body.metadata.continue ?? "";
      } while (next);
    };
    await Promise.all(${JSON.stringify(lists)}.map(page));
    Deno.exit();
  `);
  const rounds = Math.max(3, Math.floor(ROUNDS / 3));
  const results = await measure([
    { name: "bare paging script", command: [...DENO, bare] },
    { name: "istiops show -A", command: show },
    ...(kubectl
      ? [{
        name: "kubectl get -A",
        command: [
          ...["kubectl", "get", "virtualservices,destinationrules", "-A"],
          ...["-o", "json", "--kubeconfig", tls, `--cache-dir=${home}/cache`],
        ],
      }]
      : []),
  ], rounds);
  await server.end();
  say();
  say(`5,000 VirtualServices and 5,000 DestinationRules, ${rounds} rounds:`);
  table(results);
  judge(
    "show -A to the bare paging script",
    ratio(results, "istiops show -A", "bare paging script"),
    { most: 1.3, unit: "times" },
  );
  if (kubectl) {
    judge(
      "show -A to kubectl",
      ratio(results, "istiops show -A", "kubectl get -A"),
      { most: 0.5, unit: "times" },
    );
  }
  judgeMemory(results, { name: "istiops show -A", most: 250 });
}

async function long(): Promise<void> {
  const server = await serve("long");
  const plain = await kubeconfig(server.http, server.ca);
  let weight = 10;
  const command: string[] = [];
  const results = await measure([{
    name: "istiops shift, 500 routes",
    command,
    // Each round changes something.
    before() {
      weight = weight === 20 ? 30 : 20;
      command.splice(
        0,
        command.length,
        ...[...DENO, BUNDLE, "shift", "long", "-b", "2", "-w", `${weight}`],
        ...["--settle", "0s", "--yes", "--kubeconfig", plain],
      );
      return Promise.resolve();
    },
  }], ROUNDS);
  await server.end();
  say();
  say("One VirtualService with 500 routes, planned and shifted:");
  table(results);
  judge(
    "planned and shifted",
    results.get("istiops shift, 500 routes")?.milliseconds ?? NaN,
    { most: 500, unit: "ms" },
  );
}

try {
  say(`Deno ${Deno.version.deno}, ${Deno.build.target}`);
  await startUp();
  await many();
  await long();
} finally {
  await Deno.remove(home, { recursive: true });
}
