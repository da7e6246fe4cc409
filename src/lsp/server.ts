/**
 * The language server: messages to features, and nothing without the user's
 * leave. Texts are all it looks at by default.
 *
 * @module
 */

import type {
  CancellationToken,
  Connection,
  HandlerResult,
  Position,
  Range,
  ServerCapabilities,
  TextDocumentContentChangeEvent,
} from "vscode-languageserver/node";
import { statementAt } from "../language/document.ts";
import type { InvocationOptions } from "../language/invocation.ts";
import { type Names, NO_NAMES, type Place } from "../language/names.ts";
import { safe } from "../render/safe.ts";
import { ACTION_KINDS, codeActionsAt } from "./code_actions.ts";
import {
  COMPLETION_TRIGGERS,
  completionAt,
  resolveItem,
} from "./completion.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import {
  Documents,
  LARGEST_DOCUMENT,
  LONGEST_LINE,
  type Loss,
} from "./documents.ts";
import {
  confirmInEditor,
  isCommandName,
  lineFor,
  type Ran,
  type RunLine,
  targetOf,
} from "./execute.ts";
import { formattingOf } from "./formatting.ts";
import { CODES } from "./gate.ts";
import { hoverOf, placeAt, SIGNATURE_TRIGGERS, signatureOf } from "./hover.ts";
import {
  createConnection,
  MessageType,
  ProposedFeatures,
  ResponseError,
} from "./library.ts";
import { flatSymbolsOf, foldingOf, symbolsOf } from "./outline.ts";
import {
  COMMANDS,
  inlayHintsOf,
  lensesOf,
  placesIn,
  placesOf,
} from "./routes.ts";
import { LEGEND, semanticTokensOf } from "./semantic_tokens.ts";
import { CLOSED, type Settings, settingsOf } from "./settings.ts";
import {
  definitionAt,
  referencesAt,
  renamableAt,
  renameAt,
} from "./variables.ts";
import {
  type Client,
  clientOf,
  FULL_CLIENT,
  type View,
  viewOf,
} from "./view.ts";
import { openWire } from "./wire.ts";
import type { YamlService } from "./yaml/service.ts";

/** Names that are kept up to date, as `src/names` has them. */
export interface Live extends AsyncDisposable {
  names(): Names;
  want(place: Place): void;
  invalidate(): void;
  onChange(listener: () => void): Disposable;
}

/** What the server gets from the process around it. */
export interface ServerOptions {
  readonly version: string;
  /** Called only where the user's settings allow it. */
  readonly openLive: (
    settings: Settings,
    onNotice: (text: string) => void,
  ) => Promise<Live>;
  readonly runLine: RunLine;
  /** What judges patterns; asked for once a document has one. */
  readonly loadPatterns: () => Promise<InvocationOptions>;
}

/** Serves an editor on standard input and output; gives the status to end with. */
export async function serve(options: ServerOptions): Promise<number> {
  const server = new Server(options);
  return await server.run();
}

/** Milliseconds of silence before findings are looked for. */
const AFTER_A_KEY = 60;
const AFTER_A_NAME = 150;

