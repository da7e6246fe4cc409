/**
 * `test`: requests against what is expected of them, with a status that a
 * pipeline can go by; or a file of them made from what is there.
 *
 * @module
 */

import { readTestFiles } from "../actions/route_test_files.ts";
import { recordTraffic, testTraffic } from "../actions/route_tests.ts";
import type { Invocation } from "../language/invocation.ts";
import { EXIT } from "./exit.ts";
import { orInterrupted } from "./interrupts.ts";
import { hasErrors, tellProblems } from "./look.ts";
import { lookAt, type LookContext } from "./looking.ts";

type Test = Extract<Invocation, { readonly verb: "test" }>;

/** Runs `test`. */
export async function runTest(
  invocation: Test,
  context: LookContext,
): Promise<number> {
  return invocation.record === undefined
    ? await runTests(invocation, context)
    : await record(invocation, context);
}

async function runTests(
  invocation: Extract<Test, { readonly record?: undefined }>,
  context: LookContext,
): Promise<number> {
  const { io, talk } = context;
  await using looking = await lookAt(invocation, context);
  const { cluster, signal } = looking;
  const { coverage, files, format } = invocation;
  const tests = await readTestFiles(files, {
    namespace: cluster.target.namespace,
    readStdin: (most) => orInterrupted(io, io.stdin.readAll(most)),
  });
  const test = await testTraffic(cluster, tests, { signal, coverage });
  looking.clear();
  if (format === "junit") {
    const { testJUnit } = await import("../render/route_tests_junit.ts");
    io.stdout.write(testJUnit(test));
  } else {
    await tellProblems(test.problems, talk);
    const { renderTest } = await import("../render/route_tests.ts");
    await talk.result({
      document: test,
      pretty: (options) => renderTest(test, options),
    });
  }
  return test.failed > 0 || hasErrors(test.problems) ? EXIT.found : EXIT.done;
}

async function record(
  invocation: Extract<Test, { readonly record: string }>,
  context: LookContext,
): Promise<number> {
  const { talk } = context;
  await using looking = await lookAt(invocation, context);
  const { cluster, signal } = looking;
  const { problems, target } = cluster;
  const given = invocation.target.namespace;
  const recorded = await recordTraffic(cluster, {
    name: invocation.record,
    // Who names files means what is in them.
    ...(problems !== undefined && given === undefined
      ? {}
      : { namespace: target.namespace }),
  }, { signal });
  looking.clear();
  await tellProblems(problems, talk, "always");
  const { renderRecorded } = await import("../render/route_tests.ts");
  await talk.result({
    document: recorded.file,
    pretty: () => renderRecorded(recorded),
  });
  return hasErrors(problems) ? EXIT.wrongFiles : EXIT.done;
}
