/**
 * Where the two do not tell the same, and why: what is under none of these
 * is a defect of one of them.
 *
 * @module
 */

import { clientsOf, gatewaysOf } from "../../../src/istio/client.ts";
import {
  effectiveDestinationRule,
  findSubset,
} from "../../../src/istio/destination_rules.ts";
import {
  isWildcard,
  matchesHost,
  namespaceOf,
  resolveHost,
} from "../../../src/istio/hosts.ts";
import { podCount } from "../../../src/istio/pods.ts";
import { isVisible, registryOf } from "../../../src/istio/registry.ts";
import type {
  DestinationRule,
  Json,
  VirtualService,
} from "../../../src/istio/types.ts";
import { hostsOf } from "../../../src/istio/virtual_services.ts";
import {
  askedPorts,
  destinationRuleOf,
  destinationsOf,
  gatewayOf,
  hostOnly,
  isDelegate,
  isForAnybody,
  isOldName,
  keepsHosts,
  namedDestinations,
  nameOf,
  ruleOf,
  rulesOf,
  type Seen,
  sharers,
  standsOut,
  subsetNamed,
  takes,
  tells,
  tellsOf,
  virtualServiceOf,
} from "./seen.ts";
import type { Told } from "./told.ts";

/** One reason, and what it holds for. */
export interface Difference {
  readonly code: string;
  /** Who alone tells it. */
  readonly by: "ours" | "theirs";
  /** For the docs: one sentence without a final period. */
  readonly why: string;
  /** Is it the reason here? */
  readonly is: (told: Told, seen: Seen) => boolean;
}

