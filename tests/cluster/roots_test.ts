/**
 * Whose certificates a whole program trusts: the roots of a process are read
 * once, so each of these needs one of its own.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { serveTls, tlsFile } from "./tls_server.ts";

const WRONG = {
  "certificate-authority-data": btoa(tlsFile("another_ca.crt")),
};
const BY_NODE = { "tls-server-name": "localhost" };

/** Lists once with each cluster entry, in one process; what each says. */
async function listWith(
  clusters: readonly Readonly<Record<string, unknown>>[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  await using server = await serveTls();
  const folder = await Deno.makeTempDir();
  try {
    const ca = `${folder}/ca.crt`;
    await Deno.writeTextFile(ca, tlsFile("ca.crt"));
    const files = clusters.map((cluster, at) => ({
      path: `${folder}/${at}`,
      text: JSON.stringify({
        "current-context": "a",
        contexts: [{ name: "a", context: { cluster: "a" } }],
        clusters: [{
          name: "a",
          cluster: { server: `https://127.0.0.1:${server.port}`, ...cluster },
        }],
      }),
    }));
    for (const { path, text } of files) await Deno.writeTextFile(path, text);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet"],
        new URL("./list_each.ts", import.meta.url).href,
        ...files.map(({ path }) => path),
      ],
      env: Object.fromEntries(
        Object.entries(env).map(([name, value]) => [
          name,
          value.replace("$CA", ca),
        ]),
      ),
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(text(stderr), "");
    return text(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a CA replaces the roots, also after another connection by node:https", async () => {
  // Among the roots of the process is the one that signed the server.
  const said = await listWith(
    [{ ...WRONG, ...BY_NODE }, WRONG],
    { DENO_CERT: "$CA" },
  );
  const lines = said.trim().split("\n");
  assertEquals(lines.length, 2);
  for (const line of lines) assertMatch(line, /not signed by the CA/);
});

Deno.test.each([
  { way: "native", cluster: {}, env: {} },
  { way: "tls-server-name", cluster: BY_NODE, env: {} },
  {
    way: "straight past a proxy of the environment",
    cluster: {},
    env: { HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "127.0.0.1" },
  },
])(
  "without a CA the roots of the system count: $way",
  async ({ cluster, env }) => {
    assertEquals(
      await listWith([cluster], { SSL_CERT_FILE: "$CA", ...env }),
      "1\n",
    );
  },
);
