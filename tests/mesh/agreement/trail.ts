/**
 * Is what is said of the rules that were passed over so? Looked at with a
 * matcher of its own, which knows only what these worlds are made of and has
 * nothing in common with the one that explained.
 *
 * @module
 */

import type { Client } from "../../../src/istio/client.ts";
import type {
  Explanation,
  PassedRule,
} from "../../../src/istio/explanation.ts";
import type { Request } from "../../../src/istio/match.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  StringMatch,
  VirtualService,
} from "../../../src/istio/types.ts";
import type { World } from "../../../src/istio/world.ts";

/** What is wrong with a trail, in words; nothing is the way it has to be. */
export function trailProblems(
  world: World,
  explanation: Explanation,
): readonly string[] {
  return [
    ...explanation.passed.flatMap((one) =>
      passedProblems(world, explanation, one)
    ),
    ...gaps(world, explanation),
  ];
}

function passedProblems(
  world: World,
  { request, client }: Explanation,
  passed: PassedRule,
): string[] {
  const told = `${passed.path.join(".")} of ${passed.object.name}: ` +
    `${passed.field} ${passed.wanted}`;
  const [, field = "", key] = /^(\w+)(?:\[(".*")\])?$/.exec(passed.field) ?? [];
  const name: string | undefined = key === undefined
    ? undefined
    : JSON.parse(key);
  const block = blockAt(world, passed);
  if (block === undefined) {
    // Joined of a delegate's and its root's: only what is told is there.
    return passed.settledBy === "request" &&
        holds({ field, name, match: readMatch(passed.wanted) }, request)
      ? [`${told} holds`]
      : [];
  }
  const conditions = passed.settledBy === "client"
    ? conditionsOn(client, request.port, passed.object.namespace)
    : conditionsIn(block);
  for (const one of conditions) {
    const isTold = one.field === field && one.name === name;
    const isSo = "isMet" in one
      ? one.isMet(block)
      : holds(one, request, block.ignoreUriCase);
    if (isTold) {
      const says = "isMet" in one || inWords(one.match) === passed.wanted;
      return [
        ...isSo ? [`${told} holds`] : [],
        ...says ? [] : [`${told} is ${JSON.stringify(block)}`],
      ];
    }
    if (!isSo) return [`${told} is not the first: ${one.field} fails`];
  }
  return [`${told} is not there`];
}

/** Does a block want nothing of a request that it does not have? */
export function fitsBlock(block: HTTPMatchRequest, request: Request): boolean {
  return conditionsIn(block).every((one) =>
    holds(one, request, block.ignoreUriCase)
  );
}

/** Rules of a sidecar's host before the one that is taken, each block once. */
function gaps(world: World, explanation: Explanation): string[] {
  const { client, virtualService, rule, passed, outcome } = explanation;
  if (client.kind !== "sidecar" || virtualService === undefined) return [];
  if (outcome === "unknown") return [];
  const root = world.virtualServices.find(({ metadata }) =>
    metadata.name === virtualService.name &&
    metadata.namespace === virtualService.namespace
  );
  const http = root?.spec.http ?? [];
  if (http.some(({ delegate }) => delegate !== undefined)) return [];
  const all = http.flatMap(({ match = [] }, at) =>
    match.length === 0 ? [`${at}`] : match.map((_, block) => `${at}.${block}`)
  );
  const place = (one: { readonly rule: number; readonly match?: number }) =>
    one.match === undefined ? `${one.rule}` : `${one.rule}.${one.match}`;
  const wanted = rule === undefined
    ? all
    : all.slice(0, all.indexOf(place(rule)));
  const told = passed.map(place);
  return told.join() === wanted.join()
    ? []
    : [`${told.join()} were passed, not ${wanted.join()}`];
}

function blockAt(
  world: World,
  { object, path }: PassedRule,
): HTTPMatchRequest | undefined {
  const source: VirtualService | undefined = world.virtualServices.find(
    ({ metadata }) =>
      metadata.name === object.name && metadata.namespace === object.namespace,
  );
  const [, , rule, match, index] = path;
  const route: HTTPRoute | undefined = source?.spec.http?.[Number(rule)];
  return match === undefined ? undefined : route?.match?.[Number(index)];
}

