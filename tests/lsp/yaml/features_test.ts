import type { Names, PlaceNames } from "../../../src/language/names.ts";
import { inlayHintsIn } from "../../../src/lsp/yaml/live_shares.ts";
import { together } from "../../../src/lsp/yaml/world.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../../support/assert.ts";
import { Open } from "./rig.ts";

const HEAD = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
`;
const RULES = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
spec:
  host: reviews
  subsets:
  - name: v1
    labels: {version: v1}
  - name: v2
    labels:
      version: v2
      app: reviews
    # its own policy
`;
const SERVICES = `apiVersion: v1
kind: Service
metadata:
  name: ratings
spec:
  ports:
  - port: 9080
---
apiVersion: v1
kind: Service
metadata: {name: reviews}
spec: {ports: [{port: 9080}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: front}
spec:
  selector: {istio: ingress}
  servers:
  - hosts: ["*"]
    port: {number: 80, name: http, protocol: HTTP}
`;
const vs = (spec: string): string =>
  HEAD + spec.replace(/^\n/, "").replace(/^/gm, "  ").trimEnd() + "\n";
const to = (destination: string): string =>
  vs(`
hosts: [reviews]
http:
- route:
  - destination: ${destination}`);

/** What is known of a cluster. */
function cluster(of: Partial<PlaceNames>): Names {
  return {
    now: 12_000,
    contexts: [],
    places: [{
      place: {},
      namespace: "default",
      readAt: 10_000,
      isWatched: true,
      isPartial: false,
      namespaces: ["default", "shop"],
      ...{ virtualServices: [], services: [], builds: [] },
      ...{ labels: [], operations: [] },
      ...of,
    }],
  };
}

Deno.test.each([
  {
    what: "a field that nobody knows",
    text: to("{hots: reviews}"),
    codes: [
      'IST0106 "destination"',
      'unknown-field "hots"',
    ],
  },
  {
    what: "a type that the schema refuses",
    text: vs("hosts: reviews\nhttp: []"),
    codes: ['IST0106 "reviews"'],
  },
  {
    what: "what the webhook denies, at its rule",
    text: vs("hosts: [reviews]\nhttp:\n- name: x\n  timeout: 1s"),
    codes: ['IST0106 "name: x"'],
  },
  {
    what: "a subset that the DestinationRule lacks",
    text: to("{host: reviews, subset: v3}"),
    codes: ['IST0101 "v3"'],
  },
  {
    what: "a host that may be elsewhere is no finding",
    text: to("{host: nowhere, subset: v3}"),
    codes: [],
  },
  {
    what: "a rule that no request gets to",
    text: vs(`
hosts: [reviews]
http:
- route: [{destination: {host: reviews}}]
- name: dead
  route: [{destination: {host: reviews}}]`),
    codes: ['IST0130 "name: dead"'],
  },
  {
    what: "a comment that asks not to be told",
    text: to("{host: reviews, subset: v3} # istiops-ignore: IST0101"),
    codes: [],
  },
  {
    what: "the same object twice",
    text: `${to("{host: reviews}")}---\n${to("{host: reviews}")}`,
    codes: ['duplicate-object "apiVersion: networking.istio.io/v1"'],
  },
  {
    what: "a document that is broken, and another that is not",
    text: `${HEAD}  - [\n---\n${to("{hots: a, host: b}")}`,
    codes: ['invalid-yaml "---"', 'unknown-field "hots"'],
  },
  {
    what: "a tab for indentation",
    text: vs("hosts: [a]\nhttp:\n\t- route: []"),
    codes: ['invalid-yaml "\\t- route: []"'],
  },
  {
    what: "yes for a text",
    text: to("{host: reviews}").replace(
      "name: reviews",
      "name: reviews\n  labels: {a: yes}",
    ),
    codes: ['yaml-boolean "yes}"'],
  },
  {
    what: "a byte order mark, CRLF and characters of two units",
    text: `\uFEFF# 👍🏽 𐐀\r\n${
      to("{host: reviews, subset: v3} # 世").replaceAll("\n", "\r\n")
    }`,
    codes: ['IST0101 "v3"'],
  },
  {
    what: "what an alias stands for, where it is written",
    text: vs(`
hosts: [reviews]
http:
- match: [{uri: {prefix: /a}}]
  route: &r
  - destination: &d {host: reviews, subset: v3}
- route: *r`),
    codes: ['IST0101 "v3"', 'IST0101 "v3"'],
  },
  {
    what: "JSON",
    text: JSON.stringify({
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "reviews" },
      spec: { hosts: ["reviews"], htpp: [], http: [] },
    }),
    codes: [
      'IST0106 "{\\"hosts\\":[\\"reviews\\"],\\"htpp\\":[],\\"http\\":[]}"',
      'unknown-field "\\"htpp\\""',
    ],
  },
  {
    what: "an item of a List",
    text: `apiVersion: v1\nkind: List\nitems:\n- ${
      to("{host: reviews, subset: v3}").trimEnd().replaceAll("\n", "\n  ")
    }\n`,
    codes: ['IST0101 "v3"'],
  },
])("it is told of $what", ({ text, codes }) => {
  assertEquals(
    new Open([text, RULES]).codes(),
    codes,
  );
});

