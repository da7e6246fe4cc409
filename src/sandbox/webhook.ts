/**
 * Istio's validating webhook: what `istio/admission` finds, as an answer.
 *
 * @module
 */

import { webhookDenials } from "../istio/admission/webhook.ts";
import type { KubeObject } from "../istio/types.ts";
import { StatusError } from "./status.ts";

/** 400 in the form of Istio's webhook, which sets a message and no more. */
export function denied(errors: readonly string[]): StatusError {
  const said = errors.length === 1
    ? errors[0]
    : `${errors.length} errors occurred:\n\t* ${errors.join("\n\t* ")}\n\n`;
  return new StatusError(
    400,
    "",
    `admission webhook "rev.validation.istio.io" denied the request: configuration is invalid: ${said}`,
  );
}

/** Every reason to deny an object. */
export async function webhookErrors(
  object: KubeObject,
): Promise<readonly string[]> {
  let hasPattern = false;
  let denials = webhookDenials(object, () => hasPattern = true);
  if (hasPattern) {
    // Loaded when a regex is written only: most runs write none.
    const { compileRe2 } = await import("../istio/re2.ts");
    denials = webhookDenials(
      object,
      (pattern) => !("error" in compileRe2(pattern)),
    );
  }
  return denials.map(({ message }) => message);
}
