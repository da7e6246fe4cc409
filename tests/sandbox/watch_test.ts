import { startApiServer } from "../../src/sandbox/api_server.ts";
import { createStore } from "../../src/sandbox/store.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  type Bench,
  bench,
  destinationRule,
  VIRTUAL_SERVICES,
  virtualService,
} from "./support.ts";

Deno.test("a watch from a version tells what came after it", async () => {
  const { store, open } = bench([virtualService("one")]);
  const from = store.resourceVersion;
  const watch = await lines(open, `watch=1&resourceVersion=${from}`);
  store.create(virtualService("two"));
  store.create(destinationRule("two", ["v1"]));
  const one = store.get(ref("one"))!;
  store.update({ ...one, spec: { hosts: ["other"] } });
  store.delete(ref("two"));
  assertEquals(await watch.next(3), [
    "ADDED two",
    "MODIFIED one",
    "DELETED two",
  ]);
  await watch.end();
});

Deno.test("a watch without a version tells first what is there", async () => {
  const { store, open } = bench([virtualService("b"), virtualService("a")]);
  const watch = await lines(open, "watch=1");
  assertEquals(await watch.next(2), ["ADDED a", "ADDED b"]);
  store.create(virtualService("c"));
  assertEquals(await watch.next(1), ["ADDED c"]);
  await watch.end();
});

Deno.test("a watch by label sees objects come and go with their labels", async () => {
  const { store, open } = bench([virtualService("one")]);
  const watch = await lines(open, "watch=1&labelSelector=app%3Da");
  const label = (app: string) => {
    const stored = store.get(ref("one"))!;
    store.update({
      ...stored,
      metadata: { ...stored.metadata, labels: { app } },
    });
  };
  label("b");
  label("a");
  label("b");
  assertEquals(await watch.next(2), ["ADDED one", "DELETED one"]);
  await watch.end();
});

Deno.test("bookmarks come when they are asked for, and only then", async () => {
  const { store, open } = bench([], { bookmarkEvery: 1 });
  const asked = await lines(
    open,
    "watch=1&resourceVersion=1&allowWatchBookmarks=true",
  );
  assertEquals(await asked.next(1), ["BOOKMARK undefined"]);
  await asked.end();
  const without = await lines(open, "watch=1&resourceVersion=1");
  store.create(virtualService("one"));
  assertEquals(await without.next(1), ["ADDED one"]);
  await without.end();
});

Deno.test("a watch ends after its timeout, with a last bookmark", async () => {
  const { store, open } = bench();
  const watch = await lines(
    open,
    "watch=1&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=1",
  );
  assertEquals(await watch.rest(), [`BOOKMARK undefined`]);
  assertEquals(
    watch.last().object.metadata.resourceVersion,
    store.resourceVersion,
  );
});

Deno.test("a list that is watched from its start ends with a mark", async () => {
  const { open } = bench([virtualService("one")]);
  const watch = await lines(
    open,
    "watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan",
  );
  assertEquals(await watch.next(2), ["ADDED one", "BOOKMARK undefined"]);
  assertEquals(watch.last().object.metadata.annotations, {
    "k8s.io/initial-events-end": "true",
  });
  await watch.end();
});

Deno.test("a watch from a forgotten version is told 410 and ends", async () => {
  const { store, open } = bench([virtualService("one")]);
  store.create(virtualService("two"));
  store.compact();
  const watch = await lines(open, "watch=1&resourceVersion=1");
  assertEquals(await watch.rest(), ["ERROR undefined"]);
  assertEquals(watch.last().object.code, 410);
  assertEquals(watch.last().object.reason, "Expired");
});

Deno.test("a history is bounded, so that old versions are forgotten", () => {
  const { store } = bench([], { history: 8 });
  for (let n = 0; n < 20; n++) store.create(virtualService(`n${n}`));
  assertEquals(store.since(1), undefined);
  assertEquals(store.listAt("VirtualService", 1), undefined);
  const version = Number(store.resourceVersion) - 3;
  assertEquals(store.since(version)?.length, 3);
  assertEquals(store.listAt("VirtualService", version)?.length, 17);
});

Deno.test("a watch from a version to come is told to wait", async () => {
  const { ask } = bench();
  const answer = await ask(
    `GET ${VIRTUAL_SERVICES}?watch=1&resourceVersion=999`,
  );
  assertEquals(answer.status, 504);
  assertEquals(
    answer.body.details.causes[0].reason,
    "ResourceVersionTooLarge",
  );
});

Deno.test("the end of the server ends its watches", async () => {
  const server = await startApiServer(createStore());
  const response = await fetch(
    `${server.url}/api/v1/namespaces?watch=1&timeoutSeconds=600`,
  );
  assert(response.ok);
  const [text] = await Promise.all([
    response.text(),
    server[Symbol.asyncDispose](),
  ]);
  assertEquals(text, "");
});

Deno.test("500 changes in a row reach a watcher once each, in order", async () => {
  const store = createStore([{
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "default" },
  }]);
  await using server = await startApiServer(store);
  const watch = await lines(
    (line) => fetch(`${server.url}${line.split(" ")[1]}`),
    "watch=1&resourceVersion=1",
  );
  const names = Array.from({ length: 500 }, (_, n) => `n${n}`);
  for (const name of names) store.create(virtualService(name));
  assertEquals(await watch.next(500), names.map((name) => `ADDED ${name}`));
  await watch.end();
});

function ref(name: string) {
  return { kind: "VirtualService", namespace: "default", name };
}

/** Reads the events of a watch as `TYPE name`. */
async function lines(open: Bench["open"], query: string) {
  const response = await open(`GET ${VIRTUAL_SERVICES}?${query}`);
  assertEquals(response.status, 200);
  const reader = response.body!.pipeThrough(new TextDecoderStream())
    .getReader();
  let buffer = "";
  // deno-lint-ignore no-explicit-any
  let event: any;
  const read = async (): Promise<string | undefined> => {
    while (!buffer.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      buffer += value;
    }
    const end = buffer.indexOf("\n");
    event = JSON.parse(buffer.slice(0, end));
    buffer = buffer.slice(end + 1);
    return `${event.type} ${event.object.metadata.name}`;
  };
  return {
    async next(count: number): Promise<readonly (string | undefined)[]> {
      const found = [];
      while (found.length < count) found.push(await read());
      return found;
    },
    async rest(): Promise<readonly string[]> {
      const found = [];
      for (let line; (line = await read()) !== undefined;) found.push(line);
      return found;
    },
    last: () => event,
    end: () => reader.cancel(),
  };
}
