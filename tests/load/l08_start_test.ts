import { assert, assertEquals } from "../support/assert.ts";
import { suite } from "../fault/suite.ts";

const ROOT = new URL("../../", import.meta.url);

/** What talks to clusters, changes traffic or is somebody else's. */
const HEAVY = /^(src\/(cluster|sandbox|actions|istio)\/|(?!src\/|main\.ts$))/;

/** Paths of the modules that a command has loaded, as the engine saw them. */
async function loadedBy(argv: readonly string[]): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  try {
    await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", `--coverage=${folder}`],
        new URL("main.ts", ROOT).href,
        ...argv,
      ],
      stdout: "null",
      stderr: "null",
    }).output();
    const paths = new Set<string>();
    for await (const { name } of Deno.readDir(folder)) {
      const seen = JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
      paths.add(String(seen.url).replace(ROOT.href, ""));
    }
    return [...paths].sort();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

suite(
  {
    id: "L8",
    shows:
      "help, the version and a slip of the pen load the command language, and nothing that talks to a cluster",
    command: "--help, --version, shift --help, completions bash, shfit",
  },
  async (_, report) => {
    const all = new Set<string>();
    for (
      const argv of [
        ["--help"],
        ["--version"],
        ["shift", "--help"],
        ["completions", "bash"],
        ["shfit"],
      ]
    ) {
      const loaded = await loadedBy(argv);
      assert(loaded.includes("src/cli/run.ts"), loaded.join(" "));
      assertEquals(loaded.filter((path) => HEAVY.test(path)), [], argv[0]);
      for (const path of loaded) all.add(path);
    }
    let bytes = 0;
    for (const path of all) {
      bytes += (await Deno.stat(new URL(path, ROOT))).size;
    }
    report.note("modules", all.size);
    report.note("KiB of source", Math.round(bytes / 1024));
    // The look itself: what does talk to a cluster is seen.
    const more = await loadedBy(["--sandbox", "show"]);
    assert(more.includes("src/cluster/transport.ts"));
    assert(more.some((path) => path.includes("deno-std")));
  },
);
