/** The page in a real browser: it explains, it is reached with keys, it is alone. */
import { explainRequest } from "../../src/istio/explanation.ts";
import { portableWorld } from "../../src/istio/graph_world.ts";
import type { KubeObject } from "../../src/istio/types.ts";
import type { World } from "../../src/istio/world.ts";
import { renderExplanation } from "../../src/render/explain.ts";
import { renderHtml } from "../../src/render/graph_html.ts";
import { GRAPH_SCRIPT } from "../../src/render/graph_script.ts";
import { renderSvg } from "../../src/render/graph_svg.ts";
import { graphTraffic } from "../../src/traffic/graph.ts";
import { readForm } from "../../src/page/form.ts";
import { pageModule } from "../../scripts/page.ts";
import {
  destinationRule,
  gateway,
  mesh,
  pod,
  request,
  sidecar,
  to,
  virtualService,
} from "../istio/worlds.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Chromium, findChromium } from "../support/chromium.ts";
import { HOSTILE } from "./rig/hostile_worlds.ts";

const TARGET = {
  source: "custom",
  server: "https://private.example.com:6443",
  context: "staging",
  namespace: "default",
  flags: ["--token", "secret"],
} as const;

const WORLD = mesh(
  [
    gateway("edge", ["*"]),
    virtualService("a", [
      {
        name: "preview",
        match: [{ headers: { "x-user": { regex: "ad[a]+" } } }],
        route: to("a:v2"),
      },
      { route: to(["a:v1", 3], ["a:v3", 1]) },
    ], { gateways: ["mesh", "edge"] }),
    destinationRule("a", "a", ["v1", "v2"]),
    pod("a-2", { app: "a", version: "v1" }),
    pod("a-3", { app: "a", version: "v2" }),
  ] as readonly KubeObject[],
);

function pageOf(world: World): string {
  return renderHtml(
    {
      apiVersion: "istiops/v1",
      kind: "TrafficGraph",
      target: TARGET,
      ...graphTraffic(world, { mostDetailed: Infinity }),
      unread: [],
    },
    {
      world: portableWorld(world, world.virtualServices),
      script: GRAPH_SCRIPT,
    },
  );
}

Deno.test("the program of the page is what `deno task page` makes of its sources", async () => {
  const made = await Deno.readTextFile(
    new URL("../../src/render/graph_script.ts", import.meta.url),
  );
  assert(
    made === await pageModule(),
    "src/render/graph_script.ts is not what its sources say; write it with: deno task page",
  );
});

