/**
 * A file of tests as YAML or JSON has it: read into tests, with what is wrong
 * in it and where. A test that is wrong is left out; the others stand.
 *
 * @module
 */

import { readAsked } from "./asked.ts";
import type { FieldPath } from "./findings.ts";
import { parseRequestLine } from "./request_line.ts";
import type {
  Expectation,
  ExpectedDestination,
  RouteTest,
} from "./route_tests.ts";
import { isRecord } from "./shapes.ts";

/** Something that is wrong in a file of tests. */
export interface RouteTestProblem {
  /** Where in the document: `["tests", 3, "expect"]`. */
  readonly path: FieldPath;
  /** One sentence without a final period. */
  readonly message: string;
  /** It is about the key itself. */
  readonly isKey?: boolean;
}

/** A test, and where in the document it is. */
export interface PlacedRouteTest extends RouteTest {
  readonly path: FieldPath;
}

/** What a document gives. */
export interface ReadRouteTests {
  readonly tests: readonly PlacedRouteTest[];
  readonly problems: readonly RouteTestProblem[];
}

const TOP = ["apiVersion", "kind", "metadata", "namespace", "tests"];
const TEST = ["name", "request", "headers", "client", "expect"];
const DESTINATION = [
  "destination",
  "subset",
  "build",
  "labels",
  "share",
  "flag",
];
const EXPECT = [
  "outcome",
  "object",
  "rule",
  "status",
  "redirect",
  "destinations",
  ...DESTINATION,
];
const OUTCOMES = [
  "route",
  "redirect",
  "direct",
  "default",
  "passthrough",
  "no-route",
  "unknown",
];
/** What a share may be beside itself: what people write is rounded. */
const ROUNDING = 0.05;

/**
 * Reads a document of kind `RouteTests`.
 *
 * @param value As JSON has it.
 * @param defaults `namespace`: of clients, where the file does not say.
 */
export function readRouteTests(
  value: unknown,
  defaults: { readonly namespace?: string } = {},
): ReadRouteTests {
  const reader = new Reader();
  // Of another kind nothing else is worth a word.
  if (isRecord(value) && value["kind"] !== "RouteTests") {
    reader.wrong(["kind"], 'The kind is not "RouteTests"');
    return { tests: [], problems: reader.problems };
  }
  const from = reader.record(value, [], TOP);
  if (from === undefined) return { tests: [], problems: reader.problems };
  if (from["apiVersion"] !== "istiops/v1") {
    reader.wrong(["apiVersion"], 'The apiVersion is not "istiops/v1"');
  }
  const namespace = reader.text(from["namespace"], ["namespace"]) ??
    defaults.namespace ?? "default";
  const list = reader.list(from["tests"], ["tests"]);
  if (list?.length === 0) reader.wrong(["tests"], "There is no test in it");
  const tests = (list ?? []).flatMap((one, index) => {
    const before = reader.count;
    const test = readTest(reader, one, { index, namespace });
    return reader.count > before || test === undefined
      ? []
      : [{ ...test, path: ["tests", index] }];
  });
  const left = reader.count - reader.problems.length;
  const more: readonly RouteTestProblem[] = left === 0 ? [] : [{
    path: ["tests"],
    message: `The tests have ${left} more mistakes, which are not told`,
    isKey: true,
  }];
  return { tests, problems: [...reader.problems, ...more] };
}

function readTest(
  reader: Reader,
  value: unknown,
  of: { readonly index: number; readonly namespace: string },
): RouteTest | undefined {
  const path: FieldPath = ["tests", of.index];
  const from = reader.record(value, path, TEST);
  if (from === undefined) return undefined;
  const at = (field: string): FieldPath => [...path, field];
  const name = reader.text(from["name"], at("name")) ?? `test ${of.index}`;
  const asked = readRequest(reader, from, { path, namespace: of.namespace });
  if (from["expect"] === undefined) {
    reader.wrong(path, "The test expects nothing: it has no expect");
  }
  const expect = readExpectation(reader, from["expect"], at("expect"));
  return asked && expect && { name, ...asked, expect };
}

