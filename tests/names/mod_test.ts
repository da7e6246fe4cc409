/**
 * The door, through real connections to servers on loopback.
 */
import {
  type LiveNames,
  openLiveNames,
  type OpenLiveNamesOptions,
  openStore,
  readContexts,
  readPlaceNames,
} from "../../src/names/mod.ts";
import type { Place, PlaceNames } from "../../src/language/names.ts";
import { startApiServer } from "../../src/sandbox/api_server.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { namespace, until } from "./support.ts";

/** A home directory with a kubeconfig. */
class Home implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();
  readonly kubeconfig = `${this.path}/config`;
  readonly stateDir = `${this.path}/state`;
  readonly notices: string[] = [];

  /** Contexts by name, each with its server. */
  constructor(servers: Readonly<Record<string, string>>) {
    const names = Object.keys(servers);
    Deno.writeTextFileSync(
      this.kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": names[0],
        clusters: names.map((name) => ({
          name,
          cluster: { server: servers[name] },
        })),
        users: [],
        contexts: names.map((name) => ({
          name,
          context: { cluster: name, user: "", namespace: "default" },
        })),
      }),
    );
  }

  get options(): OpenLiveNamesOptions {
    return {
      connect: { kubeconfig: this.kubeconfig, env: () => undefined },
      protectedContexts: ["*live*"],
      stateDir: this.stateDir,
      onNotice: (text) => this.notices.push(text),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function namesOf(live: LiveNames, place: Place): PlaceNames | undefined {
  return live.names().places.find((each) =>
    each.place.context === place.context
  );
}

/** A server that does as it is told, and can be taken away. */
function serve(handler: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    handler,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("contexts are those of the kubeconfig, with what protects them", async () => {
  await using home = new Home({
    dev: "http://127.0.0.1:1",
    "eu-live": "http://127.0.0.1:1",
    production: "http://127.0.0.1:1",
  });
  assertEquals(await readContexts(home.options), [
    { name: "dev", namespace: "default", protected: false, isCurrent: true },
    {
      name: "eu-live",
      namespace: "default",
      protected: true,
      isCurrent: false,
    },
    {
      name: "production",
      namespace: "default",
      protected: true,
      isCurrent: false,
    },
  ]);
});

Deno.test("two contexts are watched apart, a namespace made behind their back appears, no file is written but names", async () => {
  await using one = await startSandbox();
  await using other = await startSandbox({ objects: [namespace("else")] });
  await using home = new Home({ dev: one.url, live: other.url });
  const config = Deno.readTextFileSync(home.kubeconfig);
  {
    await using live = openLiveNames(home.options);
    live.want({ context: "dev" });
    live.want({ context: "live" });
    const ready = (context: string) =>
      namesOf(live, { context })?.isWatched === true &&
      namesOf(live, { context })?.namespaces.length! > 0;
    await until(() => ready("dev") && ready("live"));
    await one.cluster.create(namespace("made"));
    await until(() =>
      namesOf(live, { context: "dev" })!.namespaces.includes("made")
    );
    const there = namesOf(live, { context: "live" })!;
    assertEquals(there.namespaces.includes("made"), false);
    assertMatch(there.protected!, /^context "live" matches/);
    assertEquals(live.names().contexts.map(({ name }) => name), [
      "dev",
      "live",
    ]);
  }
  assertEquals(home.notices, []);
  assertEquals(Deno.readTextFileSync(home.kubeconfig), config);
  // Another process has something to begin with.
  const store = openStore(home.options)!;
  const kept = await store.load({ context: "dev" });
  assert(kept!.virtualServices.length > 0);
  // The current context is the same place, by another name.
  assertEquals((await store.load({}))?.readAt, kept!.readAt);
});

Deno.test("names are there at once, however slow the cluster is", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using slow = serve(() => promise);
  await using home = new Home({ slow: slow.url });
  {
    await using live = openLiveNames(home.options);
    live.want({ context: "slow" });
    await until(() => live.names().contexts.length === 1);
    assertEquals(live.names().places, []);
  }
  // Nothing waits for the answer: neither the names nor their end.
  resolve(new Response());
});

Deno.test("a cluster that dies and comes back is told once, and is watched again", async () => {
  await using sandbox = await startSandbox();
  const first = await startApiServer(sandbox.store);
  await using home = new Home({ dev: first.url });
  const asked: string[] = [];
  await using live = openLiveNames({
    ...home.options,
    connect: {
      ...home.options.connect!,
      onExchange: ({ url }) => asked.push(url),
    },
  });
  const watches = () => asked.filter((url) => url.includes("watch=true"));
  const place = { context: "dev" };
  live.want(place);
  await until(() =>
    namesOf(live, place)?.isWatched === true && watches().length === 5
  );
  await first[Symbol.asyncDispose]();
  await until(() => home.notices.length > 0);
  assertMatch(
    home.notices[0]!,
    /^Names of context "dev" are not up to date: the cluster cannot be read: /,
  );
  const stale = namesOf(live, place)!;
  assertEquals(stale.isWatched, false);
  assert(stale.virtualServices.length > 0);
  await sandbox.cluster.create(namespace("meanwhile"));
  const lists = asked.length - watches().length;
  const port = Number(new URL(first.url).port);
  await using _ = await startApiServer(sandbox.store, { port });
  await until(() => {
    const names = namesOf(live, place)!;
    return names.isWatched && names.namespaces.includes("meanwhile");
  });
  assertEquals(home.notices.length, 1);
  // It went on where it had been: no list was read again.
  assertEquals(asked.length - watches().length, lists);
});

Deno.test.each([
  {
    what: "refuses the credentials",
    handler: () =>
      Response.json({
        kind: "Status",
        apiVersion: "v1",
        status: "Failure",
        reason: "Unauthorized",
        code: 401,
      }, { status: 401 }),
    says: /does not accept the credentials .*\(401\)/,
  },
  {
    what: "is a login page",
    handler: () =>
      new Response("<html>", { headers: { "content-type": "text/html" } }),
    says: /./,
  },
])("a server that $what is told once, without a busy loop", async (row) => {
  let asked = 0;
  await using server = serve(() => {
    asked += 1;
    return row.handler();
  });
  await using home = new Home({ dev: server.url });
  await using live = openLiveNames(home.options);
  live.want({ context: "dev" });
  await until(() => home.notices.length > 0);
  assertMatch(home.notices[0]!, row.says);
  assertMatch(namesOf(live, { context: "dev" })!.problem!, row.says);
  // Once for each kind; the pauses after that are seconds.
  assertEquals(asked, 5);
});

Deno.test("a connection that is reset is told once", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let accepted = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      accepted += 1;
      connection.close();
    }
  })();
  await using home = new Home({
    dev: `http://127.0.0.1:${listener.addr.port}`,
  });
  await using live = openLiveNames({
    ...home.options,
    connect: { ...home.options.connect!, limits: { attempts: 1 } },
  });
  live.want({ context: "dev" });
  await until(() => home.notices.length > 0);
  assertMatch(home.notices[0]!, /the cluster cannot be read: /);
  assert(accepted > 0);
  listener.close();
  await accepting;
});

Deno.test("the sandbox has names, too; none of them are kept", async () => {
  await using home = new Home({ dev: "http://127.0.0.1:1" });
  const place = { context: { sandbox: true } } as const;
  const names = await readPlaceNames(place, {
    ...home.options,
    signal: new AbortController().signal,
  });
  assert(names.virtualServices.length > 0);
  assertEquals(await openStore(home.options)!.load(place), undefined);
});

Deno.test("a place that was read once is kept for others", async () => {
  await using sandbox = await startSandbox();
  await using home = new Home({ dev: sandbox.url });
  const names = await readPlaceNames({}, {
    ...home.options,
    signal: new AbortController().signal,
  });
  assertEquals(names.problem, undefined);
  const kept = await openStore(home.options)!.load({ context: "dev" });
  assertEquals(kept!.builds, names.builds);
});

Deno.test("where Deno may not write without asking, nothing is kept", async () => {
  await using home = new Home({ dev: "http://127.0.0.1:1" });
  assertEquals(
    openStore({ ...home.options, mayWrite: () => false }),
    undefined,
  );
  const { stateDir: _, ...rest } = home.options;
  assertEquals(openStore(rest), undefined);
});
