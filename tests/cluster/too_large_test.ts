import { ClusterError } from "../../src/errors.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { fake } from "./fake_server.ts";

const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "reviews",
} as const;

const MIB = 1024 * 1024;

Deno.test.each([
  {
    what: "3.1 MiB, though of fewer characters",
    operations: [{ op: "add", path: "/x", value: "ä".repeat(1.55 * MIB) }],
    says: "the request would have 3.2 MiB, and an API server takes 3",
  },
  {
    what: "10,001 operations",
    operations: Array.from({ length: 10_001 }, (_, at) => ({
      op: "remove" as const,
      path: `/spec/http/${at}`,
    })),
    says:
      "the patch would have 10001 operations, and an API server takes 10000",
  },
])("a patch of $what is refused before it is sent", async ({
  operations,
  says,
}) => {
  await using server = await fake(() => Response.json({}));
  for (const dryRun of [true, false]) {
    const error = await assertRejects(
      () => server.cluster.patch(REF, operations as never, { dryRun }),
      ClusterError,
    );
    assertEquals(error.code, "too-large");
    assertEquals(
      error.message,
      `Cannot change VirtualService "default/reviews": ${says}`,
    );
  }
  assertEquals(server.seen.filter((line) => line.startsWith("PATCH")), []);
});
