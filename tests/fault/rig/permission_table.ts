/**
 * The table of docs/permissions.md: a line of each command, what it may touch,
 * and the flags that permit just that.
 *
 * @module
 */

import { startSandbox } from "../../../src/sandbox/mod.ts";
import { VERSION } from "../../../src/version.ts";
import { type Access, type Bundle, bundle, NAME } from "./bundle.ts";
import { Home, kubeconfig } from "./command_lines.ts";

const DOCS = new URL("../../../docs/permissions.md", import.meta.url);
/** A change that ends at once. */
export const SHIFT = ["shift", NAME, "-b", "3", "--yes", "--settle", "0s"];

/** A line by the words that the table has for it. */
export const LINES: Readonly<Record<string, readonly string[]>> = {
  "help": ["help", "shift"],
  "version": ["version"],
  "version --check": ["version", "--check", "--from", "RELEASES"],
  "show": ["show", NAME],
  "show -f": ["show", "-f", "ROUTES"],
  "check": ["check", "-n", "shop"],
  "check -f": ["check", "-f", "ROUTES"],
  "test": ["test", "TESTS"],
  "test -f": ["test", "TESTS", "-f", "ROUTES"],
  "diff": ["diff", "ROUTES"],
  "graph": ["graph", NAME],
  "graph --out": ["graph", "-f", "ROUTES", "--out", "PAGE"],
  "history": ["history", NAME],
  "history --local": ["history", "--local"],
  "context": ["context"],
  "context --check": ["context", "--check"],
  "shift --dry-run": ["shift", NAME, "-b", "3", "-w", "5", "--dry-run"],
  "shift": [...SHIFT, "-w", "20"],
  "undo": ["undo", NAME, "--yes", "--settle", "0s"],
  "redo": ["redo", NAME, "--yes", "--settle", "0s"],
  "clear": ["clear", NAME, "--yes", "--settle", "0s"],
  "--plan-out": [...SHIFT, "-w", "30", "--plan-out", "PLAN"],
  "apply": ["apply", "PLAN", "--yes"],
  "--sandbox": ["--sandbox", "show", NAME],
  "sandbox reset": ["sandbox", "reset"],
  "run": ["run", "SCRIPT"],
  "lsp --check": ["lsp", "--check", "SCRIPT"],
  "completions": ["completions", "bash"],
  "__complete": ["__complete", "bash", "--", "istiops show api"],
};

/** Files that lines are about, and what the table calls their folder. */
export const FILES: Readonly<Record<string, string>> = {
  PLAN: "plans/plan.json",
  SCRIPT: "scripts/release.istiops",
  ROUTES: "routes.yaml",
  PAGE: "pages/traffic.html",
  TESTS: "tests.yaml",
};

/** Where things are in a run. */
export interface Paths {
  readonly home: string;
  readonly folder: string;
  readonly server: string;
  /** Of the place of releases. */
  readonly releases: string;
}

/** Places as the table has them; nothing for a module of the bundle. */
export function placeOf(
  { permission, value }: Access,
  paths: Paths,
): string | undefined {
  const path = value.replace(/^(file|https?):\/\//, "");
  if (permission === "read" && path.startsWith(paths.folder)) return undefined;
  const place = ([
    [paths.server, "SERVER"],
    [paths.releases, "RELEASES"],
    [`${paths.home}/.kube`, "KUBE"],
    [`${paths.home}/.config/istiops`, "CONFIG"],
    [`${paths.home}/.local/state/istiops`, "STATE"],
    ...Object.entries(FILES).map(([name, file]) =>
      [`${paths.home}/${file}`, name] as const
    ),
  ] as readonly (readonly [string, string])[]).find(([start]) =>
    path.startsWith(start)
  )?.[1] ??
    path.replace(paths.home, "HOME").replace(/:\d+(\/.*)?$/, ":PORT");
  return `${permission} ${place}`;
}

/** Rows of the table: what a command may touch. */
export async function golden(): Promise<
  ReadonlyMap<string, readonly string[]>
> {
  const text = await Deno.readTextFile(DOCS);
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return new Map(rows.map((row) => {
    const [, name = "", list = ""] = row.split("|").map((cell) => cell.trim());
    return [
      name.replaceAll("`", ""),
      [...list.matchAll(/`([^`]+)`/g)].map(([, access]) => access!),
    ];
  }));
}

/** Words of a line, with its files in the home. */
export function wordsOf(
  line: readonly string[],
  { home, releases }: Pick<Paths, "home" | "releases">,
): readonly string[] {
  return line.map((word) =>
    word === "RELEASES"
      ? `http://${releases}/latest`
      : FILES[word] === undefined
      ? word
      : `${home}/${FILES[word]}`
  );
}

/** From the table to what Deno is given. */
export function flagsOf(
  list: readonly string[],
  paths: Paths,
): readonly string[] {
  const places: Readonly<Record<string, string>> = {
    ...{ SERVER: paths.server, RELEASES: paths.releases },
    ...{ PLAN: `${paths.home}/plans`, SCRIPT: `${paths.home}/scripts` },
    ROUTES: `${paths.home}/${FILES["ROUTES"]}`,
    PAGE: `${paths.home}/pages`,
    TESTS: `${paths.home}/${FILES["TESTS"]}`,
    KUBE: `${paths.home}/.kube`,
    CONFIG: `${paths.home}/.config/istiops`,
    // A folder is made with those above it.
    STATE: `${paths.home}/.local/state/istiops`,
  };
  const byName = Map.groupBy(list, (access) => access.split(" ")[0]!);
  byName.set("read", [...byName.get("read") ?? [], `read ${paths.folder}`]);
  return [...byName].map(([name, all]) =>
    `--allow-${name}=${
      all.map((access) => access.split(" ")[1]!).map((place) =>
        places[place] ?? place.replace(":PORT", "")
      ).join(",")
    }`
  );
}

/** A bundle, a home, a cluster and a place of releases to run lines in. */
export interface Place extends AsyncDisposable {
  readonly tool: Bundle;
  readonly home: Home;
  readonly paths: Paths;
}

/** Makes it, with a bundle that is there or one of its own; it is gone afterwards. */
export async function openPlace(built?: Bundle): Promise<Place> {
  const all = new AsyncDisposableStack();
  const tool = built ?? all.use(await bundle());
  const sandbox = all.use(await startSandbox());
  const home = all.use(await Home.make());
  const releases = all.use(
    Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(`v${VERSION}\n`),
    ),
  );
  await Deno.mkdir(`${home.path}/plans`);
  await Deno.mkdir(`${home.path}/pages`);
  await home.write(".kube/config", kubeconfig({ server: sandbox.url }));
  await home.write(
    FILES["SCRIPT"]!,
    `set build=3\nshift ${NAME} -b $build -w 25 --settle 0s\n`,
  );
  return {
    tool,
    home,
    paths: {
      ...{ home: home.path, folder: tool.folder },
      server: new URL(sandbox.url).host,
      releases: `127.0.0.1:${releases.addr.port}`,
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
