/**
 * The safeguards that `mutations.ts` takes out, one at a time.
 *
 * @module
 */

/** A safeguard, and what is to notice that it is gone. */
export interface Mutation {
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

const S01 = "tests/fault/s01_canary_secrets_test.ts";
const S07 = "tests/fault/s07_api_path_test.ts";
const S09 = "tests/fault/s09_file_modes_test.ts";
const S16 = "tests/fault/s16_undo_forgery_test.ts";

/** Each safeguard that must be noticed. */
export const MUTATIONS: readonly Mutation[] = [
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
    file: "src/actions/write_attempt.ts",
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
    from: 'rest.replaceAll(token, "[redacted]")',
    to: "rest",
    tests: [TRANSPORT],
  },
  {
    without: "redact() before a text is cut",
    file: "src/cluster/answers.ts",
    from: '(_, value) => typeof value === "string" ? redact(value) : value,',
    to: "(_, value) => value,",
    tests: [S01],
  },
  {
    without: "redact() of a command line",
    file: "src/language/redact.ts",
    from: "? redactHeaders(type, value)",
    to: "? quoteWord(value)",
    tests: ["tests/language/redact_test.ts", S01],
  },
  {
    without: "redact() of what a server refuses, in the audit log",
    file: "src/actions/audit.ts",
    from: "message: redact(message).slice",
    to: "message: message.slice",
    tests: [S01],
  },
  {
    without: "the look at names that a server sends",
    file: "src/cluster/objects.ts",
    from: '(typeof each === "string" && isName(each))',
    to: 'typeof each === "string"',
    tests: [S07],
  },
  {
    without: "the look at names of a path",
    file: "src/cluster/kinds.ts",
    from: "if (!isName(text)) {",
    to: "if (text === undefined) {",
    tests: [S07],
  },
  {
    without: "the refusal of links in place of private files",
    file: "src/private_files.ts",
    from:
      `    if (info.isSymlink) throw unusable(path, "it is a symbolic link");
    if (!info.isFile)`,
    to: "    if (!info.isFile && !info.isSymlink)",
    tests: [S09],
  },
  {
    without: "the modes of private files",
    file: "src/private_files.ts",
    from: "createNew: true, mode: 0o600",
    to: "createNew: true",
    tests: [S09],
  },
  {
    without: "the refusal of pipes",
    file: "src/bounded_file.ts",
    from: "if (isFifo === true) throw",
    // Without waiting, so that it is a failure and no hanging test.
    to:
      "if (isFifo === true) return new Uint8Array();\nif (isFifo === null) throw",
    tests: [S09],
  },
  {
    without: "the owner of a record",
    file: "src/traffic/journal.ts",
    from: "!isOwn(entry, object, options.server)",
    to: "!isOwn(entry, object, options.server) && false",
    tests: [S16],
  },
  {
    without: "the bound on a record that is unpacked",
    file: "src/traffic/journal.ts",
    from: "if (size > LARGEST_UNPACKED) throw",
    to: "if (size < 0) throw",
    tests: ["tests/traffic/journal_test.ts", S16],
  },
  {
    without: "the question before a record brings in what is new",
    file: "src/traffic/undo_grade.ts",
    from: "...facts.pairs.flatMap(inventions),",
    to: "",
    tests: [S16],
  },
  {
    without: "the 401 refresh",
    file: "src/cluster/transport.ts",
    from: "if (await unlessInterrupted(anew, request) === true) continue;",
    to: "",
    tests: [TRANSPORT],
  },
  {
    without: "the idle deadline",
    file: "src/cluster/attempt.ts",
    from: "attempt.watchIdle(idleMs);",
    to: "",
    tests: ["tests/fault/f01_body_cut_test.ts"],
  },
  {
    without: "the Retry-After floor",
    file: "src/cluster/retry.ts",
    from: "return retryAfter * 1000 +",
    to: "return 0 * retryAfter +",
    tests: [TRANSPORT],
  },
  {
    without: "the pace of a process",
    file: "src/cluster/retry.ts",
    from: "return Math.max(0, this.#full - now - burst * each);",
    to: "return 0 * burst;",
    tests: ["tests/cluster/pace_test.ts"],
  },
  {
    without: "one pace for all connections",
    file: "src/cluster/retry.ts",
    from: "PACES.get(clock) ?? new Pace()",
    to: "new Pace()",
    tests: ["tests/cluster/pace_test.ts"],
  },
  {
    without: "the deadline for a connection",
    file: "src/cluster/open_wire.ts",
    from:
      "if (!hasAnswered) await withinConnectTime(answer, access, connectMs);",
    to: "",
    tests: ["tests/cluster/connect_deadline_test.ts"],
  },
  {
    without: "the look whether anything was sent",
    file: "src/cluster/transport.ts",
    from:
      "return !isSent || (error instanceof NoConnection && error.isUnsent);",
    to: "return isSent && error === undefined;",
    tests: ["tests/cluster/connect_deadline_test.ts"],
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
    file: "src/cluster/open_wire.ts",
    from: 'redirect: "manual"',
    to: 'redirect: "follow"',
    tests: [TRANSPORT, "tests/fault/s14_tls_downgrade_test.ts"],
  },
  {
    without: "undo's guard of a rule that comes back whole",
    file: "src/traffic/undo_guards.ts",
    from: "(edit.before === undefined ? serving : now)",
    to: "now",
    tests: ["tests/actions/undo_test.ts"],
  },
];
