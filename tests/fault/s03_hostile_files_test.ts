import { runCli } from "../../src/cli/run.ts";
import { assert, assertMatch, assertNotMatch } from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { suite } from "./suite.ts";

const MIB = 2 ** 20;

/** Lists of lists: 10 of 10 of 10 …, by aliases. */
function aliases(depth: number): string {
  const lines = [`a0: &a0 [${Array(10).fill("x").join(", ")}]`];
  for (let at = 1; at <= depth; at++) {
    lines.push(`a${at}: &a${at} [${Array(10).fill(`*a${at - 1}`).join(", ")}]`);
  }
  return lines.join("\n");
}

/** Texts that are small to write and large to read. */
const BOMBS: Readonly<Record<string, () => string>> = {
  "aliases that multiply": () => aliases(9),
  "an alias of itself": () => "a: &a [*a]",
  "100,000 brackets": () => "[".repeat(100_000),
  "100,000 maps in maps": () => "{a: ".repeat(100_000),
  "2,000 levels by indentation": () =>
    Array.from({ length: 2000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"),
  "a million entries": () =>
    `a: !!omap\n${
      Array.from({ length: 1_000_000 }, (_, at) => `- k${at}: v`).join("\n")
    }`,
  "50 MB": () => `a: ${"x".repeat(50_000_000)}`,
  "10,000 documents": () => "a: 1\n---\n".repeat(10_000),
  "a million anchors": () =>
    Array.from({ length: 1_000_000 }, (_, at) => `- &k${at} v`).join("\n"),
  "merge keys that multiply": () =>
    [
      "a0: &a0 {k: v}",
      ...Array.from(
        { length: 30 },
        (_, at) => `a${at + 1}: &a${at + 1} {<<: [*a${at}, *a${at}]}`,
      ),
    ].join("\n"),
  "no text": () => "\u0000\u0001\ufffd",
  "a scalar": () => "5",
};

/** Every command that reads a file that somebody else may have written. */
const DOORS: Readonly<Record<string, (file: string) => readonly string[]>> = {
  kubeconfig: (file) => ["show", "--kubeconfig", file],
  manifests: (file) => ["sandbox", "--load", file],
  plan: (file) => ["--sandbox", "apply", file, "--yes"],
  files: (file) => ["show", "-f", file],
};

for (const [door, argvOf] of Object.entries(DOORS)) {
  suite(
    {
      id: "S03",
      shows: `${door}: a bomb is refused in plain words, in little memory`,
      command: argvOf("FILE").join(" "),
    },
    async (_, report) => {
      const home = await Deno.makeTempDir();
      try {
        for (const [what, textOf] of Object.entries(BOMBS)) {
          const file = `${home}/bomb.yaml`;
          await Deno.writeTextFile(file, textOf());
          const { status, said, grown } = await run(argvOf(file), home);
          assert([1, 2, 5].includes(status), `${what}: ${status} ${said}`);
          assertMatch(said, /^error: /m, what);
          assertNotMatch(said, /x{100}|\n\s+at /, what);
          assert(said.length < 4000, `${what}: ${said.length} characters`);
          assert(grown < 400, `${what}: ${grown} MiB`);
          report.note("files", 1);
        }
      } finally {
        await Deno.remove(home, { recursive: true });
      }
    },
  );
}

for (const [door, argvOf] of Object.entries(DOORS)) {
  suite(
    {
      id: "S06",
      shows: `${door}: what is no regular file, or a URL, is refused`,
      command: argvOf("FILE").join(" "),
    },
    async (_, report) => {
      const home = await Deno.makeTempDir();
      try {
        await Deno.mkdir(`${home}/folder`);
        await Deno.symlink(`${home}/loop`, `${home}/loop`);
        await new Deno.Command("mkfifo", { args: [`${home}/pipe`] }).output();
        for (
          const file of [
            "/dev/zero",
            "/dev/urandom",
            // Manifests are read from folders, too.
            ...door === "files" || door === "manifests"
              ? []
              : [`${home}/folder`],
            `${home}/pipe`,
            `${home}/loop`,
            `${home}/missing`,
            "http://127.0.0.1:1/routes.yaml",
            "file:///etc/passwd",
            "\\\\?\\C:\\secret",
            "a\u0000b",
          ]
        ) {
          const { status, said } = await run(argvOf(file), home);
          assert([1, 2, 5].includes(status), `${file}: ${status} ${said}`);
          assertMatch(said, /^error: /m, file);
          assertNotMatch(said, /root:|\n\s+at /, file);
          report.note("files", 1);
        }
      } finally {
        await Deno.remove(home, { recursive: true });
      }
    },
  );
}

suite(
  {
    id: "S06",
    shows:
      "files: in a folder nothing is opened that lies outside of it or has no end",
    command: "show -f FOLDER",
  },
  async (_, report) => {
    const home = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${home}/folder/deep`, { recursive: true });
      await Deno.writeTextFile(`${home}/secret.yaml`, "secret: root:x\n");
      const at = (name: string) => `${home}/folder/${name}`;
      await new Deno.Command("mkfifo", { args: [at("pipe.yaml")] }).output();
      for (
        const [to, name] of [
          [`${home}/secret.yaml`, "outside.yaml"],
          ["../../secret.yaml", "deep/outside.yaml"],
          ["/etc/passwd", "passwd.yaml"],
          ["/dev/zero", "zero.yaml"],
          ["/", "root"],
          [at(""), "deep/loop"],
          [at("self.yaml"), "self.yaml"],
        ] as const
      ) {
        await Deno.symlink(to, at(name));
        report.note("links", 1);
      }
      const { status, said } = await run(["show", "-f", at("")], home);
      assert(status === 1, `${status} ${said}`);
      assertNotMatch(said, /root:x|\n\s+at /);
      for (
        const name of [
          ...["outside", "deep/outside", "passwd", "zero", "pipe", "self"]
            .map((one) => `${one}.yaml:1:1: error:`),
          ...["root", "deep/loop"].map((one) => `${one}:1:1: warning:`),
        ]
      ) assert(said.includes(`folder/${name}`), `${name}: ${said}`);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
);

async function run(
  argv: readonly string[],
  home: string,
): Promise<
  { readonly status: number; readonly said: string; readonly grown: number }
> {
  const process = new FakeProcess({ env: { HOME: home } });
  const before = Deno.memoryUsage().rss;
  const status = await runCli(argv, process.io);
  const grown = Math.round((Deno.memoryUsage().rss - before) / MIB);
  return { status, said: process.stderr, grown };
}
