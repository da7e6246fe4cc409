/**
 * How long a person waits for the shell, in a pseudo-terminal, beside bash,
 * fish and the REPL of Node in the same run, since machines are noisy: first
 * prompt, key to echo, menu, and Ctrl-C to prompt; with no names, with 5,000,
 * and with a cluster that takes 30 s. It measures the bundle:
 * `deno task bench:shell [ROUNDS]`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { KubeObject } from "../src/istio/types.ts";
import { Api, SLOW } from "../tests/shell/rig/api.ts";
import { Home } from "../tests/shell/rig/shell_at.ts";
import { Pty } from "../tests/support/pty.ts";

const BUNDLE = fileURLToPath(new URL("../dist/istiops.js", import.meta.url));
const ROUNDS = Number(Deno.args[0] ?? 7);
const KEYS = 200;

/** A shell to measure. */
interface Subject {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What stands left of the cursor when it can be typed. */
  readonly prompt: RegExp;
  /** Tab after these keys shows that. */
  readonly menu?: readonly [keys: string, shows: RegExp];
  /** A command that does not end by itself. */
  readonly hangs?: string;
}

await using none = await Api.start({ objects: [] });
await using many = await Api.start({ objects: names(5000) });
await using slow = await Api.start({ fateOf: () => SLOW });
await using home = await Home.make();

function names(count: number): readonly KubeObject[] {
  const core = (kind: string, name: string, labels = {}): KubeObject => ({
    apiVersion: "v1",
    kind,
    metadata: {
      name,
      labels,
      ...kind !== "Namespace" && { namespace: "default" },
    },
    ...kind === "Service" &&
      { spec: { selector: { app: name }, ports: [{ port: 80 }] } },
  });
  return Array.from(
    { length: count },
    (_, at) =>
      at < 800
        ? core("Namespace", `team-${at}`)
        : at < 1100
        ? core("Service", `service-${at}`)
        : core("Pod", `pod-${at}`, { app: `app-${at}`, build: `${at}` }),
  );
}

async function istiops(
  name: string,
  api: Api,
  rest: Pick<Subject, "menu" | "hangs"> = {},
): Promise<Subject> {
  const file = `kubeconfig-${name.replace(/\W+/g, "-")}`;
  await home.write(file, api.kubeconfig(["dev"]));
  return {
    name: `istiops, ${name}`,
    command: [Deno.execPath(), "run", "-A", "--no-config", "--quiet", BUNDLE],
    env: { KUBECONFIG: `${home.path}/${file}` },
    prompt: /^istiops dev\/default> $/,
    menu: ["sh", /shift +Send/],
    hangs: "show --watch",
    ...rest,
  };
}

