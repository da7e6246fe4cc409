/**
 * Options that every command shares: where, how it is shown, how a change is
 * carried out.
 *
 * @module
 */

import type { Overrides } from "../traffic/intents.ts";
import { isNamespaceName } from "../traffic/syntax.ts";
import { defined } from "./defined.ts";
import { quoted } from "./diagnose.ts";
import type { GivenLine } from "./given_line.ts";
import type {
  OutputFormat,
  OutputOptions,
  RunOptions,
  TargetOptions,
} from "./invocation.ts";
import { parseDuration } from "./values.ts";

export function targetOf(line: GivenLine): TargetOptions {
  const sandbox = line.flag("sandbox");
  const namespace = line.one("namespace");
  const files = filesOf(line);
  for (
    const other of [
      "kubeconfig",
      "context",
      "exec-policy",
      "insecure-skip-tls-verify",
    ]
  ) {
    const given = line.one(other);
    if (!sandbox || !given) continue;
    line.wrong("conflicting-options", given.span, {
      message: `--sandbox and --${other} ${
        other === "kubeconfig" || other === "context"
          ? "name two targets"
          : "do not go together: the sandbox needs no credentials"
      }`,
      hint: "Leave one of the two out",
    });
  }
  if (namespace?.value !== undefined && !isNamespaceName(namespace.value)) {
    line.wrong("invalid-value", namespace.valueSpan ?? namespace.span, {
      message: `${quoted(namespace.value)} is not a namespace's name`,
    });
  }
  return {
    ...defined({
      files,
      kubeconfig: line.one("kubeconfig")?.value,
      context: line.one("context")?.value,
      namespace: namespace?.value,
    }),
    sandbox,
    execPolicy: (line.enum("exec-policy") ??
      "user") as TargetOptions["execPolicy"],
    insecureSkipTlsVerify: line.flag("insecure-skip-tls-verify"),
    timeoutMs: line.value("timeout", parseDuration) ?? 60_000,
    debug: line.flag("debug"),
  };
}

/** What is read in place of a cluster. */
function filesOf(line: GivenLine): readonly string[] | undefined {
  const given = line.all("filename");
  if (given.length === 0) return undefined;
  for (
    const other of [
      "sandbox",
      "kubeconfig",
      "context",
      "exec-policy",
      "insecure-skip-tls-verify",
    ]
  ) {
    const one = line.one(other);
    if (!one) continue;
    line.wrong("conflicting-options", one.span, {
      message: `--${other} is about a cluster, and --filename asks none`,
      hint: "Leave one of the two out",
    });
  }
  for (const { value = "", span, valueSpan = span } of given) {
    const wrong = (message: string, hint: string): void =>
      line.wrong("invalid-value", valueSpan, { message, hint });
    if (/^[a-z][a-z\d+.-]*:\/\//i.test(value)) {
      wrong(
        `${quoted(value)} is a URL, and only files are read`,
        "Fetch it first: curl URL | istiops … -f -",
      );
    } else if (value === "-" && line.parsed.way !== "line") {
      wrong(
        "Standard input is not free here: what is typed comes from it",
        "Write it into a file",
      );
    }
  }
  return given.map(({ value }) => value ?? "");
}

/** A picture has formats of its own; what is told beside it is for people. */
function formatOf(value: string | undefined): OutputFormat {
  return value === "json" || value === "yaml" ? value : "pretty";
}

export function outputOf(line: GivenLine): OutputOptions {
  return {
    output: formatOf(line.enum("output")),
    color: !line.flag("no-color"),
    quiet: line.flag("quiet"),
    verbose: line.flag("verbose"),
  };
}

export function runOf(line: GivenLine): RunOptions {
  const exitCode = line.one("exit-code");
  if (exitCode && !line.flag("dry-run")) {
    line.missing(exitCode.span, {
      message: "--exit-code tells what a dry run would change",
      hint: "Add --dry-run",
      additions: ["--dry-run"],
    });
  }
  return {
    dryRun: line.flag("dry-run"),
    exitCode: exitCode !== undefined,
    yes: line.flag("yes"),
    confirm: line.all("confirm").map(({ value }) => value ?? ""),
    settleMs: line.value("settle", parseDuration) ?? 2000,
    ...defined({
      planOut: line.one("plan-out")?.value,
      waitReadyMs: line.value("wait-ready", parseDuration),
      verifyMs: line.value("verify", parseDuration),
    }),
  };
}

export function overridesOf(line: GivenLine): Overrides {
  return defined({
    force: line.flag("force") || undefined,
    skipPodCheck: line.flag("skip-pod-check") || undefined,
    overrideOwner: line.flag("override-owner") || undefined,
  });
}
