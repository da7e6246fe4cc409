/**
 * The YAML side of the server: open files, when they are looked at, and what
 * is asked about them. It is loaded with the first YAML file.
 *
 * @module
 */

import type {
  Diagnostic as Shown,
  PublishDiagnosticsParams,
  TextDocumentContentChangeEvent,
} from "vscode-languageserver/node";
import type { Names, Place } from "../../language/names.ts";
import { type DocumentLimits, Documents, type Loss } from "../documents.ts";
import { CODES } from "../gate.ts";
import { ResponseError } from "../library.ts";
import type { Checked } from "../server.ts";
import type { Settings } from "../settings.ts";
import type { Client } from "../view.ts";
import { mayBeOurs } from "./chunk.ts";
import { completionIn } from "./completion.ts";
import { shownDiagnostics } from "./diagnostics.ts";
import {
  Chunks,
  LARGEST_YAML,
  LARGEST_YAML_TOGETHER,
  type YamlFile,
} from "./files.ts";
import { type Told, toldOf } from "./findings.ts";
import { codeActionsIn } from "./fixes.ts";
import { hoverIn } from "./hover.ts";
import { inlayHintsIn } from "./live_shares.ts";
import { placesOfFile, type Together, together } from "./world.ts";

/** Limits of YAML. */
export const YAML_LIMITS: DocumentLimits = {
  document: LARGEST_YAML,
  together: LARGEST_YAML_TOGETHER,
  // What was read of a file is kept in any case.
  views: 1000,
};

/** What it gets from the server. */
export interface YamlOptions {
  readonly client: Client;
  readonly settings: Settings;
  readonly names: () => Names;
  /** Asks for names of a place. */
  readonly want: (place: Place) => void;
  readonly publish: (params: PublishDiagnosticsParams) => void;
}

/** Milliseconds of silence before files are looked at. */
const AFTER_A_KEY = 60;
/** Before the others are, which a change may concern. */
const OTHERS_AFTER = 400;
/** A file that takes long is looked at after a longer silence. */
const PATIENCE = 1;

