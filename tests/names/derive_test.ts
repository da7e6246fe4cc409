import * as fc from "fast-check";
import type { KubeObject, Pod } from "../../src/istio/types.ts";
import { worldOf } from "../../src/istio/world.ts";
import type { PlaceNames } from "../../src/language/names.ts";
import { MOST } from "../../src/names/bounds.ts";
import { deriveNames, type DeriveOptions } from "../../src/names/derive.ts";
import { readNames } from "../../src/names/read_names.ts";
import { parseHeader } from "../../src/language/values.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { hasSamples, readSamples, sampleNames } from "../support/samples.ts";
import { namespace, pod } from "./support.ts";

function derive(
  objects: readonly KubeObject[],
  rest: Partial<DeriveOptions> = {},
): PlaceNames {
  return deriveNames(worldOf(objects), {
    place: {},
    namespace: "default",
    readAt: 0,
    isWatched: false,
    ...rest,
  });
}

function virtualService(http: readonly unknown[], name = "web"): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: { hosts: [name], http } as KubeObject["spec"],
  } as KubeObject;
}

function service(name: string, ports = [80]): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { selector: { app: name }, ports: ports.map((port) => ({ port })) },
  } as KubeObject;
}

function destinationRule(subsets: Readonly<Record<string, string>>) {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: "web", namespace: "default" },
    spec: {
      host: "web",
      subsets: Object.entries(subsets).map(([name, build]) => ({
        name,
        labels: { app: "web", build },
      })),
    },
  } as KubeObject;
}

Deno.test("builds are those of subsets, then those that only pods have", () => {
  const { builds } = derive([
    service("web"),
    destinationRule({ "web-1": "1", "web-2": "2" }),
    pod("a", { app: "web", build: "1" }),
    pod("b", { app: "web", build: "1" }),
    pod("c", { app: "web", build: "3" }),
    pod("d", { app: "other", build: "4" }),
  ]);
  const labels = (build: string) => ({ app: "web", build });
  assertEquals(builds, [
    { build: "1", host: "web", labels: labels("1"), subset: "web-1", pods: 2 },
    { build: "2", host: "web", labels: labels("2"), subset: "web-2", pods: 0 },
    { build: "3", host: "web", labels: { build: "3" }, pods: 1 },
  ]);
});

Deno.test("pods that nobody may read are no pods at all, not 0", () => {
  const world = worldOf(
    [service("web"), destinationRule({ "web-1": "1", "web-2": "2" })],
    { gaps: [{ kind: "Pod", reason: "forbidden" }] },
  );
  const { builds } = deriveNames(world, {
    place: {},
    namespace: "default",
    readAt: 0,
    isWatched: false,
  });
  assertEquals(builds.map(({ build, pods }) => [build, pods]), [
    ["1", undefined],
    ["2", undefined],
  ]);
});

Deno.test("a pod may stand for many", () => {
  const one = pod("a", { app: "web", build: "1" }) as Pod;
  const { labels } = derive([one], { podCounts: new Map([[one, 40]]) });
  assertEquals(labels, [
    { key: "app", values: [{ value: "web", pods: 40 }] },
    { key: "build", values: [{ value: "1", pods: 40 }] },
  ]);
});

Deno.test("labels of controllers are none to select by", () => {
  const { labels } = derive([
    pod("a", { app: "web", "pod-template-hash": "5d8" }),
  ]);
  assertEquals(labels.map(({ key }) => key), ["app"]);
});

Deno.test("a rule is told by index, kind, match, headers and shares", () => {
  const { virtualServices } = derive([
    service("web"),
    destinationRule({ "web-1": "1", "web-2": "2" }),
    virtualService([
      { name: "old", match: [{ uri: { prefix: "/old" } }], redirect: {} },
      {
        match: [{
          headers: {
            "x-cid": { exact: "me" },
            "x-beta": {},
            "x-team": { prefix: "a" },
            cookie: { regex: ".*beta.*" },
          },
        }],
        route: [{ destination: { host: "web", subset: "web-2" } }],
      },
      {
        route: [
          { destination: { host: "web", subset: "web-1" }, weight: 2 },
          {
            destination: { host: "web", subset: "web-2", port: { number: 80 } },
            weight: 1,
          },
          { destination: { host: "else.shop.svc.cluster.local" }, weight: 0 },
        ],
      },
      { route: [{ destination: { host: "web" } }] },
    ]),
  ]);
  assertEquals(virtualServices, [{
    name: "web",
    labels: { app: "web" },
    hosts: ["web"],
    rules: [
      {
        index: 0,
        name: "old",
        kind: "redirect",
        match: 'uri prefix "/old"',
        headers: [],
        destinations: [],
      },
      {
        index: 1,
        kind: "header",
        match:
          'header x-cid "me" and header x-beta present and header x-team prefix "a" and header cookie regex ".*beta.*"',
        headers: ["x-cid=me", "x-beta?", "x-team^=a"],
        destinations: [
          { host: "web", subset: "web-2", build: "2", percent: 100 },
        ],
      },
      {
        index: 2,
        kind: "master",
        match: "every request",
        headers: [],
        destinations: [
          { host: "web", subset: "web-1", build: "1", percent: 66.6667 },
          {
            host: "web",
            port: 80,
            subset: "web-2",
            build: "2",
            percent: 33.3333,
          },
          { host: "else.shop.svc.cluster.local", percent: 0 },
        ],
      },
      {
        index: 3,
        kind: "base",
        match: "every request",
        headers: [],
        destinations: [{ host: "web", percent: 100 }],
      },
    ],
  }]);
});

