/**
 * The real kubectl against the sandbox's API server.
 *
 * @module
 */

import { startApiServer } from "../../src/sandbox/api_server.ts";
import { populate } from "../../src/sandbox/controllers.ts";
import { scenario } from "../../src/sandbox/scenario.ts";
import { createStore, type Store } from "../../src/sandbox/store.ts";
import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { whyNoKubectl } from "../support/kubectl.ts";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Rig {
  readonly store: Store;
  readonly home: string;
  readonly args: readonly string[];
  kubectl(
    line: string,
    options?: { user?: string; stdin?: string },
  ): Promise<Ran>;
}

const missing = await whyNoKubectl();

function test(name: string, run: (rig: Rig) => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    async fn() {
      const store = createStore();
      populate(store, scenario(new Date()));
      await using server = await startApiServer(store);
      const home = await Deno.makeTempDir();
      const argsFor = (user?: string) => [
        `--server=${server.url}${user === undefined ? "" : `/as/${user}`}`,
        "--kubeconfig=/dev/null",
        `--cache-dir=${home}/cache`,
      ];
      try {
        await run({
          store,
          home,
          args: argsFor(),
          kubectl: (line, { user, stdin } = {}) =>
            execute([...argsFor(user), ...words(line)], { home, stdin }),
        });
      } finally {
        await Deno.remove(home, { recursive: true });
      }
    },
  });
}

test("kubectl get prints columns", async ({ kubectl }) => {
  const { stdout } = await kubectl("get virtualservices -A");
  assertMatch(stdout, /^NAMESPACE +NAME +GATEWAYS +HOSTS +AGE\n/);
  assertMatch(
    stdout,
    /\nshop +storefront-root +\["storefront"\] +\["shop.example.com"\] +\d+d\n/,
  );
  const pods = await kubectl("get pods -l app=api-domain,build=7");
  assertMatch(pods.stdout, /^NAME +READY +STATUS +RESTARTS +AGE\n/);
  assertMatch(pods.stdout, / 0\/1 +Running +0 +\d+d\n/);
  const several = await kubectl(
    "get dr,svc,deploy,rs,endpointslices,ns,gw -n shop",
  );
  assertEquals(several.stderr, "");
  assertMatch(several.stdout, /destinationrule\S+\/payments +payments +\d+d\n/);
  assertMatch(
    several.stdout,
    /deployment.apps\/payments-8 +2\/2 +2 +2 +\d+d\n/,
  );
});

test("kubectl get -o yaml gives the whole object in each served version", async ({ kubectl }) => {
  for (const version of ["v1", "v1beta1", "v1alpha3"]) {
    const { stdout } = await kubectl(
      `get virtualservices.${version}.networking.istio.io catalog -o yaml`,
    );
    assertStringIncludes(
      stdout,
      `apiVersion: networking.istio.io/${version}\n`,
    );
    assertStringIncludes(stdout, "subset: v1\n");
  }
});

