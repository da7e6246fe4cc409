/**
 * What it costs to ask about the routing of a large mesh: `check` and
 * `explain` over many VirtualServices and as many DestinationRules, beside
 * `istioctl analyze` on the same files in the same run. It measures the
 * bundle, with the permissions that it needs and no others:
 * `deno task bench:insight [ROUNDS] [OBJECTS]`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { buildParts } from "../tests/mesh/parts.ts";
import { randomOf } from "../src/istio/draw.ts";
import { namespaceOf } from "../src/istio/hosts.ts";
import type { KubeObject } from "../src/istio/types.ts";
import { stringifyYaml } from "../src/yaml.ts";
import { type BenchWorld, benchWorld } from "./insight_world.ts";
import {
  hasTime,
  home,
  kubeconfig,
  measure,
  type Measured,
  say,
  script,
  serve,
  type Subject,
} from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const COUNT = Number(Deno.args[1] ?? 5000);
const REQUESTS = 200_000;
const BUNDLE = new URL("../dist/istiops.js", import.meta.url).href;
const DENO = [Deno.execPath(), "run", "--no-prompt", "--no-config", "--quiet"];
const READ = `--allow-read=${home},${fileURLToPath(new URL(".", BUNDLE))}`;
const ISTIOPS = [...DENO, READ, BUNDLE];
/** Both find something in the world, and say so. */
const FOUND = { statuses: [0, 1, 79] };

/** One way to have the world. */
interface Form {
  readonly name: string;
  /** Behind `-f`. */
  readonly path: string;
  /** `istioctl analyze` looks at none of the items of a List. */
  readonly isList?: boolean;
}

/** Files as Git has them, and as `kubectl get` prints them by namespace. */
async function formsOf({ rules, behind }: BenchWorld): Promise<Form[]> {
  const all = [...rules, ...behind];
  const yaml = async (name: string, objects: readonly KubeObject[]) => {
    const path = `${home}/${name}.yaml`;
    await Deno.writeTextFile(
      path,
      objects.map((each) => stringifyYaml(each)).join("---\n"),
    );
    return path;
  };
  const lists = async (name: string, objects: readonly KubeObject[]) => {
    const folder = `${home}/${name}`;
    await Deno.mkdir(folder);
    for (const [namespace, items] of Map.groupBy(objects, namespaceOf)) {
      await Deno.writeTextFile(
        `${folder}/${namespace}.json`,
        JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 2),
      );
    }
    return folder;
  };
  return [
    { name: "rules, YAML", path: await yaml("rules", rules) },
    { name: "rules, JSON", path: await lists("rules", rules), isList: true },
    { name: "all, YAML", path: await yaml("all", all) },
    { name: "all, JSON", path: await lists("all", all), isList: true },
  ];
}

/** The program, or nothing and a line about why not. */
async function istioctl(): Promise<string | undefined> {
  try {
    return (await buildParts(say)).istioctl;
  } catch (error) {
    say(`istioctl is not here: ${String(error).split("\n")[0]}`);
    return undefined;
  }
}

/** A line for each request: any service, any rule of it. */
async function requestsFile(
  { services }: BenchWorld,
  count: number,
): Promise<string> {
  const random = randomOf(count);
  const lines = Array.from({ length: count }, () => {
    const { name, namespace } =
      services[Math.floor(random() * services.length)]!;
    const beta = random() < 0.5 ? { "x-beta": "1" } : {};
    return JSON.stringify({
      method: "GET",
      host: `${name}.${namespace}.svc.cluster.local`,
      path: `/v${Math.floor(random() * 5)}/x`,
      headers: { ...beta, "user-agent": "bench" },
      client: { kind: "sidecar", namespace, labels: { app: name }, port: 8080 },
    });
  });
  const path = `${home}/requests-${count}.jsonl`;
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
  return path;
}

/** A figure held against its target. */
function judge(what: string, figure: number, of: {
  readonly target: number;
  readonly unit: string;
  readonly isLeast?: boolean;
}): void {
  const isMet = of.isLeast === true ? figure >= of.target : figure <= of.target;
  say(
    `  ${(isMet ? "met" : "MISSED").padEnd(6)}  ${what}: ${
      figure.toFixed(0)
    } ${of.unit} (target ${of.target})`,
  );
}

