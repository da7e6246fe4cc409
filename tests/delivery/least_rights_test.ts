/**
 * The narrow lines of docs/permissions.md as they stand there: each works with
 * the bundle from a server, over https, and uses all that it was given.
 *
 * @module
 */

import { build } from "../../scripts/build.ts";
import { apiHandler } from "../../src/sandbox/api_server.ts";
import { populate } from "../../src/sandbox/controllers.ts";
import { scenario } from "../../src/sandbox/scenario.ts";
import { createStore } from "../../src/sandbox/store.ts";
import { tlsFile } from "../cluster/tls_server.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Pty, whyNoPty } from "../support/pty.ts";
import { serveFolder } from "./rig/static_server.ts";
import { editorTalk, typeLine } from "./rig/stranger.ts";

const NAME = "api-domain-virtualservice";

/** Blocks that give rights, by their first line. */
async function blocksOf(name: string): Promise<ReadonlyMap<string, string>> {
  const text = await Deno.readTextFile(
    new URL(`../../${name}`, import.meta.url),
  );
  const blocks = [...text.matchAll(/```sh\n(# To [^\n]*)\n([^]*?)```/g)];
  return new Map(blocks.map(([, title = "", line = ""]) => [title, line]));
}

/** The demo world over https. */
function serveWorld(): { readonly host: string } & AsyncDisposable {
  const store = createStore();
  populate(store, scenario(new Date()));
  const ending = new AbortController();
  const server = Deno.serve({
    ...{ hostname: "127.0.0.1", port: 0, onListen() {} },
    ...{ cert: tlsFile("server.crt"), key: tlsFile("server.key") },
  }, apiHandler(store, { signal: ending.signal }));
  return {
    host: `127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server.shutdown();
    },
  };
}

function kubeconfigFor(host: string): string {
  return JSON.stringify({
    "current-context": "a",
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    clusters: [{
      name: "a",
      cluster: {
        server: `https://${host}`,
        "certificate-authority-data": btoa(tlsFile("ca.crt")),
      },
    }],
    users: [{ name: "a", user: { token: "a" } }],
  });
}

/** Values of an option: `--allow-net=A,B` gives `net A` and `net B`. */
function givenBy(line: string, home: string): readonly string[] {
  return [...line.matchAll(/--allow-(\w+)=("[^"]*"|\S+)/g)]
    .flatMap(([, right, values = ""]) =>
      values.replaceAll('"', "").replaceAll("$HOME", home).split(",")
        .map((value) => `${right} ${value}`)
    );
}

/** Was it used? The log has whole addresses, and files of a folder. */
function isUsed(right: string, accesses: readonly string[]): boolean {
  const [name, value = ""] = right.split(" ");
  return accesses.some((access) => {
    const at = access.indexOf(" ");
    return access.slice(0, at) === name &&
      access.slice(at + 1).replace(/^https?:\/\//, "").startsWith(value);
  });
}

Deno.test("each narrow line of the docs works over https, and gives nothing that is not used", async (t) => {
  const base = await Deno.makeTempDir();
  try {
    await build(`${base}/dist`);
    await using files = serveFolder(`${base}/dist`);
    await using world = serveWorld();
    const blocks = await blocksOf("docs/permissions.md");
    assertEquals([...blocks.keys()].length, 6);
    for (const [title, block] of blocks) {
      await t.step(title.slice(2), async () => {
        const folder = await Deno.makeTempDir({ dir: base });
        const home = `${folder}/home`;
        await Deno.mkdir(`${home}/.kube`, { recursive: true });
        await Deno.writeTextFile(
          `${home}/.kube/config`,
          kubeconfigFor(world.host),
        );
        await Deno.writeTextFile(`${folder}/release.istiops`, "show\n");
        const line = block.replaceAll("HOST:PORT", world.host)
          .replaceAll("URL", `${files.url}istiops.js`)
          .replaceAll(/\bNAME\b/g, NAME);
        const log = `${folder}/accesses.jsonl`;
        const env = {
          ...{ PATH: "/usr/bin:/bin", HOME: home, DENO_NO_UPDATE_CHECK: "1" },
          ...{
            DENO_DIR: `${base}/cache`,
            NO_COLOR: "1",
            TERM: "xterm-256color",
          },
          DENO_AUDIT_PERMISSIONS: log,
        };
        const script = `deno() { ${Deno.execPath()} "$@"; }\n${line}`;
        if (/ shell\n/.test(line)) await inTerminal(script, { env, folder });
        else {
          const process = new Deno.Command("sh", {
            args: ["-c", script],
            ...{ cwd: folder, clearEnv: true, env },
            ...{ stdin: "piped", stdout: "null", stderr: "piped" },
          }).spawn();
          const writer = process.stdin.getWriter();
          if (/ lsp\n/.test(line)) await writer.write(editorTalk());
          const [said, { code }] = await Promise.all([
            new Response(process.stderr).text(),
            process.status,
          ]);
          await writer.close().catch(() => {}); // It has ended.
          assertEquals(code, 0, said);
        }
        const accesses = (await Deno.readTextFile(log)).trim().split("\n")
          .map((entry) => JSON.parse(entry))
          .map(({ permission, value }) => `${permission} ${value}`);
        const unused = givenBy(line, home)
          .filter((right) => !isUsed(right, accesses));
        assertEquals(unused, []);
      });
    }
    // What the README gives is among them.
    for (const [title, block] of await blocksOf("README.md")) {
      assert([...blocks.values()].includes(block), `README.md: ${title}`);
    }
  } finally {
    await Deno.remove(base, { recursive: true });
  }
});

async function inTerminal(
  script: string,
  { env, folder }: {
    readonly env: Readonly<Record<string, string>>;
    readonly folder: string;
  },
): Promise<void> {
  const why = whyNoPty();
  if (why !== undefined) throw new Error(`no terminal to try it in: ${why}`);
  const assignments = Object.entries(env).map(([name, value]) =>
    `${name}=${value}`
  );
  await using pty = new Pty({
    command: ["env", "-i", "-C", folder, ...assignments, "sh", "-c", script],
  });
  await pty.shows(/[>›]$/);
  await typeLine(pty, `shift ${NAME} -b 3 -w 30 --yes --settle 0s`);
  await pty.shows(/Way back/);
  await pty.shows(/[>›]$/);
  await pty.write("\x04");
  assertEquals(await pty.exited(), 0);
}
