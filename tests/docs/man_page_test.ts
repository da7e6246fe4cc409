/** The man page is good roff, and shows what the table says. */
import { escaped } from "../../scripts/man_page.ts";
import { optionsOf } from "../../src/language/commands.ts";
import { VISIBLE } from "../../scripts/reference_markdown.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PAGE = new URL("../../packaging/man/istiops.1", import.meta.url);

const lines = (await Deno.readTextFile(PAGE)).split("\n");

/** What mandoc says; nothing where it is not there. */
async function mandoc(...args: readonly string[]): Promise<string | undefined> {
  try {
    const { code, stdout, stderr } = await new Deno.Command("mandoc", {
      args: [...args, PAGE.pathname],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert(code < 5, new TextDecoder().decode(stderr));
    return text;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const why = await mandoc("-Tlint") === undefined
  ? " (skipped: mandoc is not on PATH)"
  : "";

Deno.test("no text of the man page is taken for a request, and all of it is ASCII", () => {
  const macros = ["TH", "SH", "SS", "PP", "TP", "br", "nf", "fi", '\\"'];
  for (const line of lines) {
    const [, macro] = /^['.](\S*)/.exec(line) ?? [];
    assert(macro === undefined || macros.includes(macro), line);
    assert(/^[\x20-\x7e]*$/.test(line), line);
    // A bare hyphen may become another character, which no shell knows.
    const isText = macro === undefined;
    assert(!isText || !/(?<!\\)-/.test(line), line);
  }
});

Deno.test.each([
  ["a-b", "a\\-b"],
  ["C:\\new", "C:\\enew"],
  ["it's `x`", "it\\(aqs \\(gax\\(ga"],
  ["a^=~", "a\\(ha=\\(ti"],
  ["NAME…", "NAME\\[u2026]"],
])("%s is written as %s", (text, roff) => assertEquals(escaped(text), roff));

Deno.test({
  name: `mandoc finds nothing to mend in the man page${why}`,
  ignore: why !== "",
  async fn() {
    assertEquals(await mandoc("-Tlint", "-Wall"), "");
  },
});

Deno.test({
  name: `the man page shows each option, within 80 columns${why}`,
  ignore: why !== "",
  async fn() {
    const shown = (await mandoc("-Tascii", "-Owidth=80") ?? "")
      // Bold and underlined, as typewriters had it.
      // deno-lint-ignore no-control-regex
      .replace(/.\x08/g, "");
    for (const line of shown.split("\n")) assert(line.length <= 80, line);
    for (const command of VISIBLE) {
      assert(shown.includes(`\n   ${command.path.join(" ")}\n`));
      for (const { long, short } of optionsOf(command)) {
        const name = short === undefined ? `--${long}` : `-${short}, --${long}`;
        assert(shown.includes(`\n       ${name}`), name);
      }
    }
  },
});
