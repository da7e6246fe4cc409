import { assert, assertEquals } from "../support/assert.ts";
import { Pty, type PtyOptions, whyNoPty } from "../support/pty.ts";

const DEMO = new URL("./rig/demo_shell.ts", import.meta.url).pathname;
const why = whyNoPty();

function demo(
  options: Partial<PtyOptions> = {},
  ...args: readonly string[]
): Pty {
  return new Pty({
    command: [Deno.execPath(), "run", "-A", "--quiet", DEMO, ...args],
    ...options,
  });
}

/** A program under a shell that knows jobs. */
function underBash(): Pty {
  return new Pty({
    command: ["bash", "--norc", "--noprofile", "-i"],
    env: { HISTFILE: "/dev/null" },
  });
}

function ptyTest(name: string, run: () => Promise<void>): void {
  Deno.test({
    name: why === undefined ? name : `${name} (skipped: ${why})`,
    ignore: why !== undefined,
    fn: run,
  });
}

/** Runs the demo under bash, and gives the modes that it set. */
async function started(pty: Pty): Promise<string> {
  await pty.shows(/[$#]$/);
  // Programs between may have taken it out of the environment.
  await pty.write("PS1='sh$ '\r");
  await pty.shows("sh$");
  await pty.write(`${Deno.execPath()} run -A --quiet ${DEMO}\r`);
  await pty.shows("demo>");
  return pty.modes();
}

ptyTest(
  "a pasted bomb runs nothing before Enter, and goes by one undo",
  async () => {
    await using pty = demo();
    await pty.shows("demo>");
    const bomb = "clear -m hard\r\n\tshift --weight 100\r".repeat(1000);
    await pty.write(`\x1b[200~${bomb}\x1b[201~\r\x1b[201~show\r\x1b[201~`);
    await pty.shows(/lines pasted: Enter runs them/);
    await pty.write("\x1f");
    await pty.shows("demo>");
    // Without marks.
    await pty.write("clear -m hard\r\n\tshift --weight 100\r");
    await pty.shows("3 lines pasted: Enter runs them, Ctrl-_ takes them out");
    await pty.write("\x1f");
    await pty.until(() => !pty.screen.lines().includes("…"), "nothing there");
    assert(!pty.output.includes("ran "));
    await pty.rest();
    await pty.write("x\r");
    await pty.shows('ran "x"');
    await pty.write("\x04");
    assertEquals(await pty.exited(), 0);
  },
);

ptyTest("the cursor follows what is typed", async () => {
  await using pty = demo({ columns: 20, rows: 5 });
  await pty.shows("demo>");
  const at = (row: number, column: number) =>
    pty.until(() => {
      const { cursor } = pty.screen;
      return cursor.row === row && cursor.column === column;
    }, `the cursor at ${row}, ${column}`);
  const steps = [
    ["世界", 0, 10],
    ["e\u0301", 0, 11],
    ["👍🏽", 0, 13],
    ["👨‍👩‍👧", 0, 15],
    ["ש", 0, 16],
    ["abc", 0, 19],
    ["d", 1, 1],
    ["\x1b[D", 1, 0],
    ["\x1b[D", 0, 18],
  ] as const;
  for (const [keys, row, column] of steps) {
    await pty.write(keys);
    await at(row, column);
  }
  await pty.write("\x01");
  await at(0, 6);
});

ptyTest("Ctrl-Z gives the terminal back, and fg takes it again", async () => {
  await using pty = underBash();
  const during = await started(pty);
  await pty.write("sh");
  await pty.shows(/demo> sh/);
  await pty.write("\x1a");
  await pty.shows(/Stopped/);
  await pty.write("stty -a | grep -o '[-]*icanon'\r");
  await pty.shows("icanon");
  await pty.write("fg\r");
  await pty.shows(/^demo> sh/);
  await pty.rest();
  await pty.write("x\r");
  await pty.shows('ran "shx"');
  assertEquals(await pty.modes(), during);
});

ptyTest("a change of size draws the line anew, once", async () => {
  await using pty = demo();
  await pty.shows("demo>");
  await pty.write("sh");
  await pty.write("\t");
  await pty.shows(/^> shift/);
  for (const [columns, rows] of [[40, 10], [120, 50], [60, 20]] as const) {
    await pty.resize(columns, rows);
  }
  await pty.write("\x1b");
  await pty.until(
    () => !pty.screen.lines().some((line) => line.startsWith("> shift")),
    "no menu",
  );
  await pty.write("\x15show aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  await pty.shows(/a{40}$/);
  await pty.resize(20, 12);
  await pty.until(
    () =>
      pty.screen.lines().filter((line) => line !== "").join("|") ===
        "demo> show aaaaaaaa|aaaaaaaaaaaaaaaaaaa|aaaaaaaaaaaaaa",
    "three rows",
  );
});

ptyTest("Ctrl-C drops the line, and ends what waits", async () => {
  await using pty = demo();
  await pty.shows("demo>");
  await pty.write("abc");
  await pty.shows("demo> abc");
  await pty.write("\x03");
  await pty.shows("demo> abc^C");
  await pty.shows("demo>");
  await pty.write("wait");
  await pty.shows("demo> wait");
  await pty.rest();
  await pty.write("\r");
  await pty.until(() => pty.screen.cursor.column === 0, "running");
  await pty.write("lost\r");
  await pty.write("\x03");
  await pty.shows('ran "wait"');
  assert(!pty.output.includes('ran "lost'));
});

ptyTest(
  "--plain never moves about, and TERM=dumb is sent no escape",
  async () => {
    await using pty = demo({ env: { TERM: "dumb" } });
    await pty.shows("demo>");
    await pty.write("sh");
    await pty.write("\t");
    await pty.shows("1 of 2: shift  Moves traffic to a build");
    await pty.write("\x1b[C");
    await pty.shows("demo> shift");
    await pty.write("1\x7f2\r");
    await pty.shows('ran "shift 2"');
    await pty.write("\x04");
    assertEquals(await pty.exited(), 0);
    assert(!pty.output.includes("\x1b"), JSON.stringify(pty.output));
  },
);

for (const way of ["exit", "throw", "SIGTERM", "SIGHUP", "SIGINT"] as const) {
  ptyTest(`the terminal is as before after ${way}`, async () => {
    // A shell that leaves the modes alone.
    const script =
      `stty -g; "$0" run -A --quiet "$1"; echo "status $?"; stty -g`;
    await using pty = new Pty({
      command: ["sh", "-c", script, Deno.execPath(), DEMO],
    });
    await pty.shows("demo>");
    // Half a line, its menu and a message are there.
    await pty.write("sh");
    await pty.write("\t");
    await pty.shows(/^> shift/);
    if (way === "exit") await pty.write("\x15\x04");
    else if (way === "throw") {
      await pty.write("\x15");
      await pty.write("throw");
      await pty.shows("demo> throw");
      await pty.rest();
      await pty.write("\r");
    } else {
      Deno.kill(await childOf(pty.pid), way);
      if (way === "SIGINT") {
        await pty.shows("demo> sh^C");
        await pty.write("\x04");
      }
    }
    const status = { exit: 0, throw: 1, SIGTERM: 143, SIGHUP: 129, SIGINT: 0 };
    await pty.shows(`status ${status[way]}`);
    await pty.exited();
    const modes = pty.output.match(/^[0-9a-f]+(:[0-9a-f]+){8,}/gm) ?? [];
    assertEquals(modes.length, 2, pty.output);
    assertEquals(modes[0], modes[1]);
    assertEquals([...pty.screen.modes].toSorted(), ["?25", "?7"]);
    assert(!pty.screen.lines().some((line) => line.startsWith("> shift")));
  });
}

async function childOf(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("pgrep", { args: ["-P", `${pid}`] })
    .output();
  return Number(new TextDecoder().decode(stdout).trim());
}
