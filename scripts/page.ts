/**
 * The program of the page that `graph -o html` writes, bundled into a module:
 * the command has to have it from sources, from the bundle, from a URL and from
 * npm, and no user has a bundler. A test holds it against its sources.
 *
 * @module
 */

const ROOT = new URL("../", import.meta.url);
const ENTRY = "src/page/main.ts";
const MODULE = "src/render/graph_script.ts";

/** The module as it is to be. */
export async function pageModule(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    cwd: ROOT,
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--minify"],
      ...["--format", "iife", ENTRY],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  // In a page nothing may end the element or begin a comment.
  const script = new TextDecoder().decode(stdout).trim()
    .replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
  return `/**
 * Made of ${ENTRY} by \`deno task page\`: not to be written by hand.
 *
 * @module
 */

// deno-fmt-ignore-file
// deno-lint-ignore-file

/** The program of the page. */
export const GRAPH_SCRIPT: string =
  ${
    JSON.stringify(script).replaceAll("\u2028", "\\u2028").replaceAll(
      "\u2029",
      "\\u2029",
    )
  };
`;
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL(MODULE, ROOT), await pageModule());
}
