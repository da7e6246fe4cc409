/**
 * A place with names, and texts with a mark where the cursor is.
 *
 * @module
 */

import {
  type DocumentOptions,
  readDocument,
} from "../../../src/language/document.ts";
import type { Names, PlaceNames } from "../../../src/language/names.ts";

const to = (build: string, percent: number, host = "api-domain") => ({
  host,
  port: 5000,
  subset: `${host}-${build}`,
  build,
  percent,
});

/** The default namespace of the sandbox, in short. */
export const DEFAULT: PlaceNames = {
  place: {},
  namespace: "default",
  readAt: 58_000,
  isWatched: true,
  isPartial: false,
  namespaces: ["default", "istio-system", "shop"],
  virtualServices: [
    {
      name: "api-domain-virtualservice",
      labels: { app: "api-domain", tier: "web" },
      hosts: ["api.domain.io"],
      rules: [
        {
          index: 0,
          name: "istiops-pr-10",
          kind: "header",
          match: "x-cid: me",
          headers: ["x-cid=me", "x-beta?"],
          destinations: [to("PR-10", 100)],
        },
        {
          index: 1,
          name: "web",
          kind: "base",
          match: "/web/*",
          headers: [],
          destinations: [to("1", 90), to("2", 10)],
        },
        {
          index: 2,
          name: "master",
          kind: "master",
          match: ".+",
          headers: [],
          destinations: [to("1", 90), to("2", 10)],
        },
      ],
    },
    {
      name: "catalog",
      labels: {},
      hosts: ["catalog"],
      rules: [{
        index: 0,
        kind: "master",
        match: "every request",
        headers: [],
        destinations: [to("v1", 100, "catalog")],
      }],
    },
  ],
  services: [
    { host: "api-domain", ports: [5000] },
    { host: "catalog", ports: [80, 8080] },
  ],
  builds: [
    ...[["1", 6], ["2", 2], ["PR-10", 1]].map(([build, pods]) => ({
      build: String(build),
      host: "api-domain",
      labels: { app: "api-domain", build: String(build) },
      subset: `api-domain-${build}`,
      pods: Number(pods),
    })),
    { build: "3", host: "api-domain", labels: { build: "3" }, pods: 2 },
    {
      build: "v1",
      host: "catalog",
      labels: { version: "v1" },
      subset: "v1",
    },
  ],
  labels: [
    {
      key: "app",
      values: [{ value: "api-domain", pods: 11 }, {
        value: "catalog",
        pods: 2,
      }],
    },
    {
      key: "build",
      values: [{ value: "1", pods: 6 }, { value: "PR-10", pods: 1 }],
    },
  ],
  operations: [{
    id: "20261123182252-ab0e74fa",
    virtualService: "api-domain-virtualservice",
    time: "2026-11-23T18:22:52Z",
    command: "istiops shift -b 2 -w 10",
    undone: false,
  }],
};

/** What is known, two seconds later. */
export const NAMES: Names = {
  now: 60_000,
  contexts: [
    {
      name: "staging",
      namespace: "default",
      protected: false,
      isCurrent: true,
    },
    { name: "production", protected: true, isCurrent: false },
  ],
  places: [DEFAULT],
};

/** A text with the cursor at its `‸`. */
export function marked(
  text: string,
  options: DocumentOptions = { way: "shell" },
) {
  const offset = text.indexOf("‸");
  if (offset < 0) throw new Error(`no cursor in ${text}`);
  const plain = text.replace("‸", "");
  return { document: readDocument(plain, options), offset, text: plain };
}
