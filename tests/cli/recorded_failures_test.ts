/**
 * What a real kube-apiserver answered, through the command line: each exit
 * status that one of its failures leads to. Reads come from the sandbox.
 */

import { runCli } from "../../src/cli/run.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { recordedFailures, responseOf } from "../support/recorded.ts";

const recorded = recordedFailures();

interface Row {
  /** Of the recorded failure. */
  readonly name: string;
  /** What it is the answer to. */
  readonly on: "everything" | "dry runs" | "writes";
  readonly exit: number;
  readonly says: RegExp;
}

Deno.test.each<Row>([
  { name: "401", on: "everything", exit: 1, says: /credentials of user "u"/ },
  { name: "400_webhook_denial", on: "dry runs", exit: 1, says: /rev\.valid/ },
  { name: "422_policy", on: "dry runs", exit: 1, says: /belong to a team/ },
  { name: "403", on: "writes", exit: 1, says: /forbids it \(403\)/ },
  { name: "429", on: "everything", exit: 5, says: /too many requests/ },
  { name: "500_webhook", on: "dry runs", exit: 5, says: /gone\.istiops\.test/ },
  { name: "504_read", on: "everything", exit: 5, says: /allotted timeout/ },
  { name: "409_patch", on: "writes", exit: 6, says: /somebody|conflict/i },
  { name: "504_read", on: "writes", exit: 7, says: /may have been written/ },
])(
  "$name on $on: exit $exit, and one plain sentence",
  async ({ name, on, exit, says }) => {
    await using sandbox = await startSandbox();
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const { pathname, search } = new URL(request.url);
        if (sortOf(request) === on || on === "everything") {
          await request.body?.cancel();
          return responseOf(recorded.get(name)!);
        }
        return await fetch(sandbox.url + pathname + search, {
          method: request.method,
          headers: request.headers,
          ...(request.body === null ? {} : { body: await request.text() }),
        });
      },
    );
    const home = await Deno.makeTempDir();
    try {
      const kubeconfig = `${home}/kubeconfig`;
      await Deno.writeTextFile(
        kubeconfig,
        JSON.stringify({
          "current-context": "c",
          contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
          clusters: [{
            name: "c",
            cluster: { server: `http://127.0.0.1:${server.addr.port}` },
          }],
          users: [{ name: "u", user: { token: "tok-123456" } }],
        }),
      );
      const process = new FakeProcess({ env: { HOME: home } });
      const status = await runCli([
        ...["shift", "api-domain-virtualservice", "-b", "3", "-w", "20"],
        ...["--settle", "0s", "--yes"],
        // Only these are asked again and again.
        ...(exit === 5 ? ["--timeout", "4s"] : []),
        ...["--kubeconfig", kubeconfig],
      ], process.io);
      assertEquals(status, exit, process.stderr);
      const errors = process.stderr.match(/^error: .*$/gm) ?? [];
      assertEquals(errors.length, 1, process.stderr);
      assertMatch(process.stderr, says);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
);

function sortOf({ method, url }: Request): Row["on"] | "reads" {
  if (method !== "PATCH") return "reads";
  return url.includes("dryRun=All") ? "dry runs" : "writes";
}
