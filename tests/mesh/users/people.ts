/**
 * Users of a real API server: how they show who they are, and what they may.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import { apiOf, type Places } from "../places.ts";

const RBAC = "rbac.authorization.k8s.io";

/** What somebody may: rules of a Role. */
export type Rules = readonly Readonly<Record<string, readonly string[]>>[];

/** A user with a token, in a namespace. */
export interface Person {
  /** As the server calls them. */
  readonly name: string;
  readonly token: string;
}

/**
 * Makes a ServiceAccount with a token.
 *
 * @param may Rules for all of the cluster, and for the namespace.
 */
export async function person(
  places: Places,
  name: string,
  options: {
    readonly namespace: string;
    readonly everywhere?: Rules;
    readonly here?: Rules;
  },
): Promise<Person> {
  const { namespace, everywhere = [], here = [] } = options;
  const metadata = { name, namespace };
  const subjects = [{ kind: "ServiceAccount", ...metadata }];
  using api = apiOf(places);
  await api.create(
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    ...granted("ClusterRole", everywhere, {
      metadata: { name: `${namespace}-${name}` },
      subjects,
    }),
    ...granted("Role", here, { metadata, subjects }),
  );
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { status } = await api.json("POST", path, {
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest" },
  }) as unknown as { readonly status: { readonly token: string } };
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    token: status.token,
  };
}

/** Gives somebody these rules in place of those that they had. */
export async function setRules(
  places: Places,
  { name }: Person,
  options: { readonly everywhere: Rules; readonly here: Rules },
): Promise<void> {
  const { everywhere, here } = options;
  const [, , namespace, account] = name.split(":");
  const of = `/apis/${RBAC}/v1`;
  using api = apiOf(places);
  for (
    const [path, rules] of [
      [`${of}/clusterroles/${namespace}-${account}`, everywhere],
      [`${of}/namespaces/${namespace}/roles/${account}`, here],
    ] as const
  ) {
    await api.json("PATCH", path, {
      body: { rules },
      headers: { "content-type": "application/merge-patch+json" },
    });
  }
}

/** May they, says the server? */
export async function may(
  places: Places,
  { name }: Person,
  right: string,
): Promise<boolean> {
  const [verb, full = ""] = right.split(" ");
  const [resource, ...group] = full.split(".");
  const namespace = name.split(":")[2];
  using api = apiOf(places);
  const { status } = await api.json(
    "POST",
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    {
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
          user: name,
          groups: [`system:serviceaccounts:${namespace}`],
          resourceAttributes: {
            ...{ verb, resource, group: group.join(".") },
            ...(resource === "namespaces" ? {} : { namespace }),
          },
        },
      },
    },
  ) as unknown as { readonly status: { readonly allowed: boolean } };
  return status.allowed;
}

function granted(
  kind: "ClusterRole" | "Role",
  rules: Rules,
  { metadata, subjects }: {
    readonly metadata: KubeObject["metadata"];
    readonly subjects: readonly unknown[];
  },
): KubeObject[] {
  const apiVersion = `${RBAC}/v1`;
  const { name } = metadata;
  const roleRef = { apiGroup: RBAC, kind, name };
  return [
    { apiVersion, kind, metadata, rules },
    { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects },
  ];
}

/** Writes that a user has asked for since the mesh began, dry runs apart. */
export async function writesOf(
  places: Places,
  { name }: Person,
): Promise<string[]> {
  const lines = (await Deno.readTextFile(places.audit)).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Audited)
    .filter(({ user, requestURI }) =>
      user.username === name && !requestURI.includes("dryRun=All") &&
      // They store nothing.
      !/selfsubject(access)?reviews/.test(requestURI)
    )
    .map(({ verb, requestURI, responseStatus }) =>
      `${verb} ${
        requestURI.split("?")[0]!.split("/").slice(-2).join("/")
      } ${responseStatus.code}`
    );
}

interface Audited {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly responseStatus: { readonly code: number };
}
