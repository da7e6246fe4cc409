/**
 * Objects that Istio's webhook, or the schema of its kinds, has something
 * against, and some close to them that it takes.
 *
 * @module
 */

type Spec = Readonly<Record<string, unknown>>;

/** One object to offer. */
export interface Offer {
  readonly what: string;
  readonly kind: string;
  readonly spec: Spec;
}

const to = (host = "a", rest: Spec = {}) => ({
  destination: { host, ...rest },
});
const route = [to()];

const service = (what: string, spec: Spec): Offer => ({
  what,
  kind: "VirtualService",
  spec: { hosts: ["a"], ...spec },
});
const http = (what: string, rule: unknown): Offer =>
  service(what, { http: [rule] });
const match = (what: string, one: unknown): Offer =>
  http(what, { match: [one], route });
const rule = (what: string, spec: Spec): Offer => ({
  what,
  kind: "DestinationRule",
  spec: { host: "a", ...spec },
});
const policy = (what: string, trafficPolicy: Spec): Offer =>
  rule(what, { trafficPolicy });
const gateway = (what: string, server: Spec, spec: Spec = {}): Offer => ({
  what,
  kind: "Gateway",
  spec: {
    servers: [{
      hosts: ["a.com"],
      port: { number: 80, name: "http", protocol: "HTTP" },
      ...server,
    }],
    ...spec,
  },
});
const entry = (what: string, spec: Spec): Offer => ({
  what,
  kind: "ServiceEntry",
  spec: {
    hosts: ["a.com"],
    ports: [{ number: 80, name: "http", protocol: "HTTP" }],
    resolution: "DNS",
    ...spec,
  },
});
const workload = (what: string, spec: Spec): Offer => ({
  what,
  kind: "WorkloadEntry",
  spec: { address: "10.77.1.1", ...spec },
});

