/**
 * Who else writes an object (section 9 of the rules): a live owner puts its
 * own state back, so a change beside it does not last.
 *
 * @module
 */

import { RefusedError } from "../errors.ts";
import type { KubeObject } from "../istio/types.ts";
import { keyOf } from "./objects.ts";

/** An owner and the mark that gave it away. */
export interface Owner {
  readonly name: string;
  readonly mark: string;
}

/** The live owner of an object, if it carries the marks of one. */
export function ownerOf(object: KubeObject): Owner | undefined {
  const { annotations = {}, labels = {}, managedFields = [] } = object.metadata;
  const managers = managedFields.map((each) => each.manager ?? "");
  const argoManager = managers.find((name) =>
    name === "argocd-controller" || name.startsWith("argocd-")
  );
  for (const key of Object.keys({ ...annotations, ...labels })) {
    if (key.startsWith("argocd.argoproj.io/")) {
      return { name: "Argo CD", mark: key };
    }
    if (/^(kustomize|helm)\.toolkit\.fluxcd\.io\//.test(key)) {
      return { name: "Flux", mark: key };
    }
  }
  if (argoManager) {
    return { name: "Argo CD", mark: `field manager ${argoManager}` };
  }
  for (const reference of object.metadata.ownerReferences ?? []) {
    const group = reference.apiVersion?.split("/")[0] ?? "";
    if (group === "flagger.app" || reference.kind === "Canary") {
      return {
        name: "Flagger",
        mark: `owner ${reference.kind}/${reference.name}`,
      };
    }
    if (group === "argoproj.io") {
      return {
        name: "Argo Rollouts",
        mark: `owner ${reference.kind}/${reference.name}`,
      };
    }
  }
  const marks: readonly (readonly [string, string])[] = [
    ["flagger", "Flagger"],
    ["rollouts-controller", "Argo Rollouts"],
    ["kustomize-controller", "Flux"],
    ["helm-controller", "Flux"],
  ];
  for (const [manager, name] of marks) {
    if (managers.includes(manager)) {
      return { name, mark: `field manager ${manager}` };
    }
  }
  for (const key of Object.keys({ ...annotations, ...labels })) {
    if (key.startsWith("rollouts.argoproj.io/")) {
      return { name: "Argo Rollouts", mark: key };
    }
    if (key.startsWith("flagger.app/")) return { name: "Flagger", mark: key };
  }
  return undefined;
}

/**
 * Refuses a change to objects that somebody else keeps.
 *
 * @returns Sentences about what was overridden.
 * @throws {RefusedError} `owned`.
 */
export function refuseOwned(
  objects: readonly KubeObject[],
  options: { readonly override: boolean },
): readonly string[] {
  const owned = objects.flatMap((object) => {
    const owner = ownerOf(object);
    return owner ? [{ object, owner }] : [];
  });
  const sentences = owned.map(({ object, owner }) =>
    `${object.kind} "${
      keyOf(object)
    }" is kept by ${owner.name} (${owner.mark}), which will put its own state back`
  );
  if (owned.length === 0 || options.override) return sentences;
  const half = owned.length < objects.length
    ? "; the other objects of this change would stay as changed, and traffic could break"
    : "";
  throw new RefusedError(
    "owned",
    `Cannot change what somebody else keeps: ${sentences.join("; ")}${half}`,
    {
      hint:
        "Change it where it is kept, or go on with --override-owner (and --verify 3m to see whether it lasts)",
      details: {
        owners: owned.map(({ object, owner }) => ({
          object: `${object.kind}/${keyOf(object)}`,
          ...owner,
        })),
      },
    },
  );
}
