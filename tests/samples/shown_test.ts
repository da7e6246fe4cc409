/**
 * Every sample is shown without loss: what its file says is in the show, with
 * equal values and in the same order, and whoever reads the text, the JSON or
 * the YAML finds it again.
 */
import { showTraffic } from "../../src/actions/show.ts";
import type {
  ShownVirtualService,
  TrafficShow,
} from "../../src/actions/show.ts";
import type {
  DestinationRule,
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../../src/istio/types.ts";
import { toJson } from "../../src/render/json.ts";
import { renderShow } from "../../src/render/show.ts";
import { toYaml } from "../../src/render/yaml.ts";
import { parseYaml } from "../../src/yaml.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  hasSamples,
  readSamples,
  sampleNames,
  sandboxOf,
} from "../support/samples.ts";

const ignore = !hasSamples();
const NAMES = ignore ? [] : sampleNames();
const SAMPLES = await Promise.all(NAMES.map(async (name) => {
  const objects = await readSamples([name]);
  return {
    name,
    objects,
    virtualServices: objects.filter(isVirtualService),
    rules: objects.filter(isDestinationRule).filter(({ spec }) =>
      (spec.subsets ?? []).length > 0
    ),
  };
}));
/** What stands behind the routes, where a sample does not bring its own. */
const BEHIND: Readonly<Record<string, readonly string[]>> = {
  bookinfo: ["bookinfo/platform", "bookinfo/destination-rule-all"],
  others: [],
};
const WIDTHS = [60, 100, 200];

Deno.test("there are samples of every kind of rule", { ignore }, () => {
  const objects = SAMPLES.flatMap(({ virtualServices }) => virtualServices);
  const rules = objects.flatMap(({ spec }) => spec.http ?? []);
  const has = (found: (rule: HTTPRoute) => unknown) => rules.some(found);
  assert(objects.length >= 25, `${objects.length} VirtualServices`);
  assert(objects.some(({ spec }) => spec.tcp !== undefined));
  assert(objects.some(({ spec }) => spec.tls !== undefined));
  assert(has(({ fault }) => fault));
  assert(has(({ match = [] }) => match.length > 1));
  assert(has(({ match = [] }) => match.some(({ headers }) => headers)));
  assert(has(({ match = [] }) => match.some(({ port }) => port)));
  assert(has(({ route = [] }) => route.length > 1));
});

for (const { name, objects, virtualServices: written } of SAMPLES) {
  if (written.length === 0) continue;
  Deno.test(`${name}: what the VirtualServices say is shown`, async () => {
    const behind = await readSamples(BEHIND[name.split("/")[0]!] ?? []);
    await using sandbox = await sandboxOf([...behind, ...objects]);
    const intent = { namespace: "default" };
    const show = await showTraffic(sandbox.cluster, intent);
    assertEquals(show.unread, []);
    assertEquals(
      show.virtualServices.map((one) => one.name),
      written.map(({ metadata }) => metadata.name).sort(),
    );
    const subsets = subsetsOf([...behind, ...objects]);
    for (const object of written) {
      const shown = show.virtualServices.find((one) =>
        one.name === object.metadata.name
      )!;
      assertShown(shown, object, subsets);
    }
    assertReadable(show, written);
  });
}

for (const { name, rules } of SAMPLES) {
  if (rules.length === 0) continue;
  Deno.test(`${name}: every subset is shown behind a route to it`, async () => {
    const platform = await readSamples(["bookinfo/platform"]);
    const routes = rules.map(routeToAll);
    await using sandbox = await sandboxOf([...platform, ...rules, ...routes]);
    const show = await showTraffic(sandbox.cluster, { namespace: "default" });
    const text = renderShow(show, { color: false, width: 100 });
    for (const { spec } of rules) {
      const shown = show.virtualServices.find(({ name }) => name === spec.host);
      const [route] = shown?.routes ?? [];
      assertEquals(
        route?.destinations.map(({ subset, labels }) => ({ subset, labels })),
        spec.subsets?.map(({ name, labels }) => ({ subset: name, labels })),
      );
      for (const { labels } of spec.subsets ?? []) {
        for (const [key, value] of Object.entries(labels ?? {})) {
          assertStringIncludes(text, `|- ${key}: ${value}\n`);
        }
      }
    }
    assertReadable(show, routes);
  });
}

Deno.test.each([
  {
    sample: "fault-injection-details-v1",
    says: "100 % of the requests are answered with status 555",
  },
  {
    sample: "virtual-service-ratings-test-abort",
    says: "100 % of the requests are answered with status 500",
  },
  {
    sample: "virtual-service-ratings-test-delay",
    says: "100 % of the requests are held back for 7s",
  },
])("$sample: the fault is named", { ignore }, async ({ sample, says }) => {
  await using sandbox = await sandboxOf(
    await readSamples([...BEHIND.bookinfo!, `bookinfo/${sample}`]),
  );
  const show = await showTraffic(sandbox.cluster, { namespace: "default" });
  const text = renderShow(show, { color: false, width: 200 });
  assertStringIncludes(text, `!  ${says}: the rule injects a fault`);
});

