/**
 * What the fields of the kinds mean, in a sentence each.
 *
 * @module
 */

/** By kind and field; indices are left out, `*` is any key. */
const DOCS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  VirtualService: {
    "spec.hosts":
      "Hosts that the rules are for; a name without a dot is a Service of the object's own namespace",
    "spec.gateways":
      "Where the rules apply: `mesh` for sidecars (the default), or `namespace/name` of a Gateway",
    "spec.exportTo":
      "Namespaces whose clients get the rules: `.` for its own, `*` for all",
    "spec.http":
      "Rules for HTTP, tried from top to bottom; the first that matches takes the request",
    "spec.tcp": "Rules for connections by port and address",
    "spec.tls": "Rules for TLS that is passed through, by the name it asks for",
    "spec.http.name": "A name that logs and metrics show; it decides nothing",
    "spec.http.match":
      "The rule takes a request if one of these blocks holds; without any it takes every request",
    "spec.http.match.name":
      "A name that logs show behind that of the rule; it decides nothing",
    "spec.http.match.uri":
      "The path without its query: `exact`, `prefix` or `regex`",
    "spec.http.match.scheme": "`http` or `https`",
    "spec.http.match.method": "The method, in capitals",
    "spec.http.match.authority": "The Host header",
    "spec.http.match.headers":
      "All of these headers must fit; names in small letters, `{}` means that it is there",
    "spec.http.match.headers.*": "The header's value; `{}` for any",
    "spec.http.match.withoutHeaders":
      "None of these headers may fit; `{}` means that it is not there",
    "spec.http.match.queryParams":
      "All of these parameters of the query must fit",
    "spec.http.match.port": "The port that the client called",
    "spec.http.match.sourceLabels":
      "Labels of the calling pods; only for sidecars",
    "spec.http.match.sourceNamespace":
      "Namespace of the calling pods; only for sidecars",
    "spec.http.match.gateways":
      "Gateways for which this block holds; the object must be bound to them",
    "spec.http.match.ignoreUriCase":
      "Compares the path in any case; nothing to a regex",
    "spec.http.match.statPrefix": "Names the metrics of these requests",
    "spec.http.route":
      "Where the requests go; with several destinations each gets its weight of the sum",
    "spec.http.route.destination": "A service, and perhaps a subset and a port",
    "spec.http.route.destination.host":
      "A Service or ServiceEntry; a name without a dot is of the object's own namespace",
    "spec.http.route.destination.subset":
      "A subset that the DestinationRule of the host defines; where it lacks one, requests fail with 503",
    "spec.http.route.destination.port":
      "The port of the service; needed where it has several",
    "spec.http.route.weight":
      "Its part of the sum of all weights; 0 or absent gets nothing beside others",
    "spec.http.route.headers": "Headers to change on the way to this one",
    "spec.http.redirect": "Answers with a redirect, and sends nothing on",
    "spec.http.redirect.uri": "The path to redirect to",
    "spec.http.redirect.authority": "The host to redirect to",
    "spec.http.redirect.redirectCode": "301 by default; 302, 303, 307 or 308",
    "spec.http.redirect.scheme": "`http` or `https`",
    "spec.http.directResponse": "Answers by itself, and sends nothing on",
    "spec.http.directResponse.status": "The status of the answer",
    "spec.http.directResponse.body": "What the answer holds",
    "spec.http.delegate":
      "Another VirtualService, without hosts, whose rules stand in the place of this one",
    "spec.http.rewrite":
      "What the service gets to see in place of the path or the Host header",
    "spec.http.rewrite.uri":
      "Stands in the place of what `prefix` or `exact` matched",
    "spec.http.rewrite.authority": "The Host header that the service gets",
    "spec.http.timeout":
      "For the whole request with all its retries: `1.5s`; none by default",
    "spec.http.retries":
      "How often a request that failed is sent again; 2 by default",
    "spec.http.retries.attempts": "How often at most; 0 for never",
    "spec.http.retries.perTryTimeout": "For each try: `2s`",
    "spec.http.retries.retryOn": "What counts as failed: `5xx,reset`",
    "spec.http.fault": "Faults on purpose: requests that wait, or are refused",
    "spec.http.fault.delay": "Holds requests back",
    "spec.http.fault.delay.fixedDelay": "For so long: `5s`",
    "spec.http.fault.delay.percentage": "How many of the requests",
    "spec.http.fault.abort": "Answers requests with an error",
    "spec.http.fault.abort.httpStatus": "The status of the answer",
    "spec.http.fault.abort.percentage": "How many of the requests",
    "spec.http.mirror":
      "Gets a copy of each request; its answers are thrown away",
    "spec.http.mirrorPercentage":
      "How many requests are copied; all by default",
    "spec.http.mirrors": "Several that get copies",
    "spec.http.corsPolicy": "Answers what browsers ask before they ask",
    "spec.http.headers": "Headers to set, add or remove",
    "spec.http.headers.request": "On the way to the service",
    "spec.http.headers.response": "On the way back",
  },
  DestinationRule: {
    "spec.host":
      "The service that the rule is for; a name without a dot is of the object's own namespace",
    "spec.subsets": "Parts of the service's pods, by their labels",
    "spec.subsets.name": "What rules of a VirtualService call it",
    "spec.subsets.labels": "Labels that its pods have, besides the service's",
    "spec.subsets.trafficPolicy":
      "What differs for this subset; the rest comes from the rule",
    "spec.exportTo":
      "Namespaces whose clients get it: `.` for its own, `*` for all",
    "spec.workloadSelector":
      "Only clients with these labels, in its own namespace, get it",
    "spec.workloadSelector.matchLabels": "Labels of the calling pods",
    "spec.trafficPolicy": "How clients call the service",
    "spec.trafficPolicy.loadBalancer": "Which pod gets the next request",
    "spec.trafficPolicy.loadBalancer.simple": "`LEAST_REQUEST` is the default",
    "spec.trafficPolicy.loadBalancer.consistentHash":
      "The same client gets the same pod, as long as pods stay",
    "spec.trafficPolicy.loadBalancer.consistentHash.httpHeaderName":
      "The header that tells clients apart",
    "spec.trafficPolicy.loadBalancer.consistentHash.httpCookie":
      "The cookie that tells clients apart; made where it is missing",
    "spec.trafficPolicy.loadBalancer.consistentHash.useSourceIp":
      "The address tells clients apart",
    "spec.trafficPolicy.loadBalancer.localityLbSetting":
      "Which zones and regions are called",
    "spec.trafficPolicy.loadBalancer.warmup":
      "New pods get their share step by step",
    "spec.trafficPolicy.connectionPool": "How much a client may have open",
    "spec.trafficPolicy.connectionPool.tcp": "Connections",
    "spec.trafficPolicy.connectionPool.tcp.maxConnections":
      "Open connections to the service, for each client",
    "spec.trafficPolicy.connectionPool.tcp.connectTimeout":
      "How long to wait for a connection; `10s` by default",
    "spec.trafficPolicy.connectionPool.http": "Requests",
    "spec.trafficPolicy.connectionPool.http.http1MaxPendingRequests":
      "Requests that wait for a connection",
    "spec.trafficPolicy.connectionPool.http.http2MaxRequests":
      "Requests at a time",
    "spec.trafficPolicy.connectionPool.http.maxRequestsPerConnection":
      "Requests after which a connection is closed; 0 for never",
    "spec.trafficPolicy.connectionPool.http.maxRetries":
      "Retries at a time, of all requests together",
    "spec.trafficPolicy.connectionPool.http.idleTimeout":
      "How long a connection stays that nobody uses; `1h` by default",
    "spec.trafficPolicy.connectionPool.http.h2UpgradePolicy":
      "Whether HTTP/1.1 goes on as HTTP/2",
    "spec.trafficPolicy.outlierDetection": "Leaves out pods that fail",
    "spec.trafficPolicy.outlierDetection.consecutive5xxErrors":
      "Errors in a row until a pod is left out; 5 by default",
    "spec.trafficPolicy.outlierDetection.consecutiveGatewayErrors":
      "The same for 502, 503 and 504",
    "spec.trafficPolicy.outlierDetection.interval":
      "How often pods are looked at; `10s` by default",
    "spec.trafficPolicy.outlierDetection.baseEjectionTime":
      "How long a pod is left out, times how often it was; `30s` by default",
    "spec.trafficPolicy.outlierDetection.maxEjectionPercent":
      "How many pods may be left out; 10 by default",
    "spec.trafficPolicy.outlierDetection.minHealthPercent":
      "Below so many well pods none is left out",
    "spec.trafficPolicy.tls": "TLS to the service",
    "spec.trafficPolicy.tls.mode":
      "`ISTIO_MUTUAL` with the mesh's certificates; without any the mesh decides",
    "spec.trafficPolicy.tls.sni": "The name that is asked for",
    "spec.trafficPolicy.tls.credentialName":
      "A Secret with certificates; only for gateways",
    "spec.trafficPolicy.portLevelSettings":
      "What differs for single ports; nothing is taken over from the rule",
    "spec.trafficPolicy.portLevelSettings.port": "The port that it is for",
  },
  Gateway: {
    "spec.selector": "Labels of the pods that are the gateway",
    "spec.servers": "What the gateway listens to",
    "spec.servers.port": "A port of the gateway",
    "spec.servers.port.number": "As clients call it",
    "spec.servers.port.name": "A name that no other port has",
    "spec.servers.port.protocol":
      "`HTTP`, `HTTPS`, `HTTP2`, `GRPC`, `TCP` or `TLS`",
    "spec.servers.hosts":
      "Hosts that are served: `shop.example.com`, `*.example.com`, `namespace/host`",
    "spec.servers.tls": "The gateway's certificate, or that TLS is passed on",
    "spec.servers.tls.mode":
      "`SIMPLE`, `MUTUAL`, `PASSTHROUGH`, `AUTO_PASSTHROUGH`, `ISTIO_MUTUAL` or `OPTIONAL_MUTUAL`",
    "spec.servers.tls.credentialName": "The Secret that holds the certificate",
    "spec.servers.tls.httpsRedirect":
      "Answers plain HTTP with a redirect to HTTPS",
    "spec.servers.name": "A name of the server; it decides nothing",
  },
};

