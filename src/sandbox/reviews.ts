/**
 * Questions about oneself: may I, who am I, what may I.
 *
 * @module
 */

import { json } from "./answer.ts";
import { methodNotAllowed, StatusError } from "./status.ts";
import { isAllowed, rulesOf } from "./users.ts";
import { bodyBytes, contentType, jsonBody } from "./body.ts";
import { decodeReview, PROTOBUF } from "./protobuf.ts";

/** POST of one of the reviews, as the user who asks. */
export async function answerReview(
  plural: string,
  { request, user }: { readonly request: Request; readonly user: string },
): Promise<Response> {
  if (request.method !== "POST") throw methodNotAllowed();
  const body = contentType(request) === PROTOBUF
    ? decodeReview(await bodyBytes(request))
    : (await jsonBody(request) ?? {}) as Record<string, unknown>;
  const spec = (body.spec ?? {}) as Record<string, unknown>;
  const answer = (status: unknown) =>
    json({ ...body, metadata: {}, spec, status }, { status: 201 });
  if (plural === "selfsubjectreviews") {
    return json({
      ...body,
      metadata: {},
      status: {
        userInfo: { username: user, groups: ["system:authenticated"] },
      },
    }, { status: 201 });
  }
  if (plural === "selfsubjectrulesreviews") {
    return answer({
      resourceRules: rulesOf(user, String(spec.namespace ?? "default")),
      nonResourceRules: [],
      incomplete: false,
    });
  }
  if (
    (spec.resourceAttributes === undefined) ===
      (spec.nonResourceAttributes === undefined)
  ) {
    const cause = {
      reason: "FieldValueInvalid",
      message:
        "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
      field: "spec.resourceAttributes",
    };
    throw new StatusError(
      422,
      "Invalid",
      `.authorization.k8s.io "" is invalid: ${cause.field}: ${cause.message}`,
      { details: { group: "authorization.k8s.io", causes: [cause] } },
    );
  }
  const asked = (spec.resourceAttributes ?? {}) as Record<string, string>;
  const allowed = spec.nonResourceAttributes !== undefined ||
    isAllowed(user, {
      verb: asked.verb ?? "",
      group: asked.group ?? "",
      resource: asked.subresource
        ? `${asked.resource}/${asked.subresource}`
        : asked.resource ?? "",
      namespace: asked.namespace || undefined,
      name: asked.name || undefined,
    });
  return answer({ allowed });
}
