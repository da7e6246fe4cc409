import { assertEquals } from "../support/assert.ts";
import { bench, destinationRule, ISTIO } from "./support.ts";

const RULE = `${ISTIO}/namespaces/default/destinationrules/one`;
const APPLY = "application/apply-patch+yaml";

const rule = (host: string, labels?: Readonly<Record<string, string>>) => ({
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { name: "one", ...(labels === undefined ? {} : { labels }) },
  spec: { host },
});

Deno.test("an apply owns what it names, and gives up what it no longer does", async () => {
  const { ask } = bench();
  const apply = (body: unknown) =>
    ask(`PATCH ${RULE}?fieldManager=ann`, { body, type: APPLY });
  const made = await apply(rule("one", { a: "1", b: "2" }));
  assertEquals(made.status, 201);
  const { body } = await apply(rule("one", { a: "1" }));
  assertEquals(body.metadata.labels, { a: "1" });
  assertEquals(body.metadata.managedFields, [{
    apiVersion: "networking.istio.io/v1",
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": { "f:labels": { "f:a": {} } },
      "f:spec": { "f:host": {} },
    },
    manager: "ann",
    operation: "Apply",
    time: "2026-11-23T12:00:00Z",
  }]);
});

Deno.test("an apply over what another owns is a conflict that names him, unless it is forced", async () => {
  const { ask } = bench();
  const apply = (query: string, host: string) =>
    ask(`PATCH ${RULE}?${query}`, { body: rule(host), type: APPLY });
  await apply("fieldManager=ann", "one");
  const refused = await apply("fieldManager=bob", "two");
  assertEquals(refused.status, 409);
  assertEquals(refused.body.details.causes, [{
    reason: "FieldManagerConflict",
    message: 'conflict with "ann"',
    field: ".spec.host",
  }]);
  const forced = await apply("fieldManager=bob&force=true", "two");
  assertEquals(forced.body.spec.host, "two");
  assertEquals(
    forced.body.metadata.managedFields.map((one: { manager: string }) =>
      one.manager
    ),
    ["bob"],
  );
});

Deno.test("an update owns what it changes, and the map that it makes", async () => {
  const { ask } = bench([destinationRule("one", ["v1"])]);
  const { body } = await ask(`PATCH ${RULE}?fieldManager=eve`, {
    body: { metadata: { annotations: { a: "b" } } },
    type: "application/merge-patch+json",
  });
  assertEquals(body.metadata.managedFields[0].fieldsV1, {
    "f:metadata": { "f:annotations": { ".": {}, "f:a": {} } },
  });
});

Deno.test("a strategic merge patch merges containers by name, in the order that is asked for", async () => {
  const { ask } = bench();
  const pods = { containers: [{ name: "a", image: "a:1" }, { name: "b" }] };
  const path = "/apis/apps/v1/namespaces/default/deployments";
  await ask(`POST ${path}`, {
    body: {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "one" },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "one" } },
        template: { metadata: { labels: { app: "one" } }, spec: pods },
      },
    },
  });
  const spec = {
    "$setElementOrder/containers": [{ name: "c" }, { name: "a" }],
    containers: [
      { name: "c", image: "c:1" },
      { name: "a", image: "a:2" },
      { name: "b", $patch: "delete" },
    ],
  };
  const { body } = await ask(`PATCH ${path}/one`, {
    body: { spec: { template: { spec } } },
    type: "application/strategic-merge-patch+json",
  });
  assertEquals(body.spec.template.spec.containers, [
    { name: "c", image: "c:1" },
    { name: "a", image: "a:2" },
  ]);
});

Deno.test("what no object has is dropped with a warning", async () => {
  const { ask } = bench();
  const { status, headers, body } = await ask(
    `POST ${ISTIO}/namespaces/default/destinationrules`,
    { body: { ...rule("one"), extra: 1 } },
  );
  assertEquals(status, 201);
  assertEquals(body.extra, undefined);
  assertEquals(headers.get("warning"), '299 - "unknown field \\"extra\\""');
});
