/**
 * HTTP to one API server, with everything that must never be forgotten in
 * one place: deadlines, an idle deadline on bodies, a cap on their size,
 * retries by class, redirects refused, answers held against what was asked
 * for, and failures in plain words without a secret in them.
 *
 * A call ends within its deadline, whatever the server does. What may have
 * been written, though no answer says so, is `OutcomeUnknownError`.
 *
 * @module
 */

import { InterruptedError, TrafficError } from "../errors.ts";
import {
  badAnswer,
  errorOf,
  type Failure,
  failureOf,
  isJson,
  parseRedacted,
  warningsOf,
} from "./answers.ts";
import { Attempt, textOf, TooLarge } from "./attempt.ts";
import { failureOfThrown } from "./broken_wire.ts";
import {
  afterAttempts,
  type Exchange,
  interrupted,
  LIMITS,
  type Limits,
  outOfTime,
  refuseTooLarge,
  seconds,
  type TransportRequest,
  unknownOutcome,
  unlessInterrupted,
} from "./call.ts";
import type { Clock } from "./cluster.ts";
import type { Access } from "./access.ts";
import { Budget, Gate, paceOf, SYSTEM_CLOCK, waitBefore } from "./retry.ts";
import { NoConnection } from "./reach.ts";
import type { Wire } from "./wire.ts";

/** Options of a {@linkcode Transport}. */
export interface TransportOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Milliseconds for all calls together; no bound by default. */
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
  /** For jitter: numbers from 0 up to 1. */
  readonly random?: (() => number) | undefined;
  /** Told about each attempt, once it is over. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
  readonly version: string;
}

/** A stream that was opened; its body is read by the caller. */
export interface OpenStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Ends it at once. */
  readonly abort: () => void;
}

/** Sends calls to one server. */
export class Transport {
  readonly #access: Access;
  readonly #wire: Wire;
  readonly #limits: Limits;
  /** The time that everything about this connection goes by. */
  readonly clock: Clock;
  readonly #random: () => number;
  readonly #budget: Budget;
  readonly #gate: Gate;
  readonly #userAgent: string;
  readonly #onExchange: TransportOptions["onExchange"];
  /** All that were sent: a former one may still be good. */
  readonly #tokens = new Set<string>();
  #isClosed = false;

  constructor(access: Access, wire: Wire, options: TransportOptions) {
    this.#access = access;
    this.#wire = wire;
    this.#limits = { ...LIMITS, ...options.limits };
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
    this.#budget = new Budget(options.timeoutMs ?? Infinity, this.clock);
    this.#gate = new Gate(this.#limits.parallel);
    this.#userAgent = `istiops/${options.version}`;
    this.#onExchange = options.onExchange;
  }

