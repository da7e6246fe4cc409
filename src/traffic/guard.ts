/**
 * May a build be given requests, by the pods that can be seen?
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import { podCount } from "../istio/pods.ts";
import type { World } from "../istio/world.ts";
import type { Overrides } from "./intents.ts";
import type { Guard } from "./types.ts";

/**
 * Judges one guard: `required` wants ready pods (5.6), `relative` refuses
 * only known unreadiness while a build that falls has ready pods (5.7, 11.4).
 *
 * @returns A warning where the pods cannot be seen and that is no obstacle.
 * @throws {RefusedError} `no-ready-pods`, `pods-unknown`.
 */
export function checkGuard(
  guard: Guard,
  of: { readonly world: World; readonly options: Overrides },
): string | undefined {
  const { world, options } = of;
  if (guard.overridden === true) return undefined;
  const ready = readyPods(world, { host: guard.host, labels: guard.labels });
  const who = `build "${guard.build}" of "${guard.host}"`;
  const details = {
    build: guard.build,
    host: guard.host,
    labels: guard.labels,
    ready,
  };
  if (ready === null) {
    if (guard.rule === "relative" || options.skipPodCheck === true) {
      return `The pods of ${who} cannot be seen`;
    }
    throw new RefusedError(
      "pods-unknown",
      `Cannot send requests to ${who}: its pods cannot be seen`,
      {
        hint: "Give --skip-pod-check if you know that they are ready",
        details,
      },
    );
  }
  if (ready > 0 || options.force === true) return undefined;
  if (guard.rule === "relative") {
    const serving = (guard.falling ?? []).some((labels) =>
      (readyPods(world, { host: guard.host, labels }) ?? 0) > 0
    );
    if (!serving) return undefined;
  }
  throw new RefusedError(
    "no-ready-pods",
    `Cannot send requests to ${who}: none of its pods is ready`,
    {
      hint: "Wait until they are ready (--wait-ready 5m), or give --force",
      details,
    },
  );
}

/** Ready pods of a host with these labels; null where they cannot be seen. */
export function readyPods(
  world: World,
  of: {
    readonly host: string;
    readonly labels: Readonly<Record<string, string>>;
  },
): number | null {
  const count = podCount(world, of);
  return count.known ? count.ready : null;
}
