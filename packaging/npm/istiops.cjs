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

/** What there is a Deno for; on Linux with glibc. */
const PLATFORMS = [
  "darwin-arm64",
  "darwin-x64",
  "linux-arm64",
  "linux-x64",
  "win32-arm64",
  "win32-x64",
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
  const platform = process.platform + "-" + process.arch;
  if (PLATFORMS.indexOf(platform) < 0) return noBinary(platform);
  const libc = process.platform === "linux" ? "-glibc" : "";
  let name = "deno";
  try {
    const above = path.dirname(require.resolve("deno/package.json"));
    name = "@deno/" + platform + libc;
    const folder = path.dirname(
      require.resolve(name + "/package.json", { paths: [above] }),
    );
    const file = process.platform === "win32" ? "deno.exe" : "deno";
    return { deno: path.join(folder, file) };
  } catch (_) {
    if (isMusl()) return noBinary("Linux with musl");
    return {
      problem: "istiops runs on the package " + name +
        ", which is not there: install istiops again without " +
        "--omit=optional, and without a lock made on another system",
    };
  }
}

function noBinary(platform) {
  return {
    problem: "Deno has no binary on npm for " + platform +
      ": with a Deno of your own it runs by deno run -A " + BUNDLE,
  };
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
    fail(
      error.code === "ENOENT" && isMusl()
        ? noBinary("Linux with musl").problem
        : "istiops cannot start " + deno + " (" + error.code + "): " +
          "see whether programs there may be run, or install istiops again",
    );
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
