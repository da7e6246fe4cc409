/**
 * Kubeconfigs of all kinds, by kubectl and by istiops.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { whyNoKubectl } from "../support/kubectl.ts";
import { type Config, type Facts, openRig } from "./rig/kubectl_facts.ts";
import { skipped, suite } from "./suite.ts";

interface Case extends Config {
  readonly name: string;
  /** Part of what istiops says where it goes another way than kubectl. */
  readonly refused?: string;
  /** What is sent where kubectl refuses the same. */
  readonly more?: Facts;
}

const SENT: Facts = {
  reached: true,
  authorization: null,
  impersonation: [],
  certificate: true,
  proxy: null,
};

/** A config of one context. */
function config(user: string, cluster = ""): string {
  return `
apiVersion: v1
kind: Config
current-context: main
contexts: [{name: main, context: {cluster: main, user: main}}]
clusters:
- name: main
  cluster: {server: "$SERVER"${
    cluster === "" ? ', certificate-authority-data: "$CA"' : `, ${cluster}`
  }}
users:
- name: main
  user: {${user}}
`;
}

function one(
  name: string,
  user: string,
  rest: Partial<Case> & { readonly cluster?: string } = {},
): Case {
  const { cluster, files, ...others } = rest;
  return {
    name,
    files: { config: config(user, cluster), ...files },
    ...others,
  };
}

const CREDENTIAL = (version: string, status: string) =>
  `#!/bin/sh
printf '%s' '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/${version}","status":${status}}'
`;
const EXEC = (version: string, more = "") =>
  `exec: {command: ./bin/login.sh, apiVersion: client.authentication.k8s.io/${version}${more}}`;
const plugin = (version: string, status = '{"token":"from-plugin"}') => ({
  "bin/login.sh": CREDENTIAL(version, status),
});
const SECOND = `
contexts: [{name: main, context: {cluster: main, user: other}}, {name: second, context: {cluster: main, user: other}}]
current-context: second
clusters: [{name: main, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: other, user: {token: second-token}}]
`;
const jwt = (exp: number) =>
  `${btoa("{}")}.${btoa(JSON.stringify({ exp }))}.${btoa("x")}`
    .replaceAll("=", "");

