/**
 * GET: one object, a page of a list, a watch.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import { encodeList, encodeObject, formOf, json } from "./answer.ts";
import { type Call, isOn } from "./call.ts";
import {
  parseFieldSelector,
  parseLabelSelector,
  type Test,
} from "./selectors.ts";
import {
  badRequest,
  expired,
  invalidOptions,
  notFound,
  StatusError,
  tooNew,
} from "./status.ts";
import { watchStream } from "./watch.ts";

/** How long a watch stays open that names no time. */
const WATCH_TIMEOUT = 30 * 60_000;

/** What a `continue` token says. */
interface Continue {
  /** Version of the list. */
  readonly v: number;
  /** Key of the last object sent. */
  readonly k: string;
}

/** One object. */
export function getObject(call: Call): Response {
  const asked = call.query.get("resourceVersion") ?? "";
  if (asked !== "") {
    if (!VERSION.test(asked)) {
      throw new StatusError(500, "", noVersion(asked));
    }
    checkReached(call, Number(asked));
  }
  return json(encodeObject(call, storedOf(call)));
}

/**
 * The object that the path names.
 *
 * @throws {StatusError} 404.
 */
export function storedOf(call: Call): KubeObject {
  const { resource, namespace, name = "" } = call;
  const found = call.store.get({ kind: resource.kind, namespace, name });
  if (found === undefined) throw notFound(resource, name);
  return found;
}

/** A page of a list; later pages are read at the version of the first. */
export function listObjects(call: Call): Response {
  const { store, query, resource, namespace } = call;
  const matches = selectorOf(call);
  checkList(query);
  const limit = wholeNumberOf(query, "limit") ?? 0;
  const token = query.get("continue");
  const asked = query.get("resourceVersion") ?? "";
  if (token && asked !== "" && asked !== "0") {
    throw badRequest(
      "specifying resource version is not allowed when using continue",
    );
  }
  const from = token ? parseContinue(token) : undefined;
  const exact = query.get("resourceVersionMatch") === "Exact"
    ? versionOf(asked)
    : undefined;
  if (asked !== "") checkReached(call, versionOf(asked));
  const version = from?.v ?? exact ?? Number(store.resourceVersion);
  const all = store.listAt(resource.kind, version);
  if (all === undefined) throw tooOld(call, from);
  const wanted = all.filter((object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    matches(object) && (from === undefined || keyOf(object) > from.k)
  );
  const isPlain = formOf(call.request.headers.get("accept")) === "object";
  const page = limit > 0 ? wanted.slice(0, limit) : wanted;
  const rest = wanted.length - page.length;
  return json(encodeList(call, page, {
    resourceVersion: String(version),
    // A custom resource's list says that nothing comes, others say nothing.
    ...(rest === 0 ? isPlain && resource.custom ? { continue: "" } : {} : {
      continue: makeContinue({ v: version, k: keyOf(page.at(-1)!) }),
      // With a selector a real server does not know how many are left.
      ...(query.get("labelSelector") || query.get("fieldSelector")
        ? {}
        : { remainingItemCount: rest }),
    }),
  }));
}

/** Changes until the timeout, or until either side ends it. */
export function watchObjects(call: Call): Response {
  const { store, query, resource } = call;
  const initial = isOn(query, "sendInitialEvents");
  const asked = query.get("resourceVersion");
  checkWatch(query, initial);
  const from = initial || asked === null || asked === "" || asked === "0"
    ? undefined
    : versionOf(asked);
  if (from !== undefined) checkReached(call, from);
  const matches = selectorOf(call);
  const form = formOf(call.request.headers.get("accept"));
  const seconds = wholeNumberOf(query, "timeoutSeconds");
  let told = 0;
  call.onWatch(true);
  const stream = watchStream(store, {
    kind: resource.kind,
    namespace: call.namespace,
    matches: call.name === undefined
      ? matches
      : (object) => object.metadata.name === call.name && matches(object),
    from,
    bookmarks: isOn(query, "allowWatchBookmarks"),
    markInitial: initial,
    timeout: seconds ? seconds * 1_000 : WATCH_TIMEOUT,
    bookmarkEvery: call.bookmarkEvery,
    encode: (type, object) =>
      // Only the first of several tables has its columns.
      `{"type":"${type}","object":${
        form === "table" && told++ > 0
          ? encodeObject(call, object).replace(
            COLUMNS,
            '"columnDefinitions":null',
          )
          : encodeObject(call, object)
      }}`,
    empty: (metadata) => ({
      kind: resource.kind,
      apiVersion: call.apiVersion,
      metadata: metadata as unknown as KubeObject["metadata"],
    }),
    signal: call.signal,
    onEnd: () => call.onWatch(false),
  });
  return new Response(stream, {
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "no-cache, private, no-transform",
    },
  });
}

