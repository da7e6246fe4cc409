/**
 * Records that somebody else wrote: edited, too large, of another object, or
 * whole but false. What does not fit is refused, and what fits is shown.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { hashOf } from "../../src/traffic/hash.ts";
import {
  decodeHistory,
  encodeHistory,
  HISTORY_ANNOTATION,
} from "../../src/traffic/journal.ts";
import type { HistoryEntry } from "../../src/traffic/types.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Home, kubeconfig, NAME } from "./rig/command_lines.ts";
import { type FaultyServer, startFaultyServer } from "./rig/faulty_server.ts";
import { suite } from "./suite.ts";

const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: NAME,
} as const;

// deno-lint-ignore no-explicit-any
type Loose = any;

/** An entry as it is, to what somebody made of it. */
type Forge = (entry: Loose) => unknown;

const NOT_USED = /Ignored|nothing to undo/;

/** Entries that are packed and hashed as ours are. */
const FORGERIES: Readonly<Record<string, Forge>> = {
  "of another object": (entry) => ({ ...entry, name: "billing", uid: "other" }),
  "of another namespace": (entry) => ({ ...entry, namespace: "shop" }),
  "of another uid": (entry) => ({ ...entry, uid: crypto.randomUUID() }),
  "of another server": ({ uid: _, ...entry }) => ({
    ...entry,
    server: "https://elsewhere.test",
  }),
  "with a name that is a path": (entry) => ({ ...entry, name: "../pods/a" }),
  "with an operation that is a command": (entry) => ({
    ...entry,
    operation: "x; touch pwned",
  }),
  "of a kind that is never written": (entry) => ({
    ...entry,
    objects: [{ ...entry.objects[0], kind: "Secret" }],
  }),
  "with a list that is never spliced": (entry) => ({
    ...entry,
    edits: entry.edits.map((edit: Loose) => ({
      ...edit,
      list: "/metadata/labels",
    })),
  }),
  "with a field that nobody knows": (entry) => ({ ...entry, force: true }),
  "with keys that every object has": (entry) =>
    JSON.parse(`{"__proto__": {"x": 1}, ${JSON.stringify(entry).slice(1)}`),
  "nested 5,000 deep": (entry) => ({
    ...entry,
    edits: [{ ...entry.edits[0], before: nested(5000) }],
  }),
  "with more edits than anybody makes": (entry) => ({
    ...entry,
    edits: Array(11_000).fill({ list: "/spec/http" }),
  }),
  "that is no entry": () => "undo",
};

function nested(depth: number): unknown {
  let value: unknown = {};
  for (let at = 0; at < depth; at++) value = { a: value };
  return value;
}

/** Texts that are none of ours at all. */
const TEXTS: Readonly<
  Record<string, (text: string) => Promise<string> | string>
> = {
  "a letter changed": (text) =>
    text.slice(0, -3) + (text.at(-3) === "A" ? "B" : "A") + text.slice(-2),
  "a hash changed": (text) =>
    text.replace(/^v1:./, (part) => `v1:${part.endsWith("0") ? "1" : "0"}`),
  "cut": (text) => text.slice(0, text.length / 2),
  "of a later version": (text) => text.replace("v1:", "v2:"),
  "no packed text": () => `v1:${hashOf("AAAA")}:AAAA`,
  "larger than any record": (text) => text + "A".repeat(150_000),
  "500 MB packed": () => bomb(500),
  "a million brackets": () => packed("[".repeat(1_000_000)),
  "no list": () => packed("{}"),
};

async function packed(text: string): Promise<string> {
  return await pack(new Blob([text]).stream());
}

/** Zeros of so many MB, packed without ever being there. */
async function bomb(megabytes: number): Promise<string> {
  let left = megabytes;
  return await pack(
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new Uint8Array(1_000_000).fill(32));
        else controller.close();
      },
    }),
  );
}

