/**
 * A client of a real `istiops lsp`: it reads frames by its own rules, and
 * holds each message to the meta model of the protocol.
 *
 * @module
 */

import { assertEquals } from "../../support/assert.ts";
import { DENO_DIR } from "../../support/deno_dir.ts";
import { problemsOfParams, problemsOfResult } from "./meta_model.ts";

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;

// deno-lint-ignore no-explicit-any
export type Answer = any;

/** A message of the server's own. */
export interface Told {
  readonly method: string;
  readonly params: Answer;
}

/** Options of {@linkcode LspClient}. */
export interface ClientOptions {
  /** The program; from its sources by default. */
  readonly main?: string;
  readonly home?: string;
  /** Permissions; all by default. */
  readonly permissions?: readonly string[];
  /** A file that gets a line of each access that needs a permission. */
  readonly audit?: string;
  /** Answers what the server asks. */
  readonly reply?: (told: Told) => unknown;
}

const GONE = { error: { message: "the server has ended" } };

/** One server, from start to end. */
export class LspClient implements AsyncDisposable {
  readonly process: Deno.ChildProcess;
  readonly told: Told[] = [];
  /** Everything that came on standard error. */
  readonly stderr: Promise<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<
    number | null,
    { method: string; resolve: (answer: Answer) => void }
  >();
  readonly #unasked: Answer[] = [];
  readonly #options: ClientOptions;
  #listeners: (() => void)[] = [];
  #last = 0;
  #hasEnded = false;
  readonly reading: Promise<void>;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
    const { home, main = MAIN, permissions = ["-A"] } = options;
    this.process = new Deno.Command(Deno.execPath(), {
      args: ["run", ...permissions, "--quiet", main, "lsp", "--stdio"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      ...home === undefined ? {} : {
        env: {
          DENO_DIR,
          ...options.audit === undefined
            ? {}
            : { DENO_AUDIT_PERMISSIONS: options.audit },
          HOME: home,
          XDG_STATE_HOME: "",
          XDG_CONFIG_HOME: "",
          KUBECONFIG: `${home}/kubeconfig`,
        },
      },
    }).spawn();
    this.#writer = this.process.stdin.getWriter();
    this.stderr = new Response(this.process.stderr).text();
    this.reading = this.#read();
  }

  /** Starts the life of the server; gives its capabilities. */
  async initialize(
    capabilities: object = {},
    initializationOptions?: unknown,
  ): Promise<Answer> {
    const { result } = await this.request("initialize", {
      processId: Deno.pid,
      rootUri: null,
      capabilities,
      initializationOptions,
    });
    this.notify("initialized", {});
    return result.capabilities;
  }

  /** The whole answer, result or error. */
  request(method: string, params?: unknown): Promise<Answer> {
    const id = ++this.#last;
    const answer = new Promise<Answer>((resolve) =>
      this.#waiting.set(id, { method, resolve })
    );
    this.send({ id, method, params });
    return answer;
  }

  /** The result; an error fails the test. */
  async ask(method: string, params?: unknown): Promise<Answer> {
    const { result, error } = await this.request(method, params);
    assertEquals(error, undefined, method);
    return result;
  }

  notify(method: string, params?: unknown): void {
    this.send({ method, params });
  }

