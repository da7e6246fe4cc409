/**
 * Server-side apply: owners, conflicts, force, and what is given up.
 *
 * @module
 */

import { APPLY, CORE, MERGE_PATCH, on, type Row, SERVICES } from "./rows.ts";

const ONE = `${SERVICES}/one`;

const apply = (query: string, body: unknown) =>
  on(`PATCH ${ONE}?${query}`, { body, type: APPLY });

const one = (
  spec: unknown,
  metadata: Readonly<Record<string, unknown>> = {},
) => ({
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: { name: "one", ...metadata },
  ...(spec === undefined ? {} : { spec }),
});

const http = [{ route: [{ destination: { host: "one" } }] }];

export const APPLY_ROWS: readonly Row[] = [
  {
    name: "an apply makes an object, and changes nothing the second time",
    exchanges: [
      apply("fieldManager=ann", one({ hosts: ["one"], http })),
      apply("fieldManager=ann", one({ hosts: ["one"], http })),
      apply("fieldManager=ann&dryRun=All", one({ hosts: ["two"], http })),
      on(`GET ${ONE}`),
    ],
  },
  {
    name: "an apply gives up what it no longer names",
    exchanges: [
      apply(
        "fieldManager=ann",
        one({ hosts: ["one"], gateways: ["mesh"], http }, {
          labels: { a: "1", b: "2" },
          annotations: { c: "3" },
        }),
      ),
      apply(
        "fieldManager=ann",
        one({ hosts: ["one"], http }, { labels: { a: "1" } }),
      ),
      on(`GET ${ONE}`),
    ],
  },
  {
    name: "appliers share what they agree about",
    exchanges: [
      apply("fieldManager=ann", one({ hosts: ["one"], http })),
      apply("fieldManager=bob", one({ hosts: ["one"], http })),
      apply("fieldManager=bob", one({ hosts: ["two"], http })),
      apply("fieldManager=ann", one({ http })),
      apply("fieldManager=bob", one({ hosts: ["two"], http })),
      on(`GET ${ONE}`),
    ],
  },
  {
    name: "an apply meets what others own",
    exchanges: [
      on(`POST ${SERVICES}`, {
        body: one({ hosts: ["one"], http }, { labels: { a: "1", b: "2" } }),
      }),
      apply(
        "fieldManager=ann",
        one({ hosts: ["two"], http }, { labels: { a: "2" } }),
      ),
      apply("fieldManager=ann", one({ hosts: ["two"] })),
      apply(
        "fieldManager=ann&force=true",
        one({ hosts: ["two"] }, { labels: { a: "2", c: "3" } }),
      ),
      on(`PATCH ${ONE}?fieldManager=eve`, {
        body: { metadata: { labels: { c: null, a: "4" } } },
        type: MERGE_PATCH,
      }),
      apply(
        "fieldManager=ann",
        one({ hosts: ["two"] }, { labels: { a: "2" } }),
      ),
      on(`GET ${ONE}`),
    ],
  },
  {
    name: "an apply that cannot be",
    exchanges: [
      apply("", one({ hosts: ["one"], http })),
      apply("fieldManager=ann", { ...one(undefined), apiVersion: undefined }),
      apply("fieldManager=ann", { ...one(undefined), kind: "Gateway" }),
      apply("fieldManager=ann", one({ hosts: ["one"] }, { name: "two" })),
      apply(
        "fieldManager=ann",
        one({ hosts: ["one"] }, { managedFields: [{}] }),
      ),
      apply("fieldManager=ann", one({ hosts: ["one"] })),
      apply(`fieldManager=${"x".repeat(200)}`, one({ hosts: ["one"], http })),
      apply(
        "fieldManager=ann",
        one({ hosts: ["one"], http }, { resourceVersion: "1" }),
      ),
    ],
  },
  {
    name: "an apply owns the empty map that it names",
    exchanges: ["ann", "bob"].map((name) =>
      apply(
        `fieldManager=${name}`,
        one({ hosts: [name], http }, { labels: {} }),
      )
    ),
  },
  {
    name: "an apply of a value that is of another type",
    exchanges: [apply("fieldManager=ann", one({ hosts: [7], http }))],
  },
  {
    name: "an apply in YAML, and of a built-in kind",
    exchanges: [
      on(`PATCH ${CORE}/configmaps/one?fieldManager=ann`, {
        body:
          "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  labels: {a: b}\ndata:\n  x: '1'\n  z: '2'\n",
        type: APPLY,
      }),
      on(`PATCH ${CORE}/configmaps/one?fieldManager=bob`, {
        body: {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "one" },
          data: { x: "2" },
        },
        type: APPLY,
      }),
      on(`PATCH ${CORE}/configmaps/one?fieldManager=ann`, {
        body: {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "one" },
          data: { x: "1" },
        },
        type: APPLY,
      }),
    ],
  },
];
