import { kubernetesCluster } from "../../src/cluster/connect.ts";
import { startApiServer } from "../../src/sandbox/api_server.ts";
import { createStore } from "../../src/sandbox/store.ts";
import { contract } from "./cluster_contract.ts";

const NAMESPACE = "contract";

contract("sandbox", async () => {
  const server = await startApiServer(createStore([{
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: NAMESPACE },
  }]));
  const cluster = await kubernetesCluster({
    server: server.url,
    identity: "the sandbox's user",
    target: {
      source: "sandbox",
      server: server.url,
      namespace: NAMESPACE,
      flags: ["--sandbox"],
    },
  }, { limits: { perSecond: Infinity } });
  return {
    cluster,
    namespace: NAMESPACE,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
});
