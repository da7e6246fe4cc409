/**
 * Starts a mesh in the network of this process: etcd, kube-apiserver with
 * Istio's CRDs, istiod with its webhook, a server that answers for every pod,
 * and an Envoy.
 *
 * @module
 */

import { startEnvoy } from "./envoy.ts";
import { arrange } from "./files.ts";
import { installIstio, installWebhook } from "./istio.ts";
import type { Parts } from "./parts.ts";
import { apiOf, ISTIOPS_MESH_STACK, type Places } from "./places.ts";
import { type Program, start, until } from "./program.ts";

/** Options of {@linkcode startStack}. */
export interface StackOptions {
  /** An empty folder. */
  readonly folder: string;
  readonly parts: Parts;
  /** How long istiod gathers changes before it pushes them; its own defaults. */
  readonly debounce?: { readonly after: string; readonly max: string };
  /** More of istiod's environment. */
  readonly istiod?: Readonly<Record<string, string>>;
}

/** A running mesh; disposing it ends it. */
export interface Stack extends AsyncDisposable {
  readonly places: Places;
}

/** What a script of `main.ts run` is given: an empty folder, and the parts. */
export function givenHere(): Pick<StackOptions, "folder" | "parts"> {
  const text = Deno.env.get(ISTIOPS_MESH_STACK);
  if (text === undefined) {
    throw new Error("start a mesh: run this by tests/mesh/main.ts run");
  }
  return JSON.parse(text);
}

/** Starts all, in order, and waits until each is ready. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, parts } = options;
  await using started = new AsyncDisposableStack();
  const programs: Program[] = [];
  const run = (
    name: string,
    path: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): void => {
    programs.push(started.use(start(name, path, { folder, args, env })));
  };

  const places = await arrange(folder, parts);
  run("backend", parts.backend, ["-listen", ":5000"]);
  run("etcd", parts.etcd, [
    ...["--data-dir", `${folder}/etcd`, "--unsafe-no-fsync"],
    ...["--listen-client-urls", places.etcd],
    ...["--advertise-client-urls", places.etcd],
    ...["--listen-peer-urls", "http://127.0.0.1:2380"],
    ...["--log-level", "error"],
  ]);
  run("kube-apiserver", parts.apiServer, apiServerArgs(places));
  using api = apiOf(places);
  await until("the API server to be ready", async () => {
    const { status } = await api.request("GET", "/readyz");
    return status === 200 ? true : undefined;
  }, programs);
  await installIstio(api, parts);

  run(
    "istiod",
    parts.istiod,
    istiodArgs(places),
    istiodEnvironment(options),
  );
  await until("istiod to be ready", async () => {
    const answer = await fetch(`${places.istiod}/ready`);
    await answer.body?.cancel();
    return answer.ok ? true : undefined;
  }, programs);
  await installWebhook(api, programs);
  started.use(
    await startEnvoy({
      name: "client",
      labels: { app: "client" },
      listeners: { [Number(places.sidecar.split(":")[1])]: "5000" },
    }, places),
  );

  const all = started.move();
  return { places, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function apiServerArgs({ folder, tls, etcd, audit }: Places): string[] {
  return [
    ...["--etcd-servers", etcd],
    // Without a default route it has to be told an address.
    ...["--bind-address", "127.0.0.1", "--advertise-address", "10.77.255.1"],
    ...["--service-cluster-ip-range", "10.96.0.0/16"],
    ...["--cert-dir", tls, "--client-ca-file", `${tls}/ca.crt`],
    ...["--tls-cert-file", `${tls}/server.crt`],
    ...["--tls-private-key-file", `${tls}/server.key`],
    ...["--token-auth-file", `${folder}/tokens.csv`],
    ...["--authorization-mode", "RBAC"],
    ...["--service-account-issuer", "https://istiops.test"],
    ...["--service-account-key-file", `${tls}/accounts.key`],
    ...["--service-account-signing-key-file", `${tls}/accounts.key`],
    // Pods of these tests have no account, and nothing would make one.
    ...["--disable-admission-plugins", "ServiceAccount"],
    ...["--endpoint-reconciler-type", "none"],
    ...["--audit-policy-file", `${folder}/audit-policy.yaml`],
    ...["--audit-log-path", audit],
  ];
}

function istiodArgs({ folder, kubeconfig, xds, istiod }: Places): string[] {
  return [
    ...["discovery", "--kubeconfig", kubeconfig],
    ...["--meshConfig", `${folder}/mesh.yaml`],
    ...["--networksConfig", `${folder}/empty.yaml`],
    ...["--grpcAddr", xds, "--secureGRPCAddr", ""],
    ...["--httpAddr", new URL(istiod).host],
    ...["--httpsAddr", "127.0.0.1:15017"],
    ...["--monitoringAddr", "127.0.0.1:15014"],
    ...["--log_output_level", "default:warn"],
  ];
}

function istiodEnvironment(
  { debounce, istiod = {} }: StackOptions,
): Record<string, string> {
  return {
    POD_NAME: "istiod-1",
    POD_NAMESPACE: "istio-system",
    CLUSTER_ID: "Kubernetes",
    // Filters that only Istio's own build of Envoy has.
    PILOT_ENABLE_METADATA_EXCHANGE: "false",
    ISTIOD_CUSTOM_HOST: "127.0.0.1",
    ...(debounce === undefined ? {} : {
      PILOT_DEBOUNCE_AFTER: debounce.after,
      PILOT_DEBOUNCE_MAX: debounce.max,
    }),
    ...istiod,
  };
}
