/**
 * YAML in and out, with types: the standard library's npm build ships none.
 *
 * @module
 */

// @ts-types="./yaml_types.d.ts"
import { parse, parseAll, stringify, YamlSyntaxError } from "@std/yaml";

export {
  /** Parses one document; throws a `SyntaxError` where it is broken. */
  parse as parseYaml,
  /** Parses a stream of documents. */
  parseAll as parseAllYaml,
  /** Writes one document in block style. */
  stringify as stringifyYaml,
  /** What `parseYaml` throws; knows the place. */
  YamlSyntaxError,
};
