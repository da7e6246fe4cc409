/**
 * The demo world: what people have on their clusters, with the cases that
 * hurt. Plain manifests; ReplicaSets, Pods and EndpointSlices are made from
 * them by the sandbox's controllers (`populate`).
 *
 * - `default`: `api-domain`, with previews, a redirect, rules that people
 *   wrote, and builds in every state; `catalog`, without labels on its
 *   objects and builds told apart by `version`; `billing`, whose route names
 *   no subset.
 * - `shop`: `storefront`, reached through a gateway, with a root and a
 *   delegate VirtualService; `payments`, which Argo CD owns.
 *
 * @module
 */

import type {
  HTTPRoute,
  HTTPRouteDestination,
  KubeObject,
  Subset,
} from "../istio/types.ts";
import { READY_ANNOTATION } from "./pods_for.ts";

const DAY = 86_400_000;

type Labels = Readonly<Record<string, string>>;

/**
 * The objects of the demo world.
 *
 * @param now Everything is a few days older than this.
 */
export function scenario(now: Date): readonly KubeObject[] {
  const ago = (days: number) =>
    new Date(now.getTime() - days * DAY).toISOString().replace(/\.\d+Z$/, "Z");
  const all = [
    ...["default", "shop", "istio-system"].map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    })),
    ...apiDomain(),
    ...catalog(),
    ...billing(),
    ...storefront(),
    ...payments(),
  ];
  return all.map((object, index) => {
    const time = ago(object.kind === "Namespace" ? 400 : 30 - index / 10);
    return aged(object, time);
  });
}

function apiDomain(): readonly KubeObject[] {
  const home = { namespace: "default", host: "api-domain" };
  const to = (build: string, weight?: number): HTTPRouteDestination => ({
    destination: {
      host: "api-domain",
      subset: subsetName(home, build),
      port: { number: 5000 },
    },
    ...(weight === undefined ? {} : { weight }),
  });
  const split = () => [to("1", 90), to("2", 10)];
  const subset = (build: string): Subset => ({
    name: subsetName(home, build),
    labels: { app: "api-domain", build },
  });
  const builds: readonly [build: string, replicas: number, ready?: boolean][] =
    [["1", 6], ["2", 2], ["3", 2], ["PR-10", 1], ["7", 2, false]];
  const labels = { app: "api-domain" };
  const http: readonly HTTPRoute[] = [
    {
      name: "old-docs",
      match: [{ uri: { prefix: "/docs/v0" } }],
      redirect: { uri: "/docs", redirectCode: 301 },
    },
    {
      name: "istiops-api-domain-pr-10",
      match: [{
        uri: { regex: ".+" },
        headers: {
          "x-account-id": { exact: "3" },
          "x-cid": { exact: "seu_madruga" },
        },
      }],
      route: [to("PR-10")],
    },
    {
      name: "istiops-api-domain-5",
      match: [{
        uri: { regex: ".+" },
        headers: { "x-account-id": { exact: "55" } },
      }],
      route: [to("5")],
    },
    {
      name: "beta-testers",
      match: [{ headers: { "x-beta": { exact: "true" } } }],
      route: [to("2")],
    },
    {
      name: "web",
      match: [{ uri: { prefix: "/web/" } }],
      route: split(),
      timeout: "5s",
      retries: { attempts: 2, perTryTimeout: "2s", retryOn: "5xx" },
      corsPolicy: {
        allowOrigins: [{ exact: "https://app.api.domain.io" }],
        allowMethods: ["GET", "POST"],
        allowCredentials: true,
        maxAge: "86400s",
      },
    },
    {
      name: "master",
      match: [{ uri: { regex: ".+" } }],
      route: split(),
    },
  ];
  return [
    service(home, { selector: labels, port: 5000 }),
    ...builds.map(([build, replicas, ready]) =>
      deployment(home, {
        name: `api-domain-${build.toLowerCase()}`,
        labels: { ...labels, build },
        replicas,
        ready: ready ?? true,
      })
    ),
    destinationRule(home, {
      name: "api-domain-destinationrule",
      labels,
      subsets: ["1", "2", "PR-10", "5"].map(subset),
    }),
    virtualService(home, {
      name: "api-domain-virtualservice",
      labels,
      hosts: ["api-domain", "api.domain.io"],
      http,
    }),
  ];
}

function catalog(): readonly KubeObject[] {
  const home = { namespace: "default", host: "catalog" };
  const versions = ["v1", "v2", "v3"];
  return [
    service(home, { selector: { app: "catalog" }, port: 9080 }),
    ...versions.map((version) =>
      deployment(home, {
        name: `catalog-${version}`,
        labels: { app: "catalog", version },
        replicas: 2,
      })
    ),
    destinationRule(home, {
      subsets: versions.map((name) => ({ name, labels: { version: name } })),
    }),
    virtualService(home, {
      hosts: ["catalog"],
      http: [{ route: [{ destination: { host: "catalog", subset: "v1" } }] }],
    }),
  ];
}

function billing(): readonly KubeObject[] {
  const home = { namespace: "default", host: "billing" };
  const builds = ["1", "2"];
  return [
    service(home, { selector: { app: "billing" }, port: 8080 }),
    ...builds.map((build, index) =>
      deployment(home, {
        name: `billing-${build}`,
        labels: { app: "billing", build },
        replicas: index === 0 ? 3 : 1,
      })
    ),
    destinationRule(home, {
      subsets: builds.map((build) => ({
        name: subsetName(home, build),
        labels: { app: "billing", build },
      })),
    }),
    virtualService(home, {
      hosts: ["billing"],
      http: [{
        name: "all",
        route: [{ destination: { host: "billing", port: { number: 8080 } } }],
      }],
    }),
  ];
}

