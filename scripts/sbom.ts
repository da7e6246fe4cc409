/**
 * What the bundle is made of, as SPDX 2.3: made from the lock, the module
 * graph of `main.ts` and the manifests of the packages; the same bytes from
 * the same sources. `deno task sbom` prints it, the build puts it beside the
 * bundle.
 *
 * @module
 */

/** As much of `deno.lock` as is needed. */
export interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** A package with its hash, and what it needs itself. */
export interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
}

/** What {@linkcode sbomOf} is made from. */
export interface SbomParts {
  readonly project: {
    readonly name: string;
    readonly version: string;
    readonly license: string;
  };
  readonly lock: Lock;
  /** Packages of the lock, `name@version`, that the bundle imports. */
  readonly runtime: ReadonlySet<string>;
  /** What each package says of its licence. */
  readonly licenses: ReadonlyMap<string, string>;
  /** Where each package lies. */
  readonly folders: ReadonlyMap<string, string>;
  /** When the sources were committed. */
  readonly created: Date;
}

/** An SPDX document. */
export interface Sbom {
  readonly packages: readonly SbomPackage[];
  readonly relationships: readonly Relationship[];
  readonly [key: string]: unknown;
}

/** A package of an SPDX document. */
export interface SbomPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo: string;
  readonly [key: string]: unknown;
}

/** Between two elements of an SPDX document. */
export interface Relationship {
  readonly spdxElementId: string;
  readonly relationshipType: string;
  readonly relatedSpdxElement: string;
}

const ROOT = new URL("../", import.meta.url);
const PROJECT = "SPDXRef-Project";

/** Makes the document; a pure function. */
export async function sbomOf(
  parts: Omit<SbomParts, "folders">,
): Promise<Sbom> {
  const { project, lock, runtime, created } = parts;
  const direct = directOf(lock);
  const shipped = shippedOf({ lock, runtime });
  const packages = [
    {
      SPDXID: PROJECT,
      name: project.name,
      versionInfo: project.version,
      downloadLocation: "NOASSERTION",
      filesAnalyzed: false,
      licenseConcluded: project.license,
      licenseDeclared: project.license,
      copyrightText: "NOASSERTION",
      primaryPackagePurpose: "APPLICATION",
    },
    ...Object.entries(lock.npm).map(([key, { integrity }]) => ({
      SPDXID: idOf(key),
      name: nameOf(key),
      versionInfo: versionOf(key),
      downloadLocation: "NOASSERTION",
      filesAnalyzed: false,
      licenseConcluded: "NOASSERTION",
      licenseDeclared: parts.licenses.get(key) ?? "NOASSERTION",
      copyrightText: "NOASSERTION",
      primaryPackagePurpose: "LIBRARY",
      checksums: [{ algorithm: "SHA512", checksumValue: hexOf(integrity) }],
      externalRefs: [{
        referenceCategory: "PACKAGE-MANAGER",
        referenceType: "purl",
        referenceLocator: `pkg:npm/${nameOf(key).replace("@", "%40")}@${
          versionOf(key)
        }`,
      }],
    })),
  ];
  const relationships = [
    relation("SPDXRef-DOCUMENT", "DESCRIBES", PROJECT),
    ...direct.toSorted().map((key) =>
      shipped.has(key)
        ? relation(PROJECT, "DEPENDS_ON", idOf(key))
        : relation(idOf(key), "DEV_DEPENDENCY_OF", PROJECT)
    ),
    // `DEPENDS_ON` leads to what is shipped, and to nothing else.
    ...Object.keys(lock.npm).flatMap((key) =>
      needsOf(lock, key).map((needed) =>
        shipped.has(key)
          ? relation(idOf(key), "DEPENDS_ON", idOf(needed))
          : relation(idOf(needed), "DEV_DEPENDENCY_OF", idOf(key))
      )
    ),
  ];
  return await documentOf(project, created, { packages, relationships });
}

/** The same of a binary, which holds Deno as well. */
export async function withDeno(
  parts: Omit<SbomParts, "folders">,
  version: string,
): Promise<Sbom> {
  const { packages, relationships } = await sbomOf(parts);
  const deno = {
    SPDXID: "SPDXRef-Deno",
    name: "deno",
    versionInfo: version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: "NOASSERTION",
    licenseDeclared: "MIT",
    copyrightText: "NOASSERTION",
    primaryPackagePurpose: "FRAMEWORK",
  };
  return await documentOf(parts.project, parts.created, {
    packages: [...packages, deno],
    relationships: [
      ...relationships,
      relation(PROJECT, "CONTAINS", deno.SPDXID),
    ],
  });
}

