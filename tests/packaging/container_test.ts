/**
 * The container: what its Dockerfile says, and what comes of it on a root that
 * cannot be written. An engine builds it where there is one.
 *
 * @module
 */

import { startSandbox } from "../../src/sandbox/mod.ts";
import { VERSION } from "../../src/version.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { last, parseDockerfile } from "./rig/dockerfile.ts";
import { whyNoEngine } from "./rig/engine.ts";
import {
  buildImage,
  type ContainerOptions,
  DOCKERFILE,
  whyNoImage,
} from "./rig/image.ts";

const ROOT = new URL("../../", import.meta.url);
const SHIFT = [
  ...["shift", "-l", "app=api-domain", "-b", "3", "-w", "20"],
  ...["--settle", "0s"],
];
const PLAN = [
  ...["shift", "-l", "app=api-domain", "-b", "3", "-w", "30"],
  ...["--settle", "0s", "--plan-out"],
];
const noImage = whyNoImage();

Deno.test("the image has a user without rights, no shell, and narrow permissions", async () => {
  const [build, final] = parseDockerfile(DOCKERFILE);
  const ci = await Deno.readTextFile(new URL(".ci/run", ROOT));
  const [, deno] = /deno@(\S+)\)/.exec(ci)!;
  assertEquals(build!.base, `denoland/deno:${deno}`);
  assertEquals(final!.base, `denoland/deno:distroless-${deno}`);
  assertEquals(last(final!, "USER").text, "65532:65532");
  const labels = last(final!, "LABEL").text;
  assertStringIncludes(labels, `image.version="${VERSION}"`);
  for (const name of ["title", "description", "source", "licenses"]) {
    assertMatch(labels, new RegExp(`org.opencontainers.image.${name}="[^"]+"`));
  }
  // The final stage runs nothing: there is nothing that could.
  const keywords = final!.instructions.map(({ keyword }) => keyword);
  assert(!keywords.includes("RUN") && !keywords.includes("ADD"));
  const { text, words } = last(final!, "ENTRYPOINT");
  assert(text.startsWith("["));
  assertEquals(
    words.filter((word) => word.startsWith("--allow-"))
      .map((word) => word.split("=")[0]),
    ["--allow-net", "--allow-read", "--allow-write", "--allow-env"],
  );
  assert(words.includes("--no-prompt") && words.includes("--no-remote"));
  const [tests] = parseDockerfile(
    await Deno.readTextFile(
      new URL("packaging/container/Dockerfile.test", ROOT),
    ),
  );
  assertEquals(tests!.base, build!.base);
  assertMatch(last(tests!, "USER").text, /^[1-9]\d*:[1-9]\d*$/);
  assertEquals(last(tests!, "CMD").words, ["task", "test"]);
});

Deno.test("what is not sent to the engine are folders by their plain names", async () => {
  const text = await Deno.readTextFile(new URL(".dockerignore", ROOT));
  const names = text.trim().split("\n");
  assert(names.every((name) => /^[\w.-]+$/.test(name)));
  assertEquals(names, [...names].sort());
  const kept = await Deno.readTextFile(new URL(".gitignore", ROOT));
  for (const name of [...kept.trim().split("\n"), ".git"]) {
    assert(names.includes(name.replace("/", "")), name);
  }
});

