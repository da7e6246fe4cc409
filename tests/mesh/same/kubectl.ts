/**
 * kubectl on both servers.
 *
 * @module
 */

import { stringifyYaml } from "../../../src/yaml.ts";
import { kubeconfigOf } from "../files.ts";
import type { Places } from "../places.ts";
import { sandboxSide } from "./sides.ts";

/** A command, and what it reads. */
export interface Command {
  /** Words with single spaces; `{ns}` is the namespace. */
  readonly line: string;
  readonly stdin?: string;
  /** What an editor does to the file, as a `sed` script. */
  readonly edit?: string;
}

/** What came of it. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** kubectl for one server. */
export interface Kubectl {
  run(command: Command): Promise<Ran>;
}

/** Both, in a namespace that both have. */
export interface BothKubectls extends AsyncDisposable {
  readonly sandbox: Kubectl;
  readonly real: Kubectl;
}

/** Starts the sandbox; the namespace of the real one is there already. */
export async function bothKubectls(
  places: Places,
  namespace: string,
): Promise<BothKubectls> {
  const home = await Deno.makeTempDir({ dir: places.folder });
  const side = await sandboxSide(namespace);
  await Deno.writeTextFile(
    `${home}/sandbox.yaml`,
    stringifyYaml(kubeconfigOf({ server: side.url, ca: "", user: {} })),
  );
  const by = (name: string, kubeconfig: string): Kubectl => ({
    run: (command) =>
      execute(command, { home: `${home}/${name}`, kubeconfig, namespace }),
  });
  for (const name of ["ours", "theirs"]) await Deno.mkdir(`${home}/${name}`);
  return {
    sandbox: by("ours", `${home}/sandbox.yaml`),
    real: by("theirs", places.kubeconfig),
    [Symbol.asyncDispose]: () => side[Symbol.asyncDispose](),
  };
}

async function execute(
  { line, stdin, edit }: Command,
  { home, kubeconfig, namespace }: {
    readonly home: string;
    readonly kubeconfig: string;
    readonly namespace: string;
  },
): Promise<Ran> {
  const editor = `${home}/editor`;
  if (edit !== undefined) {
    await Deno.writeTextFile(editor, `#!/bin/sh\nsed -i '${edit}' "$1"\n`);
    await Deno.chmod(editor, 0o755);
  }
  const child = new Deno.Command("kubectl", {
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${namespace}`,
      `--cache-dir=${home}/cache`,
      ...line.replaceAll("{ns}", namespace).split(" "),
    ],
    env: { HOME: home, EDITOR: editor, KUBECTL_EXTERNAL_DIFF: "diff -u" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin ?? "")).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Without ids, versions, times, and the names of temporary files. */
export function plain({ code, stdout, stderr }: Ran): Ran {
  const tidy = (text: string) =>
    text.replaceAll(/"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"?/g, "<time>")
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uid>")
      .replaceAll(/(resourceVersion"?: )"?\d+"?/g, "$1<version>")
      .replaceAll(/^((?:---|\+\+\+) )\S+.*$/gm, "$1<file>")
      .replaceAll(/^diff -u .*$/gm, "diff")
      .replaceAll(/(?<= )(\d+[dhms])+(?=\s)/g, "<age>")
      .replaceAll(/^W\d{4} [\d:.]+ +\d+ \S+\]/gm, "warning")
      .replaceAll(/ {2,}/g, "  ").replaceAll(/ +$/gm, "");
  return { code, stdout: tidy(stdout), stderr: tidy(stderr) };
}
