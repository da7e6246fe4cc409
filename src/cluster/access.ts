/**
 * What a connection to one API server needs, wherever it was read.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import type { Target } from "./cluster.ts";

/** Everything that a connection to one API server needs. */
export interface Access {
  readonly target: Target;
  /** URL without a slash at its end. */
  readonly server: string;
  /** PEM; it replaces the default roots. */
  readonly certificateAuthority?: string;
  /** Name in the server's certificate, where it is not that of the URL. */
  readonly tlsServerName?: string;
  /** The server's certificate is not looked at. */
  readonly skipTlsVerify?: true;
  readonly clientCertificate?: ClientCertificate;
  /** A client certificate that a plugin gives, which may change. */
  readonly certificateSource?: () => Promise<ClientCertificate | undefined>;
  /** Goes along with every call: `Impersonate-*`; a name may be there often. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** The way there; absent: straight, whatever the environment says. */
  readonly proxy?: ProxyAccess;
  /** Whom the credentials belong to, for messages: `user "admin"`. */
  readonly identity: string;
  readonly token?: TokenSource;
}

/** PEM texts. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A proxy: `http:`, `https:`, `socks5:` or `socks5h:`. */
export interface ProxyAccess {
  /** Origin without user information: `http://proxy.test:3128`. */
  readonly url: string;
  /** What names it, for messages: `HTTPS_PROXY`. */
  readonly from?: string;
  readonly credentials?: {
    readonly username: string;
    readonly password: string;
  };
}

/** A bearer token, which may change while the program runs. */
export interface TokenSource {
  /** Nothing where who gives it gives a certificate instead. */
  current(): Promise<string | undefined>;
  /**
   * Gets it anew after a 401; false where that cannot help.
   *
   * @param refused The token of that call: if another is there by now,
   * nothing needs to be done.
   */
  refresh(refused?: string): Promise<boolean>;
}

/**
 * Checks a server's URL.
 *
 * @param options.secret A token goes along: never in clear to another machine.
 * @throws {ClusterError} `kubeconfig`, `unsupported-kubeconfig`.
 */
export function serverOf(
  text: string,
  options: { readonly where: string; readonly secret: boolean },
): string {
  const { where } = options;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use the server of ${where}: it is not an http or https URL`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ClusterError(
      "unsupported-kubeconfig",
      `Cannot use the server of ${where}: its URL holds a user name or a password`,
    );
  }
  if (url.protocol === "http:" && options.secret && !isLoopback(url)) {
    throw new ClusterError(
      "kubeconfig",
      `Cannot use the server ${
        JSON.stringify(url.origin)
      } of ${where}: the token would travel in clear text over http`,
      { hint: "Use an https server" },
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** Whether a URL leads to this machine. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}
