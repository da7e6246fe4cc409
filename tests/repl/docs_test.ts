import { BINDINGS } from "../../repl/bindings.ts";
import { assertEquals } from "../support/assert.ts";

const DOCS = new URL("../../docs/shell.md", import.meta.url);

/** `ISTIOPS_WRITE=1 deno test -A tests/repl/docs_test.ts` writes it. */
Deno.test("docs/shell.md has every key", async () => {
  const text = await Deno.readTextFile(DOCS);
  const [start, end] = ["<!-- keys -->", "<!-- /keys -->"];
  const rows = BINDINGS.map(({ chords, help }) =>
    [chords.map((chord) => `\`${chord}\``).join(", "), help] as const
  );
  if (Deno.env.get("ISTIOPS_WRITE") === "1") {
    const table = ["| key | what it does |", "| --- | --- |"]
      .concat(rows.map((cells) => `| ${cells.join(" | ")} |`)).join("\n");
    await Deno.writeTextFile(
      DOCS,
      `${text.slice(0, text.indexOf(start) + start.length)}\n\n${table}\n\n${
        text.slice(text.indexOf(end))
      }`,
    );
    return;
  }
  const table = text.slice(text.indexOf(start), text.indexOf(end));
  const found = table.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    return cells[1]?.startsWith("`") ? [[cells[1], cells[2]]] : [];
  });
  assertEquals(found, rows.map((row) => [...row]));
});
