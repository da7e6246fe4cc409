/**
 * The resources istiops reads, field for field as their YAML has them. Types
 * describe, they do not filter: unknown fields ride along untouched, and the
 * `apiVersion` that was read is the one that is written.
 *
 * @module
 */

/** Anything JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Metadata of any Kubernetes object, as far as istiops looks at it. */
export interface ObjectMeta {
  /** Unique in its namespace for its kind. */
  readonly name: string;
  /** Absent for kinds without namespace. */
  readonly namespace?: string;
  /** Never used twice, whatever the name. */
  readonly uid?: string;
  /** Changes with every write; opaque. */
  readonly resourceVersion?: string;
  /** RFC 3339; the older of two objects wins a host. */
  readonly creationTimestamp?: string;
  /** RFC 3339; set while it is on its way out. */
  readonly deletionTimestamp?: string;
  /** What selectors look at. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The record of istiops is among them. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Who wrote what last. */
  readonly managedFields?: readonly ManagedFields[];
  /** What it goes with when that is deleted. */
  readonly ownerReferences?: readonly OwnerReference[];
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** One manager's entry in `metadata.managedFields`. */
export interface ManagedFields {
  /** Name the writer gave itself. */
  readonly manager?: string;
  /** `Apply` or `Update`. */
  readonly operation?: string;
  /** RFC 3339; the last write of this manager. */
  readonly time?: string;
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** An entry of `metadata.ownerReferences`. */
export interface OwnerReference {
  /** Group and version of the owner. */
  readonly apiVersion?: string;
  /** Kind of the owner. */
  readonly kind: string;
  /** Name of the owner, in the same namespace. */
  readonly name: string;
  /** Whether this owner manages the object. */
  readonly controller?: boolean;
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** Any Kubernetes object. */
export interface KubeObject {
  /** Group and version as read, and as written back. */
  readonly apiVersion: string;
  /** Kind in full. */
  readonly kind: string;
  /** Name, version, labels, owners. */
  readonly metadata: ObjectMeta;
  /** `spec`, `status` and whatever else the kind has. */
  readonly [field: string]: unknown;
}

/** At most one of the three; none (`{}`) means present. */
export interface StringMatch {
  /** The whole value. */
  readonly exact?: string;
  /** The beginning of the value. */
  readonly prefix?: string;
  /** RE2, for the whole value. */
  readonly regex?: string;
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** One block of `http[].match`: its conditions are joined by AND. */
export interface HTTPMatchRequest {
  /** Becomes part of the route name in access logs. */
  readonly name?: string;
  /** The path without its query. */
  readonly uri?: StringMatch;
  /** `http` or `https`. */
  readonly scheme?: StringMatch;
  /** As sent: `GET`, `POST`. */
  readonly method?: StringMatch;
  /** The host as the client wrote it. */
  readonly authority?: StringMatch;
  /** By name in lower case; all must match. */
  readonly headers?: Readonly<Record<string, StringMatch>>;
  /** None of these may match. */
  readonly withoutHeaders?: Readonly<Record<string, StringMatch>>;
  /** By name; all must match. */
  readonly queryParams?: Readonly<Record<string, StringMatch>>;
  /** The port that the request came to. */
  readonly port?: number;
  /** Labels of the pods that the rule is meant for. */
  readonly sourceLabels?: Readonly<Record<string, string>>;
  /** Namespace of the clients that the rule is meant for. */
  readonly sourceNamespace?: string;
  /** Instead of those of the VirtualService. */
  readonly gateways?: readonly string[];
  /** For `exact` and `prefix` of `uri`. */
  readonly ignoreUriCase?: boolean;
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** Where requests go: a host, perhaps one subset and one port of it. */
export interface Destination {
  /** Short names resolve in the namespace of the object that holds the rule. */
  readonly host: string;
  /** Absent: all pods of the service. */
  readonly subset?: string;
  /** Absent: the only port of the service, or the one the request came to. */
  readonly port?: {
    readonly number?: number;
    readonly [field: string]: unknown;
  };
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** A destination and its relative weight. */
export interface HTTPRouteDestination {
  /** Where it leads. */
  readonly destination: Destination;
  /** Relative share; absent is 0, but for a destination on its own. */
  readonly weight?: number;
  /** Header operations, never looked into. */
  readonly headers?: Json;
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** Names the VirtualService whose rules stand in for this rule. */
export interface Delegate {
  /** Name of the VirtualService. */
  readonly name?: string;
  /** Absent: the namespace of the root. */
  readonly namespace?: string;
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** One rule of `spec.http`. */
export interface HTTPRoute {
  /** Becomes part of the route name in access logs. */
  readonly name?: string;
  /** Joined by OR; absent or empty: every request. */
  readonly match?: readonly HTTPMatchRequest[];
  /** Where requests go, by weight. */
  readonly route?: readonly HTTPRouteDestination[];
  /** Answers with a redirect instead. */
  readonly redirect?: Readonly<Record<string, unknown>>;
  /** Answers by itself instead. */
  readonly directResponse?: Readonly<Record<string, unknown>>;
  /** Another object's rules stand in for this one. */
  readonly delegate?: Delegate;
  /** What becomes of the path and the host. */
  readonly rewrite?: Readonly<Record<string, unknown>>;
  /** A copy of each request goes there; its answer is dropped. */
  readonly mirror?: Destination;
  /** The same for several. */
  readonly mirrors?: readonly {
    readonly destination: Destination;
    readonly [field: string]: unknown;
  }[];
  /** A duration: `5s`. */
  readonly timeout?: string;
  /** Rides along untouched. */
  readonly retries?: Readonly<Record<string, unknown>>;
  /** Delays and aborts on purpose. */
  readonly fault?: Readonly<Record<string, unknown>>;
  /** Rides along untouched. */
  readonly corsPolicy?: Readonly<Record<string, unknown>>;
  /** Header operations, never looked into. */
  readonly headers?: Json;
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** A rule of `spec.tcp` or `spec.tls`: read for references, never edited. */
export interface L4Route {
  /** Where connections go, by weight. */
  readonly route?: readonly {
    readonly destination: Destination;
    readonly weight?: number;
    readonly [field: string]: unknown;
  }[];
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** `networking.istio.io` VirtualService. */
export interface VirtualService extends KubeObject {
  /** Hosts, gateways and rules, in the order in which they are tried. */
  readonly spec: {
    readonly hosts?: readonly string[];
    readonly gateways?: readonly string[];
    readonly exportTo?: readonly string[];
    readonly http?: readonly HTTPRoute[];
    readonly tcp?: readonly L4Route[];
    readonly tls?: readonly L4Route[];
    readonly [field: string]: unknown;
  };
}

/** A named set of pod labels. */
export interface Subset {
  /** What destinations name it by. */
  readonly name: string;
  /** Labels that its pods carry beside those of the Service. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Load balancing, TLS and limits of its own. */
  readonly trafficPolicy?: Json;
  /** Whatever else is written. */
  readonly [field: string]: unknown;
}

/** `networking.istio.io` DestinationRule. */
export interface DestinationRule extends KubeObject {
  /** As written. */
  readonly spec: {
    readonly host: string;
    readonly subsets?: readonly Subset[];
    readonly trafficPolicy?: Json;
    readonly exportTo?: readonly string[];
    readonly workloadSelector?: {
      readonly matchLabels?: Readonly<Record<string, string>>;
      readonly [field: string]: unknown;
    };
    readonly [field: string]: unknown;
  };
}

/** `networking.istio.io` Gateway. */
export interface Gateway extends KubeObject {
  /** As written. */
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly servers?: readonly {
      readonly port?: {
        readonly number?: number;
        readonly name?: string;
        readonly protocol?: string;
        readonly [field: string]: unknown;
      };
      readonly hosts?: readonly string[];
      readonly [field: string]: unknown;
    }[];
    readonly [field: string]: unknown;
  };
}

/** `networking.istio.io` ServiceEntry. */
export interface ServiceEntry extends KubeObject {
  /** As written. */
  readonly spec: {
    readonly hosts?: readonly string[];
    readonly ports?: readonly {
      readonly number?: number;
      readonly name?: string;
      readonly protocol?: string;
      readonly [field: string]: unknown;
    }[];
    readonly exportTo?: readonly string[];
    readonly [field: string]: unknown;
  };
}

/** What a Sidecar lets its clients see, on one port or on all. */
export interface SidecarEgress {
  /** Absent: every port that none of the others has. */
  readonly port?: {
    readonly number?: number;
    readonly protocol?: string;
    readonly [field: string]: unknown;
  };
  /** `namespace/host` each; `.` is the namespace of the client. */
  readonly hosts?: readonly string[];
  /** An address to listen at, in place of what is captured. */
  readonly bind?: string;
  /** `NONE`: only at its own address. */
  readonly captureMode?: string;
  /** Everything else rides along. */
  readonly [field: string]: unknown;
}

/** `networking.istio.io` Sidecar: what the proxies of a namespace get. */
export interface Sidecar extends KubeObject {
  /** As written. */
  readonly spec: {
    readonly workloadSelector?: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly [field: string]: unknown;
    };
    readonly egress?: readonly SidecarEgress[];
    readonly outboundTrafficPolicy?: {
      readonly mode?: string;
      readonly [field: string]: unknown;
    };
    readonly [field: string]: unknown;
  };
}

/** Kubernetes `v1` Service. */
export interface Service extends KubeObject {
  /** As written. */
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly clusterIP?: string;
    readonly type?: string;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly targetPort?: number | string;
      readonly protocol?: string;
      readonly appProtocol?: string;
      readonly [field: string]: unknown;
    }[];
    readonly [field: string]: unknown;
  };
}

/** Kubernetes `v1` Pod. */
export interface Pod extends KubeObject {
  /** As written. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** As the cluster reports it; absent in manifests. */
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly [field: string]: unknown;
    }[];
    readonly [field: string]: unknown;
  };
}

/** What asks for pods: Deployment, ReplicaSet, StatefulSet, DaemonSet, Rollout. */
export interface Workload extends KubeObject {
  /** As written. */
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly metadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly [field: string]: unknown;
      };
      readonly [field: string]: unknown;
    };
    readonly [field: string]: unknown;
  };
}
