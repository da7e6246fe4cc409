/**
 * What reading files costs: so many VirtualServices and as many
 * DestinationRules, as one stream, as a file each, as a List and as JSON.
 * `deno run -A bench/files.ts [OBJECTS]`
 *
 * @module
 */

import { stringifyYaml } from "../src/yaml.ts";

const COUNT = Number(Deno.args[0] ?? 5000);
const ROUNDS = 5;

function objects(): readonly Record<string, unknown>[] {
  return Array.from({ length: COUNT }, (_, nth) => {
    const name = `svc-${nth}`;
    const metadata = { name, namespace: `ns-${nth % 50}` };
    const to = (subset: string, weight: number) => ({
      destination: { host: name, subset, port: { number: 8080 } },
      weight,
    });
    const apiVersion = "networking.istio.io/v1";
    return [
      {
        apiVersion,
        kind: "VirtualService",
        metadata: { ...metadata, labels: { app: name } },
        spec: {
          hosts: [name],
          http: [
            {
              name: "preview",
              match: [{
                headers: { "x-cid": { exact: `user-${nth}` } },
                uri: { prefix: "/v1" },
              }],
              route: [to("v2", 100)],
            },
            {
              name: "base",
              timeout: "5s",
              retries: { attempts: 3, perTryTimeout: "2s" },
              route: [to("v1", 90), to("v2", 10)],
            },
          ],
        },
      },
      {
        apiVersion,
        kind: "DestinationRule",
        metadata,
        spec: {
          host: name,
          trafficPolicy: { connectionPool: { tcp: { maxConnections: 100 } } },
          subsets: ["v1", "v2"].map((version) => ({
            name: version,
            labels: { version },
          })),
        },
      },
    ];
  }).flat();
}

/** What a process of its own says of reading a folder. */
async function measure(folder: string): Promise<string> {
  const script = `
    const { readManifests } = await import(${
    JSON.stringify(new URL("../src/cluster/manifests.ts", import.meta.url))
  });
    const begin = performance.now();
    const { manifests, problems } = await readManifests([${
    JSON.stringify(folder)
  }]);
    const { rss } = Deno.memoryUsage();
    console.log(JSON.stringify([
      performance.now() - begin, rss, manifests.length, problems.length,
    ]));`;
  const runs: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { stdout, stderr, success } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["eval", "--no-check", script],
        cwd: new URL("..", import.meta.url),
      },
    ).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    runs.push(JSON.parse(new TextDecoder().decode(stdout)));
  }
  const [milliseconds, rss, manifests, problems] = runs
    .sort((a, b) => a[0]! - b[0]!)[0] as [number, number, number, number];
  return `${Math.round(milliseconds)} ms, ${
    Math.round(rss / 2 ** 20)
  } MiB, ${manifests} objects, ${problems} problems`;
}

const all = objects();
const list = { apiVersion: "v1", kind: "List", items: all.slice(0, COUNT) };
const WAYS: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
  "one stream of documents": () => ({
    "all.yaml": all.map((one) => stringifyYaml(one)).join("---\n"),
  }),
  "a file each": () =>
    Object.fromEntries(
      all.map((one, nth) => [`${nth}.yaml`, stringifyYaml(one)]),
    ),
  "half of them as a List": () => ({
    "list.yaml": stringifyYaml(list, { useAnchors: false }),
  }),
  "half of them as a List of JSON": () => ({
    "list.json": JSON.stringify(list),
  }),
};
for (const [way, filesOf] of Object.entries(WAYS)) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(filesOf())) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    // deno-lint-ignore no-console
    console.log(`${way}: ${await measure(folder)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
