/**
 * Values that can mean nothing are refused before anything is read. The
 * command line has shown the place in the line by then; a program has not.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { compileRe2 } from "../istio/re2.ts";
import type {
  ClearIntent,
  HeaderCondition,
  ShiftIntent,
  UndoIntent,
} from "./intents.ts";
import { isHeaderName, isLabelKey, isLabelValue } from "./syntax.ts";

/** An intent of any verb that changes something. */
export type AnyIntent = Partial<ShiftIntent & ClearIntent & UndoIntent>;

/**
 * Checks every value by itself; what they mean together is the planners'.
 *
 * @throws {UsageError} `invalid-value`: a blank text (1.2), a header or a
 * label of a form that no proxy and no pod knows, a pattern that is not RE2.
 */
export function checkValues(intent: AnyIntent): void {
  checkTexts(intent);
  if (intent.mode === "hard" && intent.build !== undefined) {
    throw new UsageError(
      "conflicting-options",
      "Cannot clear hard and one build: each says by itself what goes",
      { hint: "Leave the mode or the build out" },
    );
  }
  for (const condition of intent.headers ?? []) checkHeader(condition);
  for (const [key, value] of Object.entries(intent.podLabels ?? {})) {
    if (isLabelKey(key) && isLabelValue(value)) continue;
    throw invalid(`Cannot look for pods with "${key}=${value}"`, {
      obstacle: "no label can be that",
    });
  }
}

function checkTexts(intent: AnyIntent): void {
  const texts: readonly (readonly [string, string | undefined])[] = [
    ["namespace", intent.namespace],
    ["destination", intent.destination?.host],
    ["build", intent.build],
    ["build label", intent.buildLabel],
    ["base build", intent.baseBuild],
    ["match", intent.createRoute],
    ["operation", intent.operation],
    ["operation", intent.to],
    ...(intent.names ?? []).map((name) => ["name", name] as const),
    ...(intent.routes ?? []).map((name) => ["route", name] as const),
    ...(intent.selector ?? []).map(({ key }) => ["label", key] as const),
    ...(intent.split ?? []).map(({ build }) => ["build", build] as const),
  ];
  for (const [what, text] of texts) {
    if (text === undefined || text.trim() !== "") continue;
    throw invalid(`Cannot take ${what} "${text}"`, { obstacle: "it is blank" });
  }
}

function checkHeader(condition: HeaderCondition): void {
  const { name, kind } = condition;
  const attempt = `Cannot match header "${name}"`;
  if (!isHeaderName(name)) {
    throw invalid(attempt, { obstacle: "no header can have that name" });
  }
  if (kind === "exact" && condition.value === "") {
    throw invalid(attempt, {
      obstacle: "its value is empty",
      hint: "Ask for its presence instead",
    });
  }
  if (kind !== "regex") return;
  const pattern = compileRe2(condition.value);
  if ("error" in pattern) {
    throw invalid(attempt, {
      obstacle: `"${condition.value}" is not RE2, ${pattern.error}`,
    });
  }
}

function invalid(
  attempt: string,
  of: { readonly obstacle: string; readonly hint?: string },
): UsageError {
  return new UsageError(
    "invalid-value",
    `${attempt}: ${of.obstacle}`,
    of.hint === undefined ? {} : { hint: of.hint },
  );
}
