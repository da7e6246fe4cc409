/**
 * What real proxies were seen to do where the documentation is silent, kept
 * true. docs/mesh.md tells of each.
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { assertEquals } from "../support/assert.ts";
import { type Asked, NAMESPACE, observe } from "./observations/observer.ts";
import { meshTest } from "./places.ts";

const A = `a.${NAMESPACE}.svc.cluster.local`;
const B = `b.${NAMESPACE}.svc.cluster.local`;
const MARKER = `marker.${NAMESPACE}.svc.cluster.local`;

meshTest(
  "a wildcard host on a sidecar is for services without a host of their own",
  async (places) => {
    await using seen = await observe(places);
    await seen.put(
      rules("wild", {
        hosts: [`*.${NAMESPACE}.svc.cluster.local`],
        http: [{ name: "wild", route: [to(B)] }],
      }),
      rules("outside", {
        hosts: ["*.outside.test"],
        http: [{ name: "outside", route: [to(B)] }],
      }),
    );
    const route = async (asked: Asked) => (await seen.fate(asked)).route;
    assertEquals(await route({ host: `${A}:5000` }), "wild");
    assertEquals(await route({ host: "a" }), "wild");
    // Only hosts of services get a virtual host on the port of a service.
    assertEquals(
      await route({ host: `nobody.${NAMESPACE}.svc.cluster.local` }),
      "block_all",
    );
    assertEquals(await route({ host: "x.outside.test" }), "block_all");

    await seen.put(rules("exact", {
      hosts: [A],
      http: [{
        name: "exact",
        match: [{ uri: { exact: "/only" } }],
        route: [to(A)],
      }],
    }));
    assertEquals(await route({ host: A, path: "/only" }), "exact");
    assertEquals((await seen.fate({ host: A })).flag, "NR");
  },
);

meshTest(
  "a DestinationRule with a workloadSelector replaces the general one",
  async (places) => {
    await using seen = await observe(places);
    const subsets = ["1", "2"].map((build) => ({
      name: `v${build}`,
      labels: { build },
    }));
    await seen.put(
      object("DestinationRule", "general", { host: A, subsets }),
      object("DestinationRule", "selected", {
        host: A,
        workloadSelector: { matchLabels: { app: "observer" } },
        subsets: subsets.slice(0, 1),
      }),
      rules("both", {
        hosts: [A],
        http: ["v1", "v2"].map((subset) => ({
          name: subset,
          match: [{ uri: { exact: `/${subset}` } }],
          route: [to(A, { subset })],
        })),
      }),
    );
    assertEquals((await seen.fate({ host: A, path: "/v1" })).code, 200);
    assertEquals((await seen.fate({ host: A, path: "/v2" })).flag, "NC");
  },
);

meshTest(
  "a Sidecar hides hosts, but not what a rule in its scope leads to",
  async (places) => {
    await using seen = await observe(places, { labels: { app: "scoped" } });
    await seen.put(
      object("Sidecar", "scoped", {
        workloadSelector: { labels: { app: "scoped" } },
        egress: [{ hosts: [`./${A}`, `./${MARKER}`] }],
      }),
      rules("to-b", {
        hosts: [A],
        http: [{
          name: "b",
          match: [{ uri: { exact: "/b" } }],
          route: [to(B)],
        }, { name: "a", route: [to(A)] }],
      }),
    );
    assertEquals((await seen.fate({ host: A })).route, "a");
    assertEquals((await seen.fate({ host: B })).route, "block_all");
    const { route, code } = await seen.fate({ host: A, path: "/b" });
    assertEquals({ route, code }, { route: "b", code: 200 });
  },
);

meshTest(
  "what nobody knows goes on to the outside where the mesh lets it out",
  async (places) => {
    const labels = { app: "let-out" };
    await using seen = await observe(places, { labels });
    const route = async () => {
      const { route, cluster } = await seen.fate({ host: "nobody.test" });
      return { route, cluster };
    };
    assertEquals((await route()).route, "block_all");
    await seen.put(object("Sidecar", "let-out", {
      workloadSelector: { labels },
      outboundTrafficPolicy: { mode: "ALLOW_ANY" },
      egress: [{ hosts: ["*/*"] }],
    }));
    assertEquals(await route(), {
      route: "allow_any",
      cluster: "PassthroughCluster",
    });
  },
);

meshTest(
  "a header that comes twice is two values, but for those that Envoy knows",
  async (places) => {
    await using seen = await observe(places);
    const names = {
      ...{ cookie: "each", "x-cid": "each", "accept-language": "each" },
      ...{ accept: "joined", authorization: "joined", "user-agent": "joined" },
      ...{ "content-type": "joined", "x-forwarded-host": "joined" },
    };
    await seen.put(rules("twice", {
      hosts: [A],
      http: Object.keys(names).flatMap((name) =>
        Object.entries({ each: "b", joined: "a,b" }).map(([how, exact]) => ({
          name: `${name}-${how}`,
          match: [{
            uri: { exact: `/${name}` },
            headers: { [name]: { exact } },
          }],
          directResponse: { status: 200 },
        }))
      ),
    }));
    for (const [name, how] of Object.entries(names)) {
      const { route } = await seen.fate({
        host: A,
        path: `/${name}`,
        headers: [[name, "a"], [name, "b"]],
      });
      assertEquals(route, `${name}-${how}`);
    }
  },
);

