import { buildNpm, DENO } from "../../scripts/npm.ts";
import { openSandbox } from "../../src/sandbox/mod.ts";
import { VERSION } from "../../src/version.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Pty, whyNoPty } from "../support/pty.ts";
import { Stranger, whyNoNpm } from "./rig.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const why = await whyNoNpm();
const isWindows = Deno.build.os === "windows";
const SHIFT = ["--sandbox", "shift", "-l", "app=api-domain", "-b", "3"];

/** What the package has besides the bundle. */
const FILES = [
  ...["LICENSE", "LICENSES.txt", "README.md", "bin/istiops.cjs"],
  ...["package.json", "pure.js", "types/pure.d.ts"],
  ...["errors", "insight", "lines", "snapshot", "version", "world"],
  ...["cluster/cluster", "istio/client", "istio/clusters", "istio/explain"],
  ...[
    "istio/asked",
    "istio/differences",
    "istio/explanation",
    "istio/fate",
    "istio/findings",
    "istio/graph",
    "istio/ignored",
    "istio/match",
    "istio/route_tests",
    "istio/route_tests_shape",
    "istio/rule_coverage",
    "istio/types",
    "istio/world",
    "language/diagnose",
  ],
  ...["language/document", "language/format", "language/invocation"],
  ...["render/graph_dot", "render/graph_mermaid", "render/graph_svg"],
  ...["render/plan", "render/text"],
  ...["traffic/intents", "traffic/lint", "traffic/types"],
].map((name) => /[.A-Z]/.test(name) ? name : `types/src/${name}.d.ts`);

async function textsIn(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) {
      found.set(name, await Deno.readTextFile(`${folder}/${name}`));
      continue;
    }
    for (const [below, text] of await textsIn(`${folder}/${name}`)) {
      found.set(`${name}/${below}`, text);
    }
  }
  return found;
}