function storefront(): readonly KubeObject[] {
  const home = { namespace: "shop", host: "storefront" };
  const entrance = { namespace: "istio-system", host: "istio-ingressgateway" };
  const builds = ["41", "42"];
  const labels = { app: "storefront" };
  return [
    service(entrance, { selector: { istio: "ingressgateway" }, port: 80 }),
    deployment(entrance, {
      name: "istio-ingressgateway",
      labels: { istio: "ingressgateway" },
      replicas: 1,
    }),
    service(home, { selector: labels, port: 80 }),
    ...builds.map((build) =>
      deployment(home, {
        name: `storefront-${build}`,
        labels: { ...labels, build },
        replicas: 2,
      })
    ),
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "storefront", namespace: "shop" },
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [{
          port: { number: 80, name: "http", protocol: "HTTP" },
          hosts: ["shop.example.com"],
        }],
      },
    },
    destinationRule(home, {
      labels,
      subsets: builds.map((build) => ({
        name: subsetName(home, build),
        labels: { ...labels, build },
      })),
    }),
    virtualService(home, {
      name: "storefront-root",
      hosts: ["shop.example.com"],
      gateways: ["storefront"],
      http: [{
        name: "pages",
        match: [{ uri: { prefix: "/" } }],
        delegate: { name: "storefront-pages", namespace: "shop" },
      }],
    }),
    virtualService(home, {
      name: "storefront-pages",
      labels,
      http: [{
        name: "all",
        route: builds.map((build, index) => ({
          destination: {
            host: "storefront",
            subset: subsetName(home, build),
            port: { number: 80 },
          },
          weight: index === 0 ? 80 : 20,
        })),
      }],
    }),
  ];
}

function payments(): readonly KubeObject[] {
  const home = { namespace: "shop", host: "payments" };
  const builds = ["8", "9"];
  const tracked = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: {
      ...object.metadata,
      annotations: {
        "argocd.argoproj.io/tracking-id":
          `payments:networking.istio.io/${object.kind}:shop/payments`,
      },
      managedFields: [{
        manager: "argocd-controller",
        operation: "Update",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:metadata": {}, "f:spec": {} },
      }],
    },
  });
  return [
    service(home, { selector: { app: "payments" }, port: 8443 }),
    ...builds.map((build) =>
      deployment(home, {
        name: `payments-${build}`,
        labels: { app: "payments", build },
        replicas: 2,
      })
    ),
    tracked(destinationRule(home, {
      labels: { app: "payments" },
      subsets: builds.map((build) => ({
        name: subsetName(home, build),
        labels: { app: "payments", build },
      })),
    })),
    tracked(virtualService(home, {
      labels: { app: "payments" },
      hosts: ["payments"],
      http: [{
        name: "all",
        match: [{ uri: { prefix: "/" } }],
        route: [{
          destination: {
            host: "payments",
            subset: subsetName(home, "8"),
            port: { number: 8443 },
          },
        }],
      }],
    })),
  ];
}

/** Where a service lives, and what it is called. */
interface Home {
  readonly namespace: string;
  readonly host: string;
}

function subsetName({ host, namespace }: Home, build: string): string {
  return `${host}-${build.toLowerCase()}-${namespace}`;
}

function service(
  { namespace, host }: Home,
  options: { readonly selector: Labels; readonly port: number },
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: host, namespace, labels: options.selector },
    spec: {
      selector: options.selector,
      ports: [{
        name: "http",
        port: options.port,
        targetPort: options.port,
        protocol: "TCP",
      }],
    },
  };
}

function deployment(
  { namespace, host }: Home,
  options: {
    readonly name: string;
    readonly labels: Labels;
    readonly replicas: number;
    readonly ready?: boolean;
  },
): KubeObject {
  const { name, labels, replicas } = options;
  const annotations = options.ready === false
    ? { annotations: { [READY_ANNOTATION]: "false" } }
    : {};
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, ...annotations },
        spec: {
          containers: [{
            name: host,
            image: `example.com/${host}:${
              labels.build ?? labels.version ?? "1"
            }`,
          }],
        },
      },
    },
  };
}

function destinationRule(
  { namespace, host }: Home,
  options: {
    readonly name?: string;
    readonly labels?: Labels;
    readonly subsets: readonly Subset[];
  },
): KubeObject {
  const { name = host, labels, subsets } = options;
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    spec: { host, subsets },
  };
}

function virtualService(
  { namespace, host }: Home,
  options: {
    readonly name?: string;
    readonly labels?: Labels;
    readonly hosts?: readonly string[];
    readonly gateways?: readonly string[];
    readonly http: readonly HTTPRoute[];
  },
): KubeObject {
  const { name = host, labels, hosts, gateways, http } = options;
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    spec: {
      ...(hosts === undefined ? {} : { hosts }),
      ...(gateways === undefined ? {} : { gateways }),
      http,
    },
  };
}

/** Created and last written then, by whoever wrote it or by kubectl. */
function aged(object: KubeObject, time: string): KubeObject {
  const { metadata } = object;
  const managers = metadata.managedFields ?? [{
    manager: "kubectl-client-side-apply",
    operation: "Update",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:metadata": {}, "f:spec": {} },
  }];
  return {
    ...object,
    metadata: {
      ...metadata,
      creationTimestamp: time,
      managedFields: managers.map((entry) => ({
        ...entry,
        apiVersion: object.apiVersion,
        time,
      })),
    },
  };
}
