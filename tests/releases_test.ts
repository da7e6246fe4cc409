import {
  compareVersions,
  originOf,
  releaseIn,
  versionIn,
  waysTo,
} from "../src/releases.ts";
import { assertEquals } from "./support/assert.ts";

Deno.test.each([
  { text: "1.2.3", gives: "1.2.3" },
  { text: " v1.2.3\n", gives: "1.2.3" },
  { text: "v1.2.3-rc.1+build.5", gives: "1.2.3-rc.1" },
  { text: "1.2", gives: undefined },
  { text: "1.2.3.4", gives: undefined },
  { text: "1.2.3 4", gives: undefined },
  { text: "\x1b[2J1.2.3", gives: undefined },
  { text: "<html>1.2.3</html>", gives: undefined },
  { text: "9999999999.0.0", gives: undefined },
  { text: `1.2.3-${"a".repeat(100)}`, gives: undefined },
])("the version in $text is $gives", ({ text, gives }) => {
  assertEquals(versionIn(text), gives);
});

Deno.test("versions have the order of the specification", () => {
  const sorted = [
    ...["0.9.9", "0.10.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta"],
    ...["1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"],
    ...["1.0.1", "1.1.0", "2.0.0"],
  ];
  for (const [at, a] of sorted.entries()) {
    for (const [other, b] of sorted.entries()) {
      assertEquals(
        Math.sign(compareVersions(a, b)),
        Math.sign(at - other),
        `${a} and ${b}`,
      );
    }
  }
});

const FROM = "https://releases.test/latest";

Deno.test.each([
  { location: "/o/r/releases/tag/v1.2.3", gives: "1.2.3" },
  { location: "https://releases.test/tag/1.2.3", gives: "1.2.3" },
  { location: "https://elsewhere.test/tag/1.2.3", gives: "another host" },
  { location: "/o/r/releases", gives: "no release yet" },
  { location: "/login?next=/tag/v1.2.3", gives: "no release yet" },
  { location: "http://", gives: "redirects nowhere" },
])("a redirect to $location gives $gives", ({ location, gives }) => {
  const found = releaseIn({ status: 302, location, text: "" }, FROM);
  const said = "version" in found ? found.version : found.why;
  assertEquals(said.includes(gives), true, said);
});

Deno.test.each([
  { status: 200, text: "v1.2.3\n", gives: "1.2.3" },
  { status: 200, text: '{"tag_name":"v1.2.3"}', gives: "1.2.3" },
  { status: 200, text: '{"tag_name":7}', gives: "not a version" },
  { status: 200, text: "null", gives: "not a version" },
  { status: 200, text: "<html>1.2.3", gives: "not a version" },
  { status: 404, text: "1.2.3", gives: "status 404" },
])("an answer of $status, $text gives $gives", ({ status, text, gives }) => {
  const found = releaseIn({ status, location: null, text }, FROM);
  const said = "version" in found ? found.version : found.why;
  assertEquals(said.includes(gives), true, said);
});

const JSR = "https://jsr.test/@istiops/istiops/0.1.0/src/cli/version.ts";

Deno.test.each([
  {
    module: "file:///d/version-A.js",
    isStandalone: true,
    origin: "binary",
    ways: [
      "download it from https://github.com/istiops/istiops/releases/tag/v0.2.0",
    ],
  },
  {
    module: "file:///x/node_modules/istiops/dist/version-A.js",
    origin: "npm",
    ways: ["npx istiops@0.2.0"],
  },
  {
    module: JSR,
    origin: "jsr",
    ways: ["deno run -A jsr:@istiops/istiops@0.2.0/main"],
  },
  {
    module: "https://h.test/v0.1.0/version-A.js",
    origin: "url",
    ways: ["deno run -A https://h.test/v0.2.0/istiops.js"],
  },
  {
    module: "https://h.test/version-A.js",
    origin: "url",
    ways: ["deno run -A --reload https://h.test/istiops.js"],
  },
  {
    module: "file:///src/istiops/src/cli/version.ts",
    origin: "clone",
    ways: ["git fetch --tags && git checkout v0.2.0"],
  },
])(
  "a copy at $module is of $origin, and renewed so",
  ({ module, isStandalone = false, origin, ways }) => {
    const found = originOf(module, { isStandalone });
    assertEquals(found, origin as typeof found);
    assertEquals(
      waysTo("0.2.0", { origin: found, module, now: "0.1.0" }),
      ways,
    );
  },
);

Deno.test("a bundle in some folder is told every way", () => {
  const module = "file:///opt/istiops/version-A.js";
  const origin = originOf(module, { isStandalone: false });
  assertEquals(origin, "unknown");
  assertEquals(waysTo("0.2.0", { origin, module, now: "0.1.0" }).length, 3);
});
