/**
 * Files that istiops keeps, where somebody has been before, and where the
 * system would let everybody in.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { type Bundle, bundle, NAME } from "./rig/bundle.ts";
import { Home } from "./rig/command_lines.ts";
import { skipped, suite } from "./suite.ts";

const SHIFT = ["--sandbox", "shift", NAME, "--settle", "0s", "--yes"];
const STATE = ".local/state/istiops";

/** Windows has other modes, and no pipes in folders. */
const unix: typeof suite = (row, run) =>
  Deno.build.os === "windows" ? skipped(row, "Windows") : suite(row, run);

/** Modes below a folder that give somebody else anything. */
async function open(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (path: string): Promise<void> => {
    const { mode, isDirectory } = await Deno.lstat(path);
    if (((mode ?? 0) & 0o077) !== 0) {
      found.push(`${path} ${((mode ?? 0) & 0o777).toString(8)}`);
    }
    if (!isDirectory) return;
    for await (const { name } of Deno.readDir(path)) {
      await walk(`${path}/${name}`);
    }
  };
  await walk(folder);
  return found;
}

async function run(tool: Bundle, home: Home, argv: readonly string[]) {
  return await tool.run(argv, { env: { HOME: home.path }, umask: "000" });
}

unix({
  id: "S09",
  shows:
    "with umask 000, and where files were open before, nobody else may read",
  command: "shift, apply, sandbox, history --local",
}, async () => {
  await using tool = await bundle();
  await using home = await Home.make();
  // Somebody was careless before.
  await home.write(`${STATE}/audit.jsonl`, "", 0o644);
  await home.write(`${STATE}/audit.lock`, "", 0o666);
  await Deno.mkdir(`${home.path}/${STATE}/sandbox`);
  for (const path of [STATE, `${STATE}/sandbox`]) {
    await Deno.chmod(`${home.path}/${path}`, 0o755);
  }
  await home.write("plan.json", "", 0o644);
  const plan = `${home.path}/plan.json`;
  for (
    const argv of [
      [...SHIFT, "-b", "3", "-w", "20"],
      [...SHIFT, "-b", "3", "-w", "30", "--plan-out", plan],
      ["--sandbox", "apply", plan, "--yes"],
      ["history", "--local"],
      ["sandbox", "reset"],
    ]
  ) {
    const ran = await run(tool, home, argv);
    assertEquals(ran.status, 0, ran.stderr);
  }
  assertEquals(await open(`${home.path}/${STATE}`), []);
  assertEquals(((await Deno.stat(plan)).mode ?? 0) & 0o777, 0o600);
  // Folders that were not there, either.
  await using fresh = await Home.make();
  await run(tool, fresh, [...SHIFT, "-b", "3", "-w", "20"]);
  assertEquals(await open(`${fresh.path}/.local`), []);
});

/** Every place where istiops writes; whether it goes on without. */
const PLACES: readonly (readonly [path: string, goesOn: boolean])[] = [
  [`${STATE}/audit.jsonl`, true],
  [`${STATE}/audit.lock`, true],
  [`${STATE}/sandbox/state.jsonl`, false],
  [`${STATE}/sandbox/state.lock`, false],
  [STATE, false],
  [`${STATE}/sandbox`, false],
  ["plan.json", false],
];

