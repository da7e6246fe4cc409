import { runCli } from "../../src/cli/run.ts";
import { VERSION } from "../../src/version.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { documentChecker } from "../support/schemas.ts";

/** Runs `version --check` against a server that answers so. */
async function checked(
  answer: (request: Request) => Response | Promise<Response>,
  words: readonly string[] = [],
): Promise<{
  readonly status: number;
  readonly process: FakeProcess;
  readonly asked: readonly Pick<Request, "method" | "headers">[];
  readonly from: string;
}> {
  const asked: Pick<Request, "method" | "headers">[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      asked.push({
        method: request.method,
        headers: new Headers(request.headers),
      });
      return answer(request);
    },
  );
  const from = `http://127.0.0.1:${server.addr.port}/latest`;
  const process = new FakeProcess({ env: {} });
  const status = await runCli(
    ["version", "--check", "--from", from, ...words],
    process.io,
  );
  return { status, process, asked, from };
}

const redirect = (location: string) => () =>
  new Response(null, { status: 302, headers: { location } });

Deno.test("version --check says where it looks, asks once and without credentials, and tells the way", async () => {
  const { status, process, asked, from } = await checked(
    redirect("/releases/tag/v99.0.0"),
  );
  assertEquals(status, 0);
  assertEquals(process.stderr, `Looking for a newer release at ${from}\n`);
  assertMatch(process.stdout, /^istiops 99\.0\.0 is there: git fetch/m);
  assertEquals(asked.length, 1);
  const { headers, method } = asked[0]!;
  assertEquals(method, "GET");
  assertEquals(headers.get("user-agent"), `istiops/${VERSION}`);
  assertEquals([headers.has("authorization"), headers.has("cookie")], [
    false,
    false,
  ]);
});

Deno.test.each([
  { latest: "99.0.0", isNewer: true },
  { latest: VERSION, isNewer: false },
  { latest: "0.0.1", isNewer: false },
])(
  "version --check -o json with $latest there fits its schema",
  async ({ latest, isNewer }) => {
    const { status, process, from } = await checked(
      () => new Response(`${latest}\n`),
      ["-o", "json"],
    );
    assertEquals(status, 0);
    const problemsOf = await documentChecker();
    assertEquals(problemsOf("Version", process.document), "");
    const { ways, ...check } = process.document["check"] as {
      readonly ways: readonly string[];
    };
    assertEquals(check, { from, latest, isNewer } as unknown as typeof check);
    assertEquals(ways.length > 0, isNewer);
    const misspelt = { ...process.document, check: { ...check, way: ways } };
    assert(problemsOf("Version", misspelt) !== "");
  },
);

Deno.test("version without --check says nothing of newer ones", async () => {
  const process = new FakeProcess();
  assertEquals(await runCli(["version", "-o", "json"], process.io), 0);
  assertEquals("check" in process.document, false);
  assertEquals(process.stderr, "");
});

const EVIL = "\x1b]0;evil\x07\x1b[2J1.2.3";

Deno.test.each([
  [
    "HTML",
    () =>
      new Response("<html>1.2.3", { headers: { "content-type": "text/html" } }),
    "not a version",
  ],
  ["escapes", () => new Response(EVIL), "not a version"],
  [
    "escapes in a document",
    () => Response.json({ tag_name: EVIL }),
    "not a version",
  ],
  [
    "64 MiB",
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
        }),
      ),
    "larger than 64 KiB",
  ],
  ["another host", redirect("http://127.0.0.2/v1.2.3"), "another host"],
  ["a page of no release", redirect("/releases"), "no release yet"],
  ["404", () => new Response("", { status: 404 }), "status 404"],
  ["500", () => new Response(EVIL, { status: 500 }), "status 500"],
])("version --check that gets %s is one line and ends with 5", async (
  _,
  answer,
  says,
) => {
  const { status, process, from, asked } = await checked(
    answer as () => Response,
  );
  assertEquals(status, 5, process.stderr);
  const [first, error = "", ...rest] = process.stderr.split("\n");
  assertStringIncludes(first ?? "", from);
  assertMatch(error, /^error: Cannot look for a newer release .+; next: .+/);
  assertStringIncludes(error, says as string);
  assertEquals(rest, [""]);
  assert(!process.stderr.includes("\x1b"), process.stderr);
  assertEquals([process.stdout, asked.length], ["", 1]);
});

Deno.test("version --check waits 5 s for an answer and no longer", async () => {
  // It takes connections and never answers.
  const process = new FakeProcess({ env: {} });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const status = await runCli([
    ...["version", "--check", "--from"],
    `http://127.0.0.1:${listener.addr.port}/`,
  ], process.io);
  listener.close();
  assertEquals(status, 5);
  assertMatch(
    process.stderr,
    /error: Cannot look for a newer release: no whole answer came within 5 s; next: /,
  );
});

Deno.test.each([
  [["--from", "https://h.test/x"], "Add --check"],
  [["--check", "--from", "ftp://h.test"], "https://HOST/PATH"],
  [["--check", "--from", "https://me:pass@h.test"], "https://HOST/PATH"],
  [["--check", "--from", "h.test"], "https://HOST/PATH"],
])("version %s is wrong usage", async (words, says) => {
  const process = new FakeProcess();
  const argv = ["version", ...words as readonly string[]];
  assertEquals(await runCli(argv, process.io), 2);
  assertStringIncludes(process.stderr, says as string);
});
