/**
 * Worlds whose every name is free text that a format might misread. Istio
 * refuses most of it; files hold what somebody put there.
 *
 * @module
 */

import fc from "fast-check";
import type { HTTPRoute, KubeObject } from "../../../src/istio/types.ts";
import { type World, worldOf } from "../../../src/istio/world.ts";

/** Text that ends strings, elements, sections, or hides itself. */
export const SPLINTERS: readonly string[] = [
  '"',
  "'",
  "`",
  "\\",
  '\\"',
  "\n",
  "\r\n",
  "\t",
  "\0",
  "\x1b[31m",
  "\x1b]0;title\x07",
  "\u202e",
  "\u2066",
  "\u200b",
  "\ufeff",
  "\ufffe",
  "\uffff",
  "\ud800",
  "\u2028",
  "</script><script>alert(1)</script>",
  "<!--",
  "-->",
  "]]>",
  "<![CDATA[",
  "</style>",
  "</svg>",
  "</title>",
  "&amp;",
  "&#0;",
  "&",
  "#34;",
  "#quot;",
  "%%{init: {}}%%",
  "%% comment",
  "end",
  "style x fill:#f00;",
  "classDef:#34;",
  "click n0 call x()",
  "]",
  ")]",
  "|",
  "-->|x|",
  "\\N",
  "\\l",
  "${x}",
  "javascript:alert(1)",
  "onload=alert(1)",
  "日本語",
  "👩‍💻",
  "a".repeat(200),
];

/** Any text, often with one of them in it. */
export const hostileText = fc.oneof(
  fc.constantFrom(...SPLINTERS),
  fc.array(fc.constantFrom(...SPLINTERS), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join("x")),
  fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
);

const match = hostileText.chain((value) =>
  fc.constantFrom<unknown>(
    { exact: value },
    { prefix: value },
    { regex: value },
    {},
    { exact: value, prefix: value },
    value,
    null,
  )
);

const block = fc.record({
  uri: match,
  headers: fc.dictionary(hostileText, match, { maxKeys: 2 }),
  sourceLabels: fc.dictionary(hostileText, hostileText, { maxKeys: 1 }),
  gateways: fc.array(hostileText, { maxLength: 1 }),
  port: fc.constantFrom<unknown>(undefined, 80, "80"),
}, { requiredKeys: [] });

const destination = fc.record({
  destination: fc.record({
    host: fc.oneof(fc.constant("a"), hostileText),
    subset: hostileText,
    port: fc.constantFrom<unknown>({ number: 80 }, { number: "x" }, null),
  }, { requiredKeys: ["host"] }),
  weight: fc.constantFrom<unknown>(undefined, 0, 1, 50, 99, -1, "5", 1e300),
}, { requiredKeys: ["destination"] });

const rule = fc.oneof(
  fc.record({
    name: hostileText,
    match: fc.array(block, { maxLength: 2 }),
    route: fc.array(destination, { maxLength: 3 }),
    mirror: fc.record({ host: hostileText }),
    redirect: fc.record({ redirectCode: fc.constantFrom<unknown>(301, "x") }),
    directResponse: fc.record({ status: fc.constantFrom<unknown>(200, "x") }),
    delegate: fc.record({ name: hostileText }),
  }, { requiredKeys: [] }),
  fc.constantFrom<unknown>(null, 7, "rule"),
) as fc.Arbitrary<HTTPRoute>;

const virtualService = fc.record({
  name: hostileText,
  namespace: fc.oneof(fc.constant("default"), hostileText),
  hosts: fc.array(fc.oneof(fc.constant("a"), hostileText), { maxLength: 2 }),
  gateways: fc.array(fc.oneof(fc.constant("mesh"), hostileText), {
    maxLength: 2,
  }),
  http: fc.array(rule, { maxLength: 3 }),
}).map(({ name, namespace, ...spec }): KubeObject => ({
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: { name, namespace },
  spec,
}));

const destinationRule = fc.record({
  name: hostileText,
  subsets: fc.array(
    fc.record({
      name: hostileText,
      labels: fc.dictionary(hostileText, hostileText, { maxKeys: 2 }),
    }),
    { maxLength: 3 },
  ),
}).map(({ name, subsets }): KubeObject => ({
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { name, namespace: "default" },
  spec: { host: "a", subsets },
}));

const SERVICE: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "a", namespace: "default" },
  spec: { selector: { app: "a" }, ports: [{ name: "http", port: 80 }] },
};

/** Whole worlds of it. */
export const hostileWorld: fc.Arbitrary<World> = fc.tuple(
  fc.array(virtualService, { minLength: 1, maxLength: 4 }),
  fc.array(destinationRule, { maxLength: 2 }),
).map(([services, rules]) => worldOf([...services, ...rules, SERVICE]));

/** One world with each of the splinters in each place. */
export const HOSTILE: World = worldOf([
  SERVICE,
  ...SPLINTERS.flatMap((text): KubeObject[] => [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: text, namespace: "default" },
      spec: {
        hosts: [`a.${text}`],
        gateways: ["mesh", text],
        http: [{
          name: text,
          match: [{ headers: { [text]: { exact: text } } }],
          route: [{ destination: { host: "a", subset: text } }],
        }],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: { name: text, namespace: "default" },
      spec: { host: "a", subsets: [{ name: text, labels: { [text]: text } }] },
    },
  ]),
]);