const SERVICES: readonly Offer[] = [
  service("no rule at all", {}),
  service("no hosts", { hosts: [], http: [{ route }] }),
  service("no hosts but gateways", {
    hosts: [],
    gateways: ["g"],
    http: [{ route }],
  }),
  service("no hosts but tcp", { hosts: [], tcp: [{ route }] }),
  service("every host in the mesh", { hosts: ["*"], http: [{ route }] }),
  service("every host at a gateway", {
    hosts: ["*"],
    gateways: ["g"],
    http: [{ route }],
  }),
  service("a host twice", { hosts: ["a", "a"], http: [{ route }] }),
  service("an empty host", { hosts: [""], http: [{ route }] }),
  service("a host with a space", { hosts: ["a b"], http: [{ route }] }),
  service("a host with a star inside", {
    hosts: ["a.*.b"],
    http: [{ route }],
  }),
  service("a wildcard host", { hosts: ["*.b"], http: [{ route }] }),
  service("an address as host", { hosts: ["10.1.1.1"], http: [{ route }] }),
  service("a gateway name with a space", {
    gateways: ["a b"],
    http: [{ route }],
  }),
  service("a gateway of another namespace", {
    gateways: ["n/g"],
    http: [{ route }],
  }),
  service("a gateway with two slashes", {
    gateways: ["n/g/x"],
    http: [{ route }],
  }),
  service("exportTo of a bad name", { exportTo: ["A_"], http: [{ route }] }),
  service("exportTo . and *", { exportTo: [".", "*"], http: [{ route }] }),
  service("exportTo nobody and somebody", {
    exportTo: ["~", "x"],
    http: [{ route }],
  }),
  http("an empty rule", {}),
  http("route and redirect", { route, redirect: { uri: "/" } }),
  http("route and direct response", { route, directResponse: { status: 200 } }),
  http("a direct response", { directResponse: { status: 200 } }),
  http("a direct response of status 99", { directResponse: { status: 99 } }),
  http("a direct response of status 600", { directResponse: { status: 600 } }),
  http("redirect to nothing", { redirect: {} }),
  http("redirect with code 200", { redirect: { uri: "/", redirectCode: 200 } }),
  http("redirect with a query", { redirect: { uri: "/a?b" } }),
  http("redirect by prefix", { redirect: { prefixRewrite: "/x" } }),
  http("redirect of uri and prefix", {
    redirect: { uri: "/a", prefixRewrite: "/x" },
  }),
  http("redirect with fault", {
    redirect: { uri: "/" },
    fault: { abort: { httpStatus: 500, percentage: { value: 1 } } },
  }),
  http("redirect with rewrite", {
    redirect: { uri: "/" },
    rewrite: { uri: "/" },
  }),
  http("redirect with an odd scheme", { redirect: { scheme: "ftp" } }),
  http("an empty rewrite", { route, rewrite: {} }),
  http("a rewrite by a broken regex", {
    route,
    rewrite: { uriRegexRewrite: { match: "(", rewrite: "x" } },
  }),
  http("a rewrite both ways", {
    route,
    rewrite: { uri: "/", uriRegexRewrite: { match: "a", rewrite: "b" } },
  }),
  http("a rewrite by a regex", {
    route,
    rewrite: { uriRegexRewrite: { match: "a", rewrite: "b" } },
  }),
  http("negative weight", { route: [{ ...to(), weight: -1 }] }),
  http("weights that are all 0", {
    route: [{ ...to(), weight: 0 }, { ...to("b"), weight: 0 }],
  }),
  http("weights that sum to 70", {
    route: [{ ...to(), weight: 30 }, { ...to("b"), weight: 40 }],
  }),
  http("a weight that is a fraction", { route: [{ ...to(), weight: 0.5 }] }),
  http("one destination of weight 0", { route: [{ ...to(), weight: 0 }] }),
  http("no destination", { route: [{ weight: 1 }] }),
  http("every host as destination", { route: [to("*")] }),
  http("a destination with a bad name", { route: [to("a_b!")] }),
  http("an empty destination", { route: [to("")] }),
  http("a bad subset name", { route: [to("a", { subset: "A B" })] }),
  http("port 0", { route: [to("a", { port: { number: 0 } })] }),
  http("port 70000", { route: [to("a", { port: { number: 70000 } })] }),
  http("a port by name", { route: [to("a", { port: { name: "x" } })] }),
  http("a negative timeout", { route, timeout: "-1s" }),
  http("a timeout of 0", { route, timeout: "0s" }),
  http("a timeout without unit", { route, timeout: "5" }),
  http("a timeout under a millisecond", { route, timeout: "1us" }),
  http("a timeout", { route, timeout: "1.5s" }),
  http("negative retries", { route, retries: { attempts: -1 } }),
  http("retries of 0 with a deadline", {
    route,
    retries: { attempts: 0, perTryTimeout: "1s" },
  }),
  http("retries on an unknown policy", {
    route,
    retries: { attempts: 1, retryOn: "weather" },
  }),
  http("retries on status 503", {
    route,
    retries: { attempts: 1, retryOn: "503,5xx" },
  }),
  http("retries on status 99", {
    route,
    retries: { attempts: 1, retryOn: "99" },
  }),
  http("a fault that is nothing", { route, fault: {} }),
  http("an abort of status 99", {
    route,
    fault: { abort: { httpStatus: 99, percentage: { value: 1 } } },
  }),
  http("an abort of 200 percent", {
    route,
    fault: { abort: { httpStatus: 500, percentage: { value: 200 } } },
  }),
  http("a delay of nothing", { route, fault: { delay: {} } }),
  http("a delay of -1 s", {
    route,
    fault: { delay: { fixedDelay: "-1s", percentage: { value: 1 } } },
  }),
  http("a fault", {
    route,
    fault: {
      abort: { httpStatus: 500, percentage: { value: 1 } },
      delay: { fixedDelay: "1s", percentage: { value: 1 } },
    },
  }),
  http("mirror and mirrors", {
    route,
    mirror: { host: "b" },
    mirrors: [{ destination: { host: "c" } }],
  }),
  http("a mirror of 200 percent", {
    route,
    mirror: { host: "b" },
    mirrorPercentage: { value: 200 },
  }),
  http("a mirror without a destination", { route, mirrors: [{}] }),
  http("mirrors", {
    route,
    mirrors: [{ destination: { host: "b" }, percentage: { value: 10 } }],
  }),
  http("a CORS origin both ways", {
    route,
    corsPolicy: { allowOrigin: ["a"], allowOrigins: [{ exact: "a" }] },
  }),
  http("a CORS origin of nothing", {
    route,
    corsPolicy: { allowOrigins: [{}] },
  }),
  http("a CORS method that is none", {
    route,
    corsPolicy: { allowMethods: ["FLY"] },
  }),
  http("a CORS age of half a second", {
    route,
    corsPolicy: { maxAge: "0.5s" },
  }),
  http("a CORS header with a space", {
    route,
    corsPolicy: { allowHeaders: ["a b"] },
  }),
  http("header operations on a bad name", {
    route,
    headers: { request: { set: { "a b": "c" } } },
  }),
  http("header operations on an empty name", {
    route,
    headers: { request: { remove: [""] } },
  }),
  http("the authority is set", {
    route,
    headers: { request: { set: { ":authority": "x" } } },
  }),
  http("the path is removed", {
    route,
    headers: { request: { remove: [":path"] } },
  }),
  http("a header value with a broken format", {
    route,
    headers: { request: { set: { a: "%REQ(x%" } } },
  }),
  http("header operations at a destination", {
    route: [{ ...to(), headers: { response: { add: { "a b": "c" } } } }],
  }),
  http("delegate and route", { delegate: { name: "x" }, route }),
  http("delegate", { delegate: { name: "x", namespace: "y" } }),
  http("delegate without a name", { delegate: {} }),
  http("delegate with a bad name", { delegate: { name: "A_" } }),
  http("delegate with a regex", {
    match: [{ uri: { regex: "a.*" } }],
    delegate: { name: "x" },
  }),
  service("a delegate that delegates", {
    hosts: [],
    http: [{ delegate: { name: "x" } }],
  }),
  service("two catch-alls", { http: [{ route }, { route: [to("b")] }] }),
  match("a broken regex", { uri: { regex: "(" } }),
  match("a regex that RE2 lacks", { uri: { regex: "(?=a)" } }),
  match("an empty regex", { uri: { regex: "" } }),
  match("a regex of 1,025 characters", { uri: { regex: "a".repeat(1_025) } }),
  match("an empty prefix of the path", { uri: { prefix: "" } }),
  match("an empty prefix of a header", { headers: { x: { prefix: "" } } }),
  match("an empty exact header", { headers: { x: { exact: "" } } }),
  match("a header that is there", { headers: { x: {} } }),
  match("no header by nothing", { withoutHeaders: { x: {} } }),
  match("a header in two ways", {
    headers: { x: { exact: "a", prefix: "b" } },
  }),
  match("a header name with a space", { headers: { "a b": { exact: "c" } } }),
  match("an empty header name", { headers: { "": { exact: "c" } } }),
  match("a broken regex of a header", { headers: { x: { regex: "[" } } }),
  match("a broken regex without a header", {
    withoutHeaders: { x: { regex: "[" } },
  }),
  match("a broken regex of a parameter", {
    queryParams: { x: { regex: "[" } },
  }),
  match("a prefix of a parameter", { queryParams: { x: { prefix: "a" } } }),
  match("a broken regex of the method", { method: { regex: "[" } }),
  match("port 70000", { port: 70000 }),
  match("port 0", { port: 0 }),
  match("a source label with a bad key", { sourceLabels: { "a b": "c" } }),
  match("a source label with a bad value", { sourceLabels: { a: "-" } }),
  match("gateways of a match with a bad name", { gateways: ["a b"] }),
  match("a source namespace with a bad name", { sourceNamespace: "A_" }),
  match("a match that is null", null),
  match("a name of a match", { name: "x y", uri: { exact: "/" } }),
  service("tcp without a route", { tcp: [{}] }),
  service("tcp with a bad subnet", {
    tcp: [{ match: [{ destinationSubnets: ["1.2.3.4/99"] }], route }],
  }),
  service("tcp", { tcp: [{ match: [{ port: 80 }], route }] }),
  service("tls without sniHosts", { tls: [{ match: [{ port: 443 }], route }] }),
  service("tls without a match", { tls: [{ route }] }),
  service("tls for a name that is no host of it", {
    tls: [{ match: [{ port: 443, sniHosts: ["b"] }], route }],
  }),
  service("tls", { tls: [{ match: [{ port: 443, sniHosts: ["a"] }], route }] }),
  service("hosts that are a text", { hosts: "a", http: [{ route }] }),
  service("http that is an object", { http: { route } }),
];

