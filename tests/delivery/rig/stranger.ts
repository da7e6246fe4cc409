/**
 * Somebody who has only a program and an empty home, and tries every command
 * of the table: the same trials for each way in.
 *
 * @module
 */

import { COMMANDS, isIn } from "../../../src/language/commands.ts";
import { assertEquals, assertMatch } from "../../support/assert.ts";
import { Pty, whyNoPty } from "../../support/pty.ts";

const NAME = "api-domain-virtualservice";

/** A way in. */
export interface Program {
  /** What is typed for `istiops`. */
  readonly command: readonly string[];
  /** What it needs beside a home. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What came of a line. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own, with an empty home in it, that is gone afterwards. */
export class Stranger implements AsyncDisposable {
  readonly folder: string;
  readonly #program: Program;

  private constructor(folder: string, program: Program) {
    this.folder = folder;
    this.#program = program;
  }

  static async with(program: Program): Promise<Stranger> {
    const folder = await Deno.makeTempDir();
    await Deno.mkdir(`${folder}/home`);
    return new Stranger(folder, program);
  }

  /** All of the environment. */
  get env(): Readonly<Record<string, string>> {
    return {
      PATH: "/usr/bin:/bin",
      HOME: `${this.folder}/home`,
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      TERM: "xterm-256color",
      ...this.#program.env,
    };
  }

  get #options() {
    return { cwd: this.folder, clearEnv: true, env: { ...this.env } };
  }

  #words(argv: readonly string[]): readonly [string, string[]] {
    const [program = "", ...words] = [...this.#program.command, ...argv];
    return [program, words];
  }

  write(name: string, text: string): Promise<void> {
    return Deno.writeTextFile(`${this.folder}/${name}`, text);
  }

  async run(...argv: readonly string[]): Promise<Ran> {
    const [program, args] = this.#words(argv);
    const { code, stdout, stderr } = await new Deno.Command(program, {
      ...this.#options,
      args,
      stdin: "null",
    }).output();
    return {
      status: code,
      stdout: new TextDecoder().decode(stdout),
      stderr: new TextDecoder().decode(stderr),
    };
  }

