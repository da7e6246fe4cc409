import { runCli } from "../../src/cli/run.ts";
import type { VirtualService } from "../../src/istio/types.ts";
import { openSandbox, startSandbox } from "../../src/sandbox/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { type FakeOptions, FakeProcess } from "../support/fake_io.ts";
import { documentChecker, type DocumentKind } from "../support/schemas.ts";

const NAME = "api-domain-virtualservice";
const SHIFT = `shift ${NAME} -b 3 --settle 0s`;

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A home directory with a script in it. */
class Home implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  async run(
    text: string,
    argv: readonly string[] = [],
    options: FakeOptions & { readonly during?: (of: FakeProcess) => void } = {},
  ): Promise<Ran> {
    await Deno.writeTextFile(`${this.path}/f.istiops`, text);
    return await this.start(
      ["--sandbox", "run", `${this.path}/f.istiops`, ...argv],
      options,
    );
  }

  async start(
    argv: readonly string[],
    options: FakeOptions & { readonly during?: (of: FakeProcess) => void } = {},
  ): Promise<Ran> {
    const process = new FakeProcess({ ...options, env: { HOME: this.path } });
    options.during?.(process);
    const status = await runCli(argv, process.io);
    const short = (text: string) => text.replaceAll(`${this.path}/`, "");
    return {
      status,
      out: short(process.stdout),
      err: short(process.stderr),
    };
  }

  /** Shares of the master rule, and its present build 3. */
  async weights(): Promise<number[]> {
    await using cluster = await this.cluster();
    const object = await cluster.get({
      kind: "VirtualService",
      namespace: "default",
      name: NAME,
    }) as VirtualService;
    const rule = object.spec.http?.find(({ name }) => name === "master");
    return (rule?.route ?? []).map(({ weight = 0 }) => weight);
  }

  cluster() {
    return openSandbox({
      stateDir: `${this.path}/.local/state/istiops/sandbox`,
    });
  }

  /** Files of runs that have stopped. */
  states(): string[] {
    const folder = `${this.path}/.local/state/istiops/scripts`;
    try {
      return [...Deno.readDirSync(folder)].map(({ name }) =>
        `${folder}/${name}`
      ).filter((name) => name.endsWith(".jsonl"));
    } catch {
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function documentsIn(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

Deno.test("a script runs from its first line to its last, values and what is in use in it", async () => {
  await using home = new Home();
  const text = [
    "#!/usr/bin/env -S istiops run",
    "use selector app=api-domain   # all of it",
    "set build=1",
    "shift -d api-domain:5000 -b $build \\",
    "  -w 20 --settle 0s",
    `show ${NAME} -o json`,
  ].join("\r\n");
  const ran = await home.run(`\ufeff${text}`, ["--set", "build=3"]);
  assertEquals([ran.status, ran.err], [0, ""]);
  assertEquals(await home.weights(), [72, 8, 20]);
  assertEquals(home.states(), []);
});

Deno.test("the whole file is checked before its first line runs", async () => {
  await using home = new Home();
  const ran = await home.run(
    `${SHIFT} -w 20\n\n  shift ${NAME} -b 3 \\\n    -w 200 # no\nshwo x\n`,
  );
  assertEquals([ran.status, ran.out], [2, ""]);
  assertEquals(
    ran.err,
    [
      'f.istiops:4:8: error: "200" is not a percentage: it is not between 0 and 100',
      "      -w 200 # no",
      "         ^^^",
      "next: Give a number from 0 to 100 with at most one decimal",
      'f.istiops:5:1: error: There is no command "shwo"',
      "  shwo x",
      "  ^^^^",
      'next: Did you mean "show"?',
      "See istiops run --help",
      "",
    ].join("\n"),
  );
  assertEquals(await home.weights(), [90, 10]);
});

Deno.test("what is wrong is counted out to twenty", async () => {
  await using home = new Home();
  const ran = await home.run("nonsense\n".repeat(500));
  assertStringIncludes(ran.err, "… and 480 more");
  assertEquals(ran.err.match(/error:/g)?.length, 20);
});

Deno.test.each([
  { text: "show $x", says: "1:6: error: $x is not set" },
  { text: "show a\0b", says: "1:7: error: A script holds no character U+0000" },
  {
    text: "show a\rshow b",
    says: "1:7: error: A script holds no character U+000D",
  },
  {
    text: "# \u202e\nshow",
    says: "1:3: error: A script holds no character U+202E",
  },
  { text: "show -w", says: "1:7: error: --watch does not end" },
  { text: "run other", says: "1:1: error: " },
  { text: "𐐀 'x\nshow", says: "1:4: error: This quote is not closed" },
  {
    text: "show x \\\n  -n \\\n",
    says: "2:3: error: --namespace needs a value",
  },
  {
    text: "a".repeat(1024 * 1024 + 1),
    says: "1:1: error: The script is larger",
  },
  { text: "\n".repeat(10_001), says: "1:1: error: The script has more than" },
  { text: "shift x -b 1 -w 1 -H 'a=(' -r", says: "is not an RE2 pattern" },
])("$says", async ({ text, says }) => {
  await using home = new Home();
  const ran = await home.run(text);
  assertEquals([ran.status, ran.out], [2, ""]);
  assertStringIncludes(ran.err, says);
  assertEquals(home.states(), []);
});

Deno.test("bytes that are no UTF-8 are told with their place", async () => {
  await using home = new Home();
  const file = `${home.path}/latin1`;
  await Deno.writeFile(file, new Uint8Array([0x23, 0x20, 0xe4, 0x0a]));
  const ran = await home.start(["run", file]);
  assertEquals(ran.status, 2);
  assertStringIncludes(ran.err, "latin1:1:3: error: This is not UTF-8 text");
});

Deno.test("a value from outside that the script never uses is an error, with what was meant", async () => {
  await using home = new Home();
  const ran = await home.run(`set build=1\nshow -n $ns`, [
    ...["--set", "biuld=3", "--set", "ns=a"],
  ]);
  assertEquals(ran.status, 2);
  assertStringIncludes(ran.err, "$biuld, which the script never uses");
  assertStringIncludes(ran.err, "Did you mean --set build=…?");
});

Deno.test.each([
  ["none", "there is no such file"],
  [".", "it is a directory"],
  ["/dev/zero", "it is a device"],
])("run %s: %s", async (file, says) => {
  await using home = new Home();
  const path = file.startsWith("/") ? file : `${home.path}/${file}`;
  const ran = await home.start(["run", path]);
  assertEquals(ran.status, 1);
  assertEquals(
    ran.err,
    `error: Cannot read the script "${
      path.replace(`${home.path}/`, "")
    }": ${says}; next: Name a text file that you may read\n`,
  );
});

Deno.test("it stops at the first error, and says where and how far it came", async () => {
  await using home = new Home();
  const ran = await home.run(
    `${SHIFT} -w 20\nshow nothing\n${SHIFT} -w 25\n# end\nshow ${NAME}`,
  );
  assertEquals(ran.status, 3);
  assertEquals(
    ran.err.slice(ran.err.indexOf("f.istiops")),
    [
      "f.istiops:2:1: stopped: failed (exit 1)",
      "  show nothing",
      "  ^^^^^^^^^^^^",
      "carried out: line 1; not begun: lines 3, 5",
      "next: Mend it, then give --resume to go on here",
      "",
    ].join("\n"),
  );
  assertEquals(await home.weights(), [72, 8, 20]);
});

Deno.test("--keep-going carries out the rest and ends with the gravest status", async () => {
  await using home = new Home();
  const severe = `${SHIFT} -w 90`;
  const ran = await home.run(
    `show nothing\n${severe}\n${SHIFT} -w 20`,
    ["--keep-going"],
  );
  assertEquals(ran.status, 1);
  assertStringIncludes(ran.err, "f.istiops:1:1: failed: failed (exit 1)");
  assertStringIncludes(ran.err, "f.istiops:2:1: failed: refused (exit 4)");
  assertStringIncludes(ran.err, "carried out: line 3; failed: lines 1, 2");
  assertEquals(await home.weights(), [72, 8, 20]);
  assertEquals(home.states(), []);
});

Deno.test("nothing asks, on a terminal either: it says what to add to the line", async () => {
  await using home = new Home();
  const typed = () => {
    throw new Error("it asked");
  };
  const ran = await home.run(`${SHIFT} -w 90`, [], {
    terminal: true,
    typed: [typed],
  });
  assertEquals(ran.status, 3);
  assertStringIncludes(ran.err, "then add --yes");
  assertStringIncludes(ran.err, "refused (exit 4)");
  const again = await home.run(`${SHIFT} -w 90 --yes`, [], { terminal: true });
  assertEquals(again.status, 0, again.err);
});

Deno.test("--dry-run writes nothing, whatever the lines say, and tells once how it is to be read", async () => {
  await using home = new Home();
  const ran = await home.run(
    `${SHIFT} -w 20\n${SHIFT} -w 90 --yes\nshow ${NAME}`,
    [
      "--dry-run",
    ],
  );
  assertEquals(ran.status, 0, ran.err);
  assertEquals(ran.err.match(/as it is now/g)?.length, 1);
  assertEquals(await home.weights(), [90, 10]);
  assertEquals(home.states(), []);
});

Deno.test("a dry run in a line may say 8: that stops nothing, and it is what the script ends with", async () => {
  await using home = new Home();
  const ran = await home.run(
    `${SHIFT} -w 20 --dry-run --exit-code\nshow ${NAME}`,
  );
  assertEquals(ran.status, 8);
  assertStringIncludes(ran.out, "Resource:");
});

Deno.test("--show says each line as it is run, without the values of headers", async () => {
  await using home = new Home();
  const ran = await home.run(
    `set who=me\n${SHIFT} --header x-cid=$who\nuse namespace default\nshow ${NAME} -q`,
    ["--show"],
  );
  assertEquals(
    ran.err,
    `f.istiops:2:1: istiops shift ${NAME} --build 3 --settle 0s --header x-cid=*** --sandbox\n` +
      `f.istiops:4:1: istiops show ${NAME} --quiet --sandbox --namespace default\n`,
  );
});

Deno.test("-o json gives a document a line: of each command, then of the script", async () => {
  await using home = new Home();
  const check = await documentChecker();
  const text =
    `show ${NAME}\n${SHIFT} --header x-cid=me\nshow none\nshow ${NAME}`;
  const ran = await home.run(text, ["-o", "json"]);
  assertEquals([ran.status, ran.err], [3, ""]);
  const documents = documentsIn(ran.out);
  const kinds = documents.map(({ kind }) => kind as DocumentKind);
  assertEquals(kinds, ["TrafficShow", "TrafficOutcome", "Error", "ScriptRun"]);
  for (const [at, kind] of kinds.entries()) {
    assertEquals(check(kind, documents[at]), "");
  }
  const { lines, ...run } = documents[3] as { lines: unknown[] };
  assertEquals(run as unknown, {
    ...{ apiVersion: "istiops/v1", kind: "ScriptRun", file: "f.istiops" },
    ...{ dryRun: false, status: "stopped", exitCode: 3 },
  });
  const [, outcome] = documents;
  assertEquals(lines.slice(1, 3), [
    {
      ...{ line: 2, column: 1, status: "done", exitCode: 0 },
      command: `istiops ${
        SHIFT.replace("-b", "--build")
      } --header x-cid=*** --sandbox --output json`,
      operation: outcome?.["operation"],
    },
    {
      ...{ line: 3, column: 1, status: "failed", exitCode: 1 },
      command: "istiops show none --sandbox --output json",
    },
  ]);
});

Deno.test("-o json tells what is wrong in a script in one document, with places", async () => {
  await using home = new Home();
  const check = await documentChecker();
  const ran = await home.run("show\n show -o yaml\nshwo", ["-o", "json"]);
  assertEquals([ran.status, ran.err], [2, ""]);
  const [error, ...rest] = documentsIn(ran.out);
  assertEquals(rest, []);
  assertEquals(check("Error", error!), "");
  const { diagnostics } = error?.["details"] as {
    diagnostics: { line: number; column: number; code: string }[];
  };
  assertEquals(
    diagnostics.map(({ line, column, code }) => [line, column, code]),
    [[2, 10, "conflicting-options"], [3, 1, "unknown-command"]],
  );
});

Deno.test("-o yaml gives documents behind their marks", async () => {
  await using home = new Home();
  const ran = await home.run(`version\nshow none`, ["-o", "yaml"]);
  assertEquals(ran.status, 3);
  assertEquals(
    ran.out.split("---\n").map((each) => /kind: (\w+)/.exec(each)?.[1]),
    [undefined, "Version", "Error", "ScriptRun"],
  );
});

Deno.test("a context that is not there is found before the first line runs", async () => {
  await using home = new Home();
  const ran = await home.run(
    `${SHIFT} -w 20\nshow x --kubeconfig ${home.path}/none --context y`,
  );
  assertEquals(ran.status, 3);
  assertStringIncludes(ran.err, "f.istiops:2:1: stopped: failed (exit 1)");
  assertStringIncludes(ran.err, "no command was carried out before");
  assertEquals(await home.weights(), [90, 10]);
});

Deno.test({
  name: "lines share credentials and connections, each in its own namespace",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using home = new Home();
    await using sandbox = await startSandbox();
    const plugin = `${home.path}/plugin`;
    const answer = JSON.stringify({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "t" },
    });
    await Deno.writeTextFile(
      plugin,
      `#!/bin/sh\necho run >> ${home.path}/runs\necho '${answer}'\n`,
      { mode: 0o700 },
    );
    const exec = {
      ...{ apiVersion: "client.authentication.k8s.io/v1", command: plugin },
      interactiveMode: "Never",
    };
    await Deno.writeTextFile(
      `${home.path}/config`,
      JSON.stringify({
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: sandbox.url } }],
        users: [{ name: "u", user: { exec } }],
      }),
    );
    await Deno.writeTextFile(
      `${home.path}/f`,
      `show\nshow -n istio-system\n${SHIFT} -w 20\nshow ${NAME} --timeout 9s`,
    );
    const ran = await home.start([
      ...["run", `${home.path}/f`, "--kubeconfig", `${home.path}/config`],
      ...["--exec-policy", "allow-all", "-o", "json"],
    ]);
    assertEquals(ran.status, 0, ran.out);
    assertEquals(await Deno.readTextFile(`${home.path}/runs`), "run\n");
    const [all, other] = documentsIn(ran.out);
    assert(JSON.stringify(all).includes(NAME));
    assert(!JSON.stringify(other).includes(NAME));
  },
});

