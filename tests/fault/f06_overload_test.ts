import { ClusterError } from "../../src/errors.ts";
import { fake, listOf } from "../cluster/fake_server.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { clusterAt, serve } from "./rig/cluster_at.ts";
import { startFaultProxy } from "./rig/fault_proxy.ts";
import { suite } from "./suite.ts";

const overloaded = (headers: Record<string, string>) =>
  new Response("Too many requests, please try again later.", {
    status: 429,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });

suite(
  {
    id: "F06",
    shows:
      "three times 429: each wait is as long as the server asks, or longer",
    command: "list",
    seeds: 5,
  },
  async (draw) => {
    await using at = await fake(
      (_, nth) =>
        nth <= 3 ? overloaded({ "retry-after": "1" }) : listOf(["reviews"]),
      { random: draw.next() },
    );
    const { items } = await at.cluster.list("VirtualService");
    assertEquals(items.length, 1);
    assertEquals(at.seen.length, 4);
    assertEquals(at.clock.slept.length, 3);
    assert(at.clock.slept.every((wait) => wait >= 1000));
  },
);

suite(
  {
    id: "F07",
    shows: "a server that shuts down is asked again after its time, elsewhere",
    command: "list",
  },
  async () => {
    let requests = 0;
    await using server = serve(() =>
      ++requests === 1
        ? overloaded({ "retry-after": "5", connection: "close" })
        : listOf(["reviews"])
    );
    await using proxy = await startFaultProxy(server.port, () => undefined);
    await using at = await clusterAt(proxy.port);
    await at.cluster.list("VirtualService");
    assertEquals([requests, proxy.connections], [2, 2]);
    assert(at.clock.slept[0]! >= 5000);
  },
);

suite(
  {
    id: "F08",
    shows:
      "a hostile Retry-After neither stops a command for long nor makes it hot",
    command: "list",
    seeds: 5,
  },
  async (draw) => {
    for (
      const value of [
        "86400",
        "-5",
        "0",
        "1e9",
        "soon",
        "",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "9".repeat(400),
      ]
    ) {
      await using at = await fake(
        () => overloaded({ "retry-after": value }),
        { random: 0.1 + draw.next() * 0.9 },
      );
      const began = at.clock.now().getTime();
      const error = await assertRejects(
        () => at.cluster.list("VirtualService"),
        ClusterError,
      );
      assertEquals(error.code, "overloaded", value);
      assert(at.seen.length <= 10, `${value}: ${at.seen.length} requests`);
      const took = at.clock.now().getTime() - began;
      assert(took <= 15_000, `${value}: ${took} ms`);
    }
  },
);
