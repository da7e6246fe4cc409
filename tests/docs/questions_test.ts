/**
 * docs/how-to/questions.md, whose commands run in tests/docs_test.ts: its
 * manifests are those of examples/questions, which are wrong and mended as it
 * says.
 */
import { check, Traffic } from "../../mod.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const FOLDER = `${ROOT}examples/questions/`;
const PAGE = await Deno.readTextFile(`${ROOT}docs/how-to/questions.md`);
const FILES = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();

async function findingsIn(file: string): Promise<readonly string[]> {
  await using traffic = await Traffic.files(FOLDER + file);
  assertEquals(traffic.cluster.problems, []);
  return check(await traffic.world()).map(({ code }) => code);
}

Deno.test("the page has six questions, with the manifests and the commands that answer them", () => {
  const sections = PAGE.split("\n## ").slice(1);
  const questions = sections.filter((text) => text.includes("**Mended**"));
  assertEquals(questions.length, 6);
  for (const text of questions) {
    assertStringIncludes(text, "$ istiops explain ");
    assertStringIncludes(text, "$ istiops check ");
    assertStringIncludes(text, "**What it means.**");
    const [asked = ""] = /[\w-]+(?=\.yaml\])/.exec(text) ?? [];
    assertStringIncludes(text, `-f examples/questions/${asked}.yaml`);
    assertStringIncludes(text, `${asked}-mended.yaml\n`);
    const manifests = [...text.matchAll(/```yaml\n(.*?)```/gs)];
    assert(manifests.length > 0, asked);
  }
  for (const file of FILES) assertStringIncludes(PAGE, file);
});

Deno.test("what the page shows of a manifest is in it", async () => {
  const texts = await Promise.all(
    FILES.map((file) => Deno.readTextFile(FOLDER + file)),
  );
  for (const [, shown = ""] of PAGE.matchAll(/```yaml\n(.*?)```/gs)) {
    assert(texts.some((text) => text.includes(shown)), shown);
  }
});

for (const file of FILES) {
  const isMended = file.endsWith("-mended.yaml");
  Deno.test(`examples/questions/${file} has ${isMended ? "nothing" : "one thing"} to mend, and says what it is for`, async () => {
    const text = await Deno.readTextFile(FOLDER + file);
    assert(text.startsWith("# "), file);
    assertEquals((await findingsIn(file)).length, isMended ? 0 : 1);
  });
}
