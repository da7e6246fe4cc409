import type { WriteAttempt } from "../../src/actions/audit.ts";
import { runCli } from "../../src/cli/run.ts";
import { Traffic } from "../../src/library.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { documentChecker } from "../support/schemas.ts";

const NAME = "api-domain-virtualservice";
const SHIFT = [
  "--sandbox",
  "shift",
  NAME,
  "-b",
  "3",
  "--yes",
  "--settle",
  "0s",
];

/** A home that is gone afterwards. */
class Home implements AsyncDisposable {
  readonly path: string;
  readonly state: string;

  constructor(path: string) {
    this.path = path;
    this.state = `${path}/.local/state/istiops`;
  }

  static async make(): Promise<Home> {
    return new Home(await Deno.makeTempDir());
  }

  get log(): string {
    return `${this.state}/audit.jsonl`;
  }

  async run(...argv: readonly string[]): Promise<FakeProcess> {
    const process = new FakeProcess({ env: { HOME: this.path } });
    const status = await runCli(argv, process.io);
    assertEquals(status, 0, process.stderr);
    return process;
  }

  async lines(): Promise<WriteAttempt[]> {
    const text = await Deno.readTextFile(this.log);
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const modeOf = async (path: string) =>
  ((await Deno.stat(path)).mode ?? 0) & 0o777;

Deno.test("I11 each write leaves a line in a private file, and history --local reads it", async () => {
  await using home = await Home.make();
  await home.run(...SHIFT, "-w", "20");
  const [rule, service] = await home.lines();
  assertEquals(
    [rule!.object.kind, rule!.outcome, rule!.write, rule!.writes],
    ["DestinationRule", "ok", 1, 2],
  );
  assertEquals(service!.object.kind, "VirtualService");
  assert(
    Number(service!.resourceVersion.after) >
      Number(service!.resourceVersion.before),
  );
  assertEquals(
    service!.shares.filter(({ build, route }) =>
      build === "3" && route === "master"
    ),
    [{ route: "master", build: "3", before: 0, after: 20 }],
  );
  if (Deno.build.os !== "windows") {
    assertEquals(await modeOf(home.log), 0o600);
    assertEquals(await modeOf(home.state), 0o700);
  }

  const { document } = await home.run("history", "--local", "-o", "json");
  assertEquals((await documentChecker())("AuditLog", document), "");
  assertEquals(document["attempts"], [service, rule]);
  assertEquals(document["file"], home.log);
  const { stdout } = await home.run("history", "--local");
  assertMatch(stdout, /patch VirtualService default\/api-domain-\S+: ok/);
  assertMatch(stdout, /master +3 +0 % +-> +20 %/);
});

Deno.test("history --local shows what is asked for, by name, namespace and context", async () => {
  await using home = await Home.make();
  await home.run(...SHIFT, "-w", "20");
  const count = async (...argv: readonly string[]) => {
    const { document } = await home.run(
      ...["history", "--local", "-o", "json"],
      ...argv,
    );
    return (document["attempts"] as unknown[]).length;
  };
  assertEquals(await count(), 2);
  assertEquals(await count(NAME), 1);
  assertEquals(await count("-n", "default"), 2);
  assertEquals(await count("-n", "elsewhere"), 0);
  assertEquals(await count("--sandbox"), 2);
  assertEquals(await count("--context", "production"), 0);
  const wrong = new FakeProcess();
  assertEquals(
    await runCli(["history", "--local", "-d", "api-domain"], wrong.io),
    2,
  );
  assertMatch(wrong.stderr, /exclude each other/);
});

Deno.test("an audit log holds no header value", async () => {
  await using home = await Home.make();
  await home.run(...SHIFT, "-H", "x-cid=seu_madruga");
  const text = await Deno.readTextFile(home.log);
  assertMatch(text, /x-cid=\*\*\*/);
  assert(!text.includes("madruga"));
});

Deno.test("audit: false in the configuration keeps no log, and neither does the library", async () => {
  await using home = await Home.make();
  await Deno.mkdir(`${home.path}/.config/istiops`, { recursive: true });
  await Deno.writeTextFile(
    `${home.path}/.config/istiops/config.yaml`,
    "audit: false\n",
  );
  await home.run(...SHIFT, "-w", "20");
  await assertGone(home.log);
  const { document } = await home.run("history", "--local", "-o", "json");
  assertEquals(document["attempts"], []);

  await using traffic = await Traffic.sandbox();
  const plan = await traffic.shift({
    name: NAME,
    build: "3",
    weight: 20,
    settleMs: 0,
  });
  const told: string[] = [];
  await plan.apply({
    yes: true,
    onAttempt: ({ object, outcome }) =>
      void told.push(`${object.kind} ${outcome}`),
  });
  assertEquals(told, ["DestinationRule ok", "VirtualService ok"]);
  await assertGone(home.log);
});

Deno.test("an audit log that cannot be kept is a warning, and the change is made", async () => {
  if (Deno.build.os === "windows") return;
  await using home = await Home.make();
  await Deno.mkdir(home.state, { recursive: true });
  const precious = `${home.path}/precious`;
  await Deno.writeTextFile(precious, "precious");
  await Deno.symlink(precious, home.log);
  const { document } = await home.run(...SHIFT, "-w", "20", "-o", "json");
  assertEquals(document["status"], "done");
  assertMatch(
    JSON.stringify(document["warnings"]),
    /No line of the audit log was kept: .*it is a symbolic link/,
  );
  assertEquals(await Deno.readTextFile(precious), "precious");
});

Deno.test("without a home there is no audit log, and nothing fails", async () => {
  await using traffic = await Traffic.sandbox();
  assert(traffic);
  const process = new FakeProcess();
  assertEquals(
    await runCli(["history", "--local", "-o", "json"], process.io),
    0,
  );
  assertEquals(process.document["file"], null);
});

Deno.test("what is broken or foreign in an audit log is counted, and steers no terminal", async () => {
  await using home = await Home.make();
  await home.run(...SHIFT, "-w", "20");
  const [line] = await home.lines();
  const odd = [
    '{"apiVersion":"istiops/v1","kind":"Wri',
    "null",
    JSON.stringify({ ...line, time: "never" }),
    JSON.stringify({ ...line, more: true }),
    JSON.stringify({ ...line, object: { ...line!.object, name: "../x" } }),
    "x".repeat(300 * 1024),
  ];
  const evil = { ...line, command: "istiops \x1b]0;gone\x07 shift" };
  await Deno.writeTextFile(
    home.log,
    `${[...odd, JSON.stringify(evil)].join("\n")}`,
    { append: true },
  );
  const { stdout } = await home.run("history", "--local");
  assertMatch(stdout, /6 lines are not understood/);
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(stdout));

  // The next line does not end up on the one that was cut.
  await home.run(...SHIFT, "-w", "30");
  const { document } = await home.run("history", "--local", "-o", "json");
  assertEquals((document["attempts"] as unknown[]).length, 4);
});

Deno.test("an audit log that has grown large is put aside, and read all the same", async () => {
  await using home = await Home.make();
  await home.run(...SHIFT, "-w", "20");
  const [line] = await home.lines();
  const many = Math.ceil(4 * 1024 * 1024 / JSON.stringify(line).length);
  await Deno.writeTextFile(
    home.log,
    `${JSON.stringify(line)}\n`.repeat(many),
    { mode: 0o644 },
  );
  await home.run(...SHIFT, "-w", "30");
  await home.run(...SHIFT, "-w", "40");
  assertEquals((await home.lines()).length, 1);
  const { document } = await home.run("history", "--local", "-o", "json");
  assertEquals((document["attempts"] as unknown[]).length, many + 2);
  if (Deno.build.os !== "windows") {
    assertEquals(await modeOf(home.log), 0o600);
  }
});

Deno.test("many writers at once leave whole lines", async () => {
  await using home = await Home.make();
  const { openAudit } = await import("../../src/cli/audit.ts");
  await home.run(...SHIFT, "-w", "20");
  const [line] = await home.lines();
  const opened = openAudit(new FakeProcess({ env: { HOME: home.path } }).io);
  if (!("audit" in opened)) throw new Error(opened.why);
  await Promise.all(
    Array.from({ length: 30 }, () => opened.audit(line!)),
  );
  assertEquals((await home.lines()).length, 32);
});

async function assertGone(path: string): Promise<void> {
  const isThere = await Deno.stat(path).then(() => true, () => false);
  assertEquals(isThere, false);
}
