/**
 * Unique secrets in every place that may hold one, and a search for them in
 * all that is said and written.
 *
 * @module
 */

import { KINDS } from "../../src/cluster/kinds.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { serve } from "./rig/cluster_at.ts";
import { everyLine, Home, kubeconfig, NAME } from "./rig/command_lines.ts";
import { startFaultyServer } from "./rig/faulty_server.ts";
import { suite } from "./suite.ts";

/** Each starts with this, so that half of one is found, too. */
const CANARY = "kanarie";
const canary = (name: string): string => `${CANARY}-${name}-4f1c9a7e2b`;
/** Where a whole canary may be cut off. */
const PIECE = CANARY;

type User = Readonly<Record<string, unknown>>;

const API = "client.authentication.k8s.io/v1";
const exec = (script: string): User => ({
  exec: {
    apiVersion: API,
    command: `./${script}`,
    args: [canary("arg")],
    env: [{ name: "PLUGIN_SECRET", value: canary("env") }],
    interactiveMode: "Never",
    provideClusterInfo: true,
  },
});

/** Ways to log in; what each sends is in `canary()`. */
const USERS: Readonly<Record<string, User>> = {
  token: { token: canary("token") },
  "token of spaces": { token: `${canary("token")} and more` },
  "token file": { tokenFile: "token" },
  "token file of lines": { tokenFile: "token-lines" },
  "no token file": { tokenFile: "missing" },
  "user and password": {
    username: canary("user"),
    password: canary("password"),
  },
  "key that is no base64": {
    "client-certificate-data": `${canary("cert")}!`,
    "client-key-data": `${canary("key")}!`,
  },
  "key that is no PEM": {
    "client-certificate-data": btoa(canary("cert")),
    "client-key-data": btoa(canary("key")),
  },
  "key file that is no PEM": {
    "client-certificate": "token",
    "client-key": "token",
  },
  "key without certificate": { "client-key-data": btoa(canary("key")) },
  oidc: {
    "auth-provider": {
      name: "oidc",
      config: {
        "id-token": `${btoa("{}")}.${btoa(JSON.stringify({ exp: 4e9 }))}.${
          canary("id")
        }`,
        "refresh-token": canary("refresh"),
        "client-secret": canary("client"),
      },
    },
  },
  "oidc that has expired": {
    "auth-provider": {
      name: "oidc",
      config: {
        "id-token": `${canary("id")}.${btoa(JSON.stringify({ exp: 1 }))}.x`,
        "refresh-token": canary("refresh"),
      },
    },
  },
  "another provider": {
    "auth-provider": {
      name: "gcp",
      config: { "access-token": canary("access"), "cmd-args": canary("arg") },
    },
  },
  "impersonation that cannot be sent": {
    token: canary("token"),
    as: "somebody",
    "as-user-extra": { reason: [`${canary("extra")}\n`] },
  },
  "a token that is no text": { token: [canary("token")] },
  "plugin that gives a token": exec("gives.sh"),
  "plugin that fails": exec("fails.sh"),
  "plugin that writes garbage": exec("garbage.sh"),
  "plugin that writes half": exec("half.sh"),
  "plugin that writes no status": exec("no-status.sh"),
  "plugin that gives a broken token": exec("broken.sh"),
  "plugin that gives a broken key": exec("key.sh"),
  "plugin that is missing": exec("missing.sh"),
};

const credential = (status: string): string =>
  `#!/bin/sh\necho '{"kind":"ExecCredential","apiVersion":"${API}","status":${status}}'\n`;

/** Standard error of a plugin is the user's terminal, which is not ours. */
const FILES: Readonly<Record<string, string>> = {
  token: canary("file"),
  "token-lines": `${canary("file")}\n${canary("file-2")}\n`,
  "gives.sh": credential(`{"token":"${canary("plugin")}"}`),
  "fails.sh": `#!/bin/sh\necho ${canary("plugin")}; exit 3\n`,
  "garbage.sh": `#!/bin/sh\necho "$PLUGIN_SECRET $1 ${canary("plugin")}"\n`,
  "half.sh": `#!/bin/sh\nprintf '{"token":"${canary("plugin")}'\n`,
  "no-status.sh": credential("null").replace(
    '"status":null',
    `"token":"${canary("plugin")}"`,
  ),
  "broken.sh": credential(`{"token":"${canary("plugin")} x"}`),
  "key.sh": credential(
    `{"clientCertificateData":"${canary("cert")}","clientKeyData":"${
      canary("key")
    }"}`,
  ),
};

