/**
 * The URL of a request, taken apart and otherwise left as it is written: what
 * a browser would tidy up is what a proxy gets.
 *
 * @module
 */

import type { Request } from "./match.ts";

/** What a URL says of a request. */
export type Url = Pick<Request, "scheme" | "authority" | "path" | "port">;

/**
 * `http://HOST:PORT/PATH`; a host alone is enough, the rest has usual values.
 *
 * @returns Nothing where it is no URL that a proxy routes.
 */
export function readUrl(text: string): Url | undefined {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const [, scheme = "", authority = "", rest = ""] =
    /^(https?):\/\/([^/?#\s]+)([^\s]*)$/i.exec(whole) ?? [];
  const [, host = "", digits] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  const port = digits === undefined
    ? scheme.toLowerCase() === "https" ? 443 : 80
    : Number(digits);
  if (!isHost(host) || port < 1 || port > 65535) return undefined;
  return {
    scheme: scheme.toLowerCase(),
    authority,
    path: rest.startsWith("/") ? rest : `/${rest}`,
    port,
  };
}

function isHost(host: string): boolean {
  return /^[\w.-]+$/.test(host) || /^\[[\da-f:.]+\]$/i.test(host);
}
