/**
 * Asks a place of releases which is the newest: one request, by the proxies
 * and the roots that clusters are reached by, with no credentials.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import { permissionError } from "../permissions.ts";
import { releaseIn } from "../releases.ts";
import { errorOf } from "./answers.ts";
import { Attempt, textOf, TooLarge } from "./attempt.ts";
import { failureOfThrown } from "./broken_wire.ts";
import { outOfTime } from "./call.ts";
import type { Access } from "./access.ts";
import { proxyFor } from "./proxy.ts";
import { openWire } from "./open_wire.ts";

/** All of it, and the longest answer. */
const LIMITS = {
  readMs: 5000,
  connectMs: 5000,
  idleMs: 5000,
  maxBytes: 64 * 1024,
};

const ATTEMPT = "Cannot look for a newer release";

/** Options of {@linkcode askForRelease}. */
export interface ReleaseOptions {
  readonly env: (name: string) => string | undefined;
  /** Our own, which we ask as. */
  readonly version: string;
}

/**
 * The version of the newest release.
 *
 * @param url http or https, without credentials.
 * @throws {ClusterError} `unreachable`, `timeout`, `bad-answer`.
 */
export async function askForRelease(
  url: string,
  { env, version }: ReleaseOptions,
): Promise<string> {
  const { origin, host } = new URL(url);
  const proxy = proxyFor(origin, { env, where: "the environment" });
  const access: Access = {
    server: origin,
    identity: "nobody",
    target: { source: "kubernetes", server: origin, namespace: "", flags: [] },
    ...(proxy === undefined ? {} : { proxy }),
  };
  const wire = await openWire(access, { isolateRoots: true });
  const attempt = new Attempt(undefined, LIMITS.readMs);
  try {
    const answer = await wire.send(url, {
      method: "GET",
      headers: {
        "Accept": "application/json, text/plain;q=0.9, */*;q=0.1",
        "User-Agent": `istiops/${version}`,
      },
      signal: attempt.signal,
      connectMs: LIMITS.connectMs,
    });
    attempt.response = answer;
    const { status, headers } = answer;
    const found = releaseIn({
      status,
      location: headers.get("location"),
      text: status === 200 ? await textOf(answer, attempt, LIMITS) : "",
    }, url);
    if ("version" in found) return found.version;
    throw badRelease(host, found.why);
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    if (error instanceof TooLarge) {
      throw badRelease(host, "what it answers is larger than 64 KiB");
    }
    if (permissionError(error) === undefined && attempt.ended !== undefined) {
      throw errorOf(
        { ...outOfTime(LIMITS.readMs, LIMITS.readMs), hint: HINT },
        ATTEMPT,
      );
    }
    const failure = failureOfThrown(error, {
      server: origin,
      proxy,
      connectMs: LIMITS.connectMs,
    });
    const keepsHint = failure.code === "permission" || proxy !== undefined;
    throw errorOf({
      ...failure,
      ...(keepsHint ? {} : {
        hint: /certificate/.test(failure.obstacle)
          ? "SSL_CERT_FILE names the certificates to trust"
          : HINT,
      }),
    }, ATTEMPT);
  } finally {
    attempt.end();
    wire.close();
  }
}

const HINT = "Check the network, or name a mirror with --from URL";

function badRelease(host: string, why: string): ClusterError {
  return new ClusterError(
    "bad-answer",
    `${ATTEMPT} at ${host}: ${why}`,
    { hint: HINT },
  );
}
