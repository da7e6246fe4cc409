/**
 * What the API server says about itself: versions, groups, kinds, in the old
 * form (one document a group version) and in the aggregated one, and just
 * enough OpenAPI for kubectl to leave the checking of fields to the server.
 *
 * @module
 */

import { apiVersionOf, type Resource } from "./kinds.ts";

type Document = Readonly<Record<string, unknown>>;

const VERBS = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];
const PART_VERBS = ["get", "patch", "update"];

/** Questions about oneself: they can be asked, not stored. */
const REVIEWS: readonly Resource[] = [
  review("authorization.k8s.io", "SelfSubjectAccessReview"),
  review("authorization.k8s.io", "SelfSubjectRulesReview"),
  review("authentication.k8s.io", "SelfSubjectReview"),
];

/** The version it claims to be. */
export const SERVER_VERSION: Document = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0+istiops-sandbox",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "deno",
  platform: "any",
};

/** What discovery needs to know. */
export interface DiscoveryOptions {
  readonly served: readonly Resource[];
  /** Path in front of everything: `/as/viewer`. */
  readonly base: string;
  readonly accept: string;
}

/** A discovery document and its content type. */
export interface DiscoveryAnswer {
  readonly body: Document;
  readonly contentType: string;
}

/**
 * Answers a path of discovery.
 *
 * @param path Segments of the path.
 * @returns Nothing where there is no such document.
 */
export function discover(
  path: readonly string[],
  options: DiscoveryOptions,
): DiscoveryAnswer | undefined {
  const all = [...options.served, ...REVIEWS];
  const [root, group, version, ...rest] = path;
  const plain = (body: Document | undefined) =>
    body && { body, contentType: "application/json" };
  if (root === "openapi") return plain(openapi(path, options));
  if (rest.length > 0) return undefined;
  if (root === "api") {
    if (version !== undefined) return undefined;
    const core = all.filter((resource) => resource.group === "");
    if (group !== undefined) return plain(resourceList(core, group));
    return aggregated(core, options.accept) ?? plain({
      kind: "APIVersions",
      versions: ["v1"],
      serverAddressByClientCIDRs: [],
    });
  }
  if (root !== "apis") return undefined;
  if (group === undefined) {
    const others = all.filter((resource) => resource.group !== "");
    return aggregated(others, options.accept) ?? plain({
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: [...groupsOf(others)].map(([name, found]) =>
        groupOf(name, found)
      ),
    });
  }
  const found = all.filter((resource) =>
    resource.group === group && group !== ""
  );
  if (found.length === 0) return undefined;
  return plain(
    version === undefined
      ? { kind: "APIGroup", apiVersion: "v1", ...groupOf(group, found) }
      : resourceList(found, version),
  );
}

/** Whether a name after `/apis/GROUP/VERSION/` is one of the questions. */
export function isReview(group: string, plural: string): boolean {
  return REVIEWS.some((one) => one.group === group && one.plural === plural);
}

