/**
 * Many objects: lists, pages, selectors, tables, watches.
 *
 * @module
 */

import {
  APPS,
  config,
  CORE,
  JSON_PATCH,
  on,
  PARTIAL,
  PARTIAL_LIST,
  type Row,
  rule,
  RULES,
  service,
  SERVICES,
  TABLE,
} from "./rows.ts";

const three = ["a", "b", "c"].map((name) =>
  on(`POST ${RULES}`, {
    body: rule(name, { labels: { app: name, tier: name === "c" ? "y" : "x" } }),
  })
);
const accounts = ["a", "b"].map((name) =>
  on(`POST ${CORE}/serviceaccounts`, {
    body: {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name },
    },
  })
);

const selected = (selector: string) =>
  on(`GET ${RULES}?labelSelector=${encodeURIComponent(selector)}`);
const byField = (selector: string) =>
  on(`GET ${RULES}?fieldSelector=${selector.replaceAll("=", "%3D")}`);

export const LIST_ROWS: readonly Row[] = [
  {
    name: "a list",
    exchanges: [
      ...three,
      on(`GET ${RULES}`),
      ...accounts,
      on(`GET ${CORE}/serviceaccounts`),
      on(`GET ${RULES}`, { accept: PARTIAL_LIST }),
      on(`GET ${CORE}/serviceaccounts`, { accept: PARTIAL_LIST }),
      on(`GET ${RULES}`, { accept: PARTIAL }),
      on(`GET ${CORE}/serviceaccounts`, { accept: PARTIAL }),
      on(`GET ${CORE}/serviceaccounts/a`, { accept: PARTIAL_LIST }),
    ],
  },
  {
    name: "labels select",
    exchanges: [
      ...three,
      selected("app=a"),
      selected("app in (a,b),tier!=y"),
      selected("app notin (a)"),
      selected("!app"),
      selected("app,tier==y"),
      selected("app=a=b"),
      selected("app in a"),
      selected("app in ()"),
      selected("-a=b"),
      selected("a=-b"),
      selected("app>1"),
      selected(","),
      selected("a b"),
    ],
  },
  {
    name: "fields select",
    exchanges: [
      ...three,
      byField("metadata.name=b"),
      byField("metadata.name!=b"),
      byField("metadata.namespace={ns}"),
      byField("metadata.name==b,metadata.namespace=other"),
      byField("spec.host=a"),
      byField("metadata.name"),
      byField("metadata.name=a,metadata.name=b"),
      on(`GET ${RULES}/a?fieldSelector=metadata.name%3Db`),
      on(`GET ${CORE}/pods?fieldSelector=status.phase%3DRunning`),
      on(`GET ${CORE}/pods?fieldSelector=spec.other%3DRunning`),
      on(`GET ${CORE}/services?fieldSelector=spec.clusterIP%3DNone`),
    ],
  },
  {
    name: "pages",
    exchanges: [
      ...three,
      on(`GET ${RULES}?limit=2`),
      on(`GET ${RULES}?limit=2&continue={3.metadata.continue}`),
      on(`GET ${RULES}?limit=1&continue={3.metadata.continue}`),
      on(`GET ${RULES}?limit=1&labelSelector=app`),
      on(`GET ${RULES}?limit=1&fieldSelector=metadata.name!%3Da`),
      on(`GET ${RULES}?limit=3`),
      on(`GET ${RULES}?limit=0`),
      on(`GET ${RULES}?limit=-1`),
      on(`GET ${RULES}?limit=x`),
      on(`GET ${RULES}?limit=2&continue=nonsense`),
      on(
        `GET ${RULES}?limit=2&continue={3.metadata.continue}&resourceVersion={3.metadata.resourceVersion}`,
      ),
      on(`GET ${RULES}?limit=1`, { accept: TABLE }),
      ...accounts,
      on(`GET ${CORE}/serviceaccounts?limit=1`),
    ],
  },
  {
    name: "versions of a list",
    exchanges: [
      ...three,
      on(`GET ${RULES}?resourceVersion=0`),
      on(`GET ${RULES}?resourceVersion={0.metadata.resourceVersion}`),
      on(
        `GET ${RULES}?resourceVersion={0.metadata.resourceVersion}&resourceVersionMatch=NotOlderThan`,
      ),
      on(
        `GET ${RULES}?resourceVersion={1.metadata.resourceVersion}&resourceVersionMatch=Exact`,
      ),
      on(`GET ${RULES}?resourceVersionMatch=Exact`),
      on(`GET ${RULES}?resourceVersion=0&resourceVersionMatch=Exact`),
      on(`GET ${RULES}?resourceVersion=1&resourceVersionMatch=Other`),
      on(`GET ${RULES}?resourceVersion=word`),
      on(`GET ${RULES}?resourceVersion=-1`),
      on(`GET ${RULES}?resourceVersion=999999999`, {
        not: ["body.message"],
      }),
      on(`GET ${RULES}/a?resourceVersion=999999999`, {
        not: ["body.message"],
      }),
      on(`GET ${RULES}/a?resourceVersion=0`),
      on(`GET ${RULES}/a?resourceVersion=word`),
      on(`GET ${RULES}?sendInitialEvents=true`),
    ],
  },
  {
    name: "a table of VirtualServices",
    exchanges: [
      on(`POST ${SERVICES}`, { body: service("one") }),
      on(`POST ${SERVICES}`, {
        body: {
          ...service("two"),
          spec: {
            hosts: ["a", "b"],
            gateways: ["mesh", "x/y"],
            http: [{ route: [{ destination: { host: "a" } }] }],
          },
        },
      }),
      on(`GET ${SERVICES}`, { accept: TABLE }),
      on(`GET ${SERVICES}/two`, { accept: TABLE }),
      on(`GET ${SERVICES}?includeObject=Object`, { accept: TABLE }),
      on(`GET ${SERVICES}?includeObject=None`, { accept: TABLE }),
      on(`GET ${SERVICES}?includeObject=Other`, { accept: TABLE }),
    ],
  },
  ...tables(),
  {
    name: "a watch tells changes in order",
    exchanges: [
      ...three,
      on(`PATCH ${RULES}/a`, {
        body: [{ op: "add", path: "/metadata/labels/z", value: "1" }],
        type: JSON_PATCH,
      }),
      on(`DELETE ${RULES}/b`),
      on(
        `GET ${RULES}?watch=true&resourceVersion={0.metadata.resourceVersion}`,
        { lines: 4 },
      ),
      on(
        `GET ${RULES}?watch=1&resourceVersion={0.metadata.resourceVersion}&labelSelector=z`,
        { lines: 1 },
      ),
      on(`GET ${RULES}?watch=true`, { lines: 2 }),
      on(`GET ${RULES}?watch=true&resourceVersion=0`, { lines: 2 }),
      on(
        `GET ${RULES}?watch=true&fieldSelector=metadata.name%3Dc`,
        { lines: 1 },
      ),
      on(`GET ${RULES}/c?watch=true`, { lines: 1 }),
      on(
        `GET ${RULES}?watch=true&resourceVersion={0.metadata.resourceVersion}`,
        { lines: 1, accept: TABLE },
      ),
      on(
        "GET /apis/networking.istio.io/v1/watch/namespaces/{ns}/destinationrules",
        { lines: 1 },
      ),
    ],
  },
  {
    name: "a watch that is a list first",
    exchanges: [
      ...three,
      on(
        `GET ${RULES}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
        { lines: 4 },
      ),
      on(
        `GET ${RULES}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
        { lines: 4, accept: TABLE },
      ),
      ...[
        "sendInitialEvents=true",
        "sendInitialEvents=true&resourceVersionMatch=Exact",
        "resourceVersionMatch=NotOlderThan",
      ].map((query) => on(`GET ${RULES}?watch=true&${query}`, { lines: 1 })),
    ],
  },
  {
    name: "watches that cannot be",
    exchanges: [
      on(`GET ${RULES}?watch=true&resourceVersion=word`),
      on(`GET ${RULES}?watch=true&resourceVersion=999999999`, {
        lines: 1,
        not: ["body[0].object.message", "body.message"],
      }),
      ...[
        "labelSelector=a%20b",
        "timeoutSeconds=x",
        "timeoutSeconds=1",
      ].map((query) => on(`GET ${RULES}?watch=true&${query}`, { lines: 1 })),
      on(`GET ${RULES}?watch=true`, { lines: 1, accept: "text/html" }),
    ],
  },
];

