/**
 * The rows of the report of faults, attacks and loads: each has an id, what it
 * shows, and how many seeds it was run with.
 *
 * @module
 */

import { randomOf } from "../../src/istio/draw.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** One row; several tests may share an id. */
export interface Row {
  /** `F01` to `F28`, `S01` to `S16`, `L1` to `L8`. */
  readonly id: string;
  /** What happens, and what comes of it, as a sentence. */
  readonly shows: string;
  /** What is run: `shift`, `every command`, `list`. */
  readonly command: string;
  /** With how many seeds by default; 1 for what has nothing random. */
  readonly seeds?: number;
  /** No more than so many at night, where one takes minutes. */
  readonly most?: number;
}

/** What is random in a run. */
export interface Draw {
  readonly seed: number;
  /** From 0 up to 1. */
  next(): number;
  /** From `low` up to and with `high`. */
  integer(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
}

/** What a run may add to its row. */
export interface Report {
  /** A figure for the table: `note("requests", 812_000)`; summed over seeds. */
  note(what: string, count: number): void;
}

/**
 * Registers a test that runs once for each seed, and writes its row where
 * `ISTIOPS_REPORT` says. `ISTIOPS_SEED` repeats one seed, `ISTIOPS_SEEDS`
 * changes how many there are where there are several.
 */
export function suite(
  row: Row,
  run: (draw: Draw, report: Report) => Promise<void> | void,
): void {
  Deno.test(`${row.id} ${row.shows}`, async ({ name, origin }) => {
    const notes = new Map<string, number>();
    const seeds = seedsOf(row);
    for (const seed of seeds) {
      try {
        await run(drawOf(seed), {
          note: (what, count) =>
            void notes.set(what, (notes.get(what) ?? 0) + count),
        });
      } catch (error) {
        const file = new URL(origin).pathname.replace(ROOT, "");
        const filter = `'${name.replaceAll("'", `'\\''`)}'`;
        throw new Error(
          `again: ISTIOPS_SEED=${seed} deno test -A ${file} --filter ${filter}`,
          { cause: error },
        );
      }
    }
    await report({ ...row, seeds: seeds.length }, notes);
  });
}

/** Registers a row that cannot be run here, and says why. */
export function skipped(row: Row, why: string): void {
  Deno.test.ignore(`${row.id} ${row.shows} (skipped: ${why})`, () => {});
}

function seedsOf({ seeds = 1, most = Infinity }: Row): readonly number[] {
  const one = Deno.env.get("ISTIOPS_SEED");
  if (one !== undefined) return [Number(one)];
  const many = Deno.env.get("ISTIOPS_SEEDS");
  const count = seeds > 1 && many !== undefined
    ? Math.min(Number(many), most)
    : seeds;
  return Array.from({ length: count }, (_, at) => at + 1);
}

/** What a seed leads to. */
export function drawOf(seed: number): Draw {
  const next = randomOf(seed);
  const integer = (low: number, high: number): number =>
    low + Math.floor(next() * (high - low + 1));
  return {
    seed,
    next,
    integer,
    pick: (from) => from[integer(0, from.length - 1)]!,
  };
}

async function report(
  row: Row,
  notes: ReadonlyMap<string, number>,
): Promise<void> {
  const path = Deno.env.get("ISTIOPS_REPORT");
  if (path === undefined) return;
  const line = JSON.stringify({ ...row, notes: Object.fromEntries(notes) });
  // Test files run side by side: one write is one line.
  await Deno.writeTextFile(path, `${line}\n`, { append: true });
}