  send(message: object): void {
    const body = new TextEncoder().encode(
      JSON.stringify({ jsonrpc: "2.0", ...message }),
    );
    this.raw(
      new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n`),
    );
    this.raw(body);
  }

  /** Bytes as they are; a server that has gone takes none. */
  raw(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes).catch(() => {});
  }

  open(uri: string, text: string, version = 1): void {
    const languageId = /\.(?:ya?ml|json)$/.test(uri) ? "yaml" : "istiops";
    this.notify("textDocument/didOpen", {
      textDocument: { uri, languageId, version, text },
    });
  }

  /** Waits for a message of the server's own; takes it. */
  async next(
    method: string,
    isIt: (params: Answer) => boolean = () => true,
  ): Promise<Answer> {
    for (;;) {
      const at = this.told.findIndex((one) =>
        one.method === method && isIt(one.params)
      );
      if (at >= 0) return this.told.splice(at, 1)[0]?.params;
      if (this.#hasEnded) throw new Error(GONE.error.message);
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }

  /** Waits for an answer that nobody asked for: one without an id. */
  async unasked(): Promise<Answer> {
    while (this.#unasked.length === 0) {
      if (this.#hasEnded) throw new Error(GONE.error.message);
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
    return this.#unasked.shift();
  }

  /** Leaves as the protocol has it; gives the status. */
  async leave(): Promise<number> {
    await this.request("shutdown");
    this.notify("exit");
    return await this.end();
  }

  /** As an editor that has gone. */
  async closeInput(): Promise<void> {
    await this.#writer.close();
  }

  async end(): Promise<number> {
    const { code } = await this.process.status;
    await this.#writer.abort().catch(() => {});
    await this.reading;
    await this.stderr;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.end();
  }

  /** Bytes that are no frames fail here. */
  async #read(): Promise<void> {
    let rest = new Uint8Array();
    for await (const chunk of this.process.stdout) {
      const all = new Uint8Array(rest.length + chunk.length);
      all.set(rest);
      all.set(chunk, rest.length);
      rest = all;
      for (;;) {
        const head = new TextDecoder("latin1").decode(rest.subarray(0, 64));
        if (head === "") break;
        const found = /^Content-Length: (\d+)\r\n\r\n/.exec(head);
        if (!found && head.length < 40) break;
        if (!found) throw new Error(`no frame: ${JSON.stringify(head)}`);
        const start = found[0].length;
        const end = start + Number(found[1]);
        if (rest.length < end) break;
        const body = new TextDecoder().decode(rest.subarray(start, end));
        rest = rest.slice(end);
        this.#take(JSON.parse(body));
      }
    }
    this.#hasEnded = true;
    for (const { resolve } of this.#waiting.values()) resolve(GONE);
    for (const listener of this.#listeners) listener();
    if (rest.length > 0) throw new Error("the last frame is not whole");
  }

  #take(message: Answer): void {
    assertEquals(message.jsonrpc, "2.0");
    if (message.method !== undefined) {
      assertEquals(problemsOfParams(message.method, message.params), []);
      this.told.push(message);
      if (message.id !== undefined) {
        const result = this.#options.reply?.(message) ?? null;
        this.send({ id: message.id, result });
      }
    } else if (this.#waiting.has(message.id)) {
      const { method, resolve } = this.#waiting.get(message.id) as {
        method: string;
        resolve: (answer: Answer) => void;
      };
      this.#waiting.delete(message.id);
      if (message.error === undefined) {
        assertEquals(problemsOfResult(method, message.result), [], method);
      }
      resolve(message);
    } else this.#unasked.push(message);
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}

/** What VS Code announces, as far as this server looks. */
export const VS_CODE = {
  textDocument: {
    publishDiagnostics: {
      relatedInformation: true,
      versionSupport: true,
      codeDescriptionSupport: true,
      dataSupport: true,
      tagSupport: { valueSet: [1, 2] },
    },
    completion: {
      completionItem: {
        snippetSupport: true,
        documentationFormat: ["markdown", "plaintext"],
        insertReplaceSupport: true,
        labelDetailsSupport: true,
        resolveSupport: { properties: ["documentation", "detail"] },
      },
      completionList: {
        itemDefaults: ["commitCharacters", "editRange", "data"],
      },
    },
    hover: { contentFormat: ["markdown", "plaintext"] },
    signatureHelp: {
      signatureInformation: {
        documentationFormat: ["markdown", "plaintext"],
        parameterInformation: { labelOffsetSupport: true },
      },
    },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    codeAction: {
      isPreferredSupport: true,
      codeActionLiteralSupport: {
        codeActionKind: { valueSet: ["", "quickfix", "refactor"] },
      },
    },
    rename: { prepareSupport: true },
  },
  workspace: {
    configuration: true,
    inlayHint: { refreshSupport: true },
    codeLens: { refreshSupport: true },
  },
  window: { showMessage: { messageActionItem: {} } },
  general: { positionEncodings: ["utf-16"] },
};

/** What Neovim 0.7 announces, as far as this server looks. */
export const NEOVIM = {
  textDocument: {
    publishDiagnostics: { relatedInformation: true },
    completion: {
      completionItem: {
        snippetSupport: false,
        documentationFormat: ["markdown", "plaintext"],
      },
    },
    hover: { contentFormat: ["markdown", "plaintext"] },
    signatureHelp: {
      signatureInformation: { documentationFormat: ["markdown", "plaintext"] },
    },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    codeAction: {
      codeActionLiteralSupport: {
        codeActionKind: { valueSet: ["", "quickfix", "refactor"] },
      },
    },
    rename: { prepareSupport: true },
  },
};
