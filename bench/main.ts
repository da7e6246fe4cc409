/**
 * How long whole processes take, beside peers in the same run, since machines
 * are noisy: medians of interleaved rounds, and their ratios. It measures the
 * bundle: `deno task bench [ROUNDS]`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import {
  home,
  kubeconfig,
  kubectl,
  measure,
  type Measured,
  ratio,
  run,
  say,
  script,
  serve,
  type Server,
  table,
} from "./processes.ts";

const BUNDLE = fileURLToPath(new URL("../dist/istiops.js", import.meta.url));
const ROUNDS = Number(Deno.args[0] ?? 15);
const DENO = [Deno.execPath(), "run", "-A", "--no-config", "--quiet"];

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
