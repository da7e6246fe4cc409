/**
 * The language client: it starts the user's own `istiops lsp`, and tells it
 * what the user allows. What a workspace sets is not asked.
 *
 * @module
 */

import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

/** A document that there is something to say about. */
const OURS =
  /kind["']?[ \t]*:[ \t]*["']?(?:VirtualService|DestinationRule|RouteTests)\b|networking\.istio\.io\//;

/** Called by the editor when a script is opened, or any YAML. */
export async function activate(
  context: vscode.ExtensionContext,
): Promise<void> {
  const channel = vscode.window.createOutputChannel("istiops", { log: true });
  const restart = async (): Promise<void> => {
    await deactivate();
    client = clientFor(channel);
    await client.start();
  };
  context.subscriptions.push(
    channel,
    vscode.workspace.onDidGrantWorkspaceTrust(() =>
      client === undefined ? undefined : restart()
    ),
    vscode.workspace.onDidChangeConfiguration((event) =>
      event.affectsConfiguration("istiops") && client !== undefined
        ? restart()
        : undefined
    ),
  );
  // YAML of somebody else starts no process.
  if (vscode.workspace.textDocuments.some(isOurs)) return await restart();
  const waiting = [
    vscode.workspace.onDidOpenTextDocument(startFor),
    vscode.workspace.onDidSaveTextDocument(startFor),
  ];
  context.subscriptions.push(...waiting);
  async function startFor(document: vscode.TextDocument): Promise<void> {
    if (client !== undefined || !isOurs(document)) return;
    for (const each of waiting) each.dispose();
    await restart();
  }
}

function isOurs(document: vscode.TextDocument): boolean {
  return document.languageId === "istiops" ||
    (document.languageId === "yaml" && own<string>("yaml", "on") === "on" &&
      OURS.test(document.getText()));
}

/** Called by the editor when it ends. */
export async function deactivate(): Promise<void> {
  const former = client;
  client = undefined;
  await former?.stop();
}

function clientFor(channel: vscode.LogOutputChannel): LanguageClient {
  const yaml = own<string>("yaml", "on") === "off"
    ? "off"
    // It tells what is no YAML.
    : vscode.extensions.getExtension("redhat.vscode-yaml") === undefined
    ? "on"
    : "beside";
  return new LanguageClient("istiops", "istiops", {
    command: own("path", "istiops"),
    args: ["lsp", "--stdio"],
  }, {
    documentSelector: [
      { scheme: "file", language: "istiops" },
      ...yaml === "off" ? [] : [{ scheme: "file", language: "yaml" }],
    ],
    outputChannel: channel,
    markdown: { isTrusted: false, supportHtml: false },
    initializationOptions: {
      trusted: vscode.workspace.isTrusted,
      live: own("live", false),
      commands: own("commands", false),
      execPolicy: own("execPolicy", "deny-all"),
      kubeconfig: own("kubeconfig", ""),
      yaml,
    },
    middleware: {
      async executeCommand(command, parameters, next) {
        const ran = await next(command, parameters) as
          | { stdout?: string; stderr?: string }
          | undefined;
        channel.info([ran?.stdout, ran?.stderr].join(""));
        channel.show(true);
        return ran;
      },
    },
  });
}

/** The user's own value; never that of a workspace. */
function own<T>(name: string, otherwise: T): T {
  return vscode.workspace.getConfiguration("istiops").inspect<T>(name)
    ?.globalValue ?? otherwise;
}
