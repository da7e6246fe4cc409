import {
  chooseContext,
  mergeKubeconfigs,
  parseKubeconfig,
} from "../../src/cluster/kubeconfig.ts";
import { serverOf } from "../../src/cluster/access.ts";
import {
  type AccessOptions,
  loadAccess,
} from "../../src/cluster/credentials.ts";
import { ClusterError } from "../../src/errors.ts";
import {
  assertEquals,
  assertNotMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";

const BASIC = `
apiVersion: v1
kind: Config
current-context: dev
contexts:
- name: dev
  context: {cluster: near, user: alice, namespace: shop}
- name: prod
  context: {cluster: far, user: bob}
clusters:
- name: near
  cluster: {server: "https://near.test:6443/", certificate-authority: ca.pem}
- name: far
  cluster: {server: "https://far.test/k8s/clusters/c-1"}
users:
- name: alice
  user: {token: alice-token}
- name: bob
  user: {tokenFile: tokens/bob}
`;

/** Loads with these files and variables. */
function load(
  files: Readonly<Record<string, string>>,
  options: AccessOptions & {
    readonly env?: Readonly<Record<string, string>>;
    readonly isWindows?: boolean;
  } = {},
) {
  const { env = {}, isWindows = false, ...rest } = options;
  const opened: string[] = [];
  const access = loadAccess(rest, {
    env: (name) => env[name],
    isWindows,
    readTextFile: (path) => {
      opened.push(path);
      const text = files[path];
      return text === undefined
        ? Promise.reject(new Deno.errors.NotFound("no such file"))
        : Promise.resolve(text);
    },
  });
  return Object.assign(access, { opened });
}

Deno.test("the current context gives server, CA, token and namespace", async () => {
  const access = await load({
    "/home/u/.kube/config": BASIC,
    "/home/u/.kube/ca.pem": "PEM",
  }, { env: { HOME: "/home/u" } });
  assertEquals(access.target, {
    source: "kubernetes",
    server: "https://near.test:6443",
    context: "dev",
    cluster: "near",
    namespace: "shop",
    flags: ["--context", "dev"],
  });
  assertEquals(access.certificateAuthority, "PEM");
  assertEquals(await access.token?.current(), "alice-token");
});

Deno.test("--kubeconfig, --context and -n decide, and are in the way back", async () => {
  const access = await load({
    "conf/k.yaml": BASIC,
    "conf/tokens/bob": "bob-token\n",
  }, {
    kubeconfig: "conf/k.yaml",
    context: "prod",
    namespace: "web",
    env: { KUBECONFIG: "/elsewhere" },
  });
  assertEquals(access.target.namespace, "web");
  assertEquals(access.target.server, "https://far.test/k8s/clusters/c-1");
  assertEquals(access.target.flags, [
    "--kubeconfig",
    "conf/k.yaml",
    "--context",
    "prod",
  ]);
  assertEquals(await access.token?.current(), "bob-token");
});

Deno.test("a namespace that nobody names is default", async () => {
  const access = await load({ k: BASIC }, { kubeconfig: "k", context: "prod" });
  assertEquals(access.target.namespace, "default");
});

Deno.test("a token file is read again after a 401, and only then", async () => {
  const files = { k: BASIC, "tokens/bob": "one" };
  const access = await load(files, { kubeconfig: "k", context: "prod" });
  assertEquals(await access.token?.current(), "one");
  files["tokens/bob"] = "two";
  assertEquals(await access.token?.current(), "one");
  assertEquals(await access.token?.refresh(), true);
  assertEquals(await access.token?.current(), "two");
  assertEquals(await access.token?.refresh(), false);
});

Deno.test("of several files the first wins, and missing ones are skipped", async () => {
  const other = BASIC
    .replace("current-context: dev", "current-context: prod")
    .replace("https://far.test/k8s/clusters/c-1", "https://other.test")
    .replace("name: dev", "name: only-here");
  const env = { KUBECONFIG: "/none:/a::/b" };
  const files = {
    "/a": other,
    "/b": BASIC,
    "/b/ca.pem": "PEM",
    "/ca.pem": "PEM",
  };
  assertEquals(
    (await load(files, { env })).target.server,
    "https://other.test",
  );
  assertEquals(
    (await load(files, { env, context: "dev" })).target.context,
    "dev",
  );
});

Deno.test("KUBECONFIG is split at semicolons on Windows", async () => {
  const access = await load({ "C:\\k": BASIC }, {
    env: { KUBECONFIG: "D:\\none;C:\\k" },
    isWindows: true,
    context: "prod",
  });
  assertEquals(access.target.context, "prod");
});

Deno.test("data comes before a file", async () => {
  const text = BASIC.replace(
    "certificate-authority: ca.pem",
    `certificate-authority: ca.pem, certificate-authority-data: ${
      btoa("DATA")
    }`,
  );
  const loading = load({ k: text }, { kubeconfig: "k" });
  assertEquals((await loading).certificateAuthority, "DATA");
  assertEquals(loading.opened, ["k"]);
});

Deno.test("a token file comes before a token, as in client-go", async () => {
  const text = BASIC.replace(
    "{token: alice-token}",
    "{token: old, tokenFile: /t}",
  );
  const access = await load({ k: text, "ca.pem": "PEM", "/t": "new" }, {
    kubeconfig: "k",
  });
  assertEquals(await access.token?.current(), "new");
});

Deno.test("in a Pod its own cluster is used", async () => {
  const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const access = await load({
    [`${folder}/ca.crt`]: "PEM",
    [`${folder}/namespace`]: "team-a\n",
    [`${folder}/token`]: "pod-token\n",
  }, {
    env: {
      HOME: "/root",
      KUBERNETES_SERVICE_HOST: "fd00::1",
      KUBERNETES_SERVICE_PORT: "443",
    },
  });
  assertEquals(access.server, "https://[fd00::1]");
  assertEquals(access.target.namespace, "team-a");
  assertEquals(access.target.flags, []);
  assertEquals(access.certificateAuthority, "PEM");
  assertEquals(await access.token?.current(), "pod-token");
});

Deno.test.each([
  { user: "auth-provider: {name: oidc}", field: "auth-provider" },
  { user: "auth-provider: {name: gcp}", field: "auth-provider" },
  {
    user: "exec: {command: c, apiVersion: client.authentication.k8s.io/v2}",
    field: "exec",
  },
  { user: "username: u", field: "username" },
  { user: "password: secret-canary", field: "password" },
])("a user with $user is refused by name", async ({ user, field }) => {
  const text = BASIC.replace("{token: alice-token}", `{${user}, token: t}`);
  const error = await assertRejects(
    () => load({ k: text, "ca.pem": "" }, { kubeconfig: "k" }),
    ClusterError,
  );
  assertEquals(error.code, "unsupported-kubeconfig");
  assertStringIncludes(error.message, `user "alice" has the field "${field}"`);
  assertNotMatch(Deno.inspect(error), /canary/);
});

Deno.test("fields with zero values count as not there, as in Go", async () => {
  const text = BASIC.replace(
    "certificate-authority: ca.pem",
    'insecure-skip-tls-verify: false, proxy-url: ""',
  ).replace("{token: alice-token}", "{token: t, as-groups: [], as: null}");
  const access = await load({ k: text }, { kubeconfig: "k" });
  assertEquals(access.target.cluster, "near");
});

Deno.test.each([
  {
    what: "no YAML",
    text: "a: [1\nusers: {token: secret-canary",
    says: "not valid YAML",
  },
  { what: "a scalar", text: "secret-canary", says: "does not hold a mapping" },
  {
    what: "contexts that are no list",
    text: "contexts: secret-canary",
    says: '"contexts" is no list',
  },
  {
    what: "an entry without a name",
    text: "users: [{user: {token: secret-canary}}]",
    says: "has no name",
  },
  {
    what: "a number as token",
    text: BASIC.replace("alice-token", "1234567890"),
    says: '"token" of user "alice" is not a string',
  },
  {
    what: "a token with a line break",
    text: BASIC.replace("alice-token", '"secret-canary\\nX: y"'),
    says: "holds spaces, line breaks",
  },
  {
    what: "a key without a certificate",
    text: BASIC.replace(
      "token: alice-token",
      "client-key-data: c2VjcmV0LWNhbmFyeQ==",
    ),
    says: "client-key without a client-certificate",
  },
  {
    what: "a context that is not there",
    text: BASIC.replace("current-context: dev", "current-context: none"),
    says: 'context "none"',
  },
  {
    what: "no context",
    text: BASIC.replace("current-context: dev", ""),
    says: "no current-context",
  },
  {
    what: "a cluster that is not there",
    text: BASIC.replace("cluster: near, user", "cluster: none, user"),
    says: 'its cluster "none"',
  },
  {
    what: "a user that is not there",
    text: BASIC.replace("user: alice,", "user: none,"),
    says: 'its user "none"',
  },
  {
    what: "no server",
    text: BASIC.replace('server: "https://near.test:6443/",', ""),
    says: "has no server",
  },
  {
    what: "another scheme",
    text: BASIC.replace("https://near", "ftp://near"),
    says: "not an http or https URL",
  },
  {
    what: "a password in the URL",
    text: BASIC.replace("https://near", "https://u:secret-canary@near"),
    says: "user name or a password",
  },
  {
    what: "a token over plain http",
    text: BASIC.replace("https://near", "http://near"),
    says: "clear text",
  },
  {
    what: "data that is no base64",
    text: BASIC.replace(
      "certificate-authority: ca.pem",
      'certificate-authority-data: "secret-canary!"',
    ),
    says: "not valid base64",
  },
  {
    what: "a file that is not there",
    text: BASIC.replace("ca.pem", "none.pem"),
    says: '"none.pem": it does not exist',
  },
  {
    what: "more than a mebibyte",
    text: "#".repeat(1024 * 1024 + 1),
    says: "larger than 1 MiB",
  },
  {
    what: "deep nesting",
    text: `a: ${"[".repeat(90)}${"]".repeat(90)}`,
    says: "nested too deeply",
  },
])(
  "a kubeconfig with $what is refused, and nothing of it quoted",
  async ({ text, says }) => {
    const error = await assertRejects(
      () => load({ k: text, "ca.pem": "PEM" }, { kubeconfig: "k" }),
      ClusterError,
    );
    assertStringIncludes(error.message, says);
    assertNotMatch(Deno.inspect(error), /canary/);
  },
);

Deno.test("aliases that multiply are refused", async () => {
  const bomb = "abcdefgh".split("").map((name, index, all) =>
    `${name}: &${name} [${
      Array(10).fill(index === 0 ? "x" : `*${all[index - 1]}`).join(", ")
    }]`
  ).join("\n");
  const error = await assertRejects(
    () => load({ k: bomb }, { kubeconfig: "k" }),
    ClusterError,
  );
  assertStringIncludes(error.message, "aliases multiply");
});

Deno.test.each([
  { user: "{token: own, <<: *a}", gives: "a" },
  { user: "{<<: *a, token: own}", gives: "own" },
  { user: "{<<: [*a, *b]}", gives: "a" },
  { user: "{<<: *b, <<: *a}", gives: "not valid YAML" },
  { user: "{<<: text}", gives: "does not lead to a mapping" },
])(
  "a merge key counts from its line on, as in kubectl: $user",
  ({ user, gives }) => {
    const read = (): string | undefined =>
      chooseContext(parseKubeconfig(
        `x: {a: &a {token: a}, b: &b {token: b, as: jane}}
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://a.test"}}]
users: [{name: u, user: ${user}}]`,
        "k",
      )).token;
    if (/ /.test(gives)) assertThrows(read, ClusterError, gives);
    else assertEquals(read(), gives);
  },
);

Deno.test("no kubeconfig and no Pod is said, with a way on", async () => {
  const error = await assertRejects(
    () => load({}, { env: { HOME: "/home/u" } }),
    ClusterError,
  );
  assertEquals(error.code, "kubeconfig");
  assertStringIncludes(error.hint ?? "", "--sandbox");
});

Deno.test("a kubeconfig that is named has to be there", async () => {
  const error = await assertRejects(
    () => load({}, { kubeconfig: "gone" }),
    ClusterError,
  );
  assertStringIncludes(error.message, 'kubeconfig "gone": it does not exist');
});

Deno.test("names like __proto__ are names like any other", () => {
  const file = parseKubeconfig(
    `current-context: __proto__
contexts: [{name: __proto__, context: {cluster: constructor}}]
clusters: [{name: constructor, cluster: {server: "https://a.test"}}]`,
    "k",
  );
  const choice = chooseContext(mergeKubeconfigs([file]));
  assertEquals(choice.server, "https://a.test");
  assertEquals(choice.user, undefined);
  assertEquals(({} as Record<string, unknown>).server, undefined);
});

Deno.test.each([
  {
    url: "http://127.0.0.1:8080/as/viewer/",
    gives: "http://127.0.0.1:8080/as/viewer",
  },
  { url: "http://localhost:1", gives: "http://localhost:1" },
  { url: "http://[::1]:1", gives: "http://[::1]:1" },
  { url: "https://a.test", gives: "https://a.test" },
])("a token may go to $url", ({ url, gives }) => {
  assertEquals(serverOf(url, { where: "x", secret: true }), gives);
});

Deno.test.each([
  { url: "http://10.0.0.1" },
  { url: "http://127.0.0.1.evil.test" },
  { url: "http://localhost.evil.test" },
])("a token may not go to $url", ({ url }) => {
  assertThrows(() => serverOf(url, { where: "x", secret: true }), ClusterError);
});
