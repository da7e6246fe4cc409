#!/usr/bin/env node
/**
 * `istiops` on a machine that has Node: runs the bundle beside it with the
 * Deno of the `deno` package. Written for any Node, so that an old one can
 * still say so.
 */
"use strict";

const childProcess = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const OLDEST_NODE = 20;
const BUNDLE = path.join(__dirname, "..", "dist", "istiops.js");

/**
 * Which files, servers and programs it will be is known only from the command
 * line and the kubeconfig. Native code, facts about the machine and code from
 * elsewhere are never needed; nobody is asked for more.
 */
const PERMISSIONS = [
  "--allow-env",
  "--allow-net",
  "--allow-read",
  "--allow-run",
  "--allow-write",
  "--no-prompt",
];

/** What lies in the folder it is called in, or above, is none of its business. */
const ALONE = [
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
  "--quiet",
];

/** Both may come from a terminal, to all of its programs, or to this one only. */
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP"];

main();

function main() {
  const version = process.versions.node;
  if (parseInt(version, 10) < OLDEST_NODE) {
    fail(
      "istiops needs Node " + OLDEST_NODE + " or newer, and this is Node " +
        version + ": install a newer one",
    );
  }
  const found = findDeno();
  if (found.problem) fail(found.problem);
  run(found.deno);
}

/** The binary for this machine, where npm has put it, or why there is none. */
function findDeno() {
  let manifest;
  try {
    manifest = require.resolve("deno/package.json");
  } catch (_) {
    return {
      problem: "istiops needs the package deno, which is not there: " +
        "install istiops again, with its dependencies",
    };
  }
  const platform = process.platform + "-" + process.arch;
  const libc = process.platform === "linux" ? "-glibc" : "";
  const name = "@deno/" + platform + libc;
  const offered = require(manifest).optionalDependencies || {};
  if (!Object.prototype.hasOwnProperty.call(offered, name)) {
    return { problem: "Deno has no binary for " + platform + elsewhere() };
  }
  try {
    const folder = path.dirname(
      require.resolve(name + "/package.json", {
        paths: [path.dirname(manifest)],
      }),
    );
    const file = process.platform === "win32" ? "deno.exe" : "deno";
    const deno = path.join(folder, file);
    if (fs.existsSync(deno)) return { deno };
  } catch (_) {
    if (isMusl()) {
      return {
        problem: "Deno has no binary for Linux with musl" + elsewhere(),
      };
    }
  }
  return {
    problem: "istiops needs the package " + name + ", which is not there: " +
      "npm leaves it out by --omit=optional or --no-optional, or for a lock " +
      "made on another system; install istiops again without these",
  };
}

function elsewhere() {
  return ": use a system that it has one for, or another Deno by: " +
    "deno run -A " + BUNDLE;
}

/** Asked only where the binary is missing: a report takes its time. */
function isMusl() {
  const report = process.platform === "linux" && process.report
    ? process.report.getReport()
    : { header: { glibcVersionRuntime: "?" } };
  return !report.header.glibcVersionRuntime;
}

/** Runs the bundle; ends as it ends. */
function run(deno) {
  const args = ["run"].concat(
    PERMISSIONS,
    ALONE,
    BUNDLE,
    process.argv.slice(2),
  );
  const child = childProcess.spawn(deno, args, {
    stdio: "inherit",
    // It would ask whether there is a newer Deno.
    env: Object.assign({ DENO_NO_UPDATE_CHECK: "1" }, process.env),
  });
  for (const signal of PASSED_ON) {
    // Where there are no signals, to send one is to kill.
    process.on(signal, () => {
      if (process.platform !== "win32") child.kill(signal);
    });
  }
  child.on("error", (error) => {
    const why = error.code === "ENOENT" && isMusl()
      ? "Deno has no binary for Linux with musl" + elsewhere()
      : "istiops cannot start " + deno + " (" + error.code + "): " +
        "see whether files there may be run, or install istiops again";
    fail(why);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    // A shell is to see what ended it.
    process.exitCode = 128 + os.constants.signals[signal];
    for (const each of PASSED_ON) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

/** One line; 1 is "failed". */
function fail(problem) {
  fs.writeSync(2, "error: " + problem + "\n");
  process.exit(1);
}