const subjects: readonly Subject[] = [
  await istiops("no names", none),
  await istiops("5,000 names", many, { menu: ["show -n team-", /team-0 /] }),
  await istiops("cluster takes 30 s", slow, {
    menu: ["show -n ", /loading/],
    hangs: "show",
  }),
  ...(await isThere("bash")
    ? [{
      name: "bash",
      command: ["bash", "--norc", "--noprofile", "-i"],
      env: { PS1: "sh$ ", HISTFILE: "/dev/null" },
      prompt: /[$#] $/,
      hangs: "sleep 100",
    }]
    : []),
  ...(await isThere("fish")
    ? [{
      name: "fish",
      command: ["fish", "--private", "--no-config"],
      prompt: /[>#] $/,
      hangs: "sleep 100",
    }]
    : []),
  ...(await isThere("node")
    ? [{
      name: "node's REPL",
      command: ["node"],
      env: { NODE_REPL_HISTORY: "" },
      prompt: /^> $/,
      hangs: "for (;;);",
    }]
    : []),
];

async function isThere(program: string): Promise<boolean> {
  return await new Deno.Command(program, {
    args: ["--version"],
    stdout: "null",
    stderr: "null",
  }).output().then(({ success }) => success, () => false);
}

/** Milliseconds, by what was waited for. */
type Times = Record<"prompt" | "echo" | "menu" | "drop" | "stop", number[]>;

const lastRow = (pty: Pty): string =>
  pty.screen.beforeCursor().split("\n").at(-1) ?? "";

async function measure(subject: Subject, times: Times): Promise<void> {
  const { command, env = {}, prompt, menu, hangs } = subject;
  await using pty = new Pty({
    command,
    columns: 120,
    env: { ...home.env, ...env },
  });
  const isAtPrompt = () => prompt.test(lastRow(pty));
  await pty.until(() => pty.pid !== 0, "a process");
  const started = performance.now();
  await pty.until(isAtPrompt, `${subject.name}: a prompt`);
  times.prompt.push(performance.now() - started);
  // Names come meanwhile, as while somebody thinks.
  for (let rests = 0; rests < 10; rests++) await pty.rest();
  const waited = async (key: string, isSo: () => boolean, what: string) => {
    const pressed = performance.now();
    await pty.write(key);
    await pty.until(isSo, `${subject.name}: ${what}`);
    return performance.now() - pressed;
  };
  const TEXT = "show cat -o json ";
  for (let at = 0; at < KEYS / ROUNDS; at++) {
    const { column } = pty.screen.cursor;
    const key = TEXT[at % TEXT.length] ?? "";
    times.echo.push(
      await waited(key, () => pty.screen.cursor.column === column + 1, "echo"),
    );
    // As fast as fingers, not faster.
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  times.drop.push(await waited("\x03", isAtPrompt, "Ctrl-C"));
  if (menu !== undefined) {
    const [keys, shows] = menu;
    await type(pty, keys);
    const isShown = () => pty.screen.lines().some((row) => shows.test(row));
    times.menu.push(await waited("\t", isShown, "a menu"));
    await pty.rest();
    await pty.write("\x1b");
    await pty.rest();
    await pty.write("\x03");
    await pty.until(isAtPrompt, "a prompt");
  }
  if (hangs !== undefined) {
    await type(pty, hangs);
    await pty.write("\r");
    for (let rests = 0; rests < 3; rests++) await pty.rest();
    times.stop.push(await waited("\x03", isAtPrompt, "Ctrl-C of a command"));
  }
}

async function type(pty: Pty, text: string): Promise<void> {
  await pty.rest();
  for (const key of text) {
    await pty.write(key);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  await pty.rest();
}

const measured = new Map<Subject, Times>(subjects.map((subject) => [
  subject,
  { prompt: [], echo: [], menu: [], drop: [], stop: [] },
]));
const load = (): string => Deno.loadavg()[0]?.toFixed(1) ?? "?";
const before = load();
for (let round = 0; round < ROUNDS; round++) {
  for (const [subject, times] of measured) await measure(subject, times);
}

function at(times: readonly number[], share: number): number | undefined {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * share)];
}

const base = measured.get(
  subjects.find(({ name }) => name === "bash") ?? subjects[0] as Subject,
);
const cell = (time: number | undefined): string => time?.toFixed(1) ?? "-";

const rows = [...measured].map(([{ name }, times]) => {
  const { prompt, echo, menu, drop, stop } = times;
  const ratio = (at(echo, 0.5) ?? 0) / (at(base?.echo ?? [], 0.5) ?? 1);
  return [
    name,
    cell(at(prompt, 0.5)),
    ...[0.5, 0.95, 0.99].map((share) => cell(at(echo, share))),
    `${ratio.toFixed(1)}x`,
    cell(at(menu, 0.5)),
    cell(at(drop, 0.5)),
    cell(at(stop, 0.5)),
  ];
});
const HEAD = [
  "milliseconds",
  "first prompt",
  "echo p50",
  "p95",
  "p99",
  "to bash",
  "menu",
  "Ctrl-C",
  "Ctrl-C of a command",
];
const BUDGET = ["budget", "150", "8", "16", "33", "", "50", "100", "100"];
const table = [HEAD, BUDGET, ...rows];
const widths = HEAD.map((_, column) =>
  Math.max(...table.map((row) => row[column]?.length ?? 0))
);
for (const row of table) {
  const text = row.map((cell, column) =>
    column === 0
      ? cell.padEnd(widths[column] ?? 0)
      : cell.padStart(widths[column] ?? 0)
  ).join("  ");
  // deno-lint-ignore no-console
  console.log(text);
}
// deno-lint-ignore no-console
console.log(
  `${ROUNDS} rounds, medians; load ${before} before, ${load()} after`,
);