  /** Runs a line that is to work. */
  async does(...argv: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...argv);
    assertEquals(status, 0, `${argv.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** A process to talk with. */
  start(...argv: readonly string[]): Deno.ChildProcess {
    const [program, args] = this.#words(argv);
    return new Deno.Command(program, {
      ...this.#options,
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  }

  /** The same on a terminal; in the test's own folder and environment else. */
  onTerminal(...argv: readonly string[]): Pty {
    const assignments = Object.entries(this.env).map(([name, value]) =>
      `${name}=${value}`
    );
    return new Pty({
      command: [
        ...["env", "-i", "-C", this.folder, ...assignments],
        ...[...this.#program.command, ...argv],
      ],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** What an editor says that starts a server and ends it again. */
export function editorTalk(): Uint8Array<ArrayBuffer> {
  const bodies = [
    {
      ...{ id: 1, method: "initialize" },
      params: { processId: null, rootUri: null, capabilities: {} },
    },
    { id: 2, method: "shutdown" },
    { method: "exit" },
  ].map((body) => JSON.stringify({ jsonrpc: "2.0", ...body }));
  return new TextEncoder().encode(
    bodies.map((body) => `Content-Length: ${body.length}\r\n\r\n${body}`)
      .join(""),
  );
}

/** Types a line and Enter as fingers do: a burst with Enter is a paste. */
export async function typeLine(pty: Pty, line: string): Promise<void> {
  const rows = () => pty.screen.beforeCursor().replaceAll(/\s/g, "");
  let typed = "";
  for (const part of line.match(/.{1,3}/g) ?? []) {
    typed += part.replaceAll(/\s/g, "");
    await pty.write(part);
    await pty.until(() => rows().endsWith(typed), `the echo of ${part}`);
  }
  await pty.rest();
  await pty.write("\r");
}

const SHIFT = [
  ...["--sandbox", "shift", NAME, "-b", "3", "-w", "20"],
  ...["--yes", "--settle", "0s"],
];

/** What is tried of each command, by its path. */
const TRIALS: Readonly<Record<string, (at: Stranger) => Promise<void>>> = {
  async show(at) {
    assertMatch(await at.does("--sandbox", "show", NAME), /^Resource: /);
    const show = await at.does("--sandbox", "show", "-A", "-o", "yaml");
    assertMatch(show, /^kind: TrafficShow$/m);
  },
  async explain(at) {
    const url = "http://api-domain:5000/";
    const told = await at.does("--sandbox", "explain", url, "--sample", "9");
    assertMatch(told, /A rule takes it/);
    await at.write("requests.jsonl", '{"host": "api-domain:5000"}\n');
    const answer = await at.does(
      ...["--sandbox", "explain", "--requests", "requests.jsonl"],
    );
    assertEquals(JSON.parse(answer).outcome, "route");
  },
  async graph(at) {
    const drawn = await at.does("--sandbox", "graph", "-A");
    assertMatch(drawn, /^flowchart LR$/m);
    await at.does("--sandbox", "graph", "-A", "--out", "traffic.html");
    assertMatch(
      await Deno.readTextFile(`${at.folder}/traffic.html`),
      /^<!doctype html>/,
    );
  },
  async check(at) {
    // The demo world has something that is wrong.
    const { status, stdout, stderr } = await at.run("--sandbox", "check");
    assertEquals(status, 1, stderr);
    assertMatch(stdout, /objects checked: /);
  },
  async test(at) {
    const tests = await at.does("--sandbox", "test", "--record", NAME);
    await at.write("tests.yaml", tests);
    const told = await at.does("--sandbox", "test", "tests.yaml", "--coverage");
    assertMatch(told, /^6 tests passed, none failed$/m);
  },
  async diff(at) {
    await at.does(...SHIFT, "--plan-out", "plan.json");
    const { status, stdout, stderr } = await at.run(
      ...["--sandbox", "diff", "plan.json", "--exit-code"],
    );
    assertEquals(status, 8, stderr);
    assertMatch(stdout, /^Requests that go elsewhere:$/m);
  },
  async shift(at) {
    assertMatch(await at.does(...SHIFT), /20 %/);
    const headers = await at.does(
      ...["--sandbox", "shift", NAME, "-b", "3", "-r"],
      ...["--header", "x-a=b.*", "--dry-run", "-o", "json"],
    );
    assertEquals(JSON.parse(headers).kind, "TrafficPlan");
  },
  async clear(at) {
    await at.does(...SHIFT);
    await at.does("--sandbox", "clear", NAME, "--yes", "--settle", "0s");
  },
  async undo(at) {
    await at.does(...SHIFT);
    await at.does("--sandbox", "undo", NAME, "--yes", "--settle", "0s");
  },
  async redo(at) {
    await at.does(...SHIFT);
    await at.does("--sandbox", "undo", NAME, "--yes", "--settle", "0s");
    await at.does("--sandbox", "redo", NAME, "--yes", "--settle", "0s");
  },
  async history(at) {
    await at.does(...SHIFT);
    assertMatch(await at.does("--sandbox", "history", NAME), /shift/);
    assertMatch(await at.does("--sandbox", "history", "--local"), /shift/);
  },
  async apply(at) {
    await at.does(...SHIFT, "--plan-out", "plan.json");
    const outcome = await at.does(
      ...["--sandbox", "apply", "plan.json", "--yes", "-o", "json"],
    );
    assertEquals(JSON.parse(outcome).kind, "TrafficOutcome");
  },
  async context(at) {
    assertMatch(await at.does("--sandbox", "context", "--check"), /^May:$/m);
    // The home is empty: the one line that says what to do.
    const { status, stderr } = await at.run("context");
    assertEquals(status, 1, stderr);
    assertMatch(stderr, /^error: .*kubeconfig.*; next: /);
  },
  async shell(at) {
    if (whyNoPty() !== undefined) {
      const { status, stderr } = await at.run("shell");
      assertEquals(status, 2, stderr);
      return;
    }
    for (const options of [[], ["--plain"]]) {
      await using pty = at.onTerminal("--sandbox", "shell", ...options);
      await pty.shows(/sandbox.*[>›]/);
      await typeLine(pty, `show ${NAME}`);
      await pty.shows(/rule 5 "master"/);
      await pty.shows(/sandbox.*[>›]$/);
      // Ctrl-D ends it.
      await pty.write("\x04");
      assertEquals(await pty.exited(), 0);
    }
  },
  async run(at) {
    await at.write(
      "release.istiops",
      `shift ${NAME} -b $build -w 20 --settle 0s --yes\nshow ${NAME}\n`,
    );
    assertMatch(
      await at.does(
        ...["--sandbox", "run", "release.istiops", "--set", "build=3"],
      ),
      /Resource: /,
    );
  },
  async lsp(at) {
    await at.write("a.istiops", "show\n");
    const answer = await at.does("lsp", "--check", "a.istiops");
    assertEquals(JSON.parse(answer).result, []);
    const server = at.start("lsp", "--stdio");
    const writer = server.stdin.getWriter();
    await writer.write(editorTalk());
    const [told, { code }] = await Promise.all([
      new Response(server.stdout).text(),
      server.status,
    ]);
    await writer.close().catch(() => {}); // It has ended already.
    assertMatch(told, /"hoverProvider":true/);
    assertEquals(code, 0);
  },
  async completions(at) {
    for (const shell of ["bash", "zsh", "fish", "pwsh"]) {
      assertMatch(await at.does("completions", shell), /istiops/);
    }
  },
  async __complete(at) {
    const offered = await at.does("__complete", "bash", "--", "istiops sh");
    assertMatch(offered, /^shift\b/m);
    const names = await at.does(
      ...["__complete", "bash", "--", "istiops --sandbox show api"],
    );
    assertMatch(names, new RegExp(`^${NAME}`, "m"));
  },
  async sandbox(at) {
    const server = at.start("sandbox", "-o", "json");
    const reader = server.stdout.getReader();
    let text = "";
    while (!text.endsWith("}\n")) {
      const { value, done } = await reader.read();
      if (done) break;
      text += new TextDecoder().decode(value);
    }
    const { kubeconfig } = JSON.parse(text);
    assertMatch(
      await at.does("show", NAME, "--kubeconfig", kubeconfig),
      /^Resource: /,
    );
    server.kill("SIGINT");
    await reader.cancel();
    await server.stdin.close();
    assertEquals((await server.status).code, 0);
  },
  async "sandbox reset"(at) {
    await at.does(...SHIFT);
    await at.does("sandbox", "reset");
    assertMatch(await at.does("--sandbox", "history", NAME), /no change/);
  },
  async version(at) {
    const version = JSON.parse(await at.does("version", "-o", "json"));
    assertEquals(version.kind, "Version");
  },
  async help(at) {
    assertMatch(await at.does("--help"), /Usage:/);
    assertMatch(await at.does("help", "shift"), /Usage:/);
  },
};

/**
 * Tries every command of the table, each in a folder of its own; a command
 * without a trial is an error, too. Most of the time they wait, so some are
 * tried at once.
 */
export async function tryEveryCommand(
  programFor: (name: string) => Program,
): Promise<void> {
  const names = COMMANDS.filter((command) => isIn(command, "line"))
    .map(({ path }) => path.join(" "));
  const failures: Error[] = [];
  const one = async (name: string): Promise<void> => {
    try {
      const trial = TRIALS[name];
      if (trial === undefined) throw new Error("there is no trial of it");
      await using at = await Stranger.with(programFor(name));
      await trial(at);
    } catch (cause) {
      failures.push(new Error(`${name}: ${(cause as Error).message}`));
    }
  };
  const left = names.values();
  await Promise.all(Array.from({ length: 5 }, async () => {
    for (const name of left) await one(name);
  }));
  if (failures.length > 0) {
    throw new AggregateError(
      failures,
      failures.map(({ message }) => message).join("\n"),
    );
  }
}
