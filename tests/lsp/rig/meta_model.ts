/**
 * Messages against the meta model of the protocol: every field has its type,
 * and none is there that the protocol does not name.
 *
 * @module
 */

type Type =
  | { kind: "base"; name: string }
  | { kind: "reference"; name: string }
  | { kind: "array"; element: Type }
  | { kind: "map"; key: Type; value: Type }
  | { kind: "and" | "or" | "tuple"; items: Type[] }
  | { kind: "literal"; value: { properties: Property[] } }
  | { kind: "stringLiteral"; value: string };

interface Property {
  name: string;
  type: Type;
  optional?: boolean;
}

interface Structure {
  name: string;
  properties: Property[];
  extends?: { name: string }[];
  mixins?: { name: string }[];
}

interface Enumeration {
  name: string;
  type: Type;
  values: { value: unknown }[];
  supportsCustomValues?: boolean;
}

interface Method {
  method: string;
  params?: Type;
  result?: Type;
}

interface MetaModel {
  requests: Method[];
  notifications: Method[];
  structures: Structure[];
  enumerations: Enumeration[];
  typeAliases: { name: string; type: Type }[];
}

const MODEL: MetaModel = JSON.parse(
  await Deno.readTextFile(
    new URL("../../fixtures/lsp/metaModel.json", import.meta.url),
  ),
);

const byName = <T extends { name: string }>(all: readonly T[]) =>
  new Map(all.map((one) => [one.name, one]));
const STRUCTURES = byName(MODEL.structures);
const ENUMERATIONS = byName(MODEL.enumerations);
const ALIASES = byName(MODEL.typeAliases);

/** What is wrong with a result of a request. */
export function problemsOfResult(method: string, result: unknown): string[] {
  const found = MODEL.requests.find((one) => one.method === method);
  return found === undefined
    ? [`there is no request ${method}`]
    : problems(result, found.result ?? NOTHING, "result");
}

/** What is wrong with what a server sends on its own. */
export function problemsOfParams(method: string, params: unknown): string[] {
  const found = [...MODEL.requests, ...MODEL.notifications]
    .find((one) => one.method === method);
  return found === undefined
    ? [`there is no message ${method}`]
    : problems(params, found.params ?? NOTHING, "params");
}

const NOTHING: Type = { kind: "base", name: "null" };

function problems(value: unknown, type: Type, at: string): string[] {
  switch (type.kind) {
    case "base":
      return isBase(value, type.name) ? [] : [`${at} is no ${type.name}`];
    case "stringLiteral":
      return value === type.value ? [] : [`${at} is not "${type.value}"`];
    case "array":
      return Array.isArray(value)
        ? value.flatMap((one, index) =>
          problems(one, type.element, `${at}[${index}]`)
        )
        : [`${at} is no array`];
    case "tuple":
      return Array.isArray(value) && value.length === type.items.length
        ? type.items.flatMap((item, index) =>
          problems(value[index], item, `${at}[${index}]`)
        )
        : [`${at} is no tuple`];
    case "map":
      return isObject(value)
        ? Object.entries(value).flatMap(([key, one]) =>
          problems(one, type.value, `${at}.${key}`)
        )
        : [`${at} is no map`];
    case "or": {
      const all = type.items.map((item) => problems(value, item, at));
      return all.some((one) => one.length === 0)
        ? []
        : all.toSorted((a, b) => a.length - b.length)[0] ?? [];
    }
    case "and":
      return ofProperties(value, type.items.flatMap(propertiesOf), at);
    case "literal":
      return ofProperties(value, type.value.properties, at);
    case "reference":
      return ofReference(value, type.name, at);
  }
}

function ofReference(value: unknown, name: string, at: string): string[] {
  if (name === "LSPAny" || name === "LSPObject" || name === "LSPArray") {
    return value === undefined ? [`${at} is missing`] : [];
  }
  const enumeration = ENUMERATIONS.get(name);
  if (enumeration) {
    const isListed = enumeration.values.some((one) => one.value === value);
    return isListed ||
        enumeration.supportsCustomValues === true &&
          problems(value, enumeration.type, at).length === 0
      ? []
      : [`${at} is no ${name}`];
  }
  const alias = ALIASES.get(name);
  if (alias) return problems(value, alias.type, at);
  return ofProperties(value, propertiesOf({ kind: "reference", name }), at);
}

function propertiesOf(type: Type): Property[] {
  if (type.kind === "literal") return type.value.properties;
  if (type.kind !== "reference") throw new Error(`no structure: ${type.kind}`);
  const structure = STRUCTURES.get(type.name);
  if (!structure) throw new Error(`no structure ${type.name}`);
  const { properties, extends: bases = [], mixins = [] } = structure;
  return [
    ...properties,
    ...[...bases, ...mixins].flatMap(({ name }) =>
      propertiesOf({ kind: "reference", name })
    ),
  ];
}

function ofProperties(
  value: unknown,
  properties: readonly Property[],
  at: string,
): string[] {
  if (!isObject(value)) return [`${at} is no object`];
  const known = new Map(properties.map((one) => [one.name, one]));
  return [
    ...Object.keys(value).filter((key) => !known.has(key))
      .map((key) => `${at}.${key} is not in the protocol`),
    ...[...known.values()].flatMap(({ name, type, optional }) =>
      value[name] === undefined
        ? optional ? [] : [`${at}.${name} is missing`]
        : problems(value[name], type, `${at}.${name}`)
    ),
  ];
}

function isBase(value: unknown, name: string): boolean {
  switch (name) {
    case "null":
      return value === null || value === undefined;
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isInteger(value);
    case "uinteger":
      return Number.isInteger(value) && Number(value) >= 0;
    case "decimal":
      return typeof value === "number";
    default:
      return typeof value === "string";
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
