/**
 * One object: made, read, replaced, patched, deleted, and refused.
 *
 * @module
 */

import {
  APPS,
  config,
  CORE,
  JSON_PATCH,
  MERGE_PATCH,
  on,
  PARTIAL,
  PARTIAL_LIST,
  type Row,
  rule,
  RULES,
  service,
  SERVICES,
  STRATEGIC,
} from "./rows.ts";

const made = on(`POST ${SERVICES}`, { body: service("one") });
const configured = on(`POST ${CORE}/configmaps`, { body: config("one") });
const ONE = `${SERVICES}/one`;
const CONFIG = `${CORE}/configmaps/one`;

const json = (line: string, body: unknown) =>
  on(line, { body, type: JSON_PATCH });
const merge = (line: string, body: unknown) =>
  on(line, { body, type: MERGE_PATCH });
const strategic = (line: string, body: unknown) =>
  on(line, { body, type: STRATEGIC });

const DEPLOYMENT = {
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
};

const CREATED: readonly Row[] = [
  {
    name: "an object is created, read, and created again",
    exchanges: [
      made,
      on(`GET ${ONE}`),
      made,
      on(`GET ${ONE}?pretty=true`),
      on(`GET ${ONE}`, { accept: PARTIAL }),
      on(`GET ${ONE}`, { accept: PARTIAL_LIST }),
    ],
  },
  {
    name: "an object is created with labels, annotations and finalizers",
    exchanges: [
      on(`POST ${RULES}?fieldManager=me`, {
        body: rule("one", {
          labels: { app: "web" },
          annotations: { "a/b": "c" },
          finalizers: ["example.com/hold"],
        }),
      }),
      on(`DELETE ${RULES}/one`),
      on(`GET ${RULES}/one`),
      json(`PATCH ${RULES}/one`, [{
        op: "remove",
        path: "/metadata/finalizers",
      }]),
      on(`GET ${RULES}/one`),
    ],
  },
  {
    name: "a name is made up",
    exchanges: [on(`POST ${RULES}`, {
      body: { ...rule(""), metadata: { generateName: "web-" } },
      not: ["body.metadata.name"],
    })],
  },
  {
    name: "nothing is made of what is no object of this place",
    exchanges: [
      on(`POST ${SERVICES}`, { body: service("one", { namespace: "other" }) }),
      on(`POST ${SERVICES}`, {
        body: { ...service("one"), apiVersion: "networking.istio.io/v1beta1" },
      }),
      on(`POST ${SERVICES}`, { body: rule("one") }),
      on(`POST ${SERVICES}`, {
        body: { metadata: { name: "one" }, spec: service("x").spec },
      }),
      on(`POST ${SERVICES}`, {
        body: service("one", { resourceVersion: "1" }),
      }),
      on(`POST ${SERVICES}`, { body: { ...service(""), metadata: {} } }),
      on(`POST ${SERVICES}`, {
        body: { ...service(""), metadata: undefined },
      }),
      on(`POST ${SERVICES}`, { body: "[]" }),
      on(`POST ${SERVICES}`, { body: "null" }),
      on(`POST ${SERVICES}`, { body: "{" }),
      on(`POST ${SERVICES}`, { body: "" }),
      on(`POST ${ONE}`, { body: service("one") }),
      on(`POST ${CORE}/configmaps`, { body: "{" }),
      on(`POST ${CORE}/configmaps`, { body: service("one") }),
      on(`POST ${CORE}/configmaps`, {
        body: config("one", { namespace: "other" }),
      }),
      on(`POST ${CORE}/configmaps`, { body: { ...config(""), metadata: {} } }),
      on(`POST ${CORE}/configmaps`, {
        body: config("one", { resourceVersion: "1" }),
      }),
    ],
  },
  {
    name: "a namespace that is not there holds nothing",
    exchanges: [
      on(
        "POST /apis/networking.istio.io/v1/namespaces/{ns}-not/virtualservices",
        { body: service("one") },
      ),
      on("POST /api/v1/namespaces/{ns}-not/configmaps", {
        body: config("one"),
      }),
      on("GET /api/v1/namespaces/{ns}-not/configmaps/one"),
      on("GET /api/v1/namespaces/{ns}-not"),
    ],
  },
  {
    name: "names and labels that Kubernetes does not take",
    exchanges: [
      on(`POST ${RULES}`, { body: rule("One_Two") }),
      on(`POST ${RULES}`, { body: rule("one", { labels: { "a b": "c" } }) }),
      on(`POST ${RULES}`, { body: rule("one", { labels: { a: "-c" } }) }),
      on(`POST ${RULES}`, {
        body: rule("one", { labels: { "x/y/z": "1" } }),
      }),
      on(`POST ${RULES}`, { body: rule("one", { labels: { a: 1 } }) }),
      on(`POST ${RULES}`, { body: rule("one", { labels: [] }) }),
      on(`POST ${RULES}`, { body: rule("one", { name: 7 }) }),
      on(`POST ${RULES}`, {
        body: rule("one", { annotations: { "a b": "c" } }),
      }),
      on(`POST ${RULES}`, {
        body: rule("one", { annotations: { a: "x".repeat(262_145) } }),
      }),
      on(`POST ${RULES}`, { body: rule("one", { finalizers: ["x y"] }) }),
      on(`POST ${CORE}/configmaps`, { body: config("A") }),
      on(`POST ${CORE}/configmaps`, {
        body: config("one", { labels: { a: 1 } }),
      }),
    ],
  },
  {
    name: "a write that is only tried",
    exchanges: [
      on(`POST ${SERVICES}?dryRun=All`, { body: service("one") }),
      on(`GET ${ONE}`),
      on(`POST ${SERVICES}?dryRun=Some`, { body: service("one") }),
      made,
      merge(`PATCH ${ONE}?dryRun=All`, { metadata: { labels: { a: "b" } } }),
      on(`DELETE ${ONE}?dryRun=All`),
      on(`DELETE ${ONE}`, { body: { dryRun: ["All"] } }),
      on(`DELETE ${ONE}`, { body: { dryRun: ["Some"] } }),
      on(`GET ${ONE}`),
    ],
  },
  {
    name: "built-in kinds get their defaults",
    exchanges: [
      configured,
      on(`GET ${CONFIG}`),
      on(`POST ${APPS}/deployments`, { body: DEPLOYMENT }),
      on(`POST ${CORE}/services`, {
        body: {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: "web" },
          spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
        },
        not: ["body.spec.clusterIP", "body.spec.clusterIPs"],
      }),
      on(`POST ${CORE}/pods`, {
        body: {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "web", labels: { app: "web" } },
          spec: { containers: [{ name: "web", image: "web:1" }] },
        },
      }),
      on("GET /api/v1/namespaces/{ns}"),
    ],
  },
];

