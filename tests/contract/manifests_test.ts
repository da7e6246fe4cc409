import type { Cluster } from "../../src/cluster/cluster.ts";
import { openManifests } from "../../src/cluster/manifests_cluster.ts";
import { ClusterError } from "../../src/errors.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { stringifyYaml } from "../../src/yaml.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { contract } from "./cluster_contract.ts";

const NAMESPACE = "contract";
const HOME = `apiVersion: v1
kind: Namespace
metadata: { name: ${NAMESPACE} }
`;

/** Files that grow; whatever is put there is a file of its own. */
async function openFolder() {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/home.yaml`, HOME);
  const open = () => openManifests([folder], { namespace: NAMESPACE });
  let files = 0;
  const opened = {
    cluster: await open() as Cluster,
    namespace: NAMESPACE,
    async put(objects: readonly KubeObject[]): Promise<void> {
      const isJson = ++files % 2 === 0;
      await Deno.writeTextFile(
        `${folder}/${files}.${isJson ? "json" : "yaml"}`,
        isJson
          ? JSON.stringify({ apiVersion: "v1", kind: "List", items: objects })
          : objects.map((object) => stringifyYaml(object)).join("---\n"),
      );
      opened.cluster = await open();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await Deno.remove(folder, { recursive: true });
    },
  };
  return opened;
}

contract("files", openFolder, { isReadOnly: true });

Deno.test("files: what writes or watches is refused in plain words", async () => {
  await using opened = await openFolder();
  const { cluster } = opened;
  const ref = { kind: "Namespace", name: NAMESPACE } as const;
  const object = (await cluster.get(ref))!;
  for (
    const write of [
      () => cluster.create(object),
      () => cluster.patch(ref, []),
      () => cluster.delete(ref, { resourceVersion: "1" }),
    ]
  ) {
    const error = await assertRejects(write, ClusterError, "only read");
    assertEquals(error.code, "rejected");
  }
  await assertRejects(
    async () => {
      for await (const _ of cluster.watch("Namespace")) break;
    },
    ClusterError,
    "files are read once",
  );
  for (const [verb, may] of [["list", true], ["patch", false]] as const) {
    assertEquals(await cluster.canI({ verb, kind: "Namespace" }), may);
  }
  assertEquals(await cluster.whoAmI(), undefined);
});

Deno.test("files: a kind is known in the namespaces that hold some of it", async () => {
  await using opened = await openFolder();
  const object = (kind: string, namespace: string, rest = {}): KubeObject => ({
    apiVersion: "v1",
    kind,
    metadata: { name: "a", namespace },
    ...rest,
  });
  const status = { phase: "Running", conditions: [] };
  await opened.put([
    object("Service", "one"),
    object("Pod", "one", { status }),
    object("Pod", "two"),
  ]);
  const partial = async (
    kind: "Service" | "Pod",
    namespace?: string,
  ): Promise<unknown> =>
    (await opened.cluster.list(
      kind,
      namespace === undefined ? {} : { namespace },
    )).partial;
  assertEquals(await partial("Service", "one"), undefined);
  assertEquals(await partial("Service", "two"), {
    reason: "the files hold no Service of its namespace",
  });
  assertEquals(await partial("Service"), {
    reason: "the files hold no Service of its namespace",
    except: ["one"],
  });
  // A Pod without a status is wanted, and nobody knows whether it is there.
  assertEquals(await partial("Pod", "one"), undefined);
  assertEquals(await partial("Pod", "two"), {
    reason: "the files do not hold the status of every Pod",
  });
});

Deno.test("files: what cannot be read may be anything", async () => {
  await using opened = await openFolder();
  await opened.put([{
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "NOT A NAME", namespace: NAMESPACE },
  }]);
  const { items, partial } = await opened.cluster.list("Namespace");
  assertEquals(items.map(({ metadata }) => metadata.name), [NAMESPACE]);
  assertEquals(partial, {
    reason: "1 document or object of the files cannot be read",
  });
});
