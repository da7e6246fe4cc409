/**
 * `sandbox`: the embedded cluster in the foreground, and back to its start.
 *
 * @module
 */

import type { Invocation } from "../language/invocation.ts";
import { safe } from "../render/safe.ts";
import { EXIT } from "./exit.ts";
import { Interrupts } from "./interrupts.ts";
import type { Io } from "./io.ts";
import type { Talk } from "./output.ts";
import { sandboxStateDir } from "./places.ts";

type Serve = Extract<Invocation, { readonly verb: "sandbox" }>;

/** Serves until Ctrl-C, which is how it is meant to end. */
export async function runSandbox(
  invocation: Serve,
  { io, talk }: { readonly io: Io; readonly talk: Talk },
): Promise<number> {
  const { serveSandbox } = await import("../sandbox/mod.ts");
  const { namespace } = invocation.target;
  using interrupts = new Interrupts(io);
  await using served = await serveSandbox({
    stateDir: await sandboxStateDir(io),
    load: invocation.load,
    ...(invocation.port === undefined ? {} : { port: invocation.port }),
    ...(namespace === undefined ? {} : { namespace }),
  });
  const { url, kubeconfigPath, loaded, skipped } = served;
  await talk.result({
    document: {
      apiVersion: "istiops/v1",
      kind: "Sandbox",
      url,
      kubeconfig: kubeconfigPath,
      loaded,
      skipped,
    },
    pretty: () =>
      [
        ...loaded.map((name) => `Loaded ${safe(name)}`),
        ...skipped.map((name) => `Skipped ${safe(name)}: no such kind here`),
        `The sandbox listens at ${url}; in another terminal:`,
        `  export KUBECONFIG=${quoted(kubeconfigPath)}`,
        "",
      ].join("\n"),
  });
  talk.say("Ctrl-C ends it; its state stays\n");
  const { signal } = interrupts;
  await Promise.race([
    served.finished,
    new Promise<void>((resolve) =>
      signal.aborted
        ? resolve()
        : signal.addEventListener("abort", () => resolve(), { once: true })
    ),
  ]);
  return EXIT.done;
}

/** Puts the demo world back. */
export async function runSandboxReset(
  { io, talk }: { readonly io: Io; readonly talk: Talk },
): Promise<number> {
  const { resetSandbox } = await import("../sandbox/mod.ts");
  const stateDir = await sandboxStateDir(io);
  await resetSandbox({ stateDir });
  await talk.result({
    document: { apiVersion: "istiops/v1", kind: "SandboxReset", stateDir },
    pretty: () => "The sandbox is as it was at first\n",
  });
  return EXIT.done;
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", `'\\''`)}'`;
}
