/**
 * Which programs a kubeconfig may run.
 *
 * @module
 */

import { TrafficError } from "../../src/errors.ts";
import type { ConnectOptions } from "../../src/cluster/connect.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { listOf } from "../cluster/fake_server.ts";
import { answer, pluginHome, type PluginHomeOptions } from "./rig/plugins.ts";
import { suite } from "./suite.ts";

interface Case extends Partial<PluginHomeOptions> {
  readonly shows: string;
  readonly options?: ConnectOptions;
  /** By the folder it is in. */
  readonly variables?: (folder: string) => Record<string, string>;
  /** Part of the refusal; absent: it runs. */
  readonly refused?: string;
  readonly repository?: boolean;
}

const KUBERC = (rest: string) =>
  `apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n${rest}`;
const USER = { execPolicy: "user" } as const;
const SCRIPT = `#!/bin/sh\necho run >> $(dirname "$0")/../runs\n${answer("t")}`;
const EVIL = `#!/bin/sh\ntouch $(dirname "$0")/../pwned\n${answer("t")}`;

const CASES: readonly Case[] = [
  { shows: "the library runs none by default", refused: "./login.sh" },
  {
    shows: "deny-all runs none",
    options: { execPolicy: "deny-all" },
    refused: "the policy is to run no plugins",
  },
  { shows: "user runs the user's own", options: USER },
  {
    shows: "user runs none of a repository",
    options: USER,
    repository: true,
    refused: "lies in a repository",
  },
  {
    shows: "allow-all runs that of a repository",
    options: { execPolicy: "allow-all" },
    repository: true,
  },
  {
    shows: "kuberc DenyAll runs none",
    options: USER,
    files: { ".kube/kuberc": KUBERC("credentialPluginPolicy: DenyAll") },
    refused: "denies all plugins",
  },
  {
    shows: "kuberc Allowlist runs none that is not on it",
    options: USER,
    files: {
      ".kube/kuberc": KUBERC(
        "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{name: login.sh}, {name: aws}]",
      ),
    },
    refused: "is not on the credentialPluginAllowlist",
  },
  {
    shows: "kuberc Allowlist runs a name that PATH leads to",
    command: "istiops-login",
    options: USER,
    files: {
      "bin/istiops-login": SCRIPT,
      ".kube/kuberc": KUBERC(
        "credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{name: istiops-login}]",
      ),
    },
    variables: (folder) => ({ PATH: `${folder}/bin:/usr/bin:/bin` }),
  },
  {
    shows: "a kuberc that is broken forbids",
    options: USER,
    files: { ".kube/kuberc": KUBERC("credentialPluginPolicy: Maybe") },
    refused: "is not AllowAll, DenyAll or Allowlist",
  },
  {
    shows: "a name in a relative folder of PATH is not found",
    command: "istiops-login",
    options: { execPolicy: "allow-all" },
    files: { "bin/istiops-login": EVIL, "conf/istiops-login": EVIL },
    // It leads from here to there, all the same.
    variables: (folder) => ({
      PATH: `.:${"../".repeat(Deno.cwd().split("/").length - 1)}${
        folder.slice(1)
      }/bin::/usr/bin`,
    }),
    refused: "it is not on PATH",
  },
  {
    shows: "a file that is not executable does not run",
    command: "./plain",
    options: { execPolicy: "allow-all" },
    files: { "conf/plain": "data" },
    refused: "is not an executable file",
  },
];

for (
  const { shows, options, variables, refused, repository, ...rest } of CASES
) {
  suite({ id: "S10", shows, command: "every command" }, async () => {
    await using server = serve();
    await using home = await pluginHome({
      server: server.url,
      ...rest,
      files: {
        ...rest.files,
        ...(repository === true ? { ".git/HEAD": "ref: x" } : {}),
      },
    });
    const connection = {
      ...options,
      variables: {
        // A repository above which the home folder does not lie.
        ...(repository === true ? { HOME: "/nowhere" } : {}),
        ...variables?.(home.folder),
      },
    };
    const list = async () => {
      await using cluster = await home.connect(connection);
      return await cluster.list("VirtualService");
    };
    if (refused === undefined) {
      assertEquals((await list()).items.length, 1);
      assertEquals(await home.runs(), 1);
      return;
    }
    const error = await assertRejects(list, TrafficError);
    assertStringIncludes(error.message, refused);
    // A kuberc that is broken is named itself.
    assertStringIncludes(
      error.message,
      shows.includes("broken") ? "kuberc" : rest.command ?? "./login.sh",
    );
    assertEquals(await home.runs(), 0);
    assertEquals(server.calls(), 0);
    await assertRejects(() => Deno.stat(`${home.folder}/pwned`));
  });
}

suite({
  id: "S10",
  shows:
    "a plugin gets what it needs of the environment, and no secret of a pipeline",
  command: "every command",
}, async () => {
  await using server = serve();
  await using home = await pluginHome({
    server: server.url,
    script: `env > $(dirname "$0")/../environment\npwd\n`,
  });
  Deno.env.set("CI_DEPLOY_PASSWORD", "canary");
  Deno.env.set("AWS_PROFILE", "for-the-plugin");
  try {
    await using cluster = await home.connect({ execPolicy: "allow-all" });
    const error = await assertRejects(
      () => cluster.list("VirtualService"),
      TrafficError,
    );
    assertStringIncludes(error.message, "what it wrote is not JSON");
    assert(!error.message.includes(home.folder + "\n"));
  } finally {
    Deno.env.delete("CI_DEPLOY_PASSWORD");
    Deno.env.delete("AWS_PROFILE");
  }
  const text = await Deno.readTextFile(`${home.folder}/environment`);
  assert(!text.includes("canary"));
  assertStringIncludes(text, "AWS_PROFILE=for-the-plugin");
  assertStringIncludes(
    text,
    'KUBERNETES_EXEC_INFO={"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}}',
  );
});

function serve() {
  let calls = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => {
      calls += 1;
      return listOf(["reviews"]);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    calls: () => calls,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
