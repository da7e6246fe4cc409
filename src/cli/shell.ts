/**
 * The door of the shell: opens a terminal and names, and puts both away again.
 *
 * @module
 */

import { FileNames } from "../../repl/files.ts";
import { pinned } from "../../repl/session.ts";
import { Shell } from "../../repl/shell.ts";
import { Terminal } from "../../repl/terminal.ts";
import type { Parsed } from "../language/parse.ts";
import { toInvocation } from "../language/invocation.ts";
import { startedWith } from "../language/session.ts";
import { openLiveNames, readContexts } from "../names/mod.ts";
import { readConfig } from "./config.ts";
import { connectOptions } from "./connect.ts";
import { renderOptionsFor } from "./output.ts";
import { stateDir } from "./places.ts";
import type { LinesContext } from "./run_line.ts";

/** Opens the shell; gives the status to end with. */
export async function runShell(
  parsed: Parsed,
  of: Pick<LinesContext, "io" | "runLine"> & { readonly plain: boolean },
): Promise<number> {
  const { io } = of;
  const isDumb = (io.env("TERM") ?? "") === "dumb";
  const isPlain = of.plain || isDumb;
  const wantsColor = !parsed.options.some(({ option }) =>
    option.long === "no-color"
  );
  const { color } = renderOptionsFor(io.stdout, io, wantsColor);
  const { invocation } = toInvocation(parsed);
  const config = await readConfig(io);
  const started = startedWith(parsed);
  const connect = invocation === undefined
    ? {}
    : connectOptions({ ...invocation.target, debug: false }, io);
  // What happens before there is a shell has nobody to tell.
  const at: { shell?: Shell } = {};
  const options = {
    connect,
    protectedContexts: config.protected,
    stateDir: stateDir(io),
    mayWrite: (path: string) => io.mayWrite(path),
    onNotice: (text: string) => at.shell?.notice(text),
  };
  // From the kubeconfig alone: the prompt says where lines go.
  const contexts = await readContexts(options).catch(() => []);
  await using names = openLiveNames(options);
  using terminal = new Terminal({
    isSmart: !isDumb,
    onEnd: () => at.shell?.stop(),
  });
  const files = new FileNames(() => at.shell?.refresh());
  const state = stateDir(io);
  const shell = at.shell = new Shell({
    io,
    runLine: of.runLine,
    terminal,
    names,
    files: { files: (typed) => files.of(typed), forget: () => files.forget() },
    historyDir: state !== undefined && io.mayWrite(state)
      ? `${state}/history`
      : undefined,
    reader: { colour: color && !isPlain, isPlain, reflows: true },
  }, { session: pinned(started, contexts), variables: new Map() });
  using _changes = names.onChange(() => shell.refresh());
  return await shell.run();
}
