/**
 * Answers that a real kube-apiserver gave to what it would not do: recorded
 * by `tests/mesh/failures/record.ts`, held to the server by
 * `tests/mesh/failures_test.ts`, and played by the fakes of other tests.
 *
 * @module
 */

const FOLDER = new URL("../fixtures/kube_apiserver/", import.meta.url);

/** One recorded answer. */
export interface Recorded {
  /** Version of the server: `v1.36.3`. */
  readonly server: string;
  /** What had gone wrong. */
  readonly what: string;
  /** Without its body, and without who asked. */
  readonly request: { readonly method: string; readonly path: string };
  readonly status: number;
  /** Those that mean something to a client. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came; identifiers, times and versions of objects replaced. */
  readonly body: string;
}

/** All of them by name. */
export function recordedFailures(): ReadonlyMap<string, Recorded> {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  return new Map(names.map((name) => [
    name.replace(/\.json$/, ""),
    JSON.parse(Deno.readTextFileSync(new URL(name, FOLDER))),
  ]));
}

/** Keeps one. */
export async function keepRecorded(
  name: string,
  recorded: Recorded,
): Promise<void> {
  await Deno.writeTextFile(
    new URL(`${name}.json`, FOLDER),
    `${JSON.stringify(recorded, undefined, 2)}\n`,
  );
}

/** The answer, given again. */
export function responseOf({ status, headers, body }: Recorded): Response {
  return new Response(body, { status, headers });
}
