/**
 * What names and values may look like, whichever way in they come by.
 *
 * @module
 */

/** `app`, `app.kubernetes.io/name`. */
export function isLabelKey(text: string): boolean {
  return text.length <= 317 &&
    /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
      .test(text);
}

/** What a label may hold; nothing is allowed, too. */
export function isLabelValue(text: string): boolean {
  return text === "" ||
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text);
}

/** A token of HTTP, or a pseudo-header. */
export function isHeaderName(text: string): boolean {
  return /^:?[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text);
}

/** A DNS-1123 label. What is none, in somebody's host, is no place to look. */
export function isNamespaceName(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);
}