/** Of one code and side the first that fits counts. */
export const DIFFERENCES: readonly Difference[] = [
  {
    code: "IST0101",
    by: "theirs",
    why:
      "The host is not there, which both tell; istioctl tells its subset or port, too",
    is: (told, seen) =>
      /^(mirror )?(subset|port) /.test(told.about) &&
      [hostOnly(told.about), `mirror ${hostOnly(told.about)}`].some((about) =>
        tells(seen, { ...told, about })
      ),
  },
  {
    code: "IST0101",
    by: "theirs",
    why:
      "The gateway is named as `name.namespace`, which istiod reads and istioctl does not",
    is: (told, seen) =>
      isOldName(told.about) && gatewayOf(told, seen) !== undefined,
  },
  {
    code: "IST0101",
    by: "theirs",
    why:
      "The subset is in a DestinationRule for a wildcard (`*.local`), which istioctl takes for none",
    is: ({ about, object }, seen) => {
      const { host, subset } = subsetNamed(about, object, seen);
      return subset !== undefined &&
        seen.world.destinationRules.some((rule) =>
          isWildcard(rule.spec.host) && matchesHost(rule.spec.host, host) &&
          rule.spec.subsets?.some(({ name }) => name === subset) === true
        );
    },
  },
  {
    code: "IST0101",
    by: "theirs",
    why:
      "The subset is of a host outside the cluster and in a DestinationRule of another namespace, which istioctl takes for another host",
    is: ({ about, object }, seen) => {
      const { host, subset } = subsetNamed(about, object, seen);
      return subset !== undefined && !host.includes(".svc.") &&
        seen.world.destinationRules.some((rule) =>
          rule.spec.host === host &&
          namespaceOf(rule) !== namespaceOf(virtualServiceOf(object, seen)) &&
          rule.spec.subsets?.some(({ name }) => name === subset) === true
        );
    },
  },
  {
    code: "IST0101",
    by: "theirs",
    why:
      "Every client of the rule can see the host, wherever the VirtualService stands; istioctl looks from its namespace, or from those of its `exportTo`",
    is: (one, seen) => whoSees(one, seen)?.every((sees) => sees) === true,
  },
  {
    code: "IST0101",
    by: "theirs",
    why:
      "The Gateway has no server, and Istio refuses it, which both tell (IST0106); pods with its labels are there",
    is: ({ about, object }, { theirs }) =>
      about === "selector" &&
      theirs.some((one) => one.code === "IST0106" && one.object === object),
  },
  {
    code: "IST0101",
    by: "theirs",
    why: "The Secret of a Gateway: istiops reads no Secrets",
    is: ({ about }) => about === "credentialName",
  },
  {
    code: "IST0101",
    by: "ours",
    why:
      "istioctl takes the host for one that is not there, and looks no further",
    is: ({ about, object }, { theirs }) =>
      /^(mirror )?(subset|port) /.test(about) &&
      theirs.some((one) =>
        one.object === object && one.code === "IST0101" &&
        one.about.replace("mirror ", "") === hostOnly(about)
      ),
  },
  {
    code: "IST0101",
    by: "ours",
    why:
      "The Service is not exported to a namespace whose clients (or gateway pods) have the rule; istioctl looks from the VirtualService's namespace",
    is: (one, seen) => whoSees(one, seen)?.some((sees) => !sees) === true,
  },
  {
    code: "IST0101",
    by: "ours",
    why:
      "The host is within the wildcard of a ServiceEntry (`*.wild.test`), which istioctl takes for it; a destination has to be written as the ServiceEntry is",
    is: ({ about }, seen) => {
      const [, host = ""] = /^(?:mirror )?host (.*)$/.exec(about) ?? [];
      const registry = registryOf(seen.world);
      return !registry.has(host) &&
        registry.keys().some((one) =>
          isWildcard(one) && matchesHost(one, host)
        );
    },
  },
  {
    code: "IST0101",
    by: "ours",
    why:
      "Some DestinationRule has the subset, which is enough for istioctl, but it is not the one in effect for the clients of the rule",
    is: ({ about, object }, seen) => {
      const { host, subset } = subsetNamed(about, object, seen);
      const { world } = seen;
      return subset !== undefined &&
        world.destinationRules.some((rule) =>
          resolveHost(rule.spec.host, namespaceOf(rule), world.mesh) === host &&
          rule.spec.subsets?.some(({ name }) => name === subset) === true
        ) &&
        clientsOf(world, virtualServiceOf(object, seen)).some((client) =>
          findSubset(effectiveDestinationRule(world, host, client), subset) ===
            undefined
        );
    },
  },
  {
    code: "IST0109",
    by: "theirs",
    why:
      "The object itself names the host twice (`a` and its full name), and nobody loses",
    is: ({ object }, seen) => {
      const own = hostsOf(seen.world, virtualServiceOf(object, seen));
      return sharers(object, seen).length === 0 &&
        own.length > new Set(own).size;
    },
  },
  {
    code: "IST0109",
    by: "theirs",
    why:
      "One host is a wildcard that holds the other (`*.local`): the one without has its requests, and the rest are the wildcard's",
    is: ({ object }, seen) => sharers(object, seen).length === 0,
  },
  {
    code: "IST0109",
    by: "theirs",
    why:
      "One is for connections (`tcp`, `tls`), the other for requests: both are in effect",
    is: ({ object }, seen) => {
      const isForRequests = rulesOf(object, seen).length > 0;
      return sharers(object, seen).every(({ spec }) =>
        ((spec.http ?? []).length > 0) !== isForRequests
      );
    },
  },
  {
    code: "IST0109",
    by: "theirs",
    why:
      "One has no rule for clients of any kind (`sourceLabels`, `gateways`, a missing delegate), so the other has the host",
    is: ({ object }, seen) =>
      [virtualServiceOf(object, seen), ...sharers(object, seen)]
        .filter((one) => isForAnybody(one, seen)).length < 2,
  },
  {
    code: "IST0109",
    by: "theirs",
    why:
      "In its own namespace the object keeps the host; istiops tells the one that loses it there, and takes it for meant where `exportTo` gives others another one",
    is: ({ object }, seen) => keepsHosts(object, seen),
  },
  {
    code: "IST0109",
    by: "ours",
    why:
      "On a gateway, too: each of its rules is behind one of an older object for the host; istioctl looks at the mesh alone",
    is: ({ object }, seen) =>
      !gatewaysOf(virtualServiceOf(object, seen)).includes("mesh"),
  },
  {
    code: "IST0112",
    by: "ours",
    why:
      "istioctl takes the host for one that is not there, and looks no further",
    is: ({ about, object }, { theirs }) =>
      theirs.some((one) =>
        one.object === object && one.code === "IST0101" &&
        one.about.replace("mirror ", "") === about
      ),
  },
  {
    code: "IST0112",
    by: "theirs",
    why:
      "The rule is for connections (`tcp`, `tls`), which istiops looks at for hosts and subsets alone",
    is: ({ object }, seen) => rulesOf(object, seen).length === 0,
  },
  {
    code: "IST0112",
    by: "theirs",
    why: "The object is a delegate, and asked for whatever its roots are",
    is: ({ object }, seen) => isDelegate(object, seen),
  },
  {
    code: "IST0112",
    by: "theirs",
    why:
      "The host is not there for the clients of the rule, which istiops tells in its place (IST0101)",
    is: (told, seen) =>
      ["", "mirror "].some((mirror) =>
        tells(seen, {
          ...told,
          code: "IST0101",
          about: `${mirror}${told.about}`,
        })
      ),
  },
  {
    code: "IST0112",
    by: "theirs",
    why:
      "Every port that clients are known to ask for is one of the destination's",
    is: ({ about, object }, seen) => {
      const host = about.slice("host ".length);
      const source = virtualServiceOf(object, seen);
      const full = resolveHost(host, namespaceOf(source), seen.world.mesh);
      const ports = registryOf(seen.world).get(full)?.ports ?? [];
      return rulesOf(object, seen).filter((rule) =>
        destinationsOf(rule).some((one) =>
          one.host === host && one.port === undefined
        )
      ).every((rule) =>
        askedPorts(object, rule, seen).every((port) =>
          ports.some(({ number }) => number === port)
        )
      );
    },
  },
  {
    code: "IST0130",
    by: "theirs",
    why:
      "The rule is for connections (`tcp`, `tls`), whose order istiops does not look at",
    is: ({ object }, seen) => rulesOf(object, seen).length === 0,
  },
  {
    code: "IST0131",
    by: "theirs",
    why:
      "The rule is for connections (`tcp`, `tls`), whose order istiops does not look at",
    is: ({ object }, seen) => rulesOf(object, seen).length === 0,
  },
  ...["IST0130", "IST0131"].map((code): Difference => ({
    code,
    by: "theirs",
    why: "The object is a delegate: istiops tells it for the roots that use it",
    is: ({ object }, seen) => isDelegate(object, seen),
  })),
  ...["IST0130", "IST0131"].map((code): Difference => ({
    code,
    by: "theirs",
    why:
      "No request gets to any rule of the object, which istiops tells in its place (IST0101 of the gateway, IST0109, IST0132, without-effect)",
    is: ({ object }, seen) =>
      ["IST0109", "IST0132", "without-effect", "IST0165"].some((one) =>
        tellsOf(seen, one, object)
      ) ||
      seen.ours.some((one) =>
        one.code === "IST0101" && one.object === object &&
        one.about.startsWith("gateway ")
      ),
  })),
  ...["IST0130", "IST0131"].map((code): Difference => ({
    code,
    by: "theirs",
    why:
      "The rule, or the one above that takes its requests, delegates: the delegate's rules decide what it takes",
    is: ({ object, about }, seen) => {
      const { index, match } = ruleOf(about);
      const rules = rulesOf(object, seen).slice(0, index + 1);
      const above = rules.slice(0, -1);
      return rules.at(-1)?.delegate !== undefined ||
        (match === undefined
          ? above.filter(({ match = [] }) => match.length === 0)
            .every(({ delegate }) => delegate !== undefined)
          : above.some(({ delegate }) => delegate !== undefined));
    },
  })),
  {
    code: "IST0131",
    by: "theirs",
    why:
      "The rule has nothing to do, and Istio refuses it, which both tell (IST0106)",
    is: ({ object, about }, seen) => {
      const { route, redirect, directResponse, delegate } = rulesOf(
        object,
        seen,
      )[ruleOf(about).index]!;
      return (route ?? redirect ?? directResponse ?? delegate) === undefined;
    },
  },
  {
    code: "IST0131",
    by: "theirs",
    why: "The whole rule is dead, which istiops tells once (IST0130)",
    is: (told, seen) =>
      tells(seen, {
        ...told,
        code: "IST0130",
        about: told.about.replace(/\.match.*/, ""),
      }),
  },
  {
    code: "IST0131",
    by: "theirs",
    why:
      "A false alarm: a request that the match takes was found (istioctl takes no method for GET, and clients, patterns and values that differ for the same)",
    is: ({ object, about }, seen) =>
      takes(object, about, seen) || standsOut(object, about, seen),
  },
  ...["IST0130", "IST0131"].map((code): Difference => ({
    code,
    by: "ours",
    why:
      "A rule of a delegate, as a root uses it; istioctl looks at the delegate by itself",
    is: ({ object }, seen) => isDelegate(object, seen),
  })),
  {
    code: "IST0130",
    by: "ours",
    why:
      "Rules above take all that it would take, though they are not the same; no request was found that it takes",
    is: ({ object, about }, seen) => !takes(object, about, seen),
  },
  {
    code: "IST0131",
    by: "ours",
    why:
      "Something above takes all that it would take, though it is not the same; no request was found that it takes",
    is: ({ object, about }, seen) => !takes(object, about, seen),
  },
  ...(["ours", "theirs"] as const).map((by): Difference => ({
    code: "IST0132",
    by,
    why:
      "The gateway is named as `name.namespace`, which istiod reads and istioctl does not",
    is: ({ object }, seen) =>
      (virtualServiceOf(object, seen).spec.gateways ?? []).some((name) =>
        name.includes(".") && !name.includes("/")
      ),
  })),
  {
    code: "IST0132",
    by: "theirs",
    why: "The gateway is not there, which both tell (IST0101)",
    is: (told, seen) => gatewayOf(told, seen) === undefined,
  },
  {
    code: "IST0133",
    by: "theirs",
    why:
      "A word of the webhook about something other than an old form, which no request notices",
    is: ({ about }) => about.includes(" "),
  },
  {
    code: "IST0173",
    by: "ours",
    why:
      "The name of the subset is there twice, and Istio refuses it, which both tell (IST0106)",
    is: ({ object, about }, seen) =>
      (destinationRuleOf(object, seen).spec.subsets ?? []).filter(({ name }) =>
        about === `subset ${name}`
      ).length > 1,
  },
  {
    code: "IST0173",
    by: "ours",
    why:
      "Pods have the labels, but none that the Service selects; istioctl takes pods of any namespace and Service",
    is: ({ object, about }, seen) => {
      const rule = destinationRuleOf(object, seen);
      const labels = labelsOf(rule, about);
      return seen.world.pods.some(({ metadata }) =>
        Object.entries(labels).every(([key, value]) =>
          metadata.labels?.[key] === value
        )
      );
    },
  },
  {
    code: "IST0173",
    by: "ours",
    why:
      "istioctl takes the host of the DestinationRule for one that is not there (IST0174), and looks no further",
    is: ({ object }, { theirs }) =>
      theirs.some((one) => one.code === "IST0174" && one.object === object),
  },
  {
    code: "IST0173",
    by: "theirs",
    why:
      "A rule names the subset, but for its clients another DestinationRule is in effect (IST0101)",
    is: ({ object, about }, seen) => {
      const rule = destinationRuleOf(object, seen);
      const subset = about.slice("subset ".length);
      const full = resolveHost(
        rule.spec.host,
        namespaceOf(rule),
        seen.world.mesh,
      );
      return seen.world.virtualServices.some((source) =>
        namedDestinations(nameOf(source), seen).some((one) =>
          one.subset === subset &&
          resolveHost(one.host, namespaceOf(source), seen.world.mesh) === full
        )
      );
    },
  },
  {
    code: "IST0173",
    by: "theirs",
    why: "The DestinationRule is for nobody, which istiops tells (IST0174)",
    is: ({ object }, seen) => tellsOf(seen, "IST0174", object),
  },
  {
    code: "IST0173",
    by: "theirs",
    why: "The host is a ServiceEntry's, whose endpoints istiops does not count",
    is: ({ object }, seen) => {
      const rule = destinationRuleOf(object, seen);
      const { world } = seen;
      const host = resolveHost(rule.spec.host, namespaceOf(rule), world.mesh);
      return registryOf(world).get(host)?.kind === "ServiceEntry" &&
        !podCount(world, { host, labels: {} }).known;
    },
  },
  {
    code: "IST0174",
    by: "theirs",
    why:
      "The host is a wildcard (`*.local`) with Services in it, which istioctl takes for none",
    is: ({ object }, seen) => {
      const { host } = destinationRuleOf(object, seen).spec;
      return isWildcard(host) &&
        registryOf(seen.world).keys().some((one) => matchesHost(host, one));
    },
  },
  {
    code: "IST0174",
    by: "theirs",
    why:
      "The host can be seen where the DestinationRule stands; istioctl looks from the namespaces of its `exportTo`",
    is: ({ object }, seen) => {
      const rule = destinationRuleOf(object, seen);
      const { world } = seen;
      const host = resolveHost(rule.spec.host, namespaceOf(rule), world.mesh);
      const service = registryOf(world).get(host);
      return (rule.spec.exportTo ?? []).length > 0 && service !== undefined &&
        isVisible(service, namespaceOf(rule));
    },
  },
  {
    code: "IST0174",
    by: "theirs",
    why:
      "The DestinationRule stands in the namespace of the Service, or in the root namespace: it is for all that can see the Service, wherever that is",
    is: ({ object }, seen) => {
      const rule = destinationRuleOf(object, seen);
      const { world } = seen;
      const host = resolveHost(rule.spec.host, namespaceOf(rule), world.mesh);
      const service = registryOf(world).get(host);
      return service !== undefined &&
        [service.namespace, world.mesh.rootNamespace].includes(
          namespaceOf(rule),
        );
    },
  },
  {
    code: "IST0174",
    by: "ours",
    why:
      "The Service is exported to a namespace of the rule's `exportTo` alone, whose clients do not look for rules here",
    is: ({ object }, seen) => {
      const rule = destinationRuleOf(object, seen);
      const { world } = seen;
      const host = resolveHost(rule.spec.host, namespaceOf(rule), world.mesh);
      const service = registryOf(world).get(host);
      return service !== undefined && !isVisible(service, namespaceOf(rule));
    },
  },
  {
    code: "IST0174",
    by: "ours",
    why:
      "The host is within the wildcard of a ServiceEntry (`*.wild.test`), which istioctl takes for it; a DestinationRule for a part of it is for nobody",
    is: ({ object }, seen) => {
      const { host } = destinationRuleOf(object, seen).spec;
      return registryOf(seen.world).keys().some((one) =>
        isWildcard(one) && matchesHost(one, host)
      );
    },
  },
  {
    code: "IST0140",
    by: "ours",
    why:
      "istioctl compares hosts as texts: `a` and its full name are two for it",
    is: ({ object }, seen) => subsetHolders(object, seen).length === 0,
  },
  {
    code: "IST0140",
    by: "theirs",
    why: "The object is bound to `mesh` alone, by name",
    is: ({ object }, seen) =>
      gatewaysOf(virtualServiceOf(object, seen)).every((name) =>
        name === "mesh"
      ),
  },
  {
    code: "IST0140",
    by: "theirs",
    why:
      "The rules with the subset are for the gateway, too, or not for the mesh",
    is: ({ object }, seen) => {
      const own = gatewaysOf(virtualServiceOf(object, seen));
      return subsetHolders(object, seen).every((one) =>
        !gatewaysOf(one).includes("mesh") ||
        gatewaysOf(one).some((name) => name !== "mesh" && own.includes(name))
      );
    },
  },
  {
    code: "IST0140",
    by: "theirs",
    why: "The same short name is another Service in another namespace",
    is: ({ object }, seen) =>
      subsetHolders(object, seen).some((one) =>
        namespaceOf(one) !== namespaceOf(virtualServiceOf(object, seen))
      ),
  },
];

