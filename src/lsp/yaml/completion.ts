/**
 * What could be written at a place of a YAML document: keys by the schema,
 * names by what is known.
 *
 * @module
 */

import type {
  CompletionItem as Shown,
  CompletionList,
} from "vscode-languageserver/node";
import { resolveHost } from "../../istio/hosts.ts";
import { schemaField } from "../../istio/schema.ts";
import type { Names } from "../../language/names.ts";
import { isHiding, safe } from "../../render/safe.ts";
import { markup } from "../markdown.ts";
import type { Client } from "../view.ts";
import { OUR_KINDS } from "./chunk.ts";
import { type CursorAt, cursorIn, textAt } from "./context.ts";
import { documentedBelow, fieldDoc } from "./field_docs.ts";
import type { YamlFile } from "./files.ts";
import {
  gatewaysFor,
  headersFor,
  hostsFor,
  labelsFor,
  type Offer,
  portsFor,
  subsetsFor,
} from "./offers.ts";
import { testField } from "./test_fields.ts";
import { METHODS, testKeysAt, testValuesAt } from "./test_offers.ts";
import type { Together } from "./world.ts";

/** Items of one list. */
const MOST = 200;

/** What a list is made with. */
export interface CompletionOptions {
  readonly all: Together;
  readonly names: Names;
  readonly client: Client;
}

interface Item extends Offer {
  readonly isKey: boolean;
}

const NOTHING: CompletionList = { isIncomplete: false, items: [] };

/** What could be written at an offset. */
export function completionIn(
  file: YamlFile,
  offset: number,
  options: CompletionOptions,
): CompletionList {
  const cursor = cursorIn(file, offset);
  if (cursor === undefined) return NOTHING;
  const { client } = options;
  const range = file.lines.rangeOf(cursor.span);
  const typed = cursor.prefix.toLowerCase();
  const items = itemsAt(cursor, options)
    .filter(({ text }) => !isHiding(text) && !text.includes("\n"))
    .map((item) => ({
      item,
      rank: item.text.toLowerCase().startsWith(typed) ? 0 : 1,
    }))
    .sort((a, b) => a.rank - b.rank);
  return {
    isIncomplete: items.length > MOST,
    items: items.slice(0, MOST).map(({ item }, index): Shown => ({
      label: safe(item.text),
      kind: item.isKey ? 10 : 12,
      ...item.detail ? { detail: safe(item.detail) } : {},
      sortText: String(index).padStart(4, "0"),
      filterText: item.text,
      textEdit: { range, newText: written(item, cursor) },
      ...item.doc === undefined ? {} : {
        documentation: markup({ lines: [item.doc] }, client.markdownItems),
      },
    })),
  };
}

function written(
  { text, isKey, isRaw = false, detail = "" }: Item,
  cursor: CursorAt,
): string {
  if (isKey) {
    if (cursor.quote !== undefined) return text;
    const key = yamlWord(text);
    const isLine = !["list", "object", "map"].includes(detail);
    return cursor.hasColon ? key : `${key}:${isLine ? " " : ""}`;
  }
  if (cursor.quote !== undefined) return text;
  return isRaw || isTyped(cursor) ? text : yamlWord(text);
}

/** Numbers, booleans: what the schema does not take as text. */
function isTyped({ object, path }: CursorAt): boolean {
  const type = schemaField(object.kind, path)?.type;
  return type === "integer" || type === "number" || type === "boolean";
}

