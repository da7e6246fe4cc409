/**
 * The extension for VS Code as a file to install: `deno task vscode` puts
 * `istiops.vsix` into `dist-vscode/`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { commandsIn } from "../src/language/commands.ts";
import { VERSION } from "../src/version.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SOURCE = `${ROOT}editors/vscode`;
/** Milliseconds; a tool that asks something would wait for ever. */
const LONGEST = 600_000;

/** What goes in, and as what: a `package.json` would make this a project. */
const FILES: Readonly<Record<string, string>> = {
  "README.md": "README.md",
  "language-configuration.json": "language-configuration.json",
  "extension.json": "package.json",
  "syntaxes/istiops.tmLanguage.json": "syntaxes/istiops.tmLanguage.json",
};

/** Packages it into a directory; gives the file. */
export async function packageExtension(directory: string): Promise<string> {
  const tree = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${tree}/syntaxes`);
    for (const [from, to] of Object.entries(FILES)) {
      const text = await Deno.readTextFile(`${SOURCE}/${from}`);
      await Deno.writeTextFile(`${tree}/${to}`, filled(from, text));
    }
    await Deno.copyFile(`${ROOT}LICENSE`, `${tree}/LICENSE`);
    const config = ["--config", `${SOURCE}/deno.json`];
    await run([
      ...["bundle", "--quiet", ...config, "--platform", "deno"],
      ...["--format", "cjs", "--minify", "--external", "vscode"],
      ...["--output", `${tree}/dist/extension.js`],
      `${SOURCE}/src/extension.ts`,
    ], ROOT);
    await Deno.mkdir(directory, { recursive: true });
    const file = `${directory}/istiops.vsix`;
    await run([
      ...["run", "-A", "--quiet", ...config, "npm:@vscode/vsce@4.1.0/vsce"],
      ...["package", "--no-dependencies", "--allow-missing-repository"],
      ...["--skip-license", "--out", file],
    ], tree);
    return file;
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

/** The grammar's words are those of the table, the version is ours. */
export function filled(name: string, text: string): string {
  const words = commandsIn("script").map(({ path }) => path[0]).join("|");
  if (name.endsWith(".tmLanguage.json")) {
    return text.replace("COMMANDS", words);
  }
  return name === "extension.json"
    ? `${JSON.stringify({ ...JSON.parse(text), version: VERSION }, null, 2)}\n`
    : text;
}

async function run(args: readonly string[], cwd: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    stdin: "null",
    signal: AbortSignal.timeout(LONGEST),
  }).output();
  if (success) return;
  throw new Error(
    [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n"),
  );
}

if (import.meta.main) {
  const file = await packageExtension(`${ROOT}dist-vscode`);
  const { size } = await Deno.stat(file);
  Deno.stdout.writeSync(
    new TextEncoder().encode(`${Math.ceil(size / 1024)} KiB: ${file}\n`),
  );
}
