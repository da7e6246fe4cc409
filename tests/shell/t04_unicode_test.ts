/**
 * Test 4: text of all scripts in the line, and hostile text in names.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { assert } from "../support/assert.ts";
import { Api } from "./rig/api.ts";
import { Home, ShellAt, shellTest } from "./rig/shell_at.ts";

const PROMPT = "istiops sandbox/default> ";

/** Characters, and the columns of each. */
const TYPED = [
  ["世", 2],
  ["e\u0301", 1],
  ["👍🏽", 2],
  ["👨‍👩‍👧", 2],
  ["🇧🇷", 2],
  ["ש", 1],
  ["界", 2],
] as const;

shellTest(
  "the cursor follows text of any script, over the end of a row",
  async () => {
    await using home = await Home.make();
    await using shell = await ShellAt.start({
      home,
      args: ["--sandbox"],
      columns: 30,
      rows: 6,
    });
    const { pty } = shell;
    const at = (column: number, row: number, what: string) =>
      pty.until(() => {
        const { cursor } = pty.screen;
        return cursor.column === column && cursor.row === row;
      }, `${what}: column ${column}`);
    let column = PROMPT.length;
    let row = 0;
    const starts = [];
    for (const [text, width] of TYPED) {
      // The last column of a row is left free; what does not fit goes on below.
      if (column + width > 29) [column, row] = [0, row + 1];
      starts.push([column, row] as const);
      await pty.write(text);
      column += width;
      await at(column, row, text);
    }
    // Back over whole characters, never into one.
    for (const [text] of TYPED.toReversed()) {
      await shell.press("\x1b[D");
      const [column = 0, row = 0] = starts.pop() ?? [];
      await at(column, row, `left of ${text}`);
    }
    for (const _ of TYPED) await shell.press("\x1b[3~");
    await shell.prompt();
    // At the foot of the screen, with a menu below a row that is full.
    for (let lines = 0; lines < 3; lines++) await shell.line("set");
    await shell.type("show ");
    await shell.press("\t");
    await shell.sees("> api-domain");
    await shell.press("世", "界", "👨‍👩‍👧");
    await shell.sees("世界👨‍👩‍👧");
    await shell.press("\x7f", "\x7f");
    await shell.sees(/(^|\s)世$/m);
    await shell.clear();
  },
);

const HOSTILE = [
  "\x1b]0;owned\x07",
  "\x1b[31mred",
  "a\u202eb",
  "two\r\nlines",
  "\u009b2J",
];
const RAW = ["\x1b]0;", "\x1b[31m", "\u202e", "\u009b", "two\r\nlines"];

shellTest(
  "text from the cluster shows its escapes, bidi marks and line ends",
  async () => {
    const service = (hosts: readonly string[]): KubeObject => ({
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "hostile", namespace: "default" },
      spec: { hosts, http: [] },
    });
    await using api = await Api.start();
    await using home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
    await using shell = await ShellAt.start({ home, columns: 160 });
    for (const text of HOSTILE) {
      api.sandbox.store.put(service([text]));
      await shell.type("show ");
      await shell.press("\t");
      await shell.sees(/hostile +just now +\S*\\/);
      await shell.clear();
      await shell.type("show hosti");
      // The only one that begins so, whatever its hosts are.
      await shell.press("\t");
      await shell.sees(/> show hostile$/m);
      await shell.clear();
    }
    // As a command's result, and in the history.
    await shell.line("show hostile");
    await shell.line("history");
    // A name that none can have is told of, not drawn.
    api.sandbox.store.put({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: `zz${HOSTILE[0]}` },
    });
    await shell.line("refresh");
    await shell.sees(/not\s+up\s+to\s+date/);
    for (const bad of RAW) {
      assert(!shell.pty.output.includes(bad), JSON.stringify(bad));
    }
  },
);
