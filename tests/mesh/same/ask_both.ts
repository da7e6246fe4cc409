/**
 * A row, asked of both.
 *
 * @module
 */

import { apiOf, type Places } from "../places.ts";
import { type Difference, differences, Names } from "./compare.ts";
import type { Row } from "./rows.ts";
import {
  type Exchange,
  realSide,
  sandboxSide,
  type Seen,
  type Side,
} from "./sides.ts";

/** The differences of each of its exchanges. */
export async function askBoth(
  row: Row,
  places: Places,
): Promise<readonly (readonly Difference[])[]> {
  const namespace = `same-${crypto.randomUUID().slice(0, 8)}`;
  const home = { apiVersion: "v1", kind: "Namespace" };
  using api = apiOf(places);
  await api.create({ ...home, metadata: { name: namespace } });
  await using sandbox = await sandboxSide(namespace);
  await using real = realSide(places);
  const [ours, theirs] = [
    await run(sandbox, row.exchanges, namespace),
    await run(real, row.exchanges, namespace),
  ];
  return row.exchanges.map((exchange, nth) =>
    differences(ours[nth]!, theirs[nth]!, exchange)
  );
}

async function run(
  side: Side,
  exchanges: readonly Exchange[],
  namespace: string,
): Promise<readonly Seen[]> {
  const names = new Names();
  const seen: Seen[] = [];
  const plain: Seen[] = [];
  for (const exchange of exchanges) {
    const answer = await side.ask(filled(exchange, { namespace, seen }));
    seen.push(answer);
    plain.push(names.plain(answer));
  }
  return plain;
}

/** The exchange with the namespace and earlier answers in their places. */
function filled(
  exchange: Exchange,
  { namespace, seen }: {
    readonly namespace: string;
    readonly seen: readonly Seen[];
  },
): Exchange {
  const fill = (text: string): string =>
    text.replaceAll("{ns}", namespace).replaceAll(
      /\{(\d+)\.([\w.]+)\}/g,
      (_, nth, path: string) =>
        String(
          path.split(".").reduce<unknown>(
            (here, part) => (here as Record<string, unknown>)?.[part],
            seen[Number(nth)]?.body,
          ),
        ),
    );
  const { body } = exchange;
  return {
    ...exchange,
    line: fill(exchange.line),
    ...(body === undefined ? {} : {
      body: fill(typeof body === "string" ? body : JSON.stringify(body)),
    }),
  };
}