meshTest(
  "of several servers each port has the hosts of its own",
  async (places) => {
    const [eighty, other] = [15211, 15212];
    await using seen = await observe(places, {
      kind: "router",
      name: "gate",
      labels: { gate: "yes" },
      listeners: { [eighty]: "http.80", [other]: "http.8080" },
    });
    await seen.put(
      object("Gateway", "gate", {
        selector: { gate: "yes" },
        servers: [
          server(80, "a", ["a.test", MARKER]),
          server(80, "b", [`${NAMESPACE}/*.b.test`]),
          server(8080, "c", ["c.test", MARKER]),
        ],
      }),
      rules("gate", {
        hosts: ["a.test", "x.b.test", "c.test"],
        gateways: ["gate"],
        http: [
          { name: "8080", match: [{ port: 8080 }], route: [to(B)] },
          { name: "rest", route: [to(A)] },
        ],
      }),
    );
    const route = async (host: string, listener: number) => {
      const { route, flag } = await seen.fate({ host, listener });
      return route || flag;
    };
    assertEquals(await route("a.test", eighty), "rest");
    assertEquals(await route("x.b.test", eighty), "rest");
    assertEquals(await route("c.test", eighty), "NR");
    assertEquals(await route("else.test", eighty), "NR");
    assertEquals(await route("c.test", other), "8080");
    assertEquals(await route("a.test", other), "NR");
  },
);

meshTest("rewrites put text in the place of text", async (places) => {
  await using seen = await observe(places);
  const rewritten: [string, unknown, string, string][] = [
    // The first one also fits paths that only begin so.
    ["/foobaz", { uri: "/" }, "/foobazzy", "/zy"],
    ["/foo", { uri: "/" }, "/foo/bar", "//bar"],
    ["/pre/", { uri: "/x/" }, "/pre/a?b=c", "/x/a?b=c"],
    [
      "/rx/",
      { uriRegexRewrite: { match: "/rx/(.*)", rewrite: "/got/\\1" } },
      "/rx/abc",
      "/got/abc",
    ],
  ];
  await seen.put(rules("rewrites", {
    hosts: [A],
    http: [
      ...rewritten.map(([prefix, rewrite]) => ({
        match: [{ uri: { prefix } }],
        rewrite,
        route: [to(A)],
      })),
      {
        match: [{ uri: { regex: "/whole/.*" } }],
        rewrite: { uri: "/z" },
        route: [to(A)],
      },
      {
        match: [{ uri: { exact: "/host" } }],
        rewrite: { authority: "else.test" },
        route: [to(A)],
      },
    ],
  }));
  for (const [, , path, becomes] of rewritten) {
    assertEquals((await seen.arrived({ host: A, path })).path, becomes);
  }
  const whole = await seen.arrived({ host: A, path: "/whole/x" });
  assertEquals(whole.path, "/z");
  const { host } = await seen.arrived({ host: A, path: "/host" });
  assertEquals(host, "else.test");
});

meshTest(
  "of one destination its own header wins, of several the rule's",
  async (places) => {
    await using seen = await observe(places);
    const set = (k: string) => ({ headers: { request: { set: { k } } } });
    const own = { destination: to(A).destination, ...set("destination") };
    await seen.put(rules("headers", {
      hosts: [A],
      http: [
        { match: [{ uri: { exact: "/1" } }], ...set("rule"), route: [own] },
        {
          match: [{ uri: { exact: "/2" } }],
          ...set("rule"),
          route: [{ ...own, weight: 50 }, { ...own, weight: 50 }],
        },
        {
          match: [{ uri: { exact: "/add" } }],
          headers: { request: { add: { k: "added" } } },
          route: [to(A)],
        },
        {
          match: [{ uri: { exact: "/remove" } }],
          headers: { request: { remove: ["k"] } },
          route: [to(A)],
        },
      ],
    }));
    const k = async (path: string) => {
      const { headers } = await seen.arrived({
        ...{ host: A, path, headers: [["k", "sent"]] },
      });
      return headers?.["K"];
    };
    assertEquals(await k("/1"), ["destination"]);
    assertEquals(await k("/2"), ["rule"]);
    assertEquals(await k("/add"), ["sent", "added"]);
    assertEquals(await k("/remove"), undefined);
  },
);

meshTest(
  "a redirect keeps what it does not name; a query is compared as sent",
  async (places) => {
    await using seen = await observe(places);
    const answer = (status: number) => ({ directResponse: { status } });
    await seen.put(rules("redirects", {
      hosts: [A],
      http: [
        {
          match: [{ uri: { prefix: "/away" } }],
          redirect: { authority: "other.test" },
        },
        {
          match: [{ uri: { exact: "/303" } }],
          redirect: { uri: "/e", redirectCode: 303 },
        },
        {
          match: [{ queryParams: { k: { exact: "a b" } } }],
          ...answer(418),
        },
        {
          match: [{ queryParams: { k: { exact: "a%20b" } } }],
          ...answer(299),
        },
      ],
    }));
    const { status, location } = await seen.arrived({
      ...{ host: A, path: "/away/x?y=z" },
    });
    assertEquals([status, location], [301, "http://other.test/away/x?y=z"]);
    assertEquals((await seen.arrived({ host: A, path: "/303" })).status, 303);
    const raw = await seen.arrived({ host: A, path: "/?k=a%20b" });
    assertEquals(raw.status, 299);
  },
);

function object(kind: string, name: string, spec: unknown): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec,
  };
}

function rules(name: string, spec: unknown): KubeObject {
  return object("VirtualService", name, spec);
}

function to(host: string, more: { readonly subset?: string } = {}) {
  return { destination: { host, port: { number: 5000 }, ...more } };
}

function server(number: number, name: string, hosts: readonly string[]) {
  return { port: { number, name: `http-${name}`, protocol: "HTTP" }, hosts };
}
