import { runCli } from "../../src/cli/run.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { documentChecker } from "../support/schemas.ts";

const CONFIG = JSON.stringify({
  "current-context": "main",
  contexts: [
    { name: "main", context: { cluster: "c", user: "u", namespace: "shop" } },
    { name: "lost", context: { cluster: "nowhere" } },
  ],
  clusters: [{
    name: "c",
    cluster: {
      server: "https://api.test",
      "proxy-url": "http://me:canary@proxy.test:8",
    },
  }],
  users: [{
    name: "u",
    user: {
      exec: {
        command: "aws",
        args: ["canary"],
        apiVersion: "client.authentication.k8s.io/v1beta1",
      },
      as: "jane",
    },
  }],
});

async function run(...words: readonly string[]) {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, CONFIG);
  const fake = new FakeProcess({ env: { KUBECONFIG: path } });
  const status = await runCli(["context", ...words], fake.io);
  await Deno.remove(path);
  return { status, stdout: fake.stdout, stderr: fake.stderr, path };
}

Deno.test("context says what would be used and why, without a secret and without a plugin", async () => {
  const { status, stdout, path } = await run();
  assertEquals(status, 0);
  assertStringIncludes(
    stdout,
    `main by current-context of KUBECONFIG (${path})`,
  );
  assertStringIncludes(stdout, "exec plugin (aws)");
  assertStringIncludes(stdout, "http://proxy.test:8");
  assertStringIncludes(stdout, "user jane");
  assert(!stdout.includes("canary"));
});

Deno.test("context -o json keeps to its schema, where nothing can be used as well", async () => {
  const check = await documentChecker();
  const good = await run("-o", "json");
  assertEquals(check("Contexts", JSON.parse(good.stdout)), "");
  const bad = await run("-o", "json", "--context", "lost");
  const document = JSON.parse(bad.stdout);
  assertEquals(check("Contexts", document), "");
  assertEquals([bad.status, document.chosen], [1, null]);
  assertStringIncludes(document.problem.message, '"nowhere"');
});

Deno.test("context --check asks the cluster what may be done", async () => {
  const home = await Deno.makeTempDir();
  const fake = new FakeProcess({ env: { HOME: home } });
  const words = ["context", "--sandbox", "--check", "-o", "json"];
  assertEquals(await runCli(words, fake.io), 0);
  const document = JSON.parse(fake.stdout);
  assertEquals((await documentChecker())("Contexts", document), "");
  assertEquals(
    document.access.map(({ verb, kind, allowed }: Record<string, unknown>) =>
      `${verb} ${kind} ${allowed}`
    ).slice(0, 2),
    ["list VirtualService true", "patch VirtualService true"],
  );
  await Deno.remove(home, { recursive: true });
});
