/**
 * What Istio's webhook has against a traffic policy.
 *
 * @module
 */

type Part = Readonly<Record<string, unknown>>;

const PARTS = ["loadBalancer", "connectionPool", "outlierDetection", "tls"];

/** Every reason to deny a policy. */
export function policyErrors(policy: Part | undefined): readonly string[] {
  if (policy === undefined) return [];
  if (
    ![...PARTS, "portLevelSettings", "tunnel", "proxyProtocol", "retryBudget"]
      .some((name) => policy[name] !== undefined)
  ) return ["traffic policy must have at least one field"];
  const ports = (policy.portLevelSettings ?? []) as readonly Part[];
  const tunnel = policy.tunnel as Part | undefined;
  return [
    ...partErrors(policy),
    ...ports.flatMap((one) => [
      ...one.port === undefined
        ? ["portTrafficPolicy must have valid port"]
        : [],
      ...PARTS.some((name) => one[name] !== undefined)
        ? []
        : ["port traffic policy must have at least one field"],
      ...partErrors(one),
    ]),
    ...tunnel === undefined ||
        ["", "CONNECT", "POST"].includes(String(tunnel.protocol ?? ""))
      ? []
      : ['tunnel protocol must be "CONNECT" or "POST"'],
  ];
}

function partErrors(policy: Part): readonly string[] {
  const part = policy as Readonly<Record<string, Part | undefined>>;
  const { connectionPool: pool, outlierDetection: outliers, tls } = part;
  const localities = part.loadBalancer?.localityLbSetting as Part | undefined;
  return [
    ...pool === undefined ? [] : poolErrors(pool),
    ...outliers === undefined ? [] : percentErrors(outliers),
    ...tls === undefined ? [] : tlsErrors(tls),
    ...localities === undefined ? [] : localityErrors(localities),
  ];
}

/** Fields of a pool that count something, and how messages call them. */
const COUNTS = [
  ["tcp", "maxConnections", "max connections"],
  ["http", "http1MaxPendingRequests", "http1 max pending requests"],
  ["http", "http2MaxRequests", "http2 max requests"],
  ["http", "maxRequestsPerConnection", "max requests per connection"],
  ["http", "maxRetries", "max retries"],
] as const;

function poolErrors(pool: Part): readonly string[] {
  if (pool.tcp === undefined && pool.http === undefined) {
    return ["connection pool must have at least one field"];
  }
  return COUNTS.filter(([side, name]) =>
    Number((pool[side] as Part | undefined)?.[name] ?? 0) < 0
  ).map(([, , words]) => `${words} must be non-negative`);
}

function percentErrors(outliers: Part): readonly string[] {
  return [outliers.maxEjectionPercent, outliers.minHealthPercent].filter((
    share,
  ) => share !== undefined && (Number(share) < 0 || Number(share) > 100)).map(
    (share) => `percentage ${share} is not in range 0..100`,
  );
}

function tlsErrors(tls: Part): readonly string[] {
  if (tls.mode !== "MUTUAL" || tls.credentialName) return [];
  return [
    ...tls.clientCertificate
      ? []
      : ["client certificate required for mutual tls"],
    ...tls.privateKey ? [] : ["private key required for mutual tls"],
  ];
}

function localityErrors(setting: Part): readonly string[] {
  const list = (name: string) => (setting[name] ?? []) as readonly Part[];
  const [distribute, failover] = [list("distribute"), list("failover")];
  if (distribute.length > 0 && failover.length > 0) {
    return ["can not simultaneously specify 'distribute' and 'failover'"];
  }
  return [
    ...distribute.map(({ to }) =>
      Object.values((to ?? {}) as Readonly<Record<string, number>>)
        .reduce((sum, weight) => sum + weight, 0)
    ).filter((sum) => sum !== 100).map((sum) =>
      `total locality weight ${sum} != 100`
    ),
    ...failover.filter(({ from, to }) => from === to).map(() =>
      "locality lb failover settings must specify different regions"
    ),
  ];
}