Deno.test.each([
  { what: "other kinds", text: "apiVersion: v1\nkind: Service\nmetadata: [\n" },
  {
    what: "a kind of the same name of others",
    text:
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nspec: {servers: 1}\n",
  },
  {
    what: "a template",
    text: to("{host: '{{ .Values.host }}', subset: v3}"),
  },
  { what: "no manifest", text: "a: [\n- b: {" },
])("nothing is told of $what", ({ text }) => {
  const open = new Open([text, RULES]);
  assertEquals([open.codes(), open.file.isOurs], [[], false]);
});

Deno.test("an object of more rules than are judged after each key says so", () => {
  const rule = "\n  - route: [{destination: {host: reviews}}]";
  const text = to("{host: reviews}").trimEnd() + rule.repeat(2000);
  assertEquals(new Open([text]).codes(), ['too-many "spec"']);
});

Deno.test("files that are alternatives are looked at apart", () => {
  const text = to("{host: reviews, subset: v1}");
  assertEquals(new Open([text, text, RULES]).codes(), []);
  const other = to("{host: reviews, subset: v3}");
  assertEquals(new Open([other, text, RULES]).codes(), ['IST0101 "v3"']);
  assertEquals(new Open([text, other, RULES]).codes(), []);
});

Deno.test("a Service that a whole namespace of the cluster lacks is a warning", () => {
  const services = [{ host: "reviews", ports: [9080] }];
  const told = (of: Partial<PlaceNames>) =>
    new Open([to("{host: reveiws}")], cluster({ services, ...of })).told()
      .map(({ code, severity }) => [code, severity]);
  assertEquals(told({}), [["IST0101", "warning"]]);
  for (
    const blind of [{ isPartial: true }, { isLoading: true }, { problem: "x" }]
  ) {
    assertEquals(told(blind), []);
  }
  assertEquals(
    told({ namespace: "elsewhere", place: { namespace: "elsewhere" } }),
    [],
  );
});

Deno.test.each([
  { text: vs("‸"), has: ["hosts:", "gateways:", "http:"] },
  { text: vs("hosts: [a]\nht‸"), has: ["http:"], lacks: ["hosts:"] },
  { text: vs("hosts: [‸"), has: ["reviews", "ratings"] },
  { text: vs("gateways:\n- ‸"), has: ["mesh", "front/edge"] },
  { text: to("\n      host: r‸"), has: ["reviews", "ratings"] },
  { text: to("\n      subset: ‸\n      host: reviews"), has: ["v1", "v2"] },
  { text: to("{host: reviews, subset: ‸"), has: ["v1", "v2"] },
  { text: to("{host: ratings, subset: ‸"), lacks: ["v1"] },
  { text: to("{host: ratings, port: {number: ‸"), has: ["9080"] },
  { text: to("{‸"), has: ["host: ", "subset: ", "port:"] },
  {
    text: vs("http:\n- match:\n  - headers:\n      ‸"),
    has: ["x-cid: ", "cookie: "],
  },
  { text: vs("http:\n- match:\n  - method: {exact: P‸"), has: ["POST"] },
  { text: vs("http:\n- ‸\n  route:"), has: ["match:"], lacks: ["route:"] },
  {
    text: RULES.replace(
      / {2}subsets[^]*/,
      "  trafficPolicy:\n    tls: {mode: ‸",
    ),
    has: ["ISTIO_MUTUAL"],
  },
  {
    text: RULES.replace(/ {2}subsets[^]*/, "  trafficPolicy:\n    ‸"),
    has: ["outlierDetection:"],
  },
  {
    text: "apiVersion: networking.istio.io/v1\nkind: ‸",
    has: ["VirtualService", "DestinationRule", "Gateway"],
  },
  { text: "apiVersion: v1\nkind: ‸", lacks: ["VirtualService"] },
  { text: `${HEAD}  # ‸`, lacks: ["http:"] },
  { text: "apiVersion: v1\nkind: Service\nspec:\n  ‸", lacks: ["hosts:"] },
])("completion in $text", ({ text, has = [], lacks = [] }) => {
  const other = vs("hosts: [ratings]\nhttp:\n- match: [{headers: {x-cid: {}}}]")
    .replace("name: reviews", "name: other");
  const texts = new Open([text, RULES, SERVICES, other]).completion();
  for (const one of has) {
    assert(texts.includes(one), `${one} is none of ${texts.join(", ")}`);
  }
  for (const one of lacks ?? []) assert(!texts.includes(one), one);
});