function row(name: string, measured: Measured, of?: Measured): void {
  const { milliseconds, cpu, mebibytes } = measured;
  const cells = [
    milliseconds.toFixed(0),
    cpu?.toFixed(0) ?? "",
    mebibytes?.toFixed(0) ?? "",
    of === undefined ? "" : (milliseconds / of.milliseconds).toFixed(2),
  ];
  say(
    `| ${name.padEnd(36)} | ${
      cells.map((cell) => cell.padStart(8)).join(" | ")
    } |`,
  );
}

/** A status says only that something was found: here is how much. */
async function countFindings(path: string): Promise<number> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...ISTIOPS.slice(1), "check", "-A", "-f", path, "-o", "json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).findings.length;
}

const load = async () =>
  (await Deno.readTextFile("/proc/loadavg").catch(() => "?")).slice(0, 4);

try {
  say(`Deno ${Deno.version.deno}, ${Deno.build.target}`);
  const world = benchWorld(COUNT);
  const forms = await formsOf(world);
  const peer = await istioctl();
  for (const { name, path } of forms) {
    say(`${name}: ${await countFindings(path)} findings`);
  }
  const server = await serve(`insight-${COUNT}`);
  const config = await kubeconfig(server.http, server.ca);
  const { name, namespace } = world.services[Math.floor(COUNT / 2)]!;
  const one = ["explain", "-n", namespace, "GET", `http://${name}:8080/v1/x`];
  const inCluster = (...words: readonly string[]) => [
    ...DENO,
    READ,
    `--allow-net=${new URL(server.http).host}`,
    "--allow-env=HOME,KUBECONFIG,HTTP_PROXY,http_proxy",
    BUNDLE,
    ...words,
    ...["--kubeconfig", config],
  ];
  const asked = async (count: number): Promise<Subject> => ({
    name: `explain --requests, ${count} lines`,
    command: [
      ...[...ISTIOPS, "explain", "-f", `${home}/all`, "--requests"],
      await requestsFile(world, count),
    ],
  });
  const [few, many] = [await asked(50), await asked(REQUESTS)];
  const before = await load();
  const results = await measure([
    { name: "empty", command: [...DENO, await script("Deno.exit();")] },
    ...forms.flatMap((form): readonly Subject[] => [
      {
        name: `check, ${form.name}`,
        command: [...ISTIOPS, "check", "-A", "-f", form.path],
        ...FOUND,
      },
      {
        name: `explain, ${form.name}`,
        command: [...ISTIOPS, ...one, "-f", form.path],
      },
      ...(peer === undefined || form.isList ? [] : [{
        name: `istioctl, ${form.name}`,
        command: [peer, "analyze", "--use-kube=false", "-A", form.path],
        ...FOUND,
      }]),
    ]),
    { name: "check, cluster", command: inCluster("check", "-A"), ...FOUND },
    { name: "explain, cluster", command: inCluster(...one) },
    few,
    many,
  ], ROUNDS);
  await server.end();

  say(
    `${COUNT} VirtualServices and DestinationRules ("rules"), with Services` +
      ` and ${COUNT * 3} Pods ("all"); medians of ${ROUNDS} rounds;` +
      ` load ${before} before, ${await load()} behind`,
  );
  if (!hasTime) say("/usr/bin/time is missing: no CPU time, no memory");
  say();
  say("| what | ms | CPU ms | peak MiB | of istioctl |");
  say("| --- | ---: | ---: | ---: | ---: |");
  for (const [name, measured] of results) {
    const form = name.replace(/^\w+, /, "");
    const of = name.startsWith("istioctl")
      ? undefined
      : results.get(`istioctl, ${form}`);
    row(name, measured, of);
  }
  say();
  const figures = (name: string) => results.get(name)!;
  const check = figures("check, rules, YAML");
  judge("check of the rules, YAML", check.milliseconds, {
    target: 2000,
    unit: "ms",
  });
  judge("its memory", check.mebibytes ?? NaN, { target: 300, unit: "MiB" });
  for (const form of ["rules, JSON", "rules, YAML"]) {
    judge(
      `explain of one, ${form}`,
      figures(`explain, ${form}`).milliseconds,
      { target: 300, unit: "ms" },
    );
  }
  judge(
    "explain --requests",
    (REQUESTS - 50) * 1000 /
      (figures(many.name).milliseconds - figures(few.name).milliseconds),
    { target: 20_000, unit: "a second", isLeast: true },
  );
} finally {
  await Deno.remove(home, { recursive: true });
}