class Server {
  readonly #options: ServerOptions;
  readonly #documents: Documents<View>;
  /** Loaded with the first YAML file; each waits for the one before. */
  #yaml: Promise<YamlService> | undefined;
  readonly #yamlUris = new Set<string>();
  /** Set when the run begins, and for good. */
  #connection!: Connection;
  #client: Client = FULL_CLIENT;
  #settings: Settings = CLOSED;
  #live: Live | undefined;
  #patterns: InvocationOptions = {};
  #answerIfAllowed: () => void = () => {};
  #arePatternsWanted = false;
  #isRunning = false;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#documents = new Documents((text, names) => {
      if (/\s-(-regexp|\w*r)\b/.test(text)) this.#wantPatterns();
      return viewOf(text, {
        names,
        client: this.#client,
        patterns: this.#patterns,
      });
    });
  }

  async run(): Promise<number> {
    const wire = openWire(() => {
      this.#loseAll();
      for (const uri of this.#documents.uris) this.#publishSoon(uri, 0);
    });
    this.#connection = createConnection(
      ProposedFeatures.all,
      wire.reader,
      wire.writer,
    );
    this.#listen();
    this.#answer();
    this.#connection.listen();
    const status = await wire.ended;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    (await this.#yaml)?.end();
    await this.#live?.[Symbol.asyncDispose]();
    return status;
  }

  get #names(): Names {
    return this.#live?.names() ?? NO_NAMES;
  }

  /** Notifications; one that is not as it should be says nothing. */
  #listen(): void {
    const on = (method: string, take: (params: Loose) => void) =>
      this.#connection.onNotification(method, (params: Loose) => {
        const uri = params?.textDocument?.uri;
        // Nothing but files is looked at.
        if (typeof uri === "string" && uri.startsWith("file:")) take(params);
      });
    on("textDocument/didOpen", ({ textDocument }) => {
      const { uri, version, text, languageId } = textDocument ?? {};
      if (typeof text !== "string") return;
      if (isYaml(String(languageId))) {
        if (this.#settings.yaml === "off") return;
        this.#yamlUris.add(uri as string);
        this.#inYaml((yaml) => yaml.open(uri as string, Number(version), text));
        return;
      }
      this.#documents.open(uri as string, Number(version), text);
      this.#publishSoon(uri as string, 0);
    });
    on("textDocument/didChange", ({ textDocument, contentChanges }) => {
      const { uri, version } = textDocument ?? {};
      if (!Array.isArray(contentChanges)) return;
      if (!contentChanges.every(isChange)) return this.#loseAll();
      if (this.#yamlUris.has(uri as string)) {
        this.#inYaml((yaml) =>
          yaml.change(uri as string, Number(version), contentChanges)
        );
        return;
      }
      this.#documents.change(uri as string, Number(version), contentChanges);
      this.#publishSoon(uri as string, AFTER_A_KEY);
    });
    on("textDocument/didClose", ({ textDocument }) => {
      const uri = textDocument?.uri as string;
      if (this.#yamlUris.delete(uri)) {
        this.#inYaml((yaml) => yaml.close(uri));
        return;
      }
      this.#documents.close(uri);
      clearTimeout(this.#timers.get(uri));
      this.#timers.delete(uri);
      this.#connection.sendDiagnostics({ uri, diagnostics: [] });
    });
    // Whatever a workspace says here: settings come with `initialize`.
    this.#connection.onNotification(
      "workspace/didChangeConfiguration",
      () => {},
    );
    this.#connection.onNotification("initialized", () => {
      if (!this.#client.laterFormatting) return;
      // Else an editor would ask who formats YAML: nobody here.
      this.#connection.sendRequest("client/registerCapability", {
        registrations: [{
          id: "formatting",
          method: "textDocument/formatting",
          registerOptions: { documentSelector: [{ language: "istiops" }] },
        }],
      }).catch(() => {});
    });
    this.#connection.onNotification("textDocument/didSave", () => {});
  }

  #answer(): void {
    const connection = this.#connection;
    connection.onInitialize(({ capabilities, initializationOptions }) => {
      this.#client = clientOf(capabilities ?? {});
      this.#settings = settingsOf(initializationOptions);
      this.#answerIfAllowed();
      if (this.#settings.live) this.#openLive();
      return {
        serverInfo: { name: "istiops", version: this.#options.version },
        capabilities: capabilitiesFor(this.#client, this.#settings),
      };
    });
    connection.onShutdown(() => {});
    const at = (
      method: string,
      give: (view: View, params: Checked) => unknown,
      needs: Needs = {},
    ) =>
      connection.onRequest(method, (params: Loose): Answer => {
        const checked = check(params, needs);
        return this.#yamlUris.has(checked.uri)
          ? this.#yaml?.then((yaml) => yaml.answer(method, checked)) as Answer
          : give(this.#view(checked.uri), checked) as Answer;
      });
    at("textDocument/completion", (view, { position }) => {
      const { list, wants } = completionAt(view, position);
      if (wants !== undefined) this.#want(wants);
      return list;
    }, { position: true });
    connection.onRequest("completionItem/resolve", (item) => {
      if (typeof item?.label !== "string") throw invalid("An item has a label");
      return resolveItem(item, this.#client);
    });
    at("textDocument/hover", (view, { position }) => {
      if (this.#live) this.#want(placeAt(view, position));
      return hoverOf(view, position);
    }, { position: true });
    at(
      "textDocument/signatureHelp",
      (view, { position }) => signatureOf(view, position),
      { position: true },
    );
    at("textDocument/formatting", (view) => formattingOf(view));
    at(
      "textDocument/documentSymbol",
      (view, { uri }) =>
        this.#client.hierarchicalSymbols
          ? symbolsOf(view)
          : flatSymbolsOf(view, uri),
    );
    at("textDocument/foldingRange", (view) => foldingOf(view));
    at("textDocument/semanticTokens/full", (view) => semanticTokensOf(view));
    at(
      "textDocument/semanticTokens/range",
      (view, { range }) => semanticTokensOf(view, view.lines.spanOf(range)),
      { range: true },
    );
    at(
      "textDocument/prepareRename",
      (view, { position }) => renamableAt(view, position),
      { position: true },
    );
    at("textDocument/rename", (view, { uri, position, loose }) => {
      const { newName } = loose;
      if (typeof newName !== "string") throw invalid("A new name is a text");
      const edit = renameAt(view, { uri, position, newName });
      if (edit === null || !("refusal" in edit)) return edit;
      throw edit.isInvalid
        ? invalid(edit.refusal)
        : new ResponseError(CODES.requestFailed, edit.refusal);
    }, { position: true });
    at(
      "textDocument/references",
      (view, { uri, position, loose }) =>
        referencesAt(view, {
          uri,
          position,
          includeDeclaration: loose.context?.includeDeclaration !== false,
        }),
      { position: true },
    );
    at(
      "textDocument/definition",
      (view, { uri, position }) => definitionAt(view, { uri, position }),
      { position: true },
    );
    at("textDocument/codeAction", (view, { uri, range, loose }) => {
      const only = loose.context?.only;
      return codeActionsAt(view, {
        uri,
        range,
        mayRun: this.#settings.commands,
        ...Array.isArray(only) ? { only } : {},
      });
    }, { range: true });
    this.#answerIfAllowed = () => {
      if (this.#settings.live) {
        at("textDocument/inlayHint", (view, { range }) => {
          for (const place of placesIn(view, range)) this.#want(place);
          return inlayHintsOf(view, range);
        }, { range: true });
      }
      if (!this.#settings.commands) return;
      at("textDocument/codeLens", (view, { uri }) => lensesOf(view, uri));
      connection.onRequest(
        "workspace/executeCommand",
        (params: Loose, token: CancellationToken) =>
          this.#execute(params, token),
      );
    };
  }

  /** What happens to YAML files, in the order in which it was told. */
  #inYaml(work: (yaml: YamlService) => void): void {
    this.#yaml ??= import("./yaml/service.ts").then(({ YamlService }) =>
      new YamlService({
        client: this.#client,
        settings: this.#settings,
        names: () => this.#names,
        want: (place) => this.#want(place),
        publish: (params) => this.#connection.sendDiagnostics(params),
      })
    );
    this.#yaml.then(work);
  }

  #loseAll(): void {
    this.#documents.loseAll();
    if (this.#yaml !== undefined) this.#inYaml((yaml) => yaml.loseAll());
  }

  #view(uri: string): View {
    const view = this.#documents.view(uri, this.#names);
    if (view === undefined) throw invalid("That document is not open");
    if (typeof view === "string") {
      throw new ResponseError(CODES.requestFailed, LOSSES[view]);
    }
    return view;
  }

  #publishSoon(uri: string, milliseconds: number): void {
    clearTimeout(this.#timers.get(uri));
    this.#timers.set(
      uri,
      setTimeout(() => {
        this.#timers.delete(uri);
        this.#publish(uri);
      }, milliseconds),
    );
  }

  #publish(uri: string): void {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    const view = this.#documents.view(uri, this.#names) as View | Loss;
    this.#connection.sendDiagnostics({
      uri,
      ...this.#client.versionedDiagnostics ? { version: document.version } : {},
      diagnostics: typeof view === "string"
        ? [{
          range: START,
          severity: 2,
          code: "too-large",
          source: "istiops",
          message: LOSSES[view],
        }]
        : [...diagnosticsOf(view)],
    });
    if (typeof view === "string" || this.#live === undefined) return;
    for (const place of placesOf(view)) this.#want(place);
  }

  #openLive(): void {
    this.#options.openLive(
      this.#settings,
      (text) => this.#log(MessageType.Warning, text),
    ).then((live) => {
      this.#live = live;
      live.onChange(() => this.#liveChanged());
      this.#liveChanged();
    }, (error) => this.#log(MessageType.Error, String(error.message)));
  }

  #liveChanged(): void {
    if (this.#timers.has(NAMES)) return;
    this.#timers.set(
      NAMES,
      setTimeout(() => {
        this.#timers.delete(NAMES);
        for (const uri of this.#documents.uris) this.#publish(uri);
        if (this.#yaml !== undefined) this.#inYaml((yaml) => yaml.lookAgain());
        if (this.#client.refreshHints) {
          this.#connection.languages.inlayHint.refresh().catch(() => {});
        }
      }, AFTER_A_NAME),
    );
  }

  /** A kubeconfig that a script names is not the user's. */
  #want(place: Place): void {
    if (place.kubeconfig === undefined) this.#live?.want(place);
  }

  #wantPatterns(): void {
    if (this.#arePatternsWanted) return;
    this.#arePatternsWanted = true;
    this.#options.loadPatterns().then((patterns) => {
      this.#patterns = patterns;
      this.#documents.forget();
      for (const uri of this.#documents.uris) this.#publishSoon(uri, 0);
    });
  }

  async #execute(params: Loose, token: CancellationToken): Promise<Ran> {
    const { command } = params ?? {};
    const target = targetOf(params?.arguments);
    if (typeof command !== "string" || !isCommandName(command) || !target) {
      throw invalid("There is no such command");
    }
    const refuse = (why: string, code: number = CODES.requestFailed) =>
      new ResponseError(code, why);
    const view = this.#view(target.uri);
    const statement = statementAt(view.document, target.start);
    const { span } = statement ?? {};
    if (
      statement?.invocation === undefined || span?.start !== target.start ||
      view.document.text.slice(span.start, span.end) !== target.text
    ) throw refuse("That line is another by now", CODES.contentModified);
    const line = lineFor(command, statement, this.#settings);
    if (line === undefined) {
      throw refuse(
        "That line is not for an editor: carry it out in a terminal",
      );
    }
    if (this.#isRunning) throw refuse("Another line is being carried out");
    this.#isRunning = true;
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    try {
      const ran = await this.#options.runLine(line, {
        signal: stop.signal,
        confirm: (plan) =>
          confirmInEditor(plan, (question) => this.#ask(question)),
      });
      this.#tell(ran);
      this.#live?.invalidate();
      return ran;
    } finally {
      this.#isRunning = false;
    }
  }

  /** No answer is no. */
  async #ask(question: string): Promise<boolean> {
    const answer = await this.#connection.window.showWarningMessage(
      safe(question, { block: true }),
      { title: "Run" },
      { title: "Cancel" },
    );
    return answer?.title === "Run";
  }

  #tell({ status, stdout, stderr }: Ran): void {
    const text = [stdout, stderr].filter((one) => one !== "").join("\n");
    this.#log(MessageType.Info, text);
    this.#connection.sendNotification("window/showMessage", {
      type: status === 0 ? MessageType.Info : MessageType.Error,
      message: text.length <= LONGEST_MESSAGE
        ? text
        : `${text.slice(0, LONGEST_MESSAGE).toWellFormed()}…`,
    });
  }

  #log(type: MessageType, text: string): void {
    this.#connection.sendNotification("window/logMessage", {
      type,
      message: safe(text, { block: true }),
    });
  }
}

