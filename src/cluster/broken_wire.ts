/**
 * Why no answer came, in words: what the two ways to a server throw, read
 * once and here only.
 *
 * @module
 */

import { type Failure, PASSWORD_HINT } from "./answers.ts";
import { seconds } from "./call.ts";
import { permissionError } from "../permissions.ts";
import type { ProxyAccess } from "./access.ts";
import { proxyWords } from "./proxy.ts";
import { NoConnection } from "./reach.ts";

/** Whom it was sent to, for the message. */
export interface ThrownBy {
  /** URL of the server. */
  readonly server: string;
  /** What stands in between. */
  readonly proxy?: ProxyAccess | undefined;
  /** Milliseconds that a connection could take. */
  readonly connectMs: number;
}

/** Reads what was thrown while a request was under way. */
export function failureOfThrown(
  error: unknown,
  { server, proxy, connectMs }: ThrownBy,
): Failure {
  const host = new URL(server).host;
  const proxyName = proxy === undefined ? "the proxy" : proxyWords(proxy);
  // The next one on the way, which is all that a connection is made to.
  const next = proxy === undefined
    ? host
    : `${proxyName} on the way to ${host}`;
  const denied = permissionError(error);
  if (denied !== undefined) {
    return {
      code: "permission",
      obstacle: `Deno has no permission to connect to ${next}`,
      hint: denied.hint!,
      retry: "final",
    };
  }
  if (error instanceof NoConnection) {
    return {
      code: "unreachable",
      obstacle: `no connection to ${next} came about within ${
        seconds(connectMs)
      }`,
      hint: "Check the network and the VPN, and that the server's URL is right",
      retry: error.isUnsent ? "retry" : "unknown",
      attempts: 2,
    };
  }
  const said = textOf(error);
  const found = CAUSES.find(({ pattern }) => pattern.test(said));
  if (found === undefined) {
    return {
      code: "unreachable",
      obstacle: `the connection to ${host} broke before the answer was whole`,
      hint: "Check the network, or try again in a minute",
      retry: "unknown",
    };
  }
  const { pattern: _, obstacle, ...rest } = found;
  return {
    code: "unreachable",
    retry: "final",
    ...rest,
    ...(proxy !== undefined && obstacle.includes("NEXT")
      ? { hint: proxyHint(proxy, host) }
      : {}),
    obstacle: obstacle.replace(
      /HOST|NEXT|PROXY/g,
      (place) => ({ HOST: host, NEXT: next })[place] ?? proxyName,
    ),
  };
}

function proxyHint({ from = "" }: ProxyAccess, host: string): string {
  return /_PROXY$/i.test(from)
    ? `Check ${from}, or name ${host} in NO_PROXY to go there without a proxy`
    : `Check ${from === "" ? "the proxy" : from}`;
}

interface Cause extends Partial<Omit<Failure, "obstacle">> {
  readonly pattern: RegExp;
  readonly obstacle: string;
}

const TRUST_HINT =
  "Check certificate-authority-data of the cluster in the kubeconfig, and that the server's URL is right";

const CAUSES: readonly Cause[] = [
  {
    pattern: /proxy authentication required/i,
    obstacle: "PROXY on the way to HOST wants a user and a password (407)",
    hint: PASSWORD_HINT,
  },
  {
    pattern: /\(Connect\): (Authorization required|Password auth)/i,
    obstacle: "the SOCKS proxy on the way to HOST wants a user and a password",
    hint: "Put them into proxy-url: socks5://USER:PASSWORD@HOST:PORT",
  },
  {
    pattern: /\(Connect\): (Host unreachable|Network unreachable|TTL expired)/i,
    obstacle: "the SOCKS proxy has no way to HOST",
    hint: "Check the network of the proxy, and the server's URL",
    retry: "retry",
    attempts: 3,
  },
  {
    pattern:
      /the proxy refuses|tunnel|unsuccessful|\(Connect\): (General SOCKS|Connection not allowed|Command not supported|Address type not)/i,
    obstacle: "PROXY on the way to HOST does not let us through",
    hint: "Check proxy-url of the cluster, HTTPS_PROXY and NO_PROXY",
  },
  {
    pattern:
      /certificate expired|CERT_HAS_EXPIRED|invalid peer certificate: Expired/i,
    obstacle: "the TLS certificate of HOST has expired",
    hint: "Renew the server's certificate, or check this machine's clock",
  },
  {
    pattern: /not valid yet|CERT_NOT_YET_VALID/i,
    obstacle: "the TLS certificate of HOST is not valid yet",
    hint: "Check this machine's clock",
  },
  {
    pattern: /not valid for name|NotValidForName|ERR_TLS_CERT_ALTNAME_INVALID/i,
    obstacle: "the TLS certificate of HOST is for another name",
    hint: TRUST_HINT,
  },
  {
    // A signature is bad where another CA has the same name, as those of a
    // cluster that was set up anew.
    pattern:
      /UnknownIssuer|BadSignature|SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER/i,
    obstacle:
      "the TLS certificate of HOST is not signed by the CA that is trusted here",
    hint: TRUST_HINT,
  },
  {
    pattern: /UnsupportedCertVersion/i,
    obstacle:
      "the TLS certificate of HOST is of X.509 version 1, which is not supported",
  },
  {
    pattern: /invalid peer certificate/i,
    obstacle: "the TLS certificate of HOST is not valid",
    hint: TRUST_HINT,
  },
  {
    pattern: /CertificateRequired|certificate required|HANDSHAKE_FAILURE/i,
    obstacle: "HOST wants a client certificate",
    hint: "Use a user with client-certificate-data and client-key-data",
  },
  {
    pattern: /alert: (Bad|Unknown|Unsupported|Decrypt)|UnknownCA/i,
    obstacle: "HOST does not accept the client certificate",
    hint: "Renew the client certificate in the kubeconfig",
  },
  {
    pattern: /InvalidContentType|corrupt message|WRONG_VERSION_NUMBER/i,
    obstacle: "HOST does not speak TLS",
    hint: "Check the server's URL: http or https",
  },
  {
    pattern: /Requests to port \d+ are blocked/,
    obstacle: "HOST has a port that the runtime blocks for HTTP",
    hint: "Let the API server listen on another port",
  },
  {
    // The words of a SOCKS proxy, about what is behind it.
    pattern: /\(Connect\): Connection refused/,
    obstacle: "nothing listens at HOST",
    hint: "Check that the cluster runs and that the context is the right one",
    retry: "retry",
    attempts: 3,
  },
  {
    pattern: /ECONNREFUSED|Connection refused|os error 10061/i,
    obstacle: "nothing listens at NEXT",
    hint: "Check that the cluster runs and that the context is the right one",
    retry: "retry",
    attempts: 3,
  },
  {
    pattern: /dns error|ENOTFOUND|EAI_AGAIN/i,
    obstacle: "the name of NEXT cannot be resolved",
    hint: "Check the server's URL, the network and the VPN",
    retry: "retry",
    attempts: 3,
  },
  {
    pattern: /client error \(Connect\)|EHOSTUNREACH|ENETUNREACH/i,
    obstacle: "no connection to NEXT comes about",
    hint: "Check the network and the VPN",
    retry: "retry",
    attempts: 3,
  },
];

function textOf(error: unknown): string {
  const parts: string[] = [];
  for (
    let each: unknown = error, depth = 0;
    each instanceof Error && depth < 4;
    each = each.cause, depth += 1
  ) {
    const code = "code" in each ? String(each.code) : "";
    parts.push(each.name, each.message, code);
  }
  return parts.join(" ");
}
