/**
 * Runs the faults and the attacks (`fault`), the loads (`load`), the faults on a
 * real Istio (`mesh`), or the first two with many seeds (`nightly`, 1,000 where
 * ISTIOPS_SEEDS does not say), and makes the table of what passed: `--write`
 * puts it into docs/faults.md.
 *
 *     deno run -A tests/fault/main.ts fault|load|mesh|nightly [--write] [--filter …]
 *
 * @module
 */

import { tableText, writeTable } from "../../scripts/docs_table.ts";

interface Line {
  readonly id: string;
  readonly shows: string;
  readonly command: string;
  readonly seeds: number;
  readonly notes: Readonly<Record<string, number>>;
}

/** What runs the tests of each table of the docs. */
const PARTS = {
  fault: ["test", "-A", "--parallel", "tests/fault"],
  // What measures, and what is to be the only load, runs alone.
  load: ["test", "-A", "tests/load"],
  mesh: [
    ...["run", "-A", "--quiet", "tests/mesh/main.ts", "test"],
    ...["--filter", "/^[FSL][0-9]/"],
  ],
} as const;

type Part = keyof typeof PARTS;

const RUNS: Readonly<Record<string, readonly Part[]>> = {
  fault: ["fault"],
  load: ["load"],
  mesh: ["mesh"],
  nightly: ["fault", "load"],
};

/** What a night has time for, where the environment does not say. */
const NIGHT = {
  ISTIOPS_SEEDS: "1000",
  ISTIOPS_TIMES: "20",
  ISTIOPS_MINUTES: "5",
};

const DOCS = new URL("../../docs/faults.md", import.meta.url);

const [name = "fault", ...rest] = Deno.args;
const run = RUNS[name];
if (run === undefined) throw new Error(`no such run: ${name}`);
const others = rest.filter((word) => word !== "--write");
let failed = 0;
for (const part of run) {
  const { code, lines } = await runPart(part);
  const table = tableOf(lines);
  // deno-lint-ignore no-console
  console.log(`\n${table}\n`);
  if (code !== 0) failed = code;
  // A part of a run is no table of the whole, and one that was skipped none.
  else if (
    rest.includes("--write") && others.length === 0 && lines.length > 0
  ) {
    await writeTable(DOCS, part, table);
  }
}
Deno.exit(failed);

async function runPart(
  part: Part,
): Promise<{ readonly code: number; readonly lines: readonly Line[] }> {
  const path = await Deno.makeTempFile();
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...PARTS[part], ...others],
    env: {
      ...(name === "nightly" ? { ...NIGHT, ...Deno.env.toObject() } : {}),
      ISTIOPS_REPORT: path,
    },
  }).spawn().status;
  const lines = (await Deno.readTextFile(path)).split("\n").filter(Boolean)
    .map((line): Line => JSON.parse(line));
  await Deno.remove(path);
  return { code, lines };
}

function tableOf(rows: readonly Line[]): string {
  const order = ({ id }: Line) => id[0] + id.slice(1).padStart(3, "0");
  const sorted = rows.toSorted((a, b) =>
    order(a).localeCompare(order(b)) || a.shows.localeCompare(b.shows)
  );
  return tableText([
    ["Id", "What happens", "Command", "Seeds", "Seen"],
    ["---", "---", "---", "---:", "---"],
    ...sorted.map(({ id, shows, command, seeds, notes }) => [
      id,
      shows.replaceAll("|", "\\|"),
      command.replaceAll("|", "\\|"),
      String(seeds),
      Object.entries(notes).map(([what, count]) => `${count} ${what}`)
        .join(", "),
    ]),
  ]);
}
