/**
 * A process of its own: a server with many VirtualServices, one of which is
 * written so many times a second for so long. Prints its URL, begins when a
 * line comes in, and at the end prints how often it wrote; then waits to be
 * ended.
 *
 *     deno run -A tests/load/rig/busy_server.ts OBJECTS PER_SECOND SECONDS
 *
 * @module
 */

import { startSandbox } from "../../../src/sandbox/mod.ts";
import { shopObjects, shopRoutes } from "./shop.ts";

/** When it was written, in milliseconds, and the how manieth write it was. */
export const SENT = "load/sent";
export const NTH = "load/nth";

if (import.meta.main) {
  const [objects = 0, perSecond = 0, seconds = 0] = Deno.args.map(Number);
  await using sandbox = await startSandbox({
    objects: [
      ...shopObjects(),
      ...Array.from({ length: objects }, (_, at) => shopRoutes(`s${at}`, 1)),
    ],
  });
  const { store, url } = sandbox;
  const say = (line: string): void =>
    void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  const heard = Deno.stdin.readable.getReader();
  say(url);
  await heard.read();
  const begin = performance.now();
  for (let nth = 1; nth <= perSecond * seconds; nth++) {
    const early = begin + nth * 1000 / perSecond - performance.now();
    if (early > 1) await new Promise((done) => setTimeout(done, early));
    const name = `s${nth * 7919 % objects}`;
    const ref = { kind: "VirtualService", namespace: "default", name };
    const object = store.get(ref)!;
    store.update({
      ...object,
      metadata: {
        ...object.metadata,
        annotations: { [SENT]: String(Date.now()), [NTH]: String(nth) },
      },
    });
  }
  say("over");
  await heard.read();
}
