/**
 * What there is to say about open files: what is wrong with a document by
 * itself, and what `check` finds in all of them together.
 *
 * @module
 */

import { isIgnoredAt } from "../../actions/check_places.ts";
import { type Finding, keyOfFound, nameOf } from "../../istio/findings.ts";
import { namespaceOfHost, resolveHost, serviceOf } from "../../istio/hosts.ts";
import { isRecord } from "../../istio/shapes.ts";
import type { KubeObject } from "../../istio/types.ts";
import type { World } from "../../istio/world.ts";
import type { Span } from "../../language/diagnose.ts";
import type { Names } from "../../language/names.ts";
import { checkWorld } from "../../traffic/lint.ts";
import { OUR_KINDS, type PlacedProblem, spanIn } from "./chunk.ts";
import type { YamlFile } from "./files.ts";
import { missingIn, strangersIn } from "./test_findings.ts";
import { type Together, together, type Written } from "./world.ts";

/** A finding at its place in the file. */
export interface Told {
  readonly severity: "error" | "warning" | "info";
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly span: Span;
  /** What it was found in. */
  readonly written?: Written;
  readonly finding?: Finding;
  readonly problem?: PlacedProblem;
}

/** The seam: what is known of a world about some of its objects. */
export function findingsOf(
  world: World,
  only: (object: KubeObject) => boolean,
): readonly Finding[] {
  return checkWorld(world, {
    whole: false,
    only: (object) => only(object) && !isEndless(object),
  });
}

/** Of one object that is judged after each key. */
const MOST_RULES = 2_000;

function isEndless({ spec }: KubeObject): boolean {
  return isRecord(spec) &&
    Object.values(spec).some((list) =>
      Array.isArray(list) && list.length > MOST_RULES
    );
}

/** Findings of one file that are placed. */
const MOST = 1_000;

/** Everything about the first of the files, in the order of its text. */
export function toldOf(
  files: readonly YamlFile[],
  of: { readonly names: Names; readonly areAll?: Together },
): readonly Told[] {
  const [file] = files;
  if (file === undefined || !file.isOurs) return [];
  const all = of.areAll ?? together(files, of.names);
  return [
    ...problemsIn(file),
    ...twiceIn(all, file),
    ...findingsIn(file, all),
    ...testFindingsIn(file, all),
  ].toSorted((a, b) => a.span.start - b.span.start);
}

/** What is wrong with each document by itself. */
export function problemsIn(file: YamlFile): readonly Told[] {
  const isOfTests = file.parts.some(({ chunk }) => chunk.isTests);
  return file.parts.flatMap(({ start, chunk }) =>
    [
      ...chunk.problems,
      ...isOfTests && !chunk.isTests ? strangersIn(chunk) : [],
    ].map((problem) => {
      const { severity, code, message, hint, span } = problem;
      return {
        ...{ severity, code, message, problem },
        ...hint === undefined ? {} : { hint },
        span: shown(file, moved(span, start)),
      };
    })
  );
}

function twiceIn({ twice }: Together, file: YamlFile): readonly Told[] {
  return twice.filter(([, { read }]) => OUR_KINDS.has(read.object.kind)).map(
    ([before, { part, read }]) => {
      const { object: { kind, metadata }, namespace } = read;
      const at = before.part.start + before.part.chunk.document.first;
      const start = part.start + part.chunk.document.first;
      return {
        severity: "error",
        code: "duplicate-object",
        message:
          `${kind} "${namespace}/${metadata.name}" is there already, at ${
            nameOfFile(file)
          }:${file.lines.lineAt(at) + 1}`,
        hint: "Leave one of the two out",
        span: shown(file, { start, end: start }),
      } as const;
    },
  );
}