/** One row for each kind that people list. */
function tables(): readonly Row[] {
  const kinds: readonly (readonly [string, string, unknown])[] = [
    ["DestinationRules", RULES, rule("one")],
    ["ConfigMaps", `${CORE}/configmaps`, config("one")],
    ["Services", `${CORE}/services`, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: {
        clusterIP: "None",
        selector: { app: "web", tier: "x" },
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 81, protocol: "UDP" },
        ],
      },
    }],
    ["Pods", `${CORE}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "web", labels: { app: "web" } },
      spec: {
        nodeName: "node",
        containers: [{ name: "web", image: "web:1" }],
      },
    }],
    ["Deployments", `${APPS}/deployments`, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "web", image: "web:1" }] },
        },
      },
    }],
    ["StatefulSets", `${APPS}/statefulsets`, {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "web" },
      spec: {
        replicas: 0,
        serviceName: "web",
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "web", image: "web:1" }] },
        },
      },
    }],
    ["ReplicaSets", `${APPS}/replicasets`, {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "web" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "web", image: "web:1" }] },
        },
      },
    }],
    ["DaemonSets", `${APPS}/daemonsets`, {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "web" },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            nodeSelector: { none: "here" },
            containers: [{ name: "web", image: "web:1" }],
          },
        },
      },
    }],
    [
      "EndpointSlices",
      "/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices",
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "web" },
        addressType: "IPv4",
        ports: [{ name: "http", port: 80 }],
        endpoints: ["1", "2", "3", "4"].map((nth) => ({
          addresses: [`10.77.1.${nth}`],
        })),
      },
    ],
    ["ServiceAccounts", `${CORE}/serviceaccounts`, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "web" },
    }],
    ["Gateways", "/apis/networking.istio.io/v1/namespaces/{ns}/gateways", {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "web" },
      spec: {
        selector: { istio: "ingress" },
        servers: [{
          hosts: ["*"],
          port: { number: 80, name: "http", protocol: "HTTP" },
        }],
      },
    }],
    [
      "ServiceEntries",
      "/apis/networking.istio.io/v1/namespaces/{ns}/serviceentries",
      {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: "web" },
        spec: {
          hosts: ["a.com"],
          location: "MESH_EXTERNAL",
          resolution: "DNS",
          ports: [{ number: 80, name: "http", protocol: "HTTP" }],
        },
      },
    ],
    [
      "WorkloadEntries",
      "/apis/networking.istio.io/v1/namespaces/{ns}/workloadentries",
      {
        apiVersion: "networking.istio.io/v1",
        kind: "WorkloadEntry",
        metadata: { name: "web" },
        spec: { address: "10.77.1.1", labels: { app: "web" } },
      },
    ],
  ];
  return kinds.map(([name, path, body]) => ({
    name: `a table of ${name}`,
    exchanges: [
      on(`POST ${path}`, { body, not: ["body"] }),
      on(
        `GET ${path}?includeObject=None&labelSelector=istio.io%2Fconfig!%3Dtrue`,
        {
          accept: TABLE,
        },
      ),
    ],
  }));
}
