import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type Answer, LspClient, VS_CODE } from "./rig/client.ts";

const ROUTES = "file:///shop/routes.yaml";
const TESTS = "file:///shop/tests.yaml";

const VIRTUAL_SERVICE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
spec:
  hosts: [reviews]
  http:
  - name: preview
    route:
    - destination: {host: reviews, subset: v2}
`;
const FILE = `# 世 👍🏽
apiVersion: istiops/v1
kind: RouteTests
namespace: shop
tests:
- request: GET http://reviews:9080/
  expect: {rule: preview, outcom: route}
- request: GET http://reviews:9080/
  expect: {rule: other}
`;

const codes = ({ diagnostics }: Answer): readonly string[] =>
  diagnostics.map(({ code, severity, range: { start } }: Answer) =>
    `${code} ${severity} ${start.line}:${start.character}`
  );

function told(client: LspClient, uri: string): Promise<Answer> {
  return client.next(
    "textDocument/publishDiagnostics",
    (params) => params.uri === uri,
  );
}

Deno.test("tests of routes: findings of the file and of what is open beside it, completion, hover", async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  client.open(TESTS, FILE);
  assertEquals(codes(await told(client, TESTS)), ["invalid-test 1 6:26"]);
  client.open(ROUTES, VIRTUAL_SERVICE);
  assertEquals(codes(await told(client, ROUTES)), []);
  // The rules that are open now say more.
  assertEquals(codes(await told(client, TESTS)), [
    "invalid-test 1 6:26",
    "not-there 2 8:17",
  ]);
  const textDocument = { uri: TESTS };
  const list = await client.ask("textDocument/completion", {
    textDocument,
    position: { line: 8, character: 19 },
  });
  assertEquals(list.items.map(({ label }: Answer) => label), ["preview"]);
  const hover = await client.ask("textDocument/hover", {
    textDocument,
    position: { line: 8, character: 12 },
  });
  assertStringIncludes(hover.contents.value, "shop/reviews rule 0");
  assertStringIncludes(
    hover.contents.value,
    "is &quot;preview&quot;".replaceAll("&quot;", '"'),
  );
  client.notify("textDocument/didChange", {
    textDocument: { uri: ROUTES, version: 2 },
    contentChanges: [{ text: VIRTUAL_SERVICE.replace("preview", "other") }],
  });
  assertEquals(codes(await told(client, TESTS)), ["invalid-test 1 6:26"]);
  client.notify("textDocument/didChange", {
    textDocument: { uri: TESTS, version: 2 },
    contentChanges: [{ text: "a: 1\n" }],
  });
  assertEquals(codes(await told(client, TESTS)), []);
  assertEquals(await client.leave(), 0);
  assertEquals(await client.stderr, "");
});