const REPLACED: readonly Row[] = [
  {
    name: "an object is replaced",
    exchanges: [
      made,
      on(`PUT ${ONE}`, { body: service("one") }),
      on(`PUT ${ONE}`, {
        body: service("one", {
          resourceVersion: "{0.metadata.resourceVersion}",
          labels: { a: "b" },
        }),
      }),
      on(`PUT ${ONE}`, {
        body: service("one", {
          resourceVersion: "{0.metadata.resourceVersion}",
        }),
      }),
      on(`PUT ${ONE}`, {
        body: service("two", {
          resourceVersion: "{2.metadata.resourceVersion}",
        }),
      }),
      on(`PUT ${SERVICES}/two`, { body: service("two") }),
      on(`PUT ${SERVICES}/two`, {
        body: service("two", { resourceVersion: "1" }),
      }),
      on(`PUT ${ONE}`, {
        body: service("one", {
          resourceVersion: "{2.metadata.resourceVersion}",
          labels: { a: "b" },
        }),
      }),
      on(`PUT ${ONE}`, {
        body: service("one", {
          resourceVersion: "{2.metadata.resourceVersion}",
          uid: "00000000-0000-0000-0000-000000000000",
        }),
      }),
      on(`PUT ${ONE}`, {
        body: service("one", { resourceVersion: "word" }),
      }),
      on(`PUT ${SERVICES}`, { body: service("one") }),
    ],
  },
  {
    name: "a built-in object is replaced",
    exchanges: [
      configured,
      on(`PUT ${CONFIG}`, { body: config("one", { labels: { a: "b" } }) }),
      on(`PUT ${CONFIG}`, {
        body: config("one", {
          resourceVersion: "{0.metadata.resourceVersion}",
        }),
      }),
      on(`PUT ${CORE}/configmaps/two`, { body: config("two") }),
      on(`GET ${CORE}/configmaps/two`),
    ],
  },
];