/** Kubeconfigs that cannot be read, with a secret where it hurts. */
const BROKEN: Readonly<Record<string, string>> = {
  "no YAML": `users:\n- user: {token: "${canary("token")}\n`,
  "a tab": `users:\n\t- token: ${canary("token")}\n`,
  "a scalar": canary("token"),
  "a password in the server": kubeconfig({
    server: `https://me:${canary("password")}@127.0.0.1:1`,
    user: { token: canary("token") },
  }),
  "no server": kubeconfig({
    server: canary("server"),
    user: { token: canary("token") },
  }),
};

/** Puts what the client sent into everything that it may repeat. */
const echo = (request: Request): string =>
  (request.headers.get("authorization") ?? "nobody")
    .replace("Bearer ", "");

const json = (
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

const failure = (code: number, said: string): unknown => ({
  apiVersion: "v1",
  kind: "Status",
  status: "Failure",
  code,
  // Cut off in the middle of what must not be seen, too.
  message: `${"x".repeat(985)}${said}: denied for ${said}`,
  reason: said,
  details: {
    name: said,
    causes: [{ reason: said, field: said, message: `${said} is wrong` }],
  },
});

/** What was sent is wrong, and said in full; JSON in it is escaped or not. */
const refusal = (body: string): unknown => ({
  ...failure(422, "Invalid") as Record<string, unknown>,
  message: body.replace(/^.*"headers":/s, "").slice(0, 300) +
    JSON.stringify(body.replace(/^.*"headers":/s, "").slice(0, 300)),
});

/** By the first part of the path. */
const SERVERS: Readonly<Record<string, (said: string) => Response>> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503, 504].map((
      code,
    ) => [String(code), (said: string) => json(failure(code, said), code)]),
  ),
  text: (said) =>
    new Response(said, { status: 500, headers: { "content-type": said } }),
  html: (said) =>
    new Response(`<p>${said}</p>`, {
      headers: { "content-type": "text/html" },
    }),
  redirect: (said) =>
    new Response(null, { status: 302, headers: { location: `/${said}` } }),
  kind: (said) => json({ apiVersion: said, kind: said }),
  name: (said) =>
    json({
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualServiceList",
      metadata: {},
      items: [{ metadata: { name: said, namespace: said, labels: { a: 1 } } }],
    }),
  half: (said) =>
    new Response(`{"kind":"${said}`, {
      headers: { "content-type": "application/json" },
    }),
  warning: (said) =>
    json(failure(403, said), 403, { warning: `299 - "${said}"` }),
};

/** The lines that talk to a server, in each output. */
const MODES: readonly (readonly string[])[] = [
  ["--debug", "--verbose"],
  ["-o", "json", "--debug", "--verbose"],
];

async function homeWithFiles(): Promise<Home> {
  const home = await Home.make();
  for (const [path, text] of Object.entries(FILES)) {
    await home.write(
      `.kube/${path}`,
      text,
      path.endsWith(".sh") ? 0o700 : 0o600,
    );
  }
  return home;
}

/** Nothing of a secret in anything. */
function assertClean(text: string, where: string): void {
  const at = text.indexOf(PIECE);
  const encoded = text.indexOf(btoa(PIECE).slice(0, 8));
  for (const found of [at, encoded]) {
    assertEquals(
      found < 0 ? "" : text.slice(Math.max(0, found - 200), found + 60),
      "",
      where,
    );
  }
}

async function assertNothingLeft(home: Home, where: string): Promise<void> {
  for (const [path, text] of await home.files(".local")) {
    assertClean(text, `${where}: ${path}`);
  }
}

