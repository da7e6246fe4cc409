import type { KubeObject } from "../../src/istio/types.ts";
import { resourceOf } from "../../src/sandbox/kinds.ts";
import { scenario } from "../../src/sandbox/scenario.ts";
import { StatusError } from "../../src/sandbox/status.ts";
import { validateObject } from "../../src/sandbox/validate.ts";
import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { destinationRule, NOW, virtualService } from "./support.ts";

const to = (host: string, rest: object = {}) => ({
  destination: { host },
  ...rest,
});
const rule = (http: object, spec: object = {}) =>
  virtualService("one", { spec: { hosts: ["one"], http: [http], ...spec } });

interface Row {
  readonly what: string;
  readonly object: KubeObject;
  readonly code: number;
  readonly says: string;
}

const rows: readonly Row[] = [
  {
    what: "a destination without host",
    object: rule({ route: [{ destination: {} }] }),
    code: 422,
    says: "spec.http[0].route[0].destination.host: Required value",
  },
  {
    what: "a route without destination",
    object: rule({ route: [{ weight: 1 }] }),
    code: 422,
    says: "spec.http[0].route[0].destination: Required value",
  },
  {
    what: "a weight that is text",
    object: rule({ route: [to("one", { weight: "10" })] }),
    code: 422,
    says:
      'spec.http[0].route[0].weight in body must be of type integer: "string"',
  },
  {
    what: "a weight with a fraction",
    object: rule({ route: [to("one", { weight: 1.5 })] }),
    code: 422,
    says: 'must be of type integer: "number"',
  },
  {
    what: "two kinds of match at once",
    object: rule({
      match: [{ uri: { exact: "/", prefix: "/" } }],
      route: [to("one")],
    }),
    code: 422,
    says: "must validate one and only one schema (oneOf)",
  },
  {
    what: "a timeout that is no duration",
    object: rule({ timeout: "5", route: [to("one")] }),
    code: 422,
    says: "must be a valid duration greater than 1ms",
  },
  {
    what: "a DestinationRule without host",
    object: { ...destinationRule("one", []), spec: {} },
    code: 422,
    says: "spec.host: Required value",
  },
  {
    what: "a subset without name",
    object: {
      ...destinationRule("one", []),
      spec: { host: "one", subsets: [{}] },
    },
    code: 422,
    says: "spec.subsets[0].name: Required value",
  },
  {
    what: "a name in capitals",
    object: virtualService("One"),
    code: 422,
    says: "a lowercase RFC 1123 subdomain",
  },
  {
    what: "a label value with a space",
    object: virtualService("one", { labels: { app: "a b" } }),
    code: 422,
    says: "metadata.labels",
  },
  {
    what: "annotations of more than 256 KiB",
    object: {
      ...virtualService("one"),
      metadata: {
        name: "one",
        namespace: "default",
        annotations: { big: "x".repeat(262_142) },
      },
    },
    code: 422,
    says: "metadata.annotations: Too long: may not be more than 262144 bytes",
  },
  {
    what: "labels that are no text",
    object: virtualService("one", {
      labels: { app: 1 } as unknown as Record<string, string>,
    }),
    code: 400,
    says: "cannot unmarshal",
  },
  {
    what: "a delegate with gateways",
    object: rule({ route: [to("one")] }, { hosts: [], gateways: ["front"] }),
    code: 400,
    says: "delegate virtual service must have no gateways specified",
  },
  {
    what: "a wildcard host in the mesh",
    object: rule({ route: [to("one")] }, { hosts: ["*"] }),
    code: 400,
    says: "wildcard host * is not allowed",
  },
  {
    what: "no rule at all",
    object: rule({}, { http: [] }),
    code: 400,
    says: "http, tcp or tls must be provided in virtual service",
  },
  {
    what: "a rule that does nothing",
    object: rule({ match: [{ uri: { prefix: "/" } }] }),
    code: 400,
    says: "HTTP route, redirect or direct_response is required",
  },
  {
    what: "a rule with route and redirect",
    object: rule({ route: [to("one")], redirect: { uri: "/" } }),
    code: 400,
    says: "HTTP route cannot contain both route and redirect",
  },
  {
    what: "a negative weight",
    object: rule({
      route: [to("one", { weight: -1 }), to("two", { weight: 9 })],
    }),
    code: 400,
    says: "weight -1 < 0",
  },
  {
    what: "several destinations without weight",
    object: rule({ route: [to("one"), to("two")] }),
    code: 400,
    says: "total destination weight = 0",
  },
  {
    what: "a subset that is no DNS label",
    object: rule({ route: [{ destination: { host: "one", subset: "V_1" } }] }),
    code: 400,
    says: "subset name is invalid: V_1",
  },
  {
    what: "an empty regex",
    object: rule({ match: [{ uri: { regex: "" } }], route: [to("one")] }),
    code: 400,
    says: '"uri": regex string match should not be empty',
  },
  {
    what: "a regex that RE2 lacks",
    object: rule({
      match: [{ headers: { a: { regex: "(?=x)" } } }],
      route: [to("one")],
    }),
    code: 400,
    says: "is not valid RE2",
  },
  {
    what: "two subsets of one name",
    object: destinationRule("one", ["v1", "v1"]),
    code: 400,
    says: "duplicate subset names: v1",
  },
];

Deno.test.each([...rows])("validation refuses $what", async (row) => {
  const resource = resourceOf(row.object.kind)!;
  const error = await assertRejects(
    () => validateObject(resource, row.object),
    StatusError,
  );
  assertEquals(error.code, row.code);
  assertStringIncludes(error.message, row.says);
  if (row.code === 422) {
    const { causes } = error.options.details as { causes: unknown[] };
    assertEquals(causes.length > 0, true);
  }
});

Deno.test("the webhook names every error at once", async () => {
  const error = await assertRejects(
    () =>
      validateObject(
        resourceOf("VirtualService")!,
        rule({ route: [to("*"), to("two")] }),
      ),
    StatusError,
    "2 errors occurred",
  );
  assertStringIncludes(
    error.message,
    'admission webhook "rev.validation.istio.io" denied the request: configuration is invalid: ',
  );
});

Deno.test.each([
  {
    what: "one destination of weight 0",
    http: { route: [to("a", { weight: 0 })] },
  },
  { what: "an empty match", http: { match: [{}], route: [to("a")] } },
  {
    what: "presence of a header",
    http: { match: [{ headers: { a: {} } }], route: [to("a")] },
  },
  {
    what: "an empty prefix",
    http: { match: [{ uri: { prefix: "" } }], route: [to("a")] },
  },
  { what: "a direct response", http: { directResponse: { status: 204 } } },
  {
    what: "a mirror beside a route",
    http: { route: [to("a")], mirror: { host: "b" } },
  },
])("validation takes $what without a word", async ({ http }) => {
  const object = rule(http);
  assertEquals(await validateObject(resourceOf(object.kind)!, object), []);
});

Deno.test("the demo world passes its own validation without a warning", async () => {
  for (const object of scenario(NOW)) {
    assertEquals(await validateObject(resourceOf(object.kind)!, object), []);
  }
});
