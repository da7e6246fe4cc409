/**
 * Places that are no good place to run in: each gets one line with the cause
 * and the next step, as docs/environments.md has it, and no trace. Real
 * processes, from an empty home, in a folder of their own.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
} from "../support/assert.ts";
import {
  bundle,
  type BundleOptions,
  type BundleRan,
  NAME,
} from "./rig/bundle.ts";
import { kubeconfig } from "./rig/command_lines.ts";
import { openPlace, type Place, SHIFT } from "./rig/permission_table.ts";
import { skipped, suite } from "./suite.ts";

const DOCS = new URL("../../docs/environments.md", import.meta.url);
const SHOW = ["show", NAME];

type Run = (
  argv: readonly string[],
  options?: Partial<BundleOptions>,
) => Promise<BundleRan>;

interface Case {
  /** As the table names it. */
  readonly cause: string;
  /** What it needs of the machine. */
  readonly needs?: "root" | "node";
  readonly run: (run: Run, place: Place) => Promise<BundleRan>;
}

/** A proxy that answers every request, CONNECT too, in one way. */
function startProxy(answer: string): AsyncDisposable & { readonly at: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4096));
      await connection.write(
        new TextEncoder().encode(`HTTP/1.1 ${answer}\r\n\r\n`),
      );
      connection.close();
    }
  })();
  return {
    at: `127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
    },
  };
}

/** A port that nothing listens at. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Points the kubeconfig elsewhere. */
function withServer({ home }: Place, server: string): Promise<string> {
  return home.write(".kube/config", kubeconfig({ server }));
}

/** Runs in a network where there is nothing, not even loopback. */
const NOWHERE = ["unshare", "-n"];

/** Runs with a file system of its own on the home's state. */
function mounted(place: Place, options: string): readonly string[] {
  const script = `mkdir -p "$0" && mount -t tmpfs -o size=16k tmpfs "$0" && ${
    options === "full"
      ? 'mkdir "$0/istiops" && chmod 700 "$0/istiops" && { head -c 64k /dev/zero > "$0/fill" 2>/dev/null; true; }'
      : `mount -o remount,${options} "$0"`
  } && exec "$@"`;
  return [
    "unshare",
    "-m",
    "sh",
    "-c",
    script,
    `${place.home.path}/.local/state`,
  ];
}

/** Runs as one who may not do to others' files what root may. */
const ANYBODY = [
  ...["setpriv", "--inh-caps=-dac_override,-dac_read_search"],
  "--bounding-set=-dac_override,-dac_read_search",
];

const withProxy =
  (answer: string, name: string): Case["run"] => async (run, place) => {
    await using proxy = startProxy(answer);
    const scheme = name.startsWith("HTTPS") ? "https" : "http";
    await withServer(place, `${scheme}://cluster.test:6443`);
    return await run(SHOW, {
      env: { [name]: `http://me:hunter2@${proxy.at}` },
    });
  };

