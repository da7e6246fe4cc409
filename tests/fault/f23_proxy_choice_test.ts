/**
 * Which proxy for which server, as Go's standard library and so kubectl
 * choose.
 *
 * @module
 */

import { proxyFor } from "../../src/cluster/proxy.ts";
import { ClusterError } from "../../src/errors.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { suite } from "./suite.ts";

interface Case {
  readonly server: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly proxyUrl?: string;
  /** Nothing: straight. */
  readonly gives?: string;
}

const P = "http://proxy.test:3128";
const S = "https://api.corp.test:6443";
const without = (noProxy: string) => ({ HTTPS_PROXY: P, NO_PROXY: noProxy });

const CASES: readonly Case[] = [
  { server: S },
  { server: S, env: { HTTPS_PROXY: P }, gives: P },
  { server: S, env: { https_proxy: P }, gives: P },
  { server: S, env: { HTTPS_PROXY: P, https_proxy: "http://x" }, gives: P },
  { server: S, env: { HTTP_PROXY: P, ALL_PROXY: P } },
  {
    server: "http://api.test",
    env: { HTTP_PROXY: P, HTTPS_PROXY: "x" },
    gives: P,
  },
  { server: S, env: { HTTPS_PROXY: "proxy.test:3128" }, gives: P },
  {
    server: S,
    env: { HTTPS_PROXY: "socks5://p.test:1080" },
    gives: "socks5://p.test:1080",
  },
  { server: "https://localhost:6443", env: { HTTPS_PROXY: P } },
  { server: "https://127.8.9.1:6443", env: { HTTPS_PROXY: P } },
  { server: "https://[::1]:6443", env: { HTTPS_PROXY: P } },
  { server: S, env: without("*") },
  { server: S, env: without("corp.test") },
  { server: S, env: without(" .corp.test , x") },
  { server: "https://corp.test", env: without(".corp.test"), gives: P },
  { server: S, env: without("*.corp.test") },
  { server: S, env: without("orp.test"), gives: P },
  { server: S, env: without("api.corp.test:443"), gives: P },
  { server: S, env: without("api.corp.test:6443") },
  { server: "https://10.1.2.3", env: without("10.0.0.0/8") },
  { server: "https://11.1.2.3", env: without("10.0.0.0/8"), gives: P },
  { server: "https://[fd00::7]", env: without("fd00::/16") },
  { server: "https://10.1.2.3:6443", env: without("10.1.2.3:443"), gives: P },
  { server: "https://API.Corp.Test:6443", env: without("CORP.test") },
  { server: S, env: { https_proxy: P, no_proxy: "corp.test" } },
  {
    server: S,
    env: { ...without("*") },
    proxyUrl: "http://own.test:1",
    gives: "http://own.test:1",
  },
  {
    server: "https://127.0.0.1",
    proxyUrl: "socks5://own.test:1",
    gives: "socks5://own.test:1",
  },
];

suite({
  id: "F23",
  shows: "the proxy of a server is the one that Go's rules choose",
  command: "every command",
}, (_, { note }) => {
  for (const { server, env = {}, proxyUrl, gives } of CASES) {
    const proxy = proxyFor(server, {
      proxyUrl,
      env: (name) => env[name],
      where: 'cluster "main"',
    });
    assertEquals(
      proxy?.url,
      gives,
      JSON.stringify({ server, env, proxyUrl }),
    );
    note("cases", 1);
  }
});

suite({
  id: "F23",
  shows:
    "a proxy that cannot be used is refused, and its password not repeated",
  command: "every command",
}, () => {
  for (const text of ["ftp://u:canary@p", "http://", "u:canary@p:1", "//p"]) {
    const error = assertThrows(
      () =>
        proxyFor(S, { proxyUrl: text, env: () => undefined, where: "cluster" }),
      ClusterError,
    );
    assertEquals(error.code, "kubeconfig");
    assert(!Deno.inspect(error).includes("canary"));
  }
});

suite({
  id: "F23",
  shows: "user name and password of a proxy are kept apart from its URL",
  command: "every command",
}, () => {
  assertEquals(
    proxyFor(S, {
      env: (name) =>
        name === "HTTPS_PROXY" ? "http://me:p%40ss@p:8" : undefined,
      where: "cluster",
    }),
    {
      url: "http://p:8",
      from: "HTTPS_PROXY",
      credentials: { username: "me", password: "p@ss" },
    },
  );
});