Deno.test("the page is whole, small, and says no more of the target than its context", () => {
  const page = pageOf(WORLD);
  assert(page.length < 256 * 1024, `${page.length}`);
  for (const foreign of ["private.example.com", "--token", "secret"]) {
    assert(!page.includes(foreign), foreign);
  }
  assertMatch(page, /<h1>Traffic of staging<\/h1>/);
  const tags = [...page.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
  assertEquals(tags, [
    '<script type="application/json" id="data">',
    "<script>",
  ]);
  assertEquals(page.match(/ style="| on[a-z]+="|<link|<img|@import/g), null);
});

Deno.test("no name ends an element of the page, whatever it is", () => {
  const page = pageOf(HOSTILE);
  assertEquals(page.match(/<script/g)?.length, 2);
  assertEquals(page.match(/<\/script>/g)?.length, 2);
  assertEquals(page.match(/<style>/g)?.length, 1);
  assertEquals(page.match(/<!--/g)?.length, 1);
  assertEquals(page.match(/alert\(1\)<\/script>/), null);
});

Deno.test.each([
  { field: "url", value: "ftp://x", says: "is not the URL of a request" },
  { field: "url", value: "", says: "is not the URL of a request" },
  { field: "method", value: "G T", says: "is not a method" },
  { field: "headers", value: "a b: c", says: "is not a header" },
  { field: "namespace", value: "X_", says: "is not a namespace's name" },
  { field: "labels", value: "app", says: "is not a label" },
])("the form says that $field $value is wrong", ({ field, value, says }) => {
  const form = {
    ...{ method: "get", url: "a:80/x?y=1", headers: "", client: "" },
    ...{ namespace: "default", labels: "" },
  };
  assertEquals(readForm(form), {
    ok: true,
    asked: {
      request: request({ authority: "a:80", path: "/x?y=1" }),
      client: sidecar(),
    },
  });
  const read = readForm({ ...form, [field]: value });
  assert(!read.ok && read.field === field && read.why.includes(says));
});

Deno.test("a form may name a gateway, labels, and a header more than once", () => {
  assertEquals(
    readForm({
      method: "",
      url: "https://a/",
      headers: "x-a: 1:2\nX-A:\n",
      client: "default/edge",
      namespace: "istio-system",
      labels: "app=web, b=",
    }),
    {
      ok: true,
      asked: {
        request: request({
          scheme: "https",
          port: 443,
          headers: [["x-a", "1:2"], ["X-A", ""]],
        }),
        client: {
          kind: "gateway",
          namespace: "istio-system",
          labels: { app: "web", b: "" },
          gateway: "default/edge",
        },
      },
    },
  );
});

const found = await findChromium();
const browser = {
  sanitizeOps: false,
  sanitizeResources: false,
  ignore: "why" in found,
};
const skipped = "why" in found ? ` (skipped: ${found.why})` : "";

/** Opens pages of a world, from disk. */
async function withPages(
  world: World,
  use: (chromium: Chromium, url: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/page.html`, pageOf(world));
    await Deno.writeTextFile(
      `${folder}/picture.svg`,
      renderSvg(graphTraffic(world, { mostDetailed: Infinity })),
    );
    await using chromium = await Chromium.start(
      "path" in found ? found.path : "",
    );
    await use(chromium, `file://${folder}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ASK = (url: string, headers = "") =>
  `document.getElementById("url").value = ${JSON.stringify(url)};
   document.getElementById("headers").value = ${JSON.stringify(headers)};
   document.querySelector("button[type=submit]").click();
   document.getElementById("answer-words").textContent`;
/** Titles of the nodes on the way that stands out. */
const WAY = `[...document.querySelectorAll(".node.way")].map((node) =>
  node.querySelector("text.title").textContent + (
    node.querySelector("text.line")?.textContent ?? ""))`;

Deno.test({
  ...browser,
  name:
    `in Chromium the page explains with the words of the command line, shows the way, and asks nobody${skipped}`,
  fn: () =>
    withPages(WORLD, async (chromium, folder) => {
      const url = `${folder}/page.html`;
      const page = await chromium.open(url);
      const told = await page.evaluate<string>(ASK("http://a/", "x-user: ada"));
      const asked = request({ headers: [["x-user", "ada"]] });
      const expected = renderExplanation({
        apiVersion: "istiops/v1",
        kind: "TrafficExplanation",
        target: TARGET,
        ...explainRequest(WORLD, sidecar(), asked),
        findings: [],
        unread: [],
      }, { color: false, width: 1000 });
      const words = (text: string) => text.replace(/\s+/g, " ").trim();
      assertEquals(words(told), words(expected));
      assertEquals(await page.evaluate(WAY), [
        "sidecars of the mesh",
        "a.default.svc.cluster.",
        "default/a2 rules",
        '0 "preview"headers["x-user"] regex "ad[a]+"',
        'a.default.svc.cluster.local:80subset "v2"',
        "1 of 1 ready",
      ]);
      const without = await page.evaluate<string>(ASK("http://a/"));
      assertMatch(
        words(without),
        /75 % \(weight 3 of 4\) to .*25 % .*503, flag NC/,
      );
      assertEquals(
        await page.evaluate("document.querySelectorAll('.edge.way').length"),
        // To the client's host, its object, the rule, both destinations, pods.
        6,
      );
      const unknown = await page.evaluate<string>(ASK("http://nowhere/"));
      assertMatch(unknown, /^This page holds no rule for this host/);
      assertEquals(await page.evaluate(WAY), []);
      const wrong = await page.evaluate<string>(ASK("ftp://x"));
      assertMatch(wrong, /is not the URL of a request/);
      assertEquals(await page.evaluate("document.activeElement.id"), "url");
      const gatewayed = await page.evaluate<string>(
        `document.getElementById("client").value = "default/edge"; ${
          ASK("http://a.default.svc.cluster.local/")
        }`,
      );
      assertMatch(gatewayed, /gateway default\/edge/);
      assertMatch(gatewayed, /A rule takes it/);
      assertEquals(page.requests, [url]);
      assertEquals(page.complaints, []);
    }),
});

Deno.test({
  ...browser,
  name:
    `in Chromium the picture is reached and walked with keys alone, and the focus is seen${skipped}`,
  fn: () =>
    withPages(WORLD, async (chromium, folder) => {
      const page = await chromium.open(`${folder}/page.html`);
      const at = () =>
        page.evaluate<string>(
          `(document.activeElement.getAttribute("data-node") !== null
            ? "node " + document.activeElement.getAttribute("data-node")
            : document.activeElement.id || document.activeElement.className)`,
        );
      const order: string[] = [];
      for (let tabs = 0; tabs < 14; tabs++) {
        await page.press("Tab");
        order.push(await at());
      }
      // The links to what is wrong have no id and no class.
      assertEquals(order.filter((one) => one !== "").slice(0, 7), [
        "skip",
        "method",
        "url",
        "headers",
        "client",
        "namespace",
        "labels",
      ]);
      assert(order.includes("scroll"), order.join());
      assertEquals(order.at(order.indexOf("scroll") + 1), "node 0");
      await page.evaluate(`document.querySelector("[data-node]").focus()`);
      const walked: string[] = [];
      for (
        const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"]
      ) {
        await page.press(key);
        walked.push(await at());
      }
      const kinds = graphTraffic(WORLD).nodes.map(({ kind }) => kind);
      assertEquals(
        walked.map((one) => kinds[Number(one.slice(5))]),
        ["host", "virtualService", "rule", "rule"],
      );
      assertMatch(
        await page.evaluate<string>(
          `getComputedStyle(document.activeElement.querySelector("rect")).strokeWidth`,
        ),
        /^5/,
      );
      await page.press("Enter");
      assertEquals(
        await page.evaluate(
          `document.activeElement.getAttribute("aria-pressed")`,
        ),
        "true",
      );
      assert((await page.evaluate<string[]>(WAY)).length > 3);
      await page.press("Escape");
      assertEquals(await page.evaluate(WAY), []);
      assertEquals(page.complaints, []);
    }),
});

Deno.test({
  ...browser,
  name:
    `in Chromium the page fits 360 pixels, and has a heading for each part and a label for each field${skipped}`,
  fn: () =>
    withPages(WORLD, async (chromium, folder) => {
      for (const scheme of ["light", "dark"] as const) {
        const page = await chromium.open(`${folder}/page.html`, {
          ...{ width: 360, height: 740, scheme },
        });
        await page.evaluate(ASK("http://a/"));
        assertEquals(
          await page.evaluate("document.documentElement.scrollWidth"),
          360,
        );
        assertEquals(
          await page.evaluate(
            `[...document.querySelectorAll("h1,h2,h3")].map((one) => one.localName + " " + one.textContent)`,
          ),
          [
            "h1 Traffic of staging",
            "h2 What is wrong",
            "h2 Where does a request go?",
            "h2 Picture",
            "h2 The same in words",
            "h3 default/a",
          ],
        );
        assertEquals(
          await page.evaluate(
            `[...document.querySelectorAll("input,select,textarea")].filter((one) => one.labels.length !== 1).length`,
          ),
          0,
        );
        // Small text is as readable as WCAG AA wants it.
        const faint = await page.evaluate<string[]>(CONTRASTS);
        assertEquals(faint, []);
        assertEquals(page.complaints, []);
      }
    }),
});

/** Text whose contrast to what is behind it is under 4.5. */
const CONTRASTS = `(() => {
  document.getElementById("clear").click();
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((m, n) => n - m);
    return (x + 0.05) / (y + 0.05);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      const [, , , alpha = 1] = parts(backgroundColor);
      if (alpha > 0) return backgroundColor;
    }
    return "rgb(255,255,255)";
  };
  const faint = [];
  for (const element of document.querySelectorAll("h1,h2,h3,p,li,a,b,strong,label,button,input")) {
    const { color } = getComputedStyle(element);
    const found = ratio(color, ground(element));
    if (found < 4.5) faint.push(element.outerHTML.slice(0, 60) + " " + found);
  }
  for (const text of document.querySelectorAll("#picture text")) {
    const box = text.parentElement.querySelector("rect") ?? document.querySelector(".ground");
    const found = ratio(getComputedStyle(text).fill, getComputedStyle(box).fill);
    if (found < 4.5) faint.push(text.outerHTML.slice(0, 60) + " " + found);
  }
  return faint;
})()`;

Deno.test({
  ...browser,
  name:
    `in Chromium hostile names are text, in the page and in the picture${skipped}`,
  fn: () =>
    withPages(HOSTILE, async (chromium, folder) => {
      const page = await chromium.open(`${folder}/page.html`);
      assertEquals(
        await page.evaluate("document.querySelectorAll('script').length"),
        2,
      );
      assertEquals(
        await page.evaluate(
          `document.querySelectorAll("[onload],[onclick],iframe,object,a:not([href^='#'])").length`,
        ),
        0,
      );
      const nodes = graphTraffic(HOSTILE, { mostDetailed: Infinity }).nodes;
      assertEquals(
        await page.evaluate("document.querySelectorAll('.node').length"),
        nodes.length,
      );
      assertMatch(
        await page.evaluate<string>(ASK("http://a/")),
        /^This page holds no rule|A rule|GET http/,
      );
      assertEquals(page.complaints, []);
      const picture = await chromium.open(`${folder}/picture.svg`);
      assertEquals(
        await picture.evaluate("document.documentElement.localName"),
        "svg",
      );
      assertEquals(
        await picture.evaluate("document.querySelectorAll('.node').length"),
        nodes.length,
      );
      assertEquals(
        await picture.evaluate("document.querySelectorAll('script').length"),
        0,
      );
      assertEquals(picture.complaints, []);
    }),
});
