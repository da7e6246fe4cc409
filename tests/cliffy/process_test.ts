import { assertEquals } from "../support/assert.ts";
import { type Ended, runDoor } from "./rig/door.ts";

const NAME = "api-domain-virtualservice";

/** One after the other on a sandbox; each with the status it ends with. */
const LINES: readonly (readonly [string, number])[] = [
  ["--sandbox show -l app=api-domain", 0],
  ["--sandbox show -A -o json", 0],
  ["-ndefault --sandbox show -oyaml", 0],
  [`--sandbox traffic shift ${NAME} -b 3 -w 20 --dry-run --exit-code`, 8],
  [`--sandbox traffic shift ${NAME} -b 3 -w 20 --settle 0s --yes`, 0],
  [`--sandbox shift ${NAME} -b 3 --header x-id=a,b --settle 0s -o json`, 0],
  [`--sandbox history ${NAME}`, 0],
  [`--sandbox undo ${NAME} --settle 0s`, 0],
  [`--sandbox clear ${NAME} -m hard`, 4],
  [`--sandbox shift ${NAME} -b 77 -w 5`, 4],
  ["--sandbox show nothing-there", 1],
  ["show --kubeconfig /nowhere", 1],
  ["--sandbox context --check", 0],
  ["version -o json", 0],
  ["shift --wieght 20", 2],
  ["shift --wieght 20 -o json", 2],
  ["shfit", 2],
  ["", 0],
  ["--help -o json", 0],
  ["completions pwsh", 0],
  ["__complete fish -- istiops\\ sh", 0],
];

/** Times and the names of operations are another's in each process. */
function steady(
  { code, stdout, stderr }: Ended,
  home: string,
): Record<string, unknown> {
  const plain = (text: string) =>
    text.replaceAll(home, "HOME")
      .replaceAll(/\d{14}-[0-9a-f]{8}/g, "OPERATION")
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, "TIME")
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UID")
      .replaceAll(/v1:[0-9a-f]{16}:[\w+/=]+/g, "RECORD")
      .replaceAll(/127\.0\.0\.1:\d+/g, "SERVER");
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
}

Deno.test("each line ends, and says, as main.ts does: on the sandbox, by real processes", async () => {
  const homes = await Promise.all([Deno.makeTempDir(), Deno.makeTempDir()]);
  for (const [line, status] of LINES) {
    const words = line === "" ? [] : line.split(/(?<!\\) /)
      .map((word) => word.replace("\\ ", " "));
    const [suite, main] = await Promise.all(
      (["cliffy.ts", "main.ts"] as const).map(async (entry, index) => {
        const home = homes[index] ?? "";
        return steady(await runDoor(entry, words, { HOME: home }), home);
      }),
    );
    if (line === "") {
      // Help is Cliffy's own.
      assertEquals(suite?.["code"], main?.["code"]);
      continue;
    }
    assertEquals(suite, main, line);
    assertEquals(suite?.["code"], status, line);
  }
  for (const home of homes) await Deno.remove(home, { recursive: true });
});