Deno.test("--resume goes on at the line that stopped, and forgets all when it is through", async () => {
  await using home = new Home();
  const lines = (last: string) =>
    [
      `${SHIFT} -w 10`,
      `show ${NAME}`,
      `undo ${NAME} --settle 0s`,
      `${SHIFT} -w 20`,
      last,
    ]
      .join("\n");
  const first = await home.run(lines(`${SHIFT} -w 90`));
  assertEquals(first.status, 3);
  const [state = ""] = home.states();
  assertEquals((Deno.statSync(state).mode ?? 0) & 0o777, 0o600);
  const other = await home.run(lines("show none"), ["--resume"]);
  assertEquals(other.status, 3);
  assertStringIncludes(
    other.err,
    "4 of 5 commands were carried out before, and stand",
  );
  assertStringIncludes(other.err, "carried out: lines 1, 2, 3, 4");
  const last = await home.run(`# mended\n\n${lines(`${SHIFT} -w 90 --yes`)}`, [
    ...["--resume", "-o", "json"],
  ]);
  assertEquals(last.status, 0, last.err + last.out);
  assertEquals(
    (documentsIn(last.out).at(-1)?.["lines"] as { status: string }[])
      .map(({ status }) => status),
    ["done-before", "done-before", "done-before", "done-before", "done"],
  );
  assertEquals((await home.weights()).at(-1), 90);
  assertEquals(home.states(), []);
  const nothing = await home.run(lines("show none"), ["--resume"]);
  assertEquals(nothing.status, 1);
  assertStringIncludes(nothing.err, "no run of it, with these values");
});