suite({
  id: "S01",
  shows: "no secret of a kubeconfig is in what a command says or keeps",
  command: "every command that connects",
}, async (_, report) => {
  await using home = await homeWithFiles();
  await using server = serve((request) => SERVERS["403"]!(echo(request)));
  for (
    const url of [
      `http://127.0.0.1:${server.port}`,
      // Does not speak TLS, and does not listen.
      `https://127.0.0.1:${server.port}`,
      "https://127.0.0.1:1",
    ]
  ) {
    for (const [how, user] of Object.entries(USERS)) {
      await home.write(".kube/config", kubeconfig({ server: url, user }));
      for (const line of [["show"], ["context"], ["context", "--check"]]) {
        for (const mode of MODES) {
          const words = [...line, ...mode, "--timeout", "2s"];
          const ran = await home.run(words);
          assertClean(ran.stdout + ran.stderr, `${how}: ${words.join(" ")}`);
          report.note("lines", 1);
        }
      }
      report.note("ways to log in", 1);
    }
  }
  await assertNothingLeft(home, "kubeconfigs");
});

suite({
  id: "S01",
  shows: "no secret of a file that cannot be used is repeated",
  command: "every command that connects",
}, async (_, report) => {
  await using home = await homeWithFiles();
  const proxies = ["ftp://", "nothing ", "http://"].map((scheme) =>
    `${scheme}${canary("user")}:${canary("password")}@127.0.0.1:1`
  );
  const files = [
    ...Object.values(BROKEN),
    ...proxies.map((proxy) =>
      kubeconfig({
        server: "https://127.0.0.1:1",
        cluster: { "proxy-url": proxy },
        user: { token: canary("token") },
      })
    ),
  ];
  for (const [at, text] of files.entries()) {
    await home.write(".kube/config", text);
    for (const line of [["show"], ["context"], ["context", "--check"]]) {
      for (const mode of MODES) {
        const ran = await home.run([...line, ...mode, "--timeout", "2s"]);
        assert(ran.status !== 0 || line[0] === "context", `file ${at}`);
        assertClean(ran.stdout + ran.stderr, `file ${at}: ${line.join(" ")}`);
        report.note("lines", 1);
      }
    }
  }
  // What only the environment has.
  await home.write(".kube/config", kubeconfig({ server: "https://192.0.2.1" }));
  for (const proxy of proxies) {
    const ran = await home.run(["show", "--verbose", "--debug"], {
      env: { HTTPS_PROXY: proxy },
    });
    assertClean(ran.stdout + ran.stderr, "HTTPS_PROXY");
  }
  // Other files with a secret in them that are no YAML, or no plan.
  await home.write(".config/istiops/config.yaml", `audit: "${canary("x")}\n`);
  await home.write("plan.json", `{"token": ${canary("x")}}`);
  await home.write("routes.yaml", `a: "${canary("x")}\n`);
  for (
    const line of [
      ["--sandbox", "shift", NAME, "-b", "3", "-w", "5"],
      ["--sandbox", "apply", "PLAN"],
      ["sandbox", "--load", `${home.path}/routes.yaml`],
    ]
  ) {
    const ran = await home.run([...line, "--verbose"]);
    assert(ran.status !== 0, line.join(" "));
    assertClean(ran.stdout + ran.stderr, line.join(" "));
  }
});

suite({
  id: "S01",
  shows: "a server that sends our token back gets it into nothing",
  command: "every command",
}, async (_, report) => {
  await using home = await homeWithFiles();
  await using server = serve((request) => {
    const [, which = ""] = new URL(request.url).pathname.split("/");
    return SERVERS[which]!(echo(request));
  });
  for (const [at, which] of Object.keys(SERVERS).entries()) {
    await home.write(
      ".kube/config",
      kubeconfig({
        server: `http://127.0.0.1:${server.port}/${which}`,
        user: { token: canary("token") },
      }),
    );
    for (const [nth, line] of everyLine().entries()) {
      const isOther = [
        ...["sandbox", "help", "version", "completions"],
      ].includes(line[0]!);
      // A process makes 20 requests a second: one mode each, in turn.
      const own = [MODES[(at + nth) % MODES.length]!];
      for (const mode of isOther ? [["-o", "json"]] : own) {
        const bound = isOther ? [] : ["--timeout", "200ms"];
        const words = [...line, ...mode, ...bound];
        const ran = await home.run(words);
        assertClean(ran.stdout + ran.stderr, `${which}: ${words.join(" ")}`);
        report.note("lines", 1);
      }
    }
    report.note("servers", 1);
  }
  await assertNothingLeft(home, "servers");
});

