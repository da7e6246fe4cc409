/**
 * Requests at a steady rate through proxies, counted window by window
 * (`go/tools/load`).
 *
 * @module
 */

/** A kind of request. */
export interface Sort {
  readonly name: string;
  /** `api:5000`. */
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What to send. */
export interface Job {
  /** Addresses of proxies, in turn: `127.0.0.1:15001`. */
  readonly targets: readonly string[];
  /** Requests in a second, all sorts together. */
  readonly rate: number;
  /** How many are on their way at once, at most. */
  readonly connections: number;
  readonly sorts: readonly Sort[];
}

/** So many requests of a sort got this. */
export interface Count {
  readonly sort: string;
  /** 0: no answer came. */
  readonly status: number;
  /** Address of the pod, `10.77.1.1`; empty where the proxy answered. */
  readonly pod: string;
  readonly count: number;
  /** Of one that was no 200: its body, or why there was no answer. */
  readonly sample?: string;
}

/** What the requests got that were sent in one stretch of time. */
export interface Window {
  readonly sent: number;
  readonly counts: readonly Count[];
}

/** A running load; disposing it ends it. */
export interface Load extends AsyncDisposable {
  /** Ends the window of the moment. */
  mark(): Promise<Window>;
  /** Sends so many besides, as fast as they go, and tells of these alone. */
  burst(sort: string, count: number): Promise<Window>;
}

/** Starts it. */
export function startLoad(path: string, job: Job): Load {
  const child = new Deno.Command(path, {
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const orders = child.stdin.getWriter();
  const answers = linesOf(child.stdout);
  const order = async (what: unknown): Promise<void> => {
    await orders.write(new TextEncoder().encode(`${JSON.stringify(what)}\n`));
  };
  const ask = async (what: unknown): Promise<Window> => {
    await order(what);
    const { value, done } = await answers.next();
    if (done) throw new Error("ask the load: it has ended");
    return JSON.parse(value);
  };
  const ready = order(job);
  return {
    async mark() {
      await ready;
      return await ask({ mark: true });
    },
    async burst(sort, count) {
      await ready;
      return await ask({ burst: { sort, count } });
    },
    async [Symbol.asyncDispose]() {
      await orders.close();
      await answers.return();
      await child.status;
    },
  };
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
