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
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFields[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly [field: string]: unknown;
}

/** One manager's entry in `metadata.managedFields`. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly time?: string;
  readonly [field: string]: unknown;
}

/** An entry of `metadata.ownerReferences`. */
export interface OwnerReference {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly controller?: boolean;
  readonly [field: string]: unknown;
}

/** Any Kubernetes object. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** At most one of the three; none (`{}`) means present. */
export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
  readonly [field: string]: unknown;
}

/** One block of `http[].match`: its conditions are joined by AND. */
export interface HTTPMatchRequest {
  readonly name?: string;
  readonly uri?: StringMatch;
  readonly scheme?: StringMatch;
  readonly method?: StringMatch;
  readonly authority?: StringMatch;
  readonly headers?: Readonly<Record<string, StringMatch>>;
  readonly withoutHeaders?: Readonly<Record<string, StringMatch>>;
  readonly queryParams?: Readonly<Record<string, StringMatch>>;
  readonly port?: number;
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
  readonly gateways?: readonly string[];
  readonly ignoreUriCase?: boolean;
  readonly [field: string]: unknown;
}

/** Where requests go: a host, perhaps one subset and one port of it. */
export interface Destination {
  readonly host: string;
  readonly subset?: string;
  readonly port?: {
    readonly number?: number;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** A destination and its relative weight. */
export interface HTTPRouteDestination {
  readonly destination: Destination;
  readonly weight?: number;
  readonly headers?: Json;
  readonly [field: string]: unknown;
}

/** Names the VirtualService whose rules stand in for this rule. */
export interface Delegate {
  readonly name?: string;
  readonly namespace?: string;
  readonly [field: string]: unknown;
}

/** One rule of `spec.http`. */
export interface HTTPRoute {
  readonly name?: string;
  readonly match?: readonly HTTPMatchRequest[];
  readonly route?: readonly HTTPRouteDestination[];
  readonly redirect?: Readonly<Record<string, unknown>>;
  readonly directResponse?: Readonly<Record<string, unknown>>;
  readonly delegate?: Delegate;
  readonly rewrite?: Readonly<Record<string, unknown>>;
  readonly mirror?: Destination;
  readonly mirrors?: readonly {
    readonly destination: Destination;
    readonly [field: string]: unknown;
  }[];
  readonly timeout?: string;
  readonly retries?: Readonly<Record<string, unknown>>;
  readonly fault?: Readonly<Record<string, unknown>>;
  readonly corsPolicy?: Readonly<Record<string, unknown>>;
  readonly headers?: Json;
  readonly [field: string]: unknown;
}

/** A rule of `spec.tcp` or `spec.tls`: read for references, never edited. */
export interface L4Route {
  readonly route?: readonly {
    readonly destination: Destination;
    readonly weight?: number;
    readonly [field: string]: unknown;
  }[];
  readonly [field: string]: unknown;
}

/** `networking.istio.io` VirtualService. */
export interface VirtualService extends KubeObject {
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
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly trafficPolicy?: Json;
  readonly [field: string]: unknown;
}

/** `networking.istio.io` DestinationRule. */
export interface DestinationRule extends KubeObject {
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

/** Kubernetes `v1` Service. */
export interface Service extends KubeObject {
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
  readonly spec?: Readonly<Record<string, unknown>>;
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
