import { assert, assertEquals } from "../support/assert.ts";
import { runDoor } from "./rig/door.ts";

Deno.test("the lines in docs/cliffy.md run, one after the other", async () => {
  const text = await Deno.readTextFile(
    new URL("../../docs/cliffy.md", import.meta.url),
  );
  const lines = [...text.matchAll(/^\$ deno task cliffy (.+)$/gm)]
    .map(([, line = ""]) => line.split(" "));
  assert(lines.length > 2);
  const home = await Deno.makeTempDir();
  for (const words of lines) {
    const { code, stderr } = await runDoor("cliffy.ts", words, { HOME: home });
    assertEquals([code, stderr], [0, ""], words.join(" "));
  }
  await Deno.remove(home, { recursive: true });
});