const CASES: readonly Case[] = [
  one("a token", "token: abc"),
  one("no user's fields at all", ""),
  one("a token file", "tokenFile: token", { files: { token: "from-file\n" } }),
  one("a token file before a token", "tokenFile: token, token: inline", {
    files: { token: "from-file" },
  }),
  one("a token file in another folder", "tokenFile: a/b/token", {
    files: { "a/b/token": "deep" },
  }),
  one("a token file that is not there", "tokenFile: none", {
    refused: "does not exist",
  }),
  one(
    "a client certificate, data",
    'client-certificate-data: "$CERT", client-key-data: "$KEY"',
  ),
  one(
    "a client certificate, files",
    "client-certificate: client.crt, client-key: client.key",
  ),
  one(
    "client certificate data before files",
    'client-certificate: nowhere, client-key: nowhere, client-certificate-data: "$CERT", client-key-data: "$KEY"',
    { more: SENT },
  ),
  one(
    "a certificate and a token",
    'token: abc, client-certificate-data: "$CERT", client-key-data: "$KEY"',
  ),
  one("a certificate without a key", 'client-certificate-data: "$CERT"', {
    refused: "without a client-key",
  }),
  one("a CA in a file", "token: abc", {
    cluster: "certificate-authority: ca.crt",
  }),
  one("CA data before a file", "token: abc", {
    cluster:
      'certificate-authority: another_ca.crt, certificate-authority-data: "$CA"',
    more: { ...SENT, authorization: "Bearer abc", certificate: false },
  }),
  one("a CA of somebody else", "token: abc", {
    cluster: 'certificate-authority-data: "$WRONG_CA"',
  }),
  one("no CA", "token: abc", { cluster: "extensions: []" }),
  one("no look at the certificate", "token: abc", {
    cluster: "insecure-skip-tls-verify: true",
  }),
  one("no look, and a CA", "token: abc", {
    cluster:
      'insecure-skip-tls-verify: true, certificate-authority-data: "$CA"',
    refused: "insecure-skip-tls-verify",
  }),
  one("a server name in the certificate", "token: abc", {
    cluster: 'certificate-authority-data: "$CA", tls-server-name: localhost',
  }),
  one("a server name that is not in it", "token: abc", {
    cluster: 'certificate-authority-data: "$CA", tls-server-name: other.test',
  }),
  one("as", "token: abc, as: jane"),
  one("as, with groups", "token: abc, as: jane, as-groups: [dev, 'ops, too']"),
  one(
    "as, with uid and extra",
    'token: abc, as: jane, as-uid: "7", as-user-extra: {scopes: [a, b], "x.test/y%z": [c]}',
  ),
  one("groups without as", "token: abc, as-groups: [dev]", {
    refused: 'without "as"',
  }),
  one("exec v1", EXEC("v1", ", interactiveMode: Never"), {
    files: plugin("v1"),
  }),
  one("exec v1beta1", EXEC("v1beta1"), { files: plugin("v1beta1") }),
  one("exec that gives a certificate", EXEC("v1beta1"), {
    files: {
      "bin/login.sh": '#!/bin/sh\ncat "$(dirname "$0")/answer.json"\n',
      "bin/answer.json":
        '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"clientCertificateData":"$PEM_CERT","clientKeyData":"$PEM_KEY"}}',
    },
  }),
  one("exec v1 without interactiveMode", EXEC("v1"), {
    files: plugin("v1"),
    refused: "interactiveMode",
  }),
  one("exec with another version in its answer", EXEC("v1beta1"), {
    files: plugin("v1"),
    refused: "another apiVersion",
  }),
  one("exec that fails", EXEC("v1beta1"), {
    files: { "bin/login.sh": "#!/bin/sh\nexit 3\n" },
    refused: "exit status 3",
  }),
  one("exec with a token beside it", `token: abc, ${EXEC("v1beta1")}`, {
    files: plugin("v1beta1"),
  }),
  one(
    "exec by an absolute path",
    "exec: {command: $FOLDER/bin/login.sh, apiVersion: client.authentication.k8s.io/v1beta1}",
    {
      files: plugin("v1beta1"),
    },
  ),
  one(
    "exec with arguments and variables",
    "exec: {command: ./bin/login.sh, args: [a-b], env: [{name: PART, value: c-d}], apiVersion: client.authentication.k8s.io/v1beta1}",
    {
      files: {
        "bin/login.sh":
          `#!/bin/sh\nprintf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"%s-%s"}}' "$1" "$PART"\n`,
      },
    },
  ),
  one("auth-provider gcp", "auth-provider: {name: gcp}", {
    refused: "removed in version 1.26",
  }),
  one(
    "an id-token that lives",
    `auth-provider: {name: oidc, config: {idp-issuer-url: "https://idp.test", client-id: c, id-token: ${
      jwt(4102444800)
    }}}`,
  ),
  one(
    "an id-token beside impersonation",
    `as: jane, auth-provider: {name: oidc, config: {idp-issuer-url: "https://idp.test", client-id: c, id-token: ${
      jwt(4102444800)
    }}}`,
  ),
  one("user name and password", "username: u, password: p", {
    refused: "1.19",
  }),
  one("a proxy", "token: abc", {
    cluster: 'certificate-authority-data: "$CA", proxy-url: "http://$PROXY"',
  }),
  one("a proxy with a password", "token: abc", {
    cluster:
      'certificate-authority-data: "$CA", proxy-url: "http://me:p%40ss@$PROXY"',
  }),
  one("a proxy of the environment is not for loopback", "token: abc", {
    env: { HTTPS_PROXY: "http://$PROXY" },
  }),
  {
    name: "two files: the first wins",
    files: { config: config("token: first"), second: SECOND },
    kubeconfig: ["config", "second"],
  },
  {
    name: "two files: a context of the second",
    files: { config: config("token: first"), second: SECOND },
    kubeconfig: ["config", "second"],
    context: "second",
  },
  {
    name: "a missing file is skipped",
    files: { config: config("token: first") },
    kubeconfig: ["nowhere", "config"],
  },
  {
    name: "paths are relative to each file",
    files: {
      config: config("token: unused"),
      "deep/users":
        "users: [{name: late, user: {tokenFile: token}}]\ncontexts: [{name: late, context: {cluster: main, user: late}}]",
      "deep/token": "deep-token",
    },
    kubeconfig: ["config", "deep/users"],
    context: "late",
  },
  {
    name: "merge keys and anchors",
    files: {
      config: `
current-context: main
contexts: [{name: main, context: {cluster: main, user: main}}]
clusters:
- name: base
  cluster: &base {server: "https://127.0.0.1:1", certificate-authority-data: "$CA"}
- name: main
  cluster: {<<: *base, server: "$SERVER"}
users:
- name: shared
  user: &shared {as: jane, token: shared-token}
- name: main
  user: {<<: *shared, token: own-token}
`,
    },
  },
  {
    name: "a merge key below the key that it replaces",
    files: {
      config: `x: &shared {token: shared-token}\n${
        config("token: own-token, <<: *shared")
      }`,
    },
  },
  {
    name: "merge keys of a list",
    files: {
      config:
        `x: &first {token: first}\ny: &second {token: second, as: jane}\n${
          config("<<: [*first, *second]")
        }`,
    },
  },
  one("a token that looks like a day", "token: 2026-01-01"),
  {
    name: "the same user twice",
    files: {
      config: `${config("token: first")}- name: main\n  user: {token: other}\n`,
    },
    refused: "twice",
  },
  {
    name: "a certificate of a bundle that cannot be read",
    files: {
      config: config("token: abc", "certificate-authority: bundle.crt"),
      "bundle.crt":
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n$PEM",
    },
    refused: "cannot be read as PEM",
  },
  one(
    "extra in two spellings",
    "token: abc, as: jane, as-user-extra: {Scopes: [x], scopes: [y]}",
    { refused: "two spellings" },
  ),
  {
    name: "JSON",
    files: {
      config:
        '{"current-context":"m","contexts":[{"name":"m","context":{"cluster":"c","user":"u"}}],"clusters":[{"name":"c","cluster":{"server":"$SERVER","certificate-authority-data":"$CA"}}],"users":[{"name":"u","user":{"token":"json"}}]}',
    },
  },
  {
    name: "a user that is not there",
    files: {
      config: config("token: abc").replace("user: main}}", "user: nobody}}"),
    },
    refused: "is not in the kubeconfig",
  },
];

const ROW = {
  id: "F24",
  shows:
    "kubeconfigs of all kinds: what is sent equals what kubectl sends, or is refused by name",
  command: "list",
};

const why = await whyNoKubectl();
if (why !== undefined) skipped(ROW, why);
else {
  suite(ROW, async (_, { note }) => {
    await using rig = await openRig();
    for (const { name, refused, more, ...config } of CASES) {
      const { kubectl, istiops } = await rig.compare(config);
      if (more !== undefined) {
        // Not silent: docs/credentials.md names these.
        assertEquals([kubectl.reached, istiops], [false, more], name);
        note("accepted though kubectl refuses them", 1);
      } else if (refused === undefined) {
        assertEquals(istiops, kubectl, name);
        note("configurations that are equal", 1);
      } else {
        assertStringIncludes(
          "refused" in istiops ? istiops.refused : "(not refused)",
          refused,
          name,
        );
        note("refused by name", 1);
      }
    }
  });
}
