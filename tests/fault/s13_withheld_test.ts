/**
 * One permission less than a command needs, each command and each permission:
 * a line that names the flag, and nothing that was begun. And whom commands
 * ask at all: their cluster.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
} from "../support/assert.ts";
import { NAME } from "./rig/bundle.ts";
import { kubeconfig } from "./rig/command_lines.ts";
import {
  flagsOf,
  golden,
  LINES,
  openPlace,
  type Place,
  SHIFT,
  wordsOf,
} from "./rig/permission_table.ts";
import { suite } from "./suite.ts";

/** What has to be there before a line means something. */
const BEFORE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  undo: [[...SHIFT, "-w", "11"], [...SHIFT, "-w", "12"]],
  redo: [
    [...SHIFT, "-w", "11"],
    [...SHIFT, "-w", "12"],
    ["undo", NAME, "--yes", "--settle", "0s"],
  ],
  apply: [[...SHIFT, "-w", "13"], [...SHIFT, "-w", "14", "--plan-out", "PLAN"]],
};

/** A trace, or a path of a source. */
const INNER = /^\s+at |\.ts:\d|file:\/\//m;

/** Does a command go on without it, by docs/audit.md? */
function isSpared(name: string, access: string): boolean {
  return name === "__complete" ||
    (/^(read|write) STATE$/.test(access) &&
      !/^--sandbox|^sandbox|^history/.test(name));
}

suite({
  id: "S13",
  shows:
    "without one of its permissions a command ends with a line that names its flag",
  command: "every command and each permission it needs, as a bundle",
}, async (_, report) => {
  await using place = await openPlace();
  const { tool, home, paths } = place;
  const env = { HOME: home.path, KUBECONFIG: "" };
  for (const [name, list] of await golden()) {
    for (const withheld of list) {
      for (const line of BEFORE[name] ?? []) {
        const { status, stderr } = await home.run(wordsOf(line, paths));
        assertEquals(status, 0, stderr);
      }
      const permissions = flagsOf(
        list.filter((access) => access !== withheld),
        paths,
      );
      const line = wordsOf(LINES[name]!, paths);
      const ran = await tool.run(line, { env, permissions });
      const about = `${name} without ${withheld}: ${ran.status} ${ran.stderr}`;
      assertNotMatch(ran.stderr + ran.stdout, INNER, about);
      report.note("withheld", 1);
      if (isSpared(name, withheld)) {
        assertEquals(ran.status, 0, about);
        continue;
      }
      const [permission = "", value = ""] = withheld.split(" ");
      const lines = ran.stderr.trimEnd().split("\n");
      const [last = "", ...more] = lines.filter((text) =>
        text.startsWith("error: ")
      );
      assertEquals(more, [], about);
      // A script says at which of its lines it stopped, and how far it came.
      const isStopped = name === "run" && lines.length > 1;
      assertEquals(ran.status, isStopped ? 3 : 1, about);
      if (!isStopped) {
        const before = name === "version --check" ? 1 : 0;
        assertEquals(lines.length, 1 + before, about);
      }
      assertMatch(
        last,
        /^error: Cannot .+: .*no permission .*; next: Run it with --allow-/,
        about,
      );
      assert(last.includes(`--allow-${permission}=`), about);
      if (permission === "env") assert(last.includes(`=${value},`), about);
    }
  }
});

suite({
  id: "S13",
  shows: "without the right to run a plugin, or to find it, its flag is named",
  command: "show",
}, async () => {
  await using place = await openPlace();
  const { tool, home, paths } = place;
  const plugin = await home.write("bin/login", "#!/bin/sh\n", 0o700);
  const exec = { apiVersion: "client.authentication.k8s.io/v1" };
  const user = {
    exec: { ...exec, command: plugin, interactiveMode: "Never" },
  };
  await home.write(
    ".kube/config",
    kubeconfig({ server: `http://${paths.server}`, user }),
  );
  const rest = ["--allow-env", `--allow-net=${paths.server}`];
  const read = `${tool.folder},${home.path}/.kube`;
  const rows: [string[], string][] = [
    [[`--allow-read=${read}`], `--allow-read=${plugin}`],
    [[`--allow-read=${read},${plugin}`], `--allow-run=${plugin}`],
  ];
  for (const [given, named] of rows) {
    const { status, stderr } = await tool.run(["show", NAME], {
      env: { HOME: home.path },
      permissions: [...given, ...rest],
    });
    assertEquals(status, 1, stderr);
    assertMatch(stderr, /^error: [^\n]+; next: Run it with --allow-[^\n]+\n$/);
    assert(stderr.includes(named), stderr);
  }
});

suite({
  id: "S13",
  shows: "without the right to read its own parts that is what it says",
  command: "version",
}, async () => {
  await using place = await openPlace();
  const { tool, home } = place;
  const { status, stderr } = await tool.run(["version"], {
    env: { HOME: home.path },
    permissions: [],
  });
  assertEquals(status, 1);
  assertMatch(
    stderr,
    /^error: Cannot load istiops: no permission to read "[^"\n]+"; next: run it with --allow-read=\S+\n$/,
  );
  assert(stderr.endsWith(`=${tool.folder}/\n`), stderr);
});

/** Hosts that a line has asked for. */
async function asked(
  { tool, home, paths }: Place,
  name: string,
): Promise<readonly string[]> {
  const ran = await tool.run(wordsOf(LINES[name]!, paths), {
    env: { HOME: home.path, KUBECONFIG: "" },
  });
  return ran.accesses.filter(({ permission }) => permission === "net")
    .map(({ value }) => value.replace(/^https?:\/\/([^/]*).*/, "$1"));
}

suite({
  id: "S13",
  shows: "nobody is asked but the API server, and by version nobody",
  command: "every command, as a bundle, with every permission",
}, async (_, report) => {
  await using place = await openPlace();
  const { server, releases } = place.paths;
  for (const name of Object.keys(LINES)) {
    const hosts = await asked(place, name);
    const meant = name === "version --check"
      ? [releases]
      : [server, "127.0.0.1"];
    assertEquals(
      hosts.filter((host) =>
        !meant.some((each) => host === each || host.startsWith(`${each}:`)) ||
        name === "version"
      ),
      [],
      name,
    );
    report.note("commands", 1);
  }
});
