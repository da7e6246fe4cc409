/**
 * The cluster that a Pod runs in, with its ServiceAccount.
 *
 * @module
 */

import { type Access, serverOf } from "./access.ts";
import { type Outside, readIfThere, readNamed } from "./outside.ts";
import { tokenFrom } from "./token_source.ts";
import { proxyFor } from "./proxy.ts";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Reads what is mounted into every Pod; the token is read again as it is
 * renewed.
 *
 * @returns Nothing where this is no Pod.
 * @throws {ClusterError} `kubeconfig`.
 */
export async function accessInCluster(
  options: { readonly namespace?: string | undefined },
  outside: Outside,
): Promise<Access | undefined> {
  const host = outside.env("KUBERNETES_SERVICE_HOST");
  const port = outside.env("KUBERNETES_SERVICE_PORT");
  if (!host || !port) return undefined;
  const [ca, namespace] = await Promise.all([
    readNamed(`${SERVICE_ACCOUNT}/ca.crt`, { what: "CA of the Pod", outside }),
    readIfThere(`${SERVICE_ACCOUNT}/namespace`, {
      what: "namespace of the Pod",
      outside,
    }),
  ]);
  const server = serverOf(
    `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    { where: "the Pod's environment", secret: true },
  );
  const proxy = proxyFor(server, {
    env: outside.env,
    where: "the Pod's environment",
  });
  return {
    target: {
      source: "kubernetes",
      server,
      namespace: options.namespace ?? (namespace?.trim() || "default"),
      flags: [],
    },
    server,
    identity: "the Pod's ServiceAccount",
    certificateAuthority: ca,
    ...(proxy === undefined ? {} : { proxy }),
    token: tokenFrom(`${SERVICE_ACCOUNT}/token`, outside),
  };
}
