/**
 * Is there a real kubectl?
 *
 * @module
 */

/** Why tests with it are skipped; nothing where it runs. */
export async function whyNoKubectl(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("kubectl", {
      args: ["version", "--client"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? undefined : "kubectl does not run";
  } catch {
    return "kubectl is not on PATH";
  }
}