unix({
  id: "S09",
  shows:
    "a link, a pipe or a folder in the place of a file is refused, and not followed",
  command: "shift, --plan-out, sandbox",
}, async (_, report) => {
  for (const [path, goesOn] of PLACES) {
    for (
      const what of [
        "link",
        "dangling link",
        "link to a folder",
        "pipe",
        "folder",
      ]
    ) {
      await using home = await Home.make();
      const isFolder = path === STATE || path.endsWith("/sandbox");
      if (isFolder && what === "folder") continue;
      // The names are those that it uses: they are there afterwards.
      const plan = ["--plan-out", `${home.path}/plan.json`];
      const argv = [...SHIFT, "-b", "3", "-w", "20"];
      const line = path === "plan.json" ? [...argv, ...plan] : argv;
      await Deno.mkdir(`${home.path}/other`);
      await home.write("victim", "precious", 0o644);
      const at = `${home.path}/${path}`;
      await Deno.mkdir(at.slice(0, at.lastIndexOf("/")), { recursive: true });
      if (what === "pipe") {
        await new Deno.Command("mkfifo", { args: [at] }).output();
      } else if (what === "folder") await Deno.mkdir(at);
      else {
        await Deno.symlink(
          what === "link"
            ? `${home.path}/victim`
            : `${home.path}/${what === "link to a folder" ? "other" : "none"}`,
          at,
        );
      }
      const { status, stdout, stderr } = await home.run(line);
      const where = `${what} at ${path}: ${stderr}${stdout}`;
      assertEquals(status === 0, goesOn, where);
      assertMatch(
        stderr + stdout,
        /symbolic link|not a (regular file|directory)|Not a directory/,
        where,
      );
      assertEquals(await Deno.readTextFile(`${home.path}/victim`), "precious");
      assertEquals([...Deno.readDirSync(`${home.path}/other`)], [], where);
      await Deno.lstat(`${home.path}/none`).then(
        () => assert(false, where),
        () => {},
      );
      report.note("refusals", 1);
    }
  }
});

unix({
  id: "S09",
  shows:
    "a configuration, a kubeconfig or a plan that is a pipe is not waited for",
  command: "shift, show, apply",
}, async () => {
  await using home = await Home.make();
  const pipe = async (path: string) => {
    await home.write(path, "");
    await Deno.remove(`${home.path}/${path}`);
    await new Deno.Command("mkfifo", { args: [`${home.path}/${path}`] })
      .output();
  };
  for (
    const path of [".config/istiops/config.yaml", ".kube/config", "plan.json"]
  ) {
    await pipe(path);
  }
  for (
    const line of [
      [...SHIFT, "-b", "3", "-w", "5"],
      ["show"],
      ["show", "--kubeconfig", `${home.path}/plan.json`],
      ["--sandbox", "apply", "PLAN"],
    ]
  ) {
    const { status, stderr } = await home.run(line);
    assertEquals(status, 1, stderr);
    assertMatch(stderr, /^error: Cannot/);
  }
});

unix({
  id: "S09",
  shows:
    "several processes at once: no line of the log is lost or torn, one plan is whole",
  command: "shift",
}, async (_, report) => {
  await using tool = await bundle();
  await using home = await Home.make();
  const count = 6;
  const plan = `${home.path}/plan.json`;
  // The demo world first, so that all of them see the same one.
  await run(tool, home, ["--sandbox", "show"]);
  const ran = await Promise.all(
    Array.from({ length: count }, (_, nth) => [
      run(tool, home, [...SHIFT, "-b", "2", "-w", String(20 + nth)]),
      run(tool, home, [...SHIFT, "-b", "2", "-w", "5", "--plan-out", plan]),
    ]).flat(),
  );
  const writes = ran.filter((_, at) => at % 2 === 0);
  // Whoever loses the race for the same weights says so.
  for (const { status, stderr } of writes) {
    assert([0, 6].includes(status), stderr);
  }
  const lines = (await Deno.readTextFile(`${home.path}/${STATE}/audit.jsonl`))
    .split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const done = writes.filter(({ status }) => status === 0).length;
  assertEquals(lines.filter(({ outcome }) => outcome === "ok").length, done);
  assertEquals(JSON.parse(await Deno.readTextFile(plan)).kind, "TrafficPlan");
  const left = [...Deno.readDirSync(home.path)].filter(({ name }) =>
    name.endsWith(".tmp")
  );
  assertEquals(left, []);
  assertEquals(await open(`${home.path}/${STATE}`), []);
  report.note("processes", 2 * count);
  report.note("lines", lines.length);
});