async function pack(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<string> {
  const bytes = await new Response(
    stream.pipeThrough(new CompressionStream("deflate-raw")),
  ).bytes();
  // A bomb is cut to what an annotation holds: it is one from its start on.
  const text = bytes.subarray(0, 96_000).toBase64();
  return `v1:${hashOf(text)}:${text}`;
}

/** A shift that was made, and its record; then what somebody made of it. */
async function shifted(): Promise<
  { readonly server: FaultyServer; readonly home: Home; readonly text: string }
> {
  const server = await startFaultyServer();
  const home = await Home.make();
  await home.write(".kube/config", kubeconfig({ server: server.url }));
  const ran = await home.run([
    ...["shift", NAME, "-b", "2", "-w", "50", "--yes", "--settle", "0s"],
  ]);
  assertEquals(ran.status, 0, ran.stderr);
  const text = (await read(server)).metadata.annotations![HISTORY_ANNOTATION]!;
  return { server, home, text };
}

async function read(server: FaultyServer): Promise<KubeObject> {
  return (await server.sandbox.cluster.get(REF))!;
}

async function forge(server: FaultyServer, text: string): Promise<void> {
  await server.sandbox.cluster.patch(REF, [{
    op: "replace",
    path: `/metadata/annotations/${HISTORY_ANNOTATION.replace("/", "~1")}`,
    value: text,
  }]);
}

suite({
  id: "S16",
  shows:
    "a record that is edited, foreign or a bomb is refused, and nothing is written",
  command: "undo, redo, history",
}, async (_, report) => {
  const { server, home, text } = await shifted();
  await using _server = server;
  await using _home = home;
  const [entry] = (await decodeHistory(text)).entries;
  const cases = [
    ...Object.entries(TEXTS).map(([what, make]) =>
      [what, () => make(text)] as const
    ),
    ...Object.entries(FORGERIES).map(([what, make]) =>
      [what, () => encodeHistory([make(entry) as HistoryEntry])] as const
    ),
  ];
  for (const [what, make] of cases) {
    await forge(server, await make());
    const before = await read(server);
    const rss = Deno.memoryUsage().rss;
    for (
      const line of [
        ["undo", NAME, "--yes", "--force", "--settle", "0s"],
        ["undo", NAME, "--yes", "--operation", entry!.operation],
        ["redo", NAME, "--yes"],
      ]
    ) {
      const { status, stderr } = await home.run(line);
      // A refusal, or no record that is used.
      assert([1, 4].includes(status), `${what}: ${line.join(" ")} ${stderr}`);
      assert(!/internal|Maximum call stack/.test(stderr), `${what}: ${stderr}`);
    }
    const { status, stdout } = await home.run(["history", NAME]);
    assertEquals(status, 0, what);
    assertMatch(stdout, NOT_USED, what);
    assert(stdout.length < 4000, what);
    assertEquals(await read(server), before, what);
    const grown = (Deno.memoryUsage().rss - rss) / 2 ** 20;
    assert(grown < 100, `${what}: ${grown} MiB`);
    report.note("records", 1);
  }
});

suite({
  id: "S16",
  shows: "a whole record of what never was is a conflict",
  command: "undo",
}, async () => {
  const { server, home, text } = await shifted();
  await using _server = server;
  await using _home = home;
  const { entries } = await decodeHistory(text);
  const [entry] = entries as Loose[];
  const forged = {
    ...entry,
    edits: entry.edits.map((edit: Loose) => ({
      ...edit,
      left: "0".repeat(16),
    })),
  };
  await forge(server, await encodeHistory([forged]));
  const before = await read(server);
  const { status, stderr } = await home.run(["undo", NAME, "--yes"]);
  assertEquals(status, 6, stderr);
  assertEquals(await read(server), before);
});

suite({
  id: "S16",
  shows:
    "where a false record fits in all, what it would bring is shown before it is written",
  command: "undo",
}, async () => {
  const { server, home, text } = await shifted();
  await using _server = server;
  await using _home = home;
  const { entries } = await decodeHistory(text);
  const [entry] = entries as Loose[];
  const forged = {
    ...entry,
    edits: entry.edits.map((edit: Loose) => ({
      ...edit,
      before: JSON.parse(
        JSON.stringify(edit.before).replaceAll(
          '"host":"api-domain"',
          '"host":"evil.test"',
        ),
      ),
    })),
  };
  await forge(server, await encodeHistory([forged]));
  const before = await read(server);
  const dry = await home.run(["undo", NAME, "--dry-run"]);
  const asked = await home.run(["undo", NAME], {
    terminal: true,
    env: { NO_COLOR: "1" },
    typed: ["n\n"],
  });
  for (const { stdout, stderr } of [dry, asked]) {
    assertMatch(stdout + stderr, /^\+ .*evil\.test|evil\.test/m);
  }
  // Without anybody to see it, it is not written.
  const alone = await home.run(["undo", NAME]);
  assert(alone.status !== 0, alone.stdout + alone.stderr);
  assertEquals(await read(server), before);
  const json = await home.run(["undo", NAME, "--dry-run", "-o", "json"]);
  assertEquals(JSON.parse(json.stdout).grade, "severe");
});