/** `GET http://host:port/path` with headers beside it, or an object. */
function readRequest(
  reader: Reader,
  from: Readonly<Record<string, unknown>>,
  of: { readonly path: FieldPath; readonly namespace: string },
): Pick<RouteTest, "request" | "client"> | undefined {
  const { request, headers, client } = from;
  const at = [...of.path, "request"];
  if (request === undefined) {
    reader.wrong(of.path, "The test has no request");
    return undefined;
  }
  let json: Record<string, unknown>;
  if (typeof request === "string") {
    const line = parseRequestLine(request);
    if (line === undefined) {
      reader.wrong(
        at,
        `${
          JSON.stringify(request)
        } is no request: METHOD http://HOST:PORT/PATH`,
      );
      return undefined;
    }
    const { method, authority, path, scheme, port } = line;
    const own = isRecord(client) ? client : {};
    json = {
      ...{ method, host: authority, path, scheme, headers },
      client: client === undefined || isRecord(client)
        ? { port, ...own }
        : client,
    };
  } else {
    if (!isRecord(request)) {
      reader.wrong(at, "The request is neither a line nor an object");
      return undefined;
    }
    for (const field of ["headers", "client"] as const) {
      if (from[field] !== undefined && request[field] !== undefined) {
        reader.wrong([...at, field], `The test has ${field}, too`);
      }
    }
    json = { headers, client, ...request };
  }
  const read = readAsked(json, { namespace: of.namespace });
  if (read.ok) return read.asked;
  const field =
    ([["headers", /^header/], ["client", /^(client|label)/]] as const)
      .find(([, about]) => about.test(read.why))?.[0];
  reader.wrong(
    field !== undefined && from[field] !== undefined ? [...of.path, field] : at,
    `The request is not one: ${read.why}`,
  );
  return undefined;
}

function readExpectation(
  reader: Reader,
  value: unknown,
  path: FieldPath,
): Expectation | undefined {
  if (value === undefined) return undefined;
  const from = reader.record(value, path, EXPECT);
  if (from === undefined) return undefined;
  if (Object.keys(from).length === 0) {
    reader.wrong(path, "The test expects nothing");
    return undefined;
  }
  const at = (field: string): FieldPath => [...path, field];
  const { rule, redirect } = from;
  if (
    rule !== undefined && typeof rule !== "string" &&
    !(Number.isInteger(rule) && (rule as number) >= 0)
  ) reader.wrong(at("rule"), "The rule is neither a name nor an index from 0");
  if (
    redirect !== undefined && typeof redirect !== "string" &&
    !isRecord(redirect)
  ) {
    reader.wrong(at("redirect"), "The redirect is neither a uri nor an object");
  }
  const own = Object.keys(from).some((field) => DESTINATION.includes(field));
  const list = from["destinations"] === undefined
    ? []
    : reader.list(from["destinations"], at("destinations")) ?? [];
  const destinations = [
    ...(own ? [readDestination(reader, from, path)] : []),
    ...list.flatMap((one, index) => {
      const place = [...path, "destinations", index];
      const fields = reader.record(one, place, DESTINATION);
      return fields === undefined
        ? []
        : [readDestination(reader, fields, place)];
    }),
  ];
  const outcome = reader.among(from["outcome"], OUTCOMES, at("outcome"));
  const object = reader.text(from["object"], at("object"));
  const status = reader.number(from["status"], at("status"));
  return {
    ...(outcome === undefined
      ? {}
      : { outcome: outcome as NonNullable<Expectation["outcome"]> }),
    ...(object === undefined ? {} : { object }),
    ...(rule === undefined ? {} : { rule: rule as string | number }),
    ...(status === undefined ? {} : { status }),
    ...(redirect === undefined
      ? {}
      : { redirect: redirect as NonNullable<Expectation["redirect"]> }),
    ...(destinations.length === 0 ? {} : { destinations }),
  };
}

function readDestination(
  reader: Reader,
  from: Readonly<Record<string, unknown>>,
  path: FieldPath,
): ExpectedDestination {
  const at = (field: string): FieldPath => [...path, field];
  const destination = reader.text(from["destination"], at("destination"));
  const subset = from["subset"] === null
    ? null
    : reader.text(from["subset"], at("subset"));
  const build = reader.text(from["build"], at("build"));
  const flag = reader.among(from["flag"], ["NC", "UH", "none"], at("flag"));
  const share = readShare(reader, from["share"], at("share"));
  const labels = reader.texts(from["labels"], at("labels"));
  return {
    ...(destination === undefined ? {} : { destination }),
    ...(subset === undefined ? {} : { subset }),
    ...(build === undefined ? {} : { build }),
    ...(labels === undefined ? {} : { labels }),
    ...(share === undefined ? {} : { share }),
    ...(flag === undefined
      ? {}
      : { flag: flag as NonNullable<ExpectedDestination["flag"]> }),
  };
}