const RULES: readonly Offer[] = [
  rule("no host", { host: undefined }),
  rule("an empty host", { host: "" }),
  rule("a host with a space", { host: "a b" }),
  rule("every host", { host: "*" }),
  rule("a wildcard host", { host: "*.a" }),
  rule("a subset without a name", { subsets: [{ labels: { a: "b" } }] }),
  rule("a subset with an empty name", { subsets: [{ name: "" }] }),
  rule("a subset with a bad name", { subsets: [{ name: "A B" }] }),
  rule("a subset with a dot", { subsets: [{ name: "v1.2" }] }),
  rule("a subset twice", {
    subsets: [{ name: "v", labels: { a: "b" } }, { name: "v", labels: {} }],
  }),
  rule("a subset without labels", { subsets: [{ name: "v" }] }),
  rule("a subset with a bad label", {
    subsets: [{ name: "v", labels: { "a b": "c" } }],
  }),
  rule("a subset with a bad value", {
    subsets: [{ name: "v", labels: { a: "-" } }],
  }),
  rule("exportTo of a bad name", { exportTo: ["A_"] }),
  rule("exportTo of itself twice", { exportTo: [".", "."] }),
  rule("a selector", { workloadSelector: { matchLabels: { a: "b" } } }),
  rule("an empty selector", { workloadSelector: { matchLabels: {} } }),
  rule("a selector with a star", {
    workloadSelector: { matchLabels: { a: "*" } },
  }),
  policy("an empty policy", {}),
  policy("an unknown balancer", { loadBalancer: { simple: "FAIR" } }),
  policy("two balancers", {
    loadBalancer: {
      simple: "RANDOM",
      consistentHash: { useSourceIp: true },
    },
  }),
  policy("a hash without a key", { loadBalancer: { consistentHash: {} } }),
  policy("a hash by cookie without ttl", {
    loadBalancer: { consistentHash: { httpCookie: { name: "a" } } },
  }),
  policy("a hash by a nameless cookie", {
    loadBalancer: { consistentHash: { httpCookie: { ttl: "1s" } } },
  }),
  policy("localities both ways", {
    loadBalancer: {
      simple: "ROUND_ROBIN",
      localityLbSetting: {
        distribute: [{ from: "a/*", to: { "a/*": 100 } }],
        failover: [{ from: "a", to: "b" }],
      },
    },
  }),
  policy("localities that sum to 90", {
    loadBalancer: {
      localityLbSetting: { distribute: [{ from: "a/*", to: { "a/*": 90 } }] },
    },
  }),
  policy("failover to itself", {
    loadBalancer: { localityLbSetting: { failover: [{ from: "a", to: "a" }] } },
  }),
  policy("pools of nothing", { connectionPool: {} }),
  policy("a negative number of connections", {
    connectionPool: { tcp: { maxConnections: -1 } },
  }),
  policy("a connect timeout under a millisecond", {
    connectionPool: { tcp: { connectTimeout: "1us" } },
  }),
  policy("negative requests", {
    connectionPool: { http: { http1MaxPendingRequests: -1 } },
  }),
  policy("an h2 policy that is none", {
    connectionPool: { http: { h2UpgradePolicy: "SOMETIMES" } },
  }),
  policy("outliers", {
    outlierDetection: { consecutive5xxErrors: 3, interval: "1s" },
  }),
  policy("outliers every 0 s", { outlierDetection: { interval: "0s" } }),
  policy("outliers of 200 percent", {
    outlierDetection: { maxEjectionPercent: 200 },
  }),
  policy("outliers of -1 percent", {
    outlierDetection: { minHealthPercent: -1 },
  }),
  policy("TLS without certificates", { tls: { mode: "MUTUAL" } }),
  policy("TLS of an unknown mode", { tls: { mode: "MAYBE" } }),
  policy("TLS", { tls: { mode: "SIMPLE", sni: "a.com" } }),
  policy("TLS of Istio with certificates", {
    tls: { mode: "ISTIO_MUTUAL", clientCertificate: "/x" },
  }),
  policy("port settings without a port", {
    portLevelSettings: [{ loadBalancer: { simple: "RANDOM" } }],
  }),
  policy("port settings of port 0", {
    portLevelSettings: [{ port: { number: 0 } }],
  }),
  policy("port settings", {
    portLevelSettings: [{
      port: { number: 80 },
      loadBalancer: { simple: "RANDOM" },
    }],
  }),
  policy("a tunnel to nowhere", { tunnel: { protocol: "CONNECT" } }),
  policy("a tunnel of an unknown protocol", {
    tunnel: { protocol: "X", targetHost: "a", targetPort: 1 },
  }),
  rule("a subset with a policy that is wrong", {
    subsets: [{
      name: "v",
      trafficPolicy: { outlierDetection: { maxEjectionPercent: 200 } },
    }],
  }),
];

