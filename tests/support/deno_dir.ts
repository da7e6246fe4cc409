/**
 * Where modules are, wherever the home of a test is.
 *
 * @module
 */

/** Of this process, for those that a test starts with a home of their own. */
export const DENO_DIR: string = JSON.parse(
  new TextDecoder().decode(
    new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .outputSync().stdout,
  ),
).denoDir;