function findingsIn(file: YamlFile, all: Together): readonly Told[] {
  const own = new Map<string, Written>();
  const objects = new Set<KubeObject>();
  for (const written of all.written.values()) {
    const { object, namespace } = written.read;
    if (written.file !== file || !OUR_KINDS.has(object.kind)) continue;
    own.set(keyOfFound({ ...nameOf(object), namespace }), written);
    objects.add(object);
  }
  if (objects.size === 0) return [];
  const endless = [...own.values()].filter(({ read }) => isEndless(read.object))
    .map((written): Told => ({
      severity: "info",
      code: "too-many",
      message: `Not checked here: it has more than ${MOST_RULES} rules`,
      hint: "istiops check -f looks at all of them",
      written,
      span: shown(file, spanOfField(written, ["spec"], { isKey: true })),
    }));
  const findings = findingsOf(
    all.world,
    // A world may hold a copy that has a spec.
    (object) => objects.has(object) || own.has(keyOfFound(nameOf(object))),
  );
  const told = findings.slice(0, MOST).flatMap((finding): Told[] => {
    const { object, path = [], severity, code, message, edit } = finding;
    const written = object && own.get(keyOfFound(object));
    if (written === undefined) return [];
    const span = spanOfField(written, path);
    const { start, chunk } = written.part;
    if (isIgnoredAt(code, chunk.document, span.start - start)) return [];
    return [{
      severity: isOfNobody(finding, written, all.world) ? "warning" : severity,
      ...{ code, message, written, finding },
      ...edit === undefined ? {} : { hint: edit },
      span: shown(file, span),
    }];
  });
  return [...endless, ...told];
}

/** A host that the cluster lacks, which may be so because it is new. */
function isOfNobody(
  { code, path = [] }: Finding,
  { read }: Written,
  world: World,
): boolean {
  if (code !== "IST0101" || path.at(-1) !== "host") return false;
  let value: unknown = read.object;
  for (const step of path) {
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  const host = resolveHost(String(value), read.namespace, world.mesh);
  return namespaceOfHost(host, world.mesh) !== undefined &&
    serviceOf(world, host) === undefined;
}

/** What is expected and what nothing that is open has. */
function testFindingsIn(
  file: YamlFile,
  { world, namespace }: Together,
): readonly Told[] {
  const tests = file.parts.flatMap(({ chunk, start }) =>
    chunk.tests(namespace).map((test) => ({ test, chunk, start }))
  );
  const places = new Map(tests.map((one) => [one.test, one]));
  return missingIn(world, tests.map(({ test }) => test)).slice(0, MOST)
    .flatMap(({ test, path, message, hint }): Told[] => {
      const { chunk, start } = places.get(test)!;
      const { manifest } = test;
      const span = spanIn(chunk, [...manifest.path, ...path], { manifest });
      const code = "not-there";
      if (isIgnoredAt(code, chunk.document, span.start)) return [];
      return [{
        ...{ severity: "warning", code, message },
        ...hint === undefined ? {} : { hint },
        span: shown(file, moved(span, start)),
      }];
    });
}

/** Where a value of an object stands in its file. */
export function spanOfField(
  { part, read }: Written,
  path: readonly (string | number)[],
  of: { readonly isKey?: boolean } = {},
): Span {
  const { chunk, start } = part;
  const span = spanIn(chunk, [...read.path, ...path], {
    manifest: read,
    ...of,
  });
  return moved(span, start);
}

function moved({ start, end }: Span, by: number): Span {
  return { start: start + by, end: end + by };
}

/** Not a whole rule, but its first line; not nothing, but what is there. */
function shown({ lines, text }: YamlFile, { start, end }: Span): Span {
  const line = lines.lineAt(start);
  const last = lines.endOf(line);
  if (end > start) return { start, end: Math.min(end, last) };
  const rest = text.slice(start, last).trimEnd();
  if (rest !== "") return { start, end: start + rest.length };
  const from = lines.offsetAt({ line, character: 0 });
  const before = text.slice(from, start);
  const blanks = before.length - before.trimStart().length;
  return {
    start: blanks === before.length ? start : from + blanks,
    end: start,
  };
}

/** The last part of a URI. */
export function nameOfFile({ uri }: YamlFile): string {
  const name = uri.slice(uri.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
