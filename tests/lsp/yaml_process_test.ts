import type { KubeObject } from "../../src/istio/types.ts";
import { apiHandler } from "../../src/sandbox/api_server.ts";
import { populate } from "../../src/sandbox/controllers.ts";
import { scenario } from "../../src/sandbox/scenario.ts";
import { createStore } from "../../src/sandbox/store.ts";
import { stringifyYaml } from "../../src/yaml.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
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

/** Runs beside an API server with the demonstration's objects. */
async function withCluster(
  run: (home: string, objects: readonly KubeObject[]) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  const objects = scenario(new Date());
  const store = createStore();
  populate(store, objects);
  const ending = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    apiHandler(store, { signal: ending.signal }),
  );
  try {
    await Deno.writeTextFile(
      `${home}/kubeconfig`,
      stringifyYaml({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "demo",
        contexts: [{ name: "demo", context: { cluster: "c", user: "u" } }],
        clusters: [{
          name: "c",
          cluster: { server: `http://127.0.0.1:${server.addr.port}` },
        }],
        users: [{ name: "u", user: {} }],
      }),
    );
    await run(home, objects);
  } finally {
    ending.abort();
    await server.shutdown();
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("with the user's leave: shares of the cluster behind weights, its hosts in lists, and a host that it lacks", async () => {
  await withCluster(async (home, objects) => {
    const object = objects.find(({ kind }) => kind === "VirtualService")!;
    await using client = new LspClient({ home });
    await client.initialize(VS_CODE, {
      trusted: true,
      live: true,
      kubeconfig: `${home}/kubeconfig`,
    });
    const { name } = object.metadata;
    const text = stringifyYaml({
      apiVersion: object.apiVersion,
      kind: "VirtualService",
      metadata: { name },
      spec: object.spec,
    }) + "    - route:\n        - destination:\n            host: api-domian\n";
    client.open(ROUTES, text);
    const { diagnostics } = await client.next(
      "textDocument/publishDiagnostics",
      (params) =>
        params.diagnostics.some((one: Answer) => one.code === "IST0101"),
    );
    const [missing] = diagnostics.filter((one: Answer) =>
      one.code === "IST0101"
    );
    assertEquals(missing.severity, 2);
    const textDocument = { uri: ROUTES };
    const lines = text.split("\n").length;
    const hints = await client.ask("textDocument/inlayHint", {
      textDocument,
      range: {
        start: { line: 0, character: 0 },
        end: { line: lines, character: 0 },
      },
    });
    assert(hints.length > 0);
    for (const { label } of hints) {
      assert(/^now \d+(\.\d)? %, /.test(label), label);
    }
    const list = await client.ask("textDocument/completion", {
      textDocument,
      position: { line: lines - 2, character: 20 },
    });
    assertEquals(
      list.items.some((one: Answer) => one.label === "api-domain"),
      true,
    );
    const actions = await client.ask("textDocument/codeAction", {
      textDocument,
      range: missing.range,
      context: { diagnostics: [missing] },
    });
    assert(actions.some((one: Answer) => one.title === "Write api-domain"));
    assertEquals(await client.leave(), 0);
  });
});

Deno.test("without it no server is asked", async () => {
  await withCluster(async (home) => {
    await using client = new LspClient({ home });
    await client.initialize(VS_CODE, { kubeconfig: `${home}/kubeconfig` });
    client.open(
      ROUTES,
      VIRTUAL_SERVICE.replace("host: reviews", "host: nowhere"),
    );
    assertEquals(codes(await told(client, ROUTES)), ["unknown-field 12:4"]);
    const list = await client.ask("textDocument/completion", {
      textDocument: { uri: ROUTES },
      position: { line: 10, character: 14 },
    });
    assertEquals(list.items, []);
    assertEquals(await client.leave(), 0);
  });
});

Deno.test("an editor that can be told later gets formatting for scripts alone", async () => {
  await using client = new LspClient();
  const { textDocument } = VS_CODE;
  const formatting = { dynamicRegistration: true };
  const server = await client.initialize({
    ...VS_CODE,
    textDocument: { ...textDocument, formatting },
  });
  assertEquals("documentFormattingProvider" in server, false);
  const { registrations } = await client.next("client/registerCapability");
  assertEquals(
    registrations.map((one: Answer) => [
      one.method,
      one.registerOptions.documentSelector,
    ]),
    [["textDocument/formatting", [{ language: "istiops" }]]],
  );
  assertEquals(await client.leave(), 0);
});
