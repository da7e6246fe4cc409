/** docs/migration-kubectl.md: what comes of each script, by a real kubectl. */
import { runCli } from "../../src/cli/run.ts";
import { tokenize } from "../../src/language/tokens.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import { createMesh, requestTo, sidecarIn } from "../../src/sandbox/mesh.ts";
import type { Sandbox } from "../../src/sandbox/mod.ts";
import type { VirtualService } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { whyNoKubectl } from "../support/kubectl.ts";
import { codes, kubeconfigFor, pageText, rowsOf } from "./pages.ts";

const REF = {
  kind: "VirtualService",
  namespace: "default",
  name: "api-domain-virtualservice",
} as const;

/** A script of the page, what takes its place, and what came of both. */
interface Pair {
  readonly heading: string;
  readonly scripts: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const PAIRS: readonly Pair[] = (await pageText("migration-kubectl.md"))
  .split("\n## ").slice(1)
  .map((section) => ({
    heading: section.split("\n", 1)[0] ?? "",
    scripts: [...section.matchAll(/```sh\n([^]*?)```/g)]
      .map(([, script = ""]) => script),
    rows: rowsOf(section),
  }))
  .filter(({ scripts }) => scripts.length > 0);

const missing = await whyNoKubectl();
const why = missing === undefined ? "" : ` (skipped: ${missing})`;

Deno.test("each section of the page has a script, a line in its place, and what came of both", () => {
  assert(PAIRS.length > 5);
  for (const { heading, scripts, rows } of PAIRS) {
    assertEquals(scripts.length, 2, heading);
    assert(rows.length > 1, heading);
    const [before = "", after = ""] = scripts;
    assert(/^kubectl/.test(before) && !/^istiops/m.test(before), heading);
    assert(/^istiops/m.test(after), heading);
  }
});

for (const { heading, scripts, rows } of PAIRS) {
  for (const [side, script] of scripts.entries()) {
    const who = side === 0 ? "kubectl" : "istiops";
    Deno.test({
      name: `${heading}: what comes of it with ${who}${why}`,
      ignore: missing !== undefined,
      async fn() {
        const facts = rows.map(([fact = ""]) => fact);
        const found = new Map<string, string>();
        for (const each of CIRCUMSTANCES) {
          const here = facts.filter((fact) => circumstanceOf(fact) === each);
          if (here.length === 0) continue;
          await using sandbox = await startSandbox();
          const exit = await runIn(each, { script, sandbox });
          for (const fact of here) {
            found.set(fact, await factOf(fact, { exit, sandbox }));
          }
        }
        assertEquals(
          facts.map((fact) => [fact, found.get(fact)]),
          rows.map((row) => [row[0], row[side + 1]]),
        );
      },
    });
  }
}

const CIRCUMSTANCES = ["once", "twice", "after a rule was added"] as const;

type Circumstance = typeof CIRCUMSTANCES[number];

function circumstanceOf(fact: string): Circumstance {
  return CIRCUMSTANCES.find((each) => fact.endsWith(each)) ?? "once";
}

/** Runs a script; the status of its last run. */
async function runIn(
  circumstance: Circumstance,
  of: { readonly script: string; readonly sandbox: Sandbox },
): Promise<number> {
  if (circumstance === "after a rule was added") {
    await of.sandbox.cluster.patch(REF, [{
      op: "add",
      path: "/spec/http/0",
      value: {
        name: "new",
        match: [{ uri: { exact: "/new" } }],
        redirect: { uri: "/" },
      },
    }]);
  }
  const first = await runScript(of.script, of.sandbox);
  return circumstance === "twice"
    ? await runScript(of.script, of.sandbox)
    : first;
}

/** A fact of the page, as it is on a cluster after a script. */
async function factOf(
  fact: string,
  { exit, sandbox }: { readonly exit: number; readonly sandbox: Sandbox },
): Promise<string> {
  if (fact.startsWith("Exit status")) return `${exit}`;
  if (fact.startsWith("Rules")) return `${(await rulesOf(sandbox)).length}`;
  const [path = "", header] = codes(fact);
  return answerTo(path, header, sandbox);
}

async function rulesOf({ cluster }: Sandbox) {
  const object = await cluster.get(REF) as VirtualService;
  return object.spec.http ?? [];
}

/** `1: 90 %, 2: 10 %, timeout 5s`, or the status of what is no answer of a pod. */
function answerTo(
  path: string,
  header: string | undefined,
  { store }: Sandbox,
): string {
  using mesh = createMesh(store);
  const [name = "", value = ""] = header?.split(": ") ?? [];
  const request = requestTo(
    `http://api-domain:5000${path}`,
    header === undefined ? {} : { [name]: value },
  );
  const client = sidecarIn("default");
  const { status, verdict } = mesh.send(request, client);
  const { destinations, rule, source } = verdict;
  if (destinations.length === 0) return `${status}`;
  const shares = destinations.map(({ fraction, subset = "" }) => {
    const build = /^api-domain-(.*)-default$/.exec(subset)?.[1];
    return `${build}: ${Math.round(fraction * 1000) / 10} %`;
  });
  // Where nobody can answer, which share fails is of no interest.
  const counts = mesh.sendMany(20, request, { client });
  if ([...counts.keys()].every((got) => got.startsWith("503"))) return "503";
  const timeout = source?.spec.http?.[rule ?? -1]?.timeout;
  return [
    ...shares,
    ...(timeout === undefined ? [] : [`timeout ${timeout}`]),
  ].join(", ");
}

/** Runs a script of the page; the status of the first command that fails. */
async function runScript(script: string, { url }: Sandbox): Promise<number> {
  const home = await Deno.makeTempDir();
  const KUBECONFIG = `${home}/kubeconfig`;
  await Deno.writeTextFile(KUBECONFIG, kubeconfigFor(url));
  const env = { HOME: home, KUBECONFIG };
  try {
    // The tool runs in this process, what is between its lines in a shell.
    for (const part of script.split(/^(istiops .*)$/m)) {
      const status = part.startsWith("istiops")
        ? await istiops(part, env)
        : await shell(part, env);
      if (status !== 0) return status;
    }
    return 0;
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

type Env = Readonly<Record<string, string>>;

async function istiops(line: string, env: Env): Promise<number> {
  const words = tokenize(line).tokens.map(({ value }) => value).slice(1);
  const { io } = new FakeProcess({ env });
  return await runCli([...words, "--settle", "0s"], io);
}

async function shell(text: string, env: Env): Promise<number> {
  const { code } = await new Deno.Command("sh", {
    args: ["-eu", "-c", text],
    env: { ...env },
    stdout: "null",
    stderr: "null",
  }).output();
  return code;
}