Deno.test({
  name: `npm: packed, installed into an empty folder, run${
    why === undefined ? "" : ` (skipped: ${why})`
  }`,
  ignore: why !== undefined,
  async fn(t) {
    const folder = await Deno.makeTempDir();
    const built = await buildNpm(`${folder}/a`);
    const { stranger, packed } = await Stranger.with(
      `${folder}/a`,
      "typescript@5.9.3",
    );
    await using _ = stranger;
    const home = `${stranger.base}/home`;
    const bin = `${stranger.work}/node_modules/.bin/istiops`;
    const istiops = (...args: readonly string[]) => stranger.run(bin, args);

    await t.step("it has these files and no others", async () => {
      const sums = await Deno.readTextFile(`${folder}/a/dist/SHA256SUMS`);
      const bundle = sums.trim().split("\n").map((line) => line.slice(66));
      assert(bundle.includes("istiops.js"));
      const expected = [
        ...FILES,
        ...[...bundle, "SHA256SUMS"].map((name) => `dist/${name}`),
      ].sort();
      assertEquals(built, expected);
      assertEquals(packed.map(({ path }) => path).sort(), expected);
      const isRun = packed.filter(({ mode }) => (mode & 0o111) !== 0);
      assertEquals(isRun.map(({ path }) => path), ["bin/istiops.cjs"]);
    });

    await t.step("it is the same bytes again, and names no place", async () => {
      await buildNpm(`${folder}/b`);
      const [one, other] = await Promise.all([
        textsIn(`${folder}/a`),
        textsIn(`${folder}/b`),
      ]);
      assertEquals([...one.keys()].sort(), [...other.keys()].sort());
      for (const [name, text] of one) {
        assert(text === other.get(name), `${name} differs`);
        for (const place of [ROOT, folder, Deno.env.get("HOME") ?? ROOT]) {
          assert(!text.includes(place), `${name} names ${place}`);
        }
      }
    });

    await t.step("its manifest says what registries ask for", async () => {
      const read = async (path: string) =>
        JSON.parse(await Deno.readTextFile(path));
      const { license } = await read(`${ROOT}deno.json`);
      const manifest = await read(`${folder}/a/package.json`);
      assertEquals(
        [manifest.name, manifest.version, manifest.license, manifest.engines],
        ["istiops", VERSION, license, { node: ">=20" }],
      );
      assertEquals(manifest.repository.type, "git");
      assertEquals(manifest.optionalDependencies, { deno: DENO });
      const ci = await Deno.readTextFile(`${ROOT}.ci/run`);
      assert(ci.includes(`deno@${DENO})`));
    });

    await t.step("npx runs the tool with the deno of npm", async () => {
      const { code, stdout } = await stranger.run("npx", [
        ...["istiops", "version", "-o", "json"],
      ]);
      const { version, deno } = JSON.parse(stdout);
      assertEquals([code, version, deno], [0, VERSION, DENO]);
    });

    await t.step("statuses and streams are the tool's", async () => {
      const shown = await istiops("--sandbox", "show", "-A", "-o", "json");
      assertEquals([shown.code, shown.stderr], [0, ""]);
      assertEquals(JSON.parse(shown.stdout).kind, "TrafficShow");
      const wrong = await istiops("shift", "--", "-w 999");
      assertEquals([wrong.code, wrong.stdout], [2, ""]);
      assertMatch(wrong.stderr, /^error: /);
      const severe = await istiops(...SHIFT, "-w", "100", "-o", "json");
      assertEquals(severe.code, 4, severe.stderr);
      assertEquals(JSON.parse(severe.stdout).code, "confirmation-needed");
      // As they are: no shell reads them again.
      const odd = await istiops("show", "a b", "$HOME", "`id`", "-o", "json");
      assertMatch(
        JSON.parse(odd.stdout).message ?? odd.stdout,
        /\$HOME|`id`|a b/,
      );
    });

    await t.step(
      "what lies in the folder is none of its business",
      async () => {
        await stranger.write("deno.json", "{ broken");
        const { code, stderr } = await istiops("version");
        await Deno.remove(`${stranger.work}/deno.json`);
        assertEquals([code, stderr], [0, ""]);
      },
    );

    await t.step("a HOME that cannot be written is no trouble", async () => {
      const { code, stderr } = await stranger.run(bin, ["version"], {
        HOME: "/proc/nowhere",
      });
      assertEquals([code, stderr], [0, ""]);
    });

    for (const way of ["the program", "the group"] as const) {
      await t.step({
        name: `SIGTERM to ${way} stops it: 130`,
        ignore: isWindows,
        fn: async () => {
          await Deno.remove(`${home}/.local`, { recursive: true });
          const child = new Deno.Command(bin, {
            ...stranger.options(),
            args: [...SHIFT, "-w", "20", "--settle", "1h", "-o", "json"],
            detached: true,
            stdin: "null",
            stdout: "piped",
            stderr: "piped",
          }).spawn();
          const output = child.output();
          await written(`${home}/.local/state/istiops/sandbox`);
          const isGroup = way === "the group";
          Deno.kill(isGroup ? -child.pid : child.pid, "SIGTERM");
          const { code, stdout } = await output;
          assertEquals(code, 130);
          // Where both get it, and one is late to pass it on, that is a second.
          if (isGroup) return;
          const document = JSON.parse(new TextDecoder().decode(stdout));
          assertEquals(document.code, "interrupted");
          assertEquals(document.outcome.written.length, 1);
        },
      });
    }

    await t.step({
      name: "what kills the tool is seen by who called it",
      ignore: Deno.build.os !== "linux",
      fn: async () => {
        const child = new Deno.Command(bin, {
          ...stranger.options(),
          args: ["sandbox"],
          stdin: "null",
          stdout: "piped",
          stderr: "null",
        }).spawn();
        // It serves.
        const reader = child.stdout.getReader();
        assert(!(await reader.read()).done);
        const { pid } = child;
        const children = await Deno.readTextFile(
          `/proc/${pid}/task/${pid}/children`,
        );
        Deno.kill(Number(children.trim()), "SIGKILL");
        assertEquals((await child.status).signal, "SIGKILL");
        await reader.cancel();
      },
    });

    const noPty = whyNoPty();
    await t.step({
      name: `the shell, Ctrl-Z, fg and Ctrl-C on a terminal${
        noPty === undefined ? "" : ` (skipped: ${noPty})`
      }`,
      ignore: noPty !== undefined,
      fn: async () => {
        const { cwd, env } = stranger.options();
        await using pty = new Pty({
          command: ["bash", "--norc", "--noprofile", "-i"],
          columns: 100,
          rows: 40,
          env: { ...env, HISTFILE: "/dev/null" },
        });
        await pty.shows(/[$#]$/);
        await pty.write("PS1='sh$ '\r");
        await pty.shows("sh$");
        await pty.write(`cd ${cwd}; ${bin} --sandbox\r`);
        await pty.shows(/^istiops sandbox\/default>/);
        await pty.write("version");
        await pty.shows(/default> version$/);
        await pty.write("\x1a");
        await pty.shows(/Stopped/);
        await pty.write("clear; stty -a | grep -o '[-]*icanon'\r");
        await pty.shows("icanon");
        await pty.write("fg\r");
        await pty.shows(/^istiops sandbox\/default> version/);
        await pty.rest();
        await pty.write("\r");
        await pty.shows(new RegExp(`^istiops ${VERSION}`));
        await pty.rest();
        await pty.write("\x04");
        await pty.until(() => /sh\$ $/.test(pty.output), "bash again");
        // In a terminal, both programs get it.
        await Deno.remove(`${home}/.local`, { recursive: true });
        await pty.write(
          `clear; ${bin} ${SHIFT.join(" ")} -w 20 --settle 1h; echo "st=$?"\r`,
        );
        await written(`${home}/.local/state/istiops/sandbox`);
        await pty.rest();
        await pty.write("\x03");
        await pty.shows("st=130");
        await pty.write("exit\r");
        await pty.exited();
      },
    });

    await t.step("Node imports the pure half, and requires it", async () => {
      await stranger.write(
        "a.mjs",
        `import {
           check, diffTraffic, explain, graph, parseLine, renderMermaid,
           requestTo, Snapshot, testRoutes, VERSION, worldOf,
         } from "istiops";
         const { invocation } = parseLine("shift api -b 3 -w 20");
         const { weight } = invocation.intentFor("default");
         const rules = Snapshot.of([]).rules.length;
         const to = (subset) => [{ destination: { host: "api", subset } }];
         const [before, after] = ["v1", "v2"].map((subset) => worldOf([{
           apiVersion: "v1", kind: "Service", metadata: { name: "api" },
           spec: { ports: [{ name: "http", port: 80 }] },
         }, {
           apiVersion: "networking.istio.io/v1", kind: "VirtualService",
           metadata: { name: "api" },
           spec: { hosts: ["api"], http: [{ route: to("v1") }, { route: to(subset) }] },
         }]));
         const asked = {
           request: requestTo("http://api/"),
           client: { kind: "sidecar", namespace: "default", labels: {} },
         };
         const tests = {
           apiVersion: "istiops/v1", kind: "RouteTests",
           tests: [{ request: "http://api/", expect: { subset: "v1" } }],
         };
         console.log(JSON.stringify([
           VERSION, weight, rules,
           explain(after, asked).rule.rule,
           check(after).map(({ code }) => code),
           testRoutes(after, tests).passed,
           diffTraffic(before, after).differences.length,
           renderMermaid(graph(after)).includes("flowchart LR"),
         ]));`,
      );
      const esm = await stranger.run("node", ["a.mjs"]);
      assertEquals(esm.stderr, "");
      assertEquals(JSON.parse(esm.stdout), [
        ...[VERSION, 20, 0, 0, ["IST0130"], 1, 0, true],
      ]);
      const version = (await stranger.run("node", ["--version"])).stdout;
      const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
      const may = major > 22 || major === 22 && minor >= 12 ||
        major === 20 && minor >= 19;
      const cjs = await stranger.run("node", [
        ...["-p", `require("istiops").VERSION`],
      ]);
      if (may) assertEquals(cjs.stdout, `${VERSION}\n`, cjs.stderr);
      else assertMatch(cjs.stderr, /ERR_REQUIRE_ESM/);
    });

    for (const resolution of ["nodenext", "bundler"] as const) {
      await t.step(
        `its types hold under tsc --strict, ${resolution}`,
        async () => {
          const source = (wrong: boolean) =>
            `import { parseLine, renderPlan, requestTo, Snapshot } from "istiops";
           import { check, diffTraffic, explain, graph, worldOf } from "istiops";
           import type { Diagnostic, TrafficPlan, Verdict } from "istiops";
           import type { Explanation, Finding, Graph, World } from "istiops";
           const findings: readonly Diagnostic[] = parseLine("show").diagnostics;
           const now = Snapshot.of([]);
           const plan: TrafficPlan = await now.shift(
             { namespace: "default", names: ["api"], weight: ${
              wrong ? '"20"' : "20"
            } },
             { time: new Date() },
           );
           const client = { kind: "sidecar", namespace: "a", labels: {} } as const;
           const verdict: Verdict = now.evaluate(requestTo("http://a/"), client);
           renderPlan(plan, { color: false, width: 80 });
           const world: World = worldOf([], { whole: true });
           const why: Explanation = explain(world, { request: requestTo("http://a/"), client });
           const all: readonly Finding[] = check(world);
           const drawn: Graph = graph(world);
           const rows = diffTraffic(world, now.world).differences.length;
           export { all, drawn, findings, rows, verdict, why };
          `;
          const tsc = () =>
            stranger.run("node_modules/.bin/tsc", [
              ...["--noEmit", "--strict", "--exactOptionalPropertyTypes"],
              ...["--target", "es2023", "--lib", "es2023"],
              ...["--moduleResolution", resolution, "--module"],
              ...[resolution === "bundler" ? "es2022" : resolution, "a.mts"],
            ]);
          await stranger.write("a.mts", source(false));
          const right = await tsc();
          assertEquals([right.code, right.stdout], [0, ""]);
          await stranger.write("a.mts", source(true));
          assertMatch((await tsc()).stdout, /^a\.mts\(8,.*TS2322/);
        },
      );
    }

    await t.step(
      "what is missing is told in one line, with the next step",
      async () => {
        const alone = `${folder}/a/bin/istiops.cjs`;
        const told = async (preload: string) => {
          await stranger.write("preload.cjs", preload);
          const { code, stdout, stderr } = await stranger.run("node", [
            ...["--require", "./preload.cjs", alone, "version"],
          ]);
          assertEquals([code, stdout, stderr.split("\n").length], [1, "", 2]);
          return stderr.trim();
        };
        const define = (of: string, name: string, value: string) =>
          `Object.defineProperty(${of}, "${name}", { value: "${value}" });`;
        assertMatch(
          await told(define("process.versions", "node", "18.20.8")),
          /^error: istiops needs Node 20 or newer, and this is Node 18\.20\.8: install/,
        );
        assertMatch(
          await told(""),
          /^error: istiops runs on the package deno, which is not there: install/,
        );
        assertMatch(
          await told(define("process", "arch", "ia32")),
          /^error: Deno has no binary on npm for \w+-ia32: .* deno run -A .*istiops\.js$/,
        );
        if (Deno.build.os !== "linux") return;
        assertMatch(
          await told("process.report.getReport = () => ({ header: {} });"),
          /^error: Deno has no binary on npm for Linux with musl: /,
        );
      },
    );

    await t.step(
      "the systems it names are those of the deno package",
      async () => {
        const { optionalDependencies } = JSON.parse(
          await Deno.readTextFile(
            `${stranger.work}/node_modules/deno/package.json`,
          ),
        );
        const source = await Deno.readTextFile(
          `${ROOT}packaging/npm/istiops.cjs`,
        );
        const [, list = ""] = /PLATFORMS = \[([^\]]*)/.exec(source) ?? [];
        assertEquals(
          [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name).sort(),
          Object.keys(optionalDependencies).map((name) =>
            name.replace(/^@deno\/|-glibc$/g, "")
          ).sort(),
        );
      },
    );

    await Deno.remove(folder, { recursive: true });
  },
});

/** Until the subset is written, and the wait for the proxies has begun. */
async function written(stateDir: string): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await using cluster = await openSandbox({ stateDir });
    const rule = await cluster.get({
      kind: "DestinationRule",
      namespace: "default",
      name: "api-domain-destinationrule",
    });
    if (JSON.stringify(rule).includes('"api-domain-3-default"')) return;
  }
}
