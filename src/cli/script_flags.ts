/**
 * How somebody asked for a script to be run.
 *
 * @module
 */

/** How a script is run. */
export interface ScriptFlags {
  /** `-` for standard input. */
  readonly file: string;
  /** From outside. */
  readonly values: ReadonlyMap<string, string>;
  readonly keepGoing: boolean;
  readonly dryRun: boolean;
  readonly resume: boolean;
  readonly show: boolean;
}
