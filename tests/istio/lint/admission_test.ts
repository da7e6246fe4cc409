/** What Istio's webhook says of an object, as `istioctl analyze` repeats it. */
import { admissionFindings } from "../../../src/istio/lint/admission.ts";
import type { KubeObject } from "../../../src/istio/types.ts";
import { assertEquals } from "../../support/assert.ts";
import { destinationRule, gateway, to, virtualService } from "../worlds.ts";

const sni = (name: string): KubeObject => ({
  ...virtualService("x", []),
  spec: {
    hosts: ["a", "b"],
    tls: [{ match: [{ sniHosts: [name] }], route: to("a") }],
  },
});
const bound = (...gateways: readonly string[]) =>
  virtualService("x", [{ route: to("a") }], { gateways });
const forSome = (...exportTo: readonly string[]) =>
  destinationRule("a", "a", [], {
    selector: { app: "a" },
    ...(exportTo.length === 0 ? {} : { exportTo }),
  });
const redirected = (protocol: string): KubeObject => ({
  ...gateway("g", []),
  spec: {
    servers: [{
      port: { number: 80, name: "x", protocol },
      hosts: ["*"],
      tls: { httpsRedirect: true },
    }],
  },
});

Deno.test.each<{ what: string; object: KubeObject; says: readonly string[] }>([
  { what: "an address as SNI host", object: sni("10.0.0.1"), says: [] },
  {
    what: "an SNI host of somebody else",
    object: sni("c"),
    says: [
      'SNI host "c" is not a compatible subset of any of the virtual service hosts: [a, b]',
    ],
  },
  {
    what: "a gateway that is no label",
    object: bound("default/g~h"),
    says: ['invalid value for gateway name: "g~h"'],
  },
  {
    what: "a gateway with two slashes",
    object: bound("default/g/h"),
    says: ['invalid value for gateway name: "g/h"'],
  },
  {
    what: "a gateway behind a short name, where Istio does not look",
    object: bound("mesh", "default/g~h"),
    says: [],
  },
  {
    what: "a DestinationRule for some workloads, shown to others alone",
    object: forSome("shop"),
    says: [
      "destination rule with workload selector cannot have exportTo beyond current namespace",
    ],
  },
  {
    what: "a DestinationRule for some workloads, shown to others, too",
    object: forSome(".", "shop"),
    says: [
      "destination rule with workload selector cannot have multiple entries in exportTo",
    ],
  },
  {
    what: "a DestinationRule for some workloads of its own",
    object: forSome("default"),
    says: [],
  },
  { what: "a redirect of HTTP", object: redirected("HTTP2"), says: [] },
  {
    what: "a redirect of what is no HTTP",
    object: redirected("TCP"),
    says: ["server cannot have TLS settings for non HTTPS/TLS ports"],
  },
])("of $what the webhook says $says", ({ object, says }) => {
  assertEquals(
    admissionFindings(object).map(({ message }) => message),
    says.map((text) => `Istio refuses it: ${text}`),
  );
});
