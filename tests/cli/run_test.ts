import { runCli } from "../../src/cli/run.ts";
import { COMMANDS, isIn } from "../../src/language/commands.ts";
import { tokenize } from "../../src/language/tokens.ts";
import { openSandbox } from "../../src/sandbox/mod.ts";
import type { VirtualService } from "../../src/istio/types.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { documentChecker, type DocumentKind } from "../support/schemas.ts";
import { type FakeOptions, FakeProcess } from "../support/fake_io.ts";

const NAME = "api-domain-virtualservice";
const BOTH = `api-domain-destinationrule ${NAME}`;
const SHIFT = ["shift", NAME, "-b", "3", "--settle", "0s"];

/** A home directory of its own, and commands in it. */
class Home implements AsyncDisposable {
  readonly path: string;

  constructor() {
    this.path = Deno.makeTempDirSync();
  }

  get env(): Record<string, string> {
    return { HOME: this.path };
  }

  async run(
    argv: readonly string[],
    options: FakeOptions = {},
  ): Promise<FakeProcess & { readonly status: number }> {
    const process = new FakeProcess({
      ...options,
      env: { ...this.env, ...options.env },
    });
    const status = await runCli(argv, process.io);
    return Object.assign(process, { status });
  }

  /** With `--sandbox`. */
  sandbox(
    argv: readonly string[],
    options: FakeOptions = {},
  ): ReturnType<Home["run"]> {
    return this.run(["--sandbox", ...argv], options);
  }

  /** The object as the sandbox holds it. */
  async read(name: string = NAME): Promise<VirtualService> {
    await using cluster = await openSandbox({ stateDir: this.stateDir });
    const ref = { kind: "VirtualService", namespace: "default", name } as const;
    return await cluster.get(ref) as VirtualService;
  }

  /** Somebody else writes. */
  async patch(
    operations: readonly { op: "replace"; path: string; value: number }[],
  ): Promise<void> {
    await using cluster = await openSandbox({ stateDir: this.stateDir });
    await cluster.patch(
      { kind: "VirtualService", namespace: "default", name: NAME },
      operations,
    );
  }

  get stateDir(): string {
    return `${this.path}/.local/state/istiops/sandbox`;
  }

