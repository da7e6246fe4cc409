/**
 * Where the sandbox answers otherwise than a kube-apiserver, and why it may.
 * `docs/sandbox.md` has the same table.
 *
 * @module
 */

import { isWithin } from "./compare.ts";

/** One difference, or many of one sort. */
export interface Known {
  /** As the docs have it. */
  readonly what: string;
  readonly why: string;
  /** Rows whose names match; all where it is left out. */
  readonly rows?: RegExp;
  /** Places in the answer: `body.metadata.managedFields`; `*` is one step. */
  readonly at: readonly string[];
}

/** A refusal, or an answer, where the other gives the opposite. */
const ALL = ["status", "headers", "body"];

export const KNOWN: readonly Known[] = [
  {
    what: "`Cache-Control` says `no-transform` as well",
    why: "Without it the HTTP server would compress watches, which then lag",
    at: ["headers.cache-control"],
  },
  {
    what: "Tables describe no columns",
    why: "The texts are Kubernetes' own; kubectl does not show them",
    at: [
      "body.columnDefinitions[*].description",
      "body[*].object.columnDefinitions[*].description",
    ],
  },
  {
    what: "Messages about bodies that are no JSON, or no object, are shorter",
    why: "The others repeat what Go's decoder said; status and reason agree",
    rows:
      /^(nothing is made of|a JSON patch$|a delete with wishes|questions about|an apply that)/,
    at: ["body.message", "body.details.causes[0].message"],
  },
  {
    what: "Messages about selectors and tokens that cannot be read are shorter",
    why: "The others tell how Go's parser read them; status and reason agree",
    rows: /^(labels select|pages|watches that cannot be)$/,
    at: ["body.message"],
  },
  {
    what:
      "YAML and protobuf are neither taken nor given, but for server-side apply",
    why: "kubectl and Istio's tools speak JSON to what offers only JSON",
    rows: /^(wrong types of bodies|questions about)/,
    at: ["body.message", "body.details"],
  },
  {
    what: "POST to the name of a custom resource is refused with 405",
    why: "A real server takes it for a POST to the collection by accident",
    rows: /^(nothing is made of|methods that are not allowed)/,
    at: ALL,
  },
  {
    what: "An apply with a value of a wrong type is 422 with causes",
    why: "A real server gives up while it merges, with 500 and no reason",
    rows: /^an apply of a value/,
    at: ALL,
  },
  {
    what: "Workloads get few of their defaults, and Services some",
    why: "Nothing here runs containers; what routes traffic is filled in",
    rows: /^(built-in kinds get|a strategic merge patch)/,
    at: ["body.spec", "body.status", "body.metadata.managedFields"],
  },
  {
    what: "Pods run at once, with an address, on a node of their own",
    why: "The sandbox plays the scheduler and the kubelet",
    rows: /^a table of (Pods|DaemonSets)$/,
    at: ["body.rows"],
  },
  {
    what: "A ConfigMap may hold more than 1 MiB",
    why: "Only the limit of a request, 3 MiB, is kept",
    rows: /^a body that is too big$/,
    at: ALL,
  },
  {
    what: "DeleteOptions of another kind are taken for DeleteOptions",
    why: "No client sends them",
    rows: /^a delete with wishes$/,
    at: ALL,
  },
  {
    what: "The deprecated `/watch/` paths are not served",
    why: "`?watch=true` is what clients use",
    rows: /^a watch tells changes in order$/,
    at: ALL,
  },
  {
    what: "The bookmark after the first objects has its own row in a Table",
    why: "Its cells hold nothing that a client reads",
    rows: /^a watch that is a list first$/,
    at: ["body[3].object.rows"],
  },
  {
    what: "Of several wrong options of a watch only the first is told",
    why: "Status and reason agree",
    rows: /^a watch that is a list first$/,
    at: ["body.message", "body.details.causes"],
  },
  {
    what: "A watch from a version to come is refused at once, with 504",
    why: "A real server waits for it; here no such version is under way",
    rows: /^watches that cannot be$/,
    at: ALL,
  },
  {
    what: "An unknown version of the core group is a 404 in plain text",
    why: "There is one, v1, and it is old",
    rows: /^what is not served$/,
    at: ["headers.content-type", "body"],
  },
  {
    what:
      "Discovery has no `storageVersionHash` and no tokens of ServiceAccounts",
    why: "There is no storage behind, and nobody to give tokens to",
    rows: /^discovery$/,
    at: [
      "body.resources.*.storageVersionHash",
      "body.items..versions.v1.resources.serviceaccounts.subresources",
    ],
  },
  {
    what: "The version names the sandbox",
    why: "So that nobody takes it for a cluster",
    rows: /^its version$/,
    at: ["body"],
  },
  {
    what: "Rules and identity are those of the sandbox's users",
    why: "They are told by the path, `/as/viewer`, not by credentials",
    rows: /^questions about oneself$/,
    at: ["body.status", "body.metadata", "body.spec.namespace"],
  },
  {
    what:
      "There is no OpenAPI v2, v3 has no schemas, and so `kubectl explain` knows nothing",
    why: "kubectl asks whether the server checks fields, and then asks no more",
    rows: /^OpenAPI/,
    at: ALL,
  },
  {
    what: "Unknown fields within a `spec` are told, and kept",
    why:
      "A newer Istio may know them; manifests can be tried before an upgrade",
    rows: /^unknown fields of a spec/,
    at: ["body.spec", "body.metadata.managedFields"],
  },
  {
    what:
      "Fields that come twice are taken without a word; the last one counts",
    why: "JSON is read by the platform, which does so",
    rows: /^fields that come twice/,
    at: ALL,
  },
];

/** What is known about a place in the answers of a row. */
export function isKnown(row: string, at: string): string | undefined {
  return KNOWN.find((known) =>
    (known.rows?.test(row) ?? true) &&
    known.at.some((path) => isWithin(at, path))
  )?.what;
}
