/**
 * The port: where resources live. One interface, three adapters (a real API
 * server, the sandbox over loopback, files), and one's own.
 *
 * @module
 */

import type { Json, KubeObject } from "../istio/types.ts";
import type { Kind } from "../istio/world.ts";
import type { ManifestProblem } from "./manifest_problems.ts";

/** Which server (or file) the calls go to; the first line of every plan. */
export interface Target {
  /**
   * Where from: a kubeconfig or a Pod, the embedded cluster, files, one's own
   * port.
   */
  readonly source: "kubernetes" | "sandbox" | "files" | "custom";
  /**
   * URL of the API server without user information, or another plain name; the
   * files as they were named.
   */
  readonly server: string;
  /** Name of the context in the kubeconfig; decides what is protected. */
  readonly context?: string;
  /** Name of the cluster entry in the kubeconfig. */
  readonly cluster?: string;
  /**
   * The first 16 hexadecimal digits of the SHA-256 of its CA certificates, in
   * PEM: tells clusters of the same name apart.
   */
  readonly certificateAuthority?: string;
  /** The namespace that commands use when none is given. */
  readonly namespace: string;
  /** Command-line words that reach this target again, without `-n`. */
  readonly flags: readonly string[];
}

/** Names one object. */
export interface ObjectRef {
  /** Kind in full; the group and a served version are the port's to know. */
  readonly kind: Kind;
  /** Absent for kinds without namespace. */
  readonly namespace?: string;
  /** `metadata.name`. */
  readonly name: string;
}

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | {
    readonly op: "add" | "replace" | "test";
    readonly path: string;
    readonly value: Json;
  }
  | { readonly op: "remove"; readonly path: string };

/** Options of every call. */
export interface CallOptions {
  /**
   * Ends the call: an `InterruptedError`, or `outcome-unknown` for a write
   * under way.
   */
  readonly signal?: AbortSignal;
}

/** Which objects a list or a watch gives. */
export interface ListOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  /** In the server's syntax: `app=x,build!=3`. */
  readonly labelSelector?: string;
  /** In the server's syntax: `metadata.name=x`. */
  readonly fieldSelector?: string;
  /** Read no more objects than this; the answer says if there are more. */
  readonly limit?: number;
  /**
   * Objects with `apiVersion`, `kind` and `metadata` and nothing else, which
   * most servers send that way: a tenth of the bytes of Pods.
   */
  readonly metadataOnly?: boolean;
  /** Told after each page how many objects have been read so far. */
  readonly onPage?: (read: number) => void;
  /**
   * Told that a watch is interrupted, and why, and with nothing each time that
   * it follows the changes.
   */
  readonly onInterruption?: (why: Error | undefined) => void;
}

/** Options of a write. */
export interface WriteOptions extends CallOptions {
  /** The server checks and answers, and keeps nothing (`dryRun=All`). */
  readonly dryRun?: boolean;
  /** Told each warning that the server sends along. */
  readonly onWarning?: (text: string) => void;
}

/** Options of a delete. */
export interface DeleteOptions extends WriteOptions {
  /** Only if the object is still at this version. */
  readonly resourceVersion: string;
  /** Only if it is still this very object. */
  readonly uid?: string;
}

/** A list (all pages, or up to the limit) and the version it was read at. */
export interface ObjectList {
  /** In the order in which the server gave them. */
  readonly items: readonly KubeObject[];
  /** The version at which a watch can go on. */
  readonly resourceVersion: string;
  /** The limit cut it: there are more. */
  readonly hasMore?: boolean;
  /**
   * There may be more that the port cannot see, in every namespace but these:
   * files hold a part of a cluster.
   */
  readonly partial?: {
    /** One clause for people. */
    readonly reason: string;
    readonly except?: readonly string[];
  };
}

/**
 * One thing that a watch tells. `SYNC` comes first and after every break that
 * lost history: it holds all objects and replaces what was known. A limit cuts it,
 * and nothing that is told afterwards.
 */
export type WatchEvent =
  | {
    readonly type: "SYNC";
    readonly items: readonly KubeObject[];
    readonly hasMore?: boolean;
  }
  | {
    readonly type: "ADDED" | "MODIFIED" | "DELETED";
    readonly object: KubeObject;
  };

/** A question to the server: may I? */
export interface AccessReview {
  /** As a Role names it. */
  readonly verb:
    | "get"
    | "list"
    | "watch"
    | "create"
    | "patch"
    | "update"
    | "delete";
  /** Kind in full. */
  readonly kind: Kind;
  /** Absent: in all namespaces. */
  readonly namespace?: string;
  /** Absent: any object of the kind. */
  readonly name?: string;
}

/**
 * Reads and writes objects. Failures are `ClusterError`s; objects keep every
 * field and the `apiVersion` they were stored or asked in.
 */
export interface Cluster extends AsyncDisposable {
  /** Where the calls go to. */
  readonly target: Target;
  /** What is wrong in the files that it reads; absent where it reads none. */
  readonly problems?: readonly ManifestProblem[];
  /** The user as the server names it; nothing if it does not say. */
  whoAmI(options?: CallOptions): Promise<string | undefined>;
  /**
   * Every object of a kind, or so many, read page by page.
   *
   * @throws {ClusterError} `kind-not-served` where the API lacks the kind,
   * `forbidden`, `unauthorized`, `unreachable`, `timeout`, `bad-answer`.
   */
  list(kind: Kind, options?: ListOptions): Promise<ObjectList>;
  /** The object, or nothing where it does not exist; throws as `list`. */
  get(ref: ObjectRef, options?: CallOptions): Promise<KubeObject | undefined>;
  /** Creates; `ConflictError` `conflict` if it exists. */
  create(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /**
   * Applies a JSON Patch to one object and gives the object as it then is.
   * The object's present `apiVersion` is used.
   *
   * @throws {ConflictError} `conflict`: stale resourceVersion (409).
   * @throws {OutcomeUnknownError} `outcome-unknown`: no (trustworthy) answer
   * came, so it may have been written.
   * @throws {ClusterError} `not-found`, `rejected` (admission, schema, a
   * failed `test`), `forbidden`, …: it was not written.
   */
  patch(
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
    options?: WriteOptions,
  ): Promise<KubeObject>;
  /** Deletes at a version; throws as `patch`. */
  delete(ref: ObjectRef, options: DeleteOptions): Promise<void>;
  /** Changes until the signal ends it; reconnects by itself. */
  watch(kind: Kind, options?: ListOptions): AsyncIterable<WatchEvent>;
  /** SelfSubjectAccessReview. */
  canI(review: AccessReview, options?: CallOptions): Promise<boolean>;
}

/** Time as the actions see it, so that tests can bend it. */
export interface Clock {
  now(): Date;
  /** Resolves after so many milliseconds; rejects when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
