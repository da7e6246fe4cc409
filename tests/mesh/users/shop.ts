/**
 * A namespace with a service to change, and the command line as one of its
 * users runs it.
 *
 * @module
 */

import { completeWords } from "../../../src/cli/completions.ts";
import { runCli } from "../../../src/cli/run.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import { stringifyYaml } from "../../../src/yaml.ts";
import { FakeProcess } from "../../support/fake_io.ts";
import { apiOf, type Places } from "../places.ts";
import { kubeconfigOf } from "../files.ts";
import { until } from "../program.ts";
import { routing, service } from "../town.ts";
import {
  may as mayThey,
  type Person,
  person,
  type Rules,
  setRules,
  writesOf,
} from "./people.ts";
import { type RelayOptions, startRelay } from "./relay.ts";

/** A namespace of one test. */
export interface Shop {
  readonly namespace: string;
  readonly places: Places;
}

/** What a command did. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was asked of the server for it. */
  readonly rights: readonly string[];
}

/** Opens one: Service `shop` with builds 1 and 2, all traffic to build 1. */
export async function openShop(places: Places): Promise<Shop> {
  const namespace = `shop-${crypto.randomUUID().slice(0, 8)}`;
  using api = apiOf(places);
  await api.create(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...service("shop", { namespace, builds: [1, 2] }),
    ...routing("shop", 1).map((object): KubeObject => ({
      ...object,
      metadata: { ...object.metadata, namespace },
    })),
  );
  return { namespace, places };
}

/** Its two objects as they are: `DestinationRule 17`, with their versions. */
export async function versionsOf({ places, namespace }: Shop): Promise<string> {
  const of = `/apis/networking.istio.io/v1/namespaces/${namespace}`;
  using api = apiOf(places);
  const objects = await Promise.all(
    ["destinationrules", "virtualservices"].map((plural) =>
      api.json("GET", `${of}/${plural}/shop`)
    ),
  );
  return objects.map(({ kind, metadata }) =>
    `${kind} ${metadata.resourceVersion}`
  ).join(", ");
}

/** Somebody at work in it. */
export interface Clerk extends AsyncDisposable {
  /** With which a process of its own is the same user, by the same door. */
  readonly kubeconfig: string;
  /** Runs a command; `shop` stands for its only VirtualService. */
  run(argv: readonly string[]): Promise<Ran>;
  /** The same, until they interrupt it. */
  watch(
    argv: readonly string[],
    isEnough: (said: string) => boolean,
  ): Promise<Ran>;
  /** Candidates behind a line. */
  complete(line: string): Promise<Ran>;
  /** Takes a right from them, by rules without it. */
  lose(
    right: string,
    rules: { readonly everywhere: Rules; readonly here: Rules },
  ): Promise<void>;
  /** What they have written, or tried to. */
  writes(): Promise<string[]>;
  /** The rights that have been used. */
  readonly rights: ReadonlySet<string>;
}

/** Employs somebody with these rights. */
export async function employ(
  { places, namespace }: Shop,
  may: RelayOptions & { readonly everywhere?: Rules; readonly here?: Rules },
): Promise<Clerk> {
  const name = `clerk-${crypto.randomUUID().slice(0, 8)}`;
  const who: Person = await person(places, name, { ...may, namespace });
  const relay = startRelay(places, may);
  const kubeconfig = `${places.folder}/${name}.json`;
  await Deno.writeTextFile(
    kubeconfig,
    stringifyYaml(kubeconfigOf({
      server: relay.url,
      ca: `${places.tls}/ca.crt`,
      user: { token: who.token },
    })),
  );
  const ranOf = ({ stdout, stderr }: FakeProcess, status: number): Ran => ({
    status,
    stdout,
    stderr,
    rights: relay.take(),
  });
  const begin = (argv: readonly string[]) => {
    const process = new FakeProcess({ env: { HOME: places.folder } });
    const status = runCli([
      ...argv,
      ...["--kubeconfig", kubeconfig, "-n", namespace],
    ], process.io);
    return { process, status };
  };
  return {
    kubeconfig,
    rights: relay.rights,
    async run(argv) {
      const { process, status } = begin(argv);
      return ranOf(process, await status);
    },
    async watch(argv, isEnough) {
      const { process, status } = begin(argv);
      try {
        await until(
          `the rest of ${argv.join(" ")}`,
          () => Promise.resolve(isEnough(process.stdout) ? true : undefined),
        );
      } finally {
        process.interrupt();
      }
      return ranOf(process, await status);
    },
    async complete(line) {
      const process = new FakeProcess({ env: { HOME: places.folder } });
      const of = `istiops --kubeconfig ${kubeconfig}`;
      const status = await completeWords(
        ["fish", `${of} ${line}`],
        process.io,
        {
          patience: 60_000,
        },
      );
      return ranOf(process, status);
    },
    async lose(right, rules) {
      await setRules(places, who, rules);
      await until(
        `the right to ${right} to be lost`,
        async () => await mayThey(places, who, right) ? undefined : true,
      );
    },
    writes: () => writesOf(places, who),
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}