const CASES: readonly Case[] = [
  {
    cause: "Deno is too old",
    run: async (run, { home }) => {
      const old = await home.write(
        "old.js",
        'Object.defineProperty(Deno, "version", { value: { deno: "2.9.5" } });',
      );
      return await run(["version"], { flags: ["--preload", old] });
    },
  },
  {
    cause: "Node.js runs `istiops.js`",
    needs: "node",
    run: (_, { tool }) => node(`${tool.folder}/istiops.js`),
  },
  {
    cause: "no permission to read its own parts",
    run: (run) => run(["version"], { permissions: [] }),
  },
  {
    cause: "no permission to look at a variable",
    run: (run, { tool }) =>
      run(SHOW, { permissions: [`--allow-read=${tool.folder}`] }),
  },
  {
    cause: "no permission to read the kubeconfig",
    run: (run, { tool }) =>
      run(SHOW, {
        permissions: [`--allow-read=${tool.folder}`, "--allow-env"],
      }),
  },
  {
    cause: "no permission to connect",
    run: (run) => run(SHOW, { permissions: ["--allow-read", "--allow-env"] }),
  },
  {
    cause: "no permission to write a plan",
    run: (run, { home }) =>
      run([...SHIFT, "-w", "7", "--plan-out", `${home.path}/plan.json`], {
        permissions: ["--allow-read", "--allow-env", "--allow-net"],
      }),
  },
  {
    cause: "no HOME, and a cluster is asked for",
    run: (run) => run(SHOW, { env: { HOME: "" } }),
  },
  {
    cause: "no HOME, and the sandbox",
    run: (run) => run(["--sandbox", ...SHOW], { env: { HOME: "" } }),
  },
  {
    cause: "a home that cannot be written to, and the sandbox",
    needs: "root",
    run: (run, place) =>
      run(["--sandbox", ...SHOW], { within: mounted(place, "ro") }),
  },
  {
    cause: "a full disk, and the sandbox",
    needs: "root",
    run: (run, place) =>
      run(["--sandbox", ...SHOW], { within: mounted(place, "full") }),
  },
  {
    cause: "somebody else's home, and the sandbox",
    needs: "root",
    run: async (run, { home }) => {
      const theirs = `${home.path}/theirs`;
      await Deno.mkdir(theirs, { mode: 0o755 });
      await Deno.chown(theirs, 65534, 65534);
      return await run(["--sandbox", ...SHOW], {
        within: ANYBODY,
        env: { HOME: theirs },
      });
    },
  },
  {
    cause: "no terminal for the shell",
    run: (run) => run(["shell"]),
  },
  {
    cause: "no terminal for a question",
    run: (run) => run(["shift", NAME, "-b", "3", "-w", "90", "-q"]),
  },
  {
    cause: "standard output is full",
    run: (run) =>
      run(SHOW, { within: ["sh", "-c", 'exec "$@" > /dev/full', "sh"] }),
  },
  {
    cause: "the server's name is not known",
    needs: "root",
    run: async (run, place) => {
      await withServer(place, "http://cluster.test:6443");
      return await run(SHOW, { within: NOWHERE });
    },
  },
  {
    cause: "no way to the server",
    needs: "root",
    run: async (run, place) => {
      await withServer(place, "http://192.0.2.1:6443");
      return await run(SHOW, { within: NOWHERE });
    },
  },
  {
    cause: "nothing listens there",
    run: async (run, place) => {
      await withServer(place, `http://127.0.0.1:${freePort()}`);
      return await run(SHOW);
    },
  },
  {
    cause: "the proxy is not there",
    run: async (run, place) => {
      await withServer(place, "http://cluster.test:6443");
      return await run(SHOW, {
        env: { HTTP_PROXY: `http://me:hunter2@127.0.0.1:${freePort()}` },
      });
    },
  },
  {
    cause: "the proxy wants a password (https)",
    run: withProxy("407 Proxy Authentication Required", "HTTPS_PROXY"),
  },
  {
    cause: "the proxy wants a password (http)",
    run: withProxy("407 Proxy Authentication Required", "HTTP_PROXY"),
  },
  {
    cause: "the proxy does not let us through",
    run: withProxy("403 Forbidden", "HTTPS_PROXY"),
  },
  {
    cause: "the proxy is no URL",
    run: async (run, place) => {
      await withServer(place, "http://cluster.test:6443");
      return await run(SHOW, { env: { HTTP_PROXY: "ftp://me:hunter2@p" } });
    },
  },
  {
    cause: "the server's certificate has expired, or the clock is wrong",
    run: async (run, place) => {
      const tls = (name: string) =>
        Deno.readTextFileSync(
          new URL(`../cluster/tls/${name}`, import.meta.url),
        );
      await using server = Deno.serve({
        ...{ hostname: "127.0.0.1", port: 0, onListen() {} },
        ...{ cert: tls("expired.crt"), key: tls("server.key") },
      }, () => new Response());
      await place.home.write(
        ".kube/config",
        kubeconfig({
          server: `https://127.0.0.1:${server.addr.port}`,
          cluster: { "certificate-authority-data": btoa(tls("ca.crt")) },
        }),
      );
      return await run(SHOW);
    },
  },
  {
    cause: "`version --check` without a network",
    needs: "root",
    run: (run) => run(["version", "--check", "-q"], { within: NOWHERE }),
  },
];

/** Places where nothing is wrong with the answer. */
const ALL_THE_SAME: readonly {
  readonly what: string;
  readonly options: Partial<BundleOptions>;
}[] = [
  { what: "TERM is missing", options: { env: { TERM: "" } } },
  { what: "a locale that is not UTF-8", options: { env: { LC_ALL: "C" } } },
  {
    what: "standard error is closed",
    options: { within: ["sh", "-c", 'exec "$@" 2>&-', "sh"] },
  },
  {
    what: "standard input is closed",
    options: { within: ["sh", "-c", 'exec "$@" <&-', "sh"] },
  },
];

