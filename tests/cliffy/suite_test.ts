import { Command, ValidationError } from "jsr:@cliffy/command@1.2.1";
import { istiops, StatusError, traffic } from "../../cliffy.ts";
import {
  type Command as TableCommand,
  commandAt,
  COMMANDS,
  isIn,
  optionsOf,
} from "../../src/language/commands.ts";
import { ENVIRONMENT } from "../../src/language/environment.ts";
import { UsageError } from "../../src/errors.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { runDoor } from "./rig/door.ts";

const ON_THE_LINE = COMMANDS.filter((command) => isIn(command, "line"));

function nodeOf(root: Command, { path }: TableCommand): Command {
  const node = path.reduce<Command | undefined>(
    (at, word) => at?.getBaseCommand(word, true),
    root,
  );
  assert(node, path.join(" "));
  return node;
}

Deno.test.each(
  ON_THE_LINE.map((command) => ({ name: command.path.join(" "), command })),
)("Cliffy has $name as the table has it", ({ command }) => {
  const node = nodeOf(istiops() as unknown as Command, command);
  for (const { long, short, type, repeatable, values } of optionsOf(command)) {
    // Help is Cliffy's own, and comes with the first parse.
    if (long === "help") continue;
    const option = node.getOption(long);
    assert(option, long);
    assertEquals(option.aliases ?? [], short === undefined ? [] : [short]);
    assertEquals(option.args.length, type === "flag" ? 0 : 1, long);
    assertEquals(option.collect ?? false, repeatable ?? false, long);
    const [value] = option.args;
    if (value === undefined) continue;
    assert(
      value.type === "file" || node.getType(value.type),
      `${long} is of no type`,
    );
    if (values !== undefined) assertEquals(value.type, long);
    if (value.type !== "file") assert(node.getCompletion(value.action), long);
  }
  assertEquals(node.settings.isHidden ?? false, command.hidden ?? false);
  assertStringIncludes(node.getDescription(), command.summary);
  assertStringIncludes(node.getDescription(), command.description);
  assertEquals(
    node.getExamples(),
    command.examples.map(({ doc, line }) => ({ name: doc, description: line })),
  );
  const [argument] = node.getArguments();
  assertEquals(argument?.name, command.argument?.name);
  assertEquals(argument?.description, command.argument?.doc);
  assertEquals(
    argument?.optional,
    command.argument && !command.argument.required,
  );
  const own = optionsOf(command).filter(({ long }) => long !== "help");
  assertEquals(
    node.getOptions(false).map(({ name }) => name).sort(),
    own.map(({ long }) => long).sort(),
  );
});

Deno.test("Cliffy has the variables of the environment", () => {
  const suite = istiops();
  assertEquals(
    suite.getEnvVars().map(({ name }) => name).sort(),
    ENVIRONMENT.map(({ name }) => name).sort(),
  );
});

Deno.test("what is asked for by a variable is among the typed options", async () => {
  const home = await Deno.makeTempDir();
  const program = `${home}/program.ts`;
  await Deno.writeTextFile(
    program,
    `import { istiops } from ${
      JSON.stringify(new URL("../../cliffy.ts", import.meta.url).href)
    };
     const { options } = await istiops({ run: () => 0 }).parse(["show"]);
     console.log(JSON.stringify(options));`,
  );
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-lock",
      "--config",
      new URL("../../deno.json", import.meta.url).pathname,
      program,
    ],
    env: { KUBECONFIG: "/a:/b", NO_COLOR: "yes" },
  }).output();
  const { kubeconfig, color } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals([kubeconfig, color], ["/a:/b", false]);
  await Deno.remove(home, { recursive: true });
});

