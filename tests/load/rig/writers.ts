/**
 * Writers that shift again and again, each over a connection of its own, and
 * what became of every shift.
 *
 * @module
 */

import { kubernetesCluster } from "../../../src/cluster/connect.ts";
import { TrafficError } from "../../../src/errors.ts";
import { Traffic } from "../../../src/library.ts";

/** One writer's job: what its nth shift (from 0) asks for. */
export interface Job {
  readonly name: string;
  readonly route: string;
  readonly weight: (nth: number) => number;
}

/** What became of the shifts of one writer. */
export interface Told {
  readonly job: Job;
  readonly done: number;
  readonly unchanged: number;
  readonly conflicts: number;
  readonly unknown: number;
  /** What it was last told is there. */
  readonly last: number;
}

/** Runs all jobs at once; whatever else goes wrong is thrown. */
export async function runWriters(
  url: string,
  of: { readonly jobs: readonly Job[]; readonly times: number },
): Promise<Told[]> {
  return await Promise.all(of.jobs.map((job) => write(url, job, of.times)));
}

async function write(url: string, job: Job, times: number): Promise<Told> {
  await using cluster = await kubernetesCluster(
    {
      server: url,
      identity: job.route,
      target: {
        source: "custom",
        server: url,
        namespace: "default",
        flags: [],
      },
    },
    // Each stands for a machine of its own, with a pace of its own.
    { timeoutMs: 300_000, limits: { perSecond: Infinity } },
  );
  const traffic = Traffic.on(cluster);
  const told = {
    job,
    done: 0,
    unchanged: 0,
    conflicts: 0,
    unknown: 0,
    last: 0,
  };
  for (let nth = 0; nth < times; nth++) {
    const weight = job.weight(nth);
    try {
      const plan = await traffic.shift({
        name: job.name,
        destination: "shop",
        build: "2",
        weight,
        routes: [job.route],
        settleMs: 0,
      });
      const { status } = await plan.apply({ yes: true });
      if (status === "done") told.done++;
      else told.unchanged++;
      told.last = weight;
    } catch (error) {
      if (!(error instanceof TrafficError)) throw error;
      if (error.code === "conflict") told.conflicts++;
      else if (error.code === "outcome-unknown") told.unknown++;
      else throw error;
    }
  }
  return told;
}
