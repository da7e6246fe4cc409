/**
 * The line that asks about a request, for people who want to see for
 * themselves.
 *
 * @module
 */

import type { Witness } from "../istio/findings.ts";

/** The request of a witness as one would ask about it. */
export function explainLine(
  { request, client }: Pick<Witness, "request" | "client">,
): string {
  const { method, scheme, authority, path, headers, port } = request;
  const address = /:\d+$/.test(authority) ? authority : `${authority}:${port}`;
  const from = [
    ...Object.entries(client.labels),
    ["namespace", client.namespace],
  ].map(([key, value]) => `${key}=${value}`).join(",");
  return [
    "istiops explain",
    method,
    word(`${scheme}://${address}${path}`),
    ...headers.map(([name, value]) => `--header ${word(`${name}=${value}`)}`),
    ...(client.kind === "gateway"
      ? [`--gateway ${word(client.gateway ?? "")}`]
      : [`--from ${word(from)}`]),
  ].join(" ");
}

function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text)
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}