Deno.test.each([
  { words: "--help", command: undefined },
  { words: "shift --help", command: "shift" },
  { words: "--help shift", command: "shift" },
  { words: "help shift", command: "shift" },
  { words: "-n shop sandbox reset -h", command: "sandbox reset" },
])("$words is Cliffy's help", async ({ words, command }) => {
  const env = { HOME: await Deno.makeTempDir(), NO_COLOR: "1" };
  const { code, stdout, stderr } = await runDoor(
    "cliffy.ts",
    words.split(" "),
    env,
  );
  assertEquals([code, stderr], [0, ""]);
  const path = command === undefined ? "istiops" : `istiops ${command}`;
  assertStringIncludes(stdout, `Usage:   ${path}`);
  assertStringIncludes(stdout, "Options of the output:");
  assertStringIncludes(stdout, "Environment variables:");
  if (command === undefined) {
    for (const { path, summary } of ON_THE_LINE) {
      if (path.length === 1 && !path[0]?.startsWith("__")) {
        assertStringIncludes(stdout, summary);
      }
    }
  } else {
    const found = commandAt(command.split(" "));
    for (const { long } of found ? optionsOf(found) : []) {
      assertStringIncludes(stdout, `--${long}`);
    }
  }
  await Deno.remove(env.HOME, { recursive: true });
});

Deno.test.each([
  {
    words: "shfit",
    code: "unknown-command",
    says: 'Unknown command "shfit". Did you mean command "shift"?',
  },
  {
    words: "shift --wieght 20 x",
    code: "unknown-option",
    says: 'Unknown option "--wieght". Did you mean option "--weight"?',
  },
  {
    words: "shift -w 200 x",
    code: "invalid-value",
    says: 'Option "--weight": "200" is not a percentage',
  },
  {
    words: "clear -m sotf x",
    code: "invalid-value",
    says: 'Expected values: "soft", "hard"',
  },
  { words: "apply", code: "missing-argument", says: "Missing argument" },
  {
    words: "shift x --weight 20 --split 1=100",
    code: "conflicting-options",
    says: "--weight and --split exclude each other",
  },
  { words: "rollout", code: "unknown-command", says: "is planned" },
])("in a suite, $words is refused in Cliffy's way", async ({
  words,
  code,
  says,
}) => {
  const suite = new Command().name("platform").command("mesh", istiops())
    .reset().noExit();
  const error = await assertRejects(
    () => suite.parse(["mesh", ...words.split(" ")]),
    ValidationError,
  );
  assertStringIncludes(error.message, says);
  assertEquals(error.exitCode, 2);
  assert(error.cause instanceof UsageError);
  assertEquals(error.cause.code, code);
});

Deno.test("mounted, it has the suite's options beside its own, and runs", async () => {
  const told: (readonly string[])[] = [];
  const seen: unknown[] = [];
  const run = (words: readonly string[]) => {
    told.push(words);
    return 0;
  };
  const suite = new Command().name("platform")
    .globalOption("--tenant <NAME:string>", "Whose")
    .globalAction((options) => void seen.push(options.tenant))
    .command("traffic", traffic({ run })).reset()
    .command("istiops", istiops({ run })).reset().noExit();
  await suite.parse(["--tenant", "a", "traffic", "show", "-A"]);
  await suite.parse(["traffic", "--sandbox", "show", "--tenant", "b", "x"]);
  await suite.parse(["istiops", "show", "x", "--tenant=c", "-o", "json"]);
  assertEquals(told, [
    ["traffic", "show", "-A"],
    ["traffic", "--sandbox", "show", "x"],
    ["show", "x", "-o", "json"],
  ]);
  assertEquals(seen, ["a", "b", "c"]);
  const help = suite.getCommand("traffic")?.getCommand("shift")?.getHelp() ??
    "";
  assertStringIncludes(help, "platform traffic shift");
  assertStringIncludes(help, "--tenant");
  await assertRejects(
    () => suite.parse(["traffic", "version"]),
    ValidationError,
  );
});

Deno.test("a status that is not 0 is thrown where the suite does not exit", async () => {
  const suite = new Command().name("platform")
    .command("traffic", traffic({ run: () => 4 })).reset().noExit();
  const error = await assertRejects(
    () => suite.parse(["traffic", "show"]),
    StatusError,
  );
  assertEquals(error.exitCode, 4);
});

Deno.test("options before the command are the command's, typed", async () => {
  const suite = istiops({ run: () => 0 });
  const { cmd, options } = await suite.parse(
    ["--timeout", "5s", "-n", "shop", "clear", "-d", "api:80"],
  );
  assertEquals(cmd.getName(), "clear");
  assertEquals(
    [options.timeout, options.namespace, options.destination],
    [5000, "shop", { host: "api", port: 80 }],
  );
});