Deno.test("what is completed stands in the place of what was written, in its quotes", () => {
  const done = (destination: string, label: string) =>
    new Open([to(destination), RULES]).completed(label);
  assertEquals(
    done('{host: "revi‸x", subset: v1}', "reviews"),
    to('{host: "reviews", subset: v1}'),
  );
  assertEquals(done("{ho‸st: reviews}", "subset"), to("{subset: reviews}"));
});

Deno.test("names of the cluster are offered beside those of files", () => {
  const names = cluster({
    services: [{ host: "details", ports: [] }],
    builds: [{ build: "3", host: "reviews", labels: {}, subset: "v3" }],
  });
  const subsets = new Open([to("{host: reviews, subset: ‸}"), RULES], names);
  assertEquals(subsets.completion(), ["v1", "v2", "v3"]);
  const hosts = new Open([to("{host: ‸}"), RULES], names).completion();
  assertEquals(hosts, ["details", "reviews"]);
});

const SHARES = vs(`
hosts: [reviews]
http:
- name: canary
  match:
  - headers: {x-cid: {exact: "1"}}
  - uri: {prefix: /v1}
  route:
  - destination: {host: reviews, subset: v1}
    weight: 3
  - destination: {host: reviews.default.svc.cluster.local, subset: v2}
    weight: 1
- timeout: 1s
  route:
  - destination: {host: reviews, subset: v1}`);

Deno.test.each([
  {
    at: "timeout",
    says: ["For the whole request with all its retries"],
  },
  {
    at: "match",
    says: [
      "Takes x-cid: 1",
      'or prefix: "/v1"',
      "For example: GET http://reviews.default.svc.cluster.local:80/ -H x-cid=1",
      "goes to 75 % reviews.default.svc.cluster.local v1, 25 % reviews.default.svc.cluster.local v2",
    ],
  },
  {
    at: "weight: 1",
    says: ["25 % of the rule's requests", "now 10 %, 2 s ago"],
  },
  {
    at: "weight: 3",
    says: [
      "reviews.default.svc.cluster.local, subset v1 (version=v1)",
      "75 % of the rule's requests",
      "now 90 %, 2 s ago",
    ],
  },
])("hover on $at", ({ at, says }) => {
  const names = cluster({
    virtualServices: [{
      name: "reviews",
      labels: {},
      hosts: ["reviews"],
      rules: [{
        index: 4,
        name: "canary",
        kind: "header",
        match: "something",
        headers: [],
        destinations: [
          { host: "reviews", subset: "v1", percent: 90 },
          { host: "reviews", subset: "v2", percent: 10 },
        ],
      }],
    }],
  });
  const text = SHARES.replace(at, `‸${at}`);
  const said = new Open([text, RULES], names).hover();
  for (const one of says) assertStringIncludes(said, one);
  const open = new Open([SHARES, RULES], names);
  const hints = inlayHintsIn(open.file, {
    start: { line: 0, character: 0 },
    end: { line: 99, character: 0 },
  }, { all: together(open.files, names), names });
  assertEquals(
    hints.map(({ label, position }) => [label, position.line]),
    [["now 90 %, 2 s ago", 13], ["now 10 %, 2 s ago", 15]],
  );
});