/** One for all YAML files of an editor. */
export class YamlService {
  readonly #options: YamlOptions;
  readonly #documents: Documents<YamlFile>;
  readonly #chunks = new Chunks();
  /** Files in which somebody was told something. */
  readonly #told = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #cost = 0;
  /** What was put together last. */
  #last: {
    readonly names: Names;
    readonly all: Together;
    told?: readonly Told[];
  } | undefined;

  constructor(options: YamlOptions) {
    this.#options = options;
    this.#documents = new Documents(
      (text, _, uri) => this.#chunks.read(uri, text),
      YAML_LIMITS,
    );
  }

  open(uri: string, version: number, text: string): void {
    // A large file of somebody else gets nothing, not even that it is large.
    if (text.length > LARGEST_YAML && !mayBeOurs(text)) return;
    this.#documents.open(uri, version, text);
    if (mayBeOurs(text)) this.#told.add(uri);
    this.#soon(uri, 0);
  }

  change(
    uri: string,
    version: number,
    changes: readonly TextDocumentContentChangeEvent[],
  ): void {
    this.#documents.change(uri, version, changes);
    this.#last = undefined;
    this.#soon(uri, AFTER_A_KEY);
  }

  close(uri: string): void {
    this.#documents.close(uri);
    this.#chunks.forget(uri);
    clearTimeout(this.#timers.get(uri));
    this.#timers.delete(uri);
    if (this.#told.delete(uri)) this.#options.publish({ uri, diagnostics: [] });
    this.#othersSoon();
  }

  loseAll(): void {
    this.#documents.loseAll();
    this.lookAgain();
  }

  /** Something else is known of clusters. */
  lookAgain(): void {
    for (const uri of this.#documents.uris) this.#publish(uri);
  }

  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /**
   * Answers a request; null where there is nothing to say.
   *
   * @throws {ResponseError} The file is not looked at.
   */
  answer(method: string, { uri, position, range, loose }: Checked): unknown {
    const file = this.file(uri);
    if (typeof file === "string") {
      throw new ResponseError(CODES.requestFailed, LOST[file]);
    }
    const { client, settings } = this.#options;
    if (file === undefined) return null;
    const names = this.#options.names();
    const all = () => this.#together(file, names);
    switch (method) {
      case "textDocument/completion":
        // Somebody may be about to write a kind of ours.
        return mayBeOurs(file.text) || file.isOurs ||
            /istio\.io\/|istiops\//.test(file.text)
          ? completionIn(file, file.lines.offsetAt(position), {
            ...{ names, client },
            all: all(),
          })
          : null;
      case "textDocument/hover":
        return file.isOurs
          ? hoverIn(file, file.lines.offsetAt(position), {
            ...{ names, client },
            all: all(),
          })
          : null;
      case "textDocument/inlayHint":
        return settings.live && file.isOurs
          ? inlayHintsIn(file, range, { all: all(), names })
          : [];
      case "textDocument/codeAction":
        return file.isOurs && client.literalActions
          ? codeActionsIn(file, range, {
            ...{ names, client },
            all: all(),
            told: this.#toldOf(file, names),
            only: loose.context?.only,
          })
          : [];
      default:
        return EMPTY[method] ?? null;
    }
  }

  #together(file: YamlFile, names: Names): Together {
    const files = this.#filesFrom(file);
    const known = this.#last;
    if (
      known !== undefined && isSame(names.places, known.names.places) &&
      isSame(
        files.map(({ parts }) => parts),
        known.all.files.map(({ parts }) => parts),
      )
    ) return known.all;
    const all = together(files, names);
    this.#last = { names, all };
    return all;
  }

  /** Asked for twice where somebody looks at what can be mended. */
  #toldOf(file: YamlFile, names: Names): readonly Told[] {
    const areAll = this.#together(file, names);
    const last = this.#last;
    if (last?.told !== undefined) return last.told;
    const told = toldOf(areAll.files, { names, areAll });
    if (last !== undefined) last.told = told;
    return told;
  }

  /** A file as it is now. */
  file(uri: string): YamlFile | Loss | undefined {
    return this.#documents.view(uri, this.#options.names());
  }

  /** All that can be looked at, this one first. */
  #filesFrom(file: YamlFile): readonly YamlFile[] {
    const others = this.#documents.uris.flatMap((uri) => {
      const other = uri === file.uri ? undefined : this.file(uri);
      return other === undefined || typeof other === "string" ? [] : [other];
    });
    return [file, ...others];
  }

  #soon(uri: string, milliseconds: number): void {
    clearTimeout(this.#timers.get(uri));
    const wait = milliseconds === 0
      ? 0
      : Math.max(milliseconds, PATIENCE * this.#cost);
    this.#timers.set(
      uri,
      setTimeout(() => {
        this.#timers.delete(uri);
        this.#publish(uri);
        this.#othersSoon(uri);
      }, wait),
    );
  }

  #othersSoon(but?: string): void {
    clearTimeout(this.#timers.get(OTHERS));
    this.#timers.set(
      OTHERS,
      setTimeout(() => {
        this.#timers.delete(OTHERS);
        for (const uri of this.#told) {
          if (uri !== but && !this.#timers.has(uri)) this.#publish(uri);
        }
      }, Math.max(OTHERS_AFTER, PATIENCE * this.#cost)),
    );
  }

  #publish(uri: string): void {
    const document = this.#documents.get(uri);
    const { client, settings, publish, want } = this.#options;
    const start = performance.now();
    const file = this.file(uri);
    if (document === undefined || file === undefined) return;
    const diagnostics = this.#diagnostics(uri, file);
    this.#cost = performance.now() - start;
    if (diagnostics === undefined) return;
    this.#told.add(uri);
    publish({
      uri,
      ...client.versionedDiagnostics ? { version: document.version } : {},
      diagnostics: [...diagnostics],
    });
    if (typeof file === "string" || !settings.live) return;
    for (const place of placesOfFile(file)) want(place);
  }

  /** Undefined where nothing is to be said, and nothing was. */
  #diagnostics(
    uri: string,
    file: YamlFile | Loss,
  ): readonly Shown[] | undefined {
    const wasTold = this.#told.has(uri);
    if (typeof file === "string") {
      return wasTold ? [lost(LOST[file])] : undefined;
    }
    if (!file.isOurs) return wasTold ? [] : undefined;
    const { settings } = this.#options;
    const names = this.#options.names();
    return shownDiagnostics(file, this.#toldOf(file, names), settings);
  }
}

/** What editors expect where there is nothing. */
const EMPTY: Readonly<Record<string, unknown>> = {
  "textDocument/semanticTokens/full": { data: [] },
  "textDocument/semanticTokens/range": { data: [] },
};

const OTHERS = "others";

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

const START = { line: 0, character: 0 };

const LOST: Readonly<Record<Loss, string>> = {
  "too-large": `Not looked at: it is larger than ${
    LARGEST_YAML / 1024 / 1024
  } MiB, or all open YAML files than ${
    LARGEST_YAML_TOGETHER / 1024 / 1024
  } MiB`,
  lost:
    "Not looked at: a message larger than 8 MiB was not read; close it and open it again",
};

function lost(message: string): Shown {
  return {
    range: { start: START, end: START },
    severity: 2,
    code: "too-large",
    source: "istiops",
    message,
  };
}
