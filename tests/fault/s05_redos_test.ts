import { runCli } from "../../src/cli/run.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import { compileRe2 } from "../../src/istio/re2.ts";
import { startSandbox } from "../../src/sandbox/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { suite } from "./suite.ts";

const EVIL = [
  "^(a+)+$",
  "^(a|a)*$",
  "^(a|aa)+$",
  "(a*)*b",
  "(a+)*$",
  "(.*a){25}",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "([a-zA-Z]+)*$",
  "(x+x+)+y",
  "(a?){30}a{30}",
  "a{1000}{1000}",
  "((a{1,100}){1,100}){1,100}",
  "(?:(?:(?:(?:(?:a?){9}){9}){9}){9}){9}",
  "\\p{L}*\\p{L}*\\p{L}*\\p{L}*$",
  `${"(".repeat(2000)}a${")".repeat(2000)}`,
  "[".repeat(5000),
  `(${"a|".repeat(5000)}b)*c`,
  "(?=a)a",
  "(a)\\1",
  "\\",
];
const TEXT = `${"a".repeat(4000)}!`;

suite(
  {
    id: "S05",
    shows:
      "evil patterns are refused, or take time that grows with the text only",
    command: "the matcher",
  },
  (_, report) => {
    for (const pattern of EVIL) {
      const compiled = compileRe2(pattern);
      if ("error" in compiled) {
        report.note("refused", 1);
        continue;
      }
      // A pattern that backtracks does not come back from 4,000 letters.
      assertEquals(typeof compiled.matches(TEXT), "boolean");
      report.note("ran", 1);
    }
  },
);

/** A service whose rules match by these patterns. */
function townOf(patterns: readonly string[]): KubeObject[] {
  const host = "api";
  const apiVersion = "networking.istio.io/v1";
  const metadata = { name: host, namespace: "default" };
  const route = [{ destination: { host, subset: "v1" } }];
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: { app: host }, ports: [{ port: 80 }] },
    },
    ...["1", "2"].map((build) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `${host}-${build}`,
        namespace: "default",
        labels: { app: host, build },
      },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
      },
    })),
    {
      apiVersion,
      kind: "DestinationRule",
      metadata,
      spec: {
        host,
        subsets: ["1", "2"].map((build) => ({
          name: `v${build}`,
          labels: { build },
        })),
      },
    },
    {
      apiVersion,
      kind: "VirtualService",
      metadata,
      spec: {
        hosts: [host],
        http: [
          ...patterns.map((regex, at) => ({
            match: [{
              uri: { regex },
              headers: { "x-cid": { regex } },
              queryParams: { q: { regex } },
              withoutHeaders: { other: { regex } },
            }],
            name: `evil-${at}`,
            route,
          })),
          { route },
        ],
      },
    },
  ];
}

suite(
  {
    id: "S05",
    shows: "evil patterns in somebody's rules hold no command up",
    command: "show, shift, clear",
  },
  async (_, report) => {
    // What the webhook of a mesh lets in, and what an older one let in.
    const valid = EVIL.filter((pattern) =>
      pattern.length <= 1024 && !("error" in compileRe2(pattern))
    );
    const show = ["show", "api"];
    const shift = ["shift", "api", "-b", "2", "-w", "20"];
    const change = ["--settle", "0s", "--yes"];
    for (
      const [patterns, ...commands] of [
        [EVIL, show, [...shift, "--dry-run"]],
        [
          valid,
          show,
          [...shift, ...change],
          [...shift, "-H", `x-cid=${TEXT.slice(0, 500)}`, ...change],
          ["clear", "api", ...change],
        ],
      ] as const
    ) {
      await using sandbox = await startSandbox({ objects: townOf(patterns) });
      const home = await Deno.makeTempDir();
      try {
        const kubeconfig = `${home}/kubeconfig`;
        await Deno.writeTextFile(
          kubeconfig,
          JSON.stringify({
            "current-context": "c",
            contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
            clusters: [{ name: "c", cluster: { server: sandbox.url } }],
            users: [{ name: "u", user: {} }],
          }),
        );
        for (const argv of commands) {
          const process = new FakeProcess({ env: { HOME: home } });
          const status = await runCli(
            [...argv, "--kubeconfig", kubeconfig],
            process.io,
          );
          // Refused by the webhook, refused by a guard, or done.
          const allowed = patterns === EVIL ? [0, 1, 4] : [0, 4];
          assert(
            allowed.includes(status),
            `${argv.join(" ")}: ${status} ${process.stderr}`,
          );
          report.note("commands", 1);
        }
      } finally {
        await Deno.remove(home, { recursive: true });
      }
    }
  },
);
