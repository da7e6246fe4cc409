/**
 * A program that runs a script, `release.istiops` beside it, and knows from
 * its status and its JSON what came of each line.
 *
 *     deno run -A examples/script.ts            # on a sandbox of its own
 *     deno run -A examples/script.ts --set build=7   # whose pods are not ready
 *
 * @module
 */
// deno-lint-ignore-file no-console

/** What `istiops run -o json` says at the end: `schemas/ScriptRun.json`. */
interface ScriptRun {
  readonly kind: "ScriptRun";
  readonly lines: readonly {
    readonly line: number;
    readonly command: string;
    readonly status: "done" | "done-before" | "failed" | "not-begun";
  }[];
}

const home = await Deno.makeTempDir();
const options = Deno.args.length > 0 ? Deno.args : ["--set", "build=3"];
// Where istiops is on the PATH: new Deno.Command("istiops", …
const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "-A", "--quiet", import.meta.resolve("@istiops/istiops/main")],
    ...["run", `${import.meta.dirname}/release.istiops`],
    ...["--sandbox", "-o", "json", ...options],
  ],
  env: { XDG_STATE_HOME: home },
}).output();
await Deno.remove(home, { recursive: true });

const text = new TextDecoder();
// A document of each command, one a line, and the run's own at the end.
const documents = text.decode(stdout).trimEnd().split("\n")
  .map((line) => JSON.parse(line));
const run: ScriptRun = documents.find(({ kind }) => kind === "ScriptRun");
for (const { line, command, status } of run.lines) {
  console.log(`line ${line}: ${status}: ${command}`);
}
for (const { kind, message } of documents) {
  if (kind === "Error") console.log(message);
}
if (code !== 0) console.log(`stopped with ${code}${text.decode(stderr)}`);
Deno.exitCode = code;
