/**
 * Pages of the docs, as tests read them.
 *
 * @module
 */

/** The text of a page. */
export function pageText(name: string): Promise<string> {
  return Deno.readTextFile(new URL(`../../docs/${name}`, import.meta.url));
}

/** Rows of the table between two marks, without its head. */
export function tableOf(
  page: string,
  mark: string,
): readonly (readonly string[])[] {
  const [, rest] = page.split(`<!-- ${mark} -->`);
  const [table, end] = rest?.split(`<!-- /${mark} -->`) ?? [];
  if (table === undefined || end === undefined) throw new Error(`no ${mark}`);
  return rowsOf(table);
}

/** Rows of the one table in a text, without its head. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  return text.split("\n").filter((line) => line.startsWith("|")).slice(2)
    .map((line) =>
      line.split(/(?<!\\)\|/).slice(1, -1)
        .map((cell) => cell.trim().replaceAll("\\|", "|"))
    );
}

/** What stands in backticks. */
export function codes(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]*)`/g)].map(([, code = ""]) => code);
}

/** A kubeconfig for a server that wants no credentials. */
export function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "a",
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    clusters: [{ name: "a", cluster: { server } }],
    users: [{ name: "a", user: {} }],
  });
}
