/**
 * What there is to say about tests of routes: what `istiops test FILE` says,
 * and names in expectations that nothing in the open files has.
 *
 * @module
 */

import { type FileTest, testsIn } from "../../actions/route_test_files.ts";
import type { FieldPath } from "../../istio/findings.ts";
import {
  type ExpectedDestination,
  fits,
  fullObject,
} from "../../istio/route_tests.ts";
import { isRecord } from "../../istio/shapes.ts";
import type { World } from "../../istio/world.ts";
import { nearest } from "../../language/diagnose.ts";
import { listNames } from "../../traffic/objects.ts";
import { type Chunk, type PlacedProblem, placedProblem } from "./chunk.ts";
import { type Reach, reachOf } from "./test_reach.ts";

/** Something that is expected and that is not there. */
export interface Missing {
  readonly test: FileTest;
  /** In the object. */
  readonly path: FieldPath;
  readonly message: string;
  readonly hint?: string;
}

const STRANGERS = new WeakMap<Chunk, readonly PlacedProblem[]>();

/** What stands beside tests in a file, which `istiops test` would not take. */
export function strangersIn(chunk: Chunk): readonly PlacedProblem[] {
  let known = STRANGERS.get(chunk);
  if (known === undefined) {
    known = testsIn(chunk.document).found
      // What is broken is told already, where it is ours.
      .filter(({ code }) => !chunk.isOurs || code === "invalid-test")
      .map((one): PlacedProblem => ({
        ...placedProblem(chunk, one),
        ...one.code === "invalid-test" ? BESIDE : {},
      }));
    STRANGERS.set(chunk, known);
  }
  return known;
}

/** In a folder other kinds are left alone. */
const BESIDE = {
  severity: "warning",
  hint:
    "istiops test takes the file in its folder, and refuses it by its name: give tests a file of their own",
} as const;

/** Tests of one file that are judged after each key. */
const MOST_TESTS = 1_000;
/** Objects that are compiled for the clients and ports of the tests. */
const MOST_COMPILED = 20_000;

/** Names in expectations that no rule for their host has. */
export function missingIn(
  world: World,
  tests: readonly FileTest[],
): readonly Missing[] {
  const clients = new Set<string>();
  const most = Math.max(
    1,
    Math.floor(MOST_COMPILED / (1 + world.virtualServices.length)),
  );
  return tests.slice(0, MOST_TESTS).flatMap((one) => {
    const { client, request } = one.test;
    clients.add(JSON.stringify([client, request.port]));
    if (clients.size > most) return [];
    const reach = reachOf(world, one.test);
    return reach === undefined ? [] : missingOf(world, one, reach);
  });
}

function missingOf(
  world: World,
  test: FileTest,
  reach: Reach,
): readonly Missing[] {
  const { client, expect, request, path } = test.test;
  const at = (...more: FieldPath) => [...path, "expect", ...more];
  const host = request.authority;
  const found: Missing[] = [];
  const object = fullObject(expect.object, client);
  if (object !== undefined && !reach.objects.has(object)) {
    found.push({
      test,
      path: at("object"),
      message: `No rule for "${host}" is in VirtualService "${object}"`,
      hint: `They are in ${listNames([...reach.objects])}`,
    });
  }
  const missingRule = ruleMissing(expect.rule, reach);
  if (missingRule !== undefined) {
    found.push({ test, path: at("rule"), ...missingRule });
  }
  const listed = listIn(test)?.length ?? 0;
  const own = (expect.destinations?.length ?? 0) - listed;
  for (const [nth, wanted] of (expect.destinations ?? []).entries()) {
    const place = nth < own ? [] : ["destinations", nth - own];
    const missing = destinationMissing(wanted, reach, {
      client,
      mesh: world.mesh,
    });
    if (missing === undefined) continue;
    const { field, ...told } = missing;
    found.push({ test, path: at(...place, field), ...told });
  }
  return found;
}

function listIn({ test, manifest }: FileTest): unknown[] | undefined {
  let value: unknown = manifest.written;
  for (const step of [...test.path, "expect", "destinations"]) {
    value = isRecord(value) || Array.isArray(value)
      ? (value as Record<string | number, unknown>)[step]
      : undefined;
  }
  return Array.isArray(value) ? value : undefined;
}

type Said = Pick<Missing, "message" | "hint">;

function ruleMissing(
  wanted: string | number | undefined,
  { rules, objects }: Reach,
): Said | undefined {
  if (wanted === undefined) return undefined;
  const isThere = rules.some(({ index, name }) =>
    typeof wanted === "number" ? wanted === index : wanted === name
  );
  if (isThere) return undefined;
  const named = rules.flatMap(({ name }) => name === "" ? [] : [name]);
  const meant = typeof wanted === "string" ? nearest(wanted, named) : undefined;
  return {
    message: `${
      objects.size === 1
        ? `VirtualService ${listNames([...objects])} has`
        : `None of ${listNames([...objects])} has a`
    } ${objects.size === 1 ? "no " : ""}rule ${JSON.stringify(wanted)}`,
    hint: meant !== undefined
      ? `Did you mean "${meant}"?`
      : named.length === 0
      ? "No rule has a name: write its index, from 0"
      : `Its rules are ${listNames(named)}`,
  };
}

const FIELDS = ["destination", "subset", "build", "labels"] as const;

/** The first field after which no destination is left that fits. */
function destinationMissing(
  wanted: ExpectedDestination,
  { destinations }: Reach,
  of: Parameters<typeof fits>[2],
): Said & { readonly field: string } | undefined {
  // That nothing goes there is what is expected.
  if (wanted.share !== undefined && wanted.share.min <= 0) return undefined;
  let left = destinations;
  let asked: ExpectedDestination = {};
  for (const field of FIELDS) {
    if (wanted[field] === undefined) continue;
    // The subset may be defined in a file that is closed.
    const isAboutLabels = field === "build" || field === "labels";
    if (isAboutLabels && left.some(({ isKnown }) => !isKnown)) return undefined;
    asked = { ...asked, [field]: wanted[field] };
    const fitting = left.filter((one) => fits(asked, one, of));
    if (fitting.length === 0) {
      return {
        field,
        message: `No rule for these requests leads to ${WORDS[field](wanted)}`,
        hint: `They lead to ${
          listNames(left.map(({ host, port, subset }) =>
            `${host}:${port}${subset === undefined ? "" : ` ${subset}`}`
          ))
        }`,
      };
    }
    left = fitting;
  }
  return undefined;
}

const WORDS: Readonly<
  Record<typeof FIELDS[number], (wanted: ExpectedDestination) => string>
> = {
  destination: ({ destination }) => `"${destination}"`,
  subset: ({ subset }) =>
    subset === null ? "all pods of the service" : `a subset "${subset}"`,
  build: ({ build }) => `a subset with "${build}" among its labels`,
  labels: ({ labels }) => `pods with the labels ${JSON.stringify(labels)}`,
};
