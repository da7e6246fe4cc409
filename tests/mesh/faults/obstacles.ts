/**
 * What can come to stand in the way of a write: a webhook that is not there,
 * a right that is taken away.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import type { Api } from "../api.ts";
import { until } from "../program.ts";
import { pathTo } from "./scene.ts";

/** Whether istiod's webhook is asked, is away, or is away and not needed. */
export type Webhook = "asked" | "away" | "not needed";

const WEBHOOK =
  "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istio-validator-istio-system";

/** What a rule without hosts gets. */
const STATUS = { asked: 400, away: 500, "not needed": 201 } as const;

/** Puts it into that state, and waits until it is in force. */
export async function setWebhook(api: Api, state: Webhook): Promise<void> {
  await api.json("PATCH", WEBHOOK, {
    body: [{
      op: "replace",
      path: "/webhooks/0/clientConfig/url",
      value: state === "asked"
        ? "https://127.0.0.1:15017/validate"
        : "https://127.0.0.1:9/validate",
    }, {
      op: "replace",
      path: "/webhooks/0/failurePolicy",
      value: state === "not needed" ? "Ignore" : "Fail",
    }],
    headers: { "content-type": "application/json-patch+json" },
  });
  await until(`the webhook to be ${state}`, async () => {
    const { status } = await api.request(
      "POST",
      `${pathTo("virtualservices", "")}?dryRun=All`,
      {
        body: {
          apiVersion: "networking.istio.io/v1",
          kind: "VirtualService",
          metadata: { name: "refused" },
          spec: { hosts: [] },
        },
      },
    );
    return status === STATUS[state] ? true : undefined;
  });
}

const RBAC = "rbac.authorization.k8s.io";
const metadata = { name: "istiops-faults", namespace: "default" };

/** Lets every account of the namespace patch VirtualServices, or not any more. */
export async function setRight(
  api: Api,
  options: { readonly given: boolean; readonly authorization: string },
): Promise<void> {
  const right: KubeObject[] = [
    {
      apiVersion: `${RBAC}/v1`,
      kind: "Role",
      metadata,
      rules: [{
        apiGroups: ["networking.istio.io"],
        resources: ["virtualservices"],
        verbs: ["patch"],
      }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: RBAC, kind: "Role", name: metadata.name },
      subjects: [{
        apiGroup: RBAC,
        kind: "Group",
        name: "system:serviceaccounts:default",
      }],
    },
  ];
  const { given, authorization } = options;
  await api.delete(...right);
  if (given) await api.create(...right);
  await until(`the right to be ${given ? "given" : "taken"}`, async () => {
    const { status } = await api.request(
      "PATCH",
      `${pathTo("virtualservices")}?dryRun=All`,
      {
        body: [],
        headers: {
          authorization,
          "content-type": "application/json-patch+json",
        },
      },
    );
    return (status === 403) !== given ? true : undefined;
  });
}
