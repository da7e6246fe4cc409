import {
  ConflictError,
  ManifestError,
  TrafficError,
} from "../../src/errors.ts";
import { connectKubernetes } from "../../src/cluster/connect.ts";
import type { Pod } from "../../src/istio/types.ts";
import {
  openSandbox,
  resetSandbox,
  serveSandbox,
  startSandbox,
} from "../../src/sandbox/mod.ts";
import { isReady } from "../../src/sandbox/pods_for.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { virtualService } from "./support.ts";

const MASTER = {
  kind: "VirtualService",
  namespace: "default",
  name: "api-domain-virtualservice",
} as const;

Deno.test("startSandbox() gives the demo world through the real adapter", async () => {
  await using sandbox = await startSandbox();
  const { cluster } = sandbox;
  assertEquals(cluster.target.flags, ["--sandbox"]);
  assertEquals(await cluster.whoAmI(), "admin");
  const { items } = await cluster.list("Pod", {
    namespace: "default",
    labelSelector: "app=api-domain",
  });
  const counts: Record<string, string> = {};
  for (const [build, pods] of Map.groupBy(items, buildOf)) {
    const ready = pods.filter((pod) => isReady(pod as Pod)).length;
    counts[build] = `${ready}/${pods.length}`;
  }
  assertEquals(counts, {
    "1": "6/6",
    "2": "2/2",
    "3": "2/2",
    "7": "0/2",
    "PR-10": "1/1",
  });
});

Deno.test("startSandbox() holds exactly the objects that it is given", async () => {
  await using sandbox = await startSandbox({
    objects: [
      virtualService("one", { namespace: "shop" }),
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "one", namespace: "shop" },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: "one" } },
          template: { metadata: { labels: { app: "one" } } },
        },
      },
    ],
    namespace: "shop",
  });
  const { cluster } = sandbox;
  assertEquals(cluster.target.namespace, "shop");
  assertEquals((await cluster.list("VirtualService")).items.length, 1);
  assertEquals((await cluster.list("Pod")).items.length, 0);
  assert(await cluster.get({ kind: "Namespace", name: "shop" }) !== undefined);
});

Deno.test("startSandbox() acts as the user it is told", async () => {
  await using sandbox = await startSandbox({ user: "nopods" });
  const may = (kind: "Pod" | "VirtualService") =>
    sandbox.cluster.canI({ verb: "list", kind });
  assertEquals([await may("Pod"), await may("VirtualService")], [false, true]);
});

Deno.test("a change behind the adapter's back is a conflict", async () => {
  await using sandbox = await startSandbox();
  const { cluster, store } = sandbox;
  const before = await cluster.get(MASTER);
  const stored = store.get(MASTER)!;
  store.update({
    ...stored,
    metadata: { ...stored.metadata, labels: { touched: "yes" } },
  });
  await assertRejects(
    () =>
      cluster.patch(MASTER, [{
        op: "add",
        path: "/metadata/resourceVersion",
        value: before!.metadata.resourceVersion!,
      }]),
    ConflictError,
  );
});

Deno.test("openSandbox() tells one story from one command to the next", async () => {
  await inDirectory(async (stateDir) => {
    {
      await using cluster = await openSandbox({ stateDir });
      await cluster.patch(MASTER, [
        { op: "replace", path: "/spec/http/5/route/0/weight", value: 80 },
        { op: "replace", path: "/spec/http/5/route/1/weight", value: 20 },
      ]);
    }
    await using again = await openSandbox({ stateDir });
    assertEquals(await weightsOf(again), [80, 20]);
  });
});

Deno.test("serveSandbox() and openSandbox() tell one story at once", async () => {
  await inDirectory(async (stateDir) => {
    await using served = await serveSandbox({ stateDir });
    await using own = await openSandbox({ stateDir });
    const { kubeconfigPath: kubeconfig } = served;
    await using other = await connectKubernetes({ kubeconfig });
    await own.patch(MASTER, [
      { op: "replace", path: "/spec/http/5/route/0/weight", value: 70 },
    ]);
    await other.patch(MASTER, [
      { op: "replace", path: "/spec/http/5/route/1/weight", value: 30 },
    ]);
    assertEquals(await weightsOf(own), [70, 30]);
    assertEquals(await weightsOf(other), [70, 30]);
  });
});

Deno.test("a watch tells what another process writes", async () => {
  await inDirectory(async (stateDir) => {
    await using mine = await openSandbox({ stateDir });
    await using other = await openSandbox({ stateDir });
    const seen: string[] = [];
    for await (const event of mine.watch("VirtualService")) {
      if (event.type === "SYNC") {
        seen.push("SYNC");
        await other.patch(MASTER, [
          { op: "replace", path: "/spec/http/5/route/0/weight", value: 60 },
        ]);
        continue;
      }
      seen.push(`${event.type} ${event.object.metadata.name}`);
      break;
    }
    assertEquals(seen, ["SYNC", `MODIFIED ${MASTER.name}`]);
  });
});

