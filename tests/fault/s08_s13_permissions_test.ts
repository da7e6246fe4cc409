/**
 * What the bundle touches: each command with the permissions that
 * docs/permissions.md gives it and no others, and the log of every access held
 * against that list. No command starts a process, whatever its values say.
 *
 * @module
 */

import { startSandbox } from "../../src/sandbox/mod.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { type Access, bundle, NAME } from "./rig/bundle.ts";
import { Home, kubeconfig } from "./rig/command_lines.ts";
import { suite } from "./suite.ts";

const DOCS = new URL("../../docs/permissions.md", import.meta.url);
const SHIFT = ["shift", NAME, "-b", "3", "--yes", "--settle", "0s"];

/** A line by the words that the table has for it. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  "help": ["help", "shift"],
  "version": ["version"],
  "show": ["show", NAME],
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
  "__complete": ["__complete", "fish", "--", "istiops show api"],
};

/** Files that lines are about, and what the table calls their folder. */
const FILES: Readonly<Record<string, string>> = {
  PLAN: "plan.json",
  SCRIPT: "release.istiops",
};

interface Paths {
  readonly home: string;
  readonly folder: string;
  readonly server: string;
}

/** Places as the table has them; nothing for a module of the bundle. */
function placeOf(
  { permission, value }: Access,
  paths: Paths,
): string | undefined {
  const path = value.replace(/^(file|https?):\/\//, "");
  if (permission === "read" && path.startsWith(paths.folder)) return undefined;
  const place = ([
    [paths.server, "SERVER"],
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
async function golden(): Promise<ReadonlyMap<string, readonly string[]>> {
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

/** From the table to what Deno is given. */
function flagsOf(list: readonly string[], paths: Paths): readonly string[] {
  const places: Readonly<Record<string, string>> = {
    ...{ SERVER: paths.server, PLAN: paths.home, SCRIPT: paths.home },
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

suite({
  id: "S13",
  shows:
    "with the permissions of the table and no others it works, and touches nothing else",
  command: "every command, as a bundle",
}, async (_, report) => {
  await using tool = await bundle();
  await using sandbox = await startSandbox();
  await using home = await Home.make();
  await home.write(".kube/config", kubeconfig({ server: sandbox.url }));
  await home.write(
    "release.istiops",
    `set build=3\nshift ${NAME} -b $build -w 25 --settle 0s\n`,
  );
  const paths: Paths = {
    ...{ home: home.path, folder: tool.folder },
    server: new URL(sandbox.url).host,
  };
  const table = await golden();
  const isNew = Deno.env.has("ISTIOPS_PERMISSIONS");
  const found: string[] = [];
  for (const [name, words] of Object.entries(LINES)) {
    const list = table.get(name) ?? [];
    const { status, stderr, accesses } = await tool.run(
      words.map((word) =>
        FILES[word] === undefined ? word : `${home.path}/${FILES[word]}`
      ),
      {
        env: { HOME: home.path, KUBECONFIG: "" },
        permissions: isNew ? ["-A"] : flagsOf(list, paths),
      },
    );
    const touched = [
      ...new Set(accesses.flatMap((access) => placeOf(access, paths) ?? [])),
    ].sort();
    found.push(
      `| \`${name}\` | ${touched.map((each) => `\`${each}\``).join(", ")} |`,
    );
    if (isNew) continue;
    assertEquals(status, 0, `${name}: ${stderr}`);
    // An open for reading is noted as one for writing, too: where the right to
    // write was not given and it worked, nothing was written.
    const used = touched.filter((access) =>
      !access.startsWith("write ") || list.includes(access)
    );
    assertEquals(used, [...list].sort(), name);
    report.note("commands", 1);
  }
  if (!isNew) return assertEquals([...table.keys()], Object.keys(LINES));
  throw new Error(`the table would be\n${found.join("\n")}`);
});

suite({
  id: "S08",
  shows:
    "values that a shell would run start nothing, and arrive as they are or are refused",
  command: "every command that takes a value, as a bundle",
}, async (_, report) => {
  await using tool = await bundle();
  await using home = await Home.make();
  await home.write("evil.json", "{}");
  for (
    const value of [
      "`touch pwned`",
      "!$(touch pwned)",
      "a\n$(touch pwned)",
      "'; touch pwned; '",
    ]
  ) {
    const plan = `${home.path}/${value.replaceAll("/", "")}.json`;
    const lines = [
      ["--sandbox", ...SHIFT, "--header", `x-evil=${value}`, "-o", "json"],
      ["--sandbox", "shift", NAME, "-b", value, "-w", "5"],
      ["--sandbox", "shift", "-l", `app=${value}`, "-b", "3", "-w", "5"],
      ["--sandbox", ...SHIFT, "-w", "5", "--plan-out", plan],
      ["--sandbox", "apply", value],
      ["--sandbox", "undo", NAME, "--operation", value],
      ["show", "--context", value],
      ["show", "--kubeconfig", value],
      ["sandbox", "--load", value],
      [value],
    ];
    for (const [at, line] of lines.entries()) {
      const ran = await tool.run(line, {
        env: { HOME: home.path, SHELL: value, EDITOR: value, PAGER: value },
        cwd: home.path,
      });
      const where = `${JSON.stringify(line)}: ${ran.stderr}`;
      assert(
        ran.accesses.every(({ permission }) =>
          !["run", "ffi"].includes(permission)
        ),
        where,
      );
      assert(
        ![...Deno.readDirSync(home.path)].some(({ name }) => name === "pwned"),
        where,
      );
      if (at === 0 && ran.status === 0) {
        const show = await tool.run(
          ["--sandbox", "show", NAME, "-o", "json"],
          {
            env: { HOME: home.path },
          },
        );
        assertStringIncludes(show.stdout, JSON.stringify(value).slice(1, -1));
        await tool.run(["sandbox", "reset"], { env: { HOME: home.path } });
      } else if (at !== 3) assert(ran.status !== 0, where);
      report.note("lines", 1);
    }
  }
});

suite({
  id: "S08",
  shows: "a line that is offered for a shell is the same words there",
  command: "way back, apply of a saved plan",
}, async () => {
  await using sandbox = await startSandbox();
  await using home = await Home.make();
  for (
    const evil of [
      "$(touch pwned)",
      "`touch pwned`",
      "a'; touch pwned; '",
      "a\\",
      "!x",
      "a b",
    ]
  ) {
    const config = JSON.parse(kubeconfig({ server: sandbox.url }));
    config.contexts[0].name = config["current-context"] = evil;
    await home.write(".kube/config", JSON.stringify(config));
    const plan = `${home.path}/${evil.replaceAll("/", "")}.json`;
    const saved = await home.run([...SHIFT, "-w", "7", "--plan-out", plan]);
    const ran = await home.run([...SHIFT, "-w", "20", "-o", "json"]);
    assertEquals(ran.status, 0, ran.stderr);
    const lines = [
      [JSON.parse(ran.stdout).wayBack, evil],
      [/carry it out: (.*)/.exec(saved.stderr)![1]!, plan],
    ] as const;
    for (const [line, wanted] of lines) {
      const { stdout } = await new Deno.Command("sh", {
        args: ["-c", `istiops() { printf '%s\\0' "$@"; }\n${line}`],
        cwd: home.path,
      }).output();
      const words = new TextDecoder().decode(stdout).split("\0");
      assert(words.includes(wanted), `${line} ${words}`);
    }
    assert(
      ![...Deno.readDirSync(home.path)].some(({ name }) => name === "pwned"),
    );
    await home.run(["undo", NAME, "--yes", "--settle", "0s"]);
  }
});
