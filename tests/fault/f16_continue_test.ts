import { fake, service, status } from "../cluster/fake_server.ts";
import { assertEquals } from "../support/assert.ts";
import { suite } from "./suite.ts";

const ALL = 5000;
const PAGE = 500;

suite(
  {
    id: "F16",
    shows: "a list whose continue token expires is listed again, whole",
    command: "list",
    seeds: 9,
  },
  async ({ seed }) => {
    // Page 2 to 10; some servers give a token for an inconsistent rest.
    const expires = seed + 1;
    let isExpired = false;
    const asked: string[] = [];
    await using at = await fake((request) => {
      const { searchParams } = new URL(request.url);
      const start = Number(searchParams.get("continue") ?? 0);
      const limit = Number(searchParams.get("limit") ?? ALL);
      asked.push(`${start}+${limit}`);
      if (!isExpired && start === (expires - 1) * PAGE) {
        isExpired = true;
        return status(410, "Expired", { details: {} });
      }
      const end = Math.min(ALL, start + limit);
      return Response.json({
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualServiceList",
        metadata: {
          resourceVersion: isExpired ? "8" : "7",
          ...(end < ALL ? { continue: String(end) } : {}),
        },
        items: Array.from(
          { length: end - start },
          (_, nth) => service(`${isExpired ? "new" : "old"}-${start + nth}`),
        ),
      });
    });
    const { items, resourceVersion } = await at.cluster.list("VirtualService");
    assertEquals(resourceVersion, "8");
    // Both halves are never mixed.
    assertEquals(
      items.map(({ metadata }) => metadata.name),
      Array.from({ length: ALL }, (_, nth) => `new-${nth}`),
    );
    assertEquals(asked.length, expires + 1);
  },
);
