/**
 * Documents against the JSON Schemas of the repository.
 *
 * @module
 */

import { Ajv2020 } from "ajv/2020";

const KINDS = [
  "TrafficShow",
  "TrafficPlan",
  "TrafficOutcome",
  "TrafficExplanation",
  "TrafficCheck",
  "TrafficGraph",
  "TrafficDiff",
  "TrafficTest",
  "RouteTests",
  "TrafficHistory",
  "Error",
  "Version",
  "Help",
  "Sandbox",
  "SandboxReset",
  "Contexts",
  "AuditLog",
  "ScriptRun",
  "EditorAnswer",
] as const;

/** What `-o json` prints. */
export type DocumentKind = typeof KINDS[number];

/** Gives what is wrong with a document; empty text where nothing is. */
export async function documentChecker(): Promise<
  (kind: DocumentKind, value: unknown) => string
> {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  for (const kind of KINDS) {
    const url = new URL(`../../schemas/${kind}.json`, import.meta.url);
    ajv.addSchema(JSON.parse(await Deno.readTextFile(url)));
  }
  return (kind, value) => {
    const validate = ajv.getSchema(`${kind}.json`)!;
    return validate(value) ? "" : JSON.stringify(validate.errors, null, 2);
  };
}
