import {
  COMMANDS,
  commandsIn,
  optionsOf,
} from "../../src/language/commands.ts";
import { renderHelp } from "../../src/language/help.ts";
import { tokenize } from "../../src/language/tokens.ts";
import { widthOf } from "../../src/render/text.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";

const PATHS = [[], ...COMMANDS.map(({ path }) => path)];

/** Without line breaks and indentation. */
function flat(text: string): string {
  return text.replace(/\s+/g, " ");
}

Deno.test.each([[40], [52], [80], [100], [120]])(
  "no line of the help is wider than %d columns",
  (width) => {
    for (const path of PATHS) {
      for (const line of renderHelp(path, { width }).split("\n")) {
        assert(
          widthOf(line) <= width || !line.trim().includes(" "),
          `${path.join(" ")} at ${width}: ${line}`,
        );
        assertEquals(line, line.trimEnd());
      }
    }
  },
);

Deno.test("help names every option of its command, with all that is said of it", () => {
  for (const command of COMMANDS) {
    for (const width of [40, 80]) {
      const text = flat(renderHelp(command.path, { width }));
      for (
        const { long, short, doc } of optionsOf(
          command,
          command.ways?.[0] ?? "line",
        )
      ) {
        assertStringIncludes(
          text,
          short === undefined ? ` --${long} ` : ` -${short}, --${long} `,
        );
        assertStringIncludes(text, doc);
      }
      assertStringIncludes(text, flat(command.description));
      if (command.argument) assertStringIncludes(text, command.argument.doc);
    }
  }
});

Deno.test("the overview names every command and every shared option", () => {
  for (const width of [40, 80]) {
    const text = flat(renderHelp([], { width }));
    for (const { path, summary } of commandsIn("line")) {
      assertStringIncludes(text, `${path[0]} ${summary}`);
    }
    for (const long of ["namespace", "kubeconfig", "context", "output"]) {
      assertStringIncludes(text, `--${long} `);
    }
  }
  assertStringIncludes(renderHelp(["sandbox"], { width: 80 }), "sandbox reset");
});

Deno.test("an example that is broken at the width is still the same line for a shell", () => {
  for (const { path, examples } of COMMANDS) {
    for (const width of [40, 60, 120]) {
      const text = renderHelp(path, { width });
      const shown = text.slice(text.indexOf("Examples:\n") + 10)
        .replaceAll(/^ *#.*$/gm, "").replaceAll("\\\n", "")
        .split("\n").filter((line) => line.trim() !== "");
      assertEquals(
        shown.map((line) => tokenize(line).tokens.map(({ value }) => value)),
        examples.map(({ line }) =>
          tokenize(line).tokens.map(({ value }) => value)
        ),
      );
    }
  }
});

Deno.test("help keeps to 40 columns at least and to an easy length at most", () => {
  for (const path of PATHS) {
    assertEquals(
      renderHelp(path, { width: 1 }),
      renderHelp(path, { width: 40 }),
    );
    assertEquals(
      renderHelp(path, { width: 500 }),
      renderHelp(path, { width: 110 }),
    );
  }
});
