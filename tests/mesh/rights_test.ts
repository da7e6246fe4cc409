/**
 * The Roles of `packaging/rbac` and the table of `docs/rbac.md`, on a real API
 * server: enough for every command, and no more than that.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { tableText } from "../../scripts/docs_table.ts";
import { meshTest, type Places } from "./places.ts";
import { rightsOf, rulesOf } from "./users/roles.ts";
import { type Line, LINES, openYard } from "./users/yard.ts";

const DOCS = new URL("../../docs/rbac.md", import.meta.url);
const viewer = rulesOf("viewer");
const editor = [...rulesOf("editor"), ...rulesOf("creator")];
const ALL = { everywhere: viewer, here: editor };

/** Columns of the table; what is in one has the same verbs. */
const COLUMNS: readonly (readonly string[])[] = [
  ["virtualservices.networking.istio.io"],
  ["destinationrules.networking.istio.io"],
  ["services"],
  ["pods"],
  ["namespaces"],
  ["gateways.networking.istio.io"],
  ["serviceentries.networking.istio.io"],
  ["workloadentries.networking.istio.io"],
  ["sidecars.networking.istio.io"],
  [
    ...["deployments.apps", "replicasets.apps", "statefulsets.apps"],
    ...["daemonsets.apps", "rollouts.argoproj.io"],
  ],
];
const VERBS = ["get", "list", "watch", "patch", "create", "delete"];

meshTest(
  "each command asks for what docs/rbac.md has, and the Roles allow that and no more",
  async (places) => {
    const used = await measure(places);
    const rows = [...used].map(([command, rights]) => [
      command,
      ...COLUMNS.map((resources) => {
        const verbs = resources.map((resource) =>
          VERBS.filter((verb) => rights.has(`${verb} ${resource}`)).join(", ")
        );
        assertEquals(new Set(verbs).size, 1, `${command}: ${resources}`);
        return verbs[0]!;
      }),
    ]);
    if (Deno.env.has("ISTIOPS_RIGHTS")) {
      throw new Error(`the table would be\n${tableText(rows)}`);
    }
    assertEquals(rows, await documented());
    assertEquals(
      [...new Set([...used.values()].flatMap((rights) => [...rights]))].sort(),
      rightsOf([...viewer, ...editor]).sort(),
    );
  },
);

meshTest(
  "without any one right of the Roles a command loses something, and says what",
  async (places, step) => {
    const used = await measure(places, { byLine: true });
    for (const right of rightsOf([...viewer, ...editor])) {
      const [line] = [...used].find(([, rights]) => rights.has(right)) ??
        [];
      assert(line !== undefined, `nobody needs to ${right}`);
      await step.step(`${right}: ${line.command}`, async () => {
        await using yard = await openYard(places, ALL);
        for (const before of ancestorsOf(line)) {
          const { status, stderr } = await yard.run(before);
          assertEquals(status, 0, stderr);
        }
        await yard.lose(right);
        const ran = await yard.run(line);
        if (line.command === "names for Tab") {
          assertEquals(ran.stdout, "");
          return;
        }
        const said = (ran.stdout + ran.stderr).replaceAll(/\s+/g, " ");
        assertMatch(said, lackOf(right));
        // What cannot be seen is said; what cannot be done is refused.
        const isWrite = /^(patch|create|delete) /.test(right);
        assertEquals(
          ran.status === 0 || ran.status === 130,
          !isWrite && !REQUIRED.includes(right) ||
            line.command.endsWith("--dry-run"),
          said,
        );
      });
    }
  },
);

/** Without these nothing can be decided, or carried out. */
const REQUIRED = [
  "list virtualservices.networking.istio.io",
  "get virtualservices.networking.istio.io",
  "get destinationrules.networking.istio.io",
];

function lackOf(right: string): RegExp {
  const [verb, full = ""] = right.split(" ");
  const resource = full.split(".")[0];
  return right === "get namespaces"
    ? /Namespace "[^"]+" cannot be read/
    : verb === "list" || verb === "get" || verb === "watch"
    ? new RegExp(`cannot ${verb} resource "${resource}"`)
    : new RegExp(
      `you may not ${verb} ${
        KIND[resource!]
      } in|cannot ${verb} resource "${resource}"`,
    );
}

const KIND: Readonly<Record<string, string>> = {
  virtualservices: "VirtualService",
  destinationrules: "DestinationRule",
};

/** The lines that have to come before one, in order. */
function ancestorsOf({ after }: Line): readonly Line[] {
  const line = LINES.find(({ command }) => command === after);
  return line === undefined ? [] : [...ancestorsOf(line), line];
}

/** What each command asks for, by a user who may all that the Roles allow. */
async function measure(places: Places): Promise<Map<string, Set<string>>>;
async function measure(
  places: Places,
  options: { readonly byLine: true },
): Promise<Map<Line, Set<string>>>;
async function measure(
  places: Places,
  { byLine = false }: { readonly byLine?: boolean } = {},
): Promise<Map<string | Line, Set<string>>> {
  await using yard = await openYard(places, ALL);
  const used = new Map<string | Line, Set<string>>();
  for (const line of LINES) {
    const { status, stdout, stderr, rights } = await yard.run(line);
    const { command } = line;
    assertEquals(status, command === "show --watch" ? 130 : 0, stderr);
    assert(!/cannot|unknown:/.test(stdout.replace(/pods unknown/, "")), stdout);
    const key = byLine ? line : command;
    used.set(
      key,
      new Set([
        ...used.get(key) ?? [],
        // Every authenticated user may ask these.
        ...rights.filter((right) => !right.includes(" selfsubject")),
      ]),
    );
  }
  return used;
}

/** Rows of the table. */
async function documented(): Promise<string[][]> {
  const text = await Deno.readTextFile(DOCS);
  const [, table = ""] = text.split(/<!-- \/?rights -->/);
  const rows = table.trim().split("\n").slice(2);
  assertStringIncludes(table, "| Command ");
  return rows.map((row) =>
    row.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}
