/**
 * The line that asks about a request, for people who want to see for
 * themselves.
 *
 * @module
 */

import type { Witness } from "../istio/findings.ts";
import { shellLine } from "../shell_line.ts";

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
  return shellLine([
    ...["istiops", "explain", method, `${scheme}://${address}${path}`],
    ...headers.flatMap(([name, value]) => ["--header", `${name}=${value}`]),
    ...(client.kind !== "sidecar"
      ? [`--${client.kind}`, client.gateway ?? ""]
      : ["--from", from]),
  ]);
}