async function documentOf(
  project: SbomParts["project"],
  created: Date,
  content: Pick<Sbom, "packages" | "relationships">,
): Promise<Sbom> {
  const hash = await sha256(JSON.stringify([created, content]));
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `${project.name}-${project.version}`,
    documentNamespace:
      `https://spdx.org/spdxdocs/istiops-${project.version}-${hash}`,
    creationInfo: {
      // Seconds, without their fraction.
      created: created.toISOString().replace(/\.\d+Z$/, "Z"),
      creators: [`Tool: istiops-sbom-${project.version}`],
    },
    ...content,
  };
}

/** Packages that are in the bundle, with all that they need. */
export function shippedOf(
  { lock, runtime }: Pick<SbomParts, "lock" | "runtime">,
): ReadonlySet<string> {
  return closureOf(lock, directOf(lock).filter((key) => runtime.has(key)));
}

function directOf(lock: Lock): readonly string[] {
  return Object.entries(lock.specifiers).map(([specifier, version]) =>
    keyOf(lock, `${nameOf(specifier.replace(/^npm:/, ""))}@${version}`)
  );
}

function relation(from: string, type: string, to: string): Relationship {
  return {
    spdxElementId: from,
    relationshipType: type,
    relatedSpdxElement: to,
  };
}

/** All that these packages need, and they themselves. */
function closureOf(lock: Lock, keys: readonly string[]): ReadonlySet<string> {
  const all = new Set(keys);
  for (const key of all) {
    for (const needed of needsOf(lock, key)) all.add(needed);
  }
  return all;
}

function needsOf(lock: Lock, key: string): readonly string[] {
  return (lock.npm[key]?.dependencies ?? []).map((name) => keyOf(lock, name));
}

/** The lock leaves versions out where there is one only. */
function keyOf(lock: Lock, name: string): string {
  const found = name in lock.npm ? [name] : Object.keys(lock.npm)
    .filter((key) => key.startsWith(`${name}@`));
  const [key, ...others] = found;
  if (key === undefined || others.length > 0) {
    throw new Error(`the lock names ${name} ${found.length} times`);
  }
  return key;
}

function nameOf(key: string): string {
  return key.slice(0, key.indexOf("@", 1));
}

function versionOf(key: string): string {
  return key.slice(key.indexOf("@", 1) + 1);
}

function idOf(key: string): string {
  return `SPDXRef-npm-${key.replaceAll(/[^A-Za-z0-9.-]/g, "-")}`;
}

function hexOf(integrity: string): string {
  const [algorithm, digest] = integrity.split(/-(.*)/s);
  if (algorithm !== "sha512" || digest === undefined) {
    throw new Error(`not a SHA-512: ${integrity}`);
  }
  return Uint8Array.fromBase64(digest).toHex();
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

interface Graph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<Record<string, { localPath: string }>>;
}

/** Reads what {@linkcode sbomOf} needs from a tree with sources and a lock. */
export async function readParts(
  tree: string | URL,
  options: { readonly created: Date; readonly env?: Record<string, string> },
): Promise<SbomParts> {
  const { created, env = {} } = options;
  const deno = async (...args: string[]): Promise<string> => {
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      { args, cwd: tree, env },
    ).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  const json = async (path: string) =>
    JSON.parse(await Deno.readTextFile(path));
  const folder = (await Deno.realPath(tree)) + "/";
  await deno("install", "--frozen", "--quiet");
  const graph: Graph = JSON.parse(await deno("info", "--json", "main.ts"));
  const folders = new Map(
    Object.entries(graph.npmPackages).map(([key, { localPath }]) =>
      [key, localPath] as const
    ),
  );
  const licenses = new Map<string, string>();
  for (const [key, folder] of folders) {
    const { license } = await json(`${folder}/package.json`);
    if (typeof license === "string") licenses.set(key, license);
  }
  return {
    project: await json(`${folder}deno.json`),
    lock: await json(`${folder}deno.lock`),
    runtime: new Set(
      graph.modules.flatMap(({ npmPackage }) => npmPackage ?? []),
    ),
    licenses,
    folders,
    created,
  };
}

/** When the sources were committed; 1970 where nobody can say. */
export async function lastChange(): Promise<Date> {
  const told = Deno.env.get("SOURCE_DATE_EPOCH");
  if (told !== undefined) return new Date(Number(told) * 1000);
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["log", "-1", "--format=%ct"],
      cwd: ROOT,
    }).output();
    const seconds = success ? new TextDecoder().decode(stdout) : "0";
    return new Date(Number(seconds) * 1000);
  } catch {
    return new Date(0); // There is no git.
  }
}

/** Prints a document as a file has it. */
export function printSbom(sbom: Sbom): string {
  return `${JSON.stringify(sbom, null, 2)}\n`;
}

if (import.meta.main) {
  const parts = await readParts(ROOT, { created: await lastChange() });
  Deno.stdout.writeSync(
    new TextEncoder().encode(printSbom(await sbomOf(parts))),
  );
}
