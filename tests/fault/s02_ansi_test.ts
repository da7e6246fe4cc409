/**
 * Text that steers a terminal, wherever somebody else may put text, and a
 * look at each character that comes out.
 *
 * @module
 */

import { parseYaml } from "../../src/yaml.ts";
import {
  encodeHistory,
  HISTORY_ANNOTATION,
  readHistory,
} from "../../src/traffic/journal.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/mod.ts";
import type { HistoryEntry } from "../../src/traffic/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import type { FakeOptions } from "../support/fake_io.ts";
import { serve } from "./rig/cluster_at.ts";
import { Home, kubeconfig, NAME, type Ran } from "./rig/command_lines.ts";
import { suite } from "./suite.ts";

/** Clears, titles, links, clipboard, C1, a bell, bidi, and what nobody sees. */
const STEERING = [
  ...["\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://evil.test\x1b\\", "\x07"],
  ...["\x1b]52;c;ZXZpbA==\x07", "\x9b31m", "\x9d0;t\x9c", "\x85", "\r", "\b"],
  ...["\x7f", "\x00", "\u202e", "\u2066", "\u200b", "\u200f", "\u2028"],
  ...["\ufeff", "\u00ad", "\u3164", "\ufe0f", "\u{e0041}"],
].join("");
/** What may not be there, whatever it is part of; `\n` is all that may. */
const RAW =
  // deno-lint-ignore no-control-regex
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\u{e0000}-\u{e0fff}]/u;
/** What istiops itself says to a terminal. */
const OURS =
  // deno-lint-ignore no-control-regex
  /\r\x1b\[K|\x1b\[H\x1b\[2J\x1b\[3J/g;

/** A text to find again, with what steers in it. */
const evil = (place: string): string => `<${place}>${STEERING}</${place}>`;

/** Places whose text has come out, made harmless. */
const seen = new Set<string>();
const places = new Set<string>();
const at = (place: string): string => {
  places.add(place);
  return evil(place);
};

const MODES: readonly (readonly [readonly string[], FakeOptions])[] = [
  [[], { env: { NO_COLOR: "1" } }],
  [["--debug", "--verbose"], { terminal: true, env: { NO_COLOR: "1" } }],
  [["-o", "json", "--debug"], {}],
  [["-o", "yaml", "--verbose"], {}],
];

/** Runs a line in each mode and looks at every character. */
async function look(
  home: Home,
  argv: readonly string[],
  options: FakeOptions = {},
): Promise<readonly Ran[]> {
  const all: Ran[] = [];
  for (const [words, mode] of MODES) {
    const ran = await home.run([...argv, ...words], {
      ...mode,
      ...options,
      env: { ...mode.env, ...options.env },
    });
    for (const text of [ran.stdout, ran.stderr]) {
      const rest = mode.terminal === true ? text.replace(OURS, "") : text;
      const found = RAW.exec(rest);
      assertEquals(
        found === null ? "" : JSON.stringify(
          rest.slice(Math.max(0, found.index - 80), found.index + 9),
        ),
        "",
        `${argv.join(" ")} ${words.join(" ")}`,
      );
      for (const place of places) {
        if (text.includes(`<${place}>`)) seen.add(place);
      }
    }
    // A result or a failure in a document is one that can be read.
    if (words[1] === "json" && ran.stdout !== "") JSON.parse(ran.stdout);
    if (words[1] === "yaml" && ran.stdout !== "") parseYaml(ran.stdout);
    all.push(ran);
  }
  return all;
}

/** The demo world with evil text wherever its objects have free text. */
async function evilWorld(
  make: (object: KubeObject) => Promise<KubeObject> | KubeObject,
): Promise<Sandbox> {
  await using plain = await startSandbox();
  const { objects } = plain.store.dump();
  return await startSandbox({
    objects: await Promise.all(objects.map(make)),
  });
}

// deno-lint-ignore no-explicit-any
type Loose = any;

/** What Istio's webhook lets through: names of rules, and annotations. */
function withNames(object: KubeObject): KubeObject {
  const copy: Loose = structuredClone(object);
  if (object.metadata.name === NAME) copy.spec.http[5].name = at("master");
  copy.metadata.annotations = {
    ...copy.metadata.annotations,
    note: at("annotation"),
  };
  return copy;
}

async function withEvil(object: KubeObject): Promise<KubeObject> {
  const copy: Loose = structuredClone(object);
  const { name } = copy.metadata;
  copy.metadata.annotations = {
    ...copy.metadata.annotations,
    "note": at("annotation"),
  };
  if (name === NAME) {
    const { http } = copy.spec;
    http[1].name = at("route name");
    http[1].match[0].headers["x-cid"] = { exact: at("header value") };
    http[1].match[0].headers[at("header name")] = { regex: at("regex") };
    http[2].match[0].uri = { prefix: at("prefix") };
    http[2].match[0].sourceNamespace = at("source namespace");
    http[2].match[0].queryParams = {
      [at("query")]: { exact: at("query value") },
    };
    http[3].name = undefined;
    http[3].match[0].gateways = [at("gateway of a rule")];
    http[0].redirect = { uri: at("redirect"), authority: at("authority") };
    http.splice(4, 0, {
      name: at("odd rule"),
      match: [{ uri: { exact: "/odd" } }],
      rewrite: { uri: at("rewrite") },
      mirror: { host: at("mirror"), subset: at("mirror subset") },
      delegate: { name: at("delegate") },
      route: [{ destination: { host: at("host"), subset: at("subset") } }],
    });
    copy.spec.hosts.push(at("host of it"));
    copy.spec.gateways = [at("gateway"), "mesh"];
    copy.metadata.labels = { ...copy.metadata.labels, note: at("label value") };
    copy.metadata.annotations["argocd.argoproj.io/tracking-id"] = at(
      "tracking",
    );
    copy.metadata.managedFields = [{
      manager: at("manager"),
      operation: "Apply",
      apiVersion: copy.apiVersion,
      fieldsType: "FieldsV1",
      fieldsV1: { "f:spec": { "f:http": {} } },
    }];
    copy.metadata.ownerReferences = [{
      apiVersion: "v1",
      kind: at("owner kind"),
      name: at("owner"),
      uid: "1",
      controller: true,
    }];
    const entry: HistoryEntry = {
      operation: "20250101000000-00000000",
      verb: "shift",
      time: "2025-01-01T00:00:00.000Z",
      user: at("user of a record"),
      command: at("command of a record"),
      server: at("server of a record"),
      namespace: "default",
      name,
      uid: copy.metadata.uid,
      build: at("build of a record"),
      host: at("host of a record"),
      objects: [],
      edits: [],
      subsets: [],
      shares: [{
        route: at("route of a record"),
        build: at("share of a record"),
        labels: { [at("label of a record")]: at("label") },
        before: 0,
        after: 10,
      }],
    };
    copy.metadata.annotations[HISTORY_ANNOTATION] = await encodeHistory([
      entry,
    ]);
    // It is one that istiops reads.
    assertEquals((await readHistory(copy, { server: "" })).problems, []);
  }
  if (name === "api-domain-destinationrule") {
    copy.spec.subsets.push({
      name: at("subset of it"),
      labels: { build: at("build") },
    });
    copy.metadata.annotations["istiops/subsets"] = at("mark");
  }
  if (copy.kind === "Pod" && name.startsWith("api-domain-7")) {
    copy.metadata.labels["build"] = at("label of a pod");
  }
  return copy;
}

suite({
  id: "S02",
  shows:
    "evil text in objects and records: no character of it steers a terminal",
  command: "every command that reads objects",
}, async (_, report) => {
  await using home = await Home.make();
  await using sandbox = await evilWorld(withEvil);
  await home.write(".kube/config", kubeconfig({ server: sandbox.url }));
  for (
    const line of [
      ["show", NAME],
      ["show", "-A"],
      ["history", NAME],
      ["shift", NAME, "-b", "3", "-w", "5", "--dry-run"],
      ["shift", NAME, "-b", "3", "-w", "5", "--dry-run", "--override-owner"],
      [
        "shift",
        NAME,
        "-b",
        "2",
        "-w",
        "50",
        "--dry-run",
        "--override-owner",
        "--force",
      ],
      ["shift", NAME, "-b", "8", "-w", "5", "--dry-run", "--override-owner"],
      ["clear", NAME, "-m", "hard", "--dry-run", "--override-owner"],
      ["clear", NAME, "--dry-run", "--override-owner"],
      ["undo", NAME, "--dry-run", "--override-owner"],
      ["redo", NAME, "--dry-run"],
      ["context", "--check"],
    ]
  ) {
    await look(home, line);
    report.note("lines", MODES.length);
  }
  // And it is the same text that comes back.
  const [show] = (await look(home, ["show", NAME])).slice(2);
  assert(
    JSON.stringify(JSON.parse(show!.stdout)).includes(
      JSON.stringify(evil("route name")).slice(1, -1),
    ),
  );
  // A question, and an answer that steers, too.
  for (
    const typed of ["n\n", "\x1b[2J\x9b31my\u202e\n", "\x1b]52;c;eA==\x07\n"]
  ) {
    const argv = [
      "clear",
      NAME,
      "-m",
      "hard",
      "--override-owner",
      "--settle",
      "0s",
    ];
    const ran = await home.run(argv, {
      terminal: true,
      env: { NO_COLOR: "1" },
      typed: [typed],
    });
    const text = (ran.stdout + ran.stderr).replace(OURS, "");
    assertEquals(RAW.exec(text)?.[0] ?? "", "", JSON.stringify(typed));
  }
  report.note("places", seen.size);
  assert(
    seen.size >= 24,
    [...places].filter((place) => !seen.has(place)).join(),
  );
});

suite({
  id: "S02",
  shows: "evil text while a change is carried out, and in the log of it",
  command: "shift, undo, history --local, show --watch",
}, async () => {
  await using home = await Home.make();
  await using sandbox = await evilWorld(withNames);
  await using server = serve(async (request) => {
    const { pathname, search } = new URL(request.url);
    if (pathname.endsWith("/selfsubjectreviews")) {
      return json({
        apiVersion: "authentication.k8s.io/v1",
        kind: "SelfSubjectReview",
        status: { userInfo: { username: at("user") } },
      });
    }
    const answer = await fetch(sandbox.url + pathname + search, {
      method: request.method,
      headers: [...request.headers].filter(([name]) => name !== "host") as [
        string,
        string,
      ][],
      ...(request.body === null ? {} : { body: await request.text() }),
    });
    const headers = new Headers(answer.headers);
    // A header holds no more than bytes.
    headers.set("warning", `299 - "<warning>\u009b31m\u0085\u00ad</warning>"`);
    return new Response(await answer.text(), {
      status: answer.status,
      headers,
    });
  });
  places.add("warning");
  await home.write(
    ".kube/config",
    kubeconfig({ server: `http://127.0.0.1:${server.port}` }),
  );
  for (
    const line of [
      [
        "shift",
        NAME,
        "-b",
        "3",
        "-w",
        "5",
        "--override-owner",
        "--yes",
        "--settle",
        "10ms",
      ],
      ["undo", NAME, "--override-owner", "--yes", "--settle", "10ms"],
      ["history", NAME],
      ["history", "--local"],
    ]
  ) {
    const [ran] = await look(home, line);
    assertEquals(ran!.status, 0, ran!.stderr);
  }
  for (const place of ["user", "warning", "master"]) {
    assert(seen.has(place), place);
  }
});

const json = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json" },
  });

suite({
  id: "S02",
  shows: "evil text in what a server says when it refuses",
  command: "every command that reads objects",
}, async (_, report) => {
  await using home = await Home.make();
  const answers: Readonly<Record<string, () => Response>> = {
    ...Object.fromEntries(
      [400, 401, 403, 404, 409, 410, 422, 429, 500].map((code) => [
        String(code),
        () =>
          json({
            apiVersion: "v1",
            kind: "Status",
            status: "Failure",
            code,
            message: at("message"),
            reason: at("reason"),
            details: { causes: [{ field: at("field"), message: at("cause") }] },
          }, code),
      ]),
    ),
    kind: () => json({ apiVersion: at("version"), kind: at("kind") }),
    name: () =>
      json({
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualServiceList",
        metadata: {},
        items: [{ metadata: { name: at("name of an object") } }],
      }),
  };
  await using server = serve((request) =>
    answers[new URL(request.url).pathname.split("/")[1]!]!()
  );
  for (const which of Object.keys(answers)) {
    await home.write(
      ".kube/config",
      kubeconfig({ server: `http://127.0.0.1:${server.port}/${which}` }),
    );
    for (
      const line of [
        ["show", NAME],
        ["show", "--watch"],
        ["shift", NAME, "-b", "3", "-w", "5"],
        ["context", "--check"],
      ]
    ) {
      const [ran] = await look(home, [...line, "--timeout", "200ms"]);
      assert(ran!.status !== 0, `${which} ${line.join(" ")}`);
    }
    report.note("answers", 1);
  }
  for (const place of ["message", "cause", "kind"]) {
    assert(seen.has(place), place);
  }
});

suite({
  id: "S02",
  shows:
    "evil text in names of contexts and files, in files, and in what is typed",
  command: "every command",
}, async (_, report) => {
  await using home = await Home.make();
  const name = at("context");
  await home.write(
    ".kube/config",
    JSON.stringify({
      "current-context": name,
      contexts: [{
        name,
        context: {
          cluster: at("cluster"),
          user: at("user of it"),
          namespace: "x",
        },
      }],
      clusters: [{
        name: at("cluster"),
        cluster: { server: "http://127.0.0.1:1", "tls-server-name": at("sni") },
      }],
      users: [{
        name: at("user of it"),
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1",
            command: at("plugin"),
            installHint: at("install hint"),
            interactiveMode: "Never",
          },
        },
      }],
    }),
  );
  const file = evil("file").replaceAll(/[/\0]/g, "");
  places.add("file");
  await home.write(`${file}.yaml`, `a: [${evil("text").replaceAll("\0", "")}`);
  await home.write("plan.json", JSON.stringify({ [at("key")]: at("value") }));
  const path = `${home.path}/${file}.yaml`;
  const word = at("word").replaceAll("\0", "");
  const lines: readonly (readonly string[])[] = [
    ...[["show"], ["context"], ["context", "--check"], [
      "show",
      "--context",
      word,
    ]],
    ...[["show", "--kubeconfig", path], ["--sandbox", "apply", path]],
    ...[["--sandbox", "apply", `${home.path}/${file}`], [
      "--sandbox",
      "apply",
      "PLAN",
    ]],
    ...[["sandbox", "--load", path], [
      "sandbox",
      "--load",
      `${home.path}/${file}`,
    ]],
    [
      "--sandbox",
      "shift",
      NAME,
      "-b",
      "3",
      "-w",
      "5",
      "--plan-out",
      `${home.path}/${file}.json`,
    ],
    [
      "--sandbox",
      "shift",
      NAME,
      "-b",
      "3",
      "-w",
      "5",
      "--plan-out",
      `/missing/${file}`,
    ],
    ...[[word], ["show", word], [`--${word}`], ["show", `--outpu${word}`, "x"]],
    ...[["show", "-l", word], ["show", "-d", word], ["show", "-n", word]],
    ...[["show", "-o", word], ["help", word], ["show", "--help", word]],
    ...[["show", "--timeout", word], ["show", `-${word}`], [
      "sandbox",
      "--port",
      word,
    ]],
    ["--sandbox", "shift", NAME, "-b", word, "-w", "5"],
    ["--sandbox", "shift", NAME, "-b", "3", "-w", word],
    ["--sandbox", "shift", NAME, "-b", "3", "--split", word],
    ["--sandbox", "shift", NAME, "-b", "3", "-p", word],
    ["--sandbox", "shift", NAME, "-b", "3", "-H", word],
    ["--sandbox", "shift", NAME, "-b", "3", "-H", `x=${word}`, "--dry-run"],
    [
      "--sandbox",
      "shift",
      NAME,
      "-b",
      "3",
      "-r",
      "-H",
      `x=${word}(`,
      "--dry-run",
    ],
    ["--sandbox", "shift", NAME, "-b", "3", "--route", word, "-w", "5"],
    ["--sandbox", "shift", NAME, "-b", "3", "--create-route", word, "-w", "5"],
    ["--sandbox", "shift", NAME, "-b", "3", "--build-label", word, "-w", "5"],
    ["--sandbox", "shift", NAME, "-b", "1", "-w", "5", "--confirm", word],
    ...[["--sandbox", "undo", NAME, "--operation", word]],
    ...[["--sandbox", "undo", NAME, "--to", word], [
      "history",
      "--local",
      word,
    ]],
  ];
  for (const line of lines) {
    await look(home, line);
    report.note("lines", MODES.length);
  }
  for (
    const place of [
      "context",
      "cluster",
      "user of it",
      "plugin",
      "file",
      "word",
    ]
  ) {
    assert(seen.has(place), place);
  }
  // A state directory, a configuration and a log with such names and texts.
  const state = `${home.path}/${file}-state`;
  await home.write(
    `${file}-state/istiops/audit.jsonl`,
    `${JSON.stringify(attempt())}\n${evil("garbage")}\n`,
  );
  await home.write(
    ".config/istiops/config.yaml",
    JSON.stringify({ [word]: 1 }),
  );
  for (
    const line of [
      ["history", "--local"],
      ["--sandbox", "show", NAME],
      ["--sandbox", "shift", NAME, "-b", "3", "-w", "5"],
      ["sandbox", "reset"],
    ]
  ) {
    await look(home, line, { env: { XDG_STATE_HOME: state } });
    report.note("lines", MODES.length);
  }
  assert(seen.has("command of a line"));
});

/** A line of an audit log, evil as far as its shape lets it. */
function attempt(): unknown {
  const time = "2025-01-01T00:00:00.000Z";
  return {
    ...{ apiVersion: "istiops/v1", kind: "WriteAttempt", time },
    user: at("user of a line"),
    target: {
      source: "kubernetes",
      server: at("server of a line"),
      context: at("context of a line"),
    },
    operation: "x",
    verb: "shift",
    command: at("command of a line"),
    ...{ write: 1, writes: 1, attempt: 1, action: "patch" },
    object: {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      namespace: "default",
      name: NAME,
      uid: at("uid of a line"),
    },
    resourceVersion: { before: at("version of a line") },
    shares: [{
      route: at("route of a line"),
      build: at("build of a line"),
      before: 0,
      after: 1,
    }],
    outcome: "failed",
    error: { code: at("code of a line"), message: at("message of a line") },
  };
}
