/**
 * The manifest for krew: complete, and taken by krew's own check and by krew
 * itself, where Go can build them.
 *
 * @module
 */

import { krewManifest, packBinaries } from "../../scripts/krew.ts";
import { VERSION } from "../../src/version.ts";
import { parseYaml } from "../../src/yaml.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { DENO_DIR } from "../support/deno_dir.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const KREW = "v0.4.3";
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];
const encoder = new TextEncoder();

/** A folder with what stands in for the binaries. */
async function release(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  for (const target of TARGETS) {
    const name = `istiops-${target}${target.includes("windows") ? ".exe" : ""}`;
    await Deno.writeTextFile(
      `${path}/${name}`,
      `#!/bin/sh\nexec '${Deno.execPath()}' run -A --no-check --quiet '${ROOT}main.ts' "$@"\n# ${target}\n`,
    );
  }
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ success: boolean; said: string }> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { success, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("the manifest has the hash and the place of each archive, the repository none", async () => {
  await using folder = await release();
  await packBinaries(folder.path);
  const { spec } = parseYaml(await krewManifest(folder.path)) as unknown as {
    readonly spec: {
      readonly version: string;
      readonly platforms: readonly {
        readonly uri: string;
        readonly sha256: string;
      }[];
    };
  };
  assertEquals(spec.version, `v${VERSION}`);
  assertEquals(
    spec.platforms.map(({ uri }) => uri.split("/").slice(-2).join("/")),
    TARGETS.map((target) => `v${VERSION}/istiops-${target}.tar.gz`),
  );
  for (const { uri, sha256 } of spec.platforms) {
    const path = `${folder.path}/${uri.split("/").at(-1)}`;
    const { said } = await run("sha256sum", [path]);
    assertEquals(said.split(" ")[0], sha256);
  }
  // The same archives of the same files.
  const once = await krewManifest(folder.path);
  await packBinaries(folder.path);
  assertEquals(await krewManifest(folder.path), once);
  const template = await Deno.readTextFile(
    `${ROOT}packaging/kubectl/krew.yaml`,
  );
  assert(!/sha256:|[0-9a-f]{64}/.test(template));
});

Deno.test("a folder without one of the archives gets no manifest", async () => {
  await using folder = await release();
  await packBinaries(folder.path);
  const missing = `${folder.path}/istiops-${TARGETS[3]}.tar.gz`;
  await Deno.remove(missing);
  const error = await assertRejects(() => krewManifest(folder.path), Error);
  assertEquals(error.message, `there is no ${missing}`);
  await Deno.remove(`${folder.path}/istiops-${TARGETS[0]}`);
  const unpacked = await assertRejects(() => packBinaries(folder.path), Error);
  assertStringIncludes(unpacked.message, "there is no");
});

/** Programs of krew, built; or why not. */
async function buildKrew(): Promise<
  { readonly bin?: string; readonly why?: string }
> {
  if (Deno.build.os === "windows") return { why: "krew is run in a shell" };
  for (const program of ["go", "kubectl"]) {
    try {
      await run(program, ["version", "--client"]);
    } catch {
      return { why: `${program} is not on PATH` };
    }
  }
  const bin = await Deno.makeTempDir();
  const { success } = await run("go", [
    "install",
    `sigs.k8s.io/krew/cmd/krew@${KREW}`,
    `sigs.k8s.io/krew/cmd/validate-krew-manifest@${KREW}`,
  ], { GOBIN: bin });
  return success ? { bin } : { why: `go cannot build krew ${KREW}` };
}

const { bin, why } = await buildKrew();

Deno.test({
  name: `krew takes the manifest and installs a plugin that runs and completes${
    why === undefined ? "" : ` (skipped: ${why})`
  }`,
  ignore: why !== undefined,
  async fn() {
    await using folder = await release();
    await packBinaries(folder.path);
    const manifest = `${folder.path}/istiops.yaml`;
    await Deno.writeFile(
      manifest,
      encoder.encode(await krewManifest(folder.path)),
    );
    const checked = await run(`${bin}/validate-krew-manifest`, [
      ...["-manifest", manifest, "-skip-install"],
    ]);
    assert(checked.success, checked.said);

    const env = {
      HOME: folder.path,
      KREW_ROOT: `${folder.path}/krew`,
      DENO_DIR,
      PATH: `${folder.path}/krew/bin:${bin}:${Deno.env.get("PATH")}`,
    };
    for (const target of TARGETS.slice(0, 2)) {
      const root = `${folder.path}/${
        target.startsWith("x86") ? "krew" : "other"
      }`;
      // It wants an index, which it does not look into for a manifest.
      assert(
        (await run("git", ["init", "-q", `${root}/index/default`])).success,
      );
      const installed = await run(`${bin}/krew`, [
        ...["install", `--manifest=${manifest}`],
        `--archive=${folder.path}/istiops-${target}.tar.gz`,
      ], {
        ...env,
        KREW_OS: "linux",
        KREW_ARCH: target.startsWith("x86") ? "amd64" : "arm64",
        KREW_ROOT: root,
        KREW_NO_UPGRADE_CHECK: "1",
      });
      assert(installed.success, installed.said);
    }
    const version = await run("kubectl", ["istiops", "version"], env);
    assertStringIncludes(version.said, `istiops ${VERSION}`);
    // As the caveats say.
    const link = /^ +(ln -s .+)$/m.exec(await Deno.readTextFile(manifest))!;
    assert((await run("sh", ["-c", link[1]!], env)).success);
    const words = await run("kubectl", ["__complete", "istiops", "sh"], env);
    assertStringIncludes(words.said, "shift\t");
    const other = await run(`${bin}/krew`, ["uninstall", "istiops"], env);
    assert(other.success, other.said);
    await Deno.remove(bin!, { recursive: true });
  },
});
