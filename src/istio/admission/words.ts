/**
 * Checks that several of Istio's kinds share: hosts, names, ranges.
 *
 * @module
 */

import { LABEL, QUALIFIED, VALUE } from "./names.ts";

/** Whether it is a host, perhaps with a wildcard in front, or an address. */
export function isHost(host: string): boolean {
  if (/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host)) return true;
  const bare = host.startsWith("*.") ? host.slice(2) : host;
  return bare.length <= 255 &&
    /^([*]?[-A-Za-z0-9_]*[A-Za-z0-9_]|\*)(\.[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9_])?)*\.?$/
      .test(bare);
}

/** What is wrong with a host that is not one. */
export function hostErrors(host: string): readonly string[] {
  if (host === "") return ["empty domain name not allowed"];
  if (isHost(host)) return [];
  const wrong = host.split(".").find((label) => !isHost(label)) ?? host;
  return [
    `domain name ${JSON.stringify(host)} invalid (label ${
      JSON.stringify(wrong)
    } invalid)`,
  ];
}

/** Ports of TCP and HTTP. */
export function portErrors(port: number): readonly string[] {
  return port >= 1 && port <= 65_535
    ? []
    : [`port number ${port} must be in the range 1..65535`];
}

/** The codes that a proxy may answer with. */
export function statusErrors(status: number): readonly string[] {
  return status >= 200 && status <= 600
    ? []
    : [`HTTP status ${status} is not in range 200-599`];
}

/** Names of request headers, the made-up ones of HTTP/2 included. */
export function headerNameErrors(name: string): readonly string[] {
  const known = [":method", ":scheme", ":authority", ":path", ":status"];
  if (name === "") return ["header name cannot be empty"];
  return known.includes(name) || name.startsWith("@request.auth.claims") ||
      /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(name)
    ? []
    : [`header name ${name} is not a valid header name`];
}

/** Labels that pods are chosen by. */
export function labelErrors(
  labels: Readonly<Record<string, string>> | undefined,
): readonly string[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...QUALIFIED.test(key) ? [] : [`invalid tag key: ${JSON.stringify(key)}`],
    ...VALUE.test(value) ? [] : [`invalid tag value: ${JSON.stringify(value)}`],
  ]);
}

/** To which namespaces a configuration is shown. */
export function exportErrors(
  exportTo: readonly string[] | undefined,
  namespace: string | undefined,
): readonly string[] {
  const all = exportTo ?? [];
  const errors: string[] = [];
  if (all.includes("~")) {
    errors.push(
      "exportTo ~ (none) is not allowed for Istio configuration objects",
    );
  }
  if (all.some((one) => ![".", "*", "~"].includes(one) && !LABEL.test(one))) {
    errors.push(
      "only .,*, or a valid DNS 1123 label is allowed as exportTo entry",
    );
  }
  if (all.includes("*") && all.some((one) => one !== "*")) {
    errors.push(
      "cannot have both public (*) and non-public exportTo values for a resource",
    );
  }
  const meant = all.map((one) => one === "." ? namespace : one);
  if (new Set(meant).size !== meant.length) {
    errors.push("duplicate entries in exportTo");
  }
  return errors;
}

/** Protocols of a port, in any case. */
export function isProtocol(name: string): boolean {
  return [
    "GRPC",
    "GRPC-WEB",
    "HTTP",
    "HTTP2",
    "HTTPS",
    "HTTP_PROXY",
    "HBONE",
    "MONGO",
    "MYSQL",
    "REDIS",
    "TCP",
    "TLS",
    "UDP",
  ].includes(name.toUpperCase());
}

/** `10.1.2.3` or `fd00::1`. */
export function isAddress(text: string): boolean {
  const parts = text.split(".");
  return (parts.length === 4 &&
    parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && +part < 256)) ||
    (text.includes(":") && URL.canParse(`http://[${text}]`));
}

/** An address, perhaps with the length of a prefix. */
export function isNetwork(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const most = address.includes(":") ? 128 : 32;
  return rest.length === 0 && isAddress(address) &&
    (length === undefined || (/^[0-9]{1,3}$/.test(length) && +length <= most));
}
