/**
 * Names that would lead to another path of the API: typed, in a kubeconfig,
 * and in what a server sends.
 *
 * @module
 */

import { connectKubernetes } from "../../src/cluster/connect.ts";
import { TrafficError } from "../../src/errors.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { Traffic } from "../../src/library.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
} from "../support/assert.ts";
import { serve } from "./rig/cluster_at.ts";
import { Home, kubeconfig, NAME } from "./rig/command_lines.ts";
import { suite } from "./suite.ts";

/** What no object and no namespace can be called. */
const NAMES = [
  ...[
    "a/b",
    "../pods",
    "..",
    ".",
    "a..b",
    "a%2fb",
    "%2e%2e",
    "a?b",
    "a?limit=1",
  ],
  ...[
    "a#b",
    "a\u0000b",
    "a\nb",
    "a b",
    "a\\b",
    "a;b",
    "a&b=c",
    "A",
    "a_b",
    "-a",
  ],
  ...["a-", "ä", "a\u200bb", "a".repeat(300), "a,b", "*", "a@b", "a:b", "a=b"],
];

async function silentServer() {
  const seen: string[] = [];
  const server = serve((request) => {
    seen.push(`${request.method} ${request.url}`);
    return new Response("{}", {
      headers: { "content-type": "application/json" },
    });
  });
  const home = await Home.make();
  const url = `http://127.0.0.1:${server.port}`;
  await home.write(".kube/config", kubeconfig({ server: url }));
  return {
    ...{ seen, home, url },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

suite({
  id: "S07",
  shows: "a name that leads elsewhere is wrong usage, and nothing is asked",
  command: "every command that takes a name, a namespace or a selector",
}, async (_, report) => {
  await using rig = await silentServer();
  const { home, seen } = rig;
  for (const name of NAMES) {
    const shift = ["shift", "-b", "3", "-w", "5"];
    const dashed = name.startsWith("-") ? ["--", name] : [name];
    const lines = [
      ...["show", "undo", "redo", "history"].map((verb) => [verb, ...dashed]),
      ["clear", ...dashed],
      [...shift, ...dashed],
      ...["show", "clear", "undo", "history", "context"].map((verb) => [
        ...[verb, "-n", name],
        ...(verb === "show" || verb === "context" ? [] : [NAME]),
      ]),
      [...shift, NAME, "-n", name],
    ];
    for (const line of lines) {
      const { status, stderr } = await home.run(line);
      assertEquals(status, 2, `${JSON.stringify(line)}: ${stderr}`);
      report.note("lines", 1);
    }
  }
  for (
    const selector of [
      ...[
        "a=b/c",
        "a=../b",
        "a/b/c=d",
        "a=b&limit=1",
        "a=b#c",
        "a=b?c",
        "%2f=a",
      ],
      ...[
        "a=%2e%2e",
        "a=\u0000",
        "a in (b,c/d)",
        `a=${"b".repeat(64)}`,
        "a=b\nc=d",
      ],
    ]
  ) {
    for (const verb of ["show", "clear", "undo", "history", "shift"]) {
      const more = verb === "shift" ? ["-b", "3", "-w", "5"] : [];
      const { status, stderr } = await home.run([
        verb,
        "-l",
        selector,
        ...more,
      ]);
      assertEquals(status, 2, `${verb} ${selector}: ${stderr}`);
      report.note("lines", 1);
    }
  }
  for (
    const host of ["a/b", "../a", "a?b", "a#b", "a%2fb", "a:b", "a\u0000", ""]
  ) {
    const { status } = await home.run(["show", "-d", host]);
    assertEquals(status, 2, host);
  }
  assertEquals(seen, []);
});

suite({
  id: "S07",
  shows:
    "a context that is not there, and a namespace of one that leads elsewhere, ask nothing",
  command: "show, shift, undo, context --check",
}, async (_, report) => {
  await using rig = await silentServer();
  const { home, seen, url } = rig;
  const lines = [
    ["show"],
    ["shift", NAME, "-b", "3", "-w", "5"],
    ["undo", NAME],
    ["history", NAME],
  ];
  for (const name of NAMES) {
    for (const line of lines) {
      const { status, stderr } = await home.run([...line, "--context", name]);
      assertEquals(status, 1, `${name}: ${stderr}`);
    }
    const context = { namespace: name };
    await home.write(".kube/config", kubeconfig({ server: url, context }));
    for (const line of [...lines, ["context", "--check"]]) {
      const { status, stderr } = await home.run(line);
      assertEquals(status, 1, `namespace ${name} ${line.join(" ")}: ${stderr}`);
      report.note("lines", 1);
    }
    await home.write(".kube/config", kubeconfig({ server: url }));
  }
  assertEquals(seen, []);
});

suite({
  id: "S07",
  shows: "the library refuses the same before any request",
  command: "library",
}, async () => {
  await using rig = await silentServer();
  await using cluster = await connectKubernetes({
    kubeconfig: `${rig.home.path}/.kube/config`,
  });
  for (const name of NAMES) {
    for (
      const call of [
        () =>
          cluster.get({ kind: "VirtualService", namespace: "default", name }),
        () => cluster.list("Pod", { namespace: name }),
        () =>
          cluster.patch(
            { kind: "VirtualService", namespace: name, name: "a" },
            [],
          ),
        () =>
          cluster.delete(
            { kind: "VirtualService", namespace: "default", name },
            { resourceVersion: "1" },
          ),
        () =>
          cluster.create({
            apiVersion: "networking.istio.io/v1",
            kind: "VirtualService",
            metadata: { namespace: "default", name },
          }),
      ]
    ) await assertRejects(call, TrafficError, undefined, name);
  }
  assertEquals(rig.seen, []);
});

suite({
  id: "S07",
  shows: "an object whose name leads elsewhere is an answer that nobody gave",
  command: "list, watch",
}, async (_, report) => {
  let named: Record<string, unknown> = {};
  let asked = 0;
  await using server = serve((request) => {
    asked++;
    const { searchParams } = new URL(request.url);
    const item = {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { resourceVersion: "2", ...named },
    };
    const isWatch = searchParams.has("watch");
    return new Response(
      isWatch
        ? `${JSON.stringify({ type: "ADDED", object: item })}\n`
        : JSON.stringify({
          apiVersion: "networking.istio.io/v1",
          kind: "VirtualServiceList",
          metadata: { resourceVersion: "1" },
          items: asked > 1 || !isFirstGood ? [item] : [],
        }),
      { headers: { "content-type": "application/json" } },
    );
  });
  let isFirstGood = false;
  await using home = await Home.make();
  await home.write(
    ".kube/config",
    kubeconfig({ server: `http://127.0.0.1:${server.port}` }),
  );
  for (const name of NAMES) {
    for (
      const metadata of [{ name, namespace: "a" }, {
        name: "a",
        namespace: name,
      }]
    ) {
      named = metadata;
      const ran = await home.run(["show", "-A"]);
      assertEquals(ran.status, 5, `${JSON.stringify(metadata)} ${ran.stdout}`);
      assertMatch(ran.stderr, /no object can be called that/);
      report.note("names", 1);
    }
  }
  // A watch takes it for the end of what it knows, and lists again.
  isFirstGood = true;
  asked = 0;
  named = { name: "../a", namespace: "default" };
  await using cluster = await connectKubernetes({
    kubeconfig: `${home.path}/.kube/config`,
  });
  await assertRejects(async () => {
    for await (const event of cluster.watch("VirtualService")) {
      assertEquals(event.type, "SYNC");
    }
  }, TrafficError);
});

suite({
  id: "S07",
  shows:
    "a host, a gateway or a selector in somebody's object that can be nothing is no place to look",
  command: "show, shift, clear",
}, async () => {
  await using plain = await startSandbox();
  const objects = plain.store.dump().objects.map((object): KubeObject => {
    if (object.metadata.name !== NAME) return object;
    // deno-lint-ignore no-explicit-any
    const copy = structuredClone(object) as any;
    copy.spec.gateways = ["../x/y", "mesh", "A/b"];
    copy.spec.http[4].mirror = { host: "x.../../y.svc.cluster.local" };
    copy.spec.http[3].route.push({
      destination: { host: "api.A_B.svc.cluster.local" },
      weight: 0,
    });
    return copy;
  });
  await using sandbox = await startSandbox({
    objects: [...objects, {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "odd", namespace: "shop" },
      spec: { selector: { "a,b": "c&limit=1" }, servers: [] },
    }],
  });
  const traffic = Traffic.on(sandbox.cluster);
  assert((await traffic.show({ name: NAME })).virtualServices.length > 0);
  await traffic.shift({ name: NAME, build: "2", weight: 20 });
  await traffic.clear({ name: NAME, mode: "soft" });
});