/** Labels by host and subset; of two rules for a host the later one stands. */
type Subsets = ReadonlyMap<string, Readonly<Record<string, string>>>;

function assertShown(
  shown: ShownVirtualService,
  { spec }: VirtualService,
  subsets: Subsets,
): void {
  assertEquals(shown.hosts, spec.hosts);
  assertEquals(shown.gateways, spec.gateways ?? ["mesh"]);
  assertEquals(shown.otherRules, {
    tcp: spec.tcp?.length ?? 0,
    tls: spec.tls?.length ?? 0,
  });
  const http = spec.http ?? [];
  assertEquals(shown.routes.map(({ index }) => index), [...http.keys()]);
  shown.routes.forEach((route, index) => {
    const written = http[index]!;
    assertEquals(route.match, written.match ?? []);
    assertEquals(route.name, written.name ?? null);
    assertEquals(
      route.findings.filter(({ code }) => code === "fault-injected").length,
      Object.keys(written.fault ?? {}).length,
    );
    assertEquals(
      route.destinations.map(({ host, port, subset, weight, labels }) => ({
        host,
        port,
        subset,
        weight,
        labels,
      })),
      (written.route ?? []).map(({ destination, weight }) => {
        const { host, port, subset } = destination;
        return {
          host,
          port: port?.number ?? null,
          subset: subset ?? null,
          weight: weight ?? null,
          labels: subsets.get(`${host} ${subset}`) ?? {},
        };
      }),
    );
    // In the samples, weights of a split are percentages.
    assertEquals(
      route.destinations.map(({ percent }) => percent),
      (written.route ?? []).map(({ weight }) => weight ?? 100),
    );
  });
}

/** JSON and YAML give the same value, and the text names what matters. */
function assertReadable(
  show: TrafficShow,
  written: readonly VirtualService[],
): void {
  assertEquals(JSON.parse(toJson(show)), show);
  assertEquals(JSON.parse(toJson(show, { line: true })), show);
  assertEquals(parseYaml(toYaml(show)), show);
  for (const width of WIDTHS) {
    for (const color of [false, true]) {
      const text = renderShow(show, { color, width });
      for (const { metadata, spec } of written) {
        assertStringIncludes(text, metadata.name);
        assertStringIncludes(text, `[${spec.hosts?.join(", ")}]`);
        for (const one of textsIn(spec)) assertStringIncludes(text, one);
      }
    }
  }
}

/** Texts of an object that a reader has to find. */
function textsIn({ gateways, http = [], tcp, tls }: VirtualService["spec"]) {
  return [
    ...(gateways === undefined ? [] : [`through [${gateways.join(", ")}]`]),
    ...(tcp === undefined ? [] : [`${tcp.length} TCP rule`]),
    ...(tls === undefined ? [] : [`${tls.length} TLS rule`]),
    ...http.flatMap(({ match = [], route = [] }) => [
      ...match.flatMap(({ uri, headers, port }) => [
        ...Object.entries(uri ?? {}).map(([kind, value]) =>
          `${kind}: "${value}"`
        ),
        ...Object.entries(headers ?? {}).map(([name, { exact }]) =>
          `${name}: ${exact}`
        ),
        ...(port === undefined ? [] : [`port: ${port}`]),
      ]),
      ...route.flatMap(({ destination: { host, port }, weight }) => [
        port === undefined ? host : `${host}:${port.number}`,
        `${weight ?? 100} % of requests`,
      ]),
    ]),
  ];
}

/** A VirtualService for the host of a rule that names every subset of it. */
function routeToAll({ spec }: DestinationRule): VirtualService {
  const subsets = spec.subsets ?? [];
  const [least, more] = [
    Math.floor(100 / subsets.length),
    100 % subsets.length,
  ];
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: spec.host },
    spec: {
      hosts: [spec.host],
      http: [{
        route: subsets.map(({ name }, index) => ({
          destination: { host: spec.host, subset: name },
          weight: index < more ? least + 1 : least,
        })),
      }],
    },
  };
}

function subsetsOf(objects: readonly KubeObject[]): Subsets {
  // A rule replaces the one of its name, as it does in a cluster.
  const rules = new Map(
    objects.filter(isDestinationRule).map((rule) => [rule.metadata.name, rule]),
  );
  return new Map(
    [...rules.values()].flatMap(({ spec }) =>
      (spec.subsets ?? []).map(({ name, labels = {} }) =>
        [`${spec.host} ${name}`, labels] as const
      )
    ),
  );
}

function isVirtualService(object: KubeObject): object is VirtualService {
  return object.kind === "VirtualService";
}

function isDestinationRule(object: KubeObject): object is DestinationRule {
  return object.kind === "DestinationRule";
}
