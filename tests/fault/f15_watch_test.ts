import type { KubeObject } from "../../src/istio/types.ts";
import { service, status } from "../cluster/fake_server.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { clusterAt, serve } from "./rig/cluster_at.ts";
import { type Draw, suite } from "./suite.ts";

const EVENTS = 10_000;
const OBJECTS = 50;

/** Event number n, which is also its version, is about one of the objects. */
function eventAt(version: number): unknown {
  const object = objectAt(version % OBJECTS, version);
  return { type: "MODIFIED", object };
}

function objectAt(which: number, version: number) {
  const object = service(`service-${which}`);
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(version) },
  };
}

/** The newest version of an object among all events up to one. */
function newest(which: number, version: number): number {
  const distance = ((version - which) % OBJECTS + OBJECTS) % OBJECTS;
  return Math.max(0, version - distance);
}

function listAt(version: number): Response {
  return Response.json({
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualServiceList",
    metadata: { resourceVersion: String(version) },
    items: Array.from(
      { length: OBJECTS },
      (_, which) => objectAt(which, newest(which, version)),
    ),
  });
}

/** How a connection ends, and what the client has to do then. */
const ENDS = {
  "closes": "",
  "a bookmark, then it closes": "",
  "is cut within a line": '{"type":"MODIF',
  "a line that is no JSON": "}{\n",
  "an ERROR event 410":
    '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"code":410,"reason":"Expired"}}\n',
  "HTTP 410": "",
} as const;

type End = keyof typeof ENDS;

const RELISTS: readonly End[] = [
  "a line that is no JSON",
  "an ERROR event 410",
  "HTTP 410",
];

suite(
  {
    id: "F15",
    shows:
      "10,000 events over connections that end in every way: none missed, none twice",
    command: "watch",
    seeds: 3,
  },
  async (draw, report) => {
    const told = { lists: 0, watches: 0, relists: 0 };
    // What has happened; a list shows it.
    let happened = 0;
    await using server = serve((request) => {
      const { searchParams } = new URL(request.url);
      if (!searchParams.has("watch")) {
        told.lists++;
        // Some things happened meanwhile.
        happened = Math.min(EVENTS, happened + draw.integer(0, 20));
        return listAt(happened);
      }
      told.watches++;
      assertEquals(searchParams.get("allowWatchBookmarks"), "true");
      const from = Number(searchParams.get("resourceVersion"));
      assert(from <= happened, `watches from ${from}, ahead of ${happened}`);
      const end = draw.pick(Object.keys(ENDS) as End[]);
      if (RELISTS.includes(end)) told.relists++;
      if (end === "HTTP 410") return status(410, "Expired");
      const last = Math.min(EVENTS, from + draw.integer(0, 400));
      happened = Math.max(happened, last);
      return streamOf(from, { last, end, draw });
    });
    await using at = await clusterAt(server.port);
    const seen = new Map<string, number>();
    let version = -1;
    let syncs = 0;
    for await (const event of at.cluster.watch("VirtualService")) {
      if (event.type === "SYNC") {
        syncs++;
        const versions = event.items.map(versionOf);
        for (const item of event.items) {
          seen.set(item.metadata.name, versionOf(item));
        }
        const before = version;
        version = Math.max(...versions);
        assert(version >= before, `${version} after ${before}`);
      } else {
        assertEquals(versionOf(event.object), version + 1);
        version++;
        seen.set(event.object.metadata.name, version);
      }
      if (version === EVENTS) break;
    }
    assertEquals(syncs, told.lists);
    assert(told.lists <= told.relists + 1, "at most one list for each 410");
    for (let which = 0; which < OBJECTS; which++) {
      assertEquals(seen.get(`service-${which}`), newest(which, EVENTS));
    }
    assert(at.clock.slept.every((wait) => wait >= 800));
    report.note("events", EVENTS);
    report.note("connections", told.watches);
    report.note("lists", told.lists);
  },
);

function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}

/** Events after one up to another, in pieces of any size, and an end. */
function streamOf(
  from: number,
  of: { readonly last: number; readonly end: End; readonly draw: Draw },
): Response {
  const { last, end, draw } = of;
  const lines = Array.from(
    { length: last - from },
    (_, at) => `${JSON.stringify(eventAt(from + 1 + at))}\n`,
  );
  if (end === "a bookmark, then it closes") {
    lines.push(`${
      JSON.stringify({
        type: "BOOKMARK",
        object: {
          apiVersion: "networking.istio.io/v1",
          kind: "VirtualService",
          metadata: { resourceVersion: String(last) },
        },
      })
    }\n`);
  }
  const bytes = new TextEncoder().encode(lines.join("") + ENDS[end]);
  let at = 0;
  return new Response(
    new ReadableStream({
      pull(controller) {
        const next = at + draw.integer(1, 5000);
        if (at < bytes.length) controller.enqueue(bytes.slice(at, next));
        at = next;
        if (at >= bytes.length) controller.close();
      },
    }),
    { headers: { "content-type": "application/json" } },
  );
}