  /**
   * Makes a call and gives the JSON that it answers.
   *
   * @throws {ClusterError} What the server said, or that it said nothing.
   * @throws {ConflictError} 409.
   * @throws {OutcomeUnknownError} A write without a trustworthy answer.
   * @throws {InterruptedError} The signal, or `close()`; for a write under
   * way, unknown.
   */
  async json(request: TransportRequest): Promise<unknown> {
    // A plugin may take its time, and a person with it.
    await unlessInterrupted(this.#access.token?.current(), request);
    // Holding ourselves back costs the call none of its time.
    await this.#sleep(this.#pause(), request);
    const stop = this.#budget.start();
    try {
      return await this.#repeat(request);
    } finally {
      stop();
    }
  }

  /** Opens a stream: one attempt, and no deadline once its headers are here. */
  async open(request: TransportRequest): Promise<OpenStream> {
    try {
      return await this.#openOnce(request);
    } catch (error) {
      const isRenewed = error instanceof TrafficError &&
        error.code === "unauthorized" &&
        await unlessInterrupted(this.#access.token?.refresh(), request) ===
          true;
      if (!isRenewed) throw error;
      return await this.#openOnce(request);
    }
  }

  async #openOnce(request: TransportRequest): Promise<OpenStream> {
    await this.#sleep(this.#pause(), request);
    this.#checkOpen(request);
    const attempt = new Attempt(request.signal, this.#limits.readMs);
    const tell = this.#watch(request, { attempt, made: 1 });
    try {
      const response = await this.#send(request, attempt);
      tell(undefined);
      if (response.status === 200 && response.body !== null) {
        attempt.disarm();
        return { body: response.body, abort: () => attempt.end() };
      }
      const text = await textOf(response, attempt, this.#limits);
      throw errorOf(this.#failureOf(response, text), request.attempt);
    } catch (error) {
      attempt.end();
      if (request.signal?.aborted === true) throw interrupted(request);
      if (error instanceof TrafficError) throw error;
      throw errorOf(this.#failureOfThrown(error, attempt), request.attempt);
    }
  }

  /** Closes every connection; calls fail from now on, and none is repeated. */
  close(): void {
    this.#isClosed = true;
    this.#wire.close();
  }

  #checkOpen({ attempt }: TransportRequest): void {
    if (!this.#isClosed) return;
    throw new InterruptedError(
      "interrupted",
      `${attempt}: the connection is closed`,
    );
  }

  async #repeat(request: TransportRequest): Promise<unknown> {
    refuseTooLarge(request);
    const { readMs, writeMs, attempts } = this.#limits;
    const most = request.effect === "read" ? readMs : writeMs;
    const begin = this.clock.now().getTime();
    const end = begin + Math.min(most, this.#budget.left);
    let refreshed = false;
    let former: Failure | undefined;
    for (let made = 1;; made += 1) {
      this.#checkOpen(request);
      const left = end - this.clock.now().getTime();
      const result = left <= 0
        ? { failure: unsent(outOfTime(most, end - begin)) }
        : await this.#once(request, { left, made });
      if ("body" in result) return result.body;
      const { failure } = result;
      if (failure.code === "unauthorized" && !refreshed) {
        refreshed = true;
        const anew = this.#access.token?.refresh(result.token);
        if (await unlessInterrupted(anew, request) === true) continue;
      }
      if (
        request.effect === "write" &&
        (failure.retry === "unknown" || failure.retry === "untrusted")
      ) throw unknownOutcome(failure, request);
      if (failure.retry === "final" || failure.retry === "untrusted") {
        throw errorOf(failure, request.attempt);
      }
      const wait = waitBefore(made, {
        retryAfter: failure.retryAfter,
        random: this.#random,
      });
      const isLast = made >= (failure.attempts ?? attempts) ||
        this.clock.now().getTime() + wait >= end;
      if (isLast) {
        // Running out of time says less than what went wrong before.
        const told = failure.code === "timeout" ? former ?? failure : failure;
        throw errorOf(afterAttempts(told, made), request.attempt);
      }
      former = failure;
      await this.#sleep(Math.max(wait, this.#pause()), request);
    }
  }

  /** Milliseconds until this process may send one more request. */
  #pause(): number {
    return paceOf(this.clock).take(this.clock.now().getTime(), this.#limits);
  }

  async #sleep(wait: number, request: TransportRequest): Promise<void> {
    if (wait === 0) return;
    try {
      await this.clock.sleep(wait, request.signal);
    } catch (error) {
      if (request.signal?.aborted === true) throw interrupted(request);
      throw error;
    }
  }

  /** One attempt: the body, or why there is none. */
  async #once(
    request: TransportRequest,
    of: { readonly left: number; readonly made: number },
  ): Promise<Result> {
    const leave = await this.#gate.enter();
    // Others may have used up what was left for all when this one queued.
    const left = Math.min(of.left, this.#budget.left);
    const attempt = new Attempt(request.signal, left);
    const tell = this.#watch(request, { attempt, made: of.made });
    try {
      if (request.signal?.aborted === true) throw interrupted(request);
      if (left <= 0) return { failure: unsent(outOfTime(of.left, left)) };
      const response = await this.#send(request, attempt);
      const text = await textOf(response, attempt, this.#limits);
      const result = this.#judge(request, response, text);
      tell("failure" in result ? result.failure.obstacle : undefined);
      return "body" in result ? result : { ...result, token: attempt.token };
    } catch (error) {
      if (error instanceof TrafficError) throw error;
      if (error instanceof TooLarge) {
        const most = this.#limits.maxBytes / 1024 / 1024;
        const failure = badAnswer(`the answer is larger than ${most} MiB`);
        tell(failure.obstacle);
        return { failure: { ...failure, code: "too-large" } };
      }
      if (request.signal?.aborted === true) {
        tell("interrupted");
        if (request.effect !== "write" || isUnsent(error, attempt)) {
          throw interrupted(request);
        }
        throw unknownOutcome(
          { code: "interrupted", obstacle: "interrupted", retry: "unknown" },
          request,
        );
      }
      const failure = this.#failureOfThrown(error, attempt);
      tell(failure.obstacle);
      return { failure };
    } finally {
      attempt.end();
      leave();
    }
  }

  #judge(
    request: TransportRequest,
    response: Response,
    text: string,
  ): Result {
    const redact = (foreign: string) => this.#redact(foreign);
    for (const warning of warningsOf(response.headers, redact)) {
      request.onWarning?.(warning);
    }
    if (
      response.status < 200 || response.status > 299 ||
      !isJson(response.headers)
    ) {
      return { failure: this.#failureOf(response, text) };
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return { failure: badAnswer("the answer is not valid JSON") };
    }
    const wrong = request.check(body);
    if (wrong === undefined) return { body };
    return {
      failure: badAnswer(this.#told(request, text) ?? this.#redact(wrong)),
    };
  }

  /** What is wrong is said in words of the answer: once more without ours. */
  #told(request: TransportRequest, text: string): string | undefined {
    let body: unknown;
    try {
      body = parseRedacted(text, (foreign) => this.#redact(foreign));
    } catch {
      // Reading is bounded in depth where a text is replaced on the way.
      return "the answer is nested too deeply";
    }
    const told = request.check(body);
    return told === undefined ? undefined : this.#redact(told);
  }

  async #send(request: TransportRequest, attempt: Attempt): Promise<Response> {
    const token = await unlessInterrupted(
      this.#access.token?.current(),
      request,
    );
    attempt.token = token;
    if (token !== undefined) this.#tokens.add(token);
    attempt.isSent = !attempt.signal.aborted;
    const response = await this.#wire.send(this.#urlOf(request), {
      method: request.method,
      headers: {
        "Accept": request.accept ?? "application/json",
        "User-Agent": this.#userAgent,
        ...(token === undefined ? {} : { "Authorization": `Bearer ${token}` }),
        ...(request.body === undefined
          ? {}
          : { "Content-Type": request.contentType ?? "application/json" }),
      },
      ...(request.body === undefined
        ? {}
        : { body: JSON.stringify(request.body) }),
      signal: attempt.signal,
      connectMs: this.#limits.connectMs,
    });
    attempt.response = response;
    return response;
  }

  #urlOf({ path, query }: TransportRequest): string {
    const search = new URLSearchParams(query).toString();
    return `${this.#access.server}${path}${search && `?${search}`}`;
  }

  /** Tells whoever wants to know what became of an attempt. */
  #watch(
    request: TransportRequest,
    of: { readonly attempt: Attempt; readonly made: number },
  ): (obstacle: string | undefined) => void {
    const tell = this.#onExchange;
    if (tell === undefined) return () => {};
    const begin = this.clock.now().getTime();
    const url = new URL(this.#urlOf(request));
    url.username = url.password = "";
    return (obstacle) => {
      const { response } = of.attempt;
      tell({
        method: request.method,
        url: this.#redact(url.href),
        attempt: of.made,
        ...(response === undefined ? {} : { status: response.status }),
        milliseconds: this.clock.now().getTime() - begin,
        ...(obstacle === undefined ? {} : { obstacle: this.#redact(obstacle) }),
      });
    };
  }

  #failureOf(response: Response, text: string): Failure {
    return failureOf({
      status: response.status,
      headers: response.headers,
      text,
    }, {
      identity: this.#access.identity,
      proxy: this.#access.proxy,
      redact: (foreign) => this.#redact(foreign),
      now: this.clock.now(),
    });
  }

  #failureOfThrown(error: unknown, attempt: Attempt): Failure {
    const { idleMs, connectMs } = this.#limits;
    switch (attempt.ended) {
      case "stalled":
        return {
          code: "timeout",
          obstacle: `the answer stalled: no byte for ${seconds(idleMs)}`,
          hint: "Check the network and what stands in front of the API server",
          retry: "unknown",
        };
      case "late":
        return {
          ...outOfTime(attempt.milliseconds, attempt.milliseconds),
          retry: isUnsent(error, attempt) ? "retry" : "unknown",
        };
      default:
        return failureOfThrown(error, {
          server: this.#access.server,
          proxy: this.#access.proxy,
          connectMs,
        });
    }
  }

  /** A server may send our own tokens back in what it says. */
  #redact(text: string): string {
    let rest = text;
    for (const token of this.#tokens) {
      rest = rest.replaceAll(token, "[redacted]");
    }
    return rest;
  }
}

/** The body, or why there is none and with which token. */
type Result =
  | { readonly body: unknown }
  | { readonly failure: Failure; readonly token?: string | undefined };

/** A write of which nothing was sent is not unknown. */
function unsent(failure: Failure): Failure {
  return { ...failure, retry: "retry" };
}

/** Certainly nothing has left for the server. */
function isUnsent(error: unknown, { isSent }: Attempt): boolean {
  return !isSent || (error instanceof NoConnection && error.isUnsent);
}
