/**
 * A kubeconfig with an exec plugin in a folder of its own, and the plugin's
 * script.
 *
 * @module
 */

import {
  connectKubernetes,
  type ConnectOptions,
} from "../../../src/cluster/connect.ts";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

/** What the plugin is and where it lies. */
export interface PluginHome extends AsyncDisposable {
  readonly folder: string;
  /** Runs of the plugin so far. */
  runs(): Promise<number>;
  connect(
    options?: ConnectOptions & {
      readonly variables?: Readonly<Record<string, string>>;
    },
  ): Promise<Cluster>;
}

/** Options of {@linkcode pluginHome}. */
export interface PluginHomeOptions {
  readonly server: string;
  /** Lines of the script, after the one that counts runs; gives a token by default. */
  readonly script?: string;
  /** The command of the kubeconfig; `./login.sh` by default. */
  readonly command?: string;
  /** Other files by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A script's line that answers with a token. */
export const answer = (token: string, more = ""): string =>
  `printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"${more}}}' "${token}"\n`;

/** Writes it all; the kubeconfig is `conf/config`. */
export async function pluginHome(
  { server, script = answer("a-token"), command = "./login.sh", files = {} }:
    PluginHomeOptions,
): Promise<PluginHome> {
  const folder = await Deno.makeTempDir();
  const all: Record<string, string> = {
    "conf/config": JSON.stringify({
      "current-context": "main",
      contexts: [{ name: "main", context: { cluster: "main", user: "main" } }],
      clusters: [{ name: "main", cluster: { server } }],
      users: [{
        name: "main",
        user: {
          exec: {
            command,
            apiVersion: "client.authentication.k8s.io/v1",
            interactiveMode: "IfAvailable",
          },
        },
      }],
    }),
    "conf/login.sh": `#!/bin/sh\necho run >> ${folder}/runs\n${script}`,
    runs: "",
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    const at = `${folder}/${path}`;
    await Deno.mkdir(at.slice(0, at.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(at, text);
    if (text.startsWith("#!")) await Deno.chmod(at, 0o755);
  }
  return {
    folder,
    runs: async () =>
      (await Deno.readTextFile(`${folder}/runs`)).split("\n").length - 1,
    connect: ({ variables = {}, ...options } = {}) => {
      const env: Readonly<Record<string, string>> = {
        HOME: folder,
        PATH: Deno.env.get("PATH") ?? "",
        ...variables,
      };
      return connectKubernetes({
        kubeconfig: `${folder}/conf/config`,
        env: (name) => env[name],
        clock: new VirtualClock(),
        ...options,
      });
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
