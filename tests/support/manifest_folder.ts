/**
 * A folder of its own with manifests in it, and commands that read them in
 * place of a cluster.
 *
 * @module
 */

import { runCli } from "../../src/cli/run.ts";
import { FakeProcess } from "./fake_io.ts";

/** The folder; it is gone afterwards. */
export class ManifestFolder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  constructor(manifests: string) {
    this.write("routes.yaml", manifests);
  }

  write(name: string, text: string): void {
    Deno.writeTextFileSync(`${this.path}/${name}`, text);
  }

  read(name: string): string {
    return Deno.readTextFileSync(`${this.path}/${name}`);
  }

  /** Runs a command on the manifests. */
  async run(...words: readonly string[]) {
    const process = new FakeProcess({ env: { HOME: this.path } });
    const argv = [...words, "-f", `${this.path}/routes.yaml`];
    const status = await runCli(argv, process.io);
    return { status, stdout: process.stdout, stderr: process.stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
