/**
 * Which objects a change is about (section 2 of the rules): found by label,
 * by name or by the host they lead to, and never more than was meant.
 *
 * @module
 */

import { RefusedError, TrafficError, UsageError } from "../errors.ts";
import { resolveHost, serviceOf, shortHost } from "../istio/hosts.ts";
import type { HTTPRoute, VirtualService } from "../istio/types.ts";
import { gatewaysOf } from "../istio/client.ts";
import { rootsOf } from "../istio/delegates.ts";
import { effectOf } from "../istio/virtual_services.ts";
import { whyUnknown, type World } from "../istio/world.ts";
import type { Selection } from "./intents.ts";
import {
  hasLabels,
  keyOf,
  listNames,
  namespaceOf,
  printSelector,
} from "./objects.ts";
import {
  classify,
  describeRule,
  type Rule,
  rulesOf,
  type Scope,
} from "./routes.ts";
import type { Untouched } from "./types.ts";

/** What a selection comes to. */
export interface Chosen {
  readonly scope: Scope;
  /** VirtualServices with a base rule to the host, in the world's order. */
  readonly objects: readonly VirtualService[];
  /** All rules of those objects. */
  readonly rules: readonly Rule[];
  /** Sentences about what was selected and is left alone. */
  readonly notes: readonly string[];
  readonly untouched: readonly Untouched[];
}

/** How strictly {@linkcode choose} looks. */
export interface ChooseOptions {
  /** An object that needs no base rule yet (`--create-route`). */
  readonly withoutRoute?: boolean;
}

/**
 * The VirtualServices of a namespace that the labels or the names select;
 * all of the namespace where neither is given.
 *
 * @throws {TrafficError} `not-found`, with what was looked at.
 */
export function selectVirtualServices(
  world: World,
  selection: Selection,
): readonly VirtualService[] {
  const { namespace, names, selector } = selection;
  if (names?.length && selector?.length) {
    throw new UsageError(
      "conflicting-options",
      "Cannot take names and a label selector together: each chooses the objects",
      { hint: "Leave one of the two out" },
    );
  }
  const here = world.virtualServices.filter((object) =>
    namespaceOf(object) === namespace
  );
  const all = here.map((object) => object.metadata.name);
  if (names?.length) {
    return [...new Set(names)].map((name) => {
      const found = here.find((object) => object.metadata.name === name);
      if (found) return found;
      throw notFound(`VirtualService "${name}"`, {
        namespace,
        all,
        world,
        near: name,
      });
    });
  }
  if (!selector?.length) return here;
  const found = here.filter((object) =>
    hasLabels(object.metadata.labels, selector)
  );
  if (found.length > 0) return found;
  throw notFound(`a VirtualService with labels "${printSelector(selector)}"`, {
    namespace,
    all: here.map((object) => {
      const labels = Object.entries(object.metadata.labels ?? {})
        .map(([key, value]) => `${key}=${value}`).join(",");
      return `${object.metadata.name}${labels ? ` (${labels})` : ""}`;
    }),
    world,
  });
}

/**
 * Finds the objects, the host and the rules of a change, and says what else
 * routes to that host.
 *
 * @throws {UsageError} `ambiguous-destination`.
 * @throws {TrafficError} `not-found`.
 * @throws {RefusedError} `ambiguous-object`, `no-route`, `without-effect`,
 * `delegate-not-selected`, `port-unclear`.
 */
export function choose(
  world: World,
  selection: Selection,
  options: ChooseOptions = {},
): Chosen {
  const selected = selectVirtualServices(world, selection);
  const scope = selection.destination
    ? scopeOf(world, selection.destination, selection.namespace)
    : onlyHost(world, selected);
  const see = (object: VirtualService): readonly Rule[] =>
    rulesOf(object, { scope, mesh: world.mesh });
  const hasBase = (object: VirtualService): boolean =>
    see(object).some((rule) => rule.kind === "base" && rule.members.length > 0);
  const byLabelOrName = Boolean(
    selection.names?.length || selection.selector?.length,
  );
  const candidates = selected.filter(hasBase);
  refuseDelegates(world, selected, { scope, byLabelOrName, see });
  if (candidates.length > 1 && !byLabelOrName) {
    throw new RefusedError(
      "ambiguous-object",
      `Cannot choose a VirtualService for host "${scope.host}": ${candidates.length} lead to it: ${
        candidates.map((object) =>
          `"${object.metadata.name}" (${gatewaysOf(object).join(", ")})`
        ).join(", ")
      }`,
      {
        hint: "Name one, or several, before the options, or use -l",
        details: { names: candidates.map((object) => object.metadata.name) },
      },
    );
  }
  if (candidates.length === 0) {
    if (options.withoutRoute && byLabelOrName) {
      return finish(world, { scope, objects: selected, see, selected });
    }
    throw noRoute(world, selected, { scope, byLabelOrName });
  }
  for (const object of candidates) refuseWithoutEffect(world, object);
  // By destination alone nobody has chosen those that are left.
  return finish(world, {
    scope,
    objects: candidates,
    see,
    selected: byLabelOrName ? selected : candidates,
  });
}

