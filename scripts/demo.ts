/**
 * The demo: traffic moves on an embedded cluster, step by step. It needs no
 * cluster, no network and no terminal, and ends by itself.
 *
 * @module
 */

import { type Plan, Traffic, type TrafficShow } from "../mod.ts";
import { renderOutcome } from "../src/render/outcome.ts";
import { renderShow } from "../src/render/show.ts";
import {
  createMesh,
  type Mesh,
  requestTo,
  sidecarIn,
} from "../src/sandbox/mesh.ts";
import { startSandbox } from "../src/sandbox/mod.ts";

/** Milliseconds between dependent writes: proxies of the demo are quick. */
const SETTLE = 200;
const REQUESTS = 1000;
const NAME = "api-domain-virtualservice";
const URL = "http://api-domain:5000/orders/7";
const PREVIEW = { "x-preview": "build-3" };

const options = {
  color: Deno.stdout.isTerminal() && Deno.env.get("NO_COLOR") === undefined,
  width: 100,
};

function say(text = ""): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function title(text: string, command?: string): void {
  say(`\n=== ${text} ${"=".repeat(Math.max(3, 74 - text.length))}`);
  if (command !== undefined) say(`$ istiops --sandbox ${command}`);
  say();
}

/** Previews a plan, then carries it out. */
async function make(plan: Plan): Promise<void> {
  say("--- what it would do (--dry-run) ---\n");
  say(plan.diff());
  say("--- doing it ---\n");
  const outcome = await plan.apply({ yes: true });
  say(renderOutcome(outcome, options));
}

/** Sends requests and prints where they went beside what was asked. */
function send(
  mesh: Mesh,
  of: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly asked: Readonly<Record<string, number>>;
  },
): void {
  const { headers = {}, asked } = of;
  const got = mesh.sendMany(REQUESTS, requestTo(URL, headers), {
    client: sidecarIn("default"),
  });
  const words = Object.entries(headers)
    .map(([name, value]) => ` with ${name}: ${value}`).join("");
  say(`${REQUESTS} requests to ${URL}${words}`);
  say("  build    asked      got");
  for (const build of new Set([...Object.keys(asked), ...got.keys()])) {
    const share = 100 * (got.get(build) ?? 0) / REQUESTS;
    say(
      `  ${build.padEnd(6)} ${`${asked[build] ?? 0} %`.padStart(7)} ${
        `${share.toFixed(1)} %`.padStart(8)
      }`,
    );
  }
  say();
}

function print(show: TrafficShow): void {
  say(renderShow(show, options));
}

await using sandbox = await startSandbox();
using mesh = createMesh(sandbox.store, { seed: 2026 });
const traffic = Traffic.on(sandbox.cluster);
const common = { selector: { app: "api-domain" }, settleMs: SETTLE };
const show = async () => print(await traffic.show({ name: NAME }));

say("istiops moves traffic between builds of a service on Istio. This is an");
say("embedded cluster: a Kubernetes API on loopback and a simulated mesh.");

title("1. The routes as they are", "show -l app=api-domain");
await show();
send(mesh, { asked: { 1: 90, 2: 10 } });

title(
  "2. A preview: build 3 for requests with a header",
  "shift -l app=api-domain -b 3 -H x-preview=build-3",
);
await make(
  await traffic.shift({
    ...common,
    build: "3",
    headers: PREVIEW,
    command: "istiops shift -l app=api-domain -b 3 -H x-preview=***",
  }),
);
await show();
send(mesh, { headers: PREVIEW, asked: { 3: 100 } });
send(mesh, { asked: { 1: 90, 2: 10 } });

title(
  "3. A canary: 20 % of everybody's requests to build 3",
  "shift -l app=api-domain -b 3 -w 20",
);
await make(
  await traffic.shift({
    ...common,
    build: "3",
    weight: 20,
    command: "istiops shift -l app=api-domain -b 3 -w 20",
  }),
);
await show();
send(mesh, { asked: { 1: 72, 2: 8, 3: 20 } });

title("4. One step back", `undo ${NAME}`);
await make(await traffic.undo({ name: NAME, settleMs: SETTLE }));
await show();
send(mesh, { asked: { 1: 90, 2: 10 } });

title("5. Away with what has no pods behind it", "clear -l app=api-domain");
await make(await traffic.clear(common));
await show();

title("The end");
say("The sandbox is gone. The same by hand, on a sandbox that stays:");
say("  deno task istiops --sandbox show");
say(
  "  deno task istiops --sandbox shift -l app=api-domain -b 3 -w 20 --dry-run",
);
