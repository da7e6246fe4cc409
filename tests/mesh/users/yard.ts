/**
 * A shop with something for every right: what each command asks the server
 * for, and what is missing without it, can be seen there.
 *
 * @module
 */

import type { KubeObject } from "../../../src/istio/types.ts";
import { recordedFailures, responseOf } from "../../support/recorded.ts";
import { apiOf, type Places } from "../places.ts";
import { routing, service } from "../town.ts";
import type { Rules } from "./people.ts";
import { withoutRight } from "./roles.ts";
import { employ, openShop, type Ran, type Shop } from "./shop.ts";

/** Somebody at work there, with these rights. */
export interface Yard extends AsyncDisposable {
  /** Runs a line of {@linkcode LINES}. */
  run(line: Line): Promise<Ran>;
  /** Takes one of their rights. */
  lose(right: string): Promise<void>;
}

/** A command of the table in `docs/rbac.md`, and one of its uses. */
export interface Line {
  readonly command: string;
  readonly argv: readonly string[];
  /** The command that has to be there before it. */
  readonly after?: string;
}

const YES = ["--settle", "0s", "--yes"];
const MORE = ["shift", "shop", "-d", "shop:5000", "-b", "2"];

/** In an order in which each finds what it needs. */
export const LINES: readonly Line[] = [
  { command: "show", argv: ["show", "shop"] },
  { command: "show", argv: ["show", "outside"] },
  { command: "show --watch", argv: ["show", "shop", "--watch"] },
  { command: "explain", argv: ["explain", "http://shop:5000/"] },
  { command: "history", argv: ["history", "shop"] },
  { command: "context --check", argv: ["context", "--check"] },
  { command: "names for Tab", argv: ["show -n "] },
  { command: "clear", argv: ["clear", "yard", ...YES] },
  { command: "shift --dry-run", argv: [...MORE, "-w", "10", "--dry-run"] },
  { command: "shift --plan-out", argv: [...MORE, "-w", "20", "--plan-out"] },
  { command: "apply", argv: ["apply"], after: "shift --plan-out" },
  {
    command: "shift",
    argv: [
      "shift",
      "yard",
      "-d",
      "yard:5000",
      "-b",
      "2",
      "-H",
      "x-a=1",
      ...YES,
    ],
  },
  { command: "undo", argv: ["undo", "yard", ...YES], after: "shift" },
  { command: "redo", argv: ["redo", "yard", ...YES], after: "undo" },
  // The subset that was made for it goes, too.
  {
    command: "clear",
    argv: ["clear", "yard", "-b", "2", ...YES],
    after: "shift",
  },
  {
    command: "shift --create",
    argv: [
      ...["shift", "stall", "-d", "stall:5000", "-b", "2", "-w", "100"],
      ...["--create", "--create-route", "any", ...YES],
    ],
  },
  {
    command: "undo of that",
    argv: ["undo", "stall", ...YES],
    after: "shift --create",
  },
];

/** Opens one. */
export async function openYard(
  places: Places,
  may: { readonly everywhere: Rules; readonly here: Rules },
): Promise<Yard> {
  const shop = await openShop(places);
  using api = apiOf(places);
  await api.create(...besides(shop));
  const conflicts = new Set<string>();
  const clerk = await employ(shop, {
    ...may,
    // After which the object is read again.
    instead: ({ method, url }) =>
      method === "PATCH" && !url.includes("dryRun=") &&
        conflicts.delete(new URL(url).pathname.split("/").at(-2)!)
        ? responseOf(recordedFailures().get("409_patch")!)
        : undefined,
  });
  const plan = `${places.folder}/${shop.namespace}.json`;
  let lost: string | undefined;
  return {
    async lose(right) {
      lost = right;
      await clerk.lose(right, {
        everywhere: withoutRight(may.everywhere, right),
        here: withoutRight(may.here, right),
      });
    },
    async run({ command, argv }) {
      // A plan that was saved is carried out as it is, or not at all.
      if (command !== "apply") {
        for (const kind of KINDS) conflicts.add(kind);
      } else conflicts.clear();
      switch (command) {
        case "names for Tab":
          return await clerk.complete(argv[0]!);
        case "show --watch":
          return await clerk.watch(
            argv,
            (said) =>
              lost?.startsWith("watch ")
                ? /cannot\s+watch/.test(said)
                : WATCHED.every((right) => clerk.rights.has(right)),
          );
        default:
          return await clerk.run([
            ...argv,
            ...(/apply|--plan-out/.test(command) ? [plan] : []),
            ...(command === "apply" ? ["--yes"] : []),
            ...(command === "context --check" ? [] : ["--verbose"]),
          ]);
      }
    },
    [Symbol.asyncDispose]: () => clerk[Symbol.asyncDispose](),
  };
}

const KINDS = ["virtualservices", "destinationrules"];
const WATCHED = [
  ...KINDS.map((kind) => `watch ${kind}.networking.istio.io`),
  "watch pods",
];

/** A subset without pods, a host without a DestinationRule, one outside. */
function besides({ namespace }: Shop): KubeObject[] {
  const apiVersion = "networking.istio.io/v1";
  const metadata = (name: string) => ({ name, namespace });
  const [rule, routes] = routing("yard", 1);
  const dead = { name: "yard-9", labels: { build: "9" } };
  const [first] = (rule!["spec"] as { readonly subsets: unknown[] }).subsets;
  return [
    ...service("yard", { namespace, builds: [1, 2] }),
    {
      ...rule!,
      metadata: metadata("yard"),
      spec: { host: "yard", subsets: [first, dead] },
    },
    {
      ...routes!,
      metadata: metadata("yard"),
      spec: {
        hosts: ["yard"],
        http: [{
          match: [{ headers: { "x-dead": { exact: "1" } } }],
          route: [{
            destination: {
              ...{ host: "yard", subset: "yard-9" },
              port: { number: 5000 },
            },
          }],
        }, ...(routes!["spec"] as { readonly http: unknown[] }).http],
      },
    },
    ...service("stall", { namespace, builds: [1, 2] }),
    {
      apiVersion,
      kind: "VirtualService",
      metadata: metadata("stall"),
      spec: {
        hosts: ["stall"],
        http: [{
          match: [{ headers: { "x-a": { exact: "1" } } }],
          route: [{ destination: { host: "stall", port: { number: 5000 } } }],
        }],
      },
    },
    {
      apiVersion,
      kind: "VirtualService",
      metadata: metadata("outside"),
      spec: {
        hosts: [`${namespace}.example.test`],
        gateways: ["gate"],
        http: [{
          route: [{
            destination: { host: "outside.example.test", port: { number: 80 } },
          }],
        }],
      },
    },
  ];
}