/** A destination as typed, in a namespace, as a scope. */
export function scopeOf(
  world: World,
  destination: { readonly host: string; readonly port?: number },
  namespace: string,
): Scope {
  const { port } = destination;
  let host = resolveHost(destination.host, namespace, world.mesh);
  let service = serviceOf(world, host);
  if (!service && host.split(".").length === 2) {
    // People write "name.namespace" as for DNS; Istio takes it as it stands.
    const full = `${host}.svc.${world.mesh.clusterDomain}`;
    service = serviceOf(world, full);
    if (service) host = full;
  }
  if (service && port !== undefined) {
    const ports = (service.spec.ports ?? []).map((each) => each.port);
    if (!ports.includes(port)) {
      throw new TrafficError(
        "not-found",
        `Cannot find port ${port} on Service "${service.metadata.name}": it has ${
          ports.join(", ") || "none"
        }`,
        { hint: `Use -d ${destination.host}:${ports[0] ?? ""}` },
      );
    }
  }
  return {
    host,
    ...(port === undefined ? {} : { port }),
    ...(service ? { service } : {}),
  };
}

function onlyHost(world: World, selected: readonly VirtualService[]): Scope {
  const own = baseHostsOf(world, selected);
  // Where all is delegated the hosts are the delegates': refused, by name.
  const hosts = own.length > 0 ? own : baseHostsOf(
    world,
    selected.flatMap((root) =>
      (root.spec.http ?? []).flatMap((route) =>
        delegateOf(world, { root, route }) ?? []
      )
    ),
  );
  const [first, ...others] = hosts;
  if (first === undefined) {
    throw new RefusedError(
      "no-route",
      `Cannot find a base rule in ${
        listNames(selected.map((object) => object.metadata.name))
      }: no rule without header conditions leads to a service`,
      {
        hint:
          "Name the host with -d, and make the rule with --create-route where there is none",
      },
    );
  }
  if (others.length > 0) {
    throw new UsageError(
      "ambiguous-destination",
      `Cannot choose a destination: the rules lead to ${
        listNames(hosts.map((host) => shortHost(host, world.mesh)))
      }`,
      { hint: `Add -d ${shortHost(first, world.mesh)}` },
    );
  }
  const service = serviceOf(world, first);
  return { host: first, ...(service ? { service } : {}) };
}

/** Full names of the hosts that base rules lead to, each once. */
function baseHostsOf(
  world: World,
  objects: readonly VirtualService[],
): readonly string[] {
  return [
    ...new Set(
      objects.flatMap((object) =>
        (object.spec.http ?? []).filter((route) => classify(route) === "base")
          .flatMap((route) => route.route ?? [])
          .flatMap(({ destination }) =>
            typeof destination?.host === "string"
              ? [resolveHost(destination.host, namespaceOf(object), world.mesh)]
              : []
          )
      ),
    ),
  ];
}

/** The object that a rule of a root stands for. */
function delegateOf(
  world: World,
  of: { readonly root: VirtualService; readonly route: HTTPRoute },
): VirtualService | undefined {
  const name = of.route.delegate?.name;
  if (!name) return undefined;
  const namespace = of.route.delegate?.namespace || namespaceOf(of.root);
  return world.virtualServices.find((object) =>
    object.metadata.name === name && namespaceOf(object) === namespace
  );
}

interface See {
  readonly scope: Scope;
  readonly byLabelOrName: boolean;
  readonly see: (object: VirtualService) => readonly Rule[];
}

/** 2.2: the edit goes to the object that holds the destination. */
function refuseDelegates(
  world: World,
  selected: readonly VirtualService[],
  options: See,
): void {
  for (const root of selected) {
    for (const route of root.spec.http ?? []) {
      const delegate = delegateOf(world, { root, route });
      if (!delegate || selected.includes(delegate)) continue;
      const holds = options.see(delegate).some((rule) =>
        rule.kind === "base" && rule.members.length > 0
      );
      if (!holds) continue;
      const roots = rootsOf(world, delegate).map(keyOf);
      throw new RefusedError(
        "delegate-not-selected",
        `Cannot change "${root.metadata.name}": its rules for "${options.scope.host}" live in delegate "${
          keyOf(delegate)
        }", which serves ${listNames(roots)}`,
        {
          hint: `Name it: istiops shift ${delegate.metadata.name} -n ${
            namespaceOf(delegate)
          } …`,
          details: { delegate: keyOf(delegate), roots },
        },
      );
    }
  }
}

