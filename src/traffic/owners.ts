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
  for (const owner of marksOf(object)) return owner;
  return undefined;
}

/** Everybody whose marks an object carries, each once; the live owner first. */
export function ownersOf(object: KubeObject): readonly Owner[] {
  const owners = new Map<string, Owner>();
  for (const owner of marksOf(object)) {
    if (!owners.has(owner.name)) owners.set(owner.name, owner);
  }
  return [...owners.values()];
}

const MANAGERS: readonly (readonly [string, string])[] = [
  ["flagger", "Flagger"],
  ["rollouts-controller", "Argo Rollouts"],
  ["kustomize-controller", "Flux"],
  ["helm-controller", "Flux"],
];

/** Marks from the surest to the weakest. */
function* marksOf(object: KubeObject): Iterable<Owner> {
  const { annotations = {}, labels = {}, managedFields = [] } = object.metadata;
  const managers = managedFields.map((each) => each.manager ?? "");
  const keys = Object.keys({ ...annotations, ...labels });
  for (const key of keys) {
    if (key.startsWith("argocd.argoproj.io/")) {
      yield { name: "Argo CD", mark: key };
    }
    if (/^(kustomize|helm)\.toolkit\.fluxcd\.io\//.test(key)) {
      yield { name: "Flux", mark: key };
    }
  }
  const argoManager = managers.find((name) =>
    name === "argocd-controller" || name.startsWith("argocd-")
  );
  if (argoManager) {
    yield { name: "Argo CD", mark: `field manager ${argoManager}` };
  }
  for (const reference of object.metadata.ownerReferences ?? []) {
    const group = reference.apiVersion?.split("/")[0] ?? "";
    const mark = `owner ${reference.kind}/${reference.name}`;
    if (group === "flagger.app" || reference.kind === "Canary") {
      yield { name: "Flagger", mark };
    } else if (group === "argoproj.io") {
      yield { name: "Argo Rollouts", mark };
    }
  }
  for (const [manager, name] of MANAGERS) {
    if (managers.includes(manager)) {
      yield { name, mark: `field manager ${manager}` };
    }
  }
  for (const key of keys) {
    if (key.startsWith("rollouts.argoproj.io/")) {
      yield { name: "Argo Rollouts", mark: key };
    }
    if (key.startsWith("flagger.app/")) yield { name: "Flagger", mark: key };
  }
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