  /** `istiops sandbox` while something else runs; gives its kubeconfig. */
  async serving(
    run: (kubeconfig: string, server: FakeProcess) => Promise<void>,
  ): Promise<void> {
    const server = new FakeProcess({ env: this.env });
    const { promise: up, resolve: isUp } = Promise.withResolvers<void>();
    const write = server.io.stdout.write.bind(server.io.stdout);
    Object.assign(server.io.stdout, {
      write(text: string) {
        write(text);
        isUp();
      },
    });
    const serving = runCli(["sandbox", "-o", "json"], server.io);
    await up;
    await run(String(server.document["kubeconfig"]), server);
    server.interrupt();
    assertEquals(await serving, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function weightsOf(object: VirtualService, rule: string): number[] {
  const found = object.spec.http?.find(({ name }) => name === rule);
  return (found?.route ?? []).map(({ weight = 0 }) => weight);
}

Deno.test("--debug tells each exchange on standard error, and nothing else changes", async () => {
  await using home = new Home();
  const plain = await home.sandbox(["show", NAME]);
  const debug = await home.sandbox(["show", NAME, "--debug"]);
  assertEquals(debug.stdout, plain.stdout);
  assertMatch(
    debug.stderr,
    // There are no Rollouts here; whoever asks for pods is looked for.
    /^(debug: GET http:\/\/127\.0\.0\.1:\d+\/\S+ (200 \d+ ms|404 \d+ ms: .*)\n)+$/,
  );
});

Deno.test("shift, show and the printed way back tell one story", async () => {
  await using home = new Home();
  const before = await home.sandbox(["show", "-o", "json"]);
  const shift = await home.sandbox([...SHIFT, "-w", "20"]);
  assertEquals(shift.status, 0, shift.stderr);
  assertStringIncludes(shift.stdout, "Done (operation ");
  assertEquals(weightsOf(await home.read(), "master"), [72, 8, 20]);
  const show = await home.sandbox(["show", NAME]);
  assertStringIncludes(show.stdout, "20 % of requests for pods with labels");

  const [, wayBack = ""] = /Way back: istiops (.*)/.exec(shift.stdout) ?? [];
  const back = await home.run([...wayBack.split(" "), "--settle", "0s"]);
  assertEquals(back.status, 0, back.stderr);
  const after = await home.sandbox(["show", "-o", "json"]);
  assertEquals(
    after.document["virtualServices"],
    before.document["virtualServices"],
  );
});

Deno.test("wrong usage shows the line, the place, the reason and the next step", async () => {
  await using home = new Home();
  const wrong = await home.sandbox(["shift", NAME, "-b", "3", "-w", "20.55"]);
  assertEquals(wrong.status, 2);
  assertEquals(wrong.stdout, "");
  const [, , line = "", marks = ""] = ["", ...wrong.stderr.split("\n")];
  assertEquals(
    line.slice(marks.indexOf("^"), marks.lastIndexOf("^") + 1),
    "20.55",
  );
  assertMatch(wrong.stderr, /^error: .*\n/);
  assertStringIncludes(wrong.stderr, "\nnext: ");
  assertStringIncludes(wrong.stderr, "istiops shift --help");
});

Deno.test.each([
  ["-w", "-1"],
  ["-w", "101"],
  ["-w", "abc"],
  ["-w", "20.55"],
  ["--header", "x-cid"],
  ["-d", "host:0", "-w", "1"],
  ["-d", "host:99999", "-w", "1"],
  ["-H", "a=b", "-e", "-r"],
  ["-H", "a=(", "-r"],
  ["--wieght", "20"],
])("wrong usage $0 $1 exits 2 before anything is opened", async (...args) => {
  await using home = new Home();
  const words = args.filter((word) => typeof word === "string");
  const wrong = await home.sandbox(["shift", NAME, "-b", "3", ...words]);
  assertEquals(wrong.status, 2, wrong.stderr);
  assertStringIncludes(wrong.stderr, "^");
  // Not even the sandbox's state came to be.
  assertEquals([...Deno.readDirSync(home.path)], []);
  const json = await home.sandbox([
    ...["shift", NAME, "-b", "3", "-o", "json"],
    ...words,
  ]);
  assertEquals(json.status, 2);
  assertEquals(json.document["kind"], "Error");
  assertEquals(json.document["exitCode"], 2);
});

Deno.test("a password in a URL is not shown again", async () => {
  await using home = new Home();
  const { status, stderr } = await home.sandbox(
    ["version", "--check", "--from", "http://anne:s3cr@t@releases.test/x"],
  );
  assertEquals(status, 2);
  assertMatch(
    stderr,
    /--from http:\/\/anne:\*{6}@releases.test\/x\n +\^{34}\n/,
  );
  assert(!stderr.includes("s3cr"), stderr);
});

Deno.test("a misspelt command is told the right one", async () => {
  const process = new FakeProcess();
  assertEquals(await runCli(["traffic", "shfit"], process.io), 2);
  assertStringIncludes(process.stderr, "shift");
  assertMatch(process.stderr, /\^{5}/);
});

Deno.test("10.3 every command with -o json prints one document of its kind", async () => {
  await using home = new Home();
  const plan = `${home.path}/plan.json`;
  const problemsOf = await documentChecker();
  const rows: [string[], DocumentKind][] = [
    [["show"], "TrafficShow"],
    [[...SHIFT, "-w", "10", "--dry-run"], "TrafficPlan"],
    [[...SHIFT, "-w", "10"], "TrafficOutcome"],
    [["history", NAME], "TrafficHistory"],
    [["undo", NAME, "--settle", "0s"], "TrafficOutcome"],
    [["redo", NAME, "--settle", "0s", "--yes"], "TrafficOutcome"],
    [["clear", NAME, "--settle", "0s", "--plan-out", plan], "TrafficPlan"],
    [["apply", plan], "TrafficOutcome"],
    [["check", "-A"], "TrafficCheck"],
    [["show", "nobody"], "Error"],
    [["version"], "Version"],
    [["help", "shift"], "Help"],
    [["sandbox", "reset"], "SandboxReset"],
  ];
  for (const [argv, kind] of rows) {
    const words = argv[0] === "sandbox" ? argv : ["--sandbox", ...argv];
    const done = await home.run([...words, "-o", "json"]);
    assertEquals(done.document["kind"], kind, `${argv}: ${done.stdout}`);
    assertEquals(problemsOf(kind, done.document), "", `${argv}`);
    assertEquals(done.stderr.replace(/^Saved the plan.*\n/, ""), "");
  }
});

Deno.test("a name that nothing has says what was looked at and what comes near", async () => {
  await using home = new Home();
  const missing = await home.sandbox([
    ...["shift", "api-domain-virtualservce", "-b", "3", "-w", "20"],
  ]);
  assertEquals(missing.status, 1);
  assertStringIncludes(missing.stderr, NAME);
});

Deno.test("10.2 --dry-run writes nothing; --exit-code makes it 8 when it would", async () => {
  await using home = new Home();
  const before = await home.read();
  const dry = [...SHIFT, "-w", "20", "--dry-run"];
  assertEquals((await home.sandbox(dry)).status, 0);
  assertEquals((await home.sandbox([...dry, "--exit-code"])).status, 8);
  assertEquals(await home.read(), before);
  await home.sandbox([...SHIFT, "-w", "20"]);
  assertEquals((await home.sandbox([...dry, "--exit-code"])).status, 0);
  const again = await home.sandbox([...SHIFT, "-w", "20", "-o", "json"]);
  assertEquals([again.status, again.document["changed"]], [0, false]);
});

Deno.test("a severe change without a terminal is refused until somebody says yes", async () => {
  await using home = new Home();
  const severe = [...SHIFT, "-w", "60"];
  const refused = await home.sandbox(severe);
  assertEquals(refused.status, 4);
  assertStringIncludes(refused.stderr, "--yes");
  assertEquals(weightsOf(await home.read(), "master"), [90, 10]);
  const error = await home.sandbox([...severe, "-o", "json"]);
  assertEquals(error.document["code"], "confirmation-needed");
  const named = await home.sandbox([...severe, "--confirm", "somebody-else"]);
  assertEquals(named.status, 4);
  const agreed = await home.sandbox([...severe, "--yes"]);
  assertEquals(agreed.status, 0, agreed.stderr);
  assertEquals(weightsOf(await home.read(), "master"), [36, 4, 60]);
});

Deno.test.each([
  ["Enter", ["\r"]],
  ["the end of input", []],
  ["a paste", [`\x1b[200~${NAME}\r\x1b[201~`]],
  ["several lines at once", [`${NAME}\rmore\r`]],
  ["yes, where a name is asked for", ["yes\r"]],
  ["Ctrl-D", [NAME, "\x04"]],
  ["another name", ["api-domain\r"]],
])("%s is no answer to a severe change", async (_, typed) => {
  await using home = new Home();
  const declined = await home.sandbox([...SHIFT, "-w", "60"], {
    terminal: true,
    typed,
  });
  assertEquals(declined.status, 4, declined.stderr);
  assertStringIncludes(declined.stderr, "the answer is no");
  assertEquals(weightsOf(await home.read(), "master"), [90, 10]);
});

Deno.test("the name, typed with a slip and a cursor key, is an answer", async () => {
  await using home = new Home();
  const done = await home.sandbox([...SHIFT, "-w", "60"], {
    terminal: true,
    typed: ["wrong", "\x15", BOTH, "x", "\x1b[D", "\x7f", "\r"],
  });
  assertEquals(done.status, 0, done.stderr);
  assertStringIncludes(done.stderr, `type the names: ${BOTH}`);
  assertEquals(weightsOf(await home.read(), "master"), [36, 4, 60]);
});

Deno.test("an answer already given is not asked for on a terminal", async () => {
  await using home = new Home();
  const confirm = BOTH.split(" ").flatMap((name) => ["--confirm", name]);
  const done = await home.sandbox([...SHIFT, "-w", "60", ...confirm], {
    terminal: true,
  });
  assertEquals(done.status, 0, done.stderr);
});

Deno.test("a protected namespace makes a mild change ask", async () => {
  await using home = new Home();
  await Deno.mkdir(`${home.path}/.config/istiops`, { recursive: true });
  const config = `${home.path}/.config/istiops/config.yaml`;
  await Deno.writeTextFile(config, 'protected: ["*"]\n');
  // The sandbox has no context, so that a glob of contexts cannot match.
  assertEquals((await home.sandbox([...SHIFT, "-w", "10"])).status, 0);
  await using cluster = await openSandbox({ stateDir: home.stateDir });
  await cluster.patch({ kind: "Namespace", name: "default" }, [{
    op: "add",
    path: "/metadata/annotations",
    value: { "istiops/protected": "true" },
  }]);
  const refused = await home.sandbox([...SHIFT, "-w", "15"]);
  assertEquals(refused.status, 4);
  assertStringIncludes(refused.stderr, "istiops/protected");
  const asked = await home.sandbox([...SHIFT, "-w", "15"], {
    terminal: true,
    typed: ["y", "\r"],
  });
  assertEquals(asked.status, 0, asked.stderr);
  assertStringIncludes(asked.stderr, "[y/N]");
});

Deno.test.each([
  ["protected: 3\n", "is not a list"],
  ["protcted: []\n", "is not a setting"],
  ["a: [\n", "it is no YAML"],
])("a configuration of %j is refused before a change", async (text, why) => {
  await using home = new Home();
  const config = `${home.path}/cfg/istiops`;
  await Deno.mkdir(config, { recursive: true });
  await Deno.writeTextFile(`${config}/config.yaml`, text);
  const env = { XDG_CONFIG_HOME: `${home.path}/cfg` };
  const refused = await home.sandbox([...SHIFT, "-w", "10"], { env });
  assertEquals(refused.status, 1);
  assertStringIncludes(refused.stderr, why);
  assertEquals((await home.sandbox(["show"], { env })).status, 0);
});

Deno.test("the same rule changed while the question stood is a conflict with a diff", async () => {
  await using home = new Home();
  const conflict = await home.sandbox([...SHIFT, "-w", "60"], {
    terminal: true,
    env: { NO_COLOR: "1" },
    typed: [async () => {
      const http = (await home.read()).spec.http ?? [];
      const index = http.findIndex(({ name }) => name === "master");
      await home.patch([
        {
          op: "replace",
          path: `/spec/http/${index}/route/0/weight`,
          value: 80,
        },
        {
          op: "replace",
          path: `/spec/http/${index}/route/1/weight`,
          value: 20,
        },
      ]);
      return `${BOTH}\r`;
    }],
  });
  assertEquals(conflict.status, 6, conflict.stderr);
  assertStringIncludes(conflict.stderr, "-    weight: 90");
  assertStringIncludes(conflict.stderr, "+    weight: 80");
  assertStringIncludes(conflict.stderr, "next: ");
  assertEquals(weightsOf(await home.read(), "master"), [80, 20]);
});

Deno.test("an unrelated rule changed while the question stood is kept", async () => {
  await using home = new Home();
  const done = await home.sandbox([...SHIFT, "-w", "60"], {
    terminal: true,
    typed: [async () => {
      await home.patch([
        {
          op: "replace",
          path: "/spec/http/0/redirect/redirectCode",
          value: 308,
        },
      ]);
      return `${BOTH}\r`;
    }],
  });
  assertEquals(done.status, 0, done.stderr);
  const object = await home.read();
  assertEquals(object.spec.http?.[0]?.["redirect"], {
    uri: "/docs",
    redirectCode: 308,
  });
  assertEquals(weightsOf(object, "master"), [36, 4, 60]);
});

Deno.test("a saved plan is carried out once, and not on another version", async () => {
  await using home = new Home();
  const file = `${home.path}/plan.json`;
  const saved = await home.sandbox([...SHIFT, "-w", "20", "--plan-out", file]);
  assertEquals(saved.status, 0);
  // As a whole: where to, as well.
  assertStringIncludes(saved.stderr, `istiops apply ${file} --sandbox\n`);
  assertEquals(weightsOf(await home.read(), "master"), [90, 10]);
  const applied = await home.sandbox(["apply", file]);
  assertEquals(applied.status, 0, applied.stderr);
  assertEquals(weightsOf(await home.read(), "master"), [72, 8, 20]);
  const again = await home.sandbox(["apply", file]);
  assertEquals(again.status, 6);
  const missing = await home.sandbox(["apply", `${home.path}/none.json`]);
  assertEquals(missing.status, 1);
  const piped = await home.sandbox(["apply", "-"], { stdin: "{}" });
  assertEquals(piped.status, 1);
  assertStringIncludes(piped.stderr, "Cannot read the plan");
});

Deno.test("the plan of an undo says where rules stand; new are only those that are away", async () => {
  await using home = new Home();
  const run = async (...argv: readonly string[]) =>
    (await home.sandbox([...argv, "--settle", "0s", "--yes"])).stdout;
  await run("shift", "catalog", "-b", "v2", "-w", "20", "-H", "x-cid=me");
  const undo = await run("undo", "catalog");
  assertStringIncludes(undo, "catalog #1 (every request) ");
  assertStringIncludes(undo, "catalog #0 istiops-v2 ");
  const redo = await run("redo", "catalog");
  assertStringIncludes(redo, "catalog #0 (every request) ");
  assertStringIncludes(redo, "catalog new istiops-v2 ");
});

Deno.test("a split that leaves builds out names them", async () => {
  await using home = new Home();
  const split = ["shift", "catalog", "--settle", "0s", "--split"];
  await home.sandbox([...split, "v1=80,v2=10,v3=10"]);
  const wrong = await home.sandbox([...split, "v2=100"]);
  assertEquals(wrong.status, 2);
  assertStringIncludes(
    wrong.stderr,
    'rule #0 (every request): "v1", "v3" have a share and no number',
  );
});

Deno.test("Ctrl-C while it waits says what was written and what was not", async () => {
  await using home = new Home();
  const process = new FakeProcess({ env: home.env, terminal: true });
  const write = process.io.stderr.write.bind(process.io.stderr);
  Object.assign(process.io.stderr, {
    write(text: string) {
      write(text);
      if (text.includes("Waiting")) queueMicrotask(() => process.interrupt());
    },
  });
  const status = await runCli(
    ["--sandbox", "shift", NAME, "-b", "3", "-w", "20", "--settle", "1h"],
    process.io,
  );
  assertEquals(status, 130, process.stderr);
  assertStringIncludes(process.stderr, "Written: DestinationRule");
  assertStringIncludes(process.stderr, "Not written: VirtualService");
  assertStringIncludes(process.stderr, "undo");
  assertEquals(weightsOf(await home.read(), "master"), [90, 10]);
  assertEquals(process.listens, false);
});

Deno.test("a second Ctrl-C ends the process at once", async () => {
  await using home = new Home();
  const process = new FakeProcess({
    env: home.env,
    terminal: true,
    typed: [() => {
      process.interrupt();
      try {
        process.interrupt();
      } catch {
        // The fake goes on where a real process has ended.
      }
      return "\r";
    }],
  });
  await runCli(["--sandbox", ...SHIFT, "-w", "60"], process.io);
  assertEquals(process.exits, [130]);
});

Deno.test("results go to stdout, talk to stderr, colour only where it is seen", async () => {
  await using home = new Home();
  const piped = await home.sandbox([...SHIFT, "-w", "10"]);
  assertEquals(piped.stderr, "");
  const escape = String.fromCharCode(27);
  assert(!piped.stdout.includes(escape));
  const on = { terminal: true } as const;
  const show = ["show", NAME];
  assert((await home.sandbox(show, on)).stdout.includes(escape));
  const plain = await home.sandbox([...show, "--no-color"], on);
  assert(!plain.stdout.includes(escape));
  const env = { NO_COLOR: "1" };
  const noColor = await home.sandbox(show, { ...on, env });
  assert(!noColor.stdout.includes(escape));
  assertEquals(plain.stdout, noColor.stdout);
});

Deno.test("--quiet leaves the result only", async () => {
  await using home = new Home();
  const quiet = await home.sandbox([...SHIFT, "-w", "10", "-q"], {
    terminal: true,
    env: { NO_COLOR: "1" },
  });
  assertMatch(quiet.stdout, /^Done \(operation /);
  assertEquals(quiet.stderr, "");
});

Deno.test("who is asked sees what about, quiet or not, and machines still get one document", async () => {
  await using home = new Home();
  for (const more of [["-q"], ["-o", "json"]]) {
    const asked = await home.sandbox([...SHIFT, "-w", "60", ...more], {
      terminal: true,
      env: { NO_COLOR: "1" },
      typed: ["\r"],
    });
    assertEquals(asked.status, 4);
    assertStringIncludes(asked.stderr, "Grade: severe");
    if (more.includes("json")) {
      assertEquals(asked.document["code"], "declined");
    }
  }
});

Deno.test("11.1 header values are in no record and no history", async () => {
  await using home = new Home();
  const secret = "seu_madruga_7";
  const done = await home.sandbox([...SHIFT, "-H", `x-key=${secret}`]);
  assertEquals(done.status, 0, done.stderr);
  const history = await home.sandbox(["history", NAME, "-o", "json"]);
  assert(!history.stdout.includes(secret));
  assertStringIncludes(history.stdout, "x-key=***");
});

Deno.test("show --watch draws again after a change and ends with Ctrl-C", async () => {
  await using home = new Home();
  await home.sandbox(["show"]);
  const process = new FakeProcess({ env: home.env });
  const write = process.io.stdout.write.bind(process.io.stdout);
  const { promise: first, resolve: sawFirst } = Promise.withResolvers<void>();
  Object.assign(process.io.stdout, {
    write(text: string) {
      write(text);
      sawFirst();
      if (process.stdout.split("\n").length > 2) process.interrupt();
    },
  });
  const watching = runCli(
    ["--sandbox", "show", NAME, "--watch", "-o", "json"],
    process.io,
  );
  await first;
  await home.sandbox([...SHIFT, "-w", "10"]);
  assertEquals(await watching, 130);
  const frames = process.stdout.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert(frames.length >= 2);
  assert(frames.every(({ kind }) => kind === "TrafficShow"));
  assertStringIncludes(JSON.stringify(frames.at(-1)), '"percent":10');
});

Deno.test("help has a page for every command, at the width of the terminal", async () => {
  for (
    const argv of [["--help"], ["help"], [], ["shift", "--help"], [
      "help",
      "undo",
    ]]
  ) {
    const process = new FakeProcess({ columns: 60 });
    assertEquals(await runCli(argv, process.io), 0);
    assertStringIncludes(process.stdout, "Usage:");
    assertEquals(process.stderr, "");
  }
});

Deno.test("a reader that has gone ends nothing with an error", async () => {
  await using home = new Home();
  const process = new FakeProcess({ env: home.env });
  Object.assign(process.io.stdout, { isOpen: false, write() {} });
  const status = await runCli(
    ["--sandbox", "show", "--watch", "-o", "json"],
    process.io,
  );
  assertEquals(status, 0);
});

Deno.test("the sandbox in the foreground prints what KUBECONFIG needs, and ends with Ctrl-C", async () => {
  await using home = new Home();
  const problemsOf = await documentChecker();
  await home.serving(async (kubeconfig, server) => {
    assertEquals(problemsOf("Sandbox", server.document), "");
    const real = await home.run(["show", NAME, "--kubeconfig", kubeconfig]);
    assertEquals(real.status, 0, real.stderr);
    const viewer = await home.run([
      ...[...SHIFT, "-w", "10", "--kubeconfig", kubeconfig],
      ...["--context", "sandbox-viewer"],
    ]);
    assertEquals(viewer.status, 1, viewer.stderr);
    assertStringIncludes(viewer.stderr, "patch VirtualService");
    const watching = await home.run([
      ...["show", NAME, "--watch", "--kubeconfig", kubeconfig],
      ...["--context", "sandbox-nopods"],
    ]);
    assertEquals(watching.status, 1, watching.stderr);
    assertStringIncludes(watching.stdout, "Cannot watch DestinationRule");
    assertStringIncludes(watching.stderr, "Cannot watch VirtualService");
  });
});

Deno.test("every error code is in the schema", async () => {
  const root = new URL("../../", import.meta.url);
  const source = await Deno.readTextFile(new URL("src/errors.ts", root));
  const [, union = ""] = /type ErrorCode =([^;]*);/.exec(source) ?? [];
  const codes = [...union.matchAll(/\| "([a-z-]+)"/g)].map(([, code]) => code);
  const schema = JSON.parse(
    await Deno.readTextFile(new URL("schemas/Error.json", root)),
  );
  assertEquals(schema.properties.code.enum, codes);
});

Deno.test("the version is the one of the package", async () => {
  const { VERSION } = await import("../../src/version.ts");
  const url = new URL("../../deno.json", import.meta.url);
  assertEquals(VERSION, JSON.parse(await Deno.readTextFile(url)).version);
});

Deno.test("1.1 two targets are wrong usage", async () => {
  await using home = new Home();
  const wrong = await home.sandbox(["show", "--context", "staging"]);
  assertEquals(wrong.status, 2);
  assertStringIncludes(wrong.stderr, "two targets");
});

Deno.test("1.3 the first line of a plan names target, namespace and objects", async () => {
  await using home = new Home();
  const plan = await home.sandbox([...SHIFT, "-w", "20", "--dry-run"]);
  assertEquals(
    plan.stdout.split("\n")[0],
    "Target: sandbox, namespace default, DestinationRule " +
      `api-domain-destinationrule, VirtualService ${NAME}`,
  );
  assertMatch(
    plan.stdout,
    /\nWay back: istiops undo \S+ .*-n default --sandbox\n/,
  );
});

Deno.test("10.5 --timeout bounds calls to the cluster, not the settle time", async () => {
  await using home = new Home();
  await home.serving(async (kubeconfig) => {
    const done = await home.run([
      ...["shift", NAME, "-b", "2", "-w", "20", "--settle", "1100ms"],
      ...["--timeout", "1s", "--kubeconfig"],
      kubeconfig,
    ]);
    assertEquals(done.status, 0, done.stderr);
  });
});

Deno.test("12 with the Go tool's Role a raise needs --skip-pod-check, and soft clear finds nothing dead", async () => {
  await using home = new Home();
  await home.serving(async (kubeconfig) => {
    const as = [
      ...["--kubeconfig", kubeconfig],
      ...["--context", "sandbox-nopods", "--settle", "0s"],
    ];
    const raise = ["shift", NAME, "-b", "2", "-w", "20", ...as];
    const refused = await home.run(raise);
    assertEquals(refused.status, 4);
    assertStringIncludes(refused.stderr, "--skip-pod-check");
    const verbose = await home.run([...raise, "--skip-pod-check", "--verbose"]);
    assertEquals(verbose.status, 0, verbose.stderr);
    assertStringIncludes(verbose.stderr, "protects nothing");
    const cleared = await home.run(["clear", NAME, ...as, "-o", "json"]);
    assertEquals([cleared.status, cleared.document["changed"]], [0, false]);
  });
});

Deno.test("the examples of the help run on the sandbox, one after the other", async () => {
  await using home = new Home();
  // Those that need a file of the user's, a cluster or a terminal, or stay in
  // the foreground.
  const own =
    /apply |sandbox$|--load|run |lsp|shell$|--context|-f |diff |--out |tests.yaml/;
  const lines = COMMANDS.filter((command) => isIn(command, "line"))
    .flatMap(({ examples }) => examples)
    .map(({ line }) => line).filter((line) => !own.test(line));
  for (const line of lines) {
    const words = tokenize(line).tokens.map(({ value }) => value).slice(1);
    const changes = words.some((word) =>
      ["shift", "clear", "undo", "redo"].includes(word)
    );
    if (words[0] === "help" || words.includes("version")) {
      assertEquals((await home.run(words)).status, 0, line);
      continue;
    }
    const done = await home.run([
      ...words,
      ...(changes ? ["--settle", "0s"] : []),
    ]);
    // There is nothing to redo before an undo; a canary was left behind.
    const finds = words.includes("check") && !words.includes("--fix");
    const status = words.includes("redo") || finds ? 1 : 0;
    assertEquals(done.status, status, done.stderr);
  }
});

Deno.test("10.3 show with problems exits 0", async () => {
  await using home = new Home();
  const show = await home.sandbox(["show", NAME, "-o", "json"]);
  assertEquals(show.status, 0);
  assertStringIncludes(show.stdout, '"severity": "error"');
});
