/**
 * The port on a Kubernetes API server: a real one, or the sandbox over
 * loopback.
 *
 * Writes carry `fieldManager=istiops` and `fieldValidation=Warn`: a patch
 * changes a few paths of an object that is there already, so a field that the
 * server's schema does not know is somebody else's and no reason to refuse
 * (`Strict`), but worth a word. What the server warns of goes to `onWarning`.
 *
 * @module
 */

import { ClusterError, InterruptedError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import type { Kind } from "../istio/world.ts";
import { isRecord } from "./answers.ts";
import type {
  AccessReview,
  CallOptions,
  Cluster,
  DeleteOptions,
  JsonPatchOperation,
  ListOptions,
  ObjectList,
  ObjectRef,
  Target,
  WatchEvent,
  WriteOptions,
} from "./cluster.ts";
import type { Access } from "./access.ts";
import { apiVersionOf, type KindInfo, KINDS, pathOf } from "./kinds.ts";
import type { TransportRequest } from "./call.ts";
import { checkList, checkObject, objectsOf, PARTIAL } from "./objects.ts";
import type { OpenStream, Transport } from "./transport.ts";
import { watchObjects } from "./watch.ts";

const PAGE = 500;

/** A cluster behind an API server. */
export class KubernetesCluster implements Cluster {
  readonly target: Target;
  readonly #transport: Transport;
  /** The version in use by group; filled where the best one is missing. */
  readonly #versions = new Map<string, Promise<string | undefined>>();
  readonly #access: Access;
  /** The server refuses to send metadata only (406). */
  #sendsWhole = false;

  constructor(access: Access, transport: Transport) {
    this.target = access.target;
    this.#access = access;
    this.#transport = transport;
  }

  async whoAmI(options: CallOptions = {}): Promise<string | undefined> {
    try {
      const review = await this.#review("authentication.k8s.io", {
        kind: "SelfSubjectReview",
        attempt: "Cannot ask who the user is",
        signal: options.signal,
      });
      const { userInfo } = review;
      return isRecord(userInfo) && typeof userInfo.username === "string"
        ? userInfo.username
        : undefined;
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      return undefined;
    }
  }

  async canI(
    review: AccessReview,
    options: CallOptions = {},
  ): Promise<boolean> {
    const { verb, kind, namespace, name } = review;
    const { group, plural } = KINDS[kind];
    const status = await this.#review("authorization.k8s.io", {
      kind: "SelfSubjectAccessReview",
      attempt: `Cannot ask whether ${verb} ${kind} is allowed`,
      signal: options.signal,
      spec: {
        resourceAttributes: {
          verb,
          group,
          resource: plural,
          ...(namespace === undefined ? {} : { namespace }),
          ...(name === undefined ? {} : { name }),
        },
      },
    });
    return status.allowed === true;
  }

  async list(kind: Kind, options: ListOptions = {}): Promise<ObjectList> {
    try {
      return await this.#listPages(kind, options, PAGE);
    } catch (error) {
      if (!isExpired(error)) throw error;
      // The rest of the pages is of another moment: read all of it at once.
      return await this.#listPages(kind, options, options.limit);
    }
  }

  async get(
    ref: ObjectRef,
    options: CallOptions = {},
  ): Promise<KubeObject | undefined> {
    try {
      return await this.#one(ref, {
        attempt: `Cannot read ${nameOf(ref)}`,
        effect: "read",
        method: "GET",
        signal: options.signal,
      });
    } catch (error) {
      if (error instanceof ClusterError && error.code === "not-found") {
        return undefined;
      }
      throw error;
    }
  }

  async create(
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const info = KINDS[object.kind as Kind] as KindInfo | undefined;
    if (info === undefined) {
      throw new TypeError(`The kind ${object.kind} is not known`);
    }
    const { name, namespace } = object.metadata;
    const ref = {
      kind: info.kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    };
    pathOf(info, { version: info.versions[0], namespace, name });
    const version = object.apiVersion.split("/").at(-1)!;
    return await this.#transport.json({
      ...writeCall(options),
      attempt: `Cannot create ${nameOf(ref)}`,
      method: "POST",
      path: pathOf(info, { version, namespace }),
      query: writeQuery(options),
      body: object,
      check: (body) =>
        checkObject(body, { ...ref, apiVersion: object.apiVersion }),
    }) as KubeObject;
  }

  async patch(
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    return await this.#one(ref, {
      ...writeCall(options),
      attempt: `Cannot change ${nameOf(ref)}`,
      method: "PATCH",
      query: writeQuery(options),
      body: operations,
      contentType: "application/json-patch+json",
    });
  }

  async delete(ref: ObjectRef, options: DeleteOptions): Promise<void> {
    const { resourceVersion, uid, dryRun } = options;
    await this.#versioned(
      KINDS[ref.kind],
      (info, version) =>
        this.#transport.json({
          ...writeCall(options),
          attempt: `Cannot delete ${nameOf(ref)}`,
          method: "DELETE",
          path: pathOf(info, { version, ...ref }),
          body: {
            apiVersion: "v1",
            kind: "DeleteOptions",
            preconditions: {
              resourceVersion,
              ...(uid === undefined ? {} : { uid }),
            },
            ...(dryRun === true ? { dryRun: ["All"] } : {}),
          },
          // A Status, or the object where finalizers keep it for a while.
          check: (body) =>
            isRecord(body) && typeof body.kind === "string"
              ? undefined
              : "the answer to a delete is not an object",
        }),
    );
  }

  watch(kind: Kind, options: ListOptions = {}): AsyncIterable<WatchEvent> {
    let apiVersion = "";
    return watchObjects({
      kind,
      clock: this.#transport.clock,
      signal: options.signal,
      onInterruption: options.onInterruption,
      metadataOf: options.metadataOnly === true
        ? ({ metadata }) => ({ apiVersion, kind, metadata })
        : undefined,
      list: () => this.list(kind, options),
      open: (query) =>
        this.#openWatch(kind, options, {
          query,
          onVersion: (served) => apiVersion = served,
        }),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#transport.close();
    return Promise.resolve();
  }

  async #listPages(
    kind: Kind,
    options: ListOptions,
    pageSize: number | undefined,
  ): Promise<ObjectList> {
    const { limit: most = Infinity } = options;
    const items: KubeObject[] = [];
    let resume = "";
    let resourceVersion = "";
    do {
      const size = Math.min(pageSize ?? Infinity, most - items.length);
      const page = await this.#page(kind, options, {
        ...(size === Infinity ? {} : { limit: String(size) }),
        ...(resume === "" ? {} : { continue: resume }),
      });
      for (const item of page.items) items.push(item);
      options.onPage?.(items.length);
      resourceVersion = page.resourceVersion;
      if (page.resume !== "" && page.resume === resume) {
        throw new ClusterError(
          "bad-answer",
          `${
            attemptOf("list", kind, options)
          }: the server gives the same page again and again`,
        );
      }
      resume = page.resume;
    } while (resume !== "" && items.length < most);
    const hasMore = resume !== "" || items.length > most;
    // Not every server heeds a limit.
    if (items.length > most) items.length = most;
    return { items, resourceVersion, ...(hasMore ? { hasMore } : {}) };
  }

  #page(
    kind: Kind,
    options: ListOptions,
    query: Readonly<Record<string, string>>,
  ): Promise<ReturnType<typeof objectsOf>> {
    return this.#versioned(KINDS[kind], async (info, version) => {
      const apiVersion = apiVersionOf(info, version);
      const { namespace, metadataOnly } = options;
      const expected = { kind, apiVersion, namespace, metadataOnly };
      const body = await this.#accepting(
        metadataOnly === true ? `${PARTIAL}List` : undefined,
        (accept) =>
          this.#transport.json({
            attempt: attemptOf("list", kind, options),
            effect: "read",
            method: "GET",
            path: pathOf(info, { version, namespace }),
            query: { ...selectorsOf(options), ...query },
            accept,
            signal: options.signal,
            check: (body) => checkList(body, expected),
          }),
      );
      return objectsOf(body, expected);
    });
  }

  #one(
    ref: ObjectRef,
    call: Omit<TransportRequest, "path" | "check">,
  ): Promise<KubeObject> {
    return this.#versioned(
      KINDS[ref.kind],
      async (info, version) =>
        await this.#transport.json({
          ...call,
          path: pathOf(info, { version, ...ref }),
          check: (body) =>
            checkObject(body, {
              ...ref,
              apiVersion: apiVersionOf(info, version),
            }),
        }) as KubeObject,
    );
  }

  #openWatch(
    kind: Kind,
    options: ListOptions,
    { query, onVersion }: {
      readonly query: Readonly<Record<string, string>>;
      readonly onVersion: (apiVersion: string) => void;
    },
  ): Promise<OpenStream> {
    const { namespace, signal, metadataOnly } = options;
    return this.#versioned(
      KINDS[kind],
      (info, version) => {
        onVersion(apiVersionOf(info, version));
        return this.#accepting(
          metadataOnly === true ? PARTIAL : undefined,
          (accept) =>
            this.#transport.open({
              attempt: attemptOf("watch", kind, options),
              effect: "read",
              method: "GET",
              path: pathOf(info, { version, namespace }),
              query: { ...selectorsOf(options), ...query },
              accept,
              signal,
              check: () => undefined,
            }),
        );
      },
    );
  }

  /**
   * Asks for another form than whole objects, which the server may answer
   * with all the same; one that knows neither (406) is not asked again.
   */
  async #accepting<T>(
    form: string | undefined,
    call: (accept: string | undefined) => Promise<T>,
  ): Promise<T> {
    if (form === undefined || this.#sendsWhole) return await call(undefined);
    try {
      return await call(
        `application/json;as=${form};g=meta.k8s.io;v=v1,application/json`,
      );
    } catch (error) {
      if (!(error instanceof ClusterError && error.status === 406)) throw error;
      this.#sendsWhole = true;
      return await call(undefined);
    }
  }

  async #review(
    group: string,
    options: {
      readonly kind: string;
      readonly attempt: string;
      readonly spec?: unknown;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<Readonly<Record<string, unknown>>> {
    const { kind, attempt, spec, signal } = options;
    const body = await this.#transport.json({
      attempt,
      // It stores nothing, so it may be asked again.
      effect: "read",
      method: "POST",
      path: `/apis/${group}/v1/${kind.toLowerCase()}s`,
      body: {
        apiVersion: `${group}/v1`,
        kind,
        ...(spec === undefined ? {} : { spec }),
      },
      signal,
      check: (body) =>
        isRecord(body) && body.kind === kind && isRecord(body.status)
          ? undefined
          : `the answer is not a ${kind}`,
    }) as { readonly status: Readonly<Record<string, unknown>> };
    return body.status;
  }

  /**
   * Runs a call at the version in use. The best one is simply tried; only a
   * server that lacks it is asked what it has.
   */
  async #versioned<T>(
    info: KindInfo,
    call: (info: KindInfo, version: string) => Promise<T>,
  ): Promise<T> {
    const held = this.#versions.get(info.group);
    const version = await held ?? info.versions[0];
    try {
      return await call(info, version);
    } catch (error) {
      if (!isUnserved(error)) throw error;
      const other = info.versions.length === 1 || held !== undefined
        ? undefined
        : await this.#discover(info);
      if (other === undefined || other === version) {
        throw this.#notServed(info, error);
      }
      return await call(info, other);
    }
  }

  /** The best served version of a group; asked once, however many call. */
  #discover(info: KindInfo): Promise<string | undefined> {
    const asked = this.#versions.get(info.group) ?? this.#askVersion(info);
    this.#versions.set(info.group, asked);
    // A question that failed may be asked again.
    asked.catch(() => this.#versions.delete(info.group));
    return asked;
  }

  async #askVersion(info: KindInfo): Promise<string | undefined> {
    try {
      const body = await this.#transport.json({
        attempt: `Cannot ask which versions of ${info.group} there are`,
        effect: "read",
        method: "GET",
        path: `/apis/${info.group}`,
        check: (body) =>
          isRecord(body) && body.kind === "APIGroup" &&
            Array.isArray(body.versions)
            ? undefined
            : "the answer is not an APIGroup",
      }) as { readonly versions: readonly unknown[] };
      const served = body.versions.filter(isRecord).map(({ version }) =>
        version
      );
      return info.versions.find((version) => served.includes(version));
    } catch (error) {
      if (isUnserved(error)) return undefined;
      throw error;
    }
  }

  #notServed(info: KindInfo, error: ClusterError): ClusterError {
    const attempt = error.message.split(": the server does not have")[0]!;
    if (info.group === "") {
      return new ClusterError(
        "bad-answer",
        `${attempt}: ${this.#access.server} does not answer like a Kubernetes API server`,
        { hint: "Check the server's URL in the kubeconfig", status: 404 },
      );
    }
    return new ClusterError(
      "kind-not-served",
      `${attempt}: the cluster does not serve ${info.plural}.${info.group}`,
      {
        hint: info.versions.length > 1
          ? "Istio's CRDs are not installed there: check the context, or install Istio"
          : `Check the context, or install what defines ${info.plural}.${info.group}`,
        status: 404,
      },
    );
  }
}

