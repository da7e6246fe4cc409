import { assertEquals } from "../support/assert.ts";
import { listOf } from "./fake_server.ts";

Deno.test("a program ends with its last call, not with its deadline", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => listOf(["reviews"]),
  );
  const kubeconfig = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(
      kubeconfig,
      JSON.stringify({
        "current-context": "a",
        contexts: [{ name: "a", context: { cluster: "a" } }],
        clusters: [{
          name: "a",
          cluster: { server: `http://127.0.0.1:${server.addr.port}` },
        }],
      }),
    );
    const output = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-net=127.0.0.1",
        "--allow-env",
        `--allow-read=${kubeconfig}`,
        new URL("./list_once.ts", import.meta.url).href,
        kubeconfig,
      ],
      // Well before the deadline of a read.
      signal: AbortSignal.timeout(10_000),
    }).output();
    assertEquals(new TextDecoder().decode(output.stderr), "");
    assertEquals(new TextDecoder().decode(output.stdout), "1");
    assertEquals(output.signal, null);
  } finally {
    await Deno.remove(kubeconfig);
  }
});
