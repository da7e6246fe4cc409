import { packageExtension } from "../../scripts/vscode.ts";
import { assert, assertEquals } from "../support/assert.ts";

const SOURCE = new URL("../../editors/vscode/extension.json", import.meta.url);

Deno.test("the extension packs into a file with the client, the grammar and nothing of the sources", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const bytes = await Deno.readFile(await packageExtension(folder));
    const names = namesIn(bytes);
    assertEquals(
      names.filter((name) => name.startsWith("extension/")).toSorted(),
      [
        "extension/LICENSE.txt",
        "extension/dist/extension.js",
        "extension/language-configuration.json",
        "extension/package.json",
        "extension/readme.md",
        "extension/syntaxes/istiops.tmLanguage.json",
      ],
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every setting is the user's own, and none counts in a workspace that is not trusted", async () => {
  const { capabilities, contributes } = JSON.parse(
    await Deno.readTextFile(SOURCE),
  );
  const settings: Record<string, { scope: string; default: unknown }> =
    contributes.configuration.properties;
  assertEquals(capabilities.untrustedWorkspaces.supported, "limited");
  assertEquals(
    capabilities.untrustedWorkspaces.restrictedConfigurations,
    Object.keys(settings),
  );
  for (const { scope } of Object.values(settings)) {
    assert(["machine", "application"].includes(scope));
  }
  const off = ["istiops.live", "istiops.commands"].map((name) =>
    settings[name]?.default
  );
  assertEquals(off, [false, false]);
});

/** Names in the directory at the end of a zip file. */
function namesIn(zip: Uint8Array): string[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const names: string[] = [];
  for (let at = 0; at + 46 < zip.length; at++) {
    if (view.getUint32(at, true) !== 0x02014b50) continue;
    const length = view.getUint16(at + 28, true);
    names.push(
      new TextDecoder().decode(zip.subarray(at + 46, at + 46 + length)),
    );
  }
  return names;
}
