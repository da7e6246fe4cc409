/**
 * Test 2: a large cluster is read by pages and metadata, ranked, followed, and
 * held in bounds.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Api } from "./rig/api.ts";
import { Home, ShellAt, shellTest } from "./rig/shell_at.ts";

const core = (kind: string, name: string, rest: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: {
    name,
    ...(kind === "Namespace" ? {} : { namespace: "default" }),
    labels: { app: name.replace(/-\d+$/, ""), build: name.slice(-1) },
  },
  ...rest,
});

const times = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const NAMESPACES = ["shop-pro", "pxrxo", "production", "pro"];

function large(): readonly KubeObject[] {
  return [
    ...NAMESPACES.map((name) => core("Namespace", name)),
    ...times(800, (at) => core("Namespace", `team-${at}`)),
    ...times(300, (at) =>
      core("Service", `service-${at}`, {
        spec: { selector: { app: `service-${at}` }, ports: [{ port: 80 }] },
      })),
    ...times(5000, (at) => core("Pod", `service-${at % 300}-${at}`)),
  ];
}

shellTest("5,000 pods, 800 namespaces and 300 services", async () => {
  await using api = await Api.start({ objects: large() });
  await using home = await Home.make({ kubeconfig: api.kubeconfig(["dev"]) });
  await using shell = await ShellAt.start({ home, rows: 12 });
  const place = (name: string) => ({ kind: "Namespace", name });

  // Exact, then what begins so, then what has a word that does, then the rest.
  await shell.type("show --namespace pro");
  await shell.pty.write("\t");
  await shell.sees(/ pro\b.*\n +production\b.*\n +shop-pro\b.*\n +pxrxo\b/);

  // What comes and goes behind its back comes and goes in the menu.
  api.sandbox.store.put(core("Namespace", "proving"));
  await shell.sees("proving");
  api.sandbox.store.delete(place("production"));
  await shell.misses("production");
  await shell.sees("proving");
  await shell.clear();

  await shell.type("show -n team-7");
  await shell.pty.write("\t");
  await shell.sees(/… \d+ more/);
  await shell.clear();
  await shell.type("shift -d service-29");
  await shell.pty.write("\t");
  await shell.sees(/> service-29 /);

  const lists = api.seen.filter(({ path }) => !path.includes("watch="));
  for (const { path } of lists) assert(path.includes("limit="), path);
  const whole = lists.filter(({ path, accept }) =>
    /\/(pods|namespaces)\?/.test(path) &&
    !accept.startsWith("application/json;as=Partial")
  );
  assertEquals(whole, []);
  // Pages, each of them once, and nothing for the letters that were typed.
  const pages = lists.filter(({ path }) => path.includes("/pods?"));
  assertEquals(pages.length, 10);

  if (Deno.build.os === "linux") {
    const status = await Deno.readTextFile(`/proc/${shell.pty.pid}/status`);
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
    assert(kilobytes < 200 * 1024, `${kilobytes} kB`);
  }
});
