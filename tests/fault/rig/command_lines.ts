/**
 * Command lines as somebody would type them, of every command there is, and a
 * home to run them in: what was said, and every file that is there afterwards.
 *
 * @module
 */

import { runCli } from "../../../src/cli/run.ts";
import { COMMANDS, isIn } from "../../../src/language/commands.ts";
import { type FakeOptions, FakeProcess } from "../../support/fake_io.ts";

/** The VirtualService of the demo world that lines are about. */
export const NAME = "api-domain-virtualservice";

/** Lines by command; words in capitals stand for paths. */
const LINES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  show: [
    ["show", NAME],
    ["show", "-A"],
    ["show", "-l", "app=api-domain"],
    ["show", "-f", "ROUTES"],
  ],
  explain: [
    ["explain", "http://api-domain:5000/", "-H", "x-a=b", "--sample", "10"],
  ],
  check: [
    ["check"],
    ["check", NAME, "--fail-on", "info"],
    ["check", "-A", "-o", "sarif"],
    ["check", "-f", "ROUTES", "-o", "junit"],
  ],
  graph: [
    ["graph", NAME],
    ["graph", "-f", "ROUTES", "-o", "dot"],
    ["graph", "-A", "--out", "PAGE"],
  ],
  test: [
    ["test", "TESTS", "-f", "ROUTES", "--coverage"],
    ["test", "--record", NAME],
  ],
  diff: [["diff", "ROUTES"], ["diff", "cluster", "ROUTES", "--exit-code"]],
  shift: [
    ["shift", NAME, "-b", "3", "-w", "20", "--yes", "--settle", "0s"],
    ["shift", NAME, "-b", "3", "-w", "20", "--dry-run"],
    ["shift", NAME, "-b", "3", "-H", "x-a=b", "--plan-out", "PLAN"],
  ],
  clear: [
    ["clear", NAME, "--yes", "--settle", "0s"],
    ["clear", NAME, "-m", "hard", "--dry-run"],
  ],
  undo: [["undo", NAME, "--yes", "--settle", "0s"]],
  redo: [["redo", NAME, "--yes", "--settle", "0s"]],
  history: [["history", NAME], ["history", "--local"]],
  apply: [["apply", "PLAN", "--yes"]],
  context: [["context"], ["context", "--check"]],
  sandbox: [],
  "sandbox reset": [["sandbox", "reset"]],
  run: [["run", "SCRIPT", "--show"]],
  completions: [["completions", "bash"]],
  // These wait for somebody who types, an editor, a server that stalls.
  shell: [],
  lsp: [],
  __complete: [],
  version: [["version"]],
  help: [["help", "shift"], ["--help"]],
};

const FILES = new Map([
  ["PLAN", "plan.json"],
  ["SCRIPT", "script.istiops"],
  ["ROUTES", "routes.yaml"],
  ["TESTS", "tests.yaml"],
  ["PAGE", "traffic.html"],
]);

/** What `ROUTES` holds. */
export const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${NAME} }
spec:
  hosts: [api-domain]
  http: [{ route: [{ destination: { host: api-domain }, weight: 50 }] }]
`;

/** What `TESTS` holds; it holds in files and in the demo world. */
export const TESTS = `apiVersion: istiops/v1
kind: RouteTests
tests:
  - request: http://api-domain.default.svc.cluster.local/
    expect: { outcome: route }
`;

/** Every line; a command that has come since fails here. */
export function everyLine(): readonly (readonly string[])[] {
  const missing = COMMANDS.filter((command) => isIn(command, "line"))
    .map(({ path }) => path.join(" "))
    .filter((path) => !Object.hasOwn(LINES, path));
  if (missing.length > 0) throw new Error(`no line of ${missing.join(", ")}`);
  return Object.values(LINES).flat();
}

/** What `SCRIPT` holds. */
const SCRIPT = `show ${NAME}
shift ${NAME} -b 3 -w 20 --yes --settle 0s
history ${NAME}
`;

/** What came of a line. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home folder that is gone afterwards. */
export class Home implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Home> {
    const home = new Home(await Deno.makeTempDir());
    await home.write("script.istiops", SCRIPT);
    await home.write("routes.yaml", ROUTES);
    await home.write("tests.yaml", TESTS);
    return home;
  }

  /** Where istiops keeps what it did. */
  get state(): string {
    return `${this.path}/.local/state/istiops`;
  }

  /** Writes a file of it; the path is relative. */
  async write(path: string, text: string, mode = 0o600): Promise<string> {
    const at = `${this.path}/${path}`;
    await Deno.mkdir(at.slice(0, at.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(at, text);
    await Deno.chmod(at, mode);
    return at;
  }

  /** Runs a line in this process, on a fake terminal or none. */
  async run(
    argv: readonly string[],
    options: FakeOptions = {},
  ): Promise<Ran> {
    const process = new FakeProcess({
      ...options,
      env: { HOME: this.path, PATH: "/usr/bin:/bin", ...options.env },
    });
    const status = await runCli(
      argv.map((word) => {
        const file = FILES.get(word);
        return file === undefined ? word : `${this.path}/${file}`;
      }),
      process.io,
    );
    return { status, stdout: process.stdout, stderr: process.stderr };
  }

  /** All files below a folder of it, by path. */
  async files(folder = ""): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const walk = async (path: string): Promise<void> => {
      for await (const { name, isDirectory } of Deno.readDir(path)) {
        const at = `${path}/${name}`;
        if (isDirectory) await walk(at);
        else found.set(at, await Deno.readTextFile(at));
      }
    };
    try {
      await walk(`${this.path}/${folder}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** A kubeconfig with one context, whose parts may say more. */
export function kubeconfig(of: {
  readonly server: string;
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
}): string {
  return JSON.stringify({
    "current-context": "main",
    contexts: [{
      name: "main",
      context: { cluster: "main", user: "main", ...of.context },
    }],
    clusters: [{ name: "main", cluster: { server: of.server, ...of.cluster } }],
    users: [{ name: "main", user: of.user ?? {} }],
  });
}
