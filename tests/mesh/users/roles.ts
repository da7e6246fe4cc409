/**
 * The Roles of `packaging/rbac`, right by right.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import { parseAllYaml } from "../../../src/yaml.ts";
import type { Rules } from "./people.ts";

const FOLDER = new URL("../../../packaging/rbac/", import.meta.url);

/** The objects of one of its files. */
export function manifest(name: string): KubeObject[] {
  const text = Deno.readTextFileSync(new URL(`${name}.yaml`, FOLDER));
  return parseAllYaml(text) as KubeObject[];
}

/** The rules of a file with one Role. */
export function rulesOf(name: "viewer" | "editor" | "creator"): Rules {
  return manifest(name)[0]!["rules"] as Rules;
}

/** One by one: `list pods`, `patch virtualservices.networking.istio.io`. */
export function rightsOf(rules: Rules): string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    verbs!.flatMap((verb) =>
      resources!.map((resource) => rightNamed(verb, resource, apiGroups![0]!))
    )
  );
}

/** The same rules without one right. */
export function withoutRight(rules: Rules, right: string): Rules {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources!.map((resource) => ({
      apiGroups: apiGroups!,
      resources: [resource],
      verbs: verbs!.filter((verb) =>
        rightNamed(verb, resource, apiGroups![0]!) !== right
      ),
    }))
  ).filter(({ verbs }) => verbs.length > 0);
}

function rightNamed(verb: string, resource: string, group: string): string {
  return `${verb} ${resource}${group === "" ? "" : `.${group}`}`;
}