/** JSON is YAML. */
function isYaml(languageId: string): boolean {
  return /^(?:istio-)?(?:yaml|json)$/.test(languageId);
}

const NAMES = "names";
const LONGEST_MESSAGE = 4000;

const START: Range = {
  start: { line: 0, character: 0 },
  end: { line: 0, character: 0 },
};

const LOSSES: Readonly<Record<Loss, string>> = {
  "too-large": `Not looked at: it is larger than ${
    LARGEST_DOCUMENT / 1024
  } KiB, or a command in it than ${LONGEST_LINE / 1024} KiB`,
  lost:
    "Not looked at: a message larger than 8 MiB was not read; close it and open it again",
};

function capabilitiesFor(
  client: Client,
  { live, commands }: Settings,
): ServerCapabilities {
  return {
    positionEncoding: "utf-16",
    textDocumentSync: { openClose: true, change: 2 },
    completionProvider: {
      triggerCharacters: [...COMPLETION_TRIGGERS],
      resolveProvider: true,
    },
    hoverProvider: true,
    signatureHelpProvider: { triggerCharacters: [...SIGNATURE_TRIGGERS] },
    ...client.laterFormatting ? {} : { documentFormattingProvider: true },
    documentSymbolProvider: true,
    foldingRangeProvider: true,
    semanticTokensProvider: { legend: LEGEND, full: true, range: true },
    renameProvider: client.prepareRename ? { prepareProvider: true } : true,
    referencesProvider: true,
    definitionProvider: true,
    codeActionProvider: client.literalActions
      ? { codeActionKinds: [...ACTION_KINDS] }
      : true,
    ...live ? { inlayHintProvider: true } : {},
    ...commands
      ? {
        codeLensProvider: {},
        executeCommandProvider: { commands: Object.keys(COMMANDS) },
      }
      : {},
  };
}

