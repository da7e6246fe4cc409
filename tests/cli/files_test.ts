import fc from "fast-check";
import { runCli } from "../../src/cli/run.ts";
import { openManifests } from "../../src/cluster/manifests_cluster.ts";
import { readManifests } from "../../src/cluster/manifests.ts";
import { showTraffic, type TrafficShow } from "../../src/actions/show.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { whyNoKubectl } from "../support/kubectl.ts";
import { hasSamples, sampleFiles, sampleNames } from "../support/samples.ts";
import { documentChecker } from "../support/schemas.ts";
import { stringifyYaml } from "../../src/yaml.ts";

const check = await documentChecker();

const ROUTES = `# Source: shop/templates/routes.yaml
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: shop
spec:
  hosts: [shop]
  http:
    - route:
        - { destination: { host: shop, subset: v1 }, weight: 80 }
        - { destination: { host: shop, subset: v2 }, weight: 20 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop }
spec:
  host: shop
  subsets:
    - { name: v1, labels: { version: v1 } }
`;

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { selector: { app: shop }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  replicas: 3
  template: { metadata: { labels: { app: shop, version: v1 } } }
`;

/** Runs a line on a text; `FILE` stands for the file that holds it. */
async function run(
  text: string,
  argv: readonly string[],
  options: ConstructorParameters<typeof FakeProcess>[0] = {},
) {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, text);
    // A home that is not there: whoever looked for a kubeconfig would say so.
    const process = new FakeProcess({ env: { HOME: "/nowhere" }, ...options });
    const status = await runCli(
      argv.map((word) => word === "FILE" ? file : word),
      process.io,
    );
    return {
      status,
      stdout: process.stdout,
      stderr: process.stderr.replaceAll(file, "FILE"),
      process,
    };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("show -f: a subset that files lack is missing, pods are unknown, and it exits 0", async () => {
  const shown = await run(ROUTES, ["show", "-f", "FILE", "--no-color"]);
  assertEquals([shown.status, shown.stderr], [0, ""]);
  assertStringIncludes(shown.stdout, "80 % of requests for pods with labels");
  assertStringIncludes(
    shown.stdout,
    "(pods unknown: the files hold no Service of its namespace)",
  );
  assertStringIncludes(shown.stdout, 'subset "v2" is missing');
  assertNotMatch(shown.stdout, /there is no Service|Could not be read/);
});

Deno.test("show -f: replicas that a Deployment wants are no pods", async () => {
  const text = `${ROUTES}---\n${SERVICE}`;
  const { status, process } = await run(text, [
    ...["show", "-f", "FILE", "-o", "json"],
  ]);
  assertEquals(status, 0);
  assertEquals(check("TrafficShow", process.document), "");
  const [first] = (process.document as {
    virtualServices: { routes: { destinations: unknown[] }[] }[];
  }).virtualServices[0]!.routes[0]!.destinations as {
    readyPods: null;
    problems: { message: string }[];
  }[];
  assertEquals(first?.readyPods, null);
  assertEquals(first?.problems.map(({ message }) => message), [
    "pods unknown: the files hold no Pod of its namespace",
  ]);
});

Deno.test("show -f: errors are told with their places, the rest is shown, and it exits 1", async () => {
  const text = `${ROUTES}---\na: b\n  c: d\n---\n${
    SERVICE.replace("app: shop }, ports", "app: shop, ports")
  }`;
  const shown = await run(text, ["show", "-f", "FILE"]);
  assertEquals(shown.status, 1);
  assertMatch(
    shown.stderr,
    /^FILE:22:4: error: Not valid YAML: .*\[invalid-yaml\]$/m,
  );
  assertStringIncludes(shown.stdout, "Resource: shop");
  assertStringIncludes(
    shown.stdout,
    "2 documents or objects of the files cannot be read",
  );
  const json = await run(text, ["show", "-f", "FILE", "-o", "json"]);
  assertEquals([json.status, json.stderr], [1, ""]);
  assertEquals(check("TrafficShow", json.process.document), "");
  const { problems } = json.process.document as {
    problems: { line: number; code: string }[];
  };
  assertEquals(problems.map(({ line, code }) => `${code} ${line}`), [
    "invalid-yaml 22",
    "invalid-yaml 28",
  ]);
});

Deno.test("show -f: where nothing is found, what is wrong in the files is told with it", async () => {
  const shown = await run("kind: VirtualService\n", ["show", "-f", "FILE"]);
  assertEquals(shown.status, 1);
  assertMatch(shown.stderr, /^error: Cannot find a VirtualService/m);
  assertMatch(shown.stderr, /^FILE:1:1: error: .*no apiVersion/m);
  const json = await run("kind: VirtualService\n", [
    ...["show", "-f", "FILE", "-o", "json"],
  ]);
  assertEquals(check("Error", json.process.document), "");
  const { code, details } = json.process.document as {
    code: string;
    details: { problems: unknown[] };
  };
  assertEquals([code, details.problems.length], ["invalid-manifest", 1]);
});

Deno.test("show -f -: standard input; a namespace is that of what names none", async () => {
  const shown = await run("", ["show", "-f", "-", "-n", "prod"], {
    stdin: ROUTES,
  });
  assertEquals([shown.status, shown.stderr], [0, ""]);
  assertStringIncludes(shown.stdout, "Namespace: prod");
  const other = await run(
    ROUTES.replaceAll(/(name: shop\n|name: shop )/g, "$1"),
    ["show", "-f", "FILE", "nope"],
  );
  assertEquals(other.status, 1);
  assertStringIncludes(other.stderr, 'Cannot find VirtualService "nope"');
});

Deno.test.each([
  { argv: ["--sandbox"], says: "--sandbox is about a cluster" },
  { argv: ["--context", "a"], says: "--context is about a cluster" },
  { argv: ["--kubeconfig", "a"], says: "--kubeconfig is about a cluster" },
  { argv: ["--exec-policy", "deny-all"], says: "--exec-policy is about" },
  { argv: ["--watch"], says: "--watch follows a cluster" },
  { argv: ["-f", "https://a.test/b.yaml"], says: "is a URL" },
  { argv: ["-f", ""], says: "--filename is empty" },
])("show -f FILE $argv is wrong usage", async ({ argv, says }) => {
  const shown = await run(ROUTES, ["show", "-f", "FILE", ...argv]);
  assertEquals(shown.status, 2);
  assertStringIncludes(shown.stderr, says);
});

Deno.test("show -f of what is not there exits 1, in plain words", async () => {
  const shown = await run("", ["show", "-f", "/nowhere/a.yaml"]);
  assertEquals(shown.status, 1);
  assertEquals(
    shown.stderr,
    'error: Cannot read "/nowhere/a.yaml": there is no such file\n',
  );
});

Deno.test("show -f shows what the same objects in a cluster show", async () => {
  await using sandbox = await startSandbox();
  const kinds = [
    ...["VirtualService", "DestinationRule", "Service", "Pod"],
  ] as const;
  const intent = { namespace: "default" };
  const objects = (await Promise.all(
    kinds.map((kind) => sandbox.cluster.list(kind as "Pod", intent)),
  )).flatMap(({ items }) => items);
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(
      file,
      stringifyYaml({ apiVersion: "v1", kind: "List", items: objects }, {
        useAnchors: false,
      }),
    );
    await using files = await openManifests([file]);
    assertEquals(files.problems, []);
    const [there, here] = await Promise.all([
      showTraffic(sandbox.cluster, intent),
      showTraffic(files, intent),
    ]);
    assertEquals(
      here.virtualServices,
      withoutDead(there.virtualServices),
    );
    assert(there.virtualServices.length > 0);
  } finally {
    await Deno.remove(file);
  }
});

/** That nothing asks for pods is known of a cluster, never of these files. */
function withoutDead(
  objects: TrafficShow["virtualServices"],
): TrafficShow["virtualServices"] {
  return objects.map((object) => ({
    ...object,
    routes: object.routes.map((route) => ({
      ...route,
      findings: route.findings.filter(({ code }) =>
        code !== "canary-left-behind"
      ),
    })),
  }));
}

const why = await whyNoKubectl();
for (const format of ["yaml", "json"]) {
  Deno.test({
    name:
      `what kubectl get -o ${format} prints is read and shown as it is there${
        why === undefined ? "" : ` (skipped: ${why})`
      }`,
    ignore: why !== undefined,
    async fn() {
      await using sandbox = await startSandbox();
      const { stdout, stderr, success } = await new Deno.Command("kubectl", {
        args: [
          ...["--server", sandbox.url, "get", "-n", "default", "-o", format],
          "virtualservices,destinationrules,services,pods",
        ],
        env: { KUBECONFIG: "/dev/null" },
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert(success, new TextDecoder().decode(stderr));
      const shown = await run(text, ["show", "-f", "FILE", "-o", "json"]);
      assertEquals([shown.status, shown.stderr], [0, ""]);
      const { virtualServices, problems } = shown.process.document;
      assertEquals(problems, []);
      const { virtualServices: there } = await showTraffic(sandbox.cluster, {
        namespace: "default",
      });
      assertEquals(virtualServices as unknown, withoutDead(there));
    },
  });
}

Deno.test({
  name: "every sample is read without a word",
  ignore: !hasSamples(),
  async fn() {
    for (const [file] of sampleNames().map((name) => sampleFiles([name]))) {
      const { problems, manifests } = await readManifests([file!]);
      assertEquals(problems, [], file);
      assert(manifests.length > 0, file);
    }
  },
});

/** Pieces that YAML and manifests are made of, and others. */
const PIECES = fc.oneof(
  fc.constantFrom(
    ...["---\n", "...\n", "\n", "  ", "- ", ": ", "{", "}", "[", "]", "|\n"],
    ...["&a ", "*a", "<<: *a\n", "!!map ", "!!binary ", "? ", "%TAG a\n", "\t"],
    ...[
      '"',
      "'",
      "#",
      ">-\n",
      "null",
      ".nan",
      "yes",
      "1e999",
      "\r\n",
      "\uFEFF",
    ],
    ...["apiVersion: networking.istio.io/v1\n", "kind: VirtualService\n"],
    ...["kind: List\n", "items:\n", "metadata: {name: a}\n", "spec:\n"],
    ...["  hosts: [a]\n", "  http:\n", "  - route:\n", "    - destination:\n"],
    ...[
      "        host: a\n",
      "kind: Service\n",
      "apiVersion: v1\n",
      "__proto__: ",
    ],
    ...[
      "kind: Pod\n",
      "status: ",
      "  selector: ",
      "  ports: ",
      "constructor: ",
    ],
  ),
  fc.string({ maxLength: 4 }),
);

Deno.test("whatever a file holds, it is shown or told, and nothing breaks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.array(PIECES, { maxLength: 25 }).map((pieces) => pieces.join("")),
        // Files that were good, and hit by something.
        fc.tuple(
          fc.constantFrom<string>(ROUTES, SERVICE, `${ROUTES}---\n${SERVICE}`),
          fc.array(
            fc.tuple(fc.nat(), fc.nat({ max: 12 }), PIECES),
            { minLength: 1, maxLength: 4 },
          ),
        ).map(([text, hits]) =>
          hits.reduce<string>((text, [at, length, piece]) => {
            const begin = at % (text.length + 1);
            return text.slice(0, begin) + piece + text.slice(begin + length);
          }, text)
        ),
      ),
      async (text) => {
        const { status, stdout, stderr } = await run("", ["show", "-f", "-"], {
          stdin: text,
        });
        assert(status === 0 || status === 1, `${status}: ${stderr}`);
        assertNotMatch(
          `${stdout}${stderr}`,
          /is not as istiops takes it to be|\n\s+at /,
        );
        if (status === 1) {
          assertMatch(stderr, /^(error: |<stdin>:\d+:\d+: error: )/m);
        }
      },
    ),
    { numRuns: 500 },
  );
});
