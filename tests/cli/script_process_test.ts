import fc from "fast-check";
import { openSandbox } from "../../src/sandbox/mod.ts";
import { wordsOf } from "../../src/language/given.ts";
import { toInvocation } from "../../src/language/invocation.ts";
import { parseArguments } from "../../src/language/parse.ts";
import { readScript } from "../../src/language/script.ts";
import { tokenize } from "../../src/language/tokens.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const NAME = "api-domain-virtualservice";
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

class Home implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  spawn(argv: readonly string[], stdin: "null" | "piped" = "null") {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", MAIN, "--sandbox", ...argv],
      cwd: this.path,
      env: { HOME: this.path, XDG_STATE_HOME: "", TERM: "xterm" },
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async run(argv: readonly string[], text?: string) {
    const child = this.spawn(argv, text === undefined ? "null" : "piped");
    if (text !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
    }
    const { code, stdout, stderr } = await child.output();
    const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: read(stdout), err: read(stderr) };
  }

  /** Waits until the sandbox holds a text. */
  async until(text: string): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if ((await this.objects()).includes(text)) return;
    }
  }

  async objects(): Promise<string> {
    await using cluster = await openSandbox({
      stateDir: `${this.path}/.local/state/istiops/sandbox`,
    });
    const [routes, rules] = await Promise.all([
      cluster.list("VirtualService"),
      cluster.list("DestinationRule"),
    ]);
    return JSON.stringify([routes.items, rules.items]);
  }

  /** Operations on the VirtualService, newest first. */
  async history(): Promise<{ verb: string; undone: boolean }[]> {
    const { out } = await this.run(["history", NAME, "-o", "json"]);
    return JSON.parse(out).objects.find(({ kind }: { kind: string }) =>
      kind === "VirtualService"
    ).entries;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

Deno.test.each<readonly [readonly string[]]>([
  [[]],
  [["run", "-"]],
])(
  "a pipe into istiops %s: data on stdout, talk on stderr, no question, no escape",
  async (argv) => {
    await using home = new Home();
    const text =
      `shift ${NAME} -b 3 -w 20 --settle 0s\nshow ${NAME}\nshow none\nshow`;
    const ran = await home.run(argv, text);
    assertEquals(ran.code, 3);
    assertMatch(ran.err, /^<stdin>:3:1: stopped: failed \(exit 1\)$/m);
    assert(ran.out.includes("Resource:") && !ran.out.includes("stopped"));
    // deno-lint-ignore no-control-regex
    assert(!/\x1b/.test(ran.out + ran.err));
  },
);

Deno.test("kill -9 behind a write: --resume knows what was written, and does nothing twice", async () => {
  await using home = new Home();
  const lines = [
    `shift ${NAME} -b 3 -w 10 --settle 0s`,
    `shift ${NAME} -b 3 -w 20 --settle 0s`,
    // Its last write is made, and the wait behind it never ends.
    `undo ${NAME} --settle 0s --verify 1h`,
    `show ${NAME}`,
  ];
  await Deno.writeTextFile(`${home.path}/f`, lines.join("\n"));
  const child = home.spawn(["run", "f", "--show"]);
  const output = child.output();
  for (;;) {
    const [newest] = await home.history();
    if (newest?.verb === "undo") break;
  }
  child.kill("SIGKILL");
  await output;
  const again = await home.run(["run", "f", "--show", "--resume"]);
  assertEquals(again.code, 0, again.err);
  assertMatch(again.err, /^f: 3 of 4 commands were carried out before/m);
  const verbs = (await home.history()).map(({ verb }) => verb);
  assertEquals(verbs, ["undo", "shift", "shift"]);
});

Deno.test("kill -9 between two writes of a line: --resume makes the rest of it", async () => {
  await using home = new Home();
  // The subset is written; the route waits for the proxies.
  const text = `shift ${NAME} -b 3 -w 20 --settle `;
  await Deno.writeTextFile(`${home.path}/f`, `${text}1h\n`);
  const child = home.spawn(["run", "f"]);
  const output = child.output();
  await home.until('"api-domain-3-default"');
  child.kill("SIGKILL");
  await output;
  await Deno.writeTextFile(`${home.path}/f`, `${text}0s\n`);
  const again = await home.run(["run", "f", "--resume", "-o", "json"]);
  assertEquals(again.code, 0, again.out);
  const run = JSON.parse(again.out.trim().split("\n").at(-1) ?? "");
  assertEquals(run.lines[0].status, "done");
  assert(/"weight":20\b/.test(await home.objects()));
});

Deno.test("SIGTERM stops a script behind the write under way: 130", async () => {
  await using home = new Home();
  await Deno.writeTextFile(
    `${home.path}/f`,
    `shift ${NAME} -b 3 -w 20 --settle 1h\nshow ${NAME}`,
  );
  const child = home.spawn(["run", "f"]);
  const output = child.output();
  await home.until('"api-domain-3-default"');
  child.kill("SIGTERM");
  const { code, stderr } = await output;
  const err = new TextDecoder().decode(stderr);
  assertEquals(code, 130, err);
  assertMatch(err, /^f:1:1: stopped: interrupted \(exit 130\)$/m);
});

/** Lines of scripts, right and wrong. */
const anyLine = fc.constantFrom(
  ...[
    "show",
    "show $x",
    "shift r -b $x -w 20",
    "shift r -b 3 -w $y",
    "clear r",
  ],
  ...["use namespace shop", "use context a", "use sandbox", "use build $x"],
  ...[
    "set x=3",
    "set y='1 2'",
    "set x=$y",
    "use selector app=$x",
    "shift -w 1",
  ],
  ...[
    "undo r --operation $x",
    "apply $y",
    "history -A",
    "clear -m hard -l a=b",
  ],
  ...["shift r --header 'x=$x' -b 1", 'shift r -b 1 --header "x=$x" \\', " -r"],
  ...["show -n $x -A", "help shift", "version", "context", "# $z", "show $z"],
  ...[
    "use",
    "shift r -b -w",
    "shift r -d $y -b 1 -w 0.5",
    "use destination $x",
  ],
);

Deno.test("what the check has read is what runs: a line that passed is never wrong usage", () => {
  let passed = 0;
  fc.assert(
    fc.property(
      fc.array(anyLine, { maxLength: 8 }),
      fc.constantFrom("7", "a b", "-w", "--yes", "x=1;$y", "", "'", "shop"),
      (lines, value) => {
        const script = readScript(lines.join("\n"), {
          outside: new Map([["x", value]]),
        });
        for (const { whole, invocation, diagnostics } of script.steps) {
          if (diagnostics.length > 0) continue;
          passed++;
          // As the run reads it, and as somebody who types it would.
          const again = toInvocation(whole);
          assertEquals(again.diagnostics, []);
          const words = tokenize(wordsOf(whole).join(" ")).tokens
            .map(({ value }) => value);
          const typed = toInvocation(parseArguments(words));
          for (const one of [again, typed]) {
            assertEquals(one.diagnostics, [], words.join(" "));
            assertEquals(plain(one.invocation), plain(invocation));
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert(passed > 1000);
});

/** With the intent in place of the function that gives it. */
function plain(invocation: unknown): unknown {
  const { intentFor, ...rest } = invocation as {
    readonly intentFor?: (namespace: string) => unknown;
  };
  return { ...rest, intent: intentFor?.("here") };
}
