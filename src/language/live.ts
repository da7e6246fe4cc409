/**
 * What is probably wrong with a line, by what is known of the cluster: names
 * that are not there. Warnings only: what is known may be old, and the
 * cluster decides.
 *
 * @module
 */

import { chosenBy, hostOf } from "./chosen.ts";
import { type Diagnostic, nearest, quoted, type Span } from "./diagnose.ts";
import type { Document, Statement } from "./document.ts";
import { givenOf } from "./given.ts";
import { ageOf, type Names, namesAt, type PlaceNames } from "./names.ts";
import type { GivenOption } from "./parse.ts";
import { placeOf } from "./session.ts";
import { quoteWord } from "./tokens.ts";

/** Warnings about names, in the order of the text. */
export function liveDiagnostics(
  document: Document,
  names: Names,
): readonly Diagnostic[] {
  return document.statements.flatMap((statement) => {
    const { whole, invocation } = statement;
    // What is in files is in no list of names.
    if (givenOf(whole, "filename")) return [];
    const contexts = contextWarnings(statement, names);
    const known = namesAt(
      names,
      placeOf(whole, statement.before.session),
    );
    if (!known || contexts.length > 0) return contexts;
    const warn = warner(known, names.now);
    const namespaces = namespaceWarnings(statement, known, warn);
    // In a namespace that is not there, nothing else is.
    if (namespaces.length > 0 || known.isPartial) return namespaces;
    const isUse = invocation?.verb === "use";
    return isUse || whole.command?.traffic !== true
      ? []
      : objectWarnings(statement, known, warn);
  });
}

type Warn = (
  code: Diagnostic["code"],
  span: Span,
  of: {
    readonly what: string;
    readonly name: string;
    /** `in default`, `of reviews`. */
    readonly where?: string;
    readonly names: readonly string[];
  },
) => Diagnostic;

function warner(known: PlaceNames, now: number): Warn {
  const age = ageOf(known.readAt, now);
  return (code, span, { what, name, names, where }) => {
    const near = nearest(name, names);
    return {
      code,
      severity: "warning",
      span,
      message: `There is no ${what} ${quoted(name)}${
        where === undefined ? "" : ` ${where}`
      }${age === "just now" ? "" : `, as of ${age}`}`,
      ...(near
        ? { hint: `Did you mean "${near}"?`, replacement: quoteWord(near) }
        : names.length > 0 && names.length <= 8
        ? {
          hint: `There ${names.length === 1 ? "is" : "are"} ${
            names.join(", ")
          }`,
        }
        : {}),
    };
  };
}

/** Only what was written in this line is marked in it. */
function written(
  { parsed }: Statement,
  long: string,
): (GivenOption & { readonly value: string }) | undefined {
  const given = givenOf(parsed, long);
  return given?.value === undefined
    ? undefined
    : { ...given, value: given.value };
}

/** A context or namespace that this line names, by `use` or by its option. */
function named(
  statement: Statement,
  what: "context" | "namespace",
): { readonly value: string; readonly span: Span } | undefined {
  const { invocation, parsed } = statement;
  const [token] = parsed.positionals;
  if (
    invocation?.verb === "use" && invocation.what === what &&
    invocation.value !== undefined && token
  ) return { value: invocation.value, span: token.span };
  const given = written(statement, what);
  return given && { value: given.value, span: given.valueSpan ?? given.span };
}

function contextWarnings(
  statement: Statement,
  names: Names,
): readonly Diagnostic[] {
  const all = names.contexts.map(({ name }) => name);
  if (all.length === 0 || written(statement, "kubeconfig")) return [];
  const one = named(statement, "context");
  if (!one || all.includes(one.value)) return [];
  const near = nearest(one.value, all);
  return [{
    code: "kubeconfig",
    severity: "warning",
    span: one.span,
    message: `The kubeconfig has no context ${quoted(one.value)}`,
    ...(near
      ? { hint: `Did you mean "${near}"?`, replacement: quoteWord(near) }
      : {}),
  }];
}

function namespaceWarnings(
  statement: Statement,
  known: PlaceNames,
  warn: Warn,
): readonly Diagnostic[] {
  const { namespaces, isPartial } = known;
  const one = named(statement, "namespace");
  if (!one || namespaces.length === 0 || isPartial) return [];
  return namespaces.includes(one.value) ? [] : [
    warn("not-found", one.span, {
      what: "namespace",
      name: one.value,
      names: namespaces,
    }),
  ];
}

function objectWarnings(
  statement: Statement,
  known: PlaceNames,
  warn: Warn,
): readonly Diagnostic[] {
  const { parsed, whole } = statement;
  const found: Diagnostic[] = [];
  const objects = known.virtualServices.map(({ name }) => name);
  if (whole.command?.argument?.completes === "virtual-service") {
    for (const { value, span } of parsed.positionals) {
      if (objects.includes(value)) continue;
      found.push(warn("not-found", span, {
        what: "VirtualService",
        name: value,
        where: `in ${known.namespace}`,
        names: objects,
      }));
    }
  }
  const destination = written(statement, "destination");
  const host = destination && hostOf(destination.value);
  const hosts = [
    ...known.services.map((each) => each.host),
    ...known.builds.map((each) => each.host),
  ];
  // A host with a dot may live in another namespace, or outside.
  const isElsewhere = destination?.value.includes(".") === true;
  if (destination && host && !isElsewhere && !hosts.includes(host)) {
    found.push(warn("not-found", destination.partOf(0, host.length), {
      what: "Service",
      name: host,
      where: `in ${known.namespace}`,
      names: hosts,
    }));
  }
  if (found.length > 0) return found;
  const chosen = chosenBy(whole, known);
  if (chosen.virtualServices.length === 0) return found;
  const build = written(statement, "build");
  const builds = chosen.builds.map((each) => each.build);
  // Pods or -p may make a build that nobody has seen yet.
  const mayBeNew = givenOf(whole, "pod-selector") !== undefined;
  if (
    build && builds.length > 0 && !mayBeNew && !builds.includes(build.value)
  ) {
    found.push(warn("build-unknown", build.valueSpan ?? build.span, {
      what: "build",
      name: build.value,
      where: `of ${chosen.hosts.join(", ")}`,
      names: builds,
    }));
  }
  const rules = chosen.virtualServices.flatMap((each) => each.rules);
  for (const given of parsed.options) {
    if (given.option.long !== "route" || given.value === undefined) continue;
    const isThere = rules.some(({ name, index }) =>
      name === given.value || String(index) === given.value
    );
    if (isThere) continue;
    found.push(warn("not-found", given.valueSpan ?? given.span, {
      what: "rule",
      name: given.value,
      names: rules.flatMap(({ name }) => name ?? []),
    }));
  }
  return found;
}
