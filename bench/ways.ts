/**
 * Every way in beside kubectl and the former Go tool: start-up and size, in
 * one table. `deno task bench:ways [ROUNDS] [GO_TOOL]`; GO_TOOL is the path of
 * the built Go tool. What cannot be had here is named with the reason.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { build } from "../scripts/build.ts";
import { compile, type Target } from "../scripts/compile.ts";
import { buildNpm } from "../scripts/npm.ts";
import { serveFolder } from "../tests/delivery/rig/static_server.ts";
import {
  env,
  home,
  kubeconfig,
  kubectl,
  measure,
  type Measured,
  say,
  script,
  serve,
  type Subject,
} from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 15);
const GO_TOOL = Deno.args[1];
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DENO = [Deno.execPath(), "run", "-A", "--no-config", "--quiet"];
const NAME = "api-domain-virtualservice";

/** A way in, and what is fetched for it. */
interface Way {
  readonly name: string;
  readonly program: readonly string[];
  /** Bytes of istiops itself, without the runtime that it needs. */
  readonly bytes?: number;
  readonly needs: string;
  /** Other words than ours for the same. */
  readonly version?: readonly string[];
  /** Nothing: it cannot read what the others show. */
  readonly show?: readonly string[] | null;
}

async function sizeOf(path: string): Promise<number> {
  const { isDirectory, size } = await Deno.stat(path);
  if (!isDirectory) return size;
  let sum = 0;
  for await (const { name } of Deno.readDir(path)) {
    sum += await sizeOf(`${path}/${name}`);
  }
  return sum;
}

async function must(
  command: string,
  args: readonly string[],
  cwd = ROOT,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** The npm package, packed and installed into a folder of its own. */
async function npmWay(): Promise<Way> {
  const folder = `${home}/npm`;
  await Deno.mkdir(folder);
  await buildNpm(`${home}/package`);
  await must(
    "npm",
    ["pack", "--silent", "--pack-destination", folder],
    `${home}/package`,
  );
  const [packed] = [...Deno.readDirSync(folder)].map(({ name }) => name);
  await Deno.writeTextFile(`${folder}/package.json`, "{}");
  await must("npm", ["install", "--silent", `./${packed}`], folder);
  return {
    name: "npm, installed",
    program: [`${folder}/node_modules/.bin/istiops`],
    bytes: await sizeOf(`${folder}/${packed}`),
    needs: "Node 20; the package deno, 42 MB",
  };
}

async function ways(url: string): Promise<readonly Way[]> {
  const missing = (name: string) => (error: unknown) => {
    const [line = ""] = String(error).split("\n");
    say(`${name}: not here: ${line}`);
    return undefined;
  };
  const bundle = await sizeOf(`${home}/dist`);
  const maps = [...Deno.readDirSync(`${home}/dist`)]
    .filter(({ name }) => name.endsWith(".map"))
    .reduce(
      (sum, { name }) => sum + Deno.statSync(`${home}/dist/${name}`).size,
      0,
    );
  const all: (Way | undefined)[] = [
    {
      name: "bundle",
      program: [...DENO, `${home}/dist/istiops.js`],
      bytes: bundle - maps,
      needs: "Deno",
    },
    {
      name: "from a URL, cached",
      program: [...DENO, `${url}istiops.js`],
      bytes: bundle - maps,
      needs: "Deno",
    },
    {
      name: "sources",
      program: [...DENO.slice(0, 3), "--quiet", `${ROOT}main.ts`],
      needs: "Deno, a clone",
    },
    await npmWay().catch(missing("npm")),
    await cliffyWay().catch(missing("Cliffy")),
    await binaryWay().catch(missing("binary")),
    GO_TOOL === undefined ? undefined : {
      name: "the former Go tool",
      program: [GO_TOOL],
      bytes: await sizeOf(GO_TOOL),
      needs: "nothing",
      // Its model of Istio is too old for the embedded cluster's objects.
      show: null,
    },
    kubectl
      ? {
        name: "kubectl",
        program: ["kubectl"],
        bytes: await sizeOf(await kubectlPath()),
        needs: "nothing",
        version: ["version", "--client"],
        show: [
          ...["get", "virtualservices,destinationrules,pods", "-o", "json"],
          `--cache-dir=${home}/cache`,
        ],
      }
      : undefined,
  ];
  return all.filter((way) => way !== undefined);
}

async function kubectlPath(): Promise<string> {
  for (const folder of (env.PATH ?? "").split(":")) {
    const path = `${folder}/kubectl`;
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  throw new Error("kubectl is not on PATH");
}

/** From the sources: its packages are JSR's, or a copy of them. */
function cliffyWay(): Promise<Way> {
  return Promise.resolve({
    name: "Cliffy door, from the sources",
    program: [
      ...DENO.slice(0, 3),
      "--quiet",
      `${ROOT}scripts/cliffy.ts`,
      "run",
    ],
    needs: "Deno, a clone, JSR",
  });
}

/** Where Deno's runtime can be fetched. */
async function binaryWay(): Promise<Way> {
  const target = Deno.build.target as Target;
  await compile(`${home}/bin`, [target]);
  const path = `${home}/bin/istiops-${target}`;
  return {
    name: "binary",
    program: [path],
    bytes: await sizeOf(path),
    needs: "nothing",
  };
}

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : (bytes / 1024 / 1024).toFixed(1);
}

try {
  await build(`${home}/dist`);
  await using files = serveFolder(`${home}/dist`);
  const server = await serve("demo");
  const config = await kubeconfig(server.https, server.ca);
  const all = await ways(files.url);
  // What is not bundled is loaded from where it lies already.
  Object.assign(env, { DENO_DIR: await denoDir() });
  const subjects: Subject[] = [
    { name: "empty", command: [...DENO, await script("Deno.exit();")] },
    ...all.flatMap(({ name, program, version, show }): Subject[] => [
      {
        name: `${name} version`,
        command: [...program, ...version ?? ["version"]],
      },
      ...show === null ? [] : [{
        name: `${name} show`,
        command: [
          ...program,
          ...show ?? ["show", NAME],
          ...["--kubeconfig", config],
        ],
      }],
    ]),
  ];
  const results = await measure(subjects, ROUNDS);
  await server.end();
  const empty = results.get("empty")?.milliseconds ?? NaN;
  const cells = (measured: Measured | undefined): string => {
    if (measured === undefined) return "";
    const { milliseconds } = measured;
    return `${milliseconds.toFixed(0).padStart(6)} ms ${
      (milliseconds / empty).toFixed(1).padStart(5)
    }x`;
  };
  say(
    `Deno ${Deno.version.deno}, ${Deno.build.target}, ${ROUNDS} rounds; an empty script ${
      empty.toFixed(0)
    } ms`,
  );
  say("| way | version | show, TLS | peak, MiB | size, MiB | needs |");
  say("| --- | --- | --- | --- | --- | --- |");
  for (const { name, bytes, needs } of all) {
    const show = results.get(`${name} show`);
    say(
      `| ${name} | ${cells(results.get(`${name} version`))} | ${
        cells(show)
      } | ${show?.mebibytes?.toFixed(0) ?? ""} | ${
        mebibytes(bytes)
      } | ${needs} |`,
    );
  }
} finally {
  await Deno.remove(home, { recursive: true });
}
