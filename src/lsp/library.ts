/**
 * What is used of the protocol's library. It is a CommonJS package: of such a
 * one, a lazy import in a bundle gives only what a module names like this.
 *
 * @module
 */

export {
  createConnection,
  ErrorCodes,
  LSPErrorCodes,
  MessageType,
  ProposedFeatures,
  ResponseError,
} from "vscode-languageserver/node";
