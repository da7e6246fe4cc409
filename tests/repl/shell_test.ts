import { runLine } from "../../src/cli/run.ts";
import { Shell } from "../../repl/shell.ts";
import type { ShellState } from "../../repl/session.ts";
import { pinned } from "../../repl/session.ts";
import { runSessionVerb } from "../../repl/session_verbs.ts";
import { toInvocation } from "../../src/language/invocation.ts";
import { parseArguments, parseCommandLine } from "../../src/language/parse.ts";
import { NEW_SESSION, startedWith } from "../../src/language/session.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { NAMES } from "../language/rig/known.ts";
import { FakeTerminal } from "./rig/fake_terminal.ts";

/** A shell at the sandbox of a fresh home. */
class At implements AsyncDisposable {
  readonly terminal = new FakeTerminal();
  readonly process: FakeProcess;
  readonly home: string;
  readonly ended: Promise<number>;
  invalidated = 0;

  private constructor(home: string, process: FakeProcess, state: ShellState) {
    this.home = home;
    this.process = process;
    const shell = new Shell({
      runLine,
      io: process.io,
      terminal: this.terminal,
      names: {
        names: () => NAMES,
        want: () => {},
        invalidate: () => void this.invalidated++,
        refresh: () => {},
      },
      files: { files: () => [], forget: () => {} },
      historyDir: `${home}/history`,
      reader: { colour: false, isPlain: false, reflows: true },
    }, state);
    this.ended = shell.run();
  }

  static async start(): Promise<At> {
    const home = await Deno.makeTempDir();
    const process = new FakeProcess({
      terminal: true,
      env: { HOME: home, XDG_STATE_HOME: home, NO_COLOR: "1" },
    });
    const session = startedWith(parseArguments(["--sandbox"]));
    return new At(home, process, { session, variables: new Map() });
  }

  /** Types a line and Enter; resolves at the next prompt, or the question. */
  async line(text: string): Promise<void> {
    await this.prompt();
    this.terminal.type(text);
    this.terminal.send("\r");
  }

