/**
 * What Istio's webhook has against Gateways and ServiceEntries.
 *
 * @module
 */

import type { KubeObject } from "../types.ts";
import { LABEL } from "./names.ts";
import {
  exportErrors,
  hostErrors,
  isAddress,
  isHost,
  isNetwork,
  isProtocol,
  portErrors,
} from "./words.ts";

type Part = Readonly<Record<string, unknown>>;

interface Port {
  readonly number?: number;
  readonly name?: string;
  readonly protocol?: string;
}

/** Every reason to deny a Gateway. */
export function gatewayErrors(object: KubeObject): readonly string[] {
  const { servers = [] } = (object.spec ?? {}) as { servers?: Part[] };
  if (servers.length === 0) return ["gateway must have at least one server"];
  const names = servers.map(({ port }) => (port as Port | undefined)?.name);
  return [
    ...servers.flatMap(serverErrors),
    ...names.filter((name, nth) => names.indexOf(name) !== nth).map((name) =>
      `port names in servers must be unique: duplicate name ${name}`
    ),
  ];
}

function serverErrors(server: Part): readonly string[] {
  const hosts = (server.hosts ?? []) as readonly string[];
  const port = (server.port ?? {}) as Port;
  const tls = server.tls as Part | undefined;
  const protocol = String(port.protocol ?? "").toUpperCase();
  const isTls = protocol === "HTTPS" || protocol === "TLS";
  return [
    ...hosts.length === 0
      ? ["server config must contain at least one host"]
      : hosts.flatMap(serverHostErrors),
    ...portErrors(Number(port.number ?? 0)),
    ...isProtocol(protocol) && protocol !== "UDP"
      ? []
      : [`invalid protocol ${JSON.stringify(port.protocol)}`],
    ...tls === undefined ? [] : serverTlsErrors(tls),
    ...isTls && tls === undefined
      ? ["server must have TLS settings for HTTPS/TLS protocols"]
      : [],
    ...protocol.startsWith("HTTP") && !isTls && tls !== undefined &&
        tls.httpsRedirect !== true
      ? ["server cannot have TLS settings for plain text HTTP ports"]
      : [],
    ...isProtocol(protocol) && !/^(HTTP|GRPC)/.test(protocol) && !isTls &&
        tls !== undefined
      ? ["server cannot have TLS settings for non HTTPS/TLS ports"]
      : [],
  ];
}

function serverHostErrors(host: string): readonly string[] {
  const slash = host.indexOf("/");
  const namespace = host.slice(0, Math.max(slash, 0));
  const name = host.slice(slash + 1);
  return [
    ...slash < 0 || namespace === "." || namespace === "*" ||
        LABEL.test(namespace)
      ? []
      : [`invalid namespace value ${JSON.stringify(namespace)} in gateway`],
    ...name === "*" || name.includes(".")
      ? []
      : ["short names (non FQDN) are not allowed"],
    ...name === "*" ? [] : hostErrors(name),
  ];
}

function serverTlsErrors(tls: Part): readonly string[] {
  const mode = String(tls.mode ?? "PASSTHROUGH");
  const needs = ["SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"].includes(mode);
  const hasList = ["credentialNames", "tlsCertificates"].some((name) =>
    ((tls[name] ?? []) as readonly unknown[]).length > 0
  );
  if (!needs || tls.credentialName || hasList) return [];
  return [
    ...tls.serverCertificate
      ? []
      : [`${mode} TLS requires a server certificate`],
    ...tls.privateKey ? [] : [`${mode} TLS requires a private key`],
    ...mode !== "MUTUAL" || tls.caCertificates
      ? []
      : ["MUTUAL TLS requires a client CA bundle"],
  ];
}

/** Every reason to deny a ServiceEntry. */
export function serviceEntryErrors(object: KubeObject): readonly string[] {
  const spec = (object.spec ?? {}) as Part;
  const list = <T>(name: string) => (spec[name] ?? []) as readonly T[];
  const [hosts, ports] = [list<string>("hosts"), list<Port>("ports")];
  const endpoints = list<Part>("endpoints");
  const dns = ["DNS", "DNS_ROUND_ROBIN"].includes(String(spec.resolution));
  const names = new Set(ports.map(({ name }) => name));
  return [
    ...exportErrors(list<string>("exportTo"), object.metadata.namespace),
    ...hosts.flatMap(hostErrors),
    ...dns && endpoints.length === 0
      ? hosts.filter((host) => host.includes("*") || !isHost(host)).map((
        host,
      ) =>
        `hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode ${spec.resolution}, domain name ${
          JSON.stringify(host)
        } invalid`
      )
      : [],
    ...list<string>("addresses").filter((one) => !isNetwork(one)).map((one) =>
      `${one} is not a valid IP`
    ),
    ...ports.filter(({ protocol }) => protocol && !isProtocol(protocol)).map((
      { protocol },
    ) => `unsupported protocol: ${protocol}`),
    ...endpoints.flatMap(({ address, ports: own }) => [
      ...spec.resolution !== "STATIC" || isAddress(String(address ?? "")) ||
          String(address ?? "").startsWith("unix://")
        ? []
        : [
          `endpoint address ${
            JSON.stringify(address)
          } is not a valid IP address`,
        ],
      ...Object.entries((own ?? {}) as Readonly<Record<string, number>>)
        .filter(([name]) => !names.has(name)).map(([, port]) =>
          `endpoint port ${port} is not defined by the service entry`
        ),
    ]),
  ];
}
