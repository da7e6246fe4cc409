/**
 * Asks the registry for known weaknesses of what the lock names: fails with
 * one of grade high or above, and where nobody answered. `deno task audit`.
 *
 * @module
 */

/** What came of it. */
export type Audit =
  | { readonly audited: true; readonly passed: boolean; readonly said: string }
  | { readonly audited: false; readonly why: string };

const LEVEL = "high";
/**
 * Deno takes an error without advisories for "none known". A package with an
 * old weakness shows whether it was the advisories that answered.
 */
const CANARY = {
  name: "minimist",
  version: "0.0.8",
  integrity:
    "sha512-miQKw5Hv4NS1Psg2517mV4e4dYNaO3++hjAvLOAzKqZ61rH8NS1SK+vbfBWZ5PY/Me/bEWhUwqMghEW5Fb9T7Q==",
};

/** Audits the lock of a folder. */
export async function audit(folder: string | URL): Promise<Audit> {
  const answer = await ask(folder);
  if (!answer.audited || !answer.passed) return answer;
  const canary = await askForCanary();
  if (!canary.audited) return canary;
  return canary.passed
    ? {
      audited: false,
      why: `nothing is known of ${CANARY.name} ${CANARY.version} there`,
    }
    : answer;
}

async function askForCanary(): Promise<Audit> {
  const { name, version, integrity } = CANARY;
  const specifier = `npm:${name}@${version}`;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ imports: { [name]: specifier } }),
    );
    await Deno.writeTextFile(
      `${folder}/deno.lock`,
      JSON.stringify({
        version: "5",
        specifiers: { [specifier]: version },
        npm: { [`${name}@${version}`]: { integrity } },
        workspace: { dependencies: [specifier] },
      }),
    );
    return await ask(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function ask(folder: string | URL): Promise<Audit> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["audit", `--level=${LEVEL}`],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout).trim();
  // The status alone does not tell a weakness from silence.
  if (/^(No known|Found \d+) vulnerabilities/m.test(said)) {
    return { audited: true, passed: code === 0, said };
  }
  const error = new TextDecoder().decode(stderr).trim();
  return { audited: false, why: reasonOf(error) };
}

/** The attempt and its innermost cause, without addresses, in one line. */
function reasonOf(error: string): string {
  const [attempt = "", ...causes] = error.split("Stack backtrace:")[0]!
    .replace("Caused by:", "").split("\n").map((line) => line.trim())
    .filter(Boolean);
  const cause = causes.at(-1)?.replace(/^\d+: /, "");
  return [attempt.replace(/^error: /, ""), cause]
    .filter((part, at) => part && (at === 0 || !attempt.endsWith(part)))
    .join(": ")
    .replace(/ for url \([^)]*\)/, "");
}

if (import.meta.main) {
  const result = await audit(new URL("../", import.meta.url));
  const text = result.audited ? result.said : `not audited: ${result.why}`;
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  Deno.exit(result.audited && result.passed ? 0 : 1);
}