const MATCHES: Readonly<Record<string, string>> = {
  exact: "The whole value",
  prefix: "How the value begins",
  regex: "RE2, and the whole value must fit",
};

/** One sentence about a field; nothing where there is none. */
export function fieldDoc(kind: string, name: string): string | undefined {
  const docs = DOCS[kind];
  const last = name.slice(name.lastIndexOf(".") + 1);
  return docs?.[plain(name)] ??
    (/\.(?:match|corsPolicy)\./.test(name) && Object.hasOwn(MATCHES, last)
      ? MATCHES[last]
      : undefined);
}

/** Fields below a field that the schema does not list and that have a sentence. */
export function documentedBelow(kind: string, name: string): readonly string[] {
  const start = `${plain(name)}.`;
  return Object.keys(DOCS[kind] ?? {}).flatMap((each) => {
    const rest = each.startsWith(start) ? each.slice(start.length) : "";
    return rest === "" || rest === "*" || rest.includes(".") ? [] : [rest];
  });
}

/** A policy is the same wherever it stands, and so is a destination. */
function plain(name: string): string {
  return name
    .replace("spec.subsets.trafficPolicy.", "spec.trafficPolicy.")
    .replace(
      /^spec\.trafficPolicy\.portLevelSettings\.(?!port\b)/,
      "spec.trafficPolicy.",
    )
    .replace(
      /^spec\.(?:http\.mirrors|tcp\.route|tls\.route)\.destination/,
      "spec.http.route.destination",
    )
    .replace(/^spec\.(?:tcp|tls)\.route/, "spec.http.route")
    .replace(/^spec\.http\.mirror\./, "spec.http.route.destination.");
}