Deno.test("--resume refuses lines that read otherwise, and other values", async () => {
  await using home = new Home();
  const text = (weight: number) => `${SHIFT} -w ${weight}\nshow $x`;
  await home.run(text(20), ["--set", "x=none"]);
  const changed = await home.run(text(25), ["--set", "x=none", "--resume"]);
  assertEquals(changed.status, 4);
  assertStringIncludes(
    changed.err,
    "f.istiops:1:1 was carried out and reads otherwise now",
  );
  const other = await home.run(text(20), ["--set", "x=nothing", "--resume"]);
  assertEquals(other.status, 1);
  assertEquals(await home.weights(), [72, 8, 20]);
});

Deno.test.each<
  {
    readonly who: string;
    readonly act: (home: Home) => Promise<unknown>;
    readonly says: string;
  }
>([
  {
    who: "an undo",
    act: (home) => home.start(["--sandbox", "undo", NAME, "--settle", "0s"]),
    says: "f.istiops:2:1 has done does not stand: it was taken back",
  },
  {
    who: "another shift",
    act: (home) => home.start(["--sandbox", ...SHIFT.split(" "), "-w", "5"]),
    says: "f.istiops:2:1 has done does not stand: ",
  },
  {
    who: "a hand",
    act: async (home) => {
      await using cluster = await home.cluster();
      const ref = {
        kind: "VirtualService",
        namespace: "default",
        name: NAME,
      } as const;
      const object = await cluster.get(ref) as VirtualService;
      const at = object.spec.http?.findIndex(({ name }) => name === "master");
      await cluster.patch(ref, [
        { op: "replace", path: `/spec/http/${at}/timeout`, value: "77s" },
      ]).catch(() =>
        cluster.patch(ref, [
          { op: "add", path: `/spec/http/${at}/timeout`, value: "77s" },
        ])
      );
    },
    says: "f.istiops:2:1 has done does not stand: ",
  },
  {
    who: "a delete",
    act: async (home) => {
      await using cluster = await home.cluster();
      const ref = {
        kind: "VirtualService",
        namespace: "default",
        name: NAME,
      } as const;
      const { metadata } = (await cluster.get(ref))!;
      await cluster.delete(ref, {
        resourceVersion: metadata.resourceVersion ?? "",
      });
    },
    says: "has done does not stand: ",
  },
])("--resume refuses where $who has come between", async ({ act, says }) => {
  await using home = new Home();
  const text = `${SHIFT} -w 10\n${SHIFT} -w 20\nshow none\n${SHIFT} -w 25`;
  await home.run(text);
  await act(home);
  const ran = await home.run(text, ["--resume"]);
  assertEquals([ran.status, ran.out], [6, ""]);
  assertStringIncludes(ran.err, says);
});

