/**
 * Label selectors and field selectors in the syntax of the API server.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";

/** A text that is no selector; the message is the API server's. */
export class SelectorError extends Error {
  /** Name of the class. */
  override readonly name = "SelectorError";
}

/** Whether an object is meant. */
export type Test = (object: KubeObject) => boolean;

const NAME = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/;
const PREFIX = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * `a=1,b!=2,c in (x,y),d notin (z),e,!f`.
 *
 * @throws {SelectorError} Where it is none.
 */
export function parseLabelSelector(text: string): Test {
  const tests = splitOutsideParentheses(text).map((part) =>
    parseRequirement(part.trim(), text)
  );
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

/**
 * `metadata.name=x,metadata.namespace!=y`, and what else a kind can be
 * selected by.
 *
 * @throws {SelectorError} For another field.
 */
export function parseFieldSelector(text: string, kind = ""): Test {
  const tests = text.split(",").filter((part) => part !== "").map((part) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
    if (match === null) {
      throw new SelectorError(
        `invalid selector: '${text}'; can't understand '${part}'`,
      );
    }
    const [, field, operator, value] = match;
    if (![...EVERYWHERE, ...FIELDS[kind] ?? []].includes(field!)) {
      throw new SelectorError(`field label not supported: ${field}`);
    }
    const path = field!.split(".");
    const wanted = operator !== "!=";
    return (object: KubeObject) => (textAt(object, path) === value) === wanted;
  });
  return (object) => tests.every((test) => test(object));
}

/** Fields that every kind can be selected by. */
const EVERYWHERE = ["metadata.name", "metadata.namespace"];

/** And more of some kinds. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
  ],
  Service: ["spec.clusterIP", "spec.type"],
  Namespace: ["status.phase"],
  ReplicaSet: ["status.replicas"],
};

function textAt(object: KubeObject, path: readonly string[]): string {
  let here: unknown = object;
  for (const part of path) {
    here =
      typeof here === "object" && here !== null && Object.hasOwn(here, part)
        ? (here as Record<string, unknown>)[part]
        : undefined;
  }
  return here === undefined || here === null ? "" : String(here);
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

function parseRequirement(part: string, whole: string): LabelTest {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  if (set !== null) {
    const key = checkKey(set[1]!, whole);
    const values = new Set(set[3]!.split(",").map((value) => value.trim()));
    values.forEach((value) => checkValue(value, whole));
    const wanted = set[2] === "in";
    return (labels) => {
      const value = labelOf(labels, key);
      return value === undefined ? !wanted : values.has(value) === wanted;
    };
  }
  const equal = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/.exec(part);
  if (equal !== null) {
    const key = checkKey(equal[1]!, whole);
    const value = checkValue(equal[3]!, whole);
    return equal[2] === "!="
      ? (labels) => labelOf(labels, key) !== value
      : (labels) => labelOf(labels, key) === value;
  }
  const than = /^([^<>\s]+)\s*([<>])\s*([0-9]+)$/.exec(part);
  if (than !== null) {
    const key = checkKey(than[1]!, whole);
    const bound = Number(than[3]);
    return (labels) => {
      const value = labelOf(labels, key);
      if (value === undefined || !/^-?[0-9]+$/.test(value)) return false;
      return than[2] === "<" ? Number(value) < bound : Number(value) > bound;
    };
  }
  const exists = /^(!?)\s*([^=!\s()]+)$/.exec(part);
  if (exists === null) throw unparsable(whole, `found '${part}'`);
  const key = checkKey(exists[2]!, whole);
  const wanted = exists[1] === "";
  return (labels) => (labelOf(labels, key) !== undefined) === wanted;
}

function labelOf(
  labels: Readonly<Record<string, string>>,
  key: string,
): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function checkKey(key: string, whole: string): string {
  const parts = key.split("/");
  const name = parts.pop()!;
  if (
    !NAME.test(name) || parts.length > 1 || parts.some((p) => !PREFIX.test(p))
  ) {
    throw unparsable(whole, `invalid label key "${key}"`);
  }
  return key;
}

function checkValue(value: string, whole: string): string {
  if (value !== "" && !NAME.test(value)) {
    throw unparsable(whole, `invalid label value "${value}"`);
  }
  return value;
}

function unparsable(whole: string, why: string): Error {
  return new SelectorError(
    `unable to parse requirement: ${why} in label selector "${whole}"`,
  );
}

function splitOutsideParentheses(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")") depth--;
    else if (text[at] === "," && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  if (text.trim() === "") return [];
  if (parts[0]!.trim() === "") {
    throw new SelectorError(
      "found ',', expected: !, identifier, or 'end of string'",
    );
  }
  return parts.filter((part) => part.trim() !== "");
}
