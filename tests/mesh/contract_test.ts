/**
 * The contract of the port, kept by a real API server.
 *
 * @module
 */

import { connectKubernetes } from "../../src/cluster/connect.ts";
import { contract } from "../contract/cluster_contract.ts";
import { apiOf, placesOf } from "./places.ts";

const places = placesOf();

contract(
  "kube-apiserver",
  async () => {
    const { kubeconfig } = places!;
    const namespace = `contract-${crypto.randomUUID().slice(0, 8)}`;
    const home = { apiVersion: "v1", kind: "Namespace" };
    using api = apiOf(places!);
    await api.create({ ...home, metadata: { name: namespace } });
    const cluster = await connectKubernetes({
      kubeconfig,
      limits: { perSecond: Infinity },
    });
    return {
      cluster,
      namespace,
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  },
  places === undefined ? { skipped: "no mesh; deno task test:mesh" } : {},
);
