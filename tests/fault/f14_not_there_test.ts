import { exitCodeOf } from "../../src/cli/exit.ts";
import { ClusterError } from "../../src/errors.ts";
import { fake, listOf, status } from "../cluster/fake_server.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { suite } from "./suite.ts";

const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "reviews",
} as const;
const LABEL = [{ op: "add", path: "/metadata/labels", value: {} }] as const;

/** What answers while there is no such API. */
const noApi = (): Response =>
  new Response("404 page not found\n", {
    status: 404,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });

/** What answers for an object that is not there. */
const noObject = (): Response =>
  status(404, "NotFound", {
    message: 'virtualservices.networking.istio.io "reviews" not found',
    details: { name: "reviews", kind: "virtualservices" },
  });

/** What answers for everything while the API server starts. */
const notYet = (): Response =>
  status(503, "ServiceUnavailable", {
    message:
      "the request has been made before all known HTTP paths have been installed, please try again",
    details: { retryAfterSeconds: 5 },
    headers: { "retry-after": "5" },
  });

suite(
  {
    id: "F14",
    shows:
      "no such API, no such object and a server that starts: three messages, none for another",
    command: "list, get, patch",
  },
  async (_, report) => {
    const messages: string[] = [];
    for (
      const { answer, code, exit, says } of [
        { answer: noApi, code: "kind-not-served", exit: 1, says: "does not" },
        { answer: noObject, code: "not-found", exit: 1, says: "not found" },
        { answer: notYet, code: "unreachable", exit: 5, says: "(503)" },
      ] as const
    ) {
      await using at = await fake(answer);
      const error = await assertRejects(
        () => at.cluster.patch(REF, LABEL),
        ClusterError,
      );
      assertEquals([error.code, exitCodeOf(error)], [code, exit]);
      assertStringIncludes(error.message, says);
      messages.push(error.message);
      report.note("messages", 1);
    }
    assertEquals(new Set(messages).size, 3);
  },
);

suite(
  {
    id: "F14",
    shows:
      "a missing API is asked for in each version, a missing object is none",
    command: "list, get",
  },
  async () => {
    await using without = await fake(noApi);
    await assertRejects(
      () => without.cluster.list("VirtualService"),
      ClusterError,
    );
    assert(without.seen.length > 1);
    assertEquals(without.clock.slept, []);
    await using empty = await fake(noObject);
    assertEquals(await empty.cluster.get(REF), undefined);
    assertEquals(empty.seen.length, 1);
  },
);

suite(
  {
    id: "F14",
    shows:
      "a server that starts is asked again after its time, and in the same version",
    command: "list",
  },
  async () => {
    await using at = await fake((_, nth) =>
      nth <= 2 ? notYet() : listOf(["reviews"])
    );
    const { items } = await at.cluster.list("VirtualService");
    assertEquals(items.length, 1);
    assertEquals(at.seen.length, 3);
    assertEquals(new Set(at.seen).size, 1);
    for (const wait of at.clock.slept) assertGreaterOrEqual(wait, 5000);
    await using never = await fake(notYet);
    const error = await assertRejects(
      () => never.cluster.list("VirtualService"),
      ClusterError,
    );
    assertNotMatch(error.message, /API \(404\)/);
  },
);