Deno.test("--resume does not mind what others do beside it", async () => {
  await using home = new Home();
  const text = `${SHIFT} -w 20\nshow none`;
  await home.run(text);
  await using cluster = await home.cluster();
  await cluster.patch(
    { kind: "VirtualService", namespace: "default", name: NAME },
    [{ op: "add", path: "/metadata/labels/team", value: "shop" }],
  );
  const ran = await home.run(`${SHIFT} -w 20\nshow ${NAME}`, ["--resume"]);
  assertEquals(ran.status, 0, ran.err);
});

Deno.test("a change whose end was never written down is found by its operation, and not made twice", async () => {
  await using home = new Home();
  const undo = `undo ${NAME} --settle 0s`;
  const text = `${SHIFT} -w 10\n${SHIFT} -w 20\n${undo}\nshow none`;
  await home.run(text);
  const [state = ""] = home.states();
  const lines = Deno.readTextFileSync(state).trimEnd().split("\n");
  // Killed between the last write of the undo and the line about it.
  assertEquals(JSON.parse(lines.at(-1) ?? "").isDone, true);
  Deno.writeTextFileSync(state, `${lines.slice(0, -1).join("\n")}\n{"st`);
  const ran = await home.run(text.replace("none", NAME), [
    "--resume",
    "--show",
  ]);
  assertEquals(ran.status, 0, ran.err);
  assertStringIncludes(ran.err, "3 of 4 commands were carried out before");
  assert(!ran.err.includes("istiops undo"));
  assertEquals(await home.weights(), [81, 9, 10]);
});

