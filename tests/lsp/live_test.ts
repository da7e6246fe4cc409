import { openSandbox } from "../../src/sandbox/mod.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { type Answer, LspClient, type Told, VS_CODE } from "./rig/client.ts";

const URI = "file:///shop/release.istiops";
const NAME = "api-domain-virtualservice";
const ALLOWED = { trusted: true, live: true, commands: true };

/** Runs with a home of its own, whose sandbox is as it was made. */
async function withHome(
  run: (home: string, weights: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  const stateDir = `${home}/.local/state/istiops/sandbox`;
  const weights = async () => {
    await using cluster = await openSandbox({ stateDir });
    const object = await cluster.get({
      kind: "VirtualService",
      namespace: "default",
      name: NAME,
    });
    return JSON.stringify(object?.spec);
  };
  try {
    await run(home, weights);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function lensOf(lenses: Answer[], title: string): Answer {
  return lenses.find(({ command }) => command.title === title).command;
}

async function carryOut(client: LspClient, title: string): Promise<Answer> {
  const lenses = await client.ask("textDocument/codeLens", {
    textDocument: { uri: URI },
  });
  const { command, arguments: given } = lensOf(lenses, title);
  return await client.request("workspace/executeCommand", {
    command,
    arguments: given,
  });
}

Deno.test("with the user's leave: live names in hints and lists, hints that are asked for anew", async () => {
  await withHome(async (home) => {
    await using client = new LspClient({ home });
    await client.initialize(VS_CODE, ALLOWED);
    const text =
      `use sandbox\nshift ${NAME} -b 3 -w 20\nshift ${NAME} -b nope -w 1`;
    client.open(URI, text);
    await client.next("workspace/inlayHint/refresh");
    const { diagnostics } = await client.next(
      "textDocument/publishDiagnostics",
      ({ diagnostics }) => diagnostics.length > 0,
    );
    assertEquals(diagnostics.map((one: Answer) => one.code), ["build-unknown"]);
    const [hint] = await client.ask("textDocument/inlayHint", {
      textDocument: { uri: URI },
      range: {
        start: { line: 1, character: 0 },
        end: { line: 1, character: 9 },
      },
    });
    assert(/^now \d+ %, /.test(hint.label), hint.label);
    const { items, isIncomplete } = await client.ask(
      "textDocument/completion",
      {
        textDocument: { uri: URI },
        position: { line: 1, character: 6 + NAME.length + 5 },
      },
    );
    assertEquals(isIncomplete, false);
    assert(items.some((item: Answer) => item.label === "3"));
    assertEquals(await client.leave(), 0);
    assertEquals(await client.stderr, "");
  });
});

Deno.test("a dry run writes nothing, and shows the plan; show tells the route", async () => {
  await withHome(async (home, weights) => {
    await using client = new LspClient({ home });
    await client.initialize(VS_CODE, ALLOWED);
    client.open(URI, `use sandbox\nshift ${NAME} -b 3 -w 20`);
    const before = await weights();
    const dry = await carryOut(client, "dry run");
    assertEquals([dry.error, dry.result.status], [undefined, 0]);
    assertStringIncludes(dry.result.stdout, "Way back");
    const shown = await carryOut(client, "show route");
    assertStringIncludes(shown.result.stdout, NAME);
    assertEquals(await weights(), before);
  });
});

for (
  const { answer, why, writes } of [
    { answer: { title: "Run" }, why: "Run", writes: true },
    { answer: { title: "Cancel" }, why: "Cancel", writes: false },
    { answer: null, why: "nothing", writes: false },
    { answer: { title: "run" }, why: "another word", writes: false },
  ]
) {
  Deno.test(`a run asks first; the answer ${why} ${writes ? "writes" : "does not write"}`, async () => {
    await withHome(async (home, weights) => {
      const asked: Told[] = [];
      await using client = new LspClient({
        home,
        reply: (told) => {
          if (told.method === "window/showMessageRequest") asked.push(told);
          return told.method === "window/showMessageRequest" ? answer : null;
        },
      });
      await client.initialize(VS_CODE, ALLOWED);
      client.open(
        URI,
        `use sandbox\nshift ${NAME} -b 3 -w 20 --settle 0s --yes`,
      );
      const before = await weights();
      const { result } = await carryOut(client, "run");
      assertEquals(asked.length, 1);
      assertStringIncludes(asked[0]?.params.message, "sandbox");
      assertEquals(result.status, writes ? 0 : 4);
      assertEquals(await weights() !== before, writes);
    });
  });
}

Deno.test("where a name has to be typed, an editor is not the place", async () => {
  await withHome(async (home, weights) => {
    await Deno.mkdir(`${home}/.config/istiops`, { recursive: true });
    await Deno.writeTextFile(
      `${home}/.config/istiops/config.yaml`,
      'protected: ["*"]\n',
    );
    await using client = new LspClient({
      home,
      reply: () => ({ title: "Run" }),
    });
    await client.initialize(VS_CODE, ALLOWED);
    client.open(
      URI,
      `use sandbox\nshift ${NAME} -b 3 -w 100 --confirm ${NAME}`,
    );
    const before = await weights();
    const { result } = await carryOut(client, "run");
    assertEquals(result.status, 4);
    assertStringIncludes(result.stderr, "in a terminal");
    assertEquals(await weights(), before);
  });
});

Deno.test("a line that changed meanwhile, and one that saves a file, are not carried out", async () => {
  await withHome(async (home) => {
    await using client = new LspClient({ home });
    await client.initialize(VS_CODE, ALLOWED);
    client.open(
      URI,
      `use sandbox\nshift ${NAME} -b 3 -w 20 --plan-out ${home}/p`,
    );
    assertEquals((await carryOut(client, "run")).error.code, -32803);
    assertEquals((await carryOut(client, "dry run")).result.status, 0);
    const saved = await Deno.stat(`${home}/p`).then(() => true, () => false);
    assertEquals(saved, false);
    const lenses = await client.ask("textDocument/codeLens", {
      textDocument: { uri: URI },
    });
    client.notify("textDocument/didChange", {
      textDocument: { uri: URI, version: 2 },
      contentChanges: [{ text: `use sandbox\nshift ${NAME} -b 3 -w 99` }],
    });
    const { command, arguments: given } = lensOf(lenses, "run");
    const { error } = await client.request("workspace/executeCommand", {
      command,
      arguments: given,
    });
    assertEquals(error.code, -32801);
  });
});

for (
  const [why, settings] of [
    ["no settings", undefined],
    ["an untrusted workspace", { ...ALLOWED, trusted: false }],
    ["trust that nobody spoke of", { live: true, commands: true }],
    ["a word for true", { trusted: "true", live: true, commands: true }],
  ] as const
) {
  Deno.test(`with ${why} nothing is live, whatever the workspace sends later`, async () => {
    await withHome(async (home) => {
      await using client = new LspClient({ home });
      const server = await client.initialize(VS_CODE, settings);
      client.notify("workspace/didChangeConfiguration", {
        settings: { istiops: ALLOWED, ...ALLOWED },
      });
      assertEquals(
        [
          server.codeLensProvider,
          server.executeCommandProvider,
          server.inlayHintProvider,
        ],
        [undefined, undefined, undefined],
      );
      client.open(URI, `use sandbox\nshift ${NAME} -b 3 -w 20`);
      const { error } = await client.request("workspace/executeCommand", {
        command: "istiops.run",
        arguments: [{ uri: URI, start: 12, text: `shift ${NAME} -b 3 -w 20` }],
      });
      assertEquals(error.code, -32601);
      const { items } = await client.ask("textDocument/completion", {
        textDocument: { uri: URI },
        position: { line: 1, character: 6 },
      });
      assert(!items.some((item: Answer) => item.label === NAME));
      assertEquals(await client.leave(), 0);
      // No state was made: not even the sandbox was opened.
      assertEquals([...Deno.readDirSync(home)], []);
    });
  });
}