/** An answer as the library takes it; the tests hold it to the protocol. */
type Answer = HandlerResult<object | null, void>;

/** Parameters as they come: anything. */
type Loose = {
  readonly [name: string]: unknown;
  readonly textDocument?: {
    readonly uri?: unknown;
    readonly version?: unknown;
    readonly text?: unknown;
    readonly languageId?: unknown;
  };
  readonly context?: {
    readonly only?: unknown;
    readonly includeDeclaration?: unknown;
  };
};

/** What a request has to say besides its document. */
interface Needs {
  readonly position?: true;
  readonly range?: true;
}

/** Parameters that were looked at; what was not needed is the beginning. */
export interface Checked {
  readonly uri: string;
  readonly position: Position;
  readonly range: Range;
  readonly loose: Loose;
}

function check(params: Loose, needs: Needs): Checked {
  const uri = params?.textDocument?.uri;
  if (typeof uri !== "string") throw invalid("A document has a uri");
  const { position, range } = params;
  if (needs.position && !isPosition(position)) {
    throw invalid("A position is a line and a character");
  }
  if (needs.range && !isRange(range)) {
    throw invalid("A range has two positions");
  }
  return {
    uri,
    position: isPosition(position) ? position : START.start,
    range: isRange(range) ? range : START,
    loose: params,
  };
}

function invalid(why: string): ResponseError<void> {
  return new ResponseError(CODES.invalidParams, why);
}

function isPosition(value: unknown): value is Position {
  if (typeof value !== "object" || value === null) return false;
  const { line, character } = value as Record<string, unknown>;
  return Number.isInteger(line) && Number.isInteger(character);
}

function isRange(value: unknown): value is Range {
  if (typeof value !== "object" || value === null) return false;
  const { start, end } = value as Record<string, unknown>;
  return isPosition(start) && isPosition(end);
}

function isChange(value: unknown): value is TextDocumentContentChangeEvent {
  if (typeof value !== "object" || value === null) return false;
  const { text, range } = value as Record<string, unknown>;
  return typeof text === "string" && (range === undefined || isRange(range));
}
