/**
 * What the API server answers when it says no: the `Status` bodies of
 * Kubernetes, word for word, so that a client meets here what it will meet on
 * a real cluster.
 *
 * @module
 */

import type { Resource } from "./kinds.ts";

/** One detail of a `Status`: which field, and what is wrong with it. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** What a refused request answers, besides its message. */
export interface StatusOptions {
  readonly details?: Readonly<Record<string, unknown>>;
  /** Metadata of the Status: a fresh `continue` for an expired one. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is refused; becomes a `Status` body. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  readonly reason: string;
  readonly options: StatusOptions;

  constructor(
    code: number,
    reason: string,
    message: string,
    options: StatusOptions = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.options = options;
  }

  /** The body. */
  toStatus(): Readonly<Record<string, unknown>> {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: this.options.metadata ?? {},
      status: "Failure",
      message: this.message,
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.options.details === undefined
        ? {}
        : { details: this.options.details }),
      code: this.code,
    };
  }
}

/** `virtualservices.networking.istio.io`, or `pods` for the core group. */
export function qualified(resource: Resource): string {
  return resource.group === ""
    ? resource.plural
    : `${resource.plural}.${resource.group}`;
}

/** Group, kind (the plural, as Kubernetes has it) and name. */
export function detailsOf(
  resource: Resource,
  name: string | undefined,
): Readonly<Record<string, unknown>> {
  return {
    ...(name === undefined || name === "" ? {} : { name }),
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

/** 404: the API is there, the object is not. */
export function notFound(resource: Resource, name: string): StatusError {
  return new StatusError(
    404,
    "NotFound",
    `${qualified(resource)} "${name}" not found`,
    { details: detailsOf(resource, name) },
  );
}

/** 409: created twice. */
export function alreadyExists(resource: Resource, name: string): StatusError {
  return new StatusError(
    409,
    "AlreadyExists",
    `${qualified(resource)} "${name}" already exists`,
    { details: detailsOf(resource, name) },
  );
}

/** 409: changed since it was read, or a precondition that does not hold. */
export function conflict(
  resource: Resource,
  name: string,
  obstacle: string =
    "the object has been modified; please apply your changes to the latest version and try again",
): StatusError {
  return new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${
      qualified(resource)
    } "${name}": ${obstacle}`,
    { details: detailsOf(resource, name) },
  );
}

/** With these a CRD's rules in CEL are not tried, which is a cause of its own. */
const BLOCKING: ReadonlySet<string> = new Set([
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTypeInvalid",
]);

const UNCHECKED: StatusCause = {
  reason: "FieldValueInvalid",
  message:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  field: "<nil>",
};

/** 422 about the options of a request: `CreateOptions`. */
export function invalidOptions(
  kind: string,
  { reason, message, field }: StatusCause,
): StatusError {
  return new StatusError(
    422,
    "Invalid",
    `${kind}.meta.k8s.io "" is invalid: ${field}: ${message}`,
    {
      details: {
        group: "meta.k8s.io",
        kind,
        causes: [{ reason, message, field }],
      },
    },
  );
}

/** 504: a version that this server has not come to yet. */
export function tooNew(version: number, current: string): StatusError {
  return new StatusError(
    504,
    "Timeout",
    `Too large resource version: ${version}, current: ${current}`,
    {
      details: {
        causes: [{
          reason: "ResourceVersionTooLarge",
          message: "Too large resource version",
        }],
        retryAfterSeconds: 1,
      },
      headers: { "Retry-After": "1" },
    },
  );
}

/** 422: the object is not what its schema asks for. */
export function invalid(
  resource: Resource,
  name: string,
  causes: readonly StatusCause[],
): StatusError {
  const kind = resource.group === ""
    ? resource.kind
    : `${resource.kind}.${resource.group}`;
  const all =
    resource.custom && causes.some(({ reason }) => BLOCKING.has(reason))
      ? [...causes, UNCHECKED]
      : causes;
  const said = [
    ...new Set(all.map(({ field, message }) => `${field}: ${message}`)),
  ];
  return new StatusError(
    422,
    "Invalid",
    `${kind} "${name}" is invalid: ${
      said.length === 1 ? said[0] : `[${said.join(", ")}]`
    }`,
    {
      details: {
        ...detailsOf(resource, name),
        kind: resource.kind,
        causes: all,
      },
    },
  );
}

/** 422 without a cause: what a failed `test` of a JSON Patch answers. */
export function unprocessable(): StatusError {
  return new StatusError(
    422,
    "Invalid",
    "the server rejected our request due to an error in our request",
    { details: {} },
  );
}

/** 400: the request makes no sense. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

/** 405 where the kind is known. */
export function notSupported(verb: string, resource: Resource): StatusError {
  return resource.custom
    ? new StatusError(
      405,
      "MethodNotAllowed",
      `${verb} is not supported on resources of kind "${qualified(resource)}"`,
      { details: detailsOf(resource, undefined) },
    )
    : methodNotAllowed();
}

/** 405. */
export function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    { details: {} },
  );
}

/** 410: the history that was asked for is gone. */
export function expired(
  message: string,
  options: StatusOptions = {},
): StatusError {
  return new StatusError(410, "Expired", message, options);
}

/** 413: more than the server takes. */
export function tooLarge(message: string): StatusError {
  return new StatusError(413, "RequestEntityTooLarge", message);
}

/** 415: a body, or a kind of patch, that is not understood. */
export function unsupportedMediaType(message: string): StatusError {
  return new StatusError(415, "UnsupportedMediaType", message);
}
