/**
 * Objects in the form that was asked for: JSON in a served version, a Table,
 * or metadata only.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import type { Call } from "./call.ts";
import { inVersion } from "./kinds.ts";
import { badRequest, StatusError } from "./status.ts";
import { tableOf } from "./table.ts";

type Form = "object" | "table" | "metadata" | "metadata list";

/** Options of {@linkcode json}. */
export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent along as `Warning` headers. */
  readonly warnings?: readonly string[];
}

/** A JSON answer; text is taken as JSON already. */
export function json(
  body: unknown,
  options: AnswerOptions = {},
): Response {
  const headers = new Headers({
    "Content-Type": "application/json",
    "Cache-Control": "no-cache, private, no-transform",
    "X-Content-Type-Options": "nosniff",
    ...options.headers,
  });
  for (const text of options.warnings ?? []) {
    const quoted = text.replaceAll(/[\\"]/g, "\\$&").replaceAll(
      /[^\x20-\x7e]/g,
      "?",
    );
    headers.append("Warning", `299 - "${quoted}"`);
  }
  return new Response(
    typeof body === "string" ? body : JSON.stringify(body) + "\n",
    { status: options.status ?? 200, headers },
  );
}

/** Plain text, as Kubernetes answers what it does not know at all. */
export function text(body: string, status = 200): Response {
  return new Response(body, {
    status,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-cache, private",
      "X-Content-Type-Options": "nosniff",
    },
  });
}

/**
 * The form that the client accepts, the first that can be given.
 *
 * @throws {StatusError} 406 where there is none.
 */
export function formOf(accept: string | null): Form {
  if (accept === null || accept === "") return "object";
  for (const part of accept.split(",").map((each) => each.trim())) {
    const [type, ...parameters] = part.split(";").map((each) => each.trim());
    if (
      type !== "application/json" && type !== "application/*" && type !== "*/*"
    ) continue;
    const as = parameters.find((each) => each.startsWith("as="))?.slice(3);
    if (as === undefined) return "object";
    if (as === "Table") return "table";
    if (as === "PartialObjectMetadata") return "metadata";
    if (as === "PartialObjectMetadataList") return "metadata list";
  }
  throw new StatusError(
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json",
  );
}

/** One object in the form that was asked for. */
export function encodeObject(call: Call, object: KubeObject): string {
  switch (formOf(call.request.headers.get("accept"))) {
    case "table":
      return JSON.stringify(
        tableOf(call.resource, [inVersion(object, call.apiVersion)], {
          now: call.store.now(),
          resourceVersion: object.metadata.resourceVersion ?? "",
          includeObject: includeObjectOf(call),
        }),
      );
    case "metadata":
      return JSON.stringify(metadataOf(object));
    case "metadata list":
      throw notAcceptable(call, "PartialObjectMetadataList");
    default:
      return textOf(object, call.apiVersion);
  }
}

/** A list in the form that was asked for. */
export function encodeList(
  call: Call,
  objects: readonly KubeObject[],
  metadata: Readonly<Record<string, unknown>>,
): string {
  const form = formOf(call.request.headers.get("accept"));
  if (form === "table") {
    return JSON.stringify(
      tableOf(
        call.resource,
        objects.map((object) => inVersion(object, call.apiVersion)),
        {
          now: call.store.now(),
          resourceVersion: String(metadata.resourceVersion ?? ""),
          includeObject: includeObjectOf(call),
          metadata,
        },
      ),
    );
  }
  if (form === "metadata") throw notAcceptable(call, "PartialObjectMetadata");
  if (form === "metadata list") {
    return JSON.stringify({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata,
      items: objects.map(metadataOf),
    });
  }
  // Items of a built-in kind carry no apiVersion and kind of their own.
  const version = call.resource.custom ? call.apiVersion : undefined;
  const head = JSON.stringify({
    apiVersion: call.apiVersion,
    kind: `${call.resource.kind}List`,
    metadata,
  });
  const items = objects.map((object) => textOf(object, version));
  return `${head.slice(0, -1)},"items":[${items.join(",")}]}`;
}

function includeObjectOf(call: Call): "None" | "Metadata" | "Object" {
  const asked = call.query.get("includeObject") ?? "";
  if (asked === "None" || asked === "Object") return asked;
  if (asked === "" || asked === "Metadata") return "Metadata";
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${
      JSON.stringify(asked)
    }: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** A form that is known, asked of what does not have it. */
function notAcceptable({ resource, name }: Call, form: string): StatusError {
  if (resource.custom && name !== undefined) {
    return new StatusError(500, "", "content is not a list");
  }
  const sort = name === undefined ? "List" : "";
  const type = resource.custom
    ? `unstructured.Unstructured${sort}`
    : `${resource.group.split(".")[0] || "core"}.${resource.kind}${sort}`;
  return new StatusError(
    406,
    "NotAcceptable",
    `you requested ${form}, but the requested object is ${
      name === undefined ? "a list" : "not a list"
    } (*${type})`,
  );
}

function metadataOf(object: KubeObject): unknown {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: object.metadata,
  };
}

// Objects never change, so their text is made once; big lists are then cheap.
const texts = new WeakMap<KubeObject, Map<string, string>>();

function textOf(object: KubeObject, version: string | undefined): string {
  let known = texts.get(object);
  if (known === undefined) texts.set(object, known = new Map());
  const key = version ?? "";
  let found = known.get(key);
  if (found === undefined) {
    const { apiVersion: _, kind, ...rest } = object;
    found = JSON.stringify(
      version === undefined ? rest : { apiVersion: version, kind, ...rest },
    );
    known.set(key, found);
  }
  return found;
}
