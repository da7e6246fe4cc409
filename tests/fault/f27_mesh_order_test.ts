import { startSandbox } from "../../src/sandbox/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Proxies, StoppingClock } from "./rig/proxies.ts";
import { commandsOf, movePods, SORTS, storyObjects } from "./rig/story.ts";
import { Teller, type Tempo } from "./rig/teller.ts";
import { type Draw, suite } from "./suite.ts";

/** Milliseconds at most until a proxy has heard of a change. */
const SLOWEST = 5000;
const PROXIES = 3;

/** Every command, its undo and its redo, while requests go on. */
async function tell(draw: Draw, tempo: Tempo): Promise<Teller> {
  const clock = new StoppingClock();
  await using sandbox = await startSandbox({ objects: storyObjects(), clock });
  clock.pass(3_600_000);
  using proxies = new Proxies(sandbox.store, {
    ...{ clock, seed: draw.seed, count: PROXIES, sorts: SORTS },
    delay: tempo.delay,
  });
  const teller = new Teller({ tempo, draw, clock, sandbox, proxies });
  for (const command of commandsOf(draw)) {
    if (command === "pods") {
      // Who stopped a command has not waited for its end.
      clock.pass(tempo.delay);
      movePods(sandbox);
      clock.pass(tempo.delay);
    } else await teller.thereAndBack(command);
  }
  clock.pass(tempo.delay);
  const lost = proxies.lost.length;
  proxies.lookAll();
  assertEquals(proxies.lost.slice(lost), [], "when all have heard of all");
  return teller;
}

suite(
  {
    id: "F27",
    shows:
      "objects reach each proxy in any order, within --settle: no request is lost or goes elsewhere, also where commands stop and others follow at once",
    command: "shift, clear, undo, redo, apply",
    seeds: 20,
  },
  async (draw, report) => {
    const delay = draw.integer(0, SLOWEST);
    const stops = draw.next() < 0.5;
    const told = await tell(draw, { delay, settle: delay, stops });
    assertEquals(told.lost, []);
    report.note("commands", told.commands);
    report.note("of them stopped", told.stopped);
    report.note("requests", told.requests);
    report.note("lost", told.lost.length);
  },
);

suite(
  {
    id: "F27",
    shows:
      "a settle that is too short loses requests until all is everywhere, and none from then on",
    command: "shift, clear, undo, redo, apply",
  },
  async (draw, report) => {
    for (const settle of [0, 2000]) {
      const tempo = { delay: SLOWEST, settle, stops: false };
      const told = await tell(draw, tempo);
      // Without a wait some have to be: else nothing would be seen here.
      if (settle === 0) assert(told.lost.length > 0);
      report.note(`requests with a settle of ${settle} ms`, told.requests);
      report.note(`lost with ${settle} ms`, told.lost.length);
    }
  },
);
