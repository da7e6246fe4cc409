/**
 * A stock Envoy as a client of the mesh: it gets clusters and routes from
 * istiod as a proxy with a given identity does, and logs for each request
 * which route, which cluster, which flag.
 *
 * @module
 */

import type { Places } from "./places.ts";
import { type Program, start, until } from "./program.ts";

/** Who it is, and where it listens. */
export interface EnvoyOptions {
  /** Unique among those that run; the name of its files. */
  readonly name: string;
  /** `sidecar` by default. */
  readonly kind?: "sidecar" | "router" | "waypoint";
  /** `default` by default. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Address of the pod it would be in; `10.77.200.1`. */
  readonly address?: string;
  /**
   * Ports of 127.0.0.1, each with the name of istiod's routes for it: the
   * port of the service for a sidecar (`5000`), `http.80` for a gateway; or
   * with the routes themselves.
   */
  readonly listeners: Readonly<Record<number, string | object>>;
  /** In place of those that istiod sends. */
  readonly clusters?: readonly object[];
  /** Asks istiod for this alone, and is not waited for: it lacks what it needs. */
  readonly asksFor?: "clusters" | "listeners";
  /** Port of its own pages; 15000. */
  readonly admin?: number;
}

/** A running Envoy. */
export interface Envoy extends AsyncDisposable {
  /** Its access log, JSON lines: {@linkcode AccessLogLine}. */
  readonly accessLog: string;
  readonly admin: string;
  readonly program: Program;
}

/** What it writes about a request, some 100 ms later. */
export interface AccessLogLine {
  /** The header `x-case`. */
  readonly case: string | null;
  /** The rule, and the match after a dot; `default` and others of istiod's. */
  readonly route: string | null;
  /** `outbound|5000|v1|api.default.svc.cluster.local`. */
  readonly cluster: string | null;
  /** `-`, `NR`, `NC`, `UH`, … */
  readonly flags: string | null;
  readonly code: number;
  /** `10.77.1.1:5000`. */
  readonly upstream: string | null;
}

const ACCESS_LOG = {
  case: "%REQ(X-CASE)%",
  route: "%ROUTE_NAME%",
  cluster: "%UPSTREAM_CLUSTER%",
  flags: "%RESPONSE_FLAGS%",
  code: "%RESPONSE_CODE%",
  upstream: "%UPSTREAM_HOST%",
};

/** Starts it, and waits until it has its routes. */
export async function startEnvoy(
  options: EnvoyOptions,
  places: Pick<Places, "folder" | "xds" | "parts">,
): Promise<Envoy> {
  const { name, admin = 15000 } = options;
  const accessLog = `${places.folder}/${name}.access.log`;
  const bootstrap = `${places.folder}/${name}.json`;
  await Deno.writeTextFile(
    bootstrap,
    JSON.stringify(bootstrapOf(options, { xds: places.xds, accessLog })),
  );
  const program = start(name, places.parts.envoy, {
    folder: places.folder,
    args: [
      ...["-c", bootstrap, "--concurrency", "1", "--disable-hot-restart"],
      ...["--file-flush-interval-msec", "100", "--log-level", "warn"],
    ],
  });
  try {
    if (options.asksFor === undefined) {
      await until(`Envoy ${name} to be ready`, async () => {
        const answer = await fetch(`http://127.0.0.1:${admin}/ready`);
        return (await answer.text()).trim() === "LIVE" ? true : undefined;
      }, [program]);
    }
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
  return {
    accessLog,
    admin: `http://127.0.0.1:${admin}`,
    program,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

function bootstrapOf(
  options: EnvoyOptions,
  to: { readonly xds: string; readonly accessLog: string },
): unknown {
  const { name, kind = "sidecar", namespace = "default" } = options;
  const { address = "10.77.200.1", labels = {}, admin = 15000 } = options;
  const ads = { ads: {}, resource_api_version: "V3" };
  return {
    node: {
      id: `${kind}~${address}~${name}.${namespace}~` +
        `${namespace}.svc.cluster.local`,
      cluster: name,
      metadata: {
        NAMESPACE: namespace,
        LABELS: labels,
        ISTIO_VERSION: "1.31.0",
        CLUSTER_ID: "Kubernetes",
      },
    },
    admin: { address: socket("127.0.0.1", admin) },
    dynamic_resources: {
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        grpc_services: [{ envoy_grpc: { cluster_name: "istiod" } }],
      },
      ...(options.asksFor === "listeners"
        ? { lds_config: ads }
        : options.clusters === undefined
        ? { cds_config: ads }
        : {}),
    },
    bootstrap_extensions: [{
      name: "envoy.bootstrap.internal_listener",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.bootstrap" +
          ".internal_listener.v3.InternalListener",
      },
    }],
    static_resources: {
      clusters: [istiodAt(to.xds), ...options.clusters ?? []],
      listeners: Object.entries(options.listeners).map(([port, routes]) => ({
        name: `listener-${port}`,
        address: socket("127.0.0.1", Number(port)),
        filter_chains: [{
          filters: [connections({ routes, accessLog: to.accessLog })],
        }],
      })),
    },
  };
}

function istiodAt(xds: string): unknown {
  const [address = "", port] = xds.split(":");
  const http = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    name: "istiod",
    type: "STATIC",
    connect_timeout: "1s",
    typed_extension_protocol_options: {
      [http]: {
        "@type": `type.googleapis.com/${http}`,
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: {
      cluster_name: "istiod",
      endpoints: [{
        lb_endpoints: [{
          endpoint: { address: socket(address, Number(port)) },
        }],
      }],
    },
  };
}

/** Only filters that a stock Envoy has. */
function connections(
  of: { readonly routes: string | object; readonly accessLog: string },
): unknown {
  const http = "type.googleapis.com/envoy.extensions.filters.http";
  return {
    name: "http",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.network" +
        ".http_connection_manager.v3.HttpConnectionManager",
      stat_prefix: "http",
      // As istiod's own listeners have it where a mesh says nothing.
      normalize_path: true,
      path_with_escaped_slashes_action: "KEEP_UNCHANGED",
      ...(typeof of.routes === "string"
        ? {
          rds: {
            route_config_name: of.routes,
            config_source: { ads: {}, resource_api_version: "V3" },
          },
        }
        : { route_config: of.routes }),
      http_filters: [
        { name: "fault", type: "fault.v3.HTTPFault" },
        { name: "cors", type: "cors.v3.Cors" },
        { name: "envoy.filters.http.router", type: "router.v3.Router" },
      ].map(({ name, type }) => ({
        name,
        typed_config: { "@type": `${http}.${type}` },
      })),
      access_log: [{
        name: "file",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.access_loggers" +
            ".file.v3.FileAccessLog",
          path: of.accessLog,
          log_format: { json_format: ACCESS_LOG },
        },
      }],
    },
  };
}

function socket(address: string, port: number): unknown {
  return { socket_address: { address, port_value: port } };
}
