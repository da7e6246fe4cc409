/**
 * The files that a mesh is started with: keys, certificates, tokens, and the
 * administrator's kubeconfig.
 *
 * @module
 */

import { stringifyYaml } from "../../src/yaml.ts";
import type { Parts } from "./parts.ts";
import type { Places } from "./places.ts";

/** What a stock Envoy, on loopback, can do. */
const MESH = {
  // It has no certificates.
  enableAutoMtls: false,
  // The original place of a request would be its own listener.
  outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
};

/** Every write, with who asked for it and what came of it. */
const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { level: "None", verbs: ["get", "list", "watch"] },
    { level: "Metadata" },
  ],
};

/** Files and addresses, before anything runs. */
export async function arrange(folder: string, parts: Parts): Promise<Places> {
  const tls = `${folder}/tls`;
  await Deno.mkdir(tls);
  await certificate(parts, [tls, "server", "-server", "127.0.0.1"]);
  await certificate(parts, [tls, "admin", "-group", "system:masters"]);
  const token = crypto.randomUUID();
  await Deno.writeTextFile(
    `${folder}/tokens.csv`,
    `${token},token-admin,token-admin,"system:masters"\n`,
  );
  const key = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    true,
    ["sign", "verify"],
  );
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", key.privateKey);
  await Deno.writeTextFile(
    `${tls}/accounts.key`,
    `-----BEGIN PRIVATE KEY-----\n${
      new Uint8Array(pkcs8).toBase64().replaceAll(/.{64}/g, "$&\n")
    }\n-----END PRIVATE KEY-----\n`,
  );
  await Deno.writeTextFile(`${folder}/empty.yaml`, "{}\n");
  await Deno.writeTextFile(
    `${folder}/mesh.yaml`,
    stringifyYaml(MESH),
  );
  await Deno.writeTextFile(
    `${folder}/audit-policy.yaml`,
    stringifyYaml(AUDIT_POLICY),
  );

  const apiServer = "https://127.0.0.1:6443";
  const kubeconfig = `${folder}/kubeconfig`;
  await Deno.writeTextFile(
    kubeconfig,
    stringifyYaml(kubeconfigOf({
      server: apiServer,
      ca: `${tls}/ca.crt`,
      user: {
        "client-certificate": `${tls}/admin.crt`,
        "client-key": `${tls}/admin.key`,
      },
    })),
  );
  return {
    folder,
    kubeconfig,
    apiServer,
    token,
    tls,
    audit: `${folder}/audit.log`,
    etcd: "http://127.0.0.1:2379",
    xds: "127.0.0.1:15010",
    istiod: "http://127.0.0.1:15080",
    sidecar: "127.0.0.1:15001",
    parts,
  };
}

/** A kubeconfig with one context, `mesh`. */
export function kubeconfigOf(
  of: {
    readonly server: string;
    /** Path of a file. */
    readonly ca: string;
    /** As it stands in the file. */
    readonly user: Readonly<Record<string, unknown>>;
  },
): Record<string, unknown> {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "mesh",
    contexts: [{
      name: "mesh",
      context: { cluster: "mesh", user: "mesh", namespace: "default" },
    }],
    clusters: [{
      name: "mesh",
      cluster: { server: of.server, "certificate-authority": of.ca },
    }],
    users: [{ name: "mesh", user: of.user }],
  };
}

/** Makes a certificate of the mesh's CA: folder, name, and more. */
export async function certificate(
  parts: Parts,
  [folder = "", name = "", ...more]: readonly string[],
): Promise<void> {
  const { success, stderr } = await new Deno.Command(parts.certificates, {
    args: ["-dir", folder, "-name", name, ...more],
  }).output();
  if (!success) {
    throw new Error(`make a certificate: ${new TextDecoder().decode(stderr)}`);
  }
}