const PATCHED: readonly Row[] = [
  {
    name: "a JSON patch",
    exchanges: [
      made,
      json(`PATCH ${ONE}`, [
        { op: "test", path: "/spec/hosts/0", value: "one" },
        { op: "add", path: "/metadata/labels", value: { a: "b" } },
        { op: "replace", path: "/spec/http/0/name", value: "x" },
      ]),
      json(`PATCH ${ONE}`, [
        { op: "test", path: "/spec/hosts/0", value: "one" },
        { op: "add", path: "/metadata/labels", value: { a: "b" } },
        { op: "add", path: "/spec/http/0/name", value: "x" },
      ]),
      json(`PATCH ${ONE}`, [
        { op: "test", path: "/spec/hosts/0", value: "two" },
      ]),
      json(`PATCH ${ONE}`, [{ op: "test", path: "/spec/none", value: null }]),
      json(`PATCH ${ONE}`, [{ op: "remove", path: "/spec/none" }]),
      json(`PATCH ${ONE}`, [{ op: "add", path: "/spec/a/b", value: 1 }]),
      json(`PATCH ${ONE}`, [{ op: "add", path: "/spec/hosts/9", value: "x" }]),
      json(`PATCH ${ONE}`, [{ op: "jump", path: "/spec" }]),
      json(`PATCH ${ONE}`, [{ path: "/spec" }]),
      json(`PATCH ${ONE}`, [7]),
      json(`PATCH ${ONE}`, { op: "remove", path: "/spec" }),
      json(`PATCH ${ONE}`, "{"),
      json(`PATCH ${ONE}`, []),
      json(`PATCH ${ONE}`, [{
        op: "add",
        path: "/metadata/resourceVersion",
        value: "{0.metadata.resourceVersion}",
      }, { op: "add", path: "/metadata/labels/c", value: "d" }]),
      json(`PATCH ${ONE}`, [
        { op: "copy", from: "/metadata/labels/a", path: "/metadata/labels/z" },
        { op: "move", from: "/metadata/labels/a", path: "/metadata/labels/y" },
      ]),
      json(`PATCH ${SERVICES}/none`, [{ op: "remove", path: "/spec" }]),
      json(
        `PATCH ${ONE}`,
        Array.from({ length: 10_001 }, () => ({
          op: "test",
          path: "/kind",
          value: "VirtualService",
        })),
      ),
    ],
  },
  {
    name: "a patch that would make it another object",
    exchanges: [
      made,
      merge(`PATCH ${ONE}`, { metadata: { name: "two" } }),
      merge(`PATCH ${ONE}`, { metadata: { namespace: "two" } }),
      merge(`PATCH ${ONE}`, { kind: "Gateway" }),
      merge(`PATCH ${ONE}`, { apiVersion: "networking.istio.io/v1beta1" }),
      merge(`PATCH ${ONE}`, { metadata: { uid: "x" } }),
      merge(`PATCH ${ONE}`, { metadata: null }),
      merge(`PATCH ${ONE}`, { metadata: { resourceVersion: "1" } }),
      merge(`PATCH ${ONE}`, {
        metadata: { creationTimestamp: null, generation: 9 },
      }),
      merge(`PATCH ${ONE}`, { status: { x: 1 } }),
      merge(`PATCH ${ONE}`, { metadata: { managedFields: [] } }),
      merge(`PATCH ${ONE}`, []),
      merge(`PATCH ${ONE}`, "null"),
    ],
  },
  {
    name: "a merge patch",
    exchanges: [
      made,
      merge(`PATCH ${ONE}?fieldManager=me`, {
        metadata: { labels: { a: "b" }, annotations: { x: "y" } },
      }),
      merge(`PATCH ${ONE}`, { metadata: { labels: null } }),
      merge(`PATCH ${ONE}`, { spec: { hosts: ["a", "b"] } }),
      merge(`PATCH ${ONE}`, {}),
      merge(`PATCH ${SERVICES}`, {}),
      merge(`PATCH ${SERVICES}/none`, {}),
    ],
  },
  {
    name: "a merge patch of another version",
    exchanges: [
      made,
      merge(
        "PATCH /apis/networking.istio.io/v1beta1/namespaces/{ns}/virtualservices/one",
        { metadata: { labels: { a: "b" } } },
      ),
      on(
        "GET /apis/networking.istio.io/v1alpha3/namespaces/{ns}/virtualservices/one",
      ),
    ],
  },
  {
    name: "a strategic merge patch",
    exchanges: [
      made,
      strategic(`PATCH ${ONE}`, { metadata: { labels: { a: "b" } } }),
      configured,
      strategic(`PATCH ${CONFIG}`, { data: { a: null, c: "3" } }),
      strategic(`PATCH ${CONFIG}`, {
        data: { $patch: "replace", z: "9" },
      }),
      on(`POST ${APPS}/deployments`, { body: DEPLOYMENT }),
      strategic(`PATCH ${APPS}/deployments/web`, {
        spec: {
          template: {
            spec: { containers: [{ name: "web", image: "web:2" }] },
          },
        },
      }),
      strategic(`PATCH ${APPS}/deployments/web`, {
        spec: {
          template: {
            spec: {
              containers: [
                { name: "side", image: "side:1" },
                { name: "web", env: [{ name: "A", value: "1" }] },
              ],
            },
          },
        },
      }),
      strategic(`PATCH ${APPS}/deployments/web`, {
        spec: {
          template: {
            spec: {
              containers: [{ name: "side", $patch: "delete" }],
            },
          },
        },
      }),
    ],
  },
  {
    name: "wrong types of bodies",
    exchanges: [
      made,
      on(`POST ${SERVICES}`, { body: service("two"), type: "text/plain" }),
      on(`POST ${SERVICES}`, {
        body: service("two"),
        type: "application/json; charset=utf-8",
      }),
      on(`PATCH ${ONE}`, { body: {}, type: "application/json" }),
      on(`PATCH ${ONE}`, { body: {}, type: "text/plain" }),
      on(`PATCH ${CORE}/configmaps/none`, { body: {}, type: "text/plain" }),
      on(`PUT ${ONE}`, { body: service("one"), type: "text/plain" }),
      on(`DELETE ${ONE}`, { body: {}, type: "text/plain" }),
      on(`GET ${ONE}`, { accept: "text/html" }),
      on(`GET ${SERVICES}`, { accept: "application/xml" }),
      on(`GET ${ONE}`, { accept: "text/html, application/json;q=0.5" }),
      on(`GET ${ONE}`, { accept: "*/*" }),
      on(`GET ${CORE}/configmaps`, { accept: "text/html" }),
      on(`GET ${ONE}`, {
        accept: "application/json;as=Nothing;v=v1;g=meta.k8s.io",
      }),
    ],
  },
  {
    name: "a status has a path of its own",
    exchanges: [
      made,
      merge(`PATCH ${ONE}/status`, { status: { observedGeneration: "1" } }),
      merge(`PATCH ${ONE}/status`, { metadata: { labels: { a: "b" } } }),
      on(`GET ${ONE}/status`),
      on(`PUT ${ONE}/status`, {
        body: {
          ...service("one", {
            resourceVersion: "{3.metadata.resourceVersion}",
          }),
          spec: { hosts: ["other"] },
          status: { conditions: [] },
        },
      }),
      on(`GET ${ONE}/scale`),
      on(`GET ${ONE}/other`),
      on(`DELETE ${ONE}/status`),
      on(`POST ${ONE}/status`, { body: service("one") }),
    ],
  },
  {
    name: "a body that is too big",
    exchanges: [
      on(`POST ${SERVICES}`, {
        body: service("one", { annotations: { a: "x".repeat(3_200_000) } }),
      }),
      on(`POST ${CORE}/configmaps`, {
        body: { ...config("one"), data: { a: "x".repeat(1_100_000) } },
        not: ["body.message", "body.details.causes"],
      }),
    ],
  },
];