async function node(file: string): Promise<BundleRan> {
  const { code, stdout, stderr } = await new Deno.Command("node", {
    args: [file, "version"],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return {
    ...{ status: code, stdout: text(stdout), stderr: text(stderr) },
    accesses: [],
  };
}

/** Why a case cannot be tried here. */
async function whyNot(needs: Case["needs"]): Promise<string | undefined> {
  if (needs === undefined) return undefined;
  const [command, ...args] = needs === "node"
    ? ["node", "--version"]
    : ["unshare", "-n", "-m", "setpriv", "true"];
  try {
    const { success } = await new Deno.Command(command!, {
      args,
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? undefined : `${command} does not work`;
  } catch {
    return `${command} is missing`;
  }
}

/** The table: cause to exit status and line. */
async function table(): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await Deno.readTextFile(DOCS);
  const [, rest = ""] = text.split("<!-- environments -->");
  return new Map(
    rest.split("\n").filter((line) => /^\| .* \| +\d/.test(line)).map((row) => {
      const [, cause = "", status = "", line = ""] = row.split(/(?<!\\)\|/)
        .map((cell) => cell.trim());
      return [cause, [status, line]];
    }),
  );
}

/** Of one run, with names for what differs from run to run. */
function rowOf(
  { status, stderr }: BundleRan,
  { home, tool }: Place,
): readonly string[] {
  const line = stderr.trimEnd().replaceAll(tool.folder, "DIST")
    .replaceAll(/process-\w+\.js/g, "PART.js")
    .replaceAll(home.path, "~")
    // Several are asked for at once.
    .replace(/list \w+ in namespace "[^"]*"/, "list KIND")
    .replaceAll(/(127\.0\.0\.1):\d+/g, "$1:PORT");
  return [String(status), `\`${line.replaceAll("|", "\\|")}\``];
}

suite({
  id: "F28",
  shows:
    "a bad place to run in is one line: the cause and the next step, as docs/environments.md has them",
  command: "every command, as a bundle",
}, async (_, report) => {
  const found = new Map<string, readonly string[]>();
  const missing = new Map<string, string>();
  const isNew = Deno.env.has("ISTIOPS_ENVIRONMENTS");
  const written = await table();
  await using built = await bundle();
  for (const { cause, needs, run } of CASES) {
    const why = await whyNot(needs);
    if (why !== undefined) {
      missing.set(cause, why);
      continue;
    }
    await using place = await openPlace(built);
    const ran = await run(
      (argv, options = {}) =>
        place.tool.run(argv, {
          ...options,
          env: { HOME: place.home.path, KUBECONFIG: "", ...options.env },
        }),
      place,
    );
    const about = `${cause}: ${ran.status} ${ran.stderr}`;
    assertEquals(ran.stderr.split("\n").length, 2, about);
    assertMatch(ran.stderr, /^error: Cannot .+; next: .+\n$/, about);
    assertNotMatch(ran.stderr, /^\s+at |\.ts\b|file:\/\/|hunter2/m, about);
    const row = rowOf(ran, place);
    found.set(cause, row);
    if (!isNew) assertEquals(row, written.get(cause), cause);
    report.note("places", 1);
  }
  if (isNew) {
    const rows = [...found].map(([cause, row]) =>
      `| ${[cause, ...row].join(" | ")} |`
    );
    throw new Error(`the table would be\n${rows.join("\n")}`);
  }
  assertEquals([...written.keys()], CASES.map(({ cause }) => cause));
  if (missing.size > 0) report.note("left out", missing.size);
});

suite({
  id: "F28",
  shows: "where nothing is wrong with the answer, it is the same",
  command: "show, as a bundle",
}, async (_, report) => {
  await using place = await openPlace();
  const env = { HOME: place.home.path, KUBECONFIG: "" };
  const usual = await place.tool.run(SHOW, { env });
  assertEquals(usual.status, 0, usual.stderr);
  for (const { what, options } of ALL_THE_SAME) {
    const ran = await place.tool.run(SHOW, {
      ...options,
      env: { ...env, ...options.env },
    });
    assertEquals([ran.status, ran.stdout], [0, usual.stdout], what);
    report.note("places", 1);
  }
});

const STATE_ROW = {
  id: "F28",
  shows:
    "a change goes on where no state can be kept, and says that the audit log lacks it",
  command: "shift, as a bundle",
};
const why = await whyNot("root");
if (why !== undefined) skipped(STATE_ROW, why);
else {
  suite(STATE_ROW, async (_, report) => {
    for (const [at, options] of ["ro", "full"].entries()) {
      await using place = await openPlace();
      const ran = await place.tool.run(
        [...SHIFT, "-w", `${20 + at}`, "-o", "json"],
        {
          env: { HOME: place.home.path, KUBECONFIG: "" },
          within: mounted(place, options),
        },
      );
      assertEquals(ran.status, 0, ran.stderr + ran.stdout);
      const { status, warnings } = JSON.parse(ran.stdout);
      assertEquals(status, "done");
      assertMatch(
        JSON.stringify(warnings),
        /No line of the audit log was kept: Cannot use [^:]+: (Read-only file system|No space left on device)"/,
      );
      assert(!ran.stderr.includes("error:"), ran.stderr);
      report.note("places", 1);
    }
  });
}
