/**
 * The server itself: what it serves, and what it does not.
 *
 * @module
 */

import {
  config,
  CORE,
  ISTIO,
  on,
  type Row,
  rule,
  RULES,
  SERVICES,
} from "./rows.ts";

const AGGREGATED =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

const named = (line: string, accept?: string) =>
  on(line, { named: true, ...(accept === undefined ? {} : { accept }) });

export const SERVER_ROWS: readonly Row[] = [
  {
    name: "what is not served",
    exchanges: [
      on(`GET ${ISTIO}/nothings`),
      on("GET /apis/nothing.example.com/v1/namespaces/{ns}/nothings"),
      on("GET /apis/networking.istio.io/v9/namespaces/{ns}/virtualservices"),
      on("GET /apis/nothing.example.com"),
      on("GET /apis/nothing.example.com/v1"),
      on("GET /nothing"),
      on(`GET ${CORE}/nothings`),
      on(`POST ${ISTIO}/nothings`, { body: {} }),
      on("GET /apis/networking.istio.io/v1/virtualservices/one"),
      on("GET /apis/networking.istio.io/v1/namespaces/{ns}"),
      on("GET /api/v9"),
      on(`GET ${SERVICES}/`),
      on(`GET ${CORE}/namespaces/x`),
    ],
  },
  {
    name: "methods that are not allowed",
    exchanges: [
      on(`PUT ${SERVICES}`, { body: {} }),
      on(`PATCH ${SERVICES}`, {
        body: {},
        type: "application/merge-patch+json",
      }),
      on(`POST ${SERVICES}/one`, { body: {} }),
      on("POST /apis/networking.istio.io/v1/virtualservices", { body: {} }),
      on("POST /api/v1/configmaps", { body: {} }),
      on(`PUT ${CORE}/configmaps`, { body: {} }),
      on(`POST ${CORE}/configmaps/one`, { body: {} }),
      on("POST /version", { body: {} }),
      on("DELETE /api/v1/namespaces"),
    ],
  },
  {
    name: "health",
    exchanges: ["healthz", "livez", "readyz"].map((path) => on(`GET /${path}`)),
  },
  {
    name: "discovery",
    exchanges: [
      named("GET /api"),
      named("GET /apis/networking.istio.io"),
      named("GET /apis/networking.istio.io/v1"),
      named("GET /apis/networking.istio.io/v1beta1"),
      named("GET /apis/apps"),
      named("GET /apis/apps/v1"),
      named("GET /apis/discovery.k8s.io"),
      named("GET /apis/authorization.k8s.io/v1"),
      named("GET /api/v1"),
      named("GET /apis"),
      named("GET /api", AGGREGATED),
      named("GET /apis", AGGREGATED),
    ],
  },
  {
    name: "its version",
    exchanges: [on("GET /version")],
  },
  {
    name: "questions about oneself",
    exchanges: [
      on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: {
            resourceAttributes: {
              namespace: "{ns}",
              verb: "patch",
              group: "networking.istio.io",
              resource: "virtualservices",
            },
          },
        },
      }),
      on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: {},
        },
      }),
      on("POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectRulesReview",
          spec: { namespace: "{ns}" },
        },
      }),
      on("POST /apis/authentication.k8s.io/v1/selfsubjectreviews", {
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "SelfSubjectReview",
        },
      }),
      on("GET /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
      on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        body: "{",
      }),
      on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        body: {},
        type: "text/plain",
      }),
    ],
  },
  {
    name: "OpenAPI, as far as it is asked for",
    exchanges: [
      on("GET /openapi/v3", { not: ["body"] }),
      on("GET /openapi/v3/apis/networking.istio.io/v1", { not: ["body"] }),
      on("GET /openapi/v3/apis/nothing.example.com/v1"),
      on("GET /openapi/v2", { not: ["body"] }),
      on("GET /openapi"),
    ],
  },
  ...["Strict", "Warn", "Ignore"].flatMap((mode): Row[] => {
    const of = `dryRun=All&fieldValidation=${mode}`;
    return [
      {
        name: `unknown fields, ${mode}`,
        exchanges: [
          on(`POST ${RULES}?${of}`, {
            body: {
              ...rule("one", { nothing: 1 }),
              extra: true,
            },
          }),
          on(`POST ${CORE}/configmaps?${of}`, {
            body: { ...config("one", { nothing: 1 }), extra: true },
          }),
        ],
      },
      {
        name: `unknown fields of a spec, ${mode}`,
        exchanges: [on(`POST ${RULES}?${of}`, {
          body: {
            ...rule("one"),
            spec: {
              host: "one",
              nothing: { a: 1 },
              subsets: [{ name: "v1", label: {} }],
            },
          },
        })],
      },
      {
        name: `fields that come twice, ${mode}`,
        exchanges: [on(`POST ${RULES}?${of}`, {
          body:
            '{"apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"one"},"spec":{"host":"a","host":"b"}}',
        })],
      },
    ];
  }),
  {
    name: "another sort of field validation",
    exchanges: [
      on(`POST ${RULES}?dryRun=All&fieldValidation=Other`, {
        body: rule("one"),
      }),
      on(`POST ${RULES}?dryRun=All&fieldValidation=`, { body: rule("one") }),
    ],
  },
];
