/**
 * The service whose traffic is changed under load, and somebody else's, which
 * a rule of the same VirtualService asks for.
 *
 * @module
 */

import type { KubeObject, VirtualService } from "../../../src/istio/types.ts";
import type { Api } from "../api.ts";
import { pathOf } from "../api.ts";
import { routing, service } from "../town.ts";
import type { Sort } from "./load.ts";
import { BUILDS, CIDS } from "./steps.ts";

/** Name of the service, its VirtualService and its DestinationRule. */
export const TOWN = "api";

const OTHERS = 9;

/** Sorts of requests: all builds, each header, and somebody else's. */
export const SORTS: readonly Sort[] = [
  { name: "plain", path: "/", headers: {} },
  { name: "others", path: "/static/x", headers: {} },
  ...CIDS.map((cid) => ({
    name: `cid-${cid}`,
    path: "/",
    headers: { "x-cid": String(cid) },
  })),
].map((sort) => ({ ...sort, host: `${TOWN}:5000` }));

/** What a campaign has under its hands; disposing it deletes all of it. */
export interface Town extends AsyncDisposable {
  /** The pods of a build go. */
  take(build: number): Promise<void>;
  /** They come back. */
  bring(build: number): Promise<void>;
}

/** Options of {@linkcode openTown}. */
export interface TownOptions {
  /** Milliseconds until every proxy has heard of it, or of a change of pods. */
  readonly wait: number;
  /** What the last rule matches paths by; nothing: it has no match. */
  readonly master: string | undefined;
}

/** Makes it, and waits until proxies can have heard of it. */
export async function openTown(
  api: Api,
  { wait, master }: TownOptions,
): Promise<Town> {
  const propagated = () => new Promise((done) => setTimeout(done, wait));
  const objects = townObjects(master);
  await api.delete(...objects);
  await api.create(...objects);
  await propagated();

  const there = new Set(BUILDS);
  const setEndpoints = async (): Promise<void> => {
    const slice = service(TOWN, { builds: [...there], pods: 2 })
      .find(({ kind }) => kind === "EndpointSlice")!;
    await api.json("PATCH", pathOf(slice), {
      body: { endpoints: slice["endpoints"] },
      headers: { "content-type": "application/merge-patch+json" },
    });
    await propagated();
  };
  return {
    async take(build) {
      if (there.size === 1 || !there.delete(build)) return;
      await setEndpoints();
      await api.delete(...podsOf(build));
      await propagated();
    },
    async bring(build) {
      if (there.has(build)) return;
      there.add(build);
      await api.create(...podsOf(build));
      await propagated();
      await setEndpoints();
    },
    async [Symbol.asyncDispose]() {
      await api.delete(...objects);
    },
  };
}

/**
 * All that it is made of, all traffic to build 1.
 *
 * @param master What the last rule matches paths by; nothing: it has no match.
 */
export function townObjects(master?: string): KubeObject[] {
  return [
    ...service(TOWN, { builds: BUILDS, pods: 2 }),
    ...service("others", { builds: [OTHERS] }),
    ...withOthers(routing(TOWN, 1), master),
  ];
}

/** The pods of a build. */
export function podsOf(build: number): KubeObject[] {
  return service(TOWN, { builds: [build], pods: 2 })
    .filter(({ kind }) => kind === "Pod");
}

/** `10.77.3.1` is one of build 3. */
export function buildAt(pod: string): string {
  return pod.split(".")[2] ?? "";
}

/** One rule above is somebody else's. */
function withOthers(
  objects: readonly KubeObject[],
  master: string | undefined,
): KubeObject[] {
  return objects.map((object) => {
    if (object.kind !== "VirtualService") return object;
    const { spec } = object as VirtualService;
    const others = {
      match: [{ uri: { prefix: "/static/" } }],
      route: [{ destination: { host: "others", port: { number: 5000 } } }],
    };
    const own = (spec.http ?? []).map((rule) =>
      master === undefined
        ? rule
        : { ...rule, match: [{ uri: { regex: master } }] }
    );
    return { ...object, spec: { ...spec, http: [others, ...own] } };
  });
}
