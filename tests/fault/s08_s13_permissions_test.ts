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
import { bundle, NAME } from "./rig/bundle.ts";
import { Home, kubeconfig } from "./rig/command_lines.ts";
import {
  flagsOf,
  golden,
  LINES,
  openPlace,
  placeOf,
  SHIFT,
  wordsOf,
} from "./rig/permission_table.ts";
import { suite } from "./suite.ts";

suite({
  id: "S13",
  shows:
    "with the permissions of the table and no others it works, and touches nothing else",
  command: "every command, as a bundle",
}, async (_, report) => {
  await using place = await openPlace();
  const { tool, home, paths } = place;
  const table = await golden();
  const isNew = Deno.env.has("ISTIOPS_PERMISSIONS");
  const found: string[] = [];
  for (const [name, words] of Object.entries(LINES)) {
    const list = table.get(name) ?? [];
    const { status, stderr, accesses } = await tool.run(
      wordsOf(words, paths),
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