/** Those that istioctl means: the host is written as it is here. */
function subsetHolders(object: string, seen: Seen): VirtualService[] {
  const routed = (one: string) =>
    rulesOf(one, seen).flatMap(({ route = [] }) =>
      route.map(({ destination }) => destination)
    );
  const written = routed(object).filter(({ subset }) => !subset)
    .map(({ host }) => host);
  return seen.world.virtualServices.filter((one) =>
    routed(nameOf(one)).some(({ host, subset }) =>
      subset && written.includes(host) && one.spec.hosts?.includes(host)
    )
  );
}

/** For each client of an object, whether it sees the host that is told. */
function whoSees(
  { about, object }: Told,
  seen: Seen,
): readonly boolean[] | undefined {
  const [, host] = /^(?:mirror )?host (.*)$/.exec(about) ?? [];
  if (host === undefined) return undefined;
  const { world } = seen;
  const source = virtualServiceOf(object, seen);
  const service = registryOf(world).get(
    resolveHost(host, namespaceOf(source), world.mesh),
  );
  return service &&
    clientsOf(world, source).map(({ namespace }) =>
      isVisible(service, namespace)
    );
}

function labelsOf(
  rule: DestinationRule,
  about: string,
): Readonly<Record<string, Json>> {
  const name = about.slice("subset ".length);
  return (rule.spec.subsets?.find((one) => one.name === name)?.labels ??
    {}) as Readonly<Record<string, Json>>;
}
