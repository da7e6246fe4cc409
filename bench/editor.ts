/**
 * What an editor waits for in a YAML file of 1,000 lines, by a real process:
 * findings after a key, completion, hover; and what a key costs by itself.
 *
 *   deno run -A bench/editor.ts [PROGRAM]
 *
 * @module
 */

import { NO_NAMES } from "../src/language/names.ts";
import { Chunks } from "../src/lsp/yaml/files.ts";
import { toldOf } from "../src/lsp/yaml/findings.ts";
import { LspClient, VS_CODE } from "../tests/lsp/rig/client.ts";

const KEYS = 100;
const URI = "file:///shop/routes.yaml";

/** 1,000 lines: two documents, and a third that is broken while one types. */
function textOf(nth: number): string {
  const rules = Array.from(
    { length: 68 },
    (_, index) =>
      `  - name: rule-${index}
    match:
    - headers:
        x-cid: {exact: "${index}"}
    route:
    - destination:
        host: reviews
        subset: v1
      weight: 90
    - destination:
        host: reviews
        subset: v2
      weight: 10
    timeout: 1s
`,
  ).join("");
  const head = (kind: string) =>
    `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata:\n  name: reviews\nspec:\n`;
  return `${head("DestinationRule")}  host: reviews
  subsets:
  - name: v1
    labels: {version: v1}
---
${head("VirtualService")}  hosts: [reviews]
  http:
${rules}  - name: ${"x".repeat(nth % 9)}
    ${nth % 2 === 0 ? "timeuot: 1s" : "timeuot: ["}
`;
}

function figures(name: string, milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `${name}: median ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function byItself(): void {
  const chunks = new Chunks();
  const [reading, judging]: [number[], number[]] = [[], []];
  for (let nth = 0; nth < KEYS; nth++) {
    const text = textOf(nth);
    const start = performance.now();
    const file = chunks.read(URI, text);
    const read = performance.now();
    toldOf([file], { names: NO_NAMES });
    // What a processor makes faster by and by, it has by then.
    if (nth < KEYS / 5) continue;
    reading.push(read - start);
    judging.push(performance.now() - read);
  }
  say(figures("syntax and schema of a key", reading));
  say(figures("findings of a key", judging));
}

async function inProcess(main: string | undefined): Promise<void> {
  await using client = new LspClient(main === undefined ? {} : { main });
  await client.initialize(VS_CODE);
  client.open(URI, textOf(0));
  await client.next("textDocument/publishDiagnostics");
  const times = { findings: [], completion: [], hover: [] } as Record<
    string,
    number[]
  >;
  for (let version = 2; version < KEYS + 2; version++) {
    const text = textOf(version);
    const line = text.split("\n").length - 8;
    const textDocument = { uri: URI };
    const position = { line, character: 8 };
    let start = performance.now();
    client.notify("textDocument/didChange", {
      textDocument: { uri: URI, version },
      contentChanges: [{ text }],
    });
    await client.ask("textDocument/completion", { textDocument, position });
    times.completion!.push(performance.now() - start);
    await client.next(
      "textDocument/publishDiagnostics",
      (params) => params.version === version,
    );
    times.findings!.push(performance.now() - start);
    start = performance.now();
    await client.ask("textDocument/hover", { textDocument, position });
    times.hover!.push(performance.now() - start);
  }
  for (const [name, all] of Object.entries(times)) {
    say(figures(`${name} (in a process)`, all));
  }
  const status = await Deno.readTextFile(`/proc/${client.process.pid}/status`);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000;
  say(`memory at most: ${Math.round(peak)} MB`);
}

say(`${textOf(0).split("\n").length} lines`);
byItself();
await inProcess(Deno.args[0]);
