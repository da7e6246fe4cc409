/**
 * The suite against any cluster:
 *
 * - `ISTIOPS_CONTRACT_KUBECONFIG`: the file; its current context is used.
 * - `ISTIOPS_CONTRACT_NAMESPACE`: a namespace without DestinationRules. Without it one is made, and deleted.
 */

import type { Cluster } from "../../src/cluster/cluster.ts";
import { connectKubernetes } from "../../src/cluster/connect.ts";
import { contract } from "./cluster_contract.ts";

const kubeconfig = Deno.env.get("ISTIOPS_CONTRACT_KUBECONFIG");
const given = Deno.env.get("ISTIOPS_CONTRACT_NAMESPACE");

contract(
  "kubeconfig",
  async () => {
    const cluster = await connectKubernetes({ kubeconfig });
    const namespace = given ?? await makeNamespace(cluster);
    return {
      cluster,
      namespace,
      async [Symbol.asyncDispose]() {
        if (given === undefined) await dropNamespace(cluster, namespace);
        await cluster[Symbol.asyncDispose]();
      },
    };
  },
  kubeconfig === undefined
    ? { skipped: "ISTIOPS_CONTRACT_KUBECONFIG is not set" }
    : {},
);

async function makeNamespace(cluster: Cluster): Promise<string> {
  const name = `istiops-contract-${crypto.randomUUID().slice(0, 8)}`;
  await cluster.create({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
  });
  return name;
}

async function dropNamespace(cluster: Cluster, name: string): Promise<void> {
  const found = await cluster.get({ kind: "Namespace", name });
  const { resourceVersion } = found?.metadata ?? {};
  if (resourceVersion === undefined) return;
  await cluster.delete({ kind: "Namespace", name }, { resourceVersion });
}
