/**
 * Credentials and certificates before a real API server, whose CA is in no
 * system's store: the real command, a process each.
 *
 * @module
 */

import { stringifyYaml } from "../../src/yaml.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { certificate, kubeconfigOf } from "./files.ts";
import { apiOf, meshTest, type Places } from "./places.ts";
import { type Person, person, writesOf } from "./users/people.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const NAMESPACE = "credentials";

/** What a kubeconfig says of a user and of a cluster. */
interface Given {
  readonly user: Readonly<Record<string, unknown>>;
  readonly cluster?: Readonly<Record<string, unknown>>;
}

meshTest("credentials and certificates", async (places, test) => {
  using api = apiOf(places);
  await api.request("POST", "/api/v1/namespaces", {
    body: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE },
    },
  });
  const folder = await Deno.makeTempDir({ dir: places.folder });
  const who = await person(places, `user-${crypto.randomUUID()}`, {
    namespace: NAMESPACE,
    everywhere: [{
      apiGroups: ["networking.istio.io"],
      resources: ["virtualservices", "destinationrules"],
      verbs: ["get", "list"],
    }],
  });
  const tokenFile = `${folder}/token`;
  await Deno.writeTextFile(tokenFile, `${who.token}\n`);
  await certificate(places.parts, [places.tls, "clerk", "-group", "readers"]);
  await certificate(places.parts, [folder, "stranger"]);
  const token = { token: who.token };
  const of = (folder: string, name: string) => ({
    "client-certificate": `${folder}/${name}.crt`,
    "client-key": `${folder}/${name}.key`,
  });
  const data = async (path: string): Promise<string> =>
    (await Deno.readFile(path)).toBase64();
  const byName = places.apiServer.replace("127.0.0.1", "localhost");

  const accepted: Readonly<Record<string, Given>> = {
    "a client certificate": { user: of(places.tls, "admin") },
    "a client certificate as data": {
      user: {
        "client-certificate-data": await data(`${places.tls}/admin.crt`),
        "client-key-data": await data(`${places.tls}/admin.key`),
      },
    },
    "a token": { user: token },
    "a token in a file": { user: { tokenFile } },
    "a CA as data": {
      user: token,
      cluster: {
        "certificate-authority": undefined,
        "certificate-authority-data": await data(`${places.tls}/ca.crt`),
      },
    },
    "another name, and tls-server-name": {
      user: token,
      cluster: { server: byName, "tls-server-name": "127.0.0.1" },
    },
    "a client certificate and tls-server-name": {
      user: of(places.tls, "admin"),
      cluster: { server: byName, "tls-server-name": "127.0.0.1" },
    },
  };
  for (const [what, given] of Object.entries(accepted)) {
    await test.step(`${what}: accepted`, async () => {
      const { status, text } = await show(given, { places, folder });
      assertEquals(status, 0, text);
    });
  }

  const refused: readonly (readonly [string, Given, number, string])[] = [
    [
      "a token that the server does not know",
      { user: { token: "nobody" } },
      1,
      "does not accept the credentials",
    ],
    [
      "a token that has expired",
      { user: { token: await expired(places, who) } },
      1,
      "does not accept the credentials",
    ],
    [
      "a client certificate of another CA",
      { user: of(folder, "stranger") },
      1,
      "does not accept the credentials",
    ],
    ["nobody", { user: {} }, 1, 'User "system:anonymous" cannot list'],
    [
      "a user without any right",
      { user: of(places.tls, "clerk") },
      1,
      'User "clerk" cannot list',
    ],
    [
      "another CA",
      { user: token, cluster: { "certificate-authority": `${folder}/ca.crt` } },
      5,
      "not signed by the CA",
    ],
    [
      "no CA, so that the system's store counts",
      { user: token, cluster: { "certificate-authority": undefined } },
      5,
      "not signed by the CA",
    ],
    [
      "a name that the certificate is not for",
      { user: token, cluster: { server: byName } },
      5,
      "is for another name",
    ],
    [
      "a tls-server-name that it is not for",
      { user: token, cluster: { "tls-server-name": "elsewhere.test" } },
      5,
      "is for another name",
    ],
    [
      "another CA, and tls-server-name",
      {
        user: token,
        cluster: {
          "certificate-authority": `${folder}/ca.crt`,
          "tls-server-name": "127.0.0.1",
        },
      },
      5,
      "not signed by the CA",
    ],
    [
      "insecure-skip-tls-verify",
      { user: token, cluster: { "insecure-skip-tls-verify": true } },
      1,
      "insecure-skip-tls-verify",
    ],
  ];
  for (const [what, given, exit, says] of refused) {
    await test.step(`${what}: exit ${exit}`, async () => {
      const { status, text } = await show(given, { places, folder });
      assertEquals(status, exit, text);
      assertStringIncludes(text, says);
      assertEquals(text.includes(who.token), false, "the token is told");
    });
  }

  await test.step("nobody has written anything", async () => {
    assertEquals(await writesOf(places, who), []);
  });
});

/** `istiops show` with that kubeconfig. */
async function show(
  given: Given,
  { places, folder }: { readonly places: Places; readonly folder: string },
): Promise<{ readonly status: number; readonly text: string }> {
  const config = kubeconfigOf({
    server: places.apiServer,
    ca: `${places.tls}/ca.crt`,
    user: given.user,
  }) as { readonly clusters: readonly [{ readonly cluster: object }] };
  Object.assign(config.clusters[0].cluster, given.cluster);
  const kubeconfig = `${folder}/kubeconfig`;
  // By JSON, which leaves out what is undefined.
  await Deno.writeTextFile(
    kubeconfig,
    stringifyYaml(JSON.parse(JSON.stringify(config))),
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", MAIN, "show", "-n", NAMESPACE],
      ...["--kubeconfig", kubeconfig, "--timeout", "10s"],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { status: code, text: text.decode(stdout) + text.decode(stderr) };
}

/** The same person's token as of an hour ago, signed with the server's key. */
async function expired(places: Places, { token }: Person): Promise<string> {
  const [header = "", claims = ""] = token.split(".");
  const now = Math.floor(Date.now() / 1000);
  const url = { alphabet: "base64url", omitPadding: true } as const;
  const old = new TextEncoder().encode(JSON.stringify({
    ...JSON.parse(
      new TextDecoder().decode(Uint8Array.fromBase64(claims, url)),
    ),
    ...{ iat: now - 7200, nbf: now - 7200, exp: now - 3600 },
  })).toBase64(url);
  const pem = await Deno.readTextFile(`${places.tls}/accounts.key`);
  const key = await crypto.subtle.importKey(
    "pkcs8",
    Uint8Array.fromBase64(pem.replaceAll(/-----[^-]+-----|\s/g, "")),
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const signed = await crypto.subtle.sign(
    key.algorithm.name,
    key,
    new TextEncoder().encode(`${header}.${old}`),
  );
  return `${header}.${old}.${new Uint8Array(signed).toBase64(url)}`;
}
