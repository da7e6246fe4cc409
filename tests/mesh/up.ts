/**
 * A mesh that stays, to be used by hand.
 *
 * @module
 */

import { enter } from "./namespace.ts";
import { cacheFolder, type Parts } from "./parts.ts";
import type { Places } from "./places.ts";
import { until } from "./program.ts";
import { TOWN_HOST } from "./town.ts";

/** At most one of a user. */
const folder = (): string => `${cacheFolder()}/up`;

/**
 * Starts it; a former one is ended.
 *
 * @returns How it is reached.
 */
export async function up(parts: Parts): Promise<string[]> {
  await down();
  await Deno.mkdir(folder(), { recursive: true, mode: 0o700 });
  const child = enter("up", { parts, folder: folder(), stdin: "null" });
  await Deno.writeTextFile(`${folder()}/pid`, `${child.pid}\n`);
  let ended = false;
  child.status.then(() => ended = true);
  const places: Places = await until("the mesh to be up", async () => {
    if (ended) {
      throw new Error(await Deno.readTextFile(`${folder()}/mesh.log`));
    }
    return JSON.parse(await Deno.readTextFile(`${folder()}/places.json`));
  });
  child.unref();
  const there = `nsenter --net --target ${child.pid}`;
  return [
    "it is up; deno task mesh:down ends it",
    `kubeconfig, for programs in its network: ${places.kubeconfig}`,
    `${there} kubectl --kubeconfig ${places.kubeconfig} get virtualservices`,
    `${there} curl -s -H 'host: ${TOWN_HOST}' http://${places.sidecar}/`,
    `istiod's and Envoy's own pages: ${places.istiod}/debug, http://127.0.0.1:15000`,
  ];
}

/**
 * Ends it.
 *
 * @returns Whether there was one.
 */
export async function down(): Promise<boolean> {
  let pid: string;
  try {
    pid = (await Deno.readTextFile(`${folder()}/pid`)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  // A number can have come to belong to another process.
  const runs = (await commandOf(pid)).includes(folder());
  if (runs) {
    Deno.kill(Number(pid), "SIGKILL");
    await until(
      "the mesh to end",
      async () => (await commandOf(pid)).includes(folder()) ? undefined : true,
    );
  }
  await Deno.remove(folder(), { recursive: true });
  return runs;
}

async function commandOf(pid: string): Promise<string> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/cmdline`);
  } catch {
    return "";
  }
}