suite({
  id: "S01",
  shows: "a former token that a server sends back is in nothing, either",
  command: "show",
}, async () => {
  await using home = await homeWithFiles();
  let former = "";
  await using server = serve((request) => {
    const now = echo(request);
    const answer = former === ""
      ? json(failure(401, now), 401)
      : json(failure(403, former), 403);
    former ||= now;
    return answer;
  });
  await home.write(
    ".kube/next.sh",
    `#!/bin/sh\necho run >> $(dirname "$0")/runs\ncat <<END\n{"kind":"ExecCredential","apiVersion":"${API}","status":{"token":"${
      canary("plugin")
    }-$(wc -l < $(dirname "$0")/runs)"}}\nEND\n`,
    0o700,
  );
  await home.write(
    ".kube/config",
    kubeconfig({
      server: `http://127.0.0.1:${server.port}`,
      user: exec("next.sh"),
    }),
  );
  const ran = await home.run(["show", "--debug", "--verbose"]);
  assertStringIncludes(ran.stderr, "forbids it (403)");
  assert(former !== "");
  assertClean(ran.stdout + ran.stderr, "former token");
});

suite({
  id: "S01",
  shows: "header values are in no record, audit log, history or refusal",
  command: "shift, clear, undo, history",
}, async (_, report) => {
  await using home = await homeWithFiles();
  let isRefusing = false;
  await using server = await startFaultyServer({
    faultOf: ({ isWrite, body, path }) =>
      isRefusing && isWrite && path.includes("virtualservices")
        ? { answer: json(refusal(body), 422) }
        : undefined,
  });
  await home.write(".kube/config", kubeconfig({ server: server.url }));
  const secret = canary("header");
  const shift = [
    ...["shift", NAME, "-b", "3", "--yes", "--settle", "0s"],
    ...[
      "-H",
      `x-secret=${secret}`,
      "--header",
      `x-more^=${secret},x=${secret}`,
    ],
  ];
  isRefusing = true;
  assertEquals((await home.run(shift)).status, 1);
  isRefusing = false;
  const [log] = [...(await home.files(".local")).values()];
  assertStringIncludes(
    log!,
    `"x-secret":{"exact":"***"}`.replaceAll('"', '\\"'),
  );
  assertStringIncludes(log!, '"outcome":"failed"');
  const ran = await home.run(shift);
  assertEquals(ran.status, 0, ran.stderr);
  // It is there, where Istio needs it.
  const object = server.commits("VirtualService").at(-1)!;
  assertStringIncludes(JSON.stringify(object.spec), secret);
  for (const line of [["history", NAME], ["history", "--local"]]) {
    for (const mode of [[], ["-o", "json"]]) {
      const { status, stdout, stderr } = await home.run([...line, ...mode]);
      assertEquals(status, 0, stderr);
      assertStringIncludes(stdout, "x-secret=***");
      assertClean(stdout + stderr, line.join(" "));
    }
  }
  await assertNothingLeft(home, "headers");
  const { decodeHistory, HISTORY_ANNOTATION } = await import(
    "../../src/traffic/journal.ts"
  );
  for (const { metadata } of server.commits(...Object.keys(KINDS))) {
    const text = metadata.annotations?.[HISTORY_ANNOTATION];
    if (text === undefined) continue;
    assertClean(JSON.stringify(await decodeHistory(text)), "record");
    report.note("records", 1);
  }
});
