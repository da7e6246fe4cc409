/** Options of `stringify`, as far as they are used here. */
export interface StringifyOptions {
  /** Spaces a level; 2. */
  indent?: number;
  /** Column at which long text is folded; -1 for never. */
  lineWidth?: number;
  /** Sort keys. */
  sortKeys?: boolean;
  /** Skip what has no YAML form instead of throwing. */
  skipInvalid?: boolean;
  /** Write aliases for objects that occur twice; true. */
  useAnchors?: boolean;
  /** Leave YAML 1.1 quirks out. */
  compatMode?: boolean;
}
/** Options of `parse`, as far as they are used here. */
export interface ParseOptions {
  /** `core` leaves merge keys and times as they are written. */
  schema?: "default" | "core";
}
/** Parses one document. */
export function parse(text: string, options?: ParseOptions): unknown;
/** Parses a stream of documents. */
export function parseAll(text: string): unknown;
/** Writes one document. */
export function stringify(value: unknown, options?: StringifyOptions): string;
/** What `parse` throws where the text is broken. */
export class YamlSyntaxError extends SyntaxError {
  /** UTF-16 code units from the beginning. */
  readonly offset: number;
}
