import { ClusterError } from "../../src/errors.ts";
import type { HTTPRoute, KubeObject } from "../../src/istio/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Operator } from "../support/operator.ts";
import { startFaultyServer } from "./rig/faulty_server.ts";
import { HOST, namesOf, severalObjects } from "./rig/several.ts";
import { KINDS, shiftAt, specsIn } from "./rig/shifting.ts";
import { suite } from "./suite.ts";

const NAMES = namesOf(3);

/** Rules that the mesh's webhook took once, and now denies. */
const DENIED: readonly HTTPRoute[] = [
  {
    match: [{ uri: { regex: "(" } }],
    route: [{ destination: { host: HOST, subset: `${HOST}-1` } }],
  },
  { match: [{ uri: { prefix: "/x" } }], route: [] },
  {
    match: [{ uri: { prefix: "/x" } }],
    redirect: { uri: "/y" },
    route: [{ destination: { host: HOST, subset: `${HOST}-1` } }],
  },
];

/** The last one has a rule in it that the webhook will not take again. */
function withDenied(rule: HTTPRoute, name: string): KubeObject[] {
  return severalObjects(NAMES).map((object) => {
    if (object.kind !== "VirtualService" || object.metadata.name !== name) {
      return object;
    }
    const spec = object["spec"] as { readonly http: readonly HTTPRoute[] };
    return { ...object, spec: { ...spec, http: [rule, ...spec.http] } };
  });
}

suite(
  {
    id: "F17",
    shows:
      "the webhook denies the last of 4 objects: the dry run finds it, names it, and nothing is written",
    command: "shift (4 objects)",
    seeds: 10,
  },
  async ({ pick, next }, report) => {
    const denied = next() < 0.7 ? NAMES.at(-1)! : pick(NAMES);
    await using server = await startFaultyServer({
      objects: withDenied(pick(DENIED), denied),
    });
    const { sandbox } = server;
    const former = specsIn(sandbox);
    const says = (text: string): void => {
      assert(/denied the request: configuration is invalid/.test(text), text);
      assert(text.includes(`"default/${denied}"`), text);
    };
    let error: unknown;
    try {
      await shiftAt(server, {
        names: NAMES,
        destination: { host: HOST, port: 5000 },
        build: "2",
      });
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof ClusterError, String(error));
    assertEquals([error.code, error.status], ["rejected", 400]);
    says(error.message);

    using operator = new Operator(server.url);
    const shift = [
      ...["shift", ...NAMES, "-d", `${HOST}:5000`, "-b", "2", "-w", "20"],
      ...["--settle", "0s", "--yes"],
    ];
    for (const more of [[], ["--dry-run"]]) {
      const said = await operator.run([...shift, ...more]);
      assertEquals(said.status, 1, said.stderr);
      says(said.stderr);
    }

    assertEquals(server.commits(...KINDS), []);
    assertEquals(specsIn(sandbox), former);
    const dryRuns = server.seen.filter(({ path }) => path.includes("dryRun="));
    report.note("dry runs", dryRuns.length);
  },
);
