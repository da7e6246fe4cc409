import { build } from "../../scripts/build.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { serveFolder } from "./rig/static_server.ts";
import { type Program, Stranger, tryEveryCommand } from "./rig/stranger.ts";

/** As the README has it. */
function fromUrl(
  url: string,
  cache: string,
  flags: readonly string[] = [],
): Program {
  return {
    command: [
      ...[Deno.execPath(), "run", "-A", "--quiet", ...flags],
      `${url}istiops.js`,
    ],
    env: { DENO_DIR: cache },
  };
}

Deno.test("from any static server every command works, and later without it", async () => {
  const base = await Deno.makeTempDir();
  try {
    await build(`${base}/dist`);
    const cache = `${base}/cache`;
    let url: string;
    {
      await using server = serveFolder(`${base}/dist`);
      url = server.url;
      await tryEveryCommand((name) => fromUrl(url, `${base}/empty ${name}`));
      await using first = await Stranger.with(fromUrl(url, cache));
      await first.does("version");
      // Maps are for those who look into it.
      assert(server.asked.every((path) => path.endsWith(".js")));
    }
    // Of a cache that one command has filled.
    await tryEveryCommand(() => fromUrl(url, cache));
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

Deno.test("a server that has another version by now changes nothing for who started before", async () => {
  const base = await Deno.makeTempDir();
  try {
    await build(`${base}/dist`);
    await using server = serveFolder(`${base}/dist`);
    await using at = await Stranger.with(fromUrl(server.url, `${base}/cache`));
    await at.does("version");
    for await (const { name } of Deno.readDir(`${base}/dist`)) {
      // Parts of another version have other names.
      if (name !== "istiops.js") await Deno.remove(`${base}/dist/${name}`);
    }
    const before = server.asked.length;
    await at.does("--sandbox", "show", "-A");
    assertEquals(server.asked.slice(before), []);
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

Deno.test("a part that does not come is told before anything is done, with the way to it", async () => {
  const base = await Deno.makeTempDir();
  try {
    await build(`${base}/dist`);
    const name = [...Deno.readDirSync(`${base}/dist`)]
      .map(({ name }) => name).find((name) => /^json-\w+\.js$/.test(name))!;
    await using server = serveFolder(`${base}/dist`);
    await using at = await Stranger.with(fromUrl(server.url, `${base}/cache`));
    await Deno.rename(`${base}/dist/${name}`, `${base}/${name}`);
    const line = [
      ...["--sandbox", "shift", "api-domain-virtualservice", "-b", "3"],
      ...["-w", "20", "--yes", "--settle", "0s", "-o", "json"],
    ];
    const { status, stdout, stderr } = await at.run(...line);
    assertEquals([status, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^error: Cannot load istiops: [^\n]*json-[^\n]*; next: run it again with --reload[^\n]*\n$/,
    );
    // The sandbox keeps its state there.
    assertEquals([...Deno.readDirSync(`${at.folder}/home`)], []);
    await Deno.rename(`${base}/${name}`, `${base}/dist/${name}`);
    await using again = await Stranger.with(
      fromUrl(server.url, `${base}/cache`, ["--reload"]),
    );
    assertEquals((await again.run(...line)).status, 0);
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});
