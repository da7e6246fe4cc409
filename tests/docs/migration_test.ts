/** docs/migration.md: each line of the Go tool's has the result that is stated. */
import { runCli } from "../../src/cli/run.ts";
import { commandAt, optionsOf } from "../../src/language/commands.ts";
import { tokenize } from "../../src/language/tokens.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import { scenario } from "../../src/sandbox/scenario.ts";
import type { KubeObject, VirtualService } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { codes, kubeconfigFor, pageText, tableOf } from "./pages.ts";

const PAGE = await pageText("migration.md");

const [common = ""] = codes(PAGE.split("`…` stands for")[1] ?? "");

/** The words of a line of the page. */
function wordsOf(line: string): readonly string[] {
  return tokenize(line.replace("…", common)).tokens.map(({ value }) => value);
}

const LINES = tableOf(PAGE, "lines").map(([cell = "", there, here = ""]) => ({
  line: codes(cell)[0] ?? "",
  there: Number(there),
  here,
}));

/** `done`, `asks` or the code and the exit, as the page writes it. */
function resultOf(status: number, text: string): string {
  if (status === 0) return "done";
  const { code } = JSON.parse(text);
  return status === 4 && code === "confirmation-needed"
    ? "asks"
    : `\`${code}\` (${status})`;
}

Deno.test("the page has lines of every command of the Go tool", () => {
  assert(LINES.length > 30);
  for (const verb of ["traffic show", "traffic shift", "traffic clear"]) {
    assert(LINES.some(({ line }) => line.startsWith(verb)), verb);
  }
});

Deno.test.each(LINES.map(({ line, here }) => ({ line, here })))(
  "of the Go tool's $line comes $here",
  async ({ line, here }) => {
    const home = await Deno.makeTempDir();
    const words = wordsOf(line);
    const isBare = ["version", "traffic"].includes(line);
    const isChange = /shift|clear/.test(line);
    const process = new FakeProcess({ env: { HOME: home } });
    const status = await runCli([
      ...(isBare ? [] : ["--sandbox"]),
      ...words,
      ...(isChange ? ["--settle", "0s"] : []),
      ...(words.includes("-o") ? [] : ["-o", "json"]),
    ], process.io);
    await Deno.remove(home, { recursive: true });
    assertEquals(resultOf(status, process.stdout), here, process.stderr);
  },
);

/** As the Go tool prints them, with the commands that have them. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  "show": ["-l, --label-selector", "-n, --namespace", "-o, --output"],
  "shift": [
    ...["-b, --build", "-d, --destination", "-e, --exact", "-H, --headers"],
    ...["-l, --label-selector", "-n, --namespace", "-p, --pod-selector"],
    ...["-r, --regexp", "-w, --weight"],
  ],
  "clear": ["-l, --label-selector", "-m, --mode", "-n, --namespace"],
};
const EVERYWHERE = ["--context", "--kubeconfig", "-h, --help"];

Deno.test("each flag of the Go tool is an option of the same command, and on the page", () => {
  const rows = new Map(
    tableOf(PAGE, "flags").map(([flag = "", of]) => [
      codes(flag).join(", "),
      of,
    ]),
  );
  const known = new Set<string>();
  for (const [verb, own] of Object.entries(FLAGS)) {
    const command = commandAt([verb]);
    assert(command);
    const options = optionsOf(command).map(({ long, short }) =>
      short === undefined ? `--${long}` : `-${short}, --${long}`
    );
    for (const flag of [...own, ...EVERYWHERE]) {
      known.add(flag);
      assert(options.includes(flag), `${verb} ${flag}`);
      const of = rows.get(flag) ?? "";
      assert(of === "all" || of.includes(`\`${verb}\``), `${verb} ${flag}`);
    }
  }
  assertEquals([...rows.keys()].filter((flag) => !known.has(flag)), []);
});

/** All values at a path such as `.a[].b`. */
function valuesAt(value: unknown, path: string): readonly unknown[] {
  return path.split(".").filter((part) => part !== "").reduce<unknown[]>(
    (found, part) => {
      const inner = found.flatMap((each) => {
        const of = each as Readonly<Record<string, unknown>>;
        const name = part.replace("[]", "");
        return name === "" ? [of] : name in of ? [of[name]] : [];
      });
      return part.endsWith("[]") ? inner.flat() : inner;
    },
    [value],
  );
}

async function shown(): Promise<unknown> {
  const home = await Deno.makeTempDir();
  const process = new FakeProcess({ env: { HOME: home } });
  await runCli(["--sandbox", "show", "-o", "json"], process.io);
  await Deno.remove(home, { recursive: true });
  return process.document;
}

Deno.test("each field that the page names for one of the Go tool's is in the document", async () => {
  const document = await shown();
  const rows = tableOf(PAGE, "fields");
  assert(rows.length > 10);
  for (const [, here = ""] of rows) {
    const [path = ""] = codes(here);
    assert(valuesAt(document, path).length > 0, path);
  }
  const queries = [...PAGE.matchAll(/jq '(\.virtual[^']*)'/g)];
  assertEquals(queries.length, 1);
  for (const [, query = ""] of queries) {
    assert(valuesAt(document, query).length > 5, query);
  }
});

const goTool = Deno.env.get("GO_TOOL");

/**
 * The demo world as the Go tool needs it: rules without names and without other
 * fields that it cannot read, and Deployments that run and carry their pods'
 * labels.
 */
function worldOfThen(): readonly KubeObject[] {
  return scenario(new Date()).map((object) => {
    if (object.kind === "Deployment") {
      const { spec } = object as unknown as {
        readonly spec: {
          readonly template: { readonly metadata: KubeObject["metadata"] };
        };
      };
      const { labels = {} } = spec.template.metadata;
      return {
        ...object,
        metadata: { ...object.metadata, labels },
        status: { replicas: 1, readyReplicas: 1 },
      } as KubeObject;
    }
    if (object.kind !== "VirtualService") return object;
    const { spec, ...rest } = object as VirtualService;
    const http = (spec.http ?? [])
      .filter(({ redirect }) => redirect === undefined)
      .map(({ match, route }) => ({ match, route }));
    return { ...rest, spec: { ...spec, http } } as KubeObject;
  });
}

Deno.test({
  name: `the Go tool itself ends as the page says${
    goTool === undefined ? " (skipped: GO_TOOL names no build of it)" : ""
  }`,
  ignore: goTool === undefined,
  async fn() {
    const home = await Deno.makeTempDir();
    const kubeconfig = `${home}/kubeconfig`;
    const wrong: string[] = [];
    const fields = new Set<string>();
    for (const { line, there } of LINES) {
      await using sandbox = await startSandbox({ objects: worldOfThen() });
      await Deno.writeTextFile(kubeconfig, kubeconfigFor(sandbox.url));
      const { code, stdout } = await new Deno.Command(goTool!, {
        args: [...wordsOf(line), "--kubeconfig", kubeconfig],
        env: { HOME: home },
      }).output();
      if (code !== there) wrong.push(`${line}: ${code}`);
      if (!line.includes("-o json")) continue;
      const document = JSON.parse(
        new TextDecoder().decode(stdout).split("\n").at(-1) ?? "",
      );
      for (const [path = ""] of tableOf(PAGE, "fields")) {
        const [field = ""] = codes(path);
        fields.add(field);
        assert(valuesAt(document, field).length > 0, field);
      }
    }
    await Deno.remove(home, { recursive: true });
    assertEquals(wrong, []);
    assert(fields.size > 10);
  },
});
