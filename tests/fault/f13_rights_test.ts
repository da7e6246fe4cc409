import { startSandbox } from "../../src/sandbox/mod.ts";
import { status } from "../cluster/fake_server.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { Operator, type Said } from "../support/operator.ts";
import { type FaultyServer, startFaultyServer } from "./rig/faulty_server.ts";
import { HOST, namesOf, severalObjects } from "./rig/several.ts";
import { KINDS, noneDangles, specsIn } from "./rig/shifting.ts";
import { suite } from "./suite.ts";

const NAMES = namesOf(3);
const SHIFT = ["shift", ...NAMES, "-d", `${HOST}:5000`, "-b", "2", "-w", "20"];
const MAY = ["--settle", "0s", "--yes", ...confirm(HOST, ...NAMES)];

function confirm(...names: readonly string[]): string[] {
  return names.flatMap((name) => ["--confirm", name]);
}

/** What the shift comes to where nothing goes wrong. */
const SHIFTED = await (async () => {
  await using sandbox = await startSandbox({ objects: severalObjects(NAMES) });
  using operator = new Operator(sandbox.url);
  assertDone(await operator.run([...SHIFT, ...MAY]));
  return specsIn(sandbox);
})();

/** What a server with RBAC says to a write that no rule allows. */
const forbidden = (name: string): Response =>
  status(403, "Forbidden", {
    message:
      `virtualservices.networking.istio.io "${name}" is forbidden: User "u" cannot patch resource "virtualservices" in API group "networking.istio.io" in the namespace "default"`,
  });

/** A server where VirtualServices may not be patched, as far as it says so. */
function withoutRight(of: {
  readonly reviewed: boolean;
  readonly may: (name: string, isWrite: boolean) => boolean;
}): Promise<FaultyServer> {
  return startFaultyServer({
    objects: severalObjects(NAMES),
    faultOf: ({ method, path, body, isWrite }) => {
      if (path.includes("selfsubjectaccessreviews")) {
        const { spec } = JSON.parse(body);
        const { resource } = spec.resourceAttributes;
        if (!of.reviewed || resource !== "virtualservices") return undefined;
        return {
          answer: Response.json({
            apiVersion: "authorization.k8s.io/v1",
            kind: "SelfSubjectAccessReview",
            metadata: {},
            spec,
            status: { allowed: false },
          }, { status: 201 }),
        };
      }
      if (method !== "PATCH" || !path.includes("/virtualservices/")) {
        return undefined;
      }
      const name = NAMES.find((name) => path.includes(`/${name}?`))!;
      return of.may(name, isWrite) ? undefined : { answer: forbidden(name) };
    },
  });
}

suite(
  {
    id: "F13",
    shows:
      "VirtualServices may not be written: found before the first write, which is not made",
    command: "shift (4 objects)",
  },
  async () => {
    for (const reviewed of [true, false]) {
      await using server = await withoutRight({ reviewed, may: () => false });
      using operator = new Operator(server.url);
      const former = specsIn(server.sandbox);
      const { status, stderr } = await operator.run([...SHIFT, ...MAY]);
      assertEquals(status, 1, stderr);
      const said = reviewed
        ? "you may not patch VirtualService"
        : 'cannot patch resource "virtualservices"';
      assertStringIncludes(stderr, said);
      // Who is told so needs no dry run to find it out.
      const patches = server.seen.filter(({ method }) => method === "PATCH");
      assertEquals(patches.length, reviewed ? 0 : 2);
      assertEquals(server.commits(...KINDS), []);
      assertEquals(specsIn(server.sandbox), former);
    }
  },
);

suite(
  {
    id: "F13",
    shows:
      "the right is taken away in the middle: nothing dangles, what was written is said, its undo works with the rights that are left, and the rest with the right",
    command: "shift (4 objects)",
    seeds: 10,
  },
  async ({ pick, next }) => {
    // The first write that is refused, and none of the checks before it.
    const from = NAMES.indexOf(pick(NAMES));
    let isTaken = true;
    await using server = await withoutRight({
      reviewed: false,
      may: (name, isWrite) =>
        !isTaken || !isWrite || NAMES.indexOf(name) < from,
    });
    const { sandbox } = server;
    using operator = new Operator(server.url);
    const former = specsIn(sandbox);
    const said = await operator.run([...SHIFT, ...MAY, "-o", "json"]);
    const { outcome, exitCode, hint } = JSON.parse(said.stdout);
    assertEquals([said.status, exitCode], [1, 1]);
    const named = (all: { kind: string; name: string }[]) =>
      all.map(({ kind, name }) => `${kind} ${name}`);
    assertEquals(named(outcome.written), [
      `DestinationRule ${HOST}`,
      ...NAMES.slice(0, from).map((name) => `VirtualService ${name}`),
    ]);
    assertEquals(
      named(outcome.notWritten),
      NAMES.slice(from).map((name) => `VirtualService ${name}`),
    );
    assertEquals(
      named(server.commits(...KINDS).map(nameOf)),
      named(outcome.written),
    );
    noneDangles(sandbox);
    assert(hint !== undefined);
    const back: string = outcome.wayBack;
    assertStringIncludes(back, `--operation ${outcome.operation}`);

    if (next() < 0.5) {
      // By another process, as it was printed, with the same rights.
      assertDone(await operator.run([...back.split(" ").slice(1), ...MAY]));
      assertEquals(specsIn(sandbox), former);
    } else {
      isTaken = false;
      const rest = from === 0 ? [] : ["--all-routes"];
      assertDone(await operator.run([...SHIFT, ...rest, ...MAY]));
      assertEquals(specsIn(sandbox), SHIFTED);
    }
  },
);

function assertDone({ status, stderr }: Said): void {
  assertEquals(status, 0, stderr);
}

function nameOf(
  { kind, metadata }: { kind: string; metadata: { name: string } },
) {
  return { kind, name: metadata.name };
}
