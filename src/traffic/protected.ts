/**
 * What makes a target one where a change asks first (section 8 of the rules).
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";

/** Annotation of a namespace that makes mild changes ask (section 8). */
export const PROTECTED_ANNOTATION = "istiops/protected";

/** Why a target is protected (section 8); nothing if it is not. */
export function whyProtected(of: {
  readonly namespace?: KubeObject;
  readonly context?: string;
  readonly globs: readonly string[];
}): string | undefined {
  const { namespace, context = "", globs } = of;
  if (namespace?.metadata.annotations?.[PROTECTED_ANNOTATION] === "true") {
    return `namespace "${namespace.metadata.name}" is annotated ${PROTECTED_ANNOTATION}`;
  }
  if (context === "") return undefined;
  const glob = globs.find((one) => matchesGlob(context, one));
  if (glob !== undefined) {
    return `context "${context}" matches "${glob}" of the configuration`;
  }
  return /(^|[^a-z0-9])(production|prod|prd)($|[^a-z0-9])/i.test(context)
    ? `context "${context}" is named as production`
    : undefined;
}

/** `*` is any text, `?` one character; nothing else is special. */
export function matchesGlob(text: string, glob: string): boolean {
  let [at, star, mark] = [0, -1, 0];
  for (let i = 0; i < text.length;) {
    if (at < glob.length && (glob[at] === "?" || glob[at] === text[i])) {
      at++;
      i++;
    } else if (glob[at] === "*") {
      star = at++;
      mark = i;
    } else if (star >= 0) {
      at = star + 1;
      i = ++mark;
    } else return false;
  }
  while (glob[at] === "*") at++;
  return at === glob.length;
}
