/**
 * For each code of `check` a world that provokes it and one that comes near
 * and does not. Both have the Services `a` and `b` of `mesh()`.
 *
 * @module
 */

import type { KubeObject, Pod } from "../../src/istio/types.ts";
import type { World } from "../../src/istio/world.ts";
import {
  destinationRule,
  gateway,
  mesh,
  pod,
  service,
  to,
  virtualService,
} from "../istio/worlds.ts";

/** Where a code is told, and where it is not. */
export interface Fixture {
  readonly code: string;
  /** `VirtualService x spec.http[0]`. */
  readonly at: string;
  readonly bad: World;
  readonly near: World;
}

const uri = (prefix: string) => ({ uri: { prefix } });
const v1 = pod("a-v1", { app: "a", version: "v1" });
const v2 = pod("a-v2", { app: "a", version: "v2" });
const rule = (name: string, where: string, ...subsets: string[]) =>
  destinationRule(name, where, subsets);

/** With parts that `worlds.ts` does not make. */
function having<T extends KubeObject>(object: T, ...changes: object[]): T {
  return changes.reduce<T>((one, change) => merge(one, change) as T, object);
}

function merge(one: object, change: object): object {
  const merged: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(change)) {
    const old = merged[key];
    merged[key] = isMap(value) && isMap(old) ? merge(old, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const notReady: Partial<Pod> = {
  status: { phase: "Running", conditions: [] },
};

const hashing = (settings: object) =>
  having(rule("a", "a"), {
    spec: {
      subsets: [{
        name: "v1",
        labels: { version: "v1" },
        trafficPolicy: {
          portLevelSettings: [{
            port: { number: 80 },
            loadBalancer: {
              consistentHash: { useSourceIp: true, ...settings },
            },
          }],
        },
      }],
    },
  });

export const FIXTURES: readonly Fixture[] = [
  {
    code: "IST0002",
    at: "VirtualService x spec.http[0].fault.delay.percent",
    bad: mesh([virtualService("x", [{
      fault: { delay: { percent: 5, fixedDelay: "1s" } },
      route: to("a"),
    }])]),
    near: mesh([virtualService("x", [{
      fault: { delay: { percentage: { value: 5 }, fixedDelay: "1s" } },
      route: to("a"),
    }])]),
  },
  {
    code: "IST0101",
    at: "VirtualService x spec.http[0].route[0].destination.host",
    bad: mesh([virtualService("x", [{ route: to("nobody") }])]),
    near: mesh([virtualService("x", [{ route: to("nobody") }])], {
      gaps: [{ kind: "Service", reason: "forbidden" }],
    }),
  },
  {
    code: "IST0101",
    at: "VirtualService x spec.http[0].route[0].destination.host",
    bad: mesh([
      service("shop/a"),
      virtualService("x", [{ route: to("a.shop") }]),
    ]),
    near: mesh([
      service("shop/a"),
      virtualService("x", [{ route: to("a.shop.svc.cluster.local") }]),
    ]),
  },
  {
    code: "IST0101",
    at: "VirtualService x spec.http[0].route[0].destination.port.number",
    bad: mesh([virtualService("x", [{
      route: [{ destination: { host: "a", port: { number: 81 } } }],
    }])]),
    near: mesh([virtualService("x", [{
      route: [{ destination: { host: "a", port: { number: 80 } } }],
    }])]),
  },
  {
    code: "IST0101",
    at: "VirtualService x spec.http[0].route[0].destination.subset",
    bad: mesh([
      v1,
      rule("a", "a", "v1"),
      virtualService("x", [{ route: to("a:v2") }]),
    ]),
    near: mesh([
      v1,
      rule("a", "a", "v1"),
      virtualService("x", [{ route: to("a:v1") }]),
    ]),
  },
  {
    code: "IST0101",
    at: "VirtualService x spec.http[0].mirror.subset",
    bad: mesh([virtualService("x", [{
      route: to("a"),
      mirror: { host: "a", subset: "v2" },
    }])]),
    near: mesh([
      v2,
      rule("a", "a", "v2"),
      virtualService("x", [{
        route: to("a"),
        mirror: { host: "a", subset: "v2" },
      }]),
    ]),
  },
  {
    code: "IST0101",
    at: "VirtualService x spec.gateways[0]",
    bad: mesh([
      virtualService("x", [{ route: to("a") }], { gateways: ["none"] }),
    ]),
    near: mesh([
      virtualService("x", [{ route: to("a") }], { gateways: ["none"] }),
    ], { gaps: [{ kind: "Gateway", reason: "forbidden" }] }),
  },
  {
    code: "IST0101",
    at: "Gateway g spec.selector",
    bad: mesh([
      pod("istio-system/edge", { istio: "ingress" }),
      gateway("g", ["*"], { istio: "ingres" }),
    ]),
    near: mesh([
      pod("istio-system/edge", { istio: "ingress" }),
      gateway("g", ["*"], { istio: "ingress" }),
    ]),
  },
  {
    code: "IST0101",
    at: "Gateway g spec.selector",
    bad: mesh([
      pod("istio-system/edge", { istio: "ingress" }),
      gateway("g", ["*"], { istio: "ingres" }),
    ]),
    // Without Istio's own pods, those of gateways are somewhere else.
    near: mesh([gateway("g", ["*"], { istio: "ingres" })]),
  },
  {
    code: "IST0101",
    at: "VirtualService x spec.http[0].route[0].destination.host",
    bad: mesh([
      service("shop/e", { exportTo: "." }),
      pod("shop/e-1", { app: "e" }),
      virtualService("x", [{ route: to("e.shop.svc.cluster.local") }]),
    ]),
    // Nobody but clients of shop is shown the rule.
    near: mesh([
      service("shop/e", { exportTo: "." }),
      pod("shop/e-1", { app: "e" }),
      virtualService("x", [{ route: to("e.shop.svc.cluster.local") }], {
        exportTo: ["shop"],
      }),
    ]),
  },
  {
    code: "IST0106",
    at: "VirtualService x spec.http[0]",
    bad: mesh([virtualService("x", [{ route: to(["a", 0], ["b", 0]) }])]),
    near: mesh([virtualService("x", [{ route: to(["a", 0], ["b", 1]) }])]),
  },
  {
    code: "IST0106",
    at: "VirtualService x spec.http[0].timeout",
    bad: mesh([virtualService("x", [{ route: to("a"), timeout: "0s" }])]),
    near: mesh([virtualService("x", [{ route: to("a"), timeout: "1s" }])]),
  },
  {
    code: "IST0106",
    at: "VirtualService x spec.http[0]",
    bad: mesh([virtualService("x", [
      { match: [{ uri: { regex: "(?=x)" } }], route: to("b") },
      { route: to("a") },
    ])]),
    near: mesh([virtualService("x", [
      { match: [{ uri: { regex: "(?i)/x" } }], route: to("b") },
      { route: to("a") },
    ])]),
  },
  {
    code: "IST0109",
    at: "VirtualService y spec.hosts",
    bad: mesh([
      virtualService("x", [{ route: to("a") }], { minute: 1 }),
      virtualService("y", [{ route: to("b") }], { minute: 2 }),
    ]),
    near: mesh([
      virtualService("x", [{
        match: [{ sourceLabels: { app: "c" } }],
        route: to("a"),
      }], { minute: 1 }),
      virtualService("y", [{ route: to("b") }], { minute: 2 }),
    ]),
  },
  {
    code: "IST0109",
    at: "VirtualService y spec.hosts[0]",
    bad: mesh([
      virtualService("x", [{ route: to("a") }], { minute: 1 }),
      virtualService("y", [{ route: to("b") }], {
        minute: 2,
        hosts: ["a", "b"],
      }),
    ]),
    near: mesh([
      virtualService("x", [{ route: to("a") }], {
        minute: 1,
        exportTo: ["shop"],
      }),
      virtualService("y", [{ route: to("b") }], {
        minute: 2,
        hosts: ["a", "b"],
      }),
    ]),
  },
  {
    code: "IST0112",
    at: "VirtualService x spec.http[0].route[0].destination",
    bad: mesh([
      service("c", { ports: [81, 82] }),
      pod("c-1", { app: "c" }),
      virtualService("x", [{ route: to("c") }]),
    ]),
    near: mesh([
      service("c", { ports: [80, 82] }),
      pod("c-1", { app: "c" }),
      virtualService("x", [{ route: to("c") }]),
    ]),
  },
  {
    code: "IST0130",
    at: "VirtualService x spec.http[1]",
    bad: mesh([virtualService("x", [
      { match: [uri("/a")], route: to("a") },
      {
        match: [{ ...uri("/ab"), headers: { cid: { exact: "1" } } }],
        route: to("b"),
      },
      { route: to("a") },
    ])]),
    near: mesh([virtualService("x", [
      {
        match: [{ ...uri("/a"), sourceLabels: { app: "c" } }],
        route: to("a"),
      },
      {
        match: [{ ...uri("/ab"), headers: { cid: { exact: "1" } } }],
        route: to("b"),
      },
      { route: to("a") },
    ])]),
  },
  {
    code: "IST0130",
    at: "VirtualService x spec.http[1]",
    // The object is bound to the mesh alone: the gateways narrow nothing.
    bad: mesh([virtualService("x", [
      { match: [{ ...uri("/"), gateways: ["mesh"] }], route: to("a") },
      {
        match: [{ ...uri("/a"), sourceNamespace: "default" }],
        route: to("b"),
      },
    ])]),
    near: mesh([virtualService("x", [
      { match: [{ ...uri("/"), gateways: ["mesh"] }], route: to("a") },
      { match: [uri("/a")], route: to("b") },
    ], { gateways: ["mesh", "g"] })]),
  },
  {
    code: "IST0130",
    at: "VirtualService x spec.http[1]",
    // What would show it goes to another object, and the rule is dead anyway.
    bad: mesh([
      gateway("g", ["*"]),
      virtualService("w", [{ match: [uri("/a")], route: to("a") }], {
        gateways: ["g"],
        hosts: ["shop.example.com"],
        minute: 1,
      }),
      virtualService("x", [
        { route: to("a") },
        { match: [uri("/a")], route: to("b") },
      ], { gateways: ["g"], hosts: ["shop.example.com"], minute: 2 }),
    ]),
    near: mesh([
      gateway("g", ["*"]),
      virtualService("x", [
        { match: [uri("/b")], route: to("a") },
        { match: [uri("/a")], route: to("b") },
      ], { gateways: ["g"], hosts: ["shop.example.com"], minute: 2 }),
    ]),
  },
  {
    code: "IST0131",
    at: "VirtualService x spec.http[0].match[1]",
    bad: mesh([virtualService("x", [
      { match: [uri("/a"), uri("/a/b")], route: to("b") },
      { route: to("a") },
    ])]),
    near: mesh([virtualService("x", [
      {
        match: [{ ...uri("/a"), method: { exact: "GET" } }, uri("/a/b")],
        route: to("b"),
      },
      { route: to("a") },
    ])]),
  },
  {
    code: "IST0132",
    at: "VirtualService x spec.gateways[0]",
    bad: mesh([
      gateway("g", ["b.example.com"]),
      virtualService("x", [{ route: to("a") }], {
        gateways: ["g"],
        hosts: ["a.example.com"],
      }),
    ]),
    near: mesh([
      gateway("g", ["*.example.com"]),
      virtualService("x", [{ route: to("a") }], {
        gateways: ["g"],
        hosts: ["a.example.com"],
      }),
    ]),
  },
  {
    code: "IST0133",
    at: "VirtualService x spec.gateways[0]",
    bad: mesh([
      gateway("other/g", ["*"]),
      virtualService("x", [{ route: to("a") }], { gateways: ["g.other"] }),
    ]),
    near: mesh([
      gateway("other/g", ["*"]),
      virtualService("x", [{ route: to("a") }], { gateways: ["other/g"] }),
    ]),
  },
  {
    code: "IST0133",
    at: "VirtualService x spec.http[0].mirrorPercent",
    bad: mesh([virtualService("x", [{
      route: to("a"),
      mirror: { host: "b" },
      mirrorPercent: 5,
    }])]),
    near: mesh([virtualService("x", [{
      route: to("a"),
      mirror: { host: "b" },
      mirrorPercentage: { value: 5 },
    }])]),
  },
  {
    code: "IST0133",
    at:
      "DestinationRule a spec.trafficPolicy.outlierDetection.consecutiveErrors",
    bad: mesh([having(rule("a", "a"), {
      spec: { trafficPolicy: { outlierDetection: { consecutiveErrors: 3 } } },
    })]),
    near: mesh([having(rule("a", "a"), {
      spec: {
        trafficPolicy: { outlierDetection: { consecutive5xxErrors: 3 } },
      },
    })]),
  },
  {
    code: "IST0133",
    at:
      "DestinationRule a spec.subsets[0].trafficPolicy.portLevelSettings[0].loadBalancer.consistentHash.minimumRingSize",
    bad: mesh([hashing({ minimumRingSize: 5 })]),
    near: mesh([hashing({ ringHash: { minimumRingSize: 5 } })]),
  },
  {
    code: "IST0140",
    at: "VirtualService x spec.http[0].route[0].destination",
    bad: mesh([
      v1,
      rule("a", "a", "v1"),
      gateway("g", ["*"]),
      virtualService("x", [{ route: to("a") }], {
        gateways: ["g"],
        hosts: ["shop.example.com"],
      }),
      virtualService("y", [{ route: to("a:v1") }]),
    ]),
    near: mesh([
      v1,
      rule("a", "a", "v1"),
      gateway("g", ["*"]),
      virtualService("x", [{ route: to("a:v1") }], {
        gateways: ["g"],
        hosts: ["shop.example.com"],
      }),
      virtualService("y", [{ route: to("a:v1") }]),
    ]),
  },
  {
    code: "IST0140",
    at: "VirtualService x spec.http[0].route[0].destination",
    bad: mesh([
      v1,
      rule("a", "a", "v1"),
      gateway("g", ["*"]),
      virtualService("x", [{ route: to("a") }], {
        gateways: ["g"],
        hosts: ["shop.example.com"],
      }),
      virtualService("y", [{ route: to("a:v1") }]),
    ]),
    // A copy goes to a subset; the requests themselves go to all of it.
    near: mesh([
      v1,
      rule("a", "a", "v1"),
      gateway("g", ["*"]),
      virtualService("x", [{ route: to("a") }], {
        gateways: ["g"],
        hosts: ["shop.example.com"],
      }),
      virtualService("y", [{
        route: to("a"),
        mirror: { host: "a", subset: "v1" },
      }]),
    ]),
  },
  {
    code: "IST0165",
    at: "VirtualService x spec.gateways[0]",
    bad: mesh([
      virtualService("x", [{ route: to("a") }], {
        gateways: ["g~istio-autogenerated-k8s-gateway~http"],
      }),
    ]),
    near: mesh([
      gateway("g", ["*"]),
      virtualService("x", [{ route: to("a") }], { gateways: ["g"] }),
    ]),
  },
  {
    code: "IST0165",
    at: "VirtualService x spec.gateways[0]",
    // As Istio named them up to 1.26 or so.
    bad: mesh([
      virtualService("x", [{ route: to("a") }], {
        gateways: ["g-istio-autogenerated-k8s-gateway-http"],
      }),
    ]),
    near: mesh([
      gateway("g-istio", ["*"]),
      virtualService("x", [{ route: to("a") }], { gateways: ["g-istio"] }),
    ]),
  },
  {
    code: "IST0173",
    at: "VirtualService x spec.http[0].route[0].destination.subset",
    bad: mesh([
      rule("a", "a", "v2"),
      virtualService("x", [{ route: to("a:v2") }]),
    ]),
    near: mesh([
      rule("a", "a", "v2"),
      virtualService("x", [{ route: to("a:v2") }]),
    ], { gaps: [{ kind: "Pod", reason: "forbidden" }] }),
  },
  {
    code: "IST0173",
    at: "DestinationRule a spec.subsets[0]",
    bad: mesh([rule("a", "a", "v2")]),
    near: mesh([rule("a", "a", "v2")], {
      gaps: [{ kind: "VirtualService", reason: "forbidden" }],
    }),
  },
  {
    code: "IST0174",
    at: "DestinationRule x spec.host",
    bad: mesh([rule("x", "nobody")]),
    near: mesh([rule("x", "*.local")]),
  },
  {
    code: "IST0174",
    at: "DestinationRule x spec.host",
    bad: mesh([
      service("shop/e", { exportTo: "." }),
      rule("x", "e.shop.svc.cluster.local"),
    ]),
    near: mesh([
      service("shop/e", { exportTo: "." }),
      rule("istio-system/x", "e.shop.svc.cluster.local"),
      rule("shop/x", "e"),
    ]),
  },
  {
    code: "canary-left-behind",
    at: "VirtualService x spec.http[0]",
    bad: mesh([
      rule("a", "a", "v9"),
      virtualService("x", [
        { match: [{ headers: { cid: { exact: "1" } } }], route: to("a:v9") },
        { route: to("a") },
      ]),
    ]),
    near: mesh([
      rule("a", "a", "v9"),
      deployment("a-v9", { app: "a", version: "v9" }),
      virtualService("x", [
        { match: [{ headers: { cid: { exact: "1" } } }], route: to("a:v9") },
        { route: to("a") },
      ]),
    ]),
  },
  {
    code: "delegate-incompatible",
    at: "VirtualService x spec.http[0].delegate",
    bad: mesh([
      virtualService("x", [{ match: [uri("/a")], delegate: { name: "d" } }]),
      virtualService("d", [{ match: [uri("/b")], route: to("b") }], {
        hosts: [],
      }),
    ]),
    near: mesh([
      virtualService("x", [{ match: [uri("/a")], delegate: { name: "d" } }]),
      virtualService("d", [{ match: [uri("/a/b")], route: to("b") }], {
        hosts: [],
      }),
    ]),
  },
  {
    code: "delegate-missing",
    at: "VirtualService x spec.http[0].delegate",
    bad: mesh([virtualService("x", [{ delegate: { name: "d" } }])]),
    near: mesh([virtualService("x", [{ delegate: { name: "d" } }])], {
      gaps: [{ kind: "VirtualService", reason: "forbidden" }],
    }),
  },
  {
    code: "delegate-nested",
    at: "VirtualService x spec.http[0].delegate",
    bad: mesh([
      virtualService("x", [{ delegate: { name: "d" } }]),
      virtualService("d", [{ delegate: { name: "e" } }], { hosts: [] }),
      virtualService("e", [{ route: to("a") }], { hosts: [] }),
    ]),
    near: mesh([
      virtualService("x", [{ delegate: { name: "d" } }]),
      virtualService("d", [{ route: to("a") }], { hosts: [] }),
    ]),
  },
  {
    code: "delegate-not-exported",
    at: "VirtualService x spec.http[0].delegate",
    bad: mesh([
      virtualService("x", [{ delegate: { name: "d", namespace: "shop" } }]),
      virtualService("shop/d", [{ route: to("a.default.svc.cluster.local") }], {
        hosts: [],
        exportTo: ["."],
      }),
    ]),
    near: mesh([
      virtualService("x", [{ delegate: { name: "d", namespace: "shop" } }]),
      virtualService("shop/d", [{ route: to("a.default.svc.cluster.local") }], {
        hosts: [],
        exportTo: ["default"],
      }),
    ]),
  },
  {
    code: "destination-rule-hides",
    at: "DestinationRule mtls spec.host",
    bad: mesh([
      v1,
      rule("a", "a", "v1"),
      rule("shop/mtls", "*.local"),
      virtualService("x", [{ route: to("a:v1") }]),
    ]),
    near: mesh([
      v1,
      rule("a", "a", "v1"),
      rule("shop/mtls", "*.local"),
      virtualService("x", [{ route: to("a:v1") }], { exportTo: ["."] }),
    ]),
  },
  {
    code: "destination-rule-not-merged",
    at: "DestinationRule y spec.exportTo",
    bad: mesh([
      destinationRule("y", "a", ["v1"], { minute: 1, exportTo: ["."] }),
      destinationRule("z", "a", ["v2"], {
        minute: 2,
        exportTo: ["shop", "default"],
      }),
    ]),
    near: mesh([
      destinationRule("y", "a", ["v1"], { minute: 1 }),
      destinationRule("z", "a", ["v2"], { minute: 2 }),
    ]),
  },
  {
    code: "fault-injected",
    at: "VirtualService x spec.http[0].fault",
    bad: mesh([virtualService("x", [{
      fault: { abort: { httpStatus: 500, percentage: { value: 5 } } },
      route: to("a"),
    }])]),
    near: mesh([virtualService("x", [{ route: to("a") }])]),
  },
  {
    code: "field-without-effect",
    at: "VirtualService x spec.http[0].timeout",
    bad: mesh([virtualService("x", [{
      redirect: { uri: "/b" },
      timeout: "1s",
    }])]),
    near: mesh([virtualService("x", [{ route: to("a"), timeout: "1s" }])]),
  },
  {
    code: "hash-not-sticky",
    at: "VirtualService x spec.http[0].route",
    bad: mesh([
      v1,
      v2,
      having(rule("a", "a", "v1", "v2"), { spec: { trafficPolicy: HASH() } }),
      virtualService("x", [{ route: to(["a:v1", 50], ["a:v2", 50]) }]),
    ]),
    near: mesh([
      v1,
      v2,
      having(rule("a", "a", "v1", "v2"), { spec: { trafficPolicy: HASH() } }),
      virtualService("x", [{ route: to(["a:v1", 100], ["a:v2", 0]) }]),
    ]),
  },
  {
    code: "header-meant-as-field",
    at: "VirtualService x spec.http[0].match[0].headers.uri",
    bad: mesh([virtualService("x", [
      { match: [{ headers: { uri: { prefix: "/a" } } }], route: to("b") },
      { route: to("a") },
    ])]),
    near: mesh([virtualService("x", [
      { match: [{ headers: { "x-uri": { prefix: "/a" } } }], route: to("b") },
      { route: to("a") },
    ])]),
  },
  {
    code: "host-partial",
    at: "VirtualService x spec.hosts[0]",
    bad: mesh([
      virtualService("x", [{ route: to("a") }], { hosts: ["a.default"] }),
    ]),
    near: mesh([
      virtualService("x", [{ route: to("a") }], { hosts: ["a.example"] }),
    ]),
  },
  {
    code: "ignore-case-without-effect",
    at: "VirtualService x spec.http[0].match[0].ignoreUriCase",
    bad: mesh([virtualService("x", [
      {
        match: [{ uri: { regex: "/a.*" }, ignoreUriCase: true }],
        route: to("b"),
      },
      { route: to("a") },
    ])]),
    near: mesh([virtualService("x", [
      { match: [{ ...uri("/a"), ignoreUriCase: true }], route: to("b") },
      { route: to("a") },
    ])]),
  },
  {
    code: "match-gateway-unbound",
    at: "VirtualService x spec.http[0].match[0].gateways[0]",
    bad: mesh([virtualService("x", [
      { match: [{ gateways: ["g"] }], route: to("b") },
      { route: to("a") },
    ])]),
    near: mesh([
      gateway("g", ["*"]),
      virtualService("x", [
        { match: [{ gateways: ["g"] }], route: to("b") },
        { route: to("a") },
      ], { gateways: ["mesh", "default/g"] }),
    ]),
  },
  {
    code: "no-ready-pods",
    at: "VirtualService x spec.http[0].route[0].destination.host",
    bad: mesh([
      service("c"),
      pod("c-1", { app: "c" }, notReady),
      virtualService("x", [{ route: to("c") }]),
    ]),
    near: mesh([
      service("c", { selector: null }),
      virtualService("x", [{ route: to("c") }]),
    ]),
  },
  {
    code: "owned",
    at: "VirtualService x metadata",
    bad: mesh([marked({ "argocd.argoproj.io/tracking-id": "x" })]),
    near: mesh([marked({ "app.kubernetes.io/instance": "x" })]),
  },
  {
    code: "port-not-inferred",
    at: "VirtualService x spec.http[0].route[0].destination",
    bad: mesh([
      service("c", { ports: [8080] }),
      pod("c-1", { app: "c" }),
      virtualService("x", [{ route: to("c") }]),
    ]),
    near: mesh([
      service("c", { ports: [8080] }),
      pod("c-1", { app: "c" }),
      gateway("g", ["*"]),
      virtualService("x", [{ route: to("c") }], { gateways: ["g"] }),
    ]),
  },
  {
    code: "requests-without-rule",
    at: "VirtualService x spec.http",
    bad: mesh([virtualService("x", [{ match: [uri("/a")], route: to("a") }])]),
    near: mesh([virtualService("x", [{
      match: [{ sourceLabels: { app: "c" } }],
      route: to("a"),
    }])]),
  },
  {
    code: "share-differs",
    at: "VirtualService x spec.http[0].route",
    bad: mesh([virtualService("x", [{ route: to(["a", 0]) }])]),
    near: mesh([virtualService("x", [{ route: to("a") }])]),
  },
  {
    code: "share-differs",
    at: "VirtualService x spec.http[0].route",
    bad: mesh([virtualService("x", [{ route: to(["a", 1], ["b", 3]) }])]),
    near: mesh([virtualService("x", [{ route: to(["a", 25], ["b", 75]) }])]),
  },
  {
    code: "source-ignored",
    at: "VirtualService x spec.http[0].match[0].sourceLabels",
    bad: mesh([virtualService("x", [
      {
        match: [{ gateways: ["mesh"], sourceLabels: { app: "c" } }],
        route: to("b"),
      },
      { route: to("a") },
    ])]),
    near: mesh([virtualService("x", [
      { match: [{ sourceLabels: { app: "c" } }], route: to("b") },
      { route: to("a") },
    ])]),
  },
  {
    code: "subset-duplicate",
    at: "DestinationRule z spec.subsets[0]",
    bad: mesh([
      destinationRule("y", "a", ["v1"], { minute: 1 }),
      destinationRule("z", "a", ["v1"], { minute: 2 }),
    ]),
    near: mesh([
      destinationRule("y", "a", ["v1"], { minute: 1 }),
      destinationRule("z", "a", ["v2"], { minute: 2 }),
    ]),
  },
  {
    code: "subset-not-for-all-clients",
    at: "VirtualService x spec.http[0].route[0].destination.subset",
    bad: mesh([
      v1,
      pod("shop/c", { app: "c" }),
      destinationRule("a", "a", ["v1"], { exportTo: ["."] }),
      virtualService("x", [{ route: to("a:v1") }]),
    ]),
    near: mesh([
      v1,
      pod("shop/c", { app: "c" }),
      destinationRule("a", "a", ["v1"], { exportTo: ["."] }),
      virtualService("x", [{ route: to("a:v1") }], { exportTo: ["."] }),
    ]),
  },
  {
    code: "subset-unused",
    at: "DestinationRule a spec.subsets[1]",
    bad: mesh([
      v1,
      v2,
      rule("a", "a", "v1", "v2"),
      virtualService("x", [{ route: to("a:v1") }]),
    ]),
    near: mesh([
      v1,
      v2,
      rule("a", "a", "v1", "v2"),
      virtualService("x", [{
        route: to("a:v1"),
        mirror: { host: "a", subset: "v2" },
      }]),
    ]),
  },
  {
    code: "subset-without-labels",
    at: "DestinationRule a spec.subsets[1]",
    bad: mesh([
      v1,
      having(rule("a", "a"), {
        spec: {
          subsets: [{ name: "v1", labels: { version: "v1" } }, { name: "all" }],
        },
      }),
    ]),
    near: mesh([
      having(rule("a", "a"), { spec: { subsets: [{ name: "all" }] } }),
    ]),
  },
  {
    code: "two-owners",
    at: "VirtualService x metadata",
    bad: mesh([
      marked({
        "argocd.argoproj.io/tracking-id": "x",
        "rollouts.argoproj.io/managed-by-rollouts": "y",
      }),
    ]),
    near: mesh([
      marked({
        "argocd.argoproj.io/tracking-id": "x",
        "argocd.argoproj.io/sync-wave": "1",
      }),
    ]),
  },
  {
    code: "without-effect",
    at: "VirtualService x spec.hosts",
    // The gateway's pods are elsewhere.
    bad: mesh([
      pod("istio-system/edge", { istio: "ingress" }),
      gateway("g", ["*"], { istio: "ingress" }),
      virtualService("x", [{ route: to("a") }], {
        ...{ gateways: ["g"], hosts: ["shop.example.com"] },
        exportTo: ["."],
      }),
    ]),
    near: mesh([
      pod("istio-system/edge", { istio: "ingress" }),
      gateway("g", ["*"], { istio: "ingress" }),
      virtualService("x", [{ route: to("a") }], {
        ...{ gateways: ["g"], hosts: ["shop.example.com"] },
        exportTo: ["istio-system"],
      }),
    ]),
  },
  {
    code: "without-effect",
    at: "VirtualService x spec.hosts",
    bad: mesh([virtualService("x", [{ route: to("a") }], { hosts: [] })]),
    near: mesh([
      virtualService("x", [{ route: to("a") }], { hosts: [] }),
      virtualService("y", [{ delegate: { name: "x" } }]),
    ]),
  },
];

function HASH() {
  return { loadBalancer: { consistentHash: { useSourceIp: true } } };
}

function marked(annotations: Record<string, string>) {
  return having(virtualService("x", [{ route: to("a") }]), {
    metadata: { annotations },
  });
}

function deployment(name: string, labels: Record<string, string>): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: { replicas: 1, template: { metadata: { labels } } },
  };
}
