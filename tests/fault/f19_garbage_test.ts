import { ClusterError, OutcomeUnknownError } from "../../src/errors.ts";
import { fake, listOf, service } from "../cluster/fake_server.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { suite } from "./suite.ts";

const JSON_TYPE = { "content-type": "application/json" };
const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "reviews",
} as const;

const good = service("reviews");
const GARBAGE: Readonly<Record<string, () => Response>> = {
  "an HTML page": () =>
    new Response("<html>Please log in</html>", {
      headers: { "content-type": "text/html" },
    }),
  "a redirect to a login": () =>
    new Response(null, {
      status: 302,
      headers: { location: "http://127.0.0.1:1/login" },
    }),
  "another kind": () => Response.json({ ...good, kind: "Secret" }),
  "another name": () => Response.json(service("ratings")),
  "another namespace": () =>
    Response.json({
      ...good,
      metadata: { ...good.metadata, namespace: "prod" },
    }),
  "nothing": () => new Response("", { headers: JSON_TYPE }),
  "null": () => Response.json(null),
  "a number": () => Response.json(7),
  "a list": () => Response.json([good]),
  "half an object": () =>
    new Response(JSON.stringify(good).slice(0, -9), { headers: JSON_TYPE }),
  "bytes that are no text": () =>
    new Response(new Uint8Array([0xff, 0xfe, 0x00, 0x80]), {
      headers: JSON_TYPE,
    }),
  "a Status that says Success": () =>
    Response.json({ kind: "Status", apiVersion: "v1", status: "Success" }),
};

suite(
  {
    id: "F19",
    shows: "garbage with status 200 is an error of a read, and asked for once",
    command: "get, list",
  },
  async (_, report) => {
    for (const [what, answer] of Object.entries(GARBAGE)) {
      for (const read of ["get", "list"] as const) {
        await using at = await fake(answer);
        const error = await assertRejects(
          () =>
            read === "get"
              ? at.cluster.get(REF)
              : at.cluster.list("VirtualService"),
          ClusterError,
        );
        assertEquals(error.code, "bad-answer", `${read}: ${what}`);
        assertEquals(at.seen.length, 1, `${read}: ${what}`);
        report.note("answers", 1);
      }
    }
  },
);

suite(
  {
    id: "F19",
    shows:
      "a write that garbage answers is unknown, never done and never failed",
    command: "patch",
  },
  async (_, report) => {
    for (const [what, answer] of Object.entries(GARBAGE)) {
      await using at = await fake(answer);
      const error = await at.cluster.patch(REF, [
        { op: "add", path: "/metadata/resourceVersion", value: "7" },
      ]).then(() => undefined, (thrown) => thrown);
      assert(error instanceof Error, what);
      // A redirect was not carried out by anybody.
      if (what !== "a redirect to a login") {
        assert(error instanceof OutcomeUnknownError, `${what}: ${error}`);
      }
      assertEquals(at.seen.length, 1, what);
      report.note("answers", 1);
    }
  },
);

suite(
  {
    id: "F20",
    shows:
      "gzip that is cut or blown up is an error, and stays small in memory",
    command: "list",
  },
  async () => {
    const packed = await gzip(
      new TextEncoder().encode(await listOf(["reviews"]).text()),
    );
    const answers = {
      cut: () => packed.slice(0, packed.length - 12),
      garbage: () => new Uint8Array(packed.length).fill(7),
    };
    for (const body of Object.values(answers)) {
      await using at = await fake(
        () =>
          new Response(body(), {
            headers: { ...JSON_TYPE, "content-encoding": "gzip" },
          }),
        { limits: { attempts: 2 } },
      );
      await assertRejects(
        () => at.cluster.list("VirtualService"),
        ClusterError,
      );
    }
    const bomb = await gzipBomb(600);
    await using at = await fake(() =>
      new Response(bomb, {
        headers: { ...JSON_TYPE, "content-encoding": "gzip" },
      })
    );
    const before = Deno.memoryUsage().rss;
    const error = await assertRejects(
      () => at.cluster.list("VirtualService"),
      ClusterError,
    );
    assertEquals(error.code, "too-large");
    const grown = (Deno.memoryUsage().rss - before) / 2 ** 20;
    assert(grown < 300, `${Math.round(grown)} MiB more`);
  },
);

async function gzip(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Mebibytes of spaces within a JSON string, packed. */
async function gzipBomb(mebibytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const block = new Uint8Array(2 ** 20).fill(0x20);
  let left = mebibytes;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(block);
      else controller.close();
    },
  }).pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
