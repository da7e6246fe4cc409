import { Command, ValidationError } from "jsr:@cliffy/command@1.2.1";
import { istiops, traffic } from "../../cliffy.ts";
import { patternCheckFor } from "../../src/cli/pattern_check.ts";
import { usageError } from "../../src/cli/usage.ts";
import { UsageError } from "../../src/errors.ts";
import {
  type Invocation,
  toInvocation,
} from "../../src/language/invocation.ts";
import { parseArguments } from "../../src/language/parse.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { everyUse, makeLines, numbersFrom, ON_THE_LINE } from "./rig/lines.ts";

// They would be among Cliffy's options, too.
for (const name of ["KUBECONFIG", "NO_COLOR"]) Deno.env.delete(name);

const seed = Number(
  Deno.env.get("ISTIOPS_SEED") ??
    crypto.getRandomValues(new Uint32Array(1))[0],
);

/** What a line comes to: an intent, or a refusal. */
type Read =
  | { readonly intent: unknown }
  | { readonly code: string; readonly status: number };

/** As main.ts reads it. */
async function byMain(words: readonly string[]): Promise<Read> {
  const parsed = parseArguments(words);
  const { invocation, diagnostics } = toInvocation(
    parsed,
    await patternCheckFor([parsed]),
  );
  return invocation === undefined
    ? { code: usageError(diagnostics).code, status: 2 }
    : { intent: comparable(invocation) };
}

interface ReadByCliffy {
  readonly read: Read;
  /** The command that Cliffy found, and the options as it has typed them. */
  readonly path?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly args?: readonly unknown[];
}

/** As Cliffy reads it: mounted, or as it is. */
async function byCliffy(
  words: readonly string[],
  mount: "none" | "istiops" | "traffic",
): Promise<ReadByCliffy> {
  let told: readonly string[] | undefined;
  const options = {
    run: (words: readonly string[]) => {
      told = words;
      return 0;
    },
  };
  const host = new Command().name("platform")
    .globalOption("--tenant <NAME:string>", "Whose")
    .globalOption("--trace", "More");
  const suite = mount === "none"
    ? istiops(options).noExit()
    : mount === "istiops"
    ? host.command("mesh", istiops(options)).reset().noExit()
    : host.command("traffic", traffic(options)).reset().noExit();
  const prefix = { none: [], istiops: ["mesh"], traffic: ["traffic"] }[mount];
  try {
    const result = await suite.parse([...prefix, ...words]);
    assert(told, `nobody was told ${words}`);
    const read = await byMain(told);
    return {
      read,
      path: result.cmd.getPath(),
      options: result.options as unknown as Record<string, unknown>,
      args: result.args,
    };
  } catch (error) {
    assert(error instanceof ValidationError, String(error));
    assert(
      error.cause instanceof UsageError,
      `${words.join(" ")}: Cliffy alone refuses: ${error.message}`,
    );
    return { read: { code: error.cause.code, status: error.exitCode } };
  }
}

/** An invocation as plain data. */
function comparable(invocation: Invocation): unknown {
  return {
    ...invocation,
    ...("intentFor" in invocation
      ? { intentFor: invocation.intentFor("here") }
      : {}),
    ...("askedFor" in invocation
      ? { askedFor: invocation.askedFor("here") }
      : {}),
  };
}

/** Where an option is found in an intent. */
const SAYS: Readonly<Record<string, string>> = {
  namespace: "target.namespace",
  context: "target.context",
  kubeconfig: "target.kubeconfig",
  timeout: "target.timeoutMs",
  sandbox: "target.sandbox",
  execPolicy: "target.execPolicy",
  output: "output.output",
  color: "output.color",
  quiet: "output.quiet",
  verbose: "output.verbose",
  weight: "intentFor.weight",
  split: "intentFor.split",
  build: "intentFor.build",
  podSelector: "intentFor.podLabels",
  labelSelector: "intentFor.selector",
  destination: "intentFor.destination",
  route: "intentFor.routes",
  createRoute: "intentFor.createRoute",
  operation: "intentFor.operation",
  dryRun: "run.dryRun",
  confirm: "run.confirm",
  settle: "run.settleMs",
  waitReady: "run.waitReadyMs",
  verify: "run.verifyMs",
  planOut: "run.planOut",
};

