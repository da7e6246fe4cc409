/**
 * Rights of the process that a command has no use for, so that it gives them
 * up: whatever goes wrong afterwards, in a package or in a file from elsewhere,
 * cannot start a program, write a file or reach the network.
 *
 * Reading stays, since parts are loaded when they are needed, and so does the
 * environment. Hosts and folders cannot be given up one by one: Deno says
 * "granted" and changes nothing where all of them were granted.
 *
 * @module
 */

import type { Invocation } from "../language/invocation.ts";
import { CLUSTER } from "../language/read_diff.ts";

/** What Deno can be asked to take away. */
export type Right = "run" | "net" | "write" | "ffi" | "sys";

/** Rights that nothing of this command needs, known from its line alone. */
export function rightsToGiveUp(invocation: Invocation): readonly Right[] {
  const needed = neededBy(invocation);
  return (["ffi", "sys", "run", "write", "net"] as const)
    .filter((right) => !needed.includes(right));
}

function neededBy(invocation: Invocation): readonly Right[] {
  const { sandbox, execPolicy } = invocation.target;
  const plugins: readonly Right[] = execPolicy === "deny-all" ? [] : ["run"];
  switch (invocation.verb) {
    case "help":
    case "completions":
    case "history --local":
      return [];
    case "graph": {
      const writes: readonly Right[] = invocation.out === undefined
        ? []
        : ["write"];
      if (invocation.target.files !== undefined) return writes;
      return sandbox ? ["net", "write"] : [...plugins, "net", ...writes];
    }
    case "version":
      return invocation.check ? ["net"] : [];
    case "lsp":
      // It looks after the editor that started it, which is a right to run.
      return invocation.question ? [] : ["run", "net", "write"];
    case "sandbox":
      return ["net", "write"];
    case "sandbox reset":
      return ["write"];
    case "context":
      if (sandbox) return ["net", "write"];
      return invocation.check ? [...plugins, "net"] : [];
    case "diff":
      if (![invocation.before, invocation.after].includes(CLUSTER)) return [];
      return sandbox ? ["net", "write"] : [...plugins, "net"];
    case "show":
    case "explain":
    case "test":
    case "history":
      if (invocation.target.files !== undefined) return [];
      // A plugin may have to run: `openCluster()` knows.
      return sandbox ? ["net", "write"] : [...plugins, "net"];
    case "check": {
      const saves = invocation.fix?.planOut !== undefined;
      if (invocation.target.files !== undefined) return [];
      return sandbox || saves
        ? [...(sandbox ? [] : plugins), "net", "write"]
        : [...plugins, "net"];
    }
    case "shift":
    case "clear":
    case "undo":
    case "redo":
    case "apply":
      return sandbox ? ["net", "write"] : [...plugins, "net", "write"];
    default:
      // A shell stops itself on Ctrl-Z; a script may go to other contexts.
      return ["run", "net", "write"];
  }
}
