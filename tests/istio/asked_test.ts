import { readAsked } from "../../src/istio/asked.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test.each([
  [{ kind: "gateway" }, "client.gateway is missing"],
  [
    { kind: "gateway", gateway: "" },
    'client.gateway "" is not NAME or NAMESPACE/NAME',
  ],
  [
    { gateway: "a/b/c" },
    'client.gateway "a/b/c" is not NAME or NAMESPACE/NAME',
  ],
  [
    { kind: "waypoint", gateway: "/w" },
    'client.gateway "/w" is not NAME or NAMESPACE/NAME',
  ],
  [{ kind: "sidecar", gateway: "g" }, "client.gateway is there for a sidecar"],
])("a client of %j is none", (client, why) => {
  assertEquals(readAsked({ host: "a", client }), { ok: false, why });
});
