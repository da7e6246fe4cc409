/**
 * Lines that look, run something or set something up.
 *
 * @module
 */

import { isNamespaceName } from "../traffic/syntax.ts";
import { defined } from "./defined.ts";
import { quoted } from "./diagnose.ts";
import type { GivenLine } from "./given_line.ts";
import type {
  EditorQuestion,
  Invocation,
  LineOptions,
  SessionVerb,
  Used,
} from "./invocation.ts";
import { shownBy } from "./read_selection.ts";
import { spanOf } from "./tokens.ts";
import {
  parseDestination,
  parseFilePosition,
  parseSelector,
} from "./values.ts";

type ScriptKeys =
  | "verb"
  | "file"
  | "values"
  | "keepGoing"
  | "dryRun"
  | "resume"
  | "show";

export function readShow(line: GivenLine, base: LineOptions): Invocation {
  const watch = line.one("watch");
  const { files } = base.target;
  if (watch && files) {
    line.wrong("conflicting-options", watch.span, {
      message: "--watch follows a cluster, and --filename reads files once",
      hint: "Leave one of the two out",
    });
  }
  return {
    ...base,
    verb: "show",
    watch: watch !== undefined,
    intentFor: shownBy(line, base),
  };
}

export function readScript(
  line: GivenLine,
): Pick<Invocation & { readonly verb: "run" }, ScriptKeys> {
  // What was done out of order is nothing to go on from.
  line.exclude("keep-going", "resume");
  const values = new Map<string, string>();
  for (const given of line.all("set")) {
    const one = line.assignment(given.value ?? "", given.partOf);
    if (!one) continue;
    if (values.has(one.name) && values.get(one.name) !== one.value) {
      line.wrong("conflicting-options", given.valueSpan ?? given.span, {
        message: `$${one.name} is given twice`,
        hint: "Leave one of the two out",
      });
    }
    values.set(one.name, one.value);
  }
  return {
    verb: "run",
    file: line.parsed.positionals[0]?.value ?? "",
    values,
    keepGoing: line.flag("keep-going"),
    dryRun: line.flag("dry-run"),
    resume: line.flag("resume"),
    show: line.flag("show"),
  };
}

export function askedOf(line: GivenLine): EditorQuestion | undefined {
  line.exclude("complete", "hover");
  line.exclude("complete", "check");
  line.exclude("hover", "check");
  const check = line.one("check");
  if (check) return { about: "check", file: check.value ?? "" };
  for (const about of ["complete", "hover"] as const) {
    const given = line.one(about);
    if (!given) continue;
    const place = line.value(about, parseFilePosition);
    return place && { about, ...place };
  }
  return undefined;
}

export function readUse(line: GivenLine, what: Used): SessionVerb {
  const [token] = line.parsed.positionals;
  if (!token) return { verb: "use", what };
  const { value } = token;
  const wrong = (start: number, end: number, told: {
    readonly message: string;
    readonly hint?: string;
  }): void => line.wrong("invalid-value", spanOf(token, start, end), told);
  const checked = what === "selector"
    ? parseSelector(value)
    : what === "destination"
    ? parseDestination(value)
    : undefined;
  if (checked?.ok === false) wrong(checked.start, checked.end, checked);
  if (what === "namespace" && !isNamespaceName(value)) {
    wrong(0, value.length, {
      message: `${quoted(value)} is not a namespace's name`,
    });
  }
  return { verb: "use", what, value };
}

/** `version`, and where it looks. */
export function readVersion(line: GivenLine): Pick<
  Invocation & { readonly verb: "version" },
  "verb" | "check" | "from"
> {
  const check = line.flag("check");
  const from = line.one("from");
  if (from !== undefined && !check) {
    line.wrong("missing-argument", from.span, {
      message: "--from says where --check looks, and nothing looks unasked",
      hint: "Add --check",
      additions: ["--check"],
    });
  }
  if (from?.value !== undefined && !isPlace(from.value)) {
    line.wrong("invalid-value", from.valueSpan ?? from.span, {
      message: "--from is no http or https URL without a password",
      hint: "Write it as https://HOST/PATH",
    });
  }
  return { verb: "version", check, ...defined({ from: from?.value }) };
}

/** A place to ask over HTTP, whose name may be told. */
function isPlace(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username + password === "";
}
