import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { type Answer, LspClient, VS_CODE } from "./rig/client.ts";

const ROUTES = "file:///shop/routes.yaml";
const RULES = "file:///shop/rules.yaml";
const OTHER = "file:///shop/compose.yaml";

const VIRTUAL_SERVICE = `# 世 👍🏽
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews # 𐐀
spec:
  hosts: [reviews]
  http:
  - route:
    - destination:
        host: reviews
        subset: v3
    timeuot: 1s
`;
const DESTINATION_RULE = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
spec:
  host: reviews
  subsets:
  - name: v1
    labels: {version: v1}
  - name: v2
    labels: {version: v2}
`;

const codes = ({ diagnostics }: Answer): readonly string[] =>
  diagnostics.map((one: Answer) =>
    `${one.code} ${one.range.start.line}:${one.range.start.character}`
  );

function told(client: LspClient, uri: string): Promise<Answer> {
  return client.next(
    "textDocument/publishDiagnostics",
    (params) => params.uri === uri,
  );
}

Deno.test("findings come as one types, of all open files together, and of nobody else's", async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  client.open(OTHER, "services:\n  a:\n\tb: [\n");
  client.open(ROUTES, VIRTUAL_SERVICE);
  assertEquals(codes(await told(client, ROUTES)), ["unknown-field 12:4"]);
  // What is missing may be in a file that is closed, until it is not.
  client.open(RULES, DESTINATION_RULE);
  assertEquals(codes(await told(client, RULES)), []);
  assertEquals(codes(await told(client, ROUTES)), [
    "IST0101 11:16",
    "unknown-field 12:4",
  ]);
  client.notify("textDocument/didChange", {
    textDocument: { uri: ROUTES, version: 2 },
    contentChanges: [{
      range: {
        start: { line: 11, character: 16 },
        end: { line: 11, character: 18 },
      },
      text: "v2 # 𐐀",
    }],
  });
  const after = await told(client, ROUTES);
  assertEquals([codes(after), after.version], [["unknown-field 12:4"], 2]);
  client.notify("textDocument/didClose", { textDocument: { uri: ROUTES } });
  assertEquals(codes(await told(client, ROUTES)), []);
  assertEquals(
    client.told.filter(({ params }) => params?.uri === OTHER),
    [],
  );
  assertEquals(await client.leave(), 0);
  assertEquals(await client.stderr, "");
});

Deno.test("what is no YAML has the place and the words of -f", async () => {
  await using client = new LspClient();
  await client.initialize(VS_CODE);
  client.open(ROUTES, `${VIRTUAL_SERVICE}   - x: [\n---\n${DESTINATION_RULE}`);
  const { diagnostics } = await told(client, ROUTES);
  assertEquals(diagnostics.map((one: Answer) => [one.code, one.severity]), [[
    "invalid-yaml",
    1,
  ]]);
  assertStringIncludes(diagnostics[0].message, "Not valid YAML: ");
  assertEquals(await client.leave(), 0);
});

for (const yaml of ["off", "beside"]) {
  Deno.test(
    `with yaml ${yaml} ${
      yaml === "off"
        ? "nothing is told"
        : "another server tells what is no YAML"
    }`,
    async () => {
      await using client = new LspClient();
      await client.initialize(VS_CODE, { yaml });
      client.open(ROUTES, `${VIRTUAL_SERVICE}   - x: [\n`);
      client.open(RULES, DESTINATION_RULE.replace("host:", "hots:"));
      if (yaml === "beside") {
        assertEquals(codes(await told(client, ROUTES)), []);
        assertEquals(codes(await told(client, RULES)), [
          "IST0106 4:0",
          "unknown-field 5:2",
        ]);
      }
      client.open("file:///well.istiops", "shfit");
      assertEquals(codes(await told(client, "file:///well.istiops")), [
        "unknown-command 0:0",
      ]);
      assertEquals(client.told, []);
    },
  );
}
