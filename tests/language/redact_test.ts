import * as fc from "fast-check";
import { toInvocation } from "../../src/language/invocation.ts";
import { parseArguments, parseCommandLine } from "../../src/language/parse.ts";
import { redactCommand } from "../../src/language/redact.ts";
import { quoteWord } from "../../src/language/tokens.ts";
import { assert, assertEquals } from "../support/assert.ts";

const SECRET = "hunter2";

Deno.test.each([
  [["--header", `x-token=${SECRET}`], "--header x-token=***"],
  [
    [`--header=x-token=${SECRET},b=${SECRET}`],
    "--header x-token=***",
  ],
  [["-H", `a=${SECRET},b=${SECRET}`], "--headers a=***,b=***"],
  [[`-Ha=${SECRET}`], "--headers a=***"],
  [[`-H=a=${SECRET}=${SECRET}`], "--headers a=***"],
  [["-H", SECRET], "--headers ***"],
  [["-H", `a=1,${SECRET}`], "--headers a=***,***"],
  [["--header", `a^=${SECRET}`], "--header a^=***"],
  [["--header", "x-debug?"], "--header 'x-debug?'"],
  [["-r", "-H", `a=.*${SECRET} `], "--regexp --headers a=***"],
  [["--header", `a|b$(c)=${SECRET}`], "--header 'a|b$(c)'=***"],
])("%j is remembered without the value", (words, expected) => {
  const parsed = parseArguments(["shift", "x", "-b", "3", ...words]);
  const line = redactCommand(parsed);
  assert(!line.includes(SECRET), line);
  assertEquals(line, `istiops shift x --build 3 ${expected}`);
});

Deno.test("no value of a header is ever in a redacted line", () => {
  const name = fc.stringMatching(/^[a-z-]{1,6}$/);
  const value = fc.string({ unit: "binary", maxLength: 8 })
    .filter((text) => !/[,?]/.test(text)).map((text) => `@@${text}@@`);
  const word = fc.tuple(name, fc.constantFrom("=", "^="), value)
    .map((parts) => parts.join(""));
  const options = fc.array(
    fc.oneof(
      word.map((text) => ["--header", text]),
      word.map((text) => [`--header=${text}`]),
      fc.array(word, { minLength: 1, maxLength: 3 })
        .map((all) => [`-H${all.join(",")}`]),
      fc.constant(["-r"]),
    ),
    { maxLength: 4 },
  );
  fc.assert(fc.property(options, (given) => {
    const argv = ["shift", "x", "-b", "3", ...given.flat()];
    assert(!redactCommand(parseArguments(argv)).includes("@@"));
  }));
});

Deno.test("but for header values a redacted line asks for the same again", () => {
  for (
    const line of [
      "traffic shift -n shop -l 'app in (a, b)' -d a:80 -b 3 -w 20 --yes",
      `shift x --split 1=80,2=20 --kubeconfig "it's here.yaml" --dry-run`,
      "clear x y -m hard --confirm x --confirm y",
      "apply -- -plan.json",
      "undo x --operation o1 --sandbox",
    ]
  ) {
    const once = redactCommand(parseCommandLine(line));
    const again = parseCommandLine(once);
    assertEquals(toInvocation(again).diagnostics, [], once);
    assertEquals(redactCommand(again), once);
  }
  assertEquals(quoteWord("it's"), `'it'\\''s'`);
});
