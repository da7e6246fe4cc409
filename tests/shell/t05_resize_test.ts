/**
 * Test 5: a storm of sizes, with a menu open and a line of three rows.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { Home, ShellAt, shellTest } from "./rig/shell_at.ts";

const SIZES = [[40, 10], [120, 50], [20, 5], [80, 24]] as const;

shellTest(
  "a storm of sizes leaves one prompt, the text and what was said",
  async () => {
    await using home = await Home.make();
    await using shell = await ShellAt.start({ home, args: ["--sandbox"] });
    const { pty } = shell;
    await shell.line("version");
    await pty.write("\x1b[200~show catalog\nversion\n\x1b[201~");
    await shell.sees("3 lines pasted");
    await pty.rest();
    await shell.type("show ");
    await shell.press("\t");
    await shell.sees("catalog ");
    for (const [columns, rows] of SIZES) await pty.resize(columns, rows);
    await pty.write("\x1b");
    await pty.until(
      () => !pty.screen.lines().some((row) => /^> |catalog +just/.test(row)),
      "no menu",
    );
    const rows = shell.said.split("\n").filter((line) => line !== "");
    const first = rows.findLastIndex((row) =>
      row.startsWith("istiops sandbox")
    );
    assertEquals(rows.slice(first, first + 3), [
      "istiops sandbox/default> show catalog",
      "… version",
      "… show",
    ]);
    assertEquals(
      rows.filter((row) => row.startsWith("istiops sandbox/default>")),
      [
        "istiops sandbox/default> version",
        "istiops sandbox/default> show catalog",
      ],
    );
  },
);
