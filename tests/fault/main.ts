/**
 * Runs the faults and the attacks (`fault`) or the loads (`load`), and makes
 * the table of what passed: `--write` puts it into docs/faults.md.
 *
 *     deno run -A tests/fault/main.ts fault|load|nightly [--write]
 *
 * @module
 */

interface Line {
  readonly id: string;
  readonly shows: string;
  readonly command: string;
  readonly seeds: number;
  readonly notes: Readonly<Record<string, number>>;
}

/** Folder and seeds of each run; `undefined`: as each row says. */
const RUNS: Readonly<Record<string, readonly [string, string | undefined]>> = {
  fault: ["tests/fault", undefined],
  load: ["tests/load", undefined],
  nightly: ["tests/fault tests/load", "1000"],
};

const DOCS = new URL("../../docs/faults.md", import.meta.url);

const [name = "fault", ...rest] = Deno.args;
const run = RUNS[name];
if (run === undefined) throw new Error(`no such run: ${name}`);
const path = await Deno.makeTempFile();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["test", "-A", ...name === "load" ? [] : ["--parallel"]],
    ...run[0].split(" "),
    ...rest.filter((word) => word !== "--write"),
  ],
  env: {
    ISTIOPS_REPORT: path,
    ...(run[1] === undefined
      ? {}
      : { ISTIOPS_SEEDS: run[1], ISTIOPS_TIMES: "20", ISTIOPS_MINUTES: "5" }),
  },
}).spawn().status;
const lines = (await Deno.readTextFile(path)).split("\n").filter(Boolean)
  .map((line): Line => JSON.parse(line));
await Deno.remove(path);
const table = tableOf(lines);
// deno-lint-ignore no-console
console.log(`\n${table}`);
if (rest.includes("--write") && code === 0) await write(table);
Deno.exit(code);

function tableOf(rows: readonly Line[]): string {
  const order = ({ id }: Line) => id[0] + id.slice(1).padStart(3, "0");
  const sorted = rows.toSorted((a, b) =>
    order(a).localeCompare(order(b)) || a.shows.localeCompare(b.shows)
  );
  return [
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
  ].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Between two marks of the docs. */
async function write(table: string): Promise<void> {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const text = await Deno.readTextFile(DOCS);
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no ${start} in docs/faults.md`);
  await Deno.writeTextFile(
    DOCS,
    `${text.slice(0, from + start.length)}\n\n${table}\n\n${text.slice(to)}`,
  );
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", DOCS.pathname],
  }).output();
}
