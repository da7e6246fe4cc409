import { assert, assertEquals } from "../support/assert.ts";

const ROOT = new URL("../../", import.meta.url);

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier: string };
    }[];
  }[];
  readonly redirects: Readonly<Record<string, string>>;
}

async function deno(
  ...args: readonly string[]
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** All that is loaded with a module; what only types need is not. */
async function loadedBy(entry: string): Promise<readonly string[]> {
  const { stdout } = await deno("info", "--json", entry);
  const graph: Graph = JSON.parse(stdout);
  const modules = new Map(
    graph.modules.map((module) => [module.specifier, module]),
  );
  const loaded = new Set([new URL(entry, ROOT).href]);
  for (const specifier of loaded) {
    const module = modules.get(graph.redirects[specifier] ?? specifier);
    for (const { code } of module?.dependencies ?? []) {
      if (code) loaded.add(code.specifier);
    }
  }
  return [...loaded].map((each) => each.replace(ROOT.href, "")).sort();
}

/** Folders that do no I/O, and what stands between them and the door. */
const PURE =
  /^src\/(istio|traffic|language|render)\/|^(pure|src\/(world|insight|snapshot|lines|shell_line|errors|version|yaml))\.ts$/;
const PACKAGES = /^npm:\/?(@noble\/hashes|deno-std|diff|re2js)@/;

Deno.test("./pure loads pure folders only, and four packages", async () => {
  const loaded = await loadedBy("pure.ts");
  assertEquals(
    loaded.filter((each) => !PURE.test(each) && !PACKAGES.test(each)),
    [],
  );
  for (const folder of ["istio", "traffic", "language", "render"]) {
    assert(loaded.some((each) => each.startsWith(`src/${folder}/`)), folder);
  }
});

Deno.test("what ./pure loads names nothing that only Deno has, nor what a machine tells", async () => {
  const impure =
    /\bDeno\.|["']node:|\bprocess\.|\bconsole\.|\bfetch\(|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bcrypto\.|\bperformance\.|\bset(Timeout|Interval)\(/;
  for (const path of await loadedBy("pure.ts")) {
    if (!PURE.test(path)) continue;
    const code = (await Deno.readTextFile(new URL(path, ROOT)))
      .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    assertEquals(code.match(impure)?.[0], undefined, path);
  }
});

Deno.test("./pure uses no more of the language than Node 20 has", async () => {
  const settings = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const folder = await Deno.makeTempDir();
  const [config, probe] = [`${folder}/deno.json`, `${folder}/probe.ts`];
  try {
    // What is wrong on purpose shows that such things are told.
    await Deno.writeTextFile(probe, "Map.groupBy([1], String);\n");
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        imports: settings.imports,
        compilerOptions: {
          ...settings.compilerOptions,
          // Node 20 is ES2023 with these two of later years.
          lib: ["es2023", "es2024.string", "esnext.disposable", "dom"],
        },
      }),
    );
    const { stderr } = await deno(
      ...["check", "--quiet", "--no-lock", "--config", config],
      ...["pure.ts", probe],
    );
    const files = [...stderr.matchAll(/ at (file:\S+?):\d+:\d+$/gm)]
      .map(([, file = ""]) => file.replace(ROOT.href, ""));
    assert(files.includes(`file://${probe}`), stderr);
    // Modules of which only types are needed may do as they like.
    const loaded = await loadedBy("pure.ts");
    assertEquals(files.filter((file) => loaded.includes(file)), [], stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