test("kubectl get -w sees a change", async ({ args, store, home }) => {
  const child = new Deno.Command("kubectl", {
    // Of a single object kubectl would swallow a change that comes early.
    args: [...args, "get", "vs", "-w"],
    env: { HOME: home },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  // Against hanging only: it ends the stream, and so the test.
  const patience = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (pattern: RegExp) => {
    while (!pattern.test(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`kubectl ended, having said ${text}`);
      text += value;
    }
  };
  try {
    await until(/catalog +\["catalog"\]/);
    const stored = store.get({
      kind: "VirtualService",
      namespace: "default",
      name: "catalog",
    })!;
    store.update({
      ...stored,
      spec: { ...stored.spec as object, hosts: ["catalog", "other"] },
    });
    await until(/catalog +\["catalog","other"\]/);
  } finally {
    clearTimeout(patience);
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await reader.cancel();
    await child.status;
  }
});

test("kubectl patch takes JSON and merge patches, and no strategic one", async ({ kubectl }) => {
  const merge = await kubectl(
    `patch vs catalog --type=merge -p {"metadata":{"labels":{"a":"b"}}}`,
  );
  assertStringIncludes(merge.stdout, "patched");
  const json = await kubectl(
    `patch vs catalog --type=json -p [{"op":"test","path":"/metadata/labels/a","value":"b"},{"op":"remove","path":"/metadata/labels/a"}]`,
  );
  assertStringIncludes(json.stdout, "patched");
  const failed = await kubectl(
    `patch vs catalog --type=json -p [{"op":"test","path":"/spec/hosts/0","value":"b"}]`,
  );
  assertEquals(failed.code, 1);
  const strategic = await kubectl(`patch vs catalog -p {"spec":{}}`);
  assertEquals(strategic.code, 1);
  assertStringIncludes(strategic.stderr, "is not supported");
});

test("kubectl apply creates, changes and leaves alone", async ({ kubectl, store }) => {
  const manifest = (host: string) =>
    JSON.stringify({
      apiVersion: "networking.istio.io/v1beta1",
      kind: "DestinationRule",
      metadata: { name: "new", namespace: "default" },
      spec: { host },
    });
  const apply = async (host: string, flags: string) =>
    (await kubectl(`apply -f - ${flags}`, { stdin: manifest(host) })).stdout;
  assertMatch(await apply("one", "--validate=false"), / created\n/);
  assertMatch(await apply("one", "--validate=false"), / unchanged\n/);
  assertMatch(await apply("two", "--dry-run=server"), / configured /);
  assertMatch(await apply("three", ""), / configured\n/);
  const ref = { kind: "DestinationRule", namespace: "default", name: "new" };
  assertEquals((store.get(ref)!.spec as { host: string }).host, "three");
  const deleted = await kubectl("delete destinationrule new");
  assertMatch(deleted.stdout, / deleted/);
  assertEquals(store.get(ref), undefined);
});

test("kubectl replace at an old version is a conflict", async ({ kubectl, store }) => {
  const { stdout } = await kubectl("get vs catalog -o json");
  await kubectl("label vs catalog touched=yes");
  const late = await kubectl("replace -f -", { stdin: stdout });
  assertEquals(late.code, 1);
  assertStringIncludes(late.stderr, "the object has been modified");
  const { labels } = store.get({
    kind: "VirtualService",
    namespace: "default",
    name: "catalog",
  })!.metadata;
  assertEquals(labels, { touched: "yes" });
});

test("kubectl create says what is there already, and what is wrong", async ({ kubectl }) => {
  const { stdout } = await kubectl("get vs catalog -o json");
  const object = JSON.parse(stdout);
  delete object.metadata.resourceVersion;
  const twice = await kubectl("create -f -", { stdin: JSON.stringify(object) });
  assertStringIncludes(twice.stderr, "AlreadyExists");
  const route = [{ destination: { host: "a" }, weight: -1 }];
  const wrong = {
    ...object,
    metadata: { name: "wrong", namespace: "default" },
    spec: { hosts: ["a"], http: [{ route }] },
  };
  const denied = await kubectl("create -f -", { stdin: JSON.stringify(wrong) });
  assertEquals(denied.code, 1);
  assertStringIncludes(denied.stderr, "weight -1 < 0");
});

test("kubectl scale gives and takes pods", async ({ kubectl, store }) => {
  const pods = () =>
    store.list("Pod", "default").filter(({ metadata }) =>
      metadata.labels?.build === "2" && metadata.labels?.app === "api-domain"
    ).length;
  const scale = async (replicas: number) => {
    const ran = await kubectl(
      `scale deploy/api-domain-2 --replicas=${replicas}`,
    );
    assertEquals(ran.stderr, "");
    return pods();
  };
  assertEquals([await scale(5), await scale(1), await scale(0)], [5, 1, 0]);
  await kubectl("delete deployment api-domain-1");
  const left = store.list("Pod", "default").some(({ metadata }) =>
    metadata.name.startsWith("api-domain-1-")
  );
  assertEquals(left, false);
});

test("kubectl as another user is told what it may not", async ({ kubectl }) => {
  const refused = await kubectl("delete vs catalog", { user: "viewer" });
  assertStringIncludes(
    refused.stderr,
    'User "viewer" cannot delete resource "virtualservices" in API group "networking.istio.io" in the namespace "default"',
  );
});

async function execute(
  args: readonly string[],
  { home, stdin = "" }: {
    readonly home: string;
    readonly stdin?: string | undefined;
  },
): Promise<Ran> {
  const child = new Deno.Command("kubectl", {
    args: [...args],
    env: { HOME: home },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const [output] = await Promise.all([
    child.output(),
    writer.write(new TextEncoder().encode(stdin)).then(() => writer.close())
      // kubectl need not read what it is given.
      .catch(() => {}),
  ]);
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** No quoting: JSON in these lines holds no spaces. */
function words(line: string): readonly string[] {
  return line.split(" ").filter((word) => word !== "");
}