/** `20`, `{ min: 10, max: 30 }`, `{ is: 20, within: 5 }`. */
function readShare(
  reader: Reader,
  value: unknown,
  path: FieldPath,
): ExpectedDestination["share"] | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number") {
    return reader.percent(value, path) === undefined
      ? undefined
      : { min: value - ROUNDING, max: value + ROUNDING };
  }
  const from = reader.record(value, path, ["min", "max", "is", "within"]);
  if (from === undefined) return undefined;
  const given = (field: string, otherwise: number): number =>
    reader.percent(from[field], [...path, field]) ?? otherwise;
  const isAbout = from["is"] !== undefined;
  const isBetween = from["min"] !== undefined || from["max"] !== undefined;
  if (isAbout === isBetween || from["within"] !== undefined && !isAbout) {
    reader.wrong(path, "A share is a number, min and max, or is and within");
    return undefined;
  }
  const middle = given("is", 0);
  const within = given("within", ROUNDING);
  const bounds = isAbout
    ? { min: middle - within, max: middle + within }
    : { min: given("min", 0), max: given("max", 100) };
  if (bounds.min > bounds.max) {
    reader.wrong(path, "Its min is more than its max");
  }
  return bounds;
}

/** Mistakes of a document that anybody reads. */
const MOST = 1_000;

/** Takes values apart, and notes what is wrong with them. */
class Reader {
  readonly problems: RouteTestProblem[] = [];
  /** Of all, those that are not noted among them. */
  count = 0;

  wrong(path: FieldPath, message: string, isKey = false): undefined {
    if (++this.count > MOST) return;
    this.problems.push({ path, message, ...(isKey ? { isKey } : {}) });
  }

  record(
    value: unknown,
    path: FieldPath,
    fields: readonly string[],
  ): Readonly<Record<string, unknown>> | undefined {
    if (!isRecord(value)) return this.wrong(path, "It is not an object");
    for (const field of Object.keys(value)) {
      if (fields.includes(field)) continue;
      this.wrong(
        [...path, field],
        `There is no field ${JSON.stringify(field)} here; there are ${
          fields.join(", ")
        }`,
        true,
      );
    }
    return value;
  }

  list(value: unknown, path: FieldPath): readonly unknown[] | undefined {
    if (Array.isArray(value)) return value;
    return this.wrong(path, `${this.#name(path)} is not a list`);
  }

  text(value: unknown, path: FieldPath): string | undefined {
    if (value === undefined || typeof value === "string") return value;
    const hint = typeof value === "number" ? `: write "${value}"` : "";
    return this.wrong(path, `${this.#name(path)} is not a text${hint}`);
  }

  texts(
    value: unknown,
    path: FieldPath,
  ): Readonly<Record<string, string>> | undefined {
    if (value === undefined) return undefined;
    if (!isRecord(value)) {
      return this.wrong(path, `${this.#name(path)} is not an object`);
    }
    for (const [key, one] of Object.entries(value)) {
      this.text(one, [...path, key]);
    }
    return value as Readonly<Record<string, string>>;
  }

  among(
    value: unknown,
    values: readonly string[],
    path: FieldPath,
  ): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "string" && values.includes(value)) return value;
    return this.wrong(
      path,
      `${JSON.stringify(value)} is not one of ${values.join(", ")}`,
    );
  }

  number(value: unknown, path: FieldPath): number | undefined {
    if (value === undefined || Number.isInteger(value)) {
      return value as number | undefined;
    }
    return this.wrong(path, `${this.#name(path)} is not a whole number`);
  }

  percent(value: unknown, path: FieldPath): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= 0 && value <= 100) return value;
    return this.wrong(
      path,
      `${this.#name(path)} is not a number from 0 to 100`,
    );
  }

  #name(path: FieldPath): string {
    return String(path.at(-1) ?? "It");
  }
}
