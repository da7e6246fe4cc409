import { assert, assertEquals } from "../support/assert.ts";
import type { Client } from "../../src/istio/client.ts";
import { compileRoutes, tableFor } from "../../src/istio/explain.ts";
import { partFor } from "../../src/istio/host_parts.ts";
import type { KubeObject, Sidecar } from "../../src/istio/types.ts";
import {
  domainFor,
  type HostTable,
  withoutPort,
} from "../../src/istio/virtual_hosts.ts";
import { type World, worldOf } from "../../src/istio/world.ts";
import { Draw } from "../mesh/agreement/draw.ts";
import { gateway, service, serviceEntry, virtualService } from "./worlds.ts";

const NAMES = ["a", "b", "c", "shop/a", "shop/d"];
const HOSTS = [
  ...["a", "b", "c", "d", "A", "a.default", "d.shop", "ext.example.com"],
  ...["a.default.svc.cluster.local", "d.shop.svc.cluster.local"],
  ...["API.example.com", "www.example.com", "10.0.0.1", "other", "more"],
];
const WILDCARDS = ["*", "*.example.com", "*.local", "*.svc.cluster.local"];
const PORTS = [80, 5000];
const CLIENTS: readonly Client[] = [
  { kind: "sidecar", namespace: "default", labels: {} },
  { kind: "sidecar", namespace: "shop", labels: { app: "x" } },
  { kind: "gateway", namespace: "default", labels: {}, gateway: "default/g" },
];

/** Few names, so that objects meet. */
function anyWorld(draw: Draw): World {
  const some = <T>(list: readonly T[], percent: number) =>
    list.filter(() => draw.chance(percent));
  return worldOf([
    ...some(NAMES, 80).map((name) =>
      service(name, {
        ports: some(PORTS, 70),
        ...(draw.chance(10) ? { portName: "tcp" } : {}),
        ...(draw.chance(20) ? { exportTo: "." } : {}),
      })
    ),
    ...some(["other", "more"], 40).map((name) => otherName(draw, name)),
    ...some(["ext.example.com", "*.example.com", "a.default"], 40)
      .map((host, nth) => serviceEntry(`e${nth}`, host)),
    ...(draw.chance(80)
      ? [gateway("g", [draw.one(["*", "*.example.com", "a"])])]
      : []),
    ...draw.list(0, 8, (nth) => anyRules(draw, nth)),
    ...(draw.chance(30) ? [anySidecar(draw)] : []),
  ]);
}

/** Of a service, of what is outside, of one more such name, or of itself. */
function otherName(draw: Draw, name: string): KubeObject {
  const externalName = draw.one([
    ...["a", "other", "more"].map((one) => `${one}.default.svc.cluster.local`),
    ...["ext.example.com", "d.shop.svc.cluster.local", "unknown.example.com"],
  ]);
  const { spec, ...rest } = service(name, { ports: [80] });
  return { ...rest, spec: { ...spec, type: "ExternalName", externalName } };
}

function anyRules(draw: Draw, nth: number): KubeObject {
  const match = { port: draw.one(PORTS), uri: { prefix: "/x" } };
  const exportTo = draw.one([["*"], ["."], ["shop"], undefined]);
  const gateways = draw.one([["default/g"], ["mesh", "default/g"], undefined]);
  return virtualService(
    `${draw.one(["", "shop/"])}v${nth}`,
    [{
      ...(draw.chance(50) ? { match: [match] } : {}),
      route: [{ destination: { host: "a" } }],
    }],
    {
      hosts: [
        ...HOSTS.filter(() => draw.chance(15)),
        ...WILDCARDS.filter(() => draw.chance(5)),
        draw.one(HOSTS),
      ],
      ...(exportTo === undefined ? {} : { exportTo }),
      ...(gateways === undefined ? {} : { gateways }),
      minute: draw.below(4),
    },
  );
}

function anySidecar(draw: Draw): KubeObject {
  const names = ["*", "*.example.com", "a.default.svc.cluster.local"];
  const sidecar: Sidecar = {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: "s", namespace: "shop" },
    spec: {
      egress: [{
        hosts: draw.list(
          1,
          3,
          () => `${draw.one(["*", ".", "default"])}/${draw.one(names)}`,
        ),
      }],
    },
  };
  return sidecar;
}

/** What a table says of a Host header. */
function told(table: HostTable, authority: string) {
  const domain = domainFor(table, authority);
  const host = domain === undefined ? undefined : table.byDomain.get(domain);
  return {
    domain,
    service: host?.service,
    rules: host?.rules,
    isNotHttp: table.notHttp.has(withoutPort(authority)),
  };
}

Deno.test("tableFor() says of a host what the whole table says", () => {
  let wide = 0;
  let claimed = 0;
  for (let seed = 0; seed < 600; seed++) {
    const world = anyWorld(new Draw(seed));
    for (const client of CLIENTS) {
      for (const port of PORTS) {
        const compiled = compileRoutes(world, client, port);
        // Made apart: where the whole table is there, no part is made.
        const { table } = compileRoutes(world, client, port);
        for (const authority of [...HOSTS, "new.example.com", "x", "A:80"]) {
          const near = tableFor(compiled, authority);
          assert(compiled.whole === undefined);
          const expected = told(table, authority);
          assertEquals(told(near, authority), expected, `seed ${seed}`);
          if (expected.domain?.startsWith("*")) wide++;
          if (expected.rules !== undefined) claimed++;
        }
      }
    }
  }
  assert(wide > 200 && claimed > 2000, `${wide}, ${claimed}`);
});

Deno.test("partFor() holds what a host needs, and nothing where that is much", () => {
  const many = (host: (nth: number) => string) =>
    worldOf(Array.from({ length: 100 }, (_, nth) => {
      const route = [{ destination: { host: "a" } }];
      return virtualService(`v${nth}`, [{ route }], { hosts: [host(nth)] });
    }));
  const named = many((nth) => `h${nth}.example.com`);
  const part = partFor(named, "h7.example.com");
  assertEquals(
    [...part!.virtualServices].map(({ metadata }) => metadata.name),
    ["v7"],
  );
  assertEquals(partFor(many((nth) => `*.h${nth}.example.com`), "x"), undefined);
});
