/**
 * Objects that Istio's CRDs or its webhook refuse, in their words: in files
 * that were never applied, or where no webhook looked.
 *
 * @module
 */

import { type Denial, webhookDenials } from "../admission/webhook.ts";
import { type FieldPath, type Finding, nameOf } from "../findings.ts";
import { compileRe2 } from "../re2.ts";
import { checkSchema } from "../schema.ts";
import { isRecord, strings } from "../shapes.ts";
import type { KubeObject } from "../types.ts";

/** Every reason to refuse an object (IST0106), and a word on old forms (IST0133). */
export function admissionFindings(object: KubeObject): readonly Finding[] {
  const about = { object: nameOf(object), severity: "error" as const };
  const { causes } = checkSchema(object);
  if (causes.length > 0 || !isRecord(object.spec)) {
    return causes.map(({ message, field }) => ({
      ...about,
      code: "IST0106",
      message: `Istio refuses it: ${field}: ${message}`,
      path: pathOf(field),
      ...REFUSED,
    }));
  }
  const denials = denialsOf(object);
  return [
    ...denials.map(({ message, path }) => ({
      ...about,
      code: "IST0106",
      message: `Istio refuses it: ${message}`,
      path,
      ...REFUSED,
    })),
    ...dottedGateways(object),
  ];
}

function denialsOf(object: KubeObject): readonly Denial[] {
  try {
    return webhookDenials(
      object,
      (pattern) => !("error" in compileRe2(pattern)),
    );
  } catch (error) {
    // The schema does not look into every part: what is odd there has a type
    // that no field of Istio has.
    if (!(error instanceof TypeError)) throw error;
    return [{ message: "a value is of the wrong type", path: ["spec"] }];
  }
}

const REFUSED = {
  means: "It cannot be applied; where it is there all the same, Istio drops it",
  edit: "Write what the message asks for",
} as const;

function dottedGateways(object: KubeObject): Finding[] {
  if (object.kind !== "VirtualService" || !isRecord(object.spec)) return [];
  return strings(object.spec["gateways"]).flatMap((name, index): Finding[] => {
    if (!name.includes(".") || name.includes("/")) return [];
    const [first = "", second = ""] = name.split(".");
    return [{
      code: "IST0133",
      severity: "warning",
      object: nameOf(object),
      path: ["spec", "gateways", index],
      message:
        `"${name}" is the old way to name a gateway of another namespace`,
      means: `It is read as "${second}/${first}"; a later Istio may not`,
      edit: `Write "${second}/${first}"`,
      fix: {
        safe: true,
        operations: [
          { op: "test", path: `/spec/gateways/${index}`, value: name },
          {
            op: "replace",
            path: `/spec/gateways/${index}`,
            value: `${second}/${first}`,
          },
        ],
      },
    }];
  });
}

/** `spec.http[0].timeout` as keys and indices. */
function pathOf(field: string): FieldPath {
  return [...field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) =>
    index === undefined ? key! : Number(index)
  );
}
