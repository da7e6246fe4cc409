/**
 * Words that mean something to a shell mean nothing here.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { suite } from "./suite.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Each would leave a file behind, if anybody ran it. */
const EVIL = [
  "`touch pwned`",
  "$(touch pwned)",
  "!touch pwned",
  "x; touch pwned",
  "x | touch pwned",
  "x && touch pwned",
  "> pwned",
  "x\ntouch pwned",
  "x\n!touch pwned\n$(touch pwned)",
  "${IFS}touch${IFS}pwned",
  "-oProxyCommand=touch pwned",
  "../../bin/touch pwned",
];

interface Ran {
  readonly code: number;
  readonly stderr: string;
  /** Programs that were to be started. */
  readonly started: readonly string[];
  readonly files: readonly string[];
}

/** Loaded first: tells of each program that Deno is asked to start. */
const PRELOAD = `
const { Command } = Deno;
Deno.Command = class extends Command {
  constructor(program, options) {
    Deno.writeTextFileSync(
      Deno.env.get("STARTED"),
      String(program) + "\\n",
      { append: true },
    );
    super(program, options);
  }
};`;

/** Runs a script in a process of its own, which may do all but start others. */
async function run(script: string, argv: readonly string[]): Promise<Ran> {
  return await preloaded(script, [
    ...["--allow-read", "--allow-write", "--allow-env", "--allow-net"],
    ...[MAIN, "--sandbox", "run", "f.istiops", ...argv],
  ]);
}

async function preloaded(
  text: string,
  argv: readonly string[],
): Promise<Ran> {
  const [home, aside] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    await Deno.writeTextFile(`${home}/f.istiops`, text);
    await Deno.writeTextFile(`${aside}/preload.js`, PRELOAD);
    await Deno.writeTextFile(`${aside}/started`, "");
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--quiet"],
        ...["--preload", `${aside}/preload.js`, ...argv],
      ],
      cwd: home,
      env: { HOME: home, XDG_STATE_HOME: "", STARTED: `${aside}/started` },
      stdin: "null",
    }).output();
    return {
      code,
      stderr: new TextDecoder().decode(stderr),
      started: (await Deno.readTextFile(`${aside}/started`)).split("\n")
        .filter((line) => line !== ""),
      files: [...Deno.readDirSync(home)].map(({ name }) => name)
        .filter((name) => !name.startsWith(".")).sort(),
    };
  } finally {
    await Deno.remove(home, { recursive: true });
    await Deno.remove(aside, { recursive: true });
  }
}

Deno.test("S08 what tells of processes does tell of one", async () => {
  const program = 'new Deno.Command("touch", { args: ["pwned"] }).outputSync()';
  const { started } = await preloaded(program, [
    ...["--allow-env", "--allow-write", "--allow-run"],
    ...["--ext", "ts", "f.istiops"],
  ]);
  assertEquals(started, ["touch"]);
});

suite(
  {
    id: "S08",
    shows:
      "in a script, backticks, `$( )`, `!`, pipes and line feeds in words and in values from outside start no process",
    command: "run",
  },
  async (_, report) => {
    const quoted = (text: string) => `'${text}'`;
    const values = EVIL.map((_, at) => `$v${at}`);
    const script = [
      ...values.map((name) => `show ${name}`),
      ...values.map((name) => `show -l "app=${name}"`),
      ...values.map((name) =>
        `shift api-domain-virtualservice -b "${name}" --header "x=${name}" --settle 0s`
      ),
      ...EVIL.map((text) => `set x=${quoted(text)}`),
      ...EVIL.map((text) =>
        `history api-domain-virtualservice ${quoted(text)}`
      ),
      ...EVIL.map((text) => `show ${text}`),
      "touch pwned",
      "apply '|touch pwned'",
    ].join("\n");
    const given = EVIL.flatMap((text, at) => ["--set", `v${at}=${text}`]);
    // Wrong as a whole, so that not one line runs; then line by line.
    const whole = await run(script, given);
    assertEquals([whole.code, whole.started, whole.files], [
      2,
      [],
      ["f.istiops"],
    ], whole.stderr);
    const fit = [
      ...values.map((name) =>
        `shift api-domain-virtualservice -b "${name}" --header "x=${name}" --settle 0s`
      ),
      ...values.map((name) =>
        `shift api-domain-virtualservice -b 3 --header "x=${name}" --settle 0s`
      ),
      "apply '|touch pwned'",
      "apply '$(touch pwned)'",
    ].join("\n");
    const each = await run(fit, [...given, "--keep-going", "--show"]);
    assertEquals(
      [each.started, each.files],
      [[], ["f.istiops"]],
      each.stderr,
    );
    // Headers may be anything that a request can have; the rest is refused.
    assertEquals(each.code, 1, each.stderr);
    assertMatch(each.stderr, /carried out: /);
    report.note("hostile words", EVIL.length);
  },
);