interface OnRequest {
  readonly field: string;
  readonly name?: string | undefined;
  readonly match: StringMatch;
}

interface OnClient {
  readonly field: string;
  readonly name?: string;
  readonly isMet: (block: HTTPMatchRequest) => boolean;
}

/** In the order in which they are told. */
function conditionsIn(block: HTTPMatchRequest): OnRequest[] {
  const single = (["uri", "method", "scheme", "authority"] as const).flatMap((
    field,
  ) => block[field] === undefined ? [] : [{ field, match: block[field] }]);
  const named = (["headers", "withoutHeaders", "queryParams"] as const).flatMap(
    (field) =>
      Object.entries(block[field] ?? {}).map(([name, match]) => ({
        field,
        name,
        match,
      })),
  );
  return [...single, ...named];
}

function* conditionsOn(
  client: Client,
  port: number,
  namespace: string,
): Iterable<OnClient> {
  yield { field: "port", isMet: (block) => (block.port ?? port) === port };
  yield {
    field: "gateways",
    isMet: ({ gateways }) =>
      gateways === undefined ||
      gateways.some((name) =>
        client.kind === "sidecar"
          ? name === "mesh"
          : [name, `${namespace}/${name}`].includes(client.gateway ?? "")
      ),
  };
  yield {
    field: "sourceLabels",
    name: "app",
    isMet: ({ sourceLabels }) =>
      sourceLabels === undefined ||
      sourceLabels["app"] === client.labels["app"],
  };
  yield {
    field: "sourceNamespace",
    isMet: ({ sourceNamespace }) =>
      sourceNamespace === undefined || sourceNamespace === client.namespace,
  };
}

function holds(
  { field, name = "", match }: OnRequest,
  request: Request,
  ignoreCase?: unknown,
): boolean {
  const [path = "", query = ""] = request.path.split("?");
  switch (field) {
    case "uri": {
      const plain = new URL(`http://h${path.replace("%76%31", "v1")}`).pathname;
      return fits(match, plain, ignoreCase === true) ?? true;
    }
    case "method":
    case "scheme":
    case "authority":
      return fits(match, request[field]) ?? true;
    case "headers":
      return valuesOf(request, name).some((value) =>
        fits(match, value) ?? true
      );
    case "withoutHeaders": {
      const values = valuesOf(request, name);
      // Nothing counts as empty, unless it is asked for presence.
      return values.length > 0
        ? !values.some((value) => fits(match, value) ?? true)
        : !(fits(match, "") ?? false);
    }
    case "queryParams": {
      const first = query.split("&").map((pair) => pair.split("=")).find(
        ([key]) => key === name,
      );
      return first !== undefined && (fits(match, first[1] ?? "") ?? true);
    }
    default:
      throw new Error(`no condition is called ${field}`);
  }
}

/** Nothing where it asks for presence alone. */
function fits(
  { exact, prefix, regex }: StringMatch,
  value: string,
  ignoreCase = false,
): boolean | undefined {
  const fold = (text: string) => ignoreCase ? text.toLowerCase() : text;
  if (exact !== undefined) return fold(value) === fold(exact);
  if (prefix !== undefined) return fold(value).startsWith(fold(prefix));
  if (regex === undefined || regex === "*") return undefined;
  const pattern = regex.replace("(?i)", "");
  const flags = pattern === regex ? "" : "i";
  return new RegExp(`^(?:${pattern})$`, flags).test(value);
}

/** `accept` is one value for Envoy, however often it comes. */
function valuesOf({ headers }: Request, name: string): string[] {
  const values = headers.filter(([key]) =>
    key.toLowerCase() === name.toLowerCase()
  ).map(([, value]) => value);
  return name === "accept" && values.length > 1
    ? [values.filter((value) => value !== "").join(",")]
    : values;
}

/** `exact "1"`, or `present`. */
function inWords(match: StringMatch): string {
  const [first] = Object.entries(match);
  return first === undefined ? "present" : `${first[0]} "${first[1]}"`;
}

function readMatch(words: string): StringMatch {
  const [, kind, value] = /^(exact|prefix|regex) "(.*)"$/.exec(words) ?? [];
  return kind === undefined ? {} : { [kind]: value };
}
