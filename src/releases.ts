/**
 * Versions and where newer ones are: how they compare, what an answer of a
 * place of releases says, and how the copy that asks is renewed. Pure.
 *
 * @module
 */

/** Where the project lives. */
export const HOME_PAGE = "https://github.com/istiops/istiops";

/** Leads to the newest release; `version --check` looks there, nothing else. */
export const RELEASES = `${HOME_PAGE}/releases/latest`;

const VERSION_PATTERN =
  /^v?(\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z-]{1,32}(?:\.[0-9A-Za-z-]{1,32}){0,8})?)(?:\+[0-9A-Za-z.-]{1,64})?$/;

/** `0.2.0` of `v0.2.0+abc`; nothing for what is no version. */
export function versionIn(text: string): string | undefined {
  return VERSION_PATTERN.exec(text.trim())?.[1];
}

/** Semantic order: below 0 where the first is the older one. */
export function compareVersions(first: string, second: string): number {
  const [a, b] = [partsOf(first), partsOf(second)];
  const numbers = order(a.numbers, b.numbers);
  if (numbers !== 0) return numbers;
  // What comes before a release is older than the release.
  if (a.before.length === 0 || b.before.length === 0) {
    return b.before.length - a.before.length;
  }
  return order(a.before, b.before);
}

/** What a place of releases answered. */
export interface ReleaseAnswer {
  readonly status: number;
  /** `Location`, where it leads elsewhere. */
  readonly location: string | null;
  readonly text: string;
}

/**
 * The version that an answer names: a redirect to the release's page, as
 * GitHub gives it; its API's document; or a file with nothing else in it.
 *
 * @returns Or why there is none, as a clause without a word of the answer.
 */
export function releaseIn(
  { status, location, text }: ReleaseAnswer,
  from: string,
): { readonly version: string } | { readonly why: string } {
  if (status >= 300 && status < 400) {
    if (location === null || !URL.canParse(location, from)) {
      return { why: `it redirects nowhere (${status})` };
    }
    const to = new URL(location, from);
    if (to.host !== new URL(from).host) {
      return { why: "it redirects to another host, which is not followed" };
    }
    const version = versionIn(to.pathname.split("/").at(-1) ?? "");
    return version === undefined
      ? { why: "there is no release yet, or its page names no version" }
      : { version };
  }
  if (status !== 200) return { why: `it answers with status ${status}` };
  const version = versionIn(text) ?? versionIn(tagIn(text));
  return version === undefined
    ? { why: "what it answers is not a version" }
    : { version };
}

/** How a copy of the program came to be where it runs. */
export type Origin = "binary" | "npm" | "jsr" | "url" | "clone" | "unknown";

/** Told by the URL of one of its modules. */
export function originOf(
  module: string,
  { isStandalone }: { readonly isStandalone: boolean },
): Origin {
  if (isStandalone) return "binary";
  if (/\/node_modules\/(@istiops\/)?istiops\//.test(module)) return "npm";
  if (/^https?:/.test(module)) {
    return module.includes("/@istiops/istiops/") ? "jsr" : "url";
  }
  return module.endsWith(".ts") ? "clone" : "unknown";
}

/** The ways to a version: the one of this copy, else all that there are. */
export function waysTo(
  version: string,
  of: {
    readonly origin: Origin;
    readonly module: string;
    readonly now: string;
  },
): readonly string[] {
  const page = `download it from ${HOME_PAGE}/releases/tag/v${version}`;
  const npm = `npx istiops@${version}`;
  const jsr = `deno run -A jsr:@istiops/istiops@${version}/main`;
  switch (of.origin) {
    case "binary":
      return [page];
    case "npm":
      return [npm];
    case "jsr":
      return [jsr];
    case "clone":
      return [`git fetch --tags && git checkout v${version}`];
    case "url": {
      const url = new URL("istiops.js", of.module).href;
      return [
        url.includes(of.now)
          ? `deno run -A ${url.replaceAll(of.now, version)}`
          : `deno run -A --reload ${url}`,
      ];
    }
    case "unknown":
      return [page, npm, jsr];
  }
}

function tagIn(text: string): string {
  try {
    const { tag_name: tag } = JSON.parse(text) as { tag_name?: unknown };
    return typeof tag === "string" ? tag : "";
  } catch {
    return "";
  }
}

type Part = string | number;

function partsOf(
  version: string,
): { readonly numbers: readonly Part[]; readonly before: readonly Part[] } {
  const [, core = "", before] = /^([^-]*)(?:-(.*))?$/.exec(version) ?? [];
  const parts = (text: string): Part[] =>
    text.split(".").map((part) => /^\d+$/.test(part) ? Number(part) : part);
  return {
    numbers: parts(core),
    before: before === undefined ? [] : parts(before),
  };
}

/** Numbers come before words; of two that begin alike, the shorter one. */
function order(first: readonly Part[], second: readonly Part[]): number {
  for (const [at, a] of first.entries()) {
    const b = second[at];
    if (b === undefined) return 1;
    if (a === b) continue;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return first.length - second.length;
}