function isUnserved(error: unknown): error is ClusterError {
  return error instanceof ClusterError && error.code === "kind-not-served";
}

function isExpired(error: unknown): boolean {
  return error instanceof ClusterError && error.code === "expired";
}

function selectorsOf(
  options: ListOptions,
): Readonly<Record<string, string>> {
  const { labelSelector, fieldSelector } = options;
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

function writeCall(
  options: WriteOptions,
): Pick<TransportRequest, "effect" | "signal" | "onWarning"> {
  return {
    effect: options.dryRun === true ? "dry run" : "write",
    signal: options.signal,
    onWarning: options.onWarning,
  };
}

function writeQuery(
  options: WriteOptions,
): Readonly<Record<string, string>> {
  return {
    fieldManager: "istiops",
    fieldValidation: "Warn",
    ...(options.dryRun === true ? { dryRun: "All" } : {}),
  };
}

function attemptOf(
  verb: string,
  kind: Kind,
  { namespace }: ListOptions,
): string {
  return `Cannot ${verb} ${kind} in ${
    namespace === undefined
      ? "all namespaces"
      : `namespace ${JSON.stringify(namespace)}`
  }`;
}

function nameOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${
    JSON.stringify(namespace === undefined ? name : `${namespace}/${name}`)
  }`;
}
