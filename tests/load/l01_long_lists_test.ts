import { startSandbox } from "../../src/sandbox/mod.ts";
import { assertEquals } from "../support/assert.ts";
import { suite } from "../fault/suite.ts";
import { shopObjects, shopRoutes } from "./rig/shop.ts";

suite(
  {
    id: "L1",
    shows:
      "5,000 VirtualServices and 5,000 DestinationRules in pages: each once",
    command: "list",
  },
  async (_, report) => {
    const [, rule] = shopObjects();
    const of = Array.from({ length: 5000 }, (_, at) => `s${at}`);
    await using sandbox = await startSandbox({
      objects: of.flatMap((name) => [
        shopRoutes(name, 1),
        { ...rule!, metadata: { ...rule!.metadata, name } },
      ]),
    });
    let pages = 0;
    const begin = performance.now();
    for (const kind of ["VirtualService", "DestinationRule"] as const) {
      const { items } = await sandbox.cluster.list(kind, {
        onPage: () => void pages++,
      });
      assertEquals(
        items.map(({ metadata }) => metadata.name).sort(),
        of.toSorted(),
      );
    }
    report.note("ms", Math.round(performance.now() - begin));
    report.note("pages", pages);
    assertEquals(pages, 20);
  },
);
