/**
 * Istio's kinds, and its own check of what is written, as its charts install
 * them.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { parseAllYaml } from "../../src/yaml.ts";
import type { Api } from "./api.ts";
import type { Parts } from "./parts.ts";
import { type Program, until } from "./program.ts";

/** CustomResourceDefinitions, and the namespace of istiod. */
export async function installIstio(api: Api, parts: Parts): Promise<void> {
  const crds = parseAllYaml(
    await Deno.readTextFile(parts.crds),
  ) as (KubeObject | null)[];
  const given = crds.filter((crd) => crd?.kind === "CustomResourceDefinition");
  await api.create(
    ...given as KubeObject[],
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "istio-system" },
    },
  );
  await until("Istio's kinds to be served", async () => {
    const rules = "/apis/networking.istio.io/v1/virtualservices";
    const { status } = await api.request("GET", rules);
    return status === 200 ? true : undefined;
  });
}

/** The webhook of istiod, asked before anything is stored. */
export async function installWebhook(
  api: Api,
  programs: readonly Program[],
): Promise<void> {
  const secret = "/api/v1/namespaces/istio-system/secrets/istio-ca-secret";
  const caBundle = await until("istiod's CA", async () => {
    const { data } = await api.json("GET", secret) as unknown as {
      readonly data: Readonly<Record<string, string>>;
    };
    return data["ca-cert.pem"];
  }, programs);
  await api.create({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "istio-validator-istio-system" },
    webhooks: [{
      name: "rev.validation.istio.io",
      clientConfig: { url: "https://127.0.0.1:15017/validate", caBundle },
      rules: [{
        operations: ["CREATE", "UPDATE"],
        apiGroups: [
          "networking.istio.io",
          "security.istio.io",
          "telemetry.istio.io",
          "extensions.istio.io",
        ],
        apiVersions: ["*"],
        resources: ["*"],
      }],
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
    }],
  });
  await until("Istio's webhook to be asked", async () => {
    const path = "/apis/networking.istio.io/v1/namespaces/default" +
      "/virtualservices?dryRun=All";
    const { status } = await api.request("POST", path, {
      body: {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: "refused" },
        spec: { hosts: [] },
      },
    });
    return status === 400 ? true : undefined;
  }, programs);
}