Deno.test({
  name: `on a root that cannot be written, as its user, it does all it has to${
    noImage === undefined ? "" : ` (skipped: ${noImage})`
  }`,
  ignore: noImage !== undefined,
  async fn(step) {
    await using image = await buildImage();
    await using sandbox = await startSandbox();
    const folder = await Deno.makeTempDir();
    const make = async (name: string): Promise<string> => {
      await Deno.mkdir(`${folder}/${name}`);
      await Deno.chown(`${folder}/${name}`, 65532, 65532);
      return `${folder}/${name}`;
    };
    const kube = await make("kube");
    const work = await make("work");
    const state = await make("state");
    await Deno.writeTextFile(
      `${kube}/config`,
      JSON.stringify({
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: sandbox.url } }],
        users: [{ name: "u", user: {} }, {
          name: "plugin",
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1",
              command: "/bin/deno",
              interactiveMode: "Never",
            },
          },
        }],
      }),
    );
    const mounts = { "/home/nonroot/.kube": `${kube}:ro` };
    const run = async (
      argv: readonly string[],
      options: ContainerOptions = {},
    ) =>
      await image.run(argv, {
        ...options,
        mounts: { ...mounts, ...options.mounts },
      });

    await step.step(
      "it tells its version, and its help by default",
      async () => {
        const { code, stdout, stderr } = await run(["version", "-o", "json"]);
        assertEquals([code, stderr], [0, ""]);
        assertEquals(JSON.parse(stdout).version, VERSION);
      },
    );
    await step.step(
      "a change is done; no log is kept, and --verbose says so",
      async () => {
        const done = await run(SHIFT);
        assertEquals([done.code, done.stderr], [0, ""]);
        assertStringIncludes(done.stdout, "Done");
        const undone = await run([
          ...["undo", "api-domain-virtualservice", "--settle", "0s"],
          "--verbose",
        ]);
        assertEquals(undone.code, 0, undone.stderr);
        assertMatch(undone.stderr, /no audit log: no permission to write/);
      },
    );
    await step.step("with /state the log is kept", async () => {
      const given = {
        env: { XDG_STATE_HOME: "/state" },
        mounts: { "/state": state },
      };
      const done = await run(SHIFT, given);
      assertEquals([done.code, done.stderr], [0, ""]);
      const log = await run(["history", "--local", "-o", "json"], given);
      assertEquals(JSON.parse(log.stdout).attempts[0].outcome, "ok");
      const undone = await run(
        ["undo", "api-domain-virtualservice", "--settle", "0s"],
        given,
      );
      assertEquals(undone.code, 0, undone.stderr);
    });
    await step.step(
      "a /state that cannot be written is one warning",
      async () => {
        const env = { XDG_STATE_HOME: "/state" };
        const done = await run(SHIFT, { env });
        assertEquals(done.code, 0, done.stderr);
        const lines = done.stdout.match(/^- No line of the audit log.*$/gm);
        assertEquals([lines?.length, done.stderr], [1, ""]);
        assertStringIncludes(done.stdout, "Read-only file system");
      },
    );
    await step.step("a plan goes through /work", async () => {
      const given = { mounts: { "/work": work } };
      const plan = await run([...PLAN, "p.json"], given);
      assertEquals(plan.code, 0, plan.stderr);
      const applied = await run(["apply", "p.json"], given);
      assertEquals(applied.code, 0, applied.stderr);
    });
    await step.step("what may not be is refused in a line", async () => {
      const outside = await run(["apply", "/etc/passwd"]);
      assertEquals(outside.code, 1);
      assertEquals(outside.stdout, "");
      const plan = await run([...PLAN, "/istiops/p.json"]);
      assertEquals(plan.code, 1, plan.stdout);
      assertMatch(plan.stderr, /^error: /);
    });
    await step.step("there is no program to get into", () => {
      const names = [...Deno.readDirSync(`${image.root}/bin`)];
      assertEquals(names.map(({ name }) => name), ["deno"]);
    });
    await Deno.remove(folder, { recursive: true });
  },
});

const { engine, why } = await whyNoEngine();

Deno.test({
  name: `an engine builds the image, and runs it with nothing writable${
    why === undefined ? ` (${engine})` : ` (skipped: ${why})`
  }`,
  ignore: why !== undefined,
  async fn() {
    const run = async (...args: string[]): Promise<string> => {
      const { success, stdout, stderr } = await new Deno.Command(engine!, {
        args,
        cwd: ROOT,
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    const tag = `istiops-test:${crypto.randomUUID()}`;
    await run("build", "-f", "packaging/container/Dockerfile", "-t", tag, ".");
    try {
      const once = ["run", "--rm", "--read-only", "--cap-drop=ALL"];
      const said = await run(...once, tag, "version", "-o", "json");
      assertEquals(JSON.parse(said).version, VERSION);
      const user = await run("inspect", "-f", "{{.Config.User}}", tag);
      assertEquals(user.trim(), "65532:65532");
    } finally {
      await run("rmi", tag);
    }
  },
});
