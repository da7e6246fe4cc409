/**
 * Names of a large namespace: how long until they are there, how long the
 * process is busy in one piece meanwhile, and how much memory they take.
 *
 * ```sh
 * deno run -A bench/names.ts
 * ```
 *
 * The cluster (800 namespaces, 300 Services with a VirtualService and a
 * DestinationRule each, 5,000 Pods) is another process on loopback.
 *
 * @module
 */

import type { KubeObject } from "../src/istio/types.ts";
import { openLiveNames } from "../src/names/mod.ts";
import { startApiServer } from "../src/sandbox/api_server.ts";
import { createStore } from "../src/sandbox/store.ts";

/** With the 50 of a rollout there are 5,000 Pods. */
const [SERVICES, PODS, NAMESPACES] = [300, 4950, 800];

if (Deno.args[0] === "serve") await serve();
else await measure();

async function serve(): Promise<void> {
  const store = createStore([]);
  for (const object of world()) store.put(object);
  const server = await startApiServer(store);
  print(server.url);
  let turn = 0;
  // A rollout: a pod comes and goes, 20 times a second.
  setInterval(() => {
    const name = `rollout-${turn++ % 50}`;
    const ref = { kind: "Pod", namespace: "big", name };
    if (store.get(ref) === undefined) store.create(pod(turn, name));
    else store.delete(ref);
  }, 50);
  await server.finished;
}

async function measure(): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.filename!, "serve"],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const url = new TextDecoder().decode((await reader.read()).value).trim();
  const kubeconfig = await Deno.makeTempFile();
  await Deno.writeTextFile(kubeconfig, config(url));
  const before = Deno.memoryUsage().rss;
  let busy = lag();
  await sleep(3000);
  print(`3 s of nothing: ${busy()}`);
  busy = lag();
  {
    const begin = performance.now();
    await using live = openLiveNames({ connect: { kubeconfig } });
    live.want({});
    const here = () => live.names().places[0];
    while (here() === undefined) await sleep(1);
    print(`first names after ${ms(performance.now() - begin)}`);
    while (here()?.isWatched !== true) await sleep(1);
    print(`all, and watched, after ${ms(performance.now() - begin)}`);
    print(`meanwhile ${busy()}`);
    const names = here()!;
    print(
      `${names.namespaces.length} namespaces, ${names.virtualServices.length} VirtualServices, ${names.builds.length} builds, ${
        JSON.stringify(names).length / 1024 | 0
      } KiB, partial: ${names.isPartial}`,
    );
    busy = lag();
    await sleep(10_000);
    print(`10 s of a rollout: ${busy()}`);
    const { rss, heapUsed } = Deno.memoryUsage();
    print(`memory ${mib(rss)} (before: ${mib(before)}), heap ${mib(heapUsed)}`);
  }
  child.kill();
  await reader.cancel();
  await child.status;
  await Deno.remove(kubeconfig);
}

/** For how long nothing else could happen: of 100 times, and at most. */
function lag(): () => string {
  const times: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    times.push(now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    times.sort((a, b) => a - b);
    const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
    return `busy in one piece for ${ms(p99)} (p99), ${
      ms(times.at(-1) ?? 0)
    } (most)`;
  };
}

function* world(): Generator<KubeObject> {
  const names = Array.from({ length: NAMESPACES - 1 }, (_, i) => `team-${i}`);
  for (const name of ["big", ...names]) {
    yield { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  }
  for (let index = 0; index < SERVICES; index += 1) {
    const name = `service-${index}`;
    const metadata = { name, namespace: "big", labels: { app: name } };
    const subsets = ["1", "2"].map((build) => ({
      name: `${name}-${build}`,
      labels: { app: name, build },
    }));
    const route = subsets.map((subset) => ({
      destination: { host: name, subset: subset.name, port: { number: 80 } },
      weight: 50,
    }));
    yield object("v1", "Service", {
      metadata,
      spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] },
    });
    yield object("networking.istio.io/v1", "DestinationRule", {
      metadata,
      spec: { host: name, subsets },
    });
    yield object("networking.istio.io/v1", "VirtualService", {
      metadata,
      spec: {
        hosts: [name],
        http: [
          { match: [{ headers: { "x-user": { exact: "me" } } }], route },
          { route },
        ],
      },
    });
  }
  for (let index = 0; index < PODS; index += 1) yield pod(index);
}

function pod(index: number, name = `pod-${index}`): KubeObject {
  const app = `service-${index % SERVICES}`;
  return object("v1", "Pod", {
    metadata: {
      name,
      namespace: "big",
      labels: {
        app,
        build: String(1 + Math.floor(index / SERVICES) % 3),
        "pod-template-hash": `h${index % 900}`,
        "security.istio.io/tlsMode": "istio",
      },
      annotations: { "sidecar.istio.io/status": "x".repeat(800) },
      managedFields: [{
        manager: "kubelet",
        operation: "Update",
        fieldsV1: { f: "y".repeat(1500) },
      }],
    },
    spec: {
      containers: [{ name: "app", image: "app:1", env: "z".repeat(4000) }],
    },
  });
}

function object(
  apiVersion: string,
  kind: string,
  rest: Record<string, unknown>,
): KubeObject {
  return { apiVersion, kind, ...rest } as unknown as KubeObject;
}

function config(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "bench",
    clusters: [{ name: "bench", cluster: { server } }],
    contexts: [{
      name: "bench",
      context: { cluster: "bench", user: "", namespace: "big" },
    }],
    users: [],
  });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function ms(milliseconds: number): string {
  return `${Math.round(milliseconds)} ms`;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
