import { ENVIRONMENT } from "../../src/language/environment.ts";
import { assertEquals } from "../support/assert.ts";

/** What the system sets for every program, and where it was started. */
const OF_THE_SYSTEM = [
  "HOME",
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
  "LOCALAPPDATA",
  "PATH",
  "PATHEXT",
  "TERM",
  "USERPROFILE",
];

async function* sources(directory: URL): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const url = new URL(isDirectory ? `${name}/` : name, directory);
    if (isDirectory) yield* sources(url);
    else if (name.endsWith(".ts")) yield await Deno.readTextFile(url);
  }
}

Deno.test("every variable that is read is one of the table, or the system's", async () => {
  const read = new Set<string>();
  for (const folder of ["../../src/", "../../repl/"]) {
    for await (const text of sources(new URL(folder, import.meta.url))) {
      // `env("NAME")`, the lists of a proxy's names, and a base directory's.
      for (
        const [, name = ""] of text.matchAll(
          /(?:\benv(?:\.get)?\(|firstSet\(\[|variable: |\[(?="HTTPS?_PROXY"))"([A-Z][A-Z_]+)"/g,
        )
      ) read.add(name);
    }
  }
  const known = [...ENVIRONMENT.map(({ name }) => name), ...OF_THE_SYSTEM];
  assertEquals([...read].sort(), known.sort());
});