Deno.test("serveSandbox() writes a kubeconfig with a context for each user", async () => {
  await inDirectory(async (stateDir) => {
    await using served = await serveSandbox({ stateDir });
    const { mode } = await Deno.lstat(served.kubeconfigPath);
    if (Deno.build.os !== "windows") assertEquals((mode ?? 0) & 0o777, 0o600);
    const who = async (context: string) => {
      await using cluster = await connectKubernetes({
        kubeconfig: served.kubeconfigPath,
        context,
      });
      return await cluster.whoAmI();
    };
    assertEquals(await who("sandbox"), "admin");
    assertEquals(await who("sandbox-viewer"), "viewer");
    assertEquals(await who("sandbox-nopods"), "nopods");
    assertEquals(await who("sandbox-namespaced"), "namespaced");
  });
});

Deno.test("serveSandbox() refuses a second one, and says where the first is", async () => {
  await inDirectory(async (stateDir) => {
    const first = await serveSandbox({ stateDir });
    const error = await assertRejects(
      () => serveSandbox({ stateDir }),
      TrafficError,
      "it runs already, at http://127.0.0.1:",
    );
    assertEquals(error.code, "sandbox-state");
    await first[Symbol.asyncDispose]();
    await using _second = await serveSandbox({ stateDir });
  });
});

Deno.test("serveSandbox() loads manifests, with pods for their Deployments", async () => {
  await inDirectory(async (stateDir) => {
    const file = `${stateDir}-shop.yaml`;
    await Deno.writeTextFile(file, MANIFESTS);
    {
      await using served = await serveSandbox({ stateDir, load: [file] });
      assertEquals(served.loaded, ['Service "web"', 'Deployment "web-v1"']);
      assertEquals(served.skipped, ['PodMonitor "web"']);
    }
    await using cluster = await openSandbox({ stateDir });
    const { items } = await cluster.list("Pod", { labelSelector: "app=web" });
    assertEquals(items.map((pod) => isReady(pod as Pod)), [true, true, true]);
    const slices = await cluster.list("EndpointSlice", {
      labelSelector: "kubernetes.io/service-name=web",
    });
    assertEquals((slices.items[0]!.endpoints as unknown[]).length, 3);
  });
});

Deno.test("serveSandbox() loads nothing where one manifest is refused", async () => {
  await inDirectory(async (stateDir) => {
    const file = `${stateDir}-bad.yaml`;
    await Deno.writeTextFile(
      file,
      `${MANIFESTS}---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec: {host: web, subsets: [{name: v1}, {name: v1}]}
`,
    );
    const error = await assertRejects(
      () => serveSandbox({ stateDir, load: [file] }),
      ManifestError,
      "duplicate subset names: v1",
    );
    assertEquals(error.details?.line, 22);
    await using cluster = await openSandbox({ stateDir });
    const ref = { kind: "Service", namespace: "default", name: "web" } as const;
    assertEquals(await cluster.get(ref), undefined);
    // The place is free again.
    await using _served = await serveSandbox({ stateDir });
  });
});

Deno.test("resetSandbox() brings the demo world back", async () => {
  await inDirectory(async (stateDir) => {
    await using cluster = await openSandbox({ stateDir });
    const before = await cluster.get(MASTER);
    await cluster.delete(MASTER, {
      resourceVersion: before!.metadata.resourceVersion!,
    });
    await resetSandbox({ stateDir });
    assertEquals(await weightsOf(cluster), [90, 10]);
  });
});

const samples = Deno.env.get("ISTIOPS_SHARED") ??
  new URL("../../../shared", import.meta.url).pathname;
const files = await manifestsIn(`${samples}/samples`);

Deno.test({
  name: files.length > 0
    ? "every sample manifest loads on its own"
    : `every sample manifest loads on its own (skipped: no samples in ${samples})`,
  ignore: files.length === 0,
  async fn() {
    for (const file of files) {
      await inDirectory(async (stateDir) => {
        await using served = await serveSandbox({ stateDir, load: [file] });
        assert(served.loaded.length > 0, file);
      });
    }
  },
});

const MANIFESTS = `apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-v1}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example.com/web:1"}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web}
`;

function buildOf({ metadata }: { metadata: Pod["metadata"] }): string {
  return metadata.labels?.build ?? "";
}

async function weightsOf(
  cluster: Awaited<ReturnType<typeof openSandbox>>,
): Promise<readonly unknown[]> {
  const found = await cluster.get(MASTER);
  const { http } = found!.spec as {
    http: readonly { route: readonly { weight: number }[] }[];
  };
  return http[5]!.route.map(({ weight }) => weight);
}

async function inDirectory(
  run: (directory: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await run(`${root}/sandbox`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function manifestsIn(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      const path = `${directory}/${name}`;
      if (isDirectory) found.push(...await manifestsIn(path));
      else if (name.endsWith(".yaml")) found.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.toSorted();
}
