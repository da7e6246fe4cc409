/**
 * Fields of a file of tests, with what they mean: its JSON Schema, walked.
 *
 * @module
 */

import schema from "../../../schemas/RouteTests.json" with { type: "json" };

/** What the schema has at a path. */
export interface TestField {
  /** `list`, `object`, `map`, or the type of a single value. */
  readonly type: string;
  /** What it means. */
  readonly doc?: string;
  /** That an object can have here. */
  readonly fields: readonly TestKey[];
  /** That a single value can be; empty where it can be anything. */
  readonly values: readonly string[];
}

/** A field of an object. */
export interface TestKey extends Pick<TestField, "type" | "doc"> {
  readonly key: string;
}

/** As much of JSON Schema as the file has. */
interface Node {
  readonly $ref?: string;
  readonly anyOf?: readonly Node[];
  readonly type?: string | readonly string[];
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: boolean | Node;
  readonly items?: Node;
}

const DEFS: Readonly<Record<string, Node>> = schema.$defs;

/** Looks a path up, from the document; nothing where there is no such field. */
export function testField(
  path: readonly (string | number)[],
): TestField | undefined {
  let nodes: readonly Node[] = [schema];
  for (const step of path) {
    nodes = nodes.flatMap(alternatives).flatMap((node) => below(node, step));
  }
  const [first] = nodes;
  if (first === undefined) return undefined;
  const all = nodes.flatMap(alternatives);
  const fields = new Map<string, TestKey>();
  for (const { properties = {} } of all) {
    for (const [key, node] of Object.entries(properties)) {
      if (!fields.has(key)) fields.set(key, { key, ...about(node) });
    }
  }
  return {
    ...about(first),
    fields: [...fields.values()],
    values: all.flatMap((node) =>
      node.const === undefined ? node.enum ?? [] : [node.const]
    ),
  };
}

function about(node: Node): Pick<TestField, "type" | "doc"> {
  const [{ type, properties, additionalProperties } = {}] = alternatives(node);
  const doc = node.description ?? named(node)?.description;
  const one = typeof type === "object" ? type[0] : type;
  return {
    type: one === "array"
      ? "list"
      : one === "object" && properties === undefined &&
          additionalProperties !== undefined
      ? "map"
      : one ?? "string",
    ...doc === undefined ? {} : { doc },
  };
}

function alternatives(node: Node): readonly Node[] {
  const { anyOf } = named(node) ?? node;
  return anyOf?.flatMap(alternatives) ?? [named(node) ?? node];
}

/** What a reference stands for. */
function named({ $ref }: Node): Node | undefined {
  return $ref === undefined ? undefined : DEFS[$ref.slice("#/$defs/".length)];
}

function below(
  { properties, additionalProperties, items }: Node,
  step: string | number,
): readonly Node[] {
  if (typeof step === "number") return items === undefined ? [] : [items];
  if (properties !== undefined && Object.hasOwn(properties, step)) {
    return [properties[step]!];
  }
  return typeof additionalProperties === "object" ? [additionalProperties] : [];
}
