/**
 * The verb `version`: which istiops this is and, only where it is asked for,
 * whether there is a newer one.
 *
 * @module
 */

import type { Invocation } from "../language/invocation.ts";
import { safe } from "../render/safe.ts";
import { COMMIT, VERSION } from "../version.ts";
import { EXIT } from "./exit.ts";
import type { LookContext } from "./looking.ts";

type Version = Extract<Invocation, { readonly verb: "version" }>;

/** Runs `version`. */
export async function runVersion(
  { check, from }: Version,
  { io, talk }: LookContext,
): Promise<number> {
  const { deno, target } = io.runtime;
  const checked = check ? await lookFor(from, { io, talk }) : undefined;
  await talk.result({
    document: {
      apiVersion: "istiops/v1",
      kind: "Version",
      version: VERSION,
      commit: COMMIT,
      deno,
      target,
      ...(checked === undefined ? {} : { check: checked }),
    },
    pretty: () =>
      `istiops ${VERSION} (${
        COMMIT ?? "from its sources"
      }), Deno ${deno}, ${target}\n${
        checked === undefined ? "" : inWords(checked)
      }`,
  });
  return EXIT.done;
}

/** What was found there. */
interface Checked {
  readonly from: string;
  readonly latest: string;
  readonly isNewer: boolean;
  /** Ways to it; none where it is not newer. */
  readonly ways: readonly string[];
}

async function lookFor(
  from: string | undefined,
  { io, talk }: LookContext,
): Promise<Checked> {
  const { compareVersions, originOf, RELEASES, waysTo } = await import(
    "../releases.ts"
  );
  const { askForRelease } = await import("../cluster/release.ts");
  const url = from ?? RELEASES;
  talk.say(`Looking for a newer release at ${safe(url)}\n`);
  const latest = await askForRelease(url, {
    env: (name) => io.env(name),
    version: VERSION,
  });
  const isNewer = compareVersions(VERSION, latest) < 0;
  const module = import.meta.url;
  const origin = originOf(module, {
    isStandalone: Deno.build.standalone,
  });
  return {
    from: url,
    latest,
    isNewer,
    ways: isNewer ? waysTo(latest, { origin, module, now: VERSION }) : [],
  };
}

function inWords({ latest, isNewer, ways }: Checked): string {
  if (isNewer) {
    return `istiops ${latest} is there: ${
      ways.map((way) => safe(way)).join("; or ")
    }\n`;
  }
  return latest === VERSION
    ? "There is no newer release\n"
    : `There is no newer release; the newest one is ${latest}\n`;
}