function aggregated(
  resources: readonly Resource[],
  accept: string,
): DiscoveryAnswer | undefined {
  const asked = accept.split(",").map((part) => part.trim()).find((part) =>
    part.includes("as=APIGroupDiscoveryList") && !part.includes("protobuf")
  );
  const version = asked && /v=(v2(?:beta1)?)(?:;|$)/.exec(asked)?.[1];
  if (version === undefined || version === "") return undefined;
  return {
    contentType:
      `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    body: {
      kind: "APIGroupDiscoveryList",
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: [...groupsOf(resources)].map(([name, found]) => ({
        metadata: name === "" ? {} : { name },
        versions: versionsOf(found).map((served) => ({
          version: served,
          freshness: "Current",
          resources: found.filter(({ versions }) => versions.includes(served))
            .map((resource) => discoveryOf(resource, served)),
        })),
      })),
    },
  };
}

function discoveryOf(resource: Resource, version: string): Document {
  // Of built-in kinds a real server tells the name only.
  const { custom } = resource;
  const own = {
    group: custom ? resource.group : "",
    version: custom ? version : "",
    kind: resource.kind,
  };
  const subresources = [
    ...(resource.status
      ? [{ subresource: "status", responseKind: own, verbs: PART_VERBS }]
      : []),
    ...(resource.scale
      ? [{
        subresource: "scale",
        responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
        verbs: PART_VERBS,
      }]
      : []),
  ];
  return {
    resource: resource.plural,
    responseKind: own,
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: verbsOf(resource),
    ...(resource.shortNames.length === 0
      ? {}
      : { shortNames: resource.shortNames }),
    ...(resource.categories === undefined
      ? {}
      : { categories: resource.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

function resourceList(
  resources: readonly Resource[],
  version: string,
): Document | undefined {
  const found = resources.filter(({ versions }) => versions.includes(version));
  if (found.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    // The core group's own list does not say it.
    ...(found[0]!.group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: apiVersionOf(found[0]!, version),
    resources: found.flatMap((resource) => {
      const { plural, namespaced, kind } = resource;
      const part = { singularName: "", namespaced, verbs: PART_VERBS };
      return [
        {
          name: plural,
          singularName: resource.singular,
          namespaced,
          kind,
          verbs: verbsOf(resource),
          ...(resource.shortNames.length === 0
            ? {}
            : { shortNames: resource.shortNames }),
          ...(resource.categories === undefined
            ? {}
            : { categories: resource.categories }),
        },
        ...(resource.status
          ? [{ ...part, name: `${plural}/status`, kind }]
          : []),
        ...(resource.scale
          ? [{
            ...part,
            name: `${plural}/scale`,
            group: "autoscaling",
            version: "v1",
            kind: "Scale",
          }]
          : []),
      ];
    }),
  };
}

/**
 * kubectl asks here whether PATCH knows `fieldValidation`; where it does,
 * kubectl needs no schemas.
 */
function openapi(
  path: readonly string[],
  { served, base }: DiscoveryOptions,
): Document | undefined {
  if (path[1] !== "v3") return undefined;
  const root = (resource: Resource, version: string) =>
    resource.group === ""
      ? `api/${version}`
      : `apis/${resource.group}/${version}`;
  if (path.length === 2) {
    const all = served.flatMap((resource) =>
      resource.versions.map((version) => root(resource, version))
    );
    return {
      paths: Object.fromEntries(
        [...new Set(all)].map((name) => [name, {
          serverRelativeURL: `${base}/openapi/v3/${name}?hash=0`,
        }]),
      ),
    };
  }
  const wanted = path.slice(2).join("/");
  const paths = served.flatMap((resource) =>
    resource.versions.filter((version) => root(resource, version) === wanted)
      .map((version) => [
        `/${wanted}${
          resource.namespaced ? "/namespaces/{namespace}" : ""
        }/${resource.plural}/{name}`,
        patchOperation(resource, version),
      ])
  );
  if (paths.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "istiops sandbox", version: "v1" },
    paths: Object.fromEntries(paths),
  };
}

function patchOperation(resource: Resource, version: string): Document {
  return {
    patch: {
      parameters: ["dryRun", "fieldManager", "fieldValidation"].map((name) => ({
        name,
        in: "query",
        schema: { type: "string" },
      })),
      responses: { "200": { description: "OK" } },
      "x-kubernetes-action": "patch",
      "x-kubernetes-group-version-kind": {
        group: resource.group,
        version,
        kind: resource.kind,
      },
    },
  };
}

function groupOf(name: string, found: readonly Resource[]): Document {
  const versions = versionsOf(found).map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

function groupsOf(
  resources: readonly Resource[],
): ReadonlyMap<string, readonly Resource[]> {
  return Map.groupBy(resources, ({ group }) => group);
}

function versionsOf(resources: readonly Resource[]): readonly string[] {
  return [...new Set(resources.flatMap(({ versions }) => versions))];
}

function verbsOf(resource: Resource): readonly string[] {
  if (REVIEWS.includes(resource)) return ["create"];
  // Nobody is to delete all namespaces at once.
  return resource.kind === "Namespace"
    ? VERBS.filter((verb) => verb !== "deletecollection")
    : VERBS;
}

function review(group: string, kind: string): Resource {
  return {
    group,
    versions: ["v1"],
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: [],
    namespaced: false,
    custom: false,
    status: false,
    counted: false,
  };
}
