/**
 * Who may do what in the sandbox. A user is part of the path
 * (`http://127.0.0.1:PORT/as/viewer`), so that rights can be tried out
 * without credentials; without one it is `admin`.
 *
 * @module
 */

import { StatusError } from "./status.ts";

/** What a request wants to do, as the authorizer sees it. */
export interface Attempt {
  readonly verb: string;
  readonly group: string;
  /** The plural, with its subresource: `deployments/scale`. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

interface Rule {
  readonly verbs: readonly string[];
  readonly groups?: readonly string[];
  readonly resources?: readonly string[];
  readonly namespaces?: readonly string[];
}

/** The user of a path without `/as/…`. */
export const DEFAULT_USER = "admin";

const USERS: ReadonlyMap<string, readonly Rule[]> = new Map([
  ["admin", [{ verbs: ["*"] }]],
  ["viewer", [{ verbs: ["get", "list", "watch"] }]],
  // The Role that the Go tool of this name asked for: nothing about pods.
  ["nopods", [{
    verbs: ["get", "list", "patch", "update"],
    groups: ["networking.istio.io"],
    resources: ["virtualservices", "destinationrules"],
  }]],
  ["namespaced", [{ verbs: ["*"], namespaces: ["default"] }]],
]);

/** Names of the users that have any rights. */
export const USER_NAMES: readonly string[] = [...USERS.keys()];

/** Whether a user may; somebody unknown may nothing but ask who he is. */
export function isAllowed(user: string, attempt: Attempt): boolean {
  if (
    attempt.verb === "create" &&
    /^selfsubject(accessreview|rulesreview|review)s$/.test(attempt.resource)
  ) return true;
  return (USERS.get(user) ?? []).some((rule) =>
    holds(rule.verbs, attempt.verb) &&
    holds(rule.groups, attempt.group) &&
    holds(rule.resources, attempt.resource.split("/")[0]!) &&
    (rule.namespaces === undefined ||
      (attempt.namespace !== undefined &&
        rule.namespaces.includes(attempt.namespace)))
  );
}

/** 403 in the words of Kubernetes. */
export function forbidden(user: string, attempt: Attempt): StatusError {
  const { verb, group, resource, namespace, name } = attempt;
  const [plural] = resource.split("/");
  const what = group === "" ? plural! : `${plural}.${group}`;
  const where = namespace === undefined
    ? "at the cluster scope"
    : `in the namespace "${namespace}"`;
  return new StatusError(
    403,
    "Forbidden",
    `${what}${
      name === undefined ? "" : ` "${name}"`
    } is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    {
      details: {
        ...(name === undefined ? {} : { name }),
        ...(group === "" ? {} : { group }),
        kind: plural,
      },
    },
  );
}

/** The rules of a user in a namespace, as SelfSubjectRulesReview has them. */
export function rulesOf(
  user: string,
  namespace: string,
): readonly Readonly<Record<string, unknown>>[] {
  return (USERS.get(user) ?? [])
    .filter(({ namespaces }) => holds(namespaces, namespace))
    .map((rule) => ({
      verbs: rule.verbs,
      apiGroups: rule.groups ?? ["*"],
      resources: rule.resources ?? ["*"],
    }));
}

function holds(list: readonly string[] | undefined, value: string): boolean {
  return list === undefined || list.includes("*") || list.includes(value);
}
