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

async function deno(...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  return text.decode(stdout);
}

/** All that is loaded with a module; what only types need is not. */
async function loadedBy(entry: string): Promise<readonly string[]> {
  const graph: Graph = JSON.parse(await deno("info", "--json", entry));
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
  /^src\/(istio|traffic|language|render)\/|^(pure|src\/(snapshot|lines|errors|version|yaml))\.ts$/;
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
  const config = await Deno.makeTempFile({ suffix: ".json" });
  try {
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
    await deno("check", "--quiet", "--no-lock", "--config", config, "pure.ts");
  } finally {
    await Deno.remove(config);
  }
});
