import { audit } from "../../scripts/audit.ts";
import type { Lock } from "../../scripts/sbom.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  bundledPackages,
  differencesToLock,
  shippedBy,
} from "../support/sbom.ts";
import { type Published, startNpmRegistry } from "./rig/npm_registry.ts";
import { type Ended, type Tree, treeOf } from "./rig/trees.ts";
import { type Row, skipped, suite } from "./suite.ts";

const ROOT = new URL("../../", import.meta.url);
const SETTINGS = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", ROOT)),
);
const LOCK: Lock = JSON.parse(
  await Deno.readTextFile(new URL("deno.lock", ROOT)),
);
/** A package that is bundled, as the lock names it. */
const RE2 = Object.keys(LOCK.npm).find((key) => key.startsWith("re2js@"))!;
const DAY = 86_400_000;

/** A small project with this one's settings, and its registry. */
async function projectOf(
  packages: readonly Published[],
): Promise<Tree & { readonly registry: AsyncDisposable }> {
  const registry = await startNpmRegistry(packages);
  const { lock, minimumDependencyAge } = SETTINGS;
  const tree = await treeOf({
    "deno.json": JSON.stringify({
      lock,
      minimumDependencyAge,
      imports: { part: "npm:part@1.0.0" },
    }),
    "main.ts": `import part from "part"; console.log(part);`,
  }, { env: registry.env });
  return {
    ...tree,
    registry,
    async [Symbol.asyncDispose]() {
      await tree[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

function assertRefused({ code, stderr }: Ended, why: string): void {
  assertNotEquals(code, 0);
  assertStringIncludes(stderr, why);
}

function assertDone({ code, stderr }: Ended): void {
  assertEquals(code, 0, stderr);
}

suite(
  {
    id: "S15",
    shows: "what the lock does not name is neither installed, run nor checked",
    command: "install, run, check",
  },
  async () => {
    await using project = await projectOf([
      { name: "part", version: "1.0.0", source: `export default "first";` },
      { name: "part", version: "1.0.1", source: `export default "second";` },
    ]);
    assertDone(await project.deno("install", "--frozen=false"));
    assertEquals((await project.deno("run", "main.ts")).stdout, "first\n");
    const locked = await Deno.readTextFile(`${project.folder}/deno.lock`);
    await project.edit("deno.json", (text) => text.replace("1.0.0", "1.0.1"));
    for (
      const verb of [["install"], ["run", "main.ts"], ["check", "main.ts"]]
    ) {
      assertRefused(await project.deno(...verb), "lockfile is out of date");
    }
    assertEquals(
      await Deno.readTextFile(`${project.folder}/deno.lock`),
      locked,
    );
  },
);

suite(
  {
    id: "S15",
    shows: "a version that has not been out for a week is not taken in",
    command: "install",
  },
  async () => {
    for (const [days, taken] of [[0, false], [6, false], [8, true]] as const) {
      await using project = await projectOf([{
        name: "part",
        version: "1.0.0",
        source: `export default "new";`,
        time: new Date(Date.now() - days * DAY),
      }]);
      const ended = await project.deno("install", "--frozen=false");
      if (taken) assertDone(ended);
      else assertRefused(ended, "minimum dependency date");
    }
  },
);

suite(
  {
    id: "S15",
    shows:
      "Deno runs what lies in its cache, whatever the lock says; --reload does not",
    command: "run",
  },
  async () => {
    await using project = await projectOf([
      { name: "part", version: "1.0.0", source: `export default "true";` },
    ]);
    assertDone(await project.deno("install", "--frozen=false"));
    await tamper(
      project,
      "part/1.0.0/index.js",
      (text) => text.replace("true", "false"),
    );
    assertDone(await project.deno("install", "--frozen"));
    // As it is with Deno 2.9.6: why a bundle is built of fresh packages.
    assertEquals((await project.deno("run", "main.ts")).stdout, "false\n");
    assertEquals(
      (await project.deno("run", "--reload", "main.ts")).stdout,
      "true\n",
    );
  },
);

/** Changes a file of a package in the cache. */
async function tamper(
  tree: Tree,
  file: string,
  change: (text: string) => string,
): Promise<void> {
  const npm = `${tree.cache}/npm`;
  for await (const { name, isDirectory } of Deno.readDir(npm)) {
    if (!isDirectory) continue; // One folder for each registry: one.
    const path = `${npm}/${name}/${file}`;
    await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
  }
}

function weaknessOf(name: string, severity: string): object {
  return {
    [name]: [{
      id: 1,
      url: "https://advisories.example/1",
      title: "A weakness",
      severity,
      vulnerable_versions: "*",
      cwe: [],
      cvss: { score: 0, vectorString: null },
    }],
  };
}

const CANARY = weaknessOf("minimist", "critical");

/** What the registry answers, and what the task makes of it. */
const ANSWERS: readonly {
  readonly answer: () => Response;
  readonly code: number;
  readonly says: RegExp;
}[] = [
  {
    answer: () => Response.json(CANARY),
    code: 0,
    says: /^No known vulnerabilities found\n$/,
  },
  {
    answer: () =>
      Response.json({ ...CANARY, ...weaknessOf("ajv", "moderate") }),
    code: 0,
    says: /0 low, 1 moderate, 0 high, 0 critical/,
  },
  {
    answer: () =>
      Response.json({ ...CANARY, ...weaknessOf("fast-uri", "high") }),
    code: 1,
    says: /A weakness[^]*high[^]*fast-uri/,
  },
  {
    answer: () => Response.json({}),
    code: 1,
    says: /^not audited: nothing is known of minimist 0\.0\.8 there\n$/,
  },
  {
    answer: () => Response.json({}, { status: 500 }),
    code: 1,
    says: /^not audited: .+\n$/,
  },
  {
    answer: () => new Response("no", { status: 405 }),
    code: 1,
    says: /^not audited: .+\n$/,
  },
];

suite(
  {
    id: "S15",
    shows: "a grave weakness fails the audit, and so does no answer",
    command: "task audit",
  },
  async (_, report) => {
    for (const { answer, code, says } of ANSWERS) {
      await using registry = await startNpmRegistry();
      registry.advisories = answer;
      const script = new URL("scripts/audit.ts", ROOT).pathname;
      const ended = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", script],
        env: registry.env,
      }).output();
      const said = new TextDecoder().decode(ended.stdout);
      assertMatch(said, says);
      assertEquals(ended.code, code, said);
      // It was asked for everything that the lock names.
      const asked = Object.entries(registry.asked)
        .flatMap(([name, versions]) =>
          versions.map((version) => `${name}@${version}`)
        ).filter((key) => !key.startsWith("minimist@"));
      assertEquals(asked.sort(), Object.keys(LOCK.npm).sort());
      report.note("answers", 1);
    }
  },
);

const AUDIT: Row = {
  id: "S15",
  shows: "no weakness of grade high is known of any package in the lock",
  command: "audit",
};
const audited = await audit(ROOT);
if (audited.audited) {
  suite(AUDIT, () => assert(audited.passed, audited.said));
} else {
  skipped(AUDIT, audited.why);
}

const TAMPERED_LOCK: Row = {
  id: "S15",
  shows: "a package is not installed under another hash than the lock's",
  command: "install",
};
const TAMPERED_CACHE: Row = {
  id: "S15",
  shows: "what somebody put into the cache, or into the lock, is in no bundle",
  command: "task build",
};
const SBOM: Row = {
  id: "S15",
  shows: "the SBOM names what the lock does, and as shipped what is bundled",
  command: "task build",
};

const VALID: Row = {
  id: "S15",
  shows: "the SBOM is SPDX 2.3 to the reference tools",
  command: "task sbom",
};

async function hasSpdxTools(): Promise<boolean> {
  try {
    return (await new Deno.Command("pyspdxtools", { args: ["--help"] })
      .output()).success;
  } catch {
    return false;
  }
}

/** Another hash for one package. */
function withOtherHash(lock: string): string {
  const { integrity } = LOCK.npm[RE2]!;
  const at = integrity.length - 20;
  const other = integrity[at] === "A" ? "B" : "A";
  return lock.replace(
    integrity,
    integrity.slice(0, at) + other + integrity.slice(at + 1),
  );
}

const untouched = await treeOf();
const control = await untouched.deno("install", "--frozen");
await untouched[Symbol.asyncDispose]();
if (control.code !== 0) {
  const why = "packages cannot be fetched here";
  for (const row of [TAMPERED_LOCK, TAMPERED_CACHE, SBOM, VALID]) {
    skipped(row, why);
  }
} else {
  suite(TAMPERED_LOCK, async () => {
    await using tree = await treeOf();
    await tree.edit("deno.lock", withOtherHash);
    const ended = await tree.deno("install", "--frozen");
    assertRefused(ended, "Tarball checksum did not match");
    assertStringIncludes(ended.stderr, "re2js@");
  });

  suite(TAMPERED_CACHE, async () => {
    await using tree = await treeOf();
    const build = (...args: string[]) =>
      tree.deno("run", "-A", "--quiet", "scripts/build.ts", ...args);
    const sums = () => Deno.readTextFile(`${tree.folder}/dist/SHA256SUMS`);
    assertDone(await build());
    const clean = await sums();
    await tamper(
      tree,
      `${RE2.replace("@", "/")}/build/index.js`,
      (text) => `${text}\nglobalThis.tampered = 1;\n`,
    );
    assertDone(await build());
    // The danger is there: without --fresh the cache is believed.
    assertNotEquals(await sums(), clean);
    assertDone(await build("--fresh"));
    assertEquals(await sums(), clean);
    await tree.edit("deno.lock", withOtherHash);
    assertDone(await build());
    assertRefused(await build("--fresh"), "Tarball checksum did not match");
  });

  suite(SBOM, async (_, report) => {
    await using tree = await treeOf();
    assertDone(
      await tree.deno("run", "-A", "--quiet", "scripts/build.ts", "--fresh"),
    );
    const sbom = JSON.parse(
      await Deno.readTextFile(`${tree.folder}/dist/istiops.spdx.json`),
    );
    assertEquals(differencesToLock(sbom, LOCK), []);
    assertEquals(shippedBy(sbom), await bundledPackages(ROOT));
    report.note("packages", Object.keys(LOCK.npm).length);
    report.note("shipped", shippedBy(sbom).length);
    // One entry that is another is seen.
    for (const [key, name] of Object.keys(LOCK.npm).entries()) {
      const copy = structuredClone(sbom);
      const one = copy.packages[key + 1];
      one.checksums[0].checksumValue = one.checksums[0].checksumValue
        .replace(/^./, (digit: string) => digit === "0" ? "1" : "0");
      assertEquals(differencesToLock(copy, LOCK), [
        `${name} has another hash`,
      ]);
    }
  });

  if (await hasSpdxTools()) {
    suite(VALID, async () => {
      await using tree = await treeOf();
      const { stdout } = await tree.deno(
        ...["run", "-A", "--quiet", "scripts/sbom.ts"],
      );
      const validate = async (text: string) => {
        const path = `${tree.folder}/sbom.spdx.json`;
        await Deno.writeTextFile(path, text);
        return (await new Deno.Command("pyspdxtools", {
          args: ["--infile", path],
        }).output()).code;
      };
      assertEquals(await validate(stdout), 0);
      assertNotEquals(await validate(stdout.replace("CC0-1.0", "MIT")), 0);
    });
  } else skipped(VALID, "pyspdxtools is not on PATH");
}