const OTHERS: readonly Offer[] = [
  { what: "no servers", kind: "Gateway", spec: { selector: { a: "b" } } },
  { what: "no servers at all", kind: "Gateway", spec: {} },
  gateway("a server", {}),
  gateway("a server without hosts", { hosts: [] }),
  gateway("a server without a port", { port: undefined }),
  gateway("a server with port 0", {
    port: { number: 0, name: "http", protocol: "HTTP" },
  }),
  gateway("a server with port 70000", {
    port: { number: 70000, name: "http", protocol: "HTTP" },
  }),
  gateway("a server with a nameless port", {
    port: { number: 80, protocol: "HTTP" },
  }),
  gateway("a server with an unknown protocol", {
    port: { number: 80, name: "x", protocol: "SMTP" },
  }),
  gateway("a server without protocol", { port: { number: 80, name: "x" } }),
  gateway("a host with a space", { hosts: ["a b"] }),
  gateway("a host of a namespace", { hosts: ["ns/a.com"] }),
  gateway("a host of a bad namespace", { hosts: ["A_/a.com"] }),
  gateway("an https server without TLS", {
    port: { number: 443, name: "https", protocol: "HTTPS" },
  }),
  gateway("an https server", {
    port: { number: 443, name: "https", protocol: "HTTPS" },
    tls: { mode: "SIMPLE", credentialName: "x" },
  }),
  gateway("TLS without a certificate", {
    port: { number: 443, name: "https", protocol: "HTTPS" },
    tls: { mode: "SIMPLE" },
  }),
  gateway("TLS at an http server", { tls: { mode: "SIMPLE" } }),
  gateway("a redirect at an http server", { tls: { httpsRedirect: true } }),
  {
    what: "two servers with one port name",
    kind: "Gateway",
    spec: {
      servers: [80, 81].map((number) => ({
        hosts: ["a.com"],
        port: { number, name: "http", protocol: "HTTP" },
      })),
    },
  },
  entry("an entry", {}),
  entry("no hosts", { hosts: [] }),
  entry("every host", { hosts: ["*"] }),
  entry("a wildcard host", { hosts: ["*.a.com"], resolution: "NONE" }),
  entry("a wildcard host with DNS", { hosts: ["*.a.com"] }),
  entry("a bad host", { hosts: ["a b"] }),
  entry("no ports", { ports: [] }),
  entry("a port twice", {
    ports: [1, 2].map(() => ({ number: 80, name: "http", protocol: "HTTP" })),
  }),
  entry("a port name twice", {
    ports: [80, 81].map((number) => ({
      number,
      name: "http",
      protocol: "HTTP",
    })),
  }),
  entry("port 0", { ports: [{ number: 0, name: "http", protocol: "HTTP" }] }),
  entry("an unknown protocol", {
    ports: [{ number: 80, name: "x", protocol: "SMTP" }],
  }),
  entry("a bad address", { addresses: ["x"] }),
  entry("an address", { addresses: ["10.9.9.9"] }),
  entry("a static entry without endpoints", { resolution: "STATIC" }),
  entry("a static entry", {
    resolution: "STATIC",
    endpoints: [{ address: "10.77.1.1" }],
  }),
  entry("a static endpoint by name", {
    resolution: "STATIC",
    endpoints: [{ address: "b.com" }],
  }),
  entry("endpoints where nothing is resolved", {
    resolution: "NONE",
    endpoints: [{ address: "10.77.1.1" }],
  }),
  entry("endpoints and a selector", {
    resolution: "STATIC",
    endpoints: [{ address: "10.77.1.1" }],
    workloadSelector: { labels: { a: "b" } },
  }),
  entry("an endpoint of an unknown port", {
    resolution: "STATIC",
    endpoints: [{ address: "10.77.1.1", ports: { other: 1 } }],
  }),
  entry("an unknown resolution", { resolution: "GUESS" }),
  entry("an unknown location", { location: "MOON" }),
  entry("exportTo of a bad name", { exportTo: ["A_"] }),
  workload("a workload", {}),
  workload("a workload without an address", { address: undefined }),
  workload("a workload with an empty address", { address: "" }),
  workload("a workload with a bad port", { ports: { http: 70000 } }),
  workload("a workload with a bad label", { labels: { "a b": "c" } }),
  workload("a workload at a socket", { address: "unix:///x" }),
  workload("a workload at a relative socket", { address: "unix://x" }),
  workload("a workload with a weight", { weight: 3 }),
];

/** All of them. */
export const OFFERS: readonly Offer[] = [...SERVICES, ...RULES, ...OTHERS];
