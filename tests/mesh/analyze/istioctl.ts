/**
 * What `istioctl analyze` says of a world.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import { WorldServer } from "./server.ts";
import type { Told } from "./told.ts";

interface Message {
  readonly code: string;
  readonly origin: string;
  readonly message: string;
}

/** The real program, one process for each world. */
export class Istioctl implements AsyncDisposable {
  readonly #program: string;
  readonly #folder: string;
  readonly #server = new WorldServer();
  #slots = 0;
  readonly #free: string[] = [];

  private constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /** @param program Its path. */
  static async start(program: string): Promise<Istioctl> {
    return new Istioctl(program, await Deno.makeTempDir());
  }

  /** Analyzes what a cluster with these objects has in all namespaces. */
  async analyze(objects: readonly KubeObject[]): Promise<readonly Told[]> {
    const slot = this.#free.pop() ?? String(this.#slots++);
    const server = this.#server.put(slot, objects);
    const kubeconfig = `${this.#folder}/${slot}`;
    await Deno.writeTextFile(
      kubeconfig,
      JSON.stringify({
        ...{ apiVersion: "v1", kind: "Config", "current-context": "world" },
        clusters: [{ name: "world", cluster: { server } }],
        users: [{ name: "world", user: {} }],
        contexts: [{
          name: "world",
          context: { cluster: "world", user: "world" },
        }],
      }),
    );
    const { stdout, stderr } = await new Deno.Command(this.#program, {
      args: ["analyze", "-A", "-o", "json", "--kubeconfig", kubeconfig],
      stdin: "null",
    }).output();
    this.#free.push(slot);
    const text = new TextDecoder();
    const said = text.decode(stdout);
    // A list that it cannot read it waits for, and then it says nothing at all.
    if (!said.startsWith("[")) {
      throw new Error(`analyze with istioctl: ${said}${text.decode(stderr)}`);
    }
    const named = objectsByName(objects);
    return (JSON.parse(said) as readonly Message[]).map((message) =>
      toldBy(message, named)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

type Named = ReadonlyMap<string, KubeObject>;

function objectsByName(objects: readonly KubeObject[]): Named {
  return new Map(objects.map((object) => [
    `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`,
    object,
  ]));
}

function toldBy({ code, origin, message }: Message, named: Named): Told {
  const rules = (named.get(origin)?.spec as { http?: readonly Rule[] })?.http;
  return {
    code,
    object: origin,
    about: aboutOf(message, rules ?? []),
    message,
  };
}

interface Rule {
  readonly name?: string;
  readonly match?: readonly { readonly name?: string }[];
}

/** What of the object a message is about, by the words of each. */
const ABOUT: readonly (readonly [
  RegExp,
  (parts: readonly string[], rules: readonly Rule[]) => string,
])[] = [
  [
    /^Referenced (mirror )?host not found: "(.*)"$/,
    ([, mirror = "", host]) => `${mirror}host ${host}`,
  ],
  [/^Referenced host:port not found: "(.*)"$/, ([, port]) => `port ${port}`],
  [
    /^Referenced (?:host|(mirror))\+subset in destinationrule not found: "(.*)"$/,
    ([, mirror, subset]) => `${mirror ? "mirror " : ""}subset ${subset}`,
  ],
  [/^Referenced (selector|credentialName) not found/, ([, what = ""]) => what],
  [/^Referenced gateway not found: "(.*)"$/, ([, name]) => `gateway ${name}`],
  [
    /^This VirtualService routes to a service "(.*?)"/,
    ([, host]) => `host ${host}`,
  ],
  [
    /^VirtualService rule (\S+) not used/,
    ([, rule], rules) => `http[${indexOf(rule!, rules)}]`,
  ],
  [/^VirtualService rule (\S+) match (\S+) /, ([, rule, match], rules) => {
    const index = indexOf(rule!, rules);
    const at = indexOf(match!, rules[Number(index)]?.match ?? []);
    return `http[${index}].match[${at}]`;
  }],
  [/ not found in Gateway (.*)\.$/, ([, name]) => `gateway ${name}`],
  [
    /^Schema validation warning: (.*)$/s,
    ([, what = ""]) =>
      OLD_FORMS.find(([pattern]) => pattern.test(what))?.[1] ?? what,
  ],
  [/internal Gateway: (.*)\.$/, ([, name]) => `gateway ${name}`],
  [/^The Subset (\S+) defined/, ([, name]) => `subset ${name}`],
];

/** By field. */
const OLD_FORMS = [
  [/"mirrorPercent"/, "mirrorPercent"],
  [/^using legacy gatewayName/, "gateways"],
  [/^outlier detection consecutive errors/, "consecutiveErrors"],
  [/^consistent hash MinimumRingSize/, "minimumRingSize"],
] as const;

function aboutOf(message: string, rules: readonly Rule[]): string {
  for (const [pattern, about] of ABOUT) {
    const parts = pattern.exec(message);
    if (parts !== null) return about(parts, rules);
  }
  return "";
}

/** `#1`, or a name in quotes, which is there once. */
function indexOf(
  written: string,
  list: readonly { readonly name?: string }[],
): string {
  if (written.startsWith("#")) return written.slice(1);
  const name = JSON.parse(written);
  return String(list.findIndex((one) => one.name === name));
}