Deno.test("a change that came half way is made again, and not taken for done", async () => {
  await using home = new Home();
  await home.run(`${SHIFT} -w 20\nshow none`);
  const [state = ""] = home.states();
  const [head, begun = ""] = Deno.readTextFileSync(state).split("\n");
  const entry = JSON.parse(begun);
  entry.objects.push({ ...entry.objects[0], name: "never-reached" });
  Deno.writeTextFileSync(state, `${head}\n${JSON.stringify(entry)}\n`);
  const ran = await home.run(`${SHIFT} -w 20\nshow ${NAME}`, [
    ...["--resume", "--show"],
  ]);
  assertEquals(ran.status, 0, ran.err);
  assertStringIncludes(ran.err, "0 of 2 commands were carried out before");
  assertStringIncludes(ran.err, "f.istiops:1:1: istiops shift");
  assertEquals(await home.weights(), [72, 8, 20]);
});

Deno.test("Ctrl-C ends the script behind the line under way: 130, and --resume goes on", async () => {
  await using home = new Home();
  const text = `${SHIFT} -w 10\n${SHIFT} -w 20\nshow ${NAME}`;
  const ran = await home.run(text, [], {
    during: (process) => {
      const { stdout } = process.io;
      const write = stdout.write.bind(stdout);
      Object.assign(stdout, {
        write(text: string) {
          write(text);
          if (/^Done \(operation /m.test(text)) process.interrupt();
        },
      });
    },
  });
  assertEquals(ran.status, 130);
  assertStringIncludes(ran.err, "f.istiops:2:1: stopped: interrupted");
  assertStringIncludes(ran.err, "carried out: line 1; not begun: lines 2, 3");
  const again = await home.run(text, ["--resume"]);
  assertEquals(again.status, 0, again.err);
  assertEquals(await home.weights(), [72, 8, 20]);
});

Deno.test("two runs of one script at once: only one can be resumed", async () => {
  await using home = new Home();
  const text = `${SHIFT} -w 10\nshow none`;
  await home.run(text);
  const [state = ""] = home.states();
  using lock = await Deno.open(state.replace(/jsonl$/, "lock"), {
    write: true,
  });
  assert(await lock.tryLock(true));
  const ran = await home.run(text, ["--resume"]);
  assertEquals(ran.status, 1);
  assertStringIncludes(ran.err, "another run of the same script goes on");
});

Deno.test("--keep-going and --resume exclude each other", async () => {
  await using home = new Home();
  const ran = await home.run("show", ["--keep-going", "--resume"]);
  assertEquals(ran.status, 2);
  assertStringIncludes(ran.err, "exclude each other");
});

Deno.test.each([
  [["-"]],
  [undefined],
])("a script comes by a pipe: %s", async (argv) => {
  await using home = new Home();
  const ran = await home.start(
    ["--sandbox", ...argv === undefined ? [] : ["run", ...argv]],
    { stdin: `${SHIFT} -w 20\nshow none` },
  );
  assertEquals(ran.status, 3);
  assertMatch(ran.err, /^<stdin>:2:1: stopped: failed \(exit 1\)$/m);
  const plan = await home.start(["--sandbox", "run", "-"], {
    stdin: "apply -",
  });
  assertStringIncludes(plan.err, "<stdin>:1:7: error: Standard input holds");
});
