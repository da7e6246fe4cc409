/**
 * What the features look at: a document with its lines, what is known of
 * clusters, and what the editor has said it can show.
 *
 * @module
 */

import type { ClientCapabilities } from "vscode-languageserver/node";
import type { Diagnostic } from "../language/diagnose.ts";
import { type Document, readDocument } from "../language/document.ts";
import type { InvocationOptions } from "../language/invocation.ts";
import { liveDiagnostics } from "../language/live.ts";
import { type Names, NO_NAMES } from "../language/names.ts";
import { findingsIn } from "../language/script.ts";
import { Lines } from "./positions.ts";

/** What an editor can show; what it does not announce, it gets nothing of. */
export interface Client {
  readonly markdown: boolean;
  readonly markdownItems: boolean;
  readonly itemDefaults: boolean;
  readonly documentationLater: boolean;
  readonly labelOffsets: boolean;
  readonly hierarchicalSymbols: boolean;
  readonly literalActions: boolean;
  readonly preferredActions: boolean;
  readonly prepareRename: boolean;
  readonly refreshHints: boolean;
  readonly refreshLenses: boolean;
  readonly versionedDiagnostics: boolean;
  /** Takes what is offered for scripts alone. */
  readonly laterFormatting: boolean;
}

/** Reads what an editor announces. */
export function clientOf(capabilities: ClientCapabilities): Client {
  const { textDocument = {}, workspace = {} } = capabilities ?? {};
  const { completion, hover, signatureHelp, codeAction } = textDocument;
  const item = completion?.completionItem;
  return {
    markdown: hover?.contentFormat?.includes("markdown") === true,
    markdownItems: item?.documentationFormat?.includes("markdown") === true,
    itemDefaults:
      completion?.completionList?.itemDefaults?.includes("editRange") === true,
    documentationLater:
      item?.resolveSupport?.properties.includes("documentation") === true,
    labelOffsets: signatureHelp?.signatureInformation?.parameterInformation
      ?.labelOffsetSupport === true,
    hierarchicalSymbols:
      textDocument.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
    literalActions: codeAction?.codeActionLiteralSupport !== undefined,
    preferredActions: codeAction?.isPreferredSupport === true,
    prepareRename: textDocument.rename?.prepareSupport === true,
    refreshHints: workspace.inlayHint?.refreshSupport === true,
    refreshLenses: workspace.codeLens?.refreshSupport === true,
    versionedDiagnostics:
      textDocument.publishDiagnostics?.versionSupport === true,
    laterFormatting: textDocument.formatting?.dynamicRegistration === true,
  };
}

/** A client that can show everything, for answers without an editor. */
export const FULL_CLIENT: Client = {
  markdown: true,
  markdownItems: true,
  itemDefaults: true,
  documentationLater: false,
  labelOffsets: true,
  hierarchicalSymbols: true,
  literalActions: true,
  preferredActions: true,
  prepareRename: true,
  refreshHints: true,
  refreshLenses: true,
  versionedDiagnostics: true,
  laterFormatting: false,
};

/** A document as the features see it. */
export interface View {
  readonly document: Document;
  readonly lines: Lines;
  readonly names: Names;
  readonly client: Client;
}

/** Reads a text. */
export function viewOf(
  text: string,
  of: {
    readonly names?: Names;
    readonly client?: Client;
    readonly patterns?: InvocationOptions;
  } = {},
): View {
  return {
    document: readDocument(text, { way: "script", ...of.patterns }),
    lines: new Lines(text),
    names: of.names ?? NO_NAMES,
    client: of.client ?? FULL_CLIENT,
  };
}

/** Everything that is found, errors of the text and warnings of the cluster. */
export function findingsOf({ document, names }: View): readonly Diagnostic[] {
  return [...findingsIn(document), ...liveDiagnostics(document, names)];
}
