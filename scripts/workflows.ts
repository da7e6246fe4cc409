/**
 * What must hold of the workflows in `.github/workflows`: actions are commits,
 * with their version beside them; each job says what it may; tasks exist.
 *
 * @module
 */

import { parseYaml } from "../src/yaml.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly permissions?: object;
  readonly jobs?: Readonly<Record<string, Job>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
}

const FOLDER = new URL("../.github/workflows/", import.meta.url);
const PINNED =
  /^\s*(?:- )?uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

/** What is wrong with a workflow, as clauses. */
export function problemsOf(
  text: string,
  tasks: ReadonlySet<string>,
): readonly string[] {
  const problems = text.split("\n")
    .filter((line) => /^\s*(?:- )?uses:/.test(line) && !PINNED.test(line))
    .map((line) => `not a commit with its version: ${line.trim()}`);
  const { permissions, jobs = {} } = parseYaml(text) as Workflow;
  if (permissions === undefined || Object.keys(permissions).length > 0) {
    problems.push("the workflow itself has permissions");
  }
  for (const [name, job] of Object.entries(jobs)) {
    if (job.permissions === undefined) {
      problems.push(`${name} does not say what it may`);
    }
    if (job["timeout-minutes"] === undefined) {
      problems.push(`${name} may take for ever`);
    }
    for (const { run = "" } of job.steps ?? []) {
      for (const [, task = ""] of run.matchAll(/\bdeno task ([\w:-]+)/g)) {
        if (!tasks.has(task)) {
          problems.push(`${name}: there is no task ${task}`);
        }
      }
      // What others chose (names of branches, titles) is no code.
      for (const [found] of run.matchAll(/\$\{\{.*?\}\}/g)) {
        problems.push(`${name}: ${found} inside a command; use env`);
      }
    }
  }
  return problems;
}

/** The workflows, by file name. */
export async function readWorkflows(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    found.set(name, await Deno.readTextFile(new URL(name, FOLDER)));
  }
  return found;
}
