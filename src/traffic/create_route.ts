/**
 * A route where there is none (2.6): only when asked for, at the end, to one
 * build.
 *
 * @module
 */

import { RefusedError, TrafficError, UsageError } from "../errors.ts";
import type {
  HTTPMatchRequest,
  HTTPRoute,
  KubeObject,
  VirtualService,
} from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import { type Builds, findBuild, readBuilds } from "./builds.ts";
import type { Intended } from "./intended.ts";
import type { ShiftIntent } from "./intents.ts";
import { listNames } from "./objects.ts";
import { rulesOf } from "./routes.ts";
import { buildShares } from "./rule_weights.ts";
import { choose } from "./select.ts";
import { rowsOf } from "./share_rows.ts";
import type { ShareRow } from "./types.ts";

/** A world with the route in it, so that the rest of a shift finds it. */
export interface MadeRoute {
  readonly world: World;
  /** The object as it is, by the object with the route. */
  readonly originals: ReadonlyMap<KubeObject, VirtualService>;
  readonly rows: (
    intended: Intended,
    context: { readonly builds: Builds; readonly world: World },
  ) => readonly ShareRow[];
}

/**
 * 2.6: where a route is to be made, the shift is planned as if it were there
 * already, leading to the build, at the end of the list.
 */
export function makeRoute(intent: ShiftIntent, world: World): MadeRoute {
  const untouched: MadeRoute = {
    world,
    originals: new Map(),
    rows: () => [],
  };
  const { createRoute, destination } = intent;
  if (createRoute === undefined) return untouched;
  if (!destination || !intent.names?.length && !intent.selector?.length) {
    throw new UsageError(
      "missing-argument",
      "Cannot make a route: --create-route needs the host (-d) and the VirtualService by name or -l",
    );
  }
  if (intent.weight !== 100 || intent.build === undefined) {
    throw new UsageError(
      "invalid-value",
      "Cannot make a route for a part of the requests: a new route leads to one build",
      { hint: "Use --build B --weight 100 with --create-route" },
    );
  }
  const match = parseMatch(createRoute);
  const chosen = choose(world, intent, { withoutRoute: true });
  const [object] = chosen.objects;
  if (!object || chosen.objects.length > 1) {
    throw new RefusedError(
      "ambiguous-object",
      `Cannot choose where to make the route: ${
        listNames(chosen.objects.map((each) => each.metadata.name))
      } are selected`,
      { hint: "Name one VirtualService" },
    );
  }
  if (
    chosen.rules.some((rule) => rule.kind === "base" && rule.members.length)
  ) {
    return untouched;
  }
  if (!chosen.scope.service) {
    throw new TrafficError(
      "not-found",
      `Cannot make a route to "${chosen.scope.host}": no Service of that name can be seen`,
    );
  }
  if (!object.spec.hosts?.length) {
    throw new RefusedError(
      "no-route",
      `Cannot make a route in "${object.metadata.name}": it is a delegate, whose root decides what reaches it`,
    );
  }
  const builds = readBuilds(world, {
    scope: chosen.scope,
    objects: [object],
    ...(intent.buildLabel === undefined
      ? {}
      : { buildLabel: intent.buildLabel }),
  });
  const build = findBuild(builds, {
    build: intent.build,
    ...(intent.podLabels ? { podLabels: intent.podLabels } : {}),
  });
  const port = destination.port ??
    (chosen.scope.service.spec.ports?.length === 1
      ? chosen.scope.service.spec.ports[0]?.port
      : undefined);
  const route: HTTPRoute = {
    ...(match ? { match: [match] } : {}),
    route: [{
      destination: {
        host: destination.host,
        subset: build.subset ?? "",
        ...(port === undefined ? {} : { port: { number: port } }),
      },
    }],
  };
  const grown: VirtualService = {
    ...object,
    spec: { ...object.spec, http: [...(object.spec.http ?? []), route] },
  };
  return {
    world: {
      ...world,
      virtualServices: world.virtualServices.map((each) =>
        each === object ? grown : each
      ),
    },
    originals: new Map([[grown, object]]),
    rows: (_intended, context) => {
      const rule = rulesOf(grown, { scope: chosen.scope, mesh: world.mesh })
        .at(-1);
      return rule
        ? rowsOf({
          rule,
          route,
          changed: true,
          before: [],
          after: buildShares(rule, context.builds),
        }, context).map((row) => ({ ...row, labels: build.labels }))
        : [];
    },
  };
}

function parseMatch(text: string): HTTPMatchRequest | undefined {
  if (text === "any") return undefined;
  const [, kind, value] = /^(prefix|exact|regex)=(.+)$/.exec(text) ?? [];
  if (!kind || !value) {
    throw new UsageError(
      "invalid-value",
      `Cannot read the match "${text}" of --create-route`,
      { hint: "Use any, prefix=/v1, exact=/login or regex=.+" },
    );
  }
  return { uri: { [kind]: value } };
}
