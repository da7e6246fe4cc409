import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { kubernetesCluster } from "../../src/cluster/connect.ts";
import { OutcomeUnknownError } from "../../src/errors.ts";
import { listOf, service } from "../cluster/fake_server.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { suite } from "./suite.ts";

const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "reviews",
} as const;

const tls = (name: string): string =>
  Deno.readTextFileSync(new URL(`../cluster/tls/${name}`, import.meta.url));

const LIST = await listOf(["reviews"]).text();
const OBJECT = JSON.stringify(service("reviews"));

type Handler = (stream: ServerHttp2Stream, nth: number) => void;

function answer(stream: ServerHttp2Stream, body: string): void {
  stream.respond({ ":status": 200, "content-type": "application/json" });
  stream.end(body);
}

/** A cluster that speaks HTTP/2 with a server. */
async function overHttp2(
  handler: Handler,
  run: (
    at: { readonly cluster: Cluster; readonly seen: readonly string[] },
  ) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  const server = createSecureServer({
    cert: tls("server.crt"),
    key: tls("server.key"),
  });
  server.on("stream", (stream, headers) => {
    seen.push(String(headers[":method"]));
    // Whatever is broken here is broken on purpose.
    stream.on("error", () => {});
    handler(stream, seen.length);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  const cluster = await kubernetesCluster({
    server: url,
    identity: 'user "tester"',
    certificateAuthority: tls("ca.crt"),
    target: {
      source: "kubernetes",
      server: url,
      namespace: "default",
      flags: [],
    },
  }, {
    clock: new VirtualClock(),
    random: () => 0.5,
    // As the program does it: the way over node:https is HTTP/1.1.
    isolateRoots: true,
  });
  try {
    await run({ cluster, seen });
  } finally {
    await cluster[Symbol.asyncDispose]();
    await new Promise((done) => server.close(done));
  }
}

suite(
  {
    id: "F21",
    shows: "GOAWAY between requests: the next one goes over a new connection",
    command: "list",
  },
  async () => {
    const sessions = new Set<unknown>();
    await overHttp2((stream) => {
      sessions.add(stream.session);
      const { session } = stream;
      stream.on("close", () => session?.goaway());
      answer(stream, LIST);
    }, async ({ cluster, seen }) => {
      for (let nth = 0; nth < 5; nth++) {
        const { items } = await cluster.list("VirtualService");
        assertEquals(items.length, 1);
      }
      assertEquals(seen.length, 5);
      assert(sessions.size > 1, `${sessions.size} connections`);
    });
  },
);

suite(
  {
    id: "F21",
    shows: "RST_STREAM before and within an answer: a read is asked again",
    command: "list",
  },
  async () => {
    await overHttp2((stream, nth) => {
      if (nth === 1) return stream.close(2);
      if (nth === 2) {
        stream.respond({ ":status": 200, "content-type": "application/json" });
        // close() would end the answer before it resets the stream.
        stream.write(LIST.slice(0, 40), () => stream.destroy(new Error("x")));
        return;
      }
      answer(stream, LIST);
    }, async ({ cluster, seen }) => {
      const { items } = await cluster.list("VirtualService");
      assertEquals(items.length, 1);
      assertEquals(seen.length, 3);
    });
  },
);

suite(
  {
    id: "F21",
    shows:
      "RST_STREAM instead of the answer to a write: its outcome is unknown",
    command: "patch",
  },
  async () => {
    await overHttp2((stream) => stream.close(2), async ({ cluster, seen }) => {
      await assertRejects(
        () =>
          cluster.patch(REF, [
            { op: "add", path: "/metadata/resourceVersion", value: "7" },
          ]),
        OutcomeUnknownError,
      );
      assertEquals(seen, ["PATCH"]);
    });
    await overHttp2(
      (stream) => answer(stream, OBJECT),
      async ({ cluster }) => {
        const { metadata } = await cluster.patch(REF, []);
        assertEquals(metadata.name, "reviews");
      },
    );
  },
);
