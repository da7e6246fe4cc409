/** The page of codes, held to the code: every example provokes what it shows. */
import type { KubeObject } from "../../src/istio/types.ts";
import { checkWorld } from "../../src/traffic/lint.ts";
import { CODES } from "../../src/traffic/lint_codes.ts";
import { parseYaml } from "../../src/yaml.ts";
import { mesh } from "../istio/worlds.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";

const PAGE = await Deno.readTextFile(
  new URL("../../docs/checks.md", import.meta.url),
);
const SECTIONS = PAGE.split(/^### /m).slice(1).map((text) => ({
  code: text.slice(0, text.indexOf("\n")),
  text,
}));

Deno.test("docs/checks.md has a section for each code, in their order", () => {
  assertEquals(SECTIONS.map(({ code }) => code), Object.keys(CODES));
});

for (const { code, text } of SECTIONS) {
  Deno.test(`docs/checks.md: ${code} is what its example provokes`, () => {
    const { title, istio } = CODES[code]!;
    const words = text.replaceAll(/\s+/g, " ");
    assertStringIncludes(words, `**${title}.**`);
    assertStringIncludes(text, "_Mend:_");
    if (istio !== undefined) assertStringIncludes(words, istio);
    const [, yaml] = /```yaml\n(.*?)```/s.exec(text) ?? [];
    assertEquals(yaml === undefined, code.endsWith("-unknown"));
    if (yaml === undefined) return;
    const objects = yaml.split(/^---$/m).map((one) =>
      inDefault(parseYaml(one) as KubeObject)
    );
    const found = checkWorld(mesh(objects)).filter((one) => one.code === code);
    assert(found.length > 0, `${code} is not found`);
    const [, said = ""] = /\*\*.*?\*\* (\w+( or \w+)*)/.exec(words) ?? [];
    for (const { severity } of found) {
      assertStringIncludes(said.toLowerCase(), severity);
    }
  });
}

function inDefault(object: KubeObject): KubeObject {
  return {
    ...object,
    metadata: { namespace: "default", ...object.metadata },
  };
}
