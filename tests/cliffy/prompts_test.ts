import { startSandbox } from "../../src/sandbox/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { DENO_DIR } from "../support/deno_dir.ts";
import { Pty, whyNoPty } from "../support/pty.ts";
import { doorCommand, runDoor, writeKubeconfig } from "./rig/door.ts";

const NAME = "api-domain-virtualservice";
const why = whyNoPty();

/** A terminal with the suite in it, at a cluster of two contexts. */
async function onTerminal(
  words: string,
  use: (pty: Pty) => Promise<void>,
  of: { readonly current?: string; readonly before?: string } = {},
): Promise<void> {
  await using sandbox = await startSandbox();
  const home = await Deno.makeTempDir();
  await writeKubeconfig(`${home}/config`, sandbox.url, of.current);
  const env = { HOME: home, KUBECONFIG: `${home}/config` };
  if (of.before !== undefined) {
    const { code } = await runDoor("main.ts", of.before.split(" "), env);
    assertEquals(code, 0);
  }
  await using pty = new Pty({
    command: [...doorCommand("cliffy.ts"), ...words.split(" ")],
    columns: 120,
    rows: 40,
    env: { DENO_DIR, XDG_STATE_HOME: "", ...env },
  });
  await use(pty);
  await pty.exited();
  await Deno.remove(home, { recursive: true });
}

function ptyTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: why === undefined ? name : `${name} (skipped: ${why})`,
    ignore: why !== undefined,
    fn,
  });
}

const MILD = `shift ${NAME} -b 2 -w 20 --settle 0s`;
const SEVERE = `clear ${NAME} -m hard --settle 0s`;

ptyTest("a protected context makes Cliffy ask, and y goes on", async () => {
  await onTerminal(MILD, async (pty) => {
    await pty.shows(/Go on\?.*y\/N/);
    await pty.rest();
    await pty.write("y");
    await pty.write("\r");
    assertEquals(await pty.exited(), 0, pty.output);
    assert(pty.output.includes("Written: VirtualService"));
  }, { current: "prod" });
});

ptyTest(
  "Enter, end of input, a paste, and more than one can type mean no",
  async () => {
    for (const answer of ["\r", "\x04", "\x1b[200~y\x1b[201~", "y\ry"]) {
      await onTerminal(MILD, async (pty) => {
        await pty.shows(/Go on\?.*y\/N/);
        await pty.rest();
        await pty.write(answer);
        assertEquals(await pty.exited(), 4, JSON.stringify(answer));
        assert(pty.output.includes("the answer is no"));
      }, { current: "prod" });
    }
  },
);

ptyTest(
  "what was typed before Cliffy's question is no answer to it",
  async () => {
    await onTerminal(MILD, async (pty) => {
      await pty.write("y\r");
      await pty.shows(/Go on\?.*y\/N/);
      await pty.rest();
      assertEquals(pty.exitCode, undefined);
      await pty.write("\r");
      assertEquals(await pty.exited(), 4, pty.output);
    }, { current: "prod" });
  },
);

ptyTest(
  "Ctrl-C at Cliffy's question ends with 130, and leaves the terminal as it was",
  async () => {
    await onTerminal(MILD, async (pty) => {
      await pty.shows(/Go on\?.*y\/N/);
      await pty.rest();
      await pty.write("\x03");
      assertEquals(await pty.exited(), 130);
      assert(pty.output.includes("Cannot go on: interrupted"));
      assert(
        pty.output.lastIndexOf("\x1b[?25h") >
          pty.output.lastIndexOf("\x1b[?25l"),
      );
      assert(pty.output.includes("\x1b[?2004l"));
    }, { current: "prod" });
  },
);

ptyTest("what goes for good is asked for by its name", async () => {
  await onTerminal(SEVERE, async (pty) => {
    await pty.shows(/To go on, type the names/);
    await pty.rest();
    await pty.write("yes\r");
    assertEquals(await pty.exited(), 4);
  }, { current: "staging" });
  await onTerminal(SEVERE, async (pty) => {
    await pty.shows(/To go on, type the names/);
    await pty.rest();
    await pty.write(`${NAME} api-domain-destinationrule`);
    await pty.write("\r");
    assertEquals(await pty.exited(), 0, pty.output);
  }, { current: "staging" });
});

ptyTest(
  "where no context is the current one, it is chosen from a list",
  async () => {
    await onTerminal(`show ${NAME}`, async (pty) => {
      await pty.shows(/Which context\?/);
      await pty.rest();
      await pty.write("\x1b[B");
      await pty.rest();
      await pty.write("\r");
      assertEquals(await pty.exited(), 0, pty.output);
      assert(pty.output.includes(`Resource: \x1b[1m${NAME}`), pty.output);
    });
  },
);

ptyTest("Ctrl-C at a list ends with 130", async () => {
  await onTerminal(`show ${NAME}`, async (pty) => {
    await pty.shows(/Which context\?/);
    await pty.rest();
    await pty.write("\x03");
    assertEquals(await pty.exited(), 130, pty.output);
  });
});

ptyTest("a build that cannot be told is chosen from a list", async () => {
  await onTerminal(`shift ${NAME} -w 30 --dry-run`, async (pty) => {
    await pty.shows(/Which build\?/);
    await pty.rest();
    for (const key of ["\x1b[B", "\x1b[B", "\r"]) {
      await pty.write(key);
      await pty.rest();
    }
    assertEquals(await pty.exited(), 0, pty.output);
    assert(pty.output.includes('Build "3" of "api-domain" gets 30 %'));
  }, {
    current: "staging",
    before: `shift ${NAME} --split 1=80,2=10,3=10 --settle 0s --yes`,
  });
});
