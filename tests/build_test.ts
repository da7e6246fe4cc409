import { SOURCES } from "../scripts/build.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "./support/assert.ts";
import { LspClient } from "./lsp/rig/client.ts";

const ROOT = new URL("../", import.meta.url);
const PARTS = [...SOURCES, "scripts"];

async function copy(from: URL, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) {
    return await Deno.copyFile(from, to);
  }
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(new URL(`${from}/${name}`), `${to}/${name}`);
  }
}

async function deno(
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    ...options,
    args: [...args],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the bundle is the same bytes wherever the sources lie, and runs alone", async () => {
  const base = await Deno.makeTempDir();
  try {
    const sums: string[] = [];
    for (const name of ["here", "somewhere/else"]) {
      const tree = `${base}/${name}`;
      await Deno.mkdir(tree, { recursive: true });
      for (const part of PARTS) {
        await copy(new URL(part, ROOT), `${tree}/${part}`);
      }
      await deno(["run", "-A", "--quiet", `${tree}/scripts/build.ts`]);
      sums.push(await Deno.readTextFile(`${tree}/dist/SHA256SUMS`));
    }
    assertEquals(sums[0], sums[1]);

    const dist = `${base}/here/dist`;
    for await (const { name } of Deno.readDir(dist)) {
      const text = await Deno.readTextFile(`${dist}/${name}`);
      assert(!text.includes(base), `${name} names the place it was built in`);
      assert(!/createRequire\(import\.meta/.test(text), name);
    }
    // Away from its sources, their configuration and their lock.
    const alone = `${base}/alone`;
    await Deno.rename(dist, alone);
    const run = (...args: string[]) =>
      deno(["run", "-A", "--no-config", `${alone}/istiops.js`, ...args], {
        cwd: alone,
        env: { XDG_STATE_HOME: base },
      });
    assertStringIncludes(await run("--help"), "Usage:");
    assertStringIncludes(await run("--sandbox", "show", "-A"), "Resource:");
    const plan = await run(
      ...["--sandbox", "shift", "-l", "app=api-domain", "-b", "3", "-r"],
      ...["--header", "x-a=b.*", "--dry-run", "-o", "yaml"],
    );
    assertStringIncludes(plan, "kind: TrafficPlan");
    await Deno.writeTextFile(`${base}/a.istiops`, "show");
    const once = await run("lsp", "--check", `${base}/a.istiops`);
    assertEquals(JSON.parse(once).result, []);
    await using editor = new LspClient({ main: `${alone}/istiops.js` });
    const { hoverProvider } = await editor.initialize();
    assertEquals([hoverProvider, await editor.leave()], [true, 0]);
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});
