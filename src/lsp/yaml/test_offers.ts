/**
 * Names that could be meant in a test of routes: hosts to ask for, and what
 * the rules for the host of the test have.
 *
 * @module
 */

import {
  keyOf,
  namespaceOf,
  namespaceOfHost,
  resolveHost,
  shortHost,
} from "../../istio/hosts.ts";
import {
  type PlacedRouteTest,
  readRouteTests,
} from "../../istio/route_tests_shape.ts";
import { isRecord, strings } from "../../istio/shapes.ts";
import { hostsOf } from "../../istio/virtual_services.ts";
import type { World } from "../../istio/world.ts";
import type { Names } from "../../language/names.ts";
import { type CursorAt, textAt, valueAt } from "./context.ts";
import {
  gatewaysFor,
  headersFor,
  hostsFor,
  labelsFor,
  type Offer,
  portsFor,
  subsetsFor,
} from "./offers.ts";
import { type Entry, fieldOf } from "./sketch.ts";
import { testField } from "./test_fields.ts";
import { type Reach, reachOf } from "./test_reach.ts";
import type { Together } from "./world.ts";

/** Of HTTP. */
export const METHODS = [
  ...["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
];

interface OfferOptions {
  readonly all: Together;
  readonly names: Names;
}

/** Keys of a map of a test: headers, labels. */
export function testKeysAt(
  cursor: CursorAt,
  { all, names }: OfferOptions,
): readonly Offer[] {
  const { path, what } = cursor;
  const holder = what === "key" ? path.at(-2) : path.at(-1);
  if (holder === "headers") return headersFor(all.world, names);
  const about = aboutTest(cursor, all);
  return holder === "labels"
    ? distinct([...labelsOf(about.reach).map(([key]) => key)], labelsFor(names))
    : [];
}

/** What a value of a test could be. */
export function testValuesAt(
  cursor: CursorAt,
  { all, names }: OfferOptions,
): readonly Offer[] {
  const { path, entry, sketch } = cursor;
  const { world } = all;
  const known = testField(path)?.values ?? [];
  if (known.length > 0) return known.map((text) => ({ text }));
  const { namespace, reach } = aboutTest(cursor, all);
  const last = path.at(-1);
  if (path.at(-2) === "labels") {
    const own = labelsOf(reach).filter(([key]) => key === last);
    return distinct(own.map(([, value]) => value), labelsFor(names, `${last}`));
  }
  switch (last) {
    case "request":
      return addressesFor(world, { namespace, names })
        .map(({ text, detail = "" }) => ({
          text: `GET http://${text}/`,
          detail,
        }));
    case "host":
      return addressesFor(world, { namespace, names });
    case "method":
      return METHODS.map((text) => ({ text }));
    case "scheme":
      return ["http", "https"].map((text) => ({ text }));
    case "gateway":
      return gatewaysFor(world, { namespace })
        .filter(({ text }) => text !== "mesh");
    case "namespace":
      return distinct([
        ...names.places.flatMap((place) => place.namespaces),
        ...world.virtualServices.map(namespaceOf),
        ...world.services.map(namespaceOf),
      ]);
    case "object":
      return distinct([
        ...reach?.objects ?? world.virtualServices.map(keyOf),
      ]);
    case "rule":
      return rulesFor(world, reach);
    case "destination":
      return reach === undefined
        ? hostsFor(world, { namespace, names })
        : distinct(reach.destinations.map(({ host }) =>
          namespaceOfHost(host, world.mesh) === namespace
            ? shortHost(host, world.mesh)
            : host
        ));
    case "subset": {
      const beside = entry.parent &&
        textAt(sketch, entry.parent, "destination");
      const hosts = beside === undefined
        ? reach?.destinations.map(({ host }) => host) ?? []
        : [resolveHost(beside.replace(/:\d+$/, ""), namespace, world.mesh)];
      return [
        ...unique([
          ...[...new Set(hosts)].flatMap((host) =>
            subsetsFor(world, { host, names })
          ),
          ...(reach?.destinations ?? []).flatMap(({ host, subset }) =>
            subset === undefined || !hosts.includes(host)
              ? []
              : [{ text: subset }]
          ),
        ]),
        { text: "null", detail: "all pods of the service", isRaw: true },
      ];
    }
    case "build":
      return distinct(
        labelsOf(reach, { isOfSubset: true }).map(([, value]) => value),
        names.places.flatMap(({ place, builds }) =>
          place.context === undefined
            ? builds.map(({ build, host }) => ({
              text: build,
              detail: `of ${host}, in the cluster`,
            }))
            : []
        ),
      );
    default:
      return [];
  }
}

/** The test that a cursor is in, as far as it can be read. */
function aboutTest(
  { entry, sketch, object }: CursorAt,
  all: Together,
): { readonly namespace: string; readonly reach: Reach | undefined } {
  const given = textAt(sketch, object.entry, "namespace") ?? all.namespace;
  let test: Entry | undefined = entry;
  while (
    test !== undefined && !(test.isItem && test.parent?.step === "tests")
  ) {
    test = test.parent;
  }
  if (test === undefined) return { namespace: given, reach: undefined };
  const asked = readAt(test, given);
  const client = fieldOf(test, "client");
  const namespace = asked?.client.namespace ??
    (client && textAt(sketch, client, "namespace")) ?? given;
  return { namespace, reach: asked && reachOf(all.world, asked) };
}

/** What is being typed is hardly ever a whole test; its request may be. */
function readAt(test: Entry, namespace: string): PlacedRouteTest | undefined {
  const fields = ["request", "headers", "client"].flatMap((key) => {
    const found = fieldOf(test, key);
    return found === undefined ? [] : [[key, valueAt(found)]];
  });
  return readRouteTests({
    apiVersion: "istiops/v1",
    kind: "RouteTests",
    tests: [{ ...Object.fromEntries(fields), expect: { outcome: "route" } }],
  }, { namespace }).tests[0];
}

/** `host:port` of services, and hosts of VirtualServices that are none. */
function addressesFor(
  world: World,
  { namespace, names }: {
    readonly namespace: string;
    readonly names: Names;
  },
): readonly Offer[] {
  const offers = hostsFor(world, { namespace, names }).flatMap((offer) => {
    const host = resolveHost(offer.text, namespace, world.mesh);
    const ports = portsFor(world, { host, names });
    return ports.length === 0
      ? [offer]
      : ports.map(({ text }) => ({ ...offer, text: `${offer.text}:${text}` }));
  });
  const own = world.virtualServices.flatMap((object) =>
    hostsOf(world, object).filter((host) => !host.startsWith("*")).map(
      (host) => ({
        text: namespaceOfHost(host, world.mesh) === namespace
          ? shortHost(host, world.mesh)
          : host,
        detail: `VirtualService "${object.metadata.name}"`,
      }),
    )
  );
  const named = new Set(offers.map(({ text }) => text.replace(/:\d+$/, "")));
  return unique([...offers, ...own.filter(({ text }) => !named.has(text))]);
}

function rulesFor(world: World, reach: Reach | undefined): readonly Offer[] {
  const rules = reach?.rules ??
    world.virtualServices.flatMap((object) =>
      (Array.isArray(object.spec?.http) ? object.spec.http : []).flatMap(
        (route, index) =>
          isRecord(route)
            ? [{
              index,
              name: strings([route["name"]])[0] ?? "",
              object: keyOf(object),
            }]
            : [],
      )
    );
  return unique(
    rules.map(({ index, name, object }) =>
      name === ""
        ? { text: String(index), detail: `of ${object}`, isRaw: true }
        : { text: name, detail: `rule ${index} of ${object}` }
    ),
  );
}

function labelsOf(
  reach: Reach | undefined,
  { isOfSubset = false } = {},
): readonly (readonly [string, string])[] {
  return (reach?.destinations ?? [])
    .filter(({ subset }) => !isOfSubset || subset !== undefined)
    .flatMap(({ labels = {} }) => Object.entries(labels));
}

function distinct(
  own: readonly string[],
  more: readonly Offer[] = [],
): readonly Offer[] {
  return unique([...own.map((text) => ({ text })), ...more]);
}

/** The first of each text. */
function unique(offers: readonly Offer[]): readonly Offer[] {
  const found = new Map<string, Offer>();
  for (const offer of offers) {
    if (!found.has(offer.text)) found.set(offer.text, offer);
  }
  return [...found.values()];
}