/** 2.3: a change that no request would notice is a mistake. */
function refuseWithoutEffect(world: World, object: VirtualService): void {
  const effect = effectOf(world, object);
  if (effect.effective) return;
  throw new RefusedError(
    "without-effect",
    `Cannot change VirtualService "${object.metadata.name}": it has no effect: ${effect.reason}`,
    {
      hint: effect.owner
        ? `Change "${keyOf(effect.owner)}", which owns the host`
        : "See what it does with istiops show",
      details: effect.owner ? { owner: keyOf(effect.owner) } : {},
    },
  );
}

function noRoute(
  world: World,
  selected: readonly VirtualService[],
  options: { readonly scope: Scope; readonly byLabelOrName: boolean },
): TrafficError {
  const { scope } = options;
  const names = listNames(selected.map((object) => object.metadata.name));
  if (!options.byLabelOrName && !scope.service) {
    return new TrafficError(
      "not-found",
      `Cannot find host "${scope.host}": no Service of that name can be seen and no VirtualService leads to it (looked at ${names})`,
      {
        hint: `Services here: ${
          listNames(world.services.map((service) => service.metadata.name))
        }`,
      },
    );
  }
  return new RefusedError(
    "no-route",
    `Cannot find a base rule to "${scope.host}"${
      scope.port === undefined ? "" : ` port ${scope.port}`
    } in ${names}`,
    {
      hint:
        "Name the VirtualService, and make the rule with --create-route MATCH if it shall have one",
    },
  );
}

function finish(
  world: World,
  options: {
    readonly scope: Scope;
    readonly objects: readonly VirtualService[];
    readonly selected: readonly VirtualService[];
    readonly see: (object: VirtualService) => readonly Rule[];
  },
): Chosen {
  const { scope, objects, selected, see } = options;
  const notes = selected
    .filter((object) => !objects.includes(object))
    .filter(() => selected.length > objects.length)
    .map((object) =>
      `VirtualService "${object.metadata.name}" is selected but has no base rule to "${scope.host}", so it is not changed`
    );
  const gap = whyUnknown(world, "VirtualService");
  if (gap) {
    notes.push(`Other namespaces could not be looked at: ${gap}`);
  }
  return {
    scope,
    objects,
    rules: objects.flatMap(see),
    notes,
    untouched: world.virtualServices
      .filter((object) => !objects.includes(object))
      .flatMap((object) => leadingTo(object, { scope, world })),
  };
}

function leadingTo(
  object: VirtualService,
  options: { readonly scope: Scope; readonly world: World },
): readonly Untouched[] {
  const namespace = namespaceOf(object);
  const rules = (object.spec.http ?? []).filter((route) =>
    (route.route ?? []).some((each) =>
      typeof each.destination?.host === "string" &&
      resolveHost(each.destination.host, namespace, options.world.mesh) ===
        options.scope.host
    )
  );
  if (rules.length === 0) return [];
  return [{
    namespace,
    name: object.metadata.name,
    gateways: gatewaysOf(object),
    rules: rules.map(describeRule),
  }];
}

function notFound(
  what: string,
  options: {
    readonly namespace: string;
    readonly all: readonly string[];
    readonly world: World;
    readonly near?: string;
  },
): TrafficError {
  const { namespace, all, world, near } = options;
  const elsewhere = near === undefined ? [] : world.virtualServices
    .filter((object) => object.metadata.name === near)
    .map((object) => namespaceOf(object));
  return new TrafficError(
    "not-found",
    `Cannot find ${what} in namespace "${namespace}": looked at ${
      listNames(byNearness(all, near))
    }`,
    {
      hint: elsewhere.length > 0
        ? `There is one in namespace "${elsewhere[0]}": add -n ${elsewhere[0]}`
        : "istiops show -A lists every VirtualService",
      details: { namespace, looked: all },
    },
  );
}

function byNearness(
  names: readonly string[],
  near: string | undefined,
): readonly string[] {
  if (!near) return names;
  const score = (name: string): number =>
    name.includes(near) || near.includes(name)
      ? 0
      : name[0] === near[0]
      ? 1
      : 2;
  return [...names].sort((a, b) => score(a) - score(b));
}