const DELETED: readonly Row[] = [
  {
    name: "an object is deleted",
    exchanges: [
      made,
      on(`DELETE ${ONE}`),
      on(`DELETE ${ONE}`),
      configured,
      on(`DELETE ${CONFIG}`),
      on(`DELETE ${CONFIG}`),
      made,
      on(`DELETE ${ONE}`, {
        body: {
          kind: "DeleteOptions",
          apiVersion: "v1",
          propagationPolicy: "Background",
        },
      }),
    ],
  },
  {
    name: "a delete with preconditions",
    exchanges: [
      made,
      on(`DELETE ${ONE}`, { body: { preconditions: { uid: "x" } } }),
      on(`DELETE ${ONE}`, {
        body: { preconditions: { resourceVersion: "1" } },
      }),
      on(`DELETE ${ONE}`, {
        body: {
          preconditions: {
            resourceVersion: "{0.metadata.resourceVersion}",
            uid: "{0.metadata.uid}",
          },
        },
      }),
    ],
  },
  {
    name: "a delete with wishes",
    exchanges: [
      made,
      on(`DELETE ${ONE}?propagationPolicy=Never`),
      on(`DELETE ${ONE}`, { body: { propagationPolicy: "Never" } }),
      on(`DELETE ${ONE}`, { body: "{" }),
      on(`DELETE ${ONE}`, {
        body: { orphanDependents: true, propagationPolicy: "Orphan" },
      }),
      on(`DELETE ${ONE}?gracePeriodSeconds=-7`),
      made,
      on(`DELETE ${ONE}?propagationPolicy=Foreground`),
      on(`GET ${ONE}`),
      made,
      on(`DELETE ${ONE}`, { body: { kind: "Pod", apiVersion: "v1" } }),
    ],
  },
  {
    name: "many are deleted",
    exchanges: [
      on(`POST ${SERVICES}`, { body: service("one", { labels: { a: "1" } }) }),
      on(`POST ${SERVICES}`, { body: service("two") }),
      on(`DELETE ${SERVICES}?labelSelector=a%3D1`),
      on(`GET ${SERVICES}`),
      on(`DELETE ${SERVICES}`),
      on(`DELETE ${SERVICES}`),
      on("DELETE /apis/networking.istio.io/v1/virtualservices"),
    ],
  },
];

export const OBJECT_ROWS: readonly Row[] = [
  ...CREATED,
  ...REPLACED,
  ...PATCHED,
  ...DELETED,
];
