/**
 * Takes one safeguard at a time out of a copy of the tree, and shows which
 * test fails for it; fails itself if one survives. `--write` puts the table
 * into docs/faults.md.
 *
 * @module
 */

interface Mutation {
  /** What is taken out. */
  readonly without: string;
  readonly file: string;
  /** Must be there exactly once. */
  readonly from: string;
  readonly to: string;
  /** Files whose tests are to notice. */
  readonly tests: readonly string[];
}

const EXECUTE = "tests/actions/execute_test.ts";
const TRANSPORT = "tests/cluster/transport_test.ts";

const MUTATIONS: readonly Mutation[] = [
  {
    without: "the resourceVersion",
    file: "src/traffic/write.ts",
    from: `      {
        op: "add",
        path: "/metadata/resourceVersion",
        value: object.metadata.resourceVersion ?? "",
      },
`,
    to: "",
    tests: [EXECUTE, "tests/actions/over_http_test.ts"],
  },
  {
    without: "the `test` operations",
    file: "src/traffic/splice_operations.ts",
    from: "placed.touched.map(({ index }): JsonPatchOperation => ({",
    to: "[].map(({ index }: { index: number }): JsonPatchOperation => ({",
    tests: ["tests/traffic", EXECUTE],
  },
  {
    without: "the operation id",
    file: "src/actions/write_step.ts",
    from:
      "if (await countRecords(now, this.#change) > this.#records) return true;",
    to: "",
    tests: [EXECUTE],
  },
  {
    without: "the settle wait",
    file: "src/actions/execute.ts",
    from:
      "await this.#options.clock.sleep(wait.milliseconds, this.#options.signal);",
    to: "",
    tests: [EXECUTE],
  },
  {
    without: "the ready-pod guard",
    file: "src/actions/guards.ts",
    from: "if (guards.length === 0) return [];",
    to: "if (guards.length >= 0) return [];",
    tests: [EXECUTE],
  },
  {
    without: "safe()",
    file: "src/render/safe.ts",
    from: "        : escapeOf(character),",
    to: "        : character,",
    tests: ["tests/render/safe_test.ts"],
  },
  {
    without: "redact() of a token",
    file: "src/cluster/transport.ts",
    from: 'text.replaceAll(this.#token, "[redacted]")',
    to: "text",
    tests: [TRANSPORT],
  },
  {
    without: "the 401 refresh",
    file: "src/cluster/transport.ts",
    from:
      "if (await this.#access.token?.refresh(result.token) === true) continue;",
    to: "",
    tests: [TRANSPORT],
  },
  {
    without: "the idle deadline",
    file: "src/cluster/transport.ts",
    from: "attempt.watchIdle(idleMs);",
    to: "",
    tests: [TRANSPORT],
  },
  {
    without: "the Retry-After floor",
    file: "src/cluster/retry.ts",
    from: "return retryAfter * 1000 +",
    to: "return 0 * retryAfter +",
    tests: [TRANSPORT],
  },
  {
    without: "the hash of the record",
    file: "src/traffic/journal.ts",
    from: "body === undefined || hashOf(body) !== hash",
    to: "body === undefined",
    tests: ["tests/traffic"],
  },
  {
    without: "the refusal of redirects",
    file: "src/cluster/wire.ts",
    from: 'redirect: "manual"',
    to: 'redirect: "follow"',
    tests: [TRANSPORT, "tests/fault/s14_tls_downgrade_test.ts"],
  },
];

const ROOT = new URL("../", import.meta.url).pathname;
const DOCS = `${ROOT}docs/faults.md`;

const copy = await Deno.makeTempDir();
const rows: string[] = [];
let survived = 0;
try {
  await run("cp", [
    "-R",
    ...["src", "tests", "deno.json", "deno.lock", "main.ts", "mod.ts"]
      .map((name) => ROOT + name),
    copy,
  ]);
  for (const mutation of MUTATIONS) {
    const fails = await failuresOf(mutation);
    if (fails.length === 0) survived++;
    const [first = "**nothing**"] = fails;
    const more = fails.length > 1 ? ` and ${fails.length - 1} more` : "";
    rows.push(
      `| ${mutation.without} | ${first.replaceAll("|", "\\|")}${more} |`,
    );
    // deno-lint-ignore no-console
    console.log(rows.at(-1));
  }
} finally {
  await Deno.remove(copy, { recursive: true });
}
if (Deno.args.includes("--write") && survived === 0) await write();
Deno.exit(survived === 0 ? 0 : 1);

/** Names of the tests that fail without it. */
async function failuresOf(mutation: Mutation): Promise<string[]> {
  const path = `${copy}/${mutation.file}`;
  const source = await Deno.readTextFile(path);
  const parts = source.split(mutation.from);
  if (parts.length !== 2) {
    throw new Error(
      `${mutation.without}: ${mutation.file} has the text ${
        parts.length - 1
      } times`,
    );
  }
  await Deno.writeTextFile(path, parts.join(mutation.to));
  try {
    const { text, hung } = await run(Deno.execPath(), [
      ...["test", "-A", "--no-check", "--quiet", "--parallel"],
      ...mutation.tests,
    ]);
    if (hung) return [`(does not end) ${mutation.tests.join(", ")}`];
    const [, failures = ""] = text.split("\n FAILURES \n");
    return failures.split("\n").flatMap((line) =>
      /^(.+) => \S+:\d+:\d+$/.exec(line)?.[1] ?? []
    );
  } finally {
    await Deno.writeTextFile(path, source);
  }
}

async function run(
  command: string,
  args: readonly string[],
): Promise<{ readonly text: string; readonly hung: boolean }> {
  const { stdout, signal } = await new Deno.Command(command, {
    args: [...args],
    cwd: copy,
    env: { NO_COLOR: "1" },
    // What hangs without its safeguard has failed.
    signal: AbortSignal.timeout(45_000),
    stderr: "null",
  }).output();
  return { text: new TextDecoder().decode(stdout), hung: signal !== null };
}

async function write(): Promise<void> {
  const [start, end] = ["<!-- mutations -->", "<!-- /mutations -->"];
  const text = await Deno.readTextFile(DOCS);
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no ${start} in docs/faults.md`);
  const table = ["| Without | Fails |", "| --- | --- |", ...rows].join("\n");
  await Deno.writeTextFile(
    DOCS,
    `${text.slice(0, from + start.length)}\n\n${table}\n\n${text.slice(to)}`,
  );
  await run(Deno.execPath(), ["fmt", "--quiet", DOCS]);
}