  async until(condition: () => boolean): Promise<void> {
    for (let waited = 0; !condition(); waited++) {
      if (waited > 6000) throw new Error(`waited in vain:\n${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits for a line to be read. */
  async prompt(): Promise<void> {
    await this.until(() =>
      this.terminal.takers === 1 && this.terminal.parting() !== ""
    );
  }

  get said(): string {
    return this.process.stdout + this.process.stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.prompt();
    this.terminal.send("\x03");
    await this.line("exit");
    assertEquals(await this.ended, 0);
    await Deno.remove(this.home, { recursive: true });
  }
}

Deno.test("a line runs as the command line would run it, with what is in use", async () => {
  await using at = await At.start();
  await at.line("use selector app=api-domain");
  await at.line("show");
  await at.prompt();
  assertStringIncludes(at.said, "Resource: api-domain-virtualservice");
  assert(!at.said.includes("Resource: catalog"), at.said);
  assertStringIncludes(at.terminal.written, "app=api-domain");
});

Deno.test("a mild change asks in the shell; Enter means no, y means yes, and undo alone goes back", async () => {
  await using at = await At.start();
  await at.line("shift api-domain-virtualservice -b 2 -w 20 --settle 0s");
  await at.until(() => at.said.includes("Go on? [y/N]"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  at.terminal.send("\r");
  await at.prompt();
  assertStringIncludes(at.said, "the answer is no");
  at.process.stderr = "";
  await at.line("shift api-domain-virtualservice -b 2 -w 20 --settle 0s");
  await at.until(() => at.said.includes("Go on? [y/N]"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  at.terminal.send("y");
  at.terminal.send("\r");
  await at.prompt();
  assertStringIncludes(at.said, "Done (operation");
  assertEquals(at.invalidated, 2);
  // It is about the change, not about what is in use.
  await at.line("use selector app=catalog");
  await at.prompt();
  at.process.stdout = at.process.stderr = "";
  await at.line("undo");
  await at.until(() => at.said.includes("Go on? [y/N]"));
  assertStringIncludes(at.said, "goes back by: istiops undo api-domain");
  await new Promise((resolve) => setTimeout(resolve, 50));
  at.terminal.send("y");
  at.terminal.send("\r");
  await at.prompt();
  assertStringIncludes(at.process.stdout, "Done (operation");
});

Deno.test.each([
  { line: "undo --dryrun", says: '"undo" has no option --dryrun' },
  { line: "undo --timeout soon", says: '"soon" is not a duration' },
  { line: "undo --context other", says: "What it is about is missing" },
  { line: "undo -n shop", says: "What it is about is missing" },
  { line: "undo --dry-run", says: "Way back: istiops redo" },
])(
  "after a change, $line is not taken for undo alone",
  async ({ line, says }) => {
    await using at = await At.start();
    await at.line(
      "shift api-domain-virtualservice -b 2 -w 20 --settle 0s --yes",
    );
    await at.prompt();
    at.process.stdout = at.process.stderr = "";
    await at.line(line);
    await at.until(() => at.said.includes(says));
    await at.prompt();
    assert(!at.said.includes("Go on?"), at.said);
    // It would come back with the line.
    at.terminal.send("\x03");
  },
);

Deno.test("a change that was stopped half way is the newest one", async () => {
  await using at = await At.start();
  await at.line("shift api-domain-virtualservice -b 3 -w 5 --settle 60s --yes");
  // Its subset is written, its rules are not.
  await at.until(() => at.said.includes("Waiting"));
  at.terminal.send("\x03");
  await at.until(() => at.said.includes("To take back what was written"));
  await at.line("undo --yes --settle 0s");
  await at.until(() => at.said.includes("goes back by: istiops undo"));
  await at.until(() => at.process.stdout.includes("Done (operation"));
});

Deno.test("undo alone takes nothing back where the prompt shows another place", async () => {
  await using at = await At.start();
  await at.line("shift catalog --split v1=90,v2=10 --settle 0s --yes");
  await at.prompt();
  assertStringIncludes(at.said, "Done (operation");
  at.process.stdout = at.process.stderr = "";
  await at.line("use namespace shop");
  await at.line("undo");
  await at.until(() => at.said.includes("What it is about is missing"));
  await at.prompt();
  at.terminal.send("\x03");
  await at.line("use namespace");
  await at.line("undo --dry-run");
  await at.prompt();
  assertStringIncludes(at.said, "goes back by: istiops undo catalog");
});

Deno.test("a line that is wrong stays, with the cursor on what is wrong, and the fix is one key", async () => {
  await using at = await At.start();
  await at.line("shwo -A -o json");
  await at.until(() => at.said.includes('There is no command "shwo"'));
  await at.prompt();
  assertEquals(at.process.stdout, "");
  // The cursor is before the word; Ctrl-O puts in what was meant.
  at.terminal.send("\x0f");
  at.terminal.send("\r");
  await at.prompt();
  await at.until(() => at.process.stdout.includes('"kind": "TrafficShow"'));
});

Deno.test("a paste runs nothing before an Enter of its own", async () => {
  await using at = await At.start();
  await at.prompt();
  at.terminal.send(
    "\x1b[200~clear -m hard api-domain-virtualservice\nshow\n\x1b[201~",
  );
  at.terminal.send("use\nshow\n");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(at.said, "");
  at.terminal.send("\x03");
  await at.prompt();
});

Deno.test("of several lines none runs after one that failed", async () => {
  await using at = await At.start();
  await at.prompt();
  at.terminal.send("\x1b[200~show nothing-such\nversion\x1b[201~");
  // What follows a paste at once belongs to it.
  await new Promise((resolve) => setTimeout(resolve, 100));
  at.terminal.send("\r");
  await at.until(() => at.said.includes("error:"));
  await at.prompt();
  assert(!at.said.includes("Deno"), at.said);
});

Deno.test("Ctrl-C ends a watch, and the prompt is back", async () => {
  await using at = await At.start();
  await at.line("show --watch catalog");
  await at.until(() => at.said.includes("Resource: catalog"));
  at.terminal.send("\x03");
  await at.prompt();
  assertEquals(at.process.exits, []);
});

Deno.test("what is recorded goes to the same place when it is run", async () => {
  await using at = await At.start();
  const file = `${at.home}/release.istiops`;
  await at.line(`log start ${file}`);
  await at.line("use selector app=api-domain");
  await at.line("show");
  await at.line("show nothing-such");
  await at.line("log stop");
  await at.prompt();
  assertEquals(
    (await Deno.readTextFile(file)).split("\n"),
    [
      "#!/usr/bin/env -S istiops run",
      "show --sandbox --label-selector app=api-domain",
      "",
    ],
  );
  const foreign = `${at.home}/mine.txt`;
  await Deno.writeTextFile(foreign, "mine\n");
  await at.line(`log start ${foreign}`);
  await at.prompt();
  assertStringIncludes(at.said, "was not begun by log start");
  assertEquals(await Deno.readTextFile(foreign), "mine\n");
});

Deno.test("values are set, shown and used, and history lists what was typed", async () => {
  await using at = await At.start();
  await at.line("set name=catalog");
  await at.line("set");
  await at.line("show $name");
  await at.line("history");
  await at.prompt();
  assertStringIncludes(at.said, "$name = catalog");
  assertStringIncludes(at.said, "Resource: catalog");
  assertStringIncludes(at.said, "    3  show $name");
});

Deno.test("a namespace that is forgotten is the context's own, by name", async () => {
  const { invocation } = toInvocation(
    parseCommandLine("use namespace", { way: "shell" }),
  );
  assert(invocation);
  const { state } = await runSessionVerb(
    invocation,
    {
      state: {
        session: { started: [], context: "production", namespace: "shop" },
        variables: new Map(),
      },
      names: { names: () => NAMES, refresh() {} },
      history: [],
      print() {},
      width: 80,
    },
  ) as { readonly state: ShellState };
  assertEquals(state.session, {
    started: [],
    context: "production",
    namespace: "default",
  });
});

Deno.test("a context that the kubeconfig has not is not used", async () => {
  await using at = await At.start();
  await at.line("use context stagin");
  await at.prompt();
  assertStringIncludes(at.said, 'Did you mean "staging"?');
  await at.line("use context production");
  await at.prompt();
  assertStringIncludes(at.terminal.written, "production (protected)");
});

Deno.test("a session has names for its place from the beginning", () => {
  assertEquals(pinned(NEW_SESSION, NAMES.contexts), {
    started: [],
    context: "staging",
    namespace: "default",
  });
  const sandbox = startedWith(parseArguments(["--sandbox"]));
  assertEquals(pinned(sandbox, NAMES.contexts), sandbox);
  const other = startedWith(parseArguments(["--context", "production"]));
  assertEquals(pinned(other, NAMES.contexts), {
    ...other,
    namespace: "default",
  });
  const unknown = startedWith(parseArguments(["--context", "nothing-such"]));
  assertEquals(pinned(unknown, NAMES.contexts), unknown);
  assertEquals(
    pinned(startedWith(parseArguments(["-n", "shop"])), NAMES.contexts).context,
    "staging",
  );
});
