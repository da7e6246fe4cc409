import { runCli } from "../../src/cli/run.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";

const TOKEN = "secret-token-of-the-tests";
const VALUE = "seu-madruga-7";

const status = (code: number, reason: string, headers = {}) =>
  Response.json({
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    reason,
    code,
    message: `${reason} for Bearer ${TOKEN}`,
  }, { status: code, headers });

const certificates = new URL("../cluster/tls/", import.meta.url);
const pem = (name: string) => Deno.readTextFile(new URL(name, certificates));

/** Runs the command line against a server that always answers the same. */
async function run(
  answer: () => Response,
  options: { readonly ca?: string; readonly cert?: string } = {},
): Promise<{ status: number; process: FakeProcess; writes: string[] }> {
  const writes: string[] = [];
  const dir = await Deno.makeTempDir();
  await using server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
      ...(options.cert
        ? {
          cert: await pem(`${options.cert}.crt`),
          key: await pem(`${options.cert}.key`),
        }
        : {}),
    },
    (request) => {
      if (request.method !== "GET") writes.push(request.url);
      return answer();
    },
  );
  const kubeconfig = `${dir}/kubeconfig`;
  await Deno.writeTextFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{
        name: "c",
        cluster: {
          server: `${
            options.cert ? "https" : "http"
          }://127.0.0.1:${server.addr.port}`,
          ...(options.ca
            ? { "certificate-authority-data": btoa(await pem(options.ca)) }
            : {}),
        },
      }],
      users: [{ name: "u", user: { token: TOKEN } }],
    }),
  );
  const process = new FakeProcess({ env: { HOME: dir } });
  try {
    const status = await runCli([
      ...["shift", "reviews", "-b", "3", "--header", `x-key=${VALUE}`],
      ...["--kubeconfig", kubeconfig, "--timeout", "2s", "--verbose"],
    ], process.io);
    return { status, process, writes };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const cut = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"kind":"Vir'));
        controller.close();
      },
    }),
    { headers: { "content-type": "application/json", "content-length": "99" } },
  );

const stalled = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"kind":"Vir'));
      },
    }),
    { headers: { "content-type": "application/json" } },
  );

const html = () =>
  new Response("<html>Please log in</html>", {
    headers: { "content-type": "text/html" },
  });

Deno.test.each([
  ["401", () => status(401, "Unauthorized"), 1],
  ["403", () => status(403, "Forbidden"), 1],
  ["404 without the kind", () => status(404, "NotFound"), 1],
  ["429", () => status(429, "TooManyRequests", { "retry-after": "1" }), 5],
  ["500", () => status(500, "InternalError"), 5],
  ["503", () => status(503, "ServiceUnavailable"), 5],
  ["HTML with 200", html, 5],
  ["a cut body", cut, 5],
  ["a body that stalls", stalled, 5],
])(
  "%s is one plain sentence with cause and next step",
  async (_, answer, code) => {
    const { status, process, writes } = await run(answer as () => Response);
    assertEquals(status, code, process.stderr);
    const lines = process.stderr.split("\n");
    const errors = lines.filter((line) => line.startsWith("error: "));
    assertEquals(errors.length, 1, process.stderr);
    assertMatch(errors[0] ?? "", /^error: Cannot .+: .+[^.]$/);
    assertMatch(process.stderr, /(^|; )next: \S/m);
    assert(!process.stderr.includes(TOKEN), process.stderr);
    assert(!process.stderr.includes(VALUE), process.stderr);
    assertEquals(process.stdout, "");
    // Who I am is asked by a POST; nothing else is.
    assertEquals(writes.filter((url) => !url.includes("review")), []);
  },
);

Deno.test("a certificate of another authority is one plain sentence", async () => {
  const { status, process } = await run(html, {
    cert: "server",
    ca: "another_ca.crt",
  });
  assertEquals(status, 5, process.stderr);
  assertStringIncludes(process.stderr, "certificate");
  assertStringIncludes(process.stderr, "next: ");
});

Deno.test("nobody at the address is one plain sentence", async () => {
  const dir = await Deno.makeTempDir();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await Deno.writeTextFile(
    `${dir}/kubeconfig`,
    `apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:${port}"}}]
users: [{name: u, user: {}}]
`,
  );
  const process = new FakeProcess({ env: { KUBECONFIG: `${dir}/kubeconfig` } });
  assertEquals(await runCli(["show", "--timeout", "1s"], process.io), 5);
  assertStringIncludes(process.stderr, `127.0.0.1:${port}`);
  await Deno.remove(dir, { recursive: true });
});
