/**
 * What a real kube-apiserver answers, played to the adapter: what it makes
 * of it, and whether it asks again.
 */

import { exitCodeOf } from "../../src/cli/exit.ts";
import { type ErrorCode, TrafficError } from "../../src/errors.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { recordedFailures, responseOf } from "../support/recorded.ts";
import { type Fake, fake, listOf } from "./fake_server.ts";

const TOKEN = "tok-123456";
const REVIEWS = {
  kind: "VirtualService",
  namespace: "default",
  name: "reviews",
} as const;

const recorded = recordedFailures();

/** A server that answers every request like the real one did. */
function playing(name: string): Promise<Fake> {
  return fake(() => responseOf(recorded.get(name)!), { token: TOKEN });
}

/** What a write came to: nothing, or nobody knows. */
type Written = "no" | "unknown";

/** Name, code, exit status, part of the message, asked again, written. */
type Row = readonly [string, ErrorCode, number, string, boolean, Written];

const ROWS: readonly Row[] = [
  ["400_strict", "rejected", 1, 'unknown field "spec.httpp"', false, "no"],
  [
    "400_webhook_denial",
    "rejected",
    1,
    'webhook "rev.validation.istio.io" denied the request: configuration is invalid: "uri": error parsing regexp: missing closing )',
    false,
    "no",
  ],
  ["400_wrong_kind", "rejected", 1, "Object 'Kind' is missing", false, "no"],
  ["401", "unauthorized", 1, 'credentials of user "tester"', false, "no"],
  [
    "403",
    "forbidden",
    1,
    'User "reader<b>&\\"" cannot patch resource "virtualservices"',
    false,
    "no",
  ],
  ["404_object", "not-found", 1, '"nobody" not found', false, "no"],
  ["404_namespace", "not-found", 1, 'namespaces "nowhere"', false, "no"],
  ["404_kind", "kind-not-served", 1, "does not serve", false, "no"],
  ["405", "rejected", 1, "does not allow this method", false, "no"],
  ["406", "rejected", 1, "following media types", false, "no"],
  ["409_already_exists", "conflict", 6, "it exists already", false, "no"],
  ["409_apply", "conflict", 6, 'with "first": .spec.http', false, "no"],
  ["409_delete", "conflict", 6, "somebody else changed it", false, "no"],
  ["409_patch", "conflict", 6, "somebody else changed it", false, "no"],
  ["409_put", "conflict", 6, "somebody else changed it", false, "no"],
  ["410_continue", "expired", 1, "forgotten that version", false, "no"],
  ["413", "too-large", 1, "limit is 3145728", false, "no"],
  ["413_operations", "too-large", 1, "10000, got 10001", false, "no"],
  ["415", "rejected", 1, "unknown format", false, "no"],
  ["422_annotations", "rejected", 1, "262144 bytes", false, "no"],
  ["422_no_version", "rejected", 1, "must be specified", false, "no"],
  ["422_path", "rejected", 1, "error in our request", false, "no"],
  ["422_policy", "rejected", 1, "belong to a team", false, "no"],
  ["422_schema", "rejected", 1, "spec.http[0].route", false, "no"],
  ["422_schema_rule", "rejected", 1, "NONE mode cannot", false, "no"],
  ["422_test", "rejected", 1, "error in our request", false, "no"],
  ["429", "overloaded", 5, "too many requests (429)", true, "no"],
  ["500_webhook", "unreachable", 5, '"gone.istiops.test"', true, "no"],
  ["504_future", "unreachable", 5, "Too large resource", true, "unknown"],
  ["504_read", "unreachable", 5, "the allotted timeout", true, "unknown"],
];

Deno.test.each(ROWS)(
  "%s: a read is %s, exit %s",
  async (name, code, exit, says, again) => {
    await using at = await playing(name);
    const error = await assertRejects(
      () => at.cluster.list("VirtualService"),
      TrafficError,
    );
    assertEquals([error.code, exitCodeOf(error)], [code, exit], error.message);
    judge(error, says);
    assertEquals(timesAsked(at) > 1, again);
  },
);

Deno.test.each(ROWS)(
  "%s: a write is %s, exit %s",
  async (name, code, exit, says, again, written) => {
    await using at = await playing(name);
    const error = await assertRejects(
      () => at.cluster.patch(REVIEWS, []),
      TrafficError,
    );
    assertEquals(
      [error.code, exitCodeOf(error)],
      written === "no" ? [code, exit] : ["outcome-unknown", 7],
      error.message,
    );
    judge(error, says);
    assertEquals(timesAsked(at) > 1, again && written === "no");
  },
);

Deno.test("every recorded failure has been judged", () => {
  assertEquals(
    [...ROWS.map(([name]) => name), "410_watch"].sort(),
    [...recorded.keys()],
  );
});

Deno.test("429: each wait is at least as long as the server asked", async () => {
  await using at = await playing("429");
  const asked = Number(recorded.get("429")!.headers["retry-after"]);
  assertGreater(asked, 0);
  await assertRejects(() => at.cluster.list("VirtualService"));
  assert(at.clock.slept.every((each) => each >= asked * 1000));
});

Deno.test("422: every cause is told, with its field", async () => {
  await using at = await playing("422_schema");
  const error = await assertRejects(
    () => at.cluster.patch(REVIEWS, []),
    TrafficError,
  );
  for (const field of ["spec.http[0].route", "spec.http[1].route"]) {
    assertStringIncludes(error.message, `${field}: Invalid value`);
  }
});

Deno.test("404: an object that is not there is no failure to get", async () => {
  await using at = await playing("404_object");
  assertEquals(await at.cluster.get(REVIEWS), undefined);
});

Deno.test("410: a watch from a forgotten moment lists again", async () => {
  await using at = await fake(
    (request) =>
      new URL(request.url).searchParams.has("watch")
        ? responseOf(recorded.get("410_watch")!)
        : listOf(["reviews"]),
    { token: TOKEN },
  );
  let synced = 0;
  for await (const event of at.cluster.watch("VirtualService")) {
    assertEquals(event.type, "SYNC");
    if (++synced === 3) break;
  }
  assertEquals(at.seen.filter((line) => line.includes("watch=")).length, 2);
});

Deno.test("410: a list whose next page is forgotten starts again", async () => {
  await using at = await fake((request) => {
    const { searchParams } = new URL(request.url);
    if (searchParams.has("continue")) {
      return responseOf(recorded.get("410_continue")!);
    }
    return searchParams.has("limit")
      ? listOf(["ratings"], { continue: "next" })
      : listOf(["ratings", "reviews"]);
  }, { token: TOKEN });
  const { items } = await at.cluster.list("VirtualService");
  assertEquals(items.map(({ metadata }) => metadata.name), [
    "ratings",
    "reviews",
  ]);
});

/** One line of plain words, which ends without a period and tells no secret. */
function judge(error: TrafficError, says: string): void {
  assertMatch(error.message, /^Cannot [^\n]+: [^\n]+[^.]$/);
  assertStringIncludes(error.message, says);
  assert(!error.message.includes(TOKEN));
}

/** How often the first request was made. */
function timesAsked({ seen }: Fake): number {
  return seen.filter((line) => line === seen[0]).length;
}
