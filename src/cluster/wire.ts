/**
 * Bytes to one API server and back, whichever way they travel.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";

/** A request as it goes out. */
export interface WireRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Milliseconds until there must be a connection; then `NoConnection`. */
  readonly connectMs: number;
}

/** Sends requests to one server. Redirects are handed back, not followed. */
export interface Wire {
  send(url: string, request: WireRequest): Promise<Response>;
  close(): void;
}

/** Certificates that are broken, in words; the text is not repeated. */
export function unusable(error: unknown): ClusterError {
  const said = error instanceof Error ? error.message : "";
  return new ClusterError(
    "kubeconfig",
    `Cannot use the certificates of the kubeconfig: ${
      /UnsupportedCertVersion/.test(said)
        ? "one is of X.509 version 1, which is not supported"
        : /key/i.test(said)
        ? "the client's key cannot be read or does not belong to its certificate"
        : "one cannot be read as PEM"
    }`,
    { hint: "Certificates and keys are PEM text, in -data fields as base64" },
  );
}
