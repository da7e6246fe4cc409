import { faultFindings } from "../../../src/istio/lint/rules.ts";
import type { HTTPRoute } from "../../../src/istio/types.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test.each<{ fault: unknown; says: readonly string[] }>([
  { fault: undefined, says: [] },
  { fault: null, says: [] },
  { fault: [], says: [] },
  { fault: { abort: null, delay: 7 }, says: [] },
  {
    fault: { abort: { httpStatus: 503, percentage: { value: 0.5 } } },
    says: ["0.5 % of the requests are answered with status 503"],
  },
  {
    fault: { abort: { grpcStatus: "UNAVAILABLE", percent: 10 } },
    says: ["10 % of the requests are answered with gRPC status UNAVAILABLE"],
  },
  {
    fault: {
      delay: { fixedDelay: "7s", percentage: {} },
      abort: { httpStatus: { toString: 1 } },
    },
    says: [
      "Some of the requests are held back for 7s",
      "Some of the requests are answered with gRPC status unknown",
    ],
  },
  {
    fault: { delay: { fixedDelay: { toString: 1 }, percentage: "all" } },
    says: ["Some of the requests are held back for a while"],
  },
])("fault $fault is told as $says", ({ fault, says }) => {
  const route = { fault } as HTTPRoute;
  assertEquals(
    faultFindings(route).map(({ message }) => message),
    says.map((text) => `${text}: the rule injects a fault`),
  );
});
