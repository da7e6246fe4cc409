/**
 * A real headless Chromium, driven by its own protocol: pages, what they log,
 * what they ask the network for.
 *
 * @module
 */

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/** The program, or why there is none. */
export async function findChromium(): Promise<
  { readonly path: string } | { readonly why: string }
> {
  for (const path of NAMES) {
    try {
      const { success } = await new Deno.Command(path, {
        args: ["--version"],
        stderr: "null",
      }).output();
      if (success) return { path };
    } catch {
      // The next name.
    }
  }
  return { why: "there is no Chromium" };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A browser that is gone afterwards. */
export class Chromium implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  #last = 0;

  private constructor(
    process: Deno.ChildProcess,
    profile: string,
    socket: WebSocket,
  ) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message: Message = JSON.parse(data);
      this.#waiting.get(message.id ?? -1)?.(message);
      for (const listener of this.#listeners) listener(message);
    };
  }

  static async start(path: string): Promise<Chromium> {
    const profile = await Deno.makeTempDir();
    const process = new Deno.Command(path, {
      args: [
        ...["--headless=new", "--no-sandbox", "--disable-gpu"],
        ...["--no-first-run", "--disable-background-networking"],
        ...["--remote-debugging-port=0", `--user-data-dir=${profile}`],
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let said = "";
    const reader = process.stderr.pipeThrough(new TextDecoderStream())
      .getReader();
    let url: string | undefined;
    while (url === undefined) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`Chromium did not start: ${said}`);
      said += value;
      url = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
    }
    // It may go on talking: nobody listens, and it must not wait.
    (async () => {
      while (!(await reader.read()).done);
    })();
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Chromium(process, profile, socket);
  }

  async send(
    method: string,
    params: Record<string, unknown> = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#waiting.set(id, resolve);
    this.#socket.send(JSON.stringify({
      ...{ id, method, params },
      ...(sessionId === undefined ? {} : { sessionId }),
    }));
    const { result = {}, error } = await promise;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  listen(listener: (message: Message) => void): Disposable {
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => void this.#listeners.delete(listener),
    };
  }

  /** Opens a page; what it logs and fetches is kept from the beginning. */
  async open(url: string, options: PageOptions = {}): Promise<Page> {
    const { targetId } = await this.send("Target.createTarget", {
      url: "about:blank",
    });
    const { sessionId } = await this.send("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const page = new Page(this, String(sessionId));
    await page.prepare(options);
    await page.go(url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.send("Browser.close").catch(() => {});
    await closed;
    await this.#process.status;
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {});
  }
}

/** How a page is looked at. */
export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
}

/** One page. */
export class Page {
  readonly #browser: Chromium;
  readonly #session: string;
  /** Errors and warnings of the console, uncaught errors, refused things. */
  readonly complaints: string[] = [];
  /** Everything that was asked for. */
  readonly requests: string[] = [];
  readonly #loaded = Promise.withResolvers<void>();

  constructor(browser: Chromium, session: string) {
    this.#browser = browser;
    this.#session = session;
    browser.listen(({ method, params = {}, sessionId }) => {
      if (sessionId !== session) return;
      if (method === "Page.loadEventFired") this.#loaded.resolve();
      else if (method === "Network.requestWillBeSent") {
        const { url } = params["request"] as { readonly url: string };
        this.requests.push(url);
      } else if (method === "Runtime.exceptionThrown") {
        this.complaints.push(JSON.stringify(params));
      } else if (method === "Runtime.consoleAPICalled") {
        this.complaints.push(JSON.stringify(params["args"]));
      } else if (method === "Log.entryAdded") {
        this.complaints.push(JSON.stringify(params["entry"]));
      }
    });
  }

  async prepare({ width = 1280, height = 900, scheme }: PageOptions) {
    for (const domain of ["Page", "Network", "Runtime", "Log"]) {
      await this.#send(`${domain}.enable`);
    }
    await this.#send("Emulation.setDeviceMetricsOverride", {
      ...{ width, height, deviceScaleFactor: 1, mobile: width < 600 },
    });
    if (scheme === undefined) return;
    await this.#send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: scheme }],
    });
  }

  async go(url: string): Promise<void> {
    await this.#send("Page.navigate", { url });
    await this.#loaded.promise;
  }

  /** The value of an expression; JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", {
      expression,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(JSON.stringify(exceptionDetails));
    }
    return (result as { readonly value: T }).value;
  }

  /** Presses a key as somebody would. */
  async press(key: string): Promise<void> {
    const codes: Readonly<Record<string, number>> = {
      ...{ Tab: 9, Enter: 13, Escape: 27, Home: 36 },
      ...{ ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 },
    };
    const about = {
      key,
      code: key,
      windowsVirtualKeyCode: codes[key],
      ...(key === "Enter" ? { text: "\r" } : {}),
    };
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", ...about });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...about });
  }

  #send(method: string, params: Record<string, unknown> = {}) {
    return this.#browser.send(method, params, this.#session);
  }
}