/** Both selectors of the query. */
function selectorOf({ query, resource }: Call): Test {
  const labels = parseLabelSelector(query.get("labelSelector") ?? "");
  const fields = parseFieldSelector(
    query.get("fieldSelector") ?? "",
    resource.kind,
  );
  return (object) => labels(object) && fields(object);
}

/** Everything in the namespace of the path that the selectors match. */
export function listOfSelected(call: Call): readonly KubeObject[] {
  return call.store.list(call.resource.kind, call.namespace).filter(
    selectorOf(call),
  );
}

function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function wholeNumberOf(
  query: URLSearchParams,
  name: string,
): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (!/^-?[0-9]{1,9}$/.test(value)) {
    throw badRequest(
      `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`,
    );
  }
  return Number(value);
}

/** The columns of a table, in its text. */
const COLUMNS = /"columnDefinitions":\[.*?\](?=,"rows")/;

const VERSION = /^[0-9]{1,15}$/;

function versionOf(value: string): number {
  if (VERSION.test(value)) return Number(value);
  throw badRequest(`invalid resource version: ${noVersion(value)}`);
}

function noVersion(value: string): string {
  const text = JSON.stringify(value);
  return `resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`;
}

function checkReached({ store }: Call, version: number): void {
  if (version > Number(store.resourceVersion)) {
    throw tooNew(version, store.resourceVersion);
  }
}

/** Options of a watch that go together, and those that do not. */
function checkWatch(query: URLSearchParams, initial: boolean): void {
  const match = query.get("resourceVersionMatch") ?? "";
  const version = query.get("resourceVersion") ?? "";
  if (version !== "" && !VERSION.test(version)) {
    throw new StatusError(500, "", noVersion(version));
  }
  const forbid = (why: string) =>
    invalidOptions("ListOptions", {
      reason: "FieldValueForbidden",
      message: `Forbidden: ${why}`,
      field: "resourceVersionMatch",
    });
  if (initial && match !== "NotOlderThan") {
    throw forbid(
      "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    );
  }
  if (!initial && match !== "") {
    throw forbid(
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    );
  }
}

/** Options of a list that go together, and those that do not. */
function checkList(query: URLSearchParams): void {
  const match = query.get("resourceVersionMatch") ?? "";
  const version = query.get("resourceVersion") ?? "";
  const forbid = (field: string, why: string) =>
    invalidOptions("ListOptions", {
      reason: "FieldValueForbidden",
      message: `Forbidden: ${why}`,
      field,
    });
  if (isOn(query, "sendInitialEvents")) {
    throw forbid(
      "sendInitialEvents",
      "sendInitialEvents is forbidden for list",
    );
  }
  if (match === "") return;
  if (version === "") {
    throw forbid(
      "resourceVersionMatch",
      "resourceVersionMatch is forbidden unless resourceVersion is provided",
    );
  }
  if (match !== "Exact" && match !== "NotOlderThan") {
    throw invalidOptions("ListOptions", {
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${
        JSON.stringify(match)
      }: supported values: "Exact", "NotOlderThan", ""`,
      field: "resourceVersionMatch",
    });
  }
  if (match === "Exact" && version === "0") {
    throw forbid(
      "resourceVersionMatch",
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    );
  }
}

function makeContinue(token: Continue): string {
  return btoa(encodeURIComponent(JSON.stringify(token)));
}

function parseContinue(token: string): Continue {
  try {
    const { v, k } = JSON.parse(decodeURIComponent(atob(token)));
    if (Number.isSafeInteger(v) && typeof k === "string") return { v, k };
  } catch {
    // Falls through to the same answer.
  }
  throw badRequest("invalid continue token: continue key is not valid");
}

/** 410; for a later page with a token that goes on with what is there now. */
function tooOld(call: Call, from: Continue | undefined): StatusError {
  if (from === undefined) {
    return expired("The resourceVersion for the provided list is too old.");
  }
  return expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    {
      metadata: {
        continue: makeContinue({
          v: Number(call.store.resourceVersion),
          k: from.k,
        }),
      },
    },
  );
}
