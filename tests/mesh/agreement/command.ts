/**
 * `istiops explain --requests`, as somebody runs it against the mesh.
 *
 * @module
 */

import type { Answer } from "../../../src/istio/asked.ts";
import type { Client } from "../../../src/istio/client.ts";
import type { Request } from "../../../src/istio/match.ts";
import type { Places } from "../places.ts";
import type { Told } from "./compare.ts";

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;

/** A request and who sends it. */
export interface Sent {
  readonly request: Request;
  readonly client: Client;
}

/** What the command answers to each, in order. */
export async function answersTo(
  sent: readonly Sent[],
  places: Places,
): Promise<Answer[]> {
  const file = `${places.folder}/requests.jsonl`;
  await Deno.writeTextFile(file, sent.map(lineOf).join("\n"));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", MAIN, "explain", "--requests", file],
      ...["--kubeconfig", places.kubeconfig],
    ],
    env: { XDG_STATE_HOME: `${places.folder}/state`, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  if (code !== 0 || lines.length !== sent.length) {
    throw new Error(
      `explain --requests: ${code}, ${lines.length} lines of ` +
        `${sent.length}: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return lines.map((line) => JSON.parse(line));
}

/** A line of the file. */
function lineOf({ request, client }: Sent): string {
  const { method, scheme, authority, path, port } = request;
  const headers: Record<string, string[]> = {};
  for (const [name, value] of request.headers) {
    (headers[name] ??= []).push(value);
  }
  const { kind, namespace, labels, gateway } = client;
  return JSON.stringify({
    ...{ method, host: authority, path, headers },
    ...(scheme === "http" ? {} : { scheme }),
    client: {
      ...{ kind, namespace, labels, port },
      ...(gateway === undefined ? {} : { gateway }),
    },
  });
}

/** What an answer says, to be held against what happened. */
export function toldBy(answer: Answer): Told {
  const { outcome, route, status, destinations } = answer;
  return {
    outcome,
    ...(route === undefined ? {} : { routeName: route }),
    ...(status === undefined ? {} : { status }),
    destinations: destinations.map(({ cluster, percent, flag }) => ({
      ...{ host: "", port: 0, cluster, weight: 1, fraction: percent / 100 },
      ...(flag === undefined ? {} : { flag }),
    })),
  };
}
