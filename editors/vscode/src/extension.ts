/**
 * The language client: it starts the user's own `istiops lsp`, and tells it
 * what the user allows. What a workspace sets is not asked.
 *
 * @module
 */

import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

/** Called by the editor when a script is opened. */
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
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((event) =>
      event.affectsConfiguration("istiops") ? restart() : undefined
    ),
  );
  await restart();
}

/** Called by the editor when it ends. */
export async function deactivate(): Promise<void> {
  const former = client;
  client = undefined;
  await former?.stop();
}

function clientFor(channel: vscode.LogOutputChannel): LanguageClient {
  return new LanguageClient("istiops", "istiops", {
    command: own("path", "istiops"),
    args: ["lsp", "--stdio"],
  }, {
    documentSelector: [{ scheme: "file", language: "istiops" }],
    outputChannel: channel,
    markdown: { isTrusted: false, supportHtml: false },
    initializationOptions: {
      trusted: vscode.workspace.isTrusted,
      live: own("live", false),
      commands: own("commands", false),
      execPolicy: own("execPolicy", "deny-all"),
      kubeconfig: own("kubeconfig", ""),
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
