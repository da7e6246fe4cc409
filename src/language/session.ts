/**
 * What a shell or a script has in use, and lines made whole by it: the same
 * line, typed outside, with every option that it left out.
 *
 * @module
 */

import { optionsOf } from "./commands.ts";
import { givenOf, withOption } from "./given.ts";
import type { SessionVerb } from "./invocation.ts";
import type { Place } from "./names.ts";
import { type GivenOption, parseCommandLine, type Parsed } from "./parse.ts";

/** What holds for lines that do not say it themselves. */
export interface Session {
  /** Options that the shell or the script was started with. */
  readonly started: readonly GivenOption[];
  /** A context's name, or the embedded cluster; by `use`. */
  readonly context?: string | { readonly sandbox: true };
  readonly namespace?: string;
  readonly selector?: string;
  readonly destination?: string;
  readonly build?: string;
}

/** Nothing is in use. */
export const NEW_SESSION: Session = { started: [] };

/** Options that say which cluster, or files in its place. */
const TARGETS = ["kubeconfig", "context", "sandbox", "filename"];

/** A session that was started with the options of a line. */
export function startedWith({ options }: Pick<Parsed, "options">): Session {
  const kept = [
    ...TARGETS,
    ...["namespace", "exec-policy", "insecure-skip-tls-verify", "timeout"],
    ...["debug", "no-color", "verbose", "quiet"],
  ];
  return {
    started: options.filter(({ option }) => kept.includes(option.long)),
  };
}

/** What is in use after `use`. */
export function afterUse(
  session: Session,
  { what, value }: Extract<SessionVerb, { readonly verb: "use" }>,
): Session {
  switch (what) {
    case undefined:
      return session;
    case "context":
    case "sandbox": {
      // Names of one cluster mean nothing in another.
      const started = session.started.filter(({ option }) =>
        option.long === "kubeconfig" ||
        ![...TARGETS, "namespace"].includes(option.long)
      );
      const context = what === "sandbox" ? { sandbox: true } as const : value;
      return { started, ...(context === undefined ? {} : { context }) };
    }
    case "namespace": {
      const { namespace: _, ...rest } = session;
      return {
        ...rest,
        started: session.started.filter(({ option }) =>
          option.long !== "namespace"
        ),
        ...(value === undefined ? {} : { namespace: value }),
      };
    }
    default: {
      const { [what]: _, ...rest } = session;
      return value === undefined ? rest : { ...rest, [what]: value };
    }
  }
}

/** The line with what is in use where it says nothing itself. */
export function qualify(parsed: Parsed, session: Session): Parsed {
  const { command } = parsed;
  if (!command || parsed.help) return parsed;
  let whole = parsed;
  const add = (long: string, value?: string): void => {
    if (!givenOf(whole, long)) whole = withOption(whole, long, value);
  };
  const known = new Set(
    optionsOf(command, parsed.way).map(({ long }) => long),
  );
  const isAimed = TARGETS.some((long) => givenOf(parsed, long));
  const { context, started } = session;
  if (!isAimed && context !== undefined) {
    if (typeof context === "object") add("sandbox");
    else add("context", context);
  }
  const isEmbedded = givenOf(whole, "sandbox") !== undefined ||
    givenOf(whole, "filename") !== undefined;
  for (const { option, value } of started) {
    if (!known.has(option.long)) continue;
    if (isAimed && TARGETS.includes(option.long)) continue;
    if (isEmbedded && NOT_EMBEDDED.includes(option.long)) continue;
    if (option.long === "namespace" && session.namespace !== undefined) {
      continue;
    }
    if (option.long === "namespace" && isAimed) continue;
    if (option.long === "namespace" && isEverywhere(parsed)) continue;
    add(option.long, value);
  }
  if (!isAimed && session.namespace !== undefined && !isEverywhere(parsed)) {
    add("namespace", session.namespace);
  }
  return choose(whole, session);
}

/** Options that say nothing to the embedded cluster, nor to files. */
const NOT_EMBEDDED = [
  "kubeconfig",
  "context",
  "exec-policy",
  "insecure-skip-tls-verify",
];

function isEverywhere(parsed: Parsed): boolean {
  return ["all-namespaces", "local", "lines"]
    .some((long) => givenOf(parsed, long));
}

/** Objects and build, where the line chooses no objects itself. */
function choose(parsed: Parsed, session: Session): Parsed {
  const { command, positionals } = parsed;
  const chooses = positionals.length > 0 || isEverywhere(parsed) ||
    givenOf(parsed, "label-selector") || givenOf(parsed, "destination") ||
    TARGETS.concat("namespace").some((long) =>
      (givenOf(parsed, long)?.span.start ?? parsed.end) < parsed.end
    );
  if (chooses || command?.traffic !== true) return parsed;
  let whole = parsed;
  const { selector, destination, build } = session;
  if (selector !== undefined) {
    whole = withOption(whole, "label-selector", selector);
  }
  if (destination !== undefined) {
    whole = withOption(whole, "destination", destination);
  }
  const namesBuild = ["build", "split", "pod-selector"]
    .some((long) => givenOf(parsed, long));
  const isShift = command.path[0] === "shift";
  return build === undefined || namesBuild || !isShift
    ? whole
    : withOption(whole, "build", build);
}

/** Where a line goes that says nothing about it. */
export function placeIn(session: Session): Place {
  return optionsPlace(qualify(parseCommandLine("show"), session));
}

/** Where a whole line goes; one that asks no cluster is about the session's. */
export function placeOf(whole: Parsed, session: Session): Place {
  return whole.command?.cluster === true
    ? optionsPlace(whole)
    : placeIn(session);
}

function optionsPlace(parsed: Pick<Parsed, "options">): Place {
  const context = givenOf(parsed, "context")?.value;
  const kubeconfig = givenOf(parsed, "kubeconfig")?.value;
  const namespace = givenOf(parsed, "namespace")?.value;
  return {
    ...(givenOf(parsed, "sandbox") === undefined
      ? context === undefined ? {} : { context }
      : { context: { sandbox: true } }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
