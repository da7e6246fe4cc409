/**
 * Test 10: a day's use: random keys of those that people press, then every way
 * to end. `ISTIOPS_SHELL_KEYS` and `ISTIOPS_SEED` make the day longer, or
 * another one.
 *
 * @module
 */

import { randomOf } from "../../src/istio/draw.ts";
import { assertEquals } from "../support/assert.ts";
import type { Pty } from "../support/pty.ts";
import { Home, ShellAt, shellTest } from "./rig/shell_at.ts";

const KEYS: readonly string[] = [
  ..."show catalog -o json;shift api 世界é👍🏽",
  ...["\t", "\t", "\x1b[Z", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"],
  ...["\x1b[H", "\x1b[F", "\x7f", "\x7f", "\x1b[3~", "\x1bb", "\x1bf"],
  ...["\x01", "\x05", "\x02", "\x06", "\x0b", "\x15", "\x17", "\x19"],
  ...["\x14", "\x1f", "\x1b_", "\x1b.", "\x12", "\x07", "\x0c", "\x0f"],
  ...["\x10", "\x0e", "\x1bd", "\x1by", "\x03"],
];

function keysOf(seed: number, count: number): readonly string[] {
  const random = randomOf(seed);
  return Array.from(
    { length: count },
    () => KEYS[Math.floor(random() * KEYS.length)] as string,
  );
}

const seed = Number(Deno.env.get("ISTIOPS_SEED") ?? 1);
const count = Number(Deno.env.get("ISTIOPS_SHELL_KEYS") ?? 300);

for (const [columns, rows] of [[80, 24], [40, 10]] as const) {
  shellTest(
    `${count} keys of seed ${seed} at ${columns}x${rows}: a line drawn anew is the line that was there`,
    async () => {
      await using home = await Home.make();
      await using shell = await ShellAt.start({
        home,
        args: ["--sandbox"],
        columns,
        rows,
      });
      const { pty } = shell;
      const modes = await pty.modes();
      await shell.line("show billing");
      for (const [at, key] of keysOf(seed, count).entries()) {
        await pty.write(key);
        if (at % 25 !== 24) continue;
        // The screen is what the state draws: drawn on an empty one, it is
        // the same.
        await pty.rest();
        const { cursor } = pty.screen;
        const before = bottom(pty, cursor.row);
        await shell.press("\x0c");
        await pty.until(
          () => bottom(pty, pty.screen.cursor.row) === before,
          `the same screen after key ${at} as\n${before}\n`,
        );
        assertEquals(pty.screen.cursor.column, cursor.column, `key ${at}`);
      }
      await pty.rest();
      await shell.press("\x07", "\x03");
      await shell.prompt();
      assertEquals(await pty.modes(), modes);
      await shell.line("version");
      await shell.sees("istiops 0.");
      await pty.write("\x04");
      assertEquals(await pty.exited(), 0);
    },
  );
}

/** The row of the cursor and what is below. */
function bottom(pty: Pty, row: number): string {
  return pty.screen.lines().slice(row).join("\n").trimEnd();
}

const WAYS = {
  "Ctrl-D": 0,
  "Ctrl-D in a watch": 0,
  SIGTERM: 143,
  SIGHUP: 129,
  "SIGTERM in a watch": 143,
} as const;

for (const [way, status] of Object.entries(WAYS)) {
  shellTest(`the terminal is as it was after ${way}`, async () => {
    await using home = await Home.make();
    // A shell around it keeps the terminal open.
    const script = 'stty -g; "$@"; echo "status $?"; stty -g';
    await using shell = await ShellAt.start({
      home,
      around: ["sh", "-c", script, "sh"],
      args: ["--sandbox"],
    });
    const { pty } = shell;
    if (way.endsWith("in a watch")) {
      await shell.send("show catalog --watch");
      await shell.sees("Resource: catalog");
    } else await shell.press(..."sh", "\t");
    if (way.startsWith("SIG")) {
      Deno.kill(await childOf(pty.pid), way.split(" ")[0] as Deno.Signal);
    } else {
      await pty.write("\x03");
      await shell.prompt();
      await pty.rest();
      await pty.write("\x04");
    }
    await pty.shows(`status ${status}`);
    await pty.exited();
    const modes = pty.output.match(/^[0-9a-f]+(:[0-9a-f]+){8,}/gm) ?? [];
    assertEquals(modes.length, 2, pty.output);
    assertEquals(modes[0], modes[1]);
    assertEquals([...pty.screen.modes].toSorted(), ["?25", "?7"]);
  });
}

async function childOf(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("pgrep", { args: ["-P", `${pid}`] })
    .output();
  return Number(new TextDecoder().decode(stdout).trim());
}