Deno.test("services are those of the namespace and those that rules lead to", () => {
  const { services } = derive([
    service("web", [8080, 80]),
    virtualService([{
      route: [
        { destination: { host: "web.default.svc.cluster.local" } },
        { destination: { host: "api.example.com", port: { number: 443 } } },
      ],
    }]),
  ]);
  assertEquals(services, [
    { host: "web", ports: [80, 8080] },
    { host: "api.example.com", ports: [443] },
  ]);
});

Deno.test("namespaces are sorted", () => {
  const { namespaces } = derive(["b", "a", "c"].map((name) => namespace(name)));
  assertEquals(namespaces, ["a", "b", "c"]);
});

Deno.test("what no list of a sane cluster holds is cut, and that is said", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => `n${i}`);
  const labels = Object.fromEntries(many(3000).map((key) => [key, "v"]));
  const names = derive([
    ...many(2000).map((name) => namespace(name)),
    {
      ...virtualService([]),
      metadata: { name: "a", namespace: "default", labels },
    },
    virtualService([{
      match: [{
        headers: Object.fromEntries(
          many(500).map((name) => [name, { exact: "x".repeat(5000) }]),
        ),
      }],
      route: many(500).map((host) => ({ destination: { host } })),
    }]),
    ...many(600).map((name) =>
      pod(name, {
        ...Object.fromEntries(many(400).map((key) => [`l${key}`, name])),
      })
    ),
  ]);
  assert(names.isPartial);
  assertEquals(names.namespaces.length, MOST.namespaces);
  assertEquals(
    Object.keys(names.virtualServices[0]!.labels).length,
    MOST.objectLabels,
  );
  const [rule] = names.virtualServices[1]!.rules;
  assertEquals(rule!.headers, []);
  assert(rule!.match.length <= MOST.text);
  assertEquals(rule!.destinations.length, MOST.destinations);
  assertEquals(names.labels.length, MOST.labels);
  assertEquals(names.labels[0]!.values.length, MOST.values);
  assertEquals(derive([namespace("a")]).isPartial, false);
});

Deno.test("objects of any shape end nothing", () => {
  const strange = fc.oneof(
    fc.constant(undefined),
    fc.jsonValue(),
    fc.constant({ destination: { host: "web", subset: 3 } }),
    fc.constant([{ destination: null }]),
    fc.constant([{ headers: { a: null } }]),
  );
  fc.assert(fc.property(
    fc.record({ match: strange, route: strange, name: strange }),
    strange,
    strange,
    (route, spec, subsets) => {
      const names = derive([
        service("web"),
        {
          ...destinationRule({}),
          spec: { host: "web", subsets },
        } as KubeObject,
        { ...virtualService([]), spec } as KubeObject,
        virtualService([route, null, 3]),
        { ...service("odd"), spec } as KubeObject,
      ]);
      assertEquals(JSON.parse(JSON.stringify(names)), names);
    },
  ));
});

Deno.test("the sandbox: headers are as --header takes them, builds as -b does", async () => {
  await using sandbox = await startSandbox();
  const names = await readNames(sandbox.cluster, {
    place: {},
    protectedContexts: [],
    now: 0,
  });
  assertEquals(names.problem, undefined);
  assertEquals(names.isPartial, false);
  const headers = names.virtualServices.flatMap(({ rules }) =>
    rules.flatMap((rule) => rule.headers)
  );
  assert(headers.length > 0);
  for (const text of headers) assert(parseHeader(text).ok, text);
  assertEquals(
    names.builds.filter(({ host }) => host === "api-domain")
      .map(({ build, subset, pods }) => [build, subset, pods]),
    EXPECTED_BUILDS,
  );
});

const EXPECTED_BUILDS = [
  ["1", "api-domain-1-default", 6],
  ["2", "api-domain-2-default", 2],
  ["3", undefined, 2],
  ["5", "api-domain-5-default", 0],
  ["7", undefined, 2],
  ["PR-10", "api-domain-pr-10-default", 1],
];

const ignore = !hasSamples();

Deno.test.each(
  ignore ? [{ name: "none" }] : sampleNames().map((name) => ({ name })),
)(
  "the sample $name gives names of each of its rules",
  { ignore },
  async ({ name }: { readonly name: string }) => {
    const objects = await readSamples([name]);
    const names = derive(objects);
    const own = objects.filter(({ kind, metadata }) =>
      kind === "VirtualService" &&
      (metadata.namespace ?? "default") === "default"
    );
    assertEquals(
      names.virtualServices.map(({ name, rules }) => [name, rules.length]),
      own.map((object) => [
        object.metadata.name,
        ((object["spec"] as { http?: unknown[] }).http ?? []).length,
      ]),
    );
    assertEquals(names.isPartial, false);
  },
);
