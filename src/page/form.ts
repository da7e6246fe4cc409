/**
 * What is typed into the form of the page, as a request and its client.
 *
 * @module
 */

import type { Asked } from "../istio/asked.ts";
import { readUrl } from "../istio/url.ts";

/** The fields as they stand there. */
export interface Form {
  readonly method: string;
  readonly url: string;
  /** A header a line: `name: value`. */
  readonly headers: string;
  /** `namespace/name` of a Gateway; empty for a sidecar. */
  readonly client: string;
  readonly namespace: string;
  /** `key=value`, separated by commas. */
  readonly labels: string;
}

/** A request, or the field that is wrong, and why. */
export type ReadForm =
  | { readonly ok: true; readonly asked: Asked }
  | { readonly ok: false; readonly field: keyof Form; readonly why: string };

/** Reads a form; the first field that is wrong is told. */
export function readForm(form: Form): ReadForm {
  const wrong = (field: keyof Form, why: string): ReadForm => ({
    ok: false,
    field,
    why,
  });
  const method = form.method.trim() || "GET";
  if (!/^[A-Za-z]+$/.test(method)) {
    return wrong("method", `"${method}" is not a method: GET, POST, PUT, …`);
  }
  const url = readUrl(form.url.trim());
  if (url === undefined) {
    return wrong(
      "url",
      `"${form.url.trim()}" is not the URL of a request: write it as http://HOST:PORT/PATH`,
    );
  }
  const headers = linesOf(form.headers).map((line) => cut(line, ":"));
  const unread = headers.find(([name]) => !/^[^\s:]+$/.test(name));
  if (unread !== undefined) {
    return wrong(
      "headers",
      `"${unread.join("")}" is not a header: write name: value, one a line`,
    );
  }
  const namespace = form.namespace.trim();
  if (!/^[a-z\d]([-a-z\d]*[a-z\d])?$/.test(namespace)) {
    return wrong("namespace", `"${namespace}" is not a namespace's name`);
  }
  const labels = form.labels.split(",").map((one) => one.trim())
    .filter((one) => one !== "").map((one) => cut(one, "="));
  const odd = labels.find(([key, , mark]) => key === "" || mark === "");
  if (odd !== undefined) {
    return wrong("labels", `"${odd[0]}" is not a label: write key=value`);
  }
  return {
    ok: true,
    asked: {
      request: {
        method: method.toUpperCase(),
        ...url,
        headers: headers.map(([name, value]) => [name, value] as const),
      },
      client: {
        kind: form.client === "" ? "sidecar" : "gateway",
        namespace,
        labels: Object.fromEntries(
          labels.map(([key, value]) => [key, value] as const),
        ),
        ...(form.client === "" ? {} : { gateway: form.client }),
      },
    },
  };
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
}

function cut(
  text: string,
  mark: string,
): readonly [before: string, after: string, mark: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, "", ""] : [
    text.slice(0, at).trim(),
    text.slice(at + mark.length).trim(),
    mark,
  ];
}