Deno.test("a rule that another one takes the requests of says so, and links stay text", () => {
  const text = vs(`
hosts: [reviews]
http:
- route: [{destination: {host: reviews}}]
- ‸name: "[x](command:evil)"
  route: [{destination: {host: reviews}}]`);
  assertStringIncludes(new Open([text]).hover(), "is taken by rule 0 before");
  assertEquals(
    new Open([text.replace("‸", "").replace("timeout", "‸")]).hover(),
    "",
  );
});

Deno.test.each([
  {
    title: "Write v2",
    before: to("{host: reviews, subset: v22}"),
    after: to("{host: reviews, subset: v2}"),
  },
  {
    title: "Write reviews",
    before: to("\n      host: reveiws"),
    after: to("\n      host: reviews"),
    services: true,
  },
  {
    title: "Write timeout",
    before: to("{host: reviews}").trimEnd() + "\n    timeuot: 1s # so\n",
    after: to("{host: reviews}").trimEnd() + "\n    timeout: 1s # so\n",
  },
  {
    title: "Remove timeuot",
    before: to("{host: reviews}").trimEnd() + "\n    # why\n    timeuot: 1s\n",
    after: to("{host: reviews}").trimEnd() + "\n    # why\n",
  },
  {
    title: "Write weights 34, 33, 33",
    before: vs(`
hosts: [reviews]
http:
- route:
  - destination: {host: reviews, subset: v1}
    weight: 1 # a
  - {destination: {host: reviews, subset: v2}, weight: 1}
  - destination: {host: reviews}
    weight: 1`),
    after: vs(`
hosts: [reviews]
http:
- route:
  - destination: {host: reviews, subset: v1}
    weight: 34 # a
  - {destination: {host: reviews, subset: v2}, weight: 33}
  - destination: {host: reviews}
    weight: 33`),
  },
  {
    title: "Take out http.1",
    before: vs(`
hosts: [reviews]
http:
- route: [{destination: {host: reviews}}]
# dead
- name: dead
  route: [{destination: {host: reviews}}]`),
    after: vs(`
hosts: [reviews]
http:
- route: [{destination: {host: reviews}}]
# dead`),
  },
  {
    title: 'Write "1"',
    before: to("{host: reviews}").replace(
      "name: reviews",
      "name: reviews\n  labels: {a: 1}",
    ),
    after: to("{host: reviews}").replace(
      "name: reviews",
      'name: reviews\n  labels: {a: "1"}',
    ),
  },
  {
    title: "Ignore IST0101 here",
    before: to("\n      host: reviews\n      subset: v9"),
    after: to(
      "\n      host: reviews\n      # istiops-ignore: IST0101\n      subset: v9",
    ),
  },
])("$title", ({ title, before, after, services }) => {
  const others = services === true ? [RULES, SERVICES] : [RULES];
  for (const newline of ["\n", "\r\n"]) {
    const as = (text: string) => text.replaceAll("\n", newline);
    const open = new Open(
      [as(before), ...others],
      services === true
        ? cluster({ services: [{ host: "reviews", ports: [] }] })
        : undefined,
    );
    const [text] = open.after(title);
    assertEquals(text, as(after));
    // It mends what it is about.
    assert(new Open([text!, ...others]).told().length < open.told().length);
  }
});

Deno.test("a subset that is missing is added to the DestinationRule, with labels like the others", () => {
  const open = new Open([to("{host: reviews, subset: v3}"), RULES]);
  const [, text] = open.after(
    "Add subset v3 to DestinationRule reviews (version=v3,app=reviews)",
  );
  assertEquals(
    text,
    RULES.replace(
      "      app: reviews\n",
      "      app: reviews\n  - name: v3\n    labels:\n      version: v3\n      app: reviews\n",
    ),
  );
  assertEquals(new Open([open.file.text, text!]).codes(), []);
});

Deno.test("no edit is offered where its text would read as something else", () => {
  const open = new Open([
    vs(`
hosts: [reviews]
http:
- match: [{uri: {prefix: /a}}]
  route: &r
  - destination: {host: reviews, subset: v22}
- route: *r`),
    RULES,
  ]);
  const titles = open.actions().map(({ title }) => title);
  // The other rule would change, too.
  assert(!titles.includes("Write v2"), titles.join("; "));
});
