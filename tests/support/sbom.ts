/**
 * An SBOM held against a lock and a bundle, by other means than it was made.
 *
 * @module
 */

import { SOURCES } from "../../scripts/build.ts";
import type { Lock, Sbom } from "../../scripts/sbom.ts";

/** Says in what an SBOM and a lock differ, package by package. */
export function differencesToLock(sbom: Sbom, lock: Lock): string[] {
  const said = new Map(
    sbom.packages.filter(({ primaryPackagePurpose }) =>
      primaryPackagePurpose === "LIBRARY"
    ).map((one) => [`${one.name}@${one.versionInfo}`, one]),
  );
  const differences = [...said.keys()].filter((key) => !(key in lock.npm))
    .map((key) => `${key} is not in the lock`);
  for (const [key, { integrity }] of Object.entries(lock.npm)) {
    const one = said.get(key);
    if (one === undefined) {
      differences.push(`${key} is missing`);
      continue;
    }
    const [checksum] = one["checksums"] as [{ checksumValue: string }];
    const bytes = Uint8Array.fromHex(checksum.checksumValue);
    if (`sha512-${bytes.toBase64()}` !== integrity) {
      differences.push(`${key} has another hash`);
    }
  }
  return differences;
}

/** Packages that `DEPENDS_ON` leads to from the project. */
export function shippedBy(sbom: Sbom): string[] {
  const reached = new Set(
    sbom.relationships.filter(({ relationshipType }) =>
      relationshipType === "DESCRIBES"
    ).map(({ relatedSpdxElement }) => relatedSpdxElement),
  );
  for (const id of reached) {
    for (const one of sbom.relationships) {
      if (one.relationshipType !== "DEPENDS_ON") continue;
      if (one.spdxElementId === id) reached.add(one.relatedSpdxElement);
    }
  }
  return sbom.packages.filter(({ SPDXID, primaryPackagePurpose }) =>
    primaryPackagePurpose === "LIBRARY" && reached.has(SPDXID)
  ).map((one) => `${one.name}@${one.versionInfo}`).sort();
}

/** Packages that text in the bundle comes from: what its source maps name. */
export async function bundledPackages(
  tree: string | URL,
): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of SOURCES) {
      await Deno.symlink(
        await Deno.realPath(new URL(name, tree)),
        `${folder}/${name}`,
      );
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--platform", "deno", "--minify"],
        ...["--code-splitting", "--node-modules-dir=auto"],
        ...["--sourcemap=external", "--outdir", "out", "main.ts"],
      ],
      cwd: folder,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const found = new Set<string>();
    for await (const { name } of Deno.readDir(`${folder}/out`)) {
      if (!name.endsWith(".map")) continue;
      const text = await Deno.readTextFile(`${folder}/out/${name}`);
      for (const source of JSON.parse(text).sources as string[]) {
        const [, key] = /node_modules\/\.deno\/([^/]+)\//.exec(source) ?? [];
        if (key !== undefined) found.add(key.replace("+", "/"));
      }
    }
    return [...found].sort();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