/** Where these verbs have it elsewhere, or not as it is written. */
const SAYS_OTHERWISE: Readonly<
  Record<string, Readonly<Record<string, string>>>
> = {
  check: { planOut: "fix.planOut", output: "" },
  graph: { output: "format" },
};

/** The value at a path of fields. */
function valueAt(of: unknown, path: string): unknown {
  return path.split(".").reduce(
    (value, field) => (value as Record<string, unknown> | undefined)?.[field],
    of,
  );
}

for (const mount of ["none", "istiops", "traffic"] as const) {
  Deno.test(`both doors read 300 lines of the table alike, mounted ${mount === "none" ? "nowhere" : `as ${mount}`} (ISTIOPS_SEED=${seed})`, async () => {
    const random = numbersFrom(seed);
    const lines = makeLines(300, random);
    const counts = { intents: 0, refusals: 0, typed: 0 };
    for (const { words } of lines) {
      const at = Math.floor(random() * (words.length + 1));
      const dashes = words.indexOf("--");
      // A suite's own options may stand anywhere before `--`, but not between
      // an option and its value.
      const isHost = mount !== "none" && random() < 0.3 &&
        (dashes < 0 || at <= dashes) && !words[at - 1]?.startsWith("-");
      const given = isHost
        ? words.toSpliced(
          at,
          0,
          ...random() < 0.5 ? ["--tenant", "x"] : ["--trace"],
        )
        : words;
      const expected = await byMain(
        mount === "traffic" ? ["traffic", ...words] : words,
      );
      const found = await byCliffy(given, mount);
      assertEquals(found.read, expected, given.join(" "));
      if ("code" in expected) {
        counts.refusals++;
        continue;
      }
      counts.intents++;
      const { intent } = expected;
      const verb = valueAt(intent, "verb");
      const isThere = mount === "none" && verb !== "help" &&
        found.path === ["istiops", ...parseArguments(words).path].join(" ");
      if (!isThere) continue;
      for (const [name, value] of Object.entries(found.options ?? {})) {
        const path = SAYS_OTHERWISE[String(verb)]?.[name] ?? SAYS[name];
        const isIntent = valueAt(intent, "intentFor") !== undefined;
        if (path === undefined || path === "" || !isIntent) continue;
        assertEquals(
          value,
          valueAt(intent, path),
          `${name} in ${words.join(" ")}`,
        );
        counts.typed++;
      }
    }
    // A generator of wrong lines alone would prove nothing.
    assert(counts.intents > 25, JSON.stringify(counts));
    assert(counts.refusals > 25, JSON.stringify(counts));
    if (mount === "none") assert(counts.typed > 40, JSON.stringify(counts));
  });
}

Deno.test("300 lines hold every command and every option of it", () => {
  const uses = new Set(
    makeLines(300, numbersFrom(seed)).flatMap(({ uses }) => uses),
  );
  assertEquals(everyUse().filter((use) => !uses.has(use)), []);
  assert(ON_THE_LINE.length > 15);
});

Deno.test.each([
  { words: "-nshop show -ojson" },
  { words: "shift x -b 3 -w 20 -w 20" },
  { words: "shift x --yes=false -w 20" },
  { words: "shift x -b --weight 20" },
  { words: "shift x -b -3 -w 20" },
  { words: "shift x -w -5" },
  { words: "shift x --header a=b,c -H d=1,e=2 --header f? -b 3" },
  { words: "shift x --regexp --header a=^(?=b) -b 3" },
  { words: "apply -- -plan.json" },
  { words: "--debug sandbox --quiet reset" },
  { words: "sandbox --load reset reset" },
  { words: "-n sandbox sandbox" },
  { words: "istiops version" },
  { words: "traffic" },
  { words: "traffic version" },
  { words: "--plain" },
  { words: "--version" },
  { words: "use context a" },
  { words: "rollout" },
  { words: "shift --no-weight" },
  { words: "shift x -w 20 --no-quiet" },
  { words: "shift -dry-run x -w 20" },
  { words: "shift x --weight.a 20" },
])("both doors read $words alike", async ({ words }) => {
  const argv = words.split(" ");
  assertEquals((await byCliffy(argv, "none")).read, await byMain(argv));
});
