import { startSandbox } from "../../src/sandbox/mod.ts";
import { assertEquals } from "../support/assert.ts";

/** Fills the heap until what nobody holds any more is gone. */
async function collectGarbage(): Promise<void> {
  let isCollected = false;
  const registry = new FinalizationRegistry(() => isCollected = true);
  (() => registry.register({}, undefined))();
  while (!isCollected) {
    Array.from({ length: 50 }, () => new Array(100_000).fill(Math.random()));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

Deno.test("a watch ends with its signal, whatever was garbage collected meanwhile", async () => {
  await using sandbox = await startSandbox();
  const stop = new AbortController();
  const { promise: isOpen, resolve: opened } = Promise.withResolvers<void>();
  const events: string[] = [];
  const watching = (async () => {
    const watch = sandbox.cluster.watch("Namespace", { signal: stop.signal });
    for await (const event of watch) {
      events.push(event.type);
      if (event.type === "MODIFIED") opened();
    }
  })();
  // The first event shows that the body is being read.
  while (events.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await sandbox.cluster.patch({ kind: "Namespace", name: "default" }, [
    { op: "add", path: "/metadata/labels", value: { team: "web" } },
  ]);
  await isOpen;
  await collectGarbage();
  stop.abort();
  await watching;
  assertEquals(events, ["SYNC", "MODIFIED"]);
});
