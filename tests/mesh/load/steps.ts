/**
 * Changes of the traffic of one service, drawn at random: of every sort that
 * the command line has.
 *
 * @module
 */

/** What is asked for; who carries it out is another matter. */
export type Step =
  | {
    readonly do: "weight";
    readonly build: number;
    readonly weight: number;
  }
  /** Requests with `x-cid: cid` go to the build, and a share of all others. */
  | {
    readonly do: "header";
    readonly cid: number;
    readonly build: number;
    readonly weight?: number;
  }
  | {
    readonly do: "split";
    readonly shares: readonly (readonly [build: number, weight: number])[];
  }
  | {
    readonly do: "clear-build";
    readonly build: number;
    readonly cid?: number;
  }
  | { readonly do: "clear"; readonly mode: "soft" | "hard" }
  | { readonly do: "undo" }
  /** The pods of a build go, or come back: not a change of the traffic. */
  | { readonly do: "retire" | "return"; readonly build: number };

/** Builds that exist. */
export const BUILDS: readonly number[] = [1, 2, 3, 4];

/** Values of the header `x-cid` that are asked for. */
export const CIDS: readonly number[] = [1, 2, 3];

/** All or nothing often: only then do destinations and subsets go. */
const WEIGHTS = [0, 0, 0.1, 1, 5, 12.5, 20, 33.3, 50, 75, 99.9, 100, 100, 100];

/** Draws a step. */
export function anyStep(random: () => number): Step {
  const one = <T>(list: readonly T[]): T =>
    list[Math.floor(random() * list.length)]!;
  const [build, cid, weight] = [one(BUILDS), one(CIDS), one(WEIGHTS)];
  const what = random();
  if (what < 0.25) return { do: "weight", build, weight };
  if (what < 0.4) return { do: "header", cid, build };
  if (what < 0.5) return { do: "header", cid, build, weight };
  if (what < 0.6) {
    const cuts = BUILDS.slice(1).map(() => Math.round(random() * 1000))
      .sort((a, b) => a - b);
    const shares = BUILDS.map((build, at) => {
      const share = (cuts[at] ?? 1000) - (cuts[at - 1] ?? 0);
      return [build, share / 10] as const;
    });
    return { do: "split", shares };
  }
  if (what < 0.68) return { do: "clear-build", build };
  if (what < 0.72) return { do: "clear-build", build, cid };
  if (what < 0.8) return { do: "clear", mode: one(["soft", "soft", "hard"]) };
  if (what < 0.88) return { do: "undo" };
  return { do: random() < 0.5 ? "retire" : "return", build };
}

/** The words of the command line for it; pods are nothing it changes. */
export function argumentsOf(step: Step, name: string): string[] {
  const service = [name, "-d", `${name}:5000`];
  switch (step.do) {
    case "weight":
      return [
        ...["shift", ...service],
        ...["-b", `${step.build}`, "-w", `${step.weight}`],
      ];
    case "header":
      return [
        ...["shift", ...service],
        ...["-b", `${step.build}`, "-H", `x-cid=${step.cid}`, "--replace"],
        ...(step.weight === undefined ? [] : ["-w", `${step.weight}`]),
      ];
    case "split":
      return [
        ...["shift", ...service, "--split"],
        step.shares.map(([build, share]) => `${build}=${share}`).join(","),
      ];
    case "clear-build":
      return [
        ...["clear", ...service, "-b", `${step.build}`],
        ...(step.cid === undefined ? [] : ["-H", `x-cid=${step.cid}`]),
      ];
    case "clear":
      return ["clear", ...service, "-m", step.mode];
    case "undo":
      return ["undo", name];
    case "retire":
    case "return":
      return [];
  }
}

/** For a report: `weight build 2 12.5`. */
export function wordsOf(step: Step): string {
  return Object.entries(step).map(([key, value]) =>
    key === "do" ? value : `${key} ${value}`
  ).join(" ");
}
