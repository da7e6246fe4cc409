/**
 * A second istiod on the same API server that serves an ambient mesh, and the
 * little of the Gateway API that it needs to know of waypoints.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import { apiOf, type Places } from "../places.ts";
import { start, until } from "../program.ts";

/** Where it is; disposing it ends it, and takes the kinds away. */
export interface Ambient extends AsyncDisposable {
  /** `127.0.0.1:15110`. */
  readonly xds: string;
  /** What it would send a proxy, as its own pages have it. */
  dump(proxy: string): Promise<unknown>;
}

const GROUP = "gateway.networking.k8s.io";
const XDS = "127.0.0.1:15110";
const PAGES = "127.0.0.1:15180";

/** Starts it, and waits until it is ready. */
export async function startAmbient(places: Places): Promise<Ambient> {
  await using stack = new AsyncDisposableStack();
  const api = stack.use(apiOf(places));
  const kinds = [
    kindOf("Gateway", "gateways", "Namespaced"),
    kindOf("GatewayClass", "gatewayclasses", "Cluster"),
  ];
  await api.delete(...kinds);
  await api.create(...kinds);
  stack.defer(() => api.delete(...kinds));
  for (const plural of ["gateways", "gatewayclasses"]) {
    await until(`${plural} to be served`, async () => {
      const { status } = await api.request(
        "GET",
        `/apis/${GROUP}/v1/${plural}`,
      );
      return status === 200 ? true : undefined;
    });
  }
  const { folder, kubeconfig, parts } = places;
  const program = stack.use(start("istiod-ambient", parts.istiod, {
    folder,
    args: [
      ...["discovery", "--kubeconfig", kubeconfig],
      ...["--meshConfig", `${folder}/mesh.yaml`],
      ...["--networksConfig", `${folder}/empty.yaml`],
      ...["--grpcAddr", XDS, "--secureGRPCAddr", ""],
      ...["--httpAddr", PAGES, "--httpsAddr", "127.0.0.1:15117"],
      ...["--monitoringAddr", "127.0.0.1:15114", "--ctrlz_port", "0"],
      ...["--log_output_level", "default:warn"],
    ],
    env: {
      POD_NAME: "istiod-ambient",
      POD_NAMESPACE: "istio-system",
      CLUSTER_ID: "Kubernetes",
      ISTIOD_CUSTOM_HOST: "127.0.0.1",
      PILOT_ENABLE_METADATA_EXCHANGE: "false",
      PILOT_ENABLE_AMBIENT: "true",
      // Nothing here runs Deployments, and nobody writes what a test has.
      PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: "false",
      PILOT_ENABLE_GATEWAY_API_STATUS: "false",
      AMBIENT_ENABLE_STATUS: "false",
    },
  }));
  await until("the ambient istiod to be ready", async () => {
    const answer = await fetch(`http://${PAGES}/ready`);
    await answer.body?.cancel();
    return answer.ok ? true : undefined;
  }, [program]);
  const moved = stack.move();
  return {
    xds: XDS,
    async dump(proxy) {
      const answer = await fetch(
        `http://${PAGES}/debug/config_dump?proxyID=${proxy}`,
      );
      const text = await answer.text();
      if (!answer.ok) {
        throw new Error(`dump ${proxy}: ${answer.status} ${text}`);
      }
      return JSON.parse(text);
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** As far as istiod needs it: any fields, in the version that it reads. */
function kindOf(
  kind: string,
  plural: string,
  scope: "Namespaced" | "Cluster",
): KubeObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${GROUP}`,
      annotations: {
        "api-approved.kubernetes.io": "unapproved, for a test",
        [`${GROUP}/bundle-version`]: "v1.6.0",
      },
    },
    spec: {
      group: GROUP,
      scope,
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: ["v1", "v1beta1"].map((name) => ({
        name,
        served: true,
        storage: name === "v1",
        schema: {
          openAPIV3Schema: {
            type: "object",
            "x-kubernetes-preserve-unknown-fields": true,
          },
        },
      })),
    },
  };
}