/** A text that YAML reads as that text. */
export function yamlWord(text: string): string {
  const isPlain = /^[A-Za-z_./](?:[\w./-]|:(?=[\w/])| (?=\w))*$/.test(text) &&
    !/^(?:true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

function itemsAt(
  cursor: CursorAt,
  options: CompletionOptions,
): readonly Item[] {
  const { object, path, what } = cursor;
  if (
    object.kind === "RouteTests" || object.apiVersion.startsWith("istiops/")
  ) {
    return testItems(cursor, options);
  }
  const isOurs = OUR_KINDS.has(object.kind) &&
    (object.apiVersion === "" || object.apiVersion.includes("istio.io/"));
  const isNearly = object.apiVersion.includes("networking.istio.io");
  if (!isOurs) {
    return isNearly && what === "value" && path.length === 1 &&
        path[0] === "kind"
      ? values([...OUR_KINDS].map((text) => ({ text })))
      : [];
  }
  // The first word of an item of a list of objects is a key.
  const isKey = what === "key" ||
    schemaField(object.kind, path)?.type === "object";
  if (!isKey) return values(valuesAt(cursor, options));
  const holder = what === "key" ? path.slice(0, -1) : path;
  return withoutSiblings(keysAt(cursor, { holder, ...options }), cursor);
}

function withoutSiblings(
  items: readonly Item[],
  { what, entry }: CursorAt,
): readonly Item[] {
  const around = what === "key" ? entry.parent : entry;
  const siblings = new Set(
    around?.children().filter((one) => one.id !== entry.id).map(({ step }) =>
      step
    ),
  );
  return items.filter(({ text }) => !siblings.has(text));
}

function testItems(
  cursor: CursorAt,
  options: CompletionOptions,
): readonly Item[] {
  const { path, what } = cursor;
  const holder = what === "key" ? path.slice(0, -1) : path;
  const field = testField(holder);
  if (field === undefined) return [];
  // The first word of an item of a list of objects is a key.
  const isKey = what === "key" ||
    typeof path.at(-1) === "number" && field.fields.length > 0;
  if (!isKey) return values(testValuesAt(cursor, options));
  const keys: readonly Offer[] = field.type === "map"
    ? testKeysAt(cursor, options)
    : field.fields.map(({ key, type, doc }) => ({
      text: key,
      detail: type,
      doc,
    }));
  return withoutSiblings(
    keys.map((key) => ({ ...key, isKey: true })),
    cursor,
  );
}

function values(offers: readonly Offer[]): readonly Item[] {
  return offers.map((offer) => ({ ...offer, isKey: false }));
}

const TOP = ["apiVersion", "kind", "metadata", "spec"];
const METADATA = ["name", "namespace", "labels", "annotations"];

function keysAt(
  { object }: CursorAt,
  of: CompletionOptions & { readonly holder: readonly (string | number)[] },
): readonly Item[] {
  const { holder, all: { world }, names } = of;
  const keys = (names: readonly string[]) =>
    names.map((text) => ({ text, isKey: true }));
  if (holder.length === 0) return keys(TOP);
  if (holder[0] === "metadata") {
    return holder.length === 1 ? keys(METADATA) : [];
  }
  const field = schemaField(object.kind, holder);
  if (field === undefined) return [];
  if (field.type === "map") {
    const last = holder.at(-1);
    return last === "headers" || last === "withoutHeaders"
      ? headersFor(world, names).map((offer) => ({ ...offer, isKey: true }))
      : /labels$/i.test(String(last)) || last === "selector"
      ? labelsFor(names).map((offer) => ({ ...offer, isKey: true }))
      : [];
  }
  const known = new Map<string, string>(
    field.fields.map(({ key, type }) => [key, type]),
  );
  for (const key of documentedBelow(object.kind, field.name)) {
    if (!known.has(key)) known.set(key, "");
  }
  return [...known].filter(([key]) => !OLD.has(key)).map(([text, detail]) => ({
    text,
    isKey: true,
    ...detail === "" || detail === "any" ? {} : { detail },
    doc: fieldDoc(object.kind, `${field.name}.${text}`),
  }));
}

/** Fields that still work and that nobody should begin to use. */
const OLD = new Set(["mirror_percent", "mirrorPercent", "allowOrigin"]);

function valuesAt(
  cursor: CursorAt,
  { all, names }: CompletionOptions,
): readonly Offer[] {
  const { world } = all;
  const { object, path, entry, sketch } = cursor;
  const namespace = object.namespace ?? all.namespace;
  const [first] = path;
  const last = path.at(-1);
  const field = [...path].filter((step) => typeof step === "string").join(".");
  if (path.length === 1 && first === "kind") {
    return [...OUR_KINDS].map((text) => ({ text }));
  }
  if (path.length === 1 && first === "apiVersion") {
    return ["v1", "v1beta1", "v1alpha3"].map((version) => ({
      text: `networking.istio.io/${version}`,
    }));
  }
  if (field === "metadata.namespace") {
    return [...new Set(names.places.flatMap((place) => place.namespaces))]
      .map((text) => ({ text }));
  }
  if (first !== "spec") return [];
  const isHost = last === "host" || field === "spec.hosts" &&
      object.kind === "VirtualService";
  if (isHost) return hostsFor(world, { namespace, names });
  if (field === "spec.gateways" || field === "spec.http.match.gateways") {
    return gatewaysFor(world, { namespace });
  }
  // The host stands beside a subset, or beside what holds the port.
  const beside = last === "number" ? entry.parent?.parent : entry.parent;
  const host = beside && textAt(sketch, beside, "host");
  const full = resolveHost(host ?? "", namespace, world.mesh);
  if (last === "subset") return subsetsFor(world, { host: full, names });
  if (last === "number" && object.kind === "VirtualService") {
    return portsFor(world, { host: full, names });
  }
  if (field.startsWith("spec.http.match.method.")) {
    return METHODS.map((text) => ({ text }));
  }
  if (
    /\b(?:labels|matchLabels|sourceLabels|selector)$/.test(
      String(path.at(-2)),
    )
  ) return labelsFor(names, String(last));
  const schema = schemaField(object.kind, path);
  if (schema?.type === "boolean") {
    return [{ text: "true" }, { text: "false" }];
  }
  return (schema?.values ?? []).map((text) => ({ text }));
}
