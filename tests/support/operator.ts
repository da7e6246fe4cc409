/**
 * Somebody at the command line of a cluster, with a home of their own.
 *
 * @module
 */

import { runCli } from "../../src/cli/run.ts";
import { FakeProcess } from "./fake_io.ts";

/** What a command came to. */
export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs commands on a server; disposing it deletes the home. */
export class Operator implements Disposable {
  readonly home: string = Deno.makeTempDirSync();
  /** Words that reach the server. */
  readonly flags: readonly string[];

  constructor(server: string) {
    const kubeconfig = `${this.home}/kubeconfig`;
    Deno.writeTextFileSync(
      kubeconfig,
      JSON.stringify({
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server } }],
        users: [{ name: "u", user: {} }],
      }),
    );
    this.flags = ["--kubeconfig", kubeconfig];
  }

  async run(argv: readonly string[]): Promise<Said> {
    const process = new FakeProcess({ env: { HOME: this.home } });
    const status = await runCli([...argv, ...this.flags], process.io);
    const { stdout, stderr } = process;
    return { status, stdout, stderr: stderr.trim() };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.home, { recursive: true });
  }
}
