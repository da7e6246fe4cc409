/**
 * What rules are made of: match blocks and destinations.
 *
 * @module
 */

import type {
  Destination,
  HTTPMatchRequest,
  StringMatch,
} from "../../../src/istio/types.ts";
import type { Draw } from "../agreement/draw.ts";

/** `apiVersion` of all that is Istio's. */
export const NETWORKING = "networking.istio.io/v1";

/** One block, of few, so that they often meet. */
export function anyBlock(draw: Draw, at: number): HTTPMatchRequest {
  return {
    ...draw.chance(15) ? { name: `m${at}` } : {},
    ...draw.fields<HTTPMatchRequest>(75, {
      uri: () =>
        draw.one<StringMatch>([
          { prefix: "/" },
          { prefix: "/a" },
          { prefix: "/a/b" },
          { exact: "/a/b" },
          { regex: "/a.*" },
          { regex: draw.chance(20) ? "(" : ".*" },
        ]),
    }),
    ...draw.fields<HTTPMatchRequest>(15, {
      headers: () => ({
        [draw.one(["x-cid", "x-cid", "x-user"])]: anyText(draw),
      }),
      method: () => draw.one([{ exact: "GET" }, { exact: "POST" }]),
    }),
    ...draw.fields<HTTPMatchRequest>(6, {
      withoutHeaders: () => ({ "x-cid": anyText(draw) }),
      queryParams: () => ({ q: anyText(draw) }),
      authority: () => draw.one([{ exact: "a" }, { prefix: "a" }]),
      port: () => draw.one([80, 8080]),
      sourceLabels: () => ({ app: draw.one(["a", "b"]) }),
      sourceNamespace: () => draw.one(["default", "shop"]),
      gateways: () => [draw.one(["mesh", "default/gate0"])],
      ignoreUriCase: () => true,
    }),
  };
}

function anyText(draw: Draw): StringMatch {
  return draw.one<StringMatch>([
    { exact: "1" },
    { exact: "2" },
    { prefix: "1" },
    { regex: "1.*" },
    {},
  ]);
}

/** Where requests go: mostly something that is there. */
export function anyDestination(draw: Draw, namespace: string): Destination {
  const host = draw.one([
    ...(namespace === "shop" ? ["c", "c", "e"] : ["a", "a", "b", "d"]),
    ...[
      "a.default.svc.cluster.local",
      "a.default.svc.cluster.local",
      "b.default.svc.cluster.local",
      "c.shop.svc.cluster.local",
      "c.shop.svc.cluster.local",
      "d.default.svc.cluster.local",
      "e.shop.svc.cluster.local",
      "ext.example.org",
      "ext.example.org",
    ],
    ...(draw.chance(40)
      ? ["nobody", "a", "c", "a.default", "web.wild.test", "gone.example.org"]
      : []),
  ]);
  return {
    host,
    ...draw.chance(50)
      ? { subset: draw.one(["v1", "v1", "v2", "v3", "gone"]) }
      : {},
    ...draw.chance(35)
      ? { port: { number: draw.one([80, 80, 8080, 9000, 81]) } }
      : {},
  };
}

/** Seldom anything but everybody. */
export function exportTo(
  draw: Draw,
): { readonly exportTo?: readonly string[] } {
  return draw.chance(25)
    ? {
      exportTo: draw.one([
        ["."],
        ["*"],
        ["default"],
        ["shop"],
        [".", "shop"],
        draw.chance(30) ? ["*", "."] : ["."],
      ]),
    }
    : {};
}
