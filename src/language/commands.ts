/**
 * THE table: every command, option, value type, help sentence and example.
 * The parser, the help, completion, the docs and every other way in read it,
 * so that they cannot disagree.
 *
 * @module
 */

/** What kind of value an option or an argument takes. */
export type ValueType =
  | "flag"
  | "text"
  | "name"
  | "namespace"
  | "percent"
  | "destination"
  | "duration"
  | "labels"
  | "split"
  | "header"
  | "headers"
  | "selector"
  | "port"
  | "count"
  | "file"
  | "enum";

/** One option. */
export interface Option {
  /** Without dashes. */
  readonly long: string;
  /** One letter, without the dash. */
  readonly short?: string;
  readonly type: ValueType;
  /** How the value is written in help. */
  readonly placeholder?: string;
  /** May be given more than once; its values add up. */
  readonly repeatable?: boolean;
  /** The words of an `enum`. */
  readonly values?: readonly string[];
  /** What holds when it is not given, in words. */
  readonly default?: string;
  /** One sentence without a final period. */
  readonly doc: string;
  /** Live values that complete it. */
  readonly completes?: Completes;
  /** Where it can be written; everywhere that its command can, by default. */
  readonly ways?: readonly Way[];
}

/** Kinds of live values. */
export type Completes =
  | "virtual-service"
  | "namespace"
  | "context"
  | "destination"
  | "build"
  | "label"
  | "header"
  | "route"
  | "operation"
  | "file";

/**
 * Where a line stands: after the program's name in somebody else's shell, at
 * the prompt of our own, or in a script.
 */
export type Way = "line" | "shell" | "script";

/** Arguments without a dash. */
export interface Argument {
  readonly name: string;
  readonly type:
    | "name"
    | "file"
    | "command"
    | "assignment"
    | "text"
    | "namespace"
    | "selector"
    | "destination"
    | "enum";
  readonly required: boolean;
  readonly repeatable: boolean;
  /** The words of an `enum`. */
  readonly values?: readonly string[];
  readonly doc: string;
  /** Live values that complete it. */
  readonly completes?: Completes;
}

/** An example line and what it is for. */
export interface Example {
  readonly line: string;
  readonly doc: string;
}

/** One command. */
export interface Command {
  readonly path: readonly string[];
  /** Where it can be written; everywhere by default. */
  readonly ways?: readonly Way[];
  /** For programs: in no list and no help. */
  readonly hidden?: boolean;
  /** May be written after `traffic`, as in the Go tool. */
  readonly traffic: boolean;
  /** It may write to the cluster. */
  readonly changes: boolean;
  /** It talks to a cluster. */
  readonly cluster: boolean;
  /** One line. */
  readonly summary: string;
  /** Paragraphs. */
  readonly description: string;
  readonly argument?: Argument;
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
}

/** Where and how: options of every command that talks to a cluster. */
export const TARGET_OPTIONS: readonly Option[] = [
  {
    long: "namespace",
    short: "n",
    type: "namespace",
    placeholder: "NAME",
    doc: "Namespace; the context's own by default",
    completes: "namespace",
  },
  {
    long: "kubeconfig",
    type: "file",
    placeholder: "FILE",
    doc: "Kubeconfig; KUBECONFIG, then ~/.kube/config by default",
    completes: "file",
  },
  {
    long: "context",
    type: "text",
    placeholder: "NAME",
    doc: "Context of the kubeconfig; its current one by default",
    completes: "context",
  },
  {
    long: "exec-policy",
    type: "enum",
    values: ["user", "deny-all", "allow-all"],
    placeholder: "POLICY",
    default: "user",
    doc:
      "Whether a kubeconfig's plugins may run: as your kuberc says and none from a repository (user), none, or all",
  },
  {
    long: "insecure-skip-tls-verify",
    type: "flag",
    doc: "Do not look at the server's certificate: anybody may be it",
  },
  {
    long: "sandbox",
    type: "flag",
    doc: "Use the embedded cluster; its state is kept between commands",
  },
  {
    long: "timeout",
    type: "duration",
    placeholder: "TIME",
    default: "60s",
    doc:
      "Bound on all calls to the cluster together; waits and questions do not count",
  },
  {
    long: "debug",
    type: "flag",
    doc: "Tell each exchange with the API server, on standard error",
  },
];

/** For commands that can read files in place of a cluster. */
export const FILES_OPTION: Option = {
  long: "filename",
  short: "f",
  type: "file",
  placeholder: "FILE",
  repeatable: true,
  doc:
    "Read these manifests in place of a cluster: files, folders, - for standard input",
  completes: "file",
};

/** Options of every command. */
export const OUTPUT_OPTIONS: readonly Option[] = [
  {
    long: "output",
    short: "o",
    type: "enum",
    placeholder: "FORMAT",
    values: ["pretty", "json", "yaml"],
    default: "pretty",
    doc: "pretty, json or yaml",
  },
  { long: "no-color", type: "flag", doc: "No colour; so does NO_COLOR" },
  { long: "quiet", short: "q", type: "flag", doc: "Results only, no talk" },
  { long: "verbose", type: "flag", doc: "Say more about what was looked at" },
  { long: "help", short: "h", type: "flag", doc: "Show help" },
];

const SELECTION: readonly Option[] = [
  {
    long: "label-selector",
    short: "l",
    type: "selector",
    placeholder: "SELECTOR",
    doc: "VirtualServices with these labels: app=api, build!=3, tier in (a,b)",
    completes: "label",
  },
  {
    long: "destination",
    short: "d",
    type: "destination",
    placeholder: "HOST[:PORT]",
    doc: "The Service that the requests go to",
    completes: "destination",
  },
];

const HEADERS: readonly Option[] = [
  {
    long: "headers",
    short: "H",
    type: "headers",
    placeholder: "A=1,B=2",
    repeatable: true,
    doc: "Headers that must all match, split at commas",
    completes: "header",
  },
  {
    long: "header",
    type: "header",
    placeholder: "NAME=VALUE",
    repeatable: true,
    doc:
      "One header as it is written; NAME^=PREFIX for a prefix, NAME? for one that is there",
    completes: "header",
  },
];

const REGEXP: readonly Option[] = [
  {
    long: "regexp",
    short: "r",
    type: "flag",
    doc: "Header values are RE2 patterns for the whole value",
  },
  {
    long: "exact",
    short: "e",
    type: "flag",
    doc: "Header values match exactly (the default)",
  },
];

const ALL_NAMESPACES: Option = {
  long: "all-namespaces",
  short: "A",
  type: "flag",
  doc: "All namespaces",
};

const BUILD_LABEL: Option = {
  long: "build-label",
  type: "text",
  placeholder: "KEY",
  doc: "The pod label that tells builds apart, where it cannot be derived",
  completes: "label",
};

/** Guards that one may go past after looking. */
const OVERRIDES: readonly Option[] = [
  {
    long: "force",
    type: "flag",
    doc: "Go past a guard; questions are still asked",
  },
  {
    long: "skip-pod-check",
    type: "flag",
    doc: "Go on though pods cannot be seen",
  },
  {
    long: "override-owner",
    type: "flag",
    doc: "Change objects that Argo CD, Flux, Flagger or Rollouts keep",
  },
];

/** How a change is carried out. */
const RUN: readonly Option[] = [
  {
    long: "dry-run",
    type: "flag",
    doc: "Show the plan, let the server check it, write nothing",
  },
  {
    long: "exit-code",
    type: "flag",
    doc: "With --dry-run: exit 8 if something would change",
  },
  {
    long: "yes",
    short: "y",
    type: "flag",
    doc: "Answer yes where a yes is enough",
  },
  {
    long: "confirm",
    type: "text",
    placeholder: "NAME",
    repeatable: true,
    doc: "Answer with the name of an object; every object concerned",
  },
  {
    long: "plan-out",
    type: "file",
    placeholder: "FILE",
    doc: "Save the plan and do nothing else",
    completes: "file",
  },
  {
    long: "settle",
    type: "duration",
    placeholder: "TIME",
    default: "2s",
    doc: "Wait between dependent writes, and after the last",
  },
  {
    long: "wait-ready",
    type: "duration",
    placeholder: "TIME",
    doc: "Wait so long for ready pods of what rises",
  },
  {
    long: "verify",
    type: "duration",
    placeholder: "TIME",
    doc: "Look again after this time, and fail if somebody put it back",
  },
];

/** Options of commands that change traffic; not each takes all of them. */
export const CHANGE_OPTIONS: readonly Option[] = [...OVERRIDES, ...RUN];

const NAMES: Argument = {
  name: "NAME",
  type: "name",
  required: false,
  repeatable: true,
  doc: "Names of VirtualServices, in place of -l",
  completes: "virtual-service",
};

const UNDO: readonly Option[] = [
  {
    long: "operation",
    type: "text",
    placeholder: "ID",
    doc: "This operation; the newest that stands by default",
    completes: "operation",
  },
  {
    long: "to",
    type: "text",
    placeholder: "ID",
    doc: "Newer operations in turn, down to and with this one",
    completes: "operation",
  },
];

/** Every command, in the order of help. */
export const COMMANDS: readonly Command[] = [
  {
    path: ["show"],
    traffic: true,
    changes: false,
    cluster: true,
    summary: "Show every rule: matches, destinations, shares, ready pods",
    description:
      "Every rule of the VirtualServices, in route order, with what is wrong beside it. Delegates are shown in place. With -f it is the rules of files, in all their namespaces, and no cluster is asked.",
    argument: NAMES,
    options: [
      ...SELECTION,
      ALL_NAMESPACES,
      {
        long: "watch",
        short: "w",
        type: "flag",
        doc: "Show again whenever something changes",
      },
      FILES_OPTION,
    ],
    examples: [
      {
        line: "istiops --sandbox show -l app=api-domain",
        doc: "The rules of a service",
      },
      { line: "istiops --sandbox show -A -o json", doc: "Everything, as JSON" },
      { line: "istiops show -f k8s/", doc: "What files would do" },
    ],
  },
  {
    path: ["explain"],
    traffic: true,
    changes: false,
    cluster: true,
    summary: "Say which rule a request takes, where it goes, and why",
    description:
      "The request as one would send it: a URL, with its method before it. It comes from a sidecar of the namespace, unless --from, --gateway or --waypoint says otherwise. Told are the rule that takes it, the destinations with their shares, and for each rule before it the first condition that fails; objects that name the host and have no part in it; the DestinationRule in effect; answers of the proxy itself (404 NR, 503 NC and UH). What cannot be known is said to be unknown.",
    argument: {
      name: "REQUEST",
      type: "text",
      required: false,
      repeatable: true,
      doc: "[METHOD] URL: GET http://api-domain:5000/v1",
    },
    options: [
      ...HEADERS.map((option) => ({
        ...option,
        doc: option.long === "headers"
          ? "Headers that it carries, split at commas"
          : "One header as it is sent",
        ...(option.long === "header" ? { placeholder: "NAME=VALUE" } : {}),
      })),
      {
        long: "method",
        type: "text",
        placeholder: "METHOD",
        default: "GET",
        doc: "The method, where none stands before the URL",
      },
      {
        long: "from",
        type: "labels",
        placeholder: "K=V,K=V",
        doc:
          "Labels of the client's pods; namespace=NAME is the namespace of the client",
        completes: "label",
      },
      {
        long: "gateway",
        type: "text",
        placeholder: "NAME",
        doc: "It comes in through this Gateway: NAME or NAMESPACE/NAME",
      },
      {
        long: "waypoint",
        type: "text",
        placeholder: "NAME",
        doc:
          "It comes to this waypoint of an ambient mesh: NAME or NAMESPACE/NAME",
      },
      {
        long: "sample",
        type: "count",
        placeholder: "N",
        doc: "Send it N times, and count where the requests go",
      },
      {
        long: "requests",
        type: "file",
        placeholder: "FILE",
        doc:
          "Answer a request a line, as JSON, with a line each; - for standard input",
        completes: "file",
      },
      FILES_OPTION,
    ],
    examples: [
      {
        line:
          "istiops --sandbox explain GET http://api-domain:5000/ -H x-cid=1",
        doc: "Where it goes, and why",
      },
      {
        line:
          "istiops --sandbox explain http://api-domain:5000/ --from app=web,namespace=default --sample 1000",
        doc: "From a client, a thousand times",
      },
      {
        line: "istiops explain http://reviews:9080/ -f k8s/",
        doc: "What files would do",
      },
    ],
  },
  {
    path: ["check"],
    traffic: true,
    changes: false,
    cluster: true,
    summary: "Find what is wrong with the routing, or about to be",
    description:
      "VirtualServices, DestinationRules, Gateways and ServiceEntries of the namespace, held against each other and against Services and pods. Each finding has a code (Istio's own where the check is the same), its place, what it means for requests, and the edit that mends it; docs/checks.md has them all. What cannot be seen is no finding. With a name or labels it is about these objects and the DestinationRules behind them. Annotations istiops/ignore and galley.istio.io/analyze-suppress name codes that are not told, and so does a comment # istiops-ignore: CODE in a file. Exits 1 where a finding is an error.",
    argument: {
      name: "NAME",
      type: "name",
      required: false,
      repeatable: true,
      doc: "Names of objects; all of the namespace by default",
      completes: "virtual-service",
    },
    options: [
      {
        long: "label-selector",
        short: "l",
        type: "selector",
        placeholder: "SELECTOR",
        doc: "Objects with these labels: app=api, tier in (a,b)",
        completes: "label",
      },
      ALL_NAMESPACES,
      {
        long: "fail-on",
        type: "enum",
        placeholder: "SEVERITY",
        values: ["error", "warning", "info"],
        default: "error",
        doc: "Exit 1 from this severity on: error, warning or info",
      },
      {
        long: "fix",
        type: "flag",
        doc:
          "Show the plan that mends what can be mended without moving requests",
      },
      {
        long: "plan-out",
        type: "file",
        placeholder: "FILE",
        doc: "With --fix: save the plan, for istiops apply",
        completes: "file",
      },
      {
        long: "output",
        short: "o",
        type: "enum",
        placeholder: "FORMAT",
        values: ["pretty", "json", "yaml", "sarif", "junit"],
        default: "pretty",
        doc: "pretty, json, yaml, sarif (2.1.0) or junit",
      },
      FILES_OPTION,
    ],
    examples: [
      {
        line: "istiops --sandbox check",
        doc: "What is wrong in the namespace",
      },
      {
        line: "istiops --sandbox check -A --fail-on warning -o sarif",
        doc: "For a pipeline, from warnings on",
      },
      {
        line: "istiops --sandbox check --fix",
        doc: "What could be mended at once; istiops apply carries it out",
      },
      { line: "istiops check -f k8s/", doc: "Files, before they are applied" },
    ],
  },
  {
    path: ["graph"],
    traffic: true,
    changes: false,
    cluster: true,
    summary: "Draw hosts, rules, destinations and pods as a picture",
    description:
      "Who asks, for which host, the rules in the order in which they are tried, where each leads and with which share, the pods there, and what is wrong: as Mermaid, DOT, SVG, or one HTML page that explains requests by itself, without a network. It goes to standard output, or with --out to a file, whose name says the format, too. Above 300 nodes rules and subsets are summarised; what is no picture any more is refused, to be narrowed.",
    argument: NAMES,
    options: [
      ...SELECTION,
      ALL_NAMESPACES,
      {
        long: "output",
        short: "o",
        type: "enum",
        placeholder: "FORMAT",
        values: ["mermaid", "dot", "svg", "html", "json", "yaml"],
        default: "as --out is named; mermaid",
        doc: "mermaid, dot, svg, html, json or yaml",
      },
      {
        long: "out",
        type: "file",
        placeholder: "FILE",
        doc:
          "Write it there; a file that is no graph of istiops is not overwritten",
        completes: "file",
      },
      FILES_OPTION,
    ],
    examples: [
      {
        line: "istiops --sandbox graph -l app=api-domain",
        doc: "As Mermaid, for a page that draws it",
      },
      {
        line: "istiops --sandbox graph -A --out traffic.html",
        doc: "A page to look at and to ask",
      },
      {
        line: "istiops graph -f k8s/ --out traffic.dot",
        doc: "What files would do, for Graphviz",
      },
    ],
  },
  {
    path: ["test"],
    traffic: true,
    changes: false,
    cluster: true,
    summary: "Hold requests against what is expected of them",
    description:
      "A file of tests has requests, and for each what shall become of it: the rule, the destination, the build, its share, a redirect, a status; docs/testing.md has the format. They are walked through the rules of the cluster, or with -f of files; nothing is sent. Exits 1 where a test fails. --record prints such a file from a VirtualService as it is now, with one request for each rule.",
    argument: {
      name: "FILE",
      type: "file",
      required: false,
      repeatable: true,
      doc: "Files and folders of tests; - for standard input",
      completes: "file",
    },
    options: [
      {
        long: "coverage",
        type: "flag",
        doc: "Say which rules no request reaches",
      },
      {
        long: "record",
        type: "text",
        placeholder: "NAME",
        doc: "Print a file of tests from this VirtualService, and run none",
        completes: "virtual-service",
      },
      {
        long: "output",
        short: "o",
        type: "enum",
        placeholder: "FORMAT",
        values: ["pretty", "json", "yaml", "junit"],
        default: "pretty",
        doc: "pretty, json, yaml or junit",
      },
      FILES_OPTION,
    ],
    examples: [
      {
        line: "istiops --sandbox test --record api-domain-virtualservice",
        doc: "What there is now, as tests",
      },
      {
        line: "istiops --sandbox test tests.yaml --coverage",
        doc: "The tests, and the rules without one",
      },
      {
        line: "istiops test tests/ -f k8s/ -o junit",
        doc: "Files, in a pipeline",
      },
    ],
  },
  {
    path: ["diff"],
    traffic: true,
    changes: false,
    cluster: true,
    summary: "Say which requests go elsewhere between two states",
    description:
      "Not lines, but traffic: each row is a set of requests that fare otherwise, with one of them as a witness, and where it goes before and after. A state is a file or a folder of manifests, a saved plan, - for standard input, or the word cluster: the target. One state alone is held against the cluster. Files beside the cluster stand for the cluster with them applied, and a plan for the other state with it carried out; files beside files are compared as they are. What a row says has been tried on both sides; docs/diff.md tells what no row may say.",
    argument: {
      name: "STATE",
      type: "file",
      required: false,
      repeatable: true,
      doc: "cluster, a file, a folder, a saved plan, or - for standard input",
      completes: "file",
    },
    options: [
      {
        long: "exit-code",
        type: "flag",
        doc: "Exit 8 if any request goes elsewhere",
      },
    ],
    examples: [
      {
        line: "istiops --sandbox diff routes.yaml",
        doc: "What applying a file would do to requests",
      },
      {
        line: "istiops --sandbox diff plan.json",
        doc: "What a saved plan would do",
      },
      {
        line: "istiops diff k8s-before/ k8s-after/ --exit-code",
        doc: "Two folders, in a pipeline",
      },
    ],
  },
  {
    path: ["shift"],
    traffic: true,
    changes: true,
    cluster: true,
    summary: "Send requests to a build, by header, by weight, or both",
    description:
      "A weight sets the build's share on the rules without header conditions; the other builds keep the rest in ratio. Headers put a rule before each of those, cloned from it. A build that rises must have ready pods. What was replaced is kept in the object, so that `istiops undo` goes back.",
    argument: NAMES,
    options: [
      ...SELECTION,
      {
        long: "build",
        short: "b",
        type: "text",
        placeholder: "BUILD",
        doc: "The build, by the value of its build label",
        completes: "build",
      },
      {
        long: "pod-selector",
        short: "p",
        type: "labels",
        placeholder: "K=V,K=V",
        doc: "The pod labels of the build, outright",
        completes: "label",
      },
      {
        long: "weight",
        short: "w",
        type: "percent",
        placeholder: "PERCENT",
        doc: "Its share: 0 to 100, at most one decimal",
      },
      {
        long: "split",
        type: "split",
        placeholder: "A=20,B=80",
        doc: "The shares of all builds at once; they sum to 100",
      },
      ...HEADERS,
      ...REGEXP,
      {
        long: "route",
        type: "text",
        placeholder: "NAME|INDEX",
        repeatable: true,
        doc: "Only this rule, by name or by index from 0",
        completes: "route",
      },
      {
        long: "all-routes",
        type: "flag",
        doc: "All base rules, though their shares differ",
      },
      {
        long: "base-build",
        type: "text",
        placeholder: "BUILD",
        doc: "What destinations without a subset shall mean from now on",
        completes: "build",
      },
      BUILD_LABEL,
      {
        long: "create",
        type: "flag",
        doc: "Make a missing DestinationRule",
      },
      {
        long: "create-route",
        type: "text",
        placeholder: "MATCH",
        doc:
          "Make a missing route: any, prefix=/v1, exact=/login or regex=.+; with --weight 100",
      },
      {
        long: "replace",
        type: "flag",
        doc: "Take the headers from the build they lead to now",
      },
      {
        long: "replace-subset",
        type: "flag",
        doc: "Replace the labels of a subset that nothing names",
      },
      {
        long: "destination-headers",
        type: "enum",
        values: ["copy", "none"],
        placeholder: "copy|none",
        doc:
          "Header operations of the destination that a new one is modelled on",
      },
      ...OVERRIDES,
      ...RUN,
    ],
    examples: [
      {
        line:
          "istiops --sandbox shift -l app=api-domain -d api-domain:5000 -b 3 -H x-cid=seu_madruga",
        doc: "A preview of build 3 for one header",
      },
      {
        line:
          "istiops --sandbox shift -l app=api-domain -d api-domain:5000 -b 3 -w 20 --dry-run",
        doc: "What 20 % for build 3 would change",
      },
      {
        line:
          "istiops --sandbox shift api-domain-virtualservice --split 1=80,2=10,3=10",
        doc: "The shares of three builds at once",
      },
    ],
  },
  {
    path: ["clear"],
    traffic: true,
    changes: true,
    cluster: true,
    summary: "Drop what has no pods, or one build's previews",
    description:
      "soft (the default) drops header rules and destinations that no pod stands behind and nothing asks for. hard drops every rule but the master rule and prefix rules. --build drops one build's previews, with --header those of one set of headers. Subsets of ours that nothing names any more go last.",
    argument: NAMES,
    options: [
      ...SELECTION,
      {
        long: "mode",
        short: "m",
        type: "enum",
        values: ["soft", "hard"],
        placeholder: "soft|hard",
        default: "soft",
        doc: "soft: what is dead; hard: all but the master and prefix rules",
      },
      {
        long: "build",
        short: "b",
        type: "text",
        placeholder: "BUILD",
        doc: "This build's previews, whatever its pods",
        completes: "build",
      },
      ...HEADERS,
      ...REGEXP,
      BUILD_LABEL,
      ...OVERRIDES,
      ...RUN,
    ],
    examples: [
      {
        line: "istiops --sandbox clear -l app=api-domain --dry-run",
        doc: "What is dead",
      },
      {
        line: "istiops --sandbox clear api-domain-virtualservice -b PR-10",
        doc: "The previews of one build",
      },
    ],
  },
  {
    path: ["undo"],
    traffic: true,
    changes: true,
    cluster: true,
    summary: "Take back the newest change, from the cluster's own record",
    description:
      "Restores the exact former rules beside their former neighbours and leaves everything else as it is now. Works on any machine: the record is in the objects.",
    argument: { ...NAMES, doc: "Names of VirtualServices" },
    options: [...SELECTION, ...UNDO, ...OVERRIDES, ...RUN],
    examples: [
      {
        line: "istiops --sandbox undo api-domain-virtualservice --dry-run",
        doc: "What going back would change",
      },
    ],
  },
  {
    path: ["redo"],
    traffic: true,
    changes: true,
    cluster: true,
    summary: "Take back the newest undo",
    description: "Brings back what the newest undo took back.",
    argument: { ...NAMES, doc: "Names of VirtualServices" },
    options: [...SELECTION, ...UNDO, ...OVERRIDES, ...RUN],
    examples: [
      {
        line: "istiops --sandbox redo api-domain-virtualservice --dry-run",
        doc: "What it would bring back",
      },
    ],
  },
  {
    path: ["history"],
    traffic: true,
    changes: false,
    cluster: true,
    summary: "List what was changed, when and by whom",
    description:
      "The records of the objects, newest first: when, who, what, shares before and after, undone or not.",
    argument: { ...NAMES, doc: "Names of VirtualServices" },
    options: [...SELECTION, {
      long: "local",
      type: "flag",
      doc:
        "What this machine has written, failed attempts too, from its audit log; asks no cluster",
    }, {
      long: "lines",
      type: "flag",
      doc: "What was typed at this prompt, newest last; asks no cluster",
      ways: ["shell"],
    }],
    examples: [
      {
        line: "istiops --sandbox history api-domain-virtualservice",
        doc: "What was done to one VirtualService",
      },
      {
        line: "istiops history --local",
        doc: "Each write that was sent from here, and what came of it",
      },
    ],
  },
  {
    path: ["apply"],
    traffic: true,
    changes: true,
    cluster: true,
    summary: "Carry out a saved plan, unchanged or not at all",
    description:
      "Asks again, then writes what the plan says; refuses if one of its objects has changed since.",
    argument: {
      name: "FILE",
      type: "file",
      required: true,
      repeatable: false,
      doc: "A plan saved with --plan-out",
      completes: "file",
    },
    options: [
      ...OVERRIDES,
      ...RUN.filter(({ long }) =>
        ["dry-run", "exit-code", "yes", "confirm", "verify"].includes(long)
      ),
    ],
    examples: [
      { line: "istiops --sandbox apply plan.json", doc: "A plan, as it is" },
    ],
  },
  {
    path: ["context"],
    traffic: false,
    changes: false,
    cluster: true,
    summary: "List contexts, and show which one would be used and why",
    description:
      "Reads the kubeconfig as every command does: server, user, how it logs in, CA, proxy. --check asks the cluster what this user may do there.",
    options: [
      {
        long: "check",
        type: "flag",
        doc: "Ask the cluster what you may do; may run a plugin",
      },
    ],
    examples: [
      {
        line: "istiops --sandbox context",
        doc: "Where a command would go, and why",
      },
      {
        line: "istiops --sandbox context --check",
        doc: "What you may do there",
      },
    ],
  },
  {
    path: ["shell"],
    ways: ["line"],
    traffic: false,
    changes: false,
    cluster: true,
    summary: "Open the shell; so does istiops alone, on a terminal",
    description:
      "A prompt with completion from the cluster, errors before Enter, a preview of each change, and history. `help` lists what can be typed there. Target options hold until `use` says otherwise; nothing is written to a kubeconfig.",
    options: [{
      long: "plain",
      type: "flag",
      doc:
        "Lines only: no menu, no colour, nothing redrawn; for screen readers and simple terminals",
    }],
    examples: [
      { line: "istiops --sandbox shell", doc: "At the embedded cluster" },
      { line: "istiops --context staging", doc: "At a cluster of your own" },
    ],
  },
  {
    path: ["run"],
    ways: ["line"],
    traffic: false,
    changes: true,
    cluster: true,
    summary: "Run a script of commands",
    description:
      "One command a line; # begins a comment, a backslash at the end goes on in the next line, set NAME=VALUE and $NAME stand for values. The whole file is checked before its first line runs, and what is wrong ends it with exit 2; then the first error stops it with its place and exit 3. Nothing asks: grave steps need --yes or --confirm in their line. Target options hold for lines that name no target of their own.",
    argument: {
      name: "FILE",
      type: "file",
      required: true,
      repeatable: false,
      doc: "The script; - for standard input",
      completes: "file",
    },
    options: [
      {
        long: "set",
        type: "text",
        placeholder: "NAME=VALUE",
        repeatable: true,
        doc: "A value for $NAME, before any that the script sets",
      },
      {
        long: "keep-going",
        type: "flag",
        doc: "Go on after an error; ends with the worst status",
      },
      {
        long: "dry-run",
        type: "flag",
        doc: "Every change in it as a dry run",
      },
      {
        long: "resume",
        type: "flag",
        doc: "Go on where the same script has stopped before",
      },
      {
        long: "show",
        type: "flag",
        doc: "Say each line before it runs, on standard error",
      },
    ],
    examples: [
      {
        line: "istiops --sandbox run release.istiops --set build=3 --dry-run",
        doc: "What a script would change",
      },
      {
        line: "istiops --sandbox run release.istiops --set build=3 --show",
        doc: "A script, line by line",
      },
    ],
  },
  {
    path: ["lsp"],
    ways: ["line"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Serve an editor, or answer one question about a file",
    description:
      "Speaks the Language Server Protocol on standard input and output, for *.istiops, for YAML with a VirtualService, DestinationRule or Gateway, and for tests of routes. --complete, --hover and --check answer once, as JSON, from the same engine.",
    options: [
      {
        long: "stdio",
        type: "flag",
        doc: "Standard input and output (the default, and the only way)",
      },
      {
        long: "complete",
        type: "text",
        placeholder: "FILE:LINE:COL",
        doc: "What could be written there; lines and columns from 1",
        completes: "file",
      },
      {
        long: "hover",
        type: "text",
        placeholder: "FILE:LINE:COL",
        doc: "What stands there",
        completes: "file",
      },
      {
        long: "check",
        type: "file",
        placeholder: "FILE",
        doc: "What is wrong in a file; exit 1 if something is",
        completes: "file",
      },
    ],
    examples: [
      { line: "istiops lsp", doc: "For an editor" },
      {
        line: "istiops lsp --check release.istiops",
        doc: "A script, checked in a pipeline",
      },
    ],
  },
  {
    path: ["completions"],
    ways: ["line"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Print the completion script for your shell",
    description:
      "For bash, zsh, fish or PowerShell. What is completed comes from the same engine as the prompt's, names of the cluster among it.",
    argument: {
      name: "SHELL",
      type: "enum",
      values: ["bash", "zsh", "fish", "pwsh"],
      required: true,
      repeatable: false,
      doc: "bash, zsh, fish or pwsh",
    },
    options: [],
    examples: [
      {
        line: "istiops completions bash",
        doc: "source <(istiops completions bash)",
      },
    ],
  },
  {
    path: ["__complete"],
    ways: ["line"],
    hidden: true,
    traffic: false,
    changes: false,
    cluster: false,
    summary: "What the scripts of completions ask",
    description:
      "Prints a candidate a line, with its description behind a tab; :files where names of files belong, too. kubectl hands over words in place of the line, and gets a directive as the last line.",
    argument: {
      name: "WORD",
      type: "text",
      required: false,
      repeatable: true,
      doc: "The shell's name, and the line up to the cursor",
    },
    options: [],
    examples: [{
      line: "istiops __complete bash -- 'istiops sh'",
      doc: "What begins with sh",
    }],
  },
  {
    path: ["use"],
    ways: ["shell", "script"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Show what lines use that do not say it themselves",
    description:
      "use context, use namespace, use selector, use destination, use build and use sandbox hold for this session or script only; no file is written. Without a value they forget it.",
    options: [],
    examples: [{ line: "use", doc: "What is in use" }],
  },
  {
    path: ["use", "context"],
    ways: ["shell", "script"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "The cluster that lines go to",
    description:
      "A context of the kubeconfig, from here on; the namespace in use is forgotten.",
    argument: {
      name: "NAME",
      type: "text",
      required: false,
      repeatable: false,
      doc: "Context of the kubeconfig; its current one by default",
      completes: "context",
    },
    options: [],
    examples: [{ line: "use context staging", doc: "This cluster" }],
  },
  {
    path: ["use", "sandbox"],
    ways: ["shell", "script"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "The embedded cluster, from here on",
    description: "As --sandbox on every line.",
    options: [],
    examples: [{ line: "use sandbox", doc: "To try something" }],
  },
  {
    path: ["use", "namespace"],
    ways: ["shell", "script"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "The namespace of lines that name none",
    description: "As --namespace on every line.",
    argument: {
      name: "NAME",
      type: "namespace",
      required: false,
      repeatable: false,
      doc: "The namespace; the context's own by default",
      completes: "namespace",
    },
    options: [],
    examples: [{ line: "use namespace shop", doc: "This namespace" }],
  },
  {
    path: ["use", "selector"],
    ways: ["shell", "script"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "The VirtualServices of lines that choose none",
    description:
      "As --label-selector on lines without a name, a selector or a destination of their own.",
    argument: {
      name: "SELECTOR",
      type: "selector",
      required: false,
      repeatable: false,
      doc: "Labels of VirtualServices",
      completes: "label",
    },
    options: [],
    examples: [{ line: "use selector app=api-domain", doc: "These objects" }],
  },
  {
    path: ["use", "destination"],
    ways: ["shell", "script"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "The Service of lines that choose no objects",
    description:
      "As --destination on lines without a name, a selector or a destination of their own.",
    argument: {
      name: "HOST[:PORT]",
      type: "destination",
      required: false,
      repeatable: false,
      doc: "The Service that the requests go to",
      completes: "destination",
    },
    options: [],
    examples: [{
      line: "use destination api-domain:5000",
      doc: "This Service",
    }],
  },
  {
    path: ["use", "build"],
    ways: ["shell", "script"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "The build of a shift that names none",
    description:
      "As --build on a shift that chooses no objects of its own, so that shift --weight 20 is a whole command.",
    argument: {
      name: "BUILD",
      type: "text",
      required: false,
      repeatable: false,
      doc: "The build, by the value of its build label",
      completes: "build",
    },
    options: [],
    examples: [{ line: "use build 3", doc: "This build" }],
  },
  {
    path: ["set"],
    ways: ["shell", "script"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Give a name to a value: set build=42, then $build",
    description:
      "A value is one piece of a word, whatever is in it: it is never split, and nothing in it is run. A value from outside (run --set) goes before.",
    argument: {
      name: "NAME=VALUE",
      type: "assignment",
      required: false,
      repeatable: false,
      doc: "The name and its value; without it, what is set is shown",
    },
    options: [],
    examples: [{ line: "set build=42", doc: "From here on, $build is 42" }],
  },
  {
    path: ["refresh"],
    ways: ["shell"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Read the names that complete a line again",
    description: "They are kept up to date by themselves, as a rule.",
    options: [],
    examples: [{ line: "refresh", doc: "After the network was away" }],
  },
  {
    path: ["log"],
    ways: ["shell"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Show whether what is run is recorded, and where",
    description: "log start FILE begins, log stop ends.",
    options: [],
    examples: [{ line: "log", doc: "Is it recorded?" }],
  },
  {
    path: ["log", "start"],
    ways: ["shell"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Record what is run as a script that goes to the same place",
    description:
      "Every line that was carried out is added to the file with its context, namespace and selector: istiops run FILE does the same again.",
    argument: {
      name: "FILE",
      type: "file",
      required: true,
      repeatable: false,
      doc: "A file that is not there yet, or one that was begun so",
      completes: "file",
    },
    options: [],
    examples: [{ line: "log start release.istiops", doc: "From here on" }],
  },
  {
    path: ["log", "stop"],
    ways: ["shell"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Record no more",
    description: "Ends what log start began.",
    options: [],
    examples: [{ line: "log stop", doc: "Enough" }],
  },
  {
    path: ["exit"],
    ways: ["shell"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Leave the shell; so does Ctrl-D",
    description: "Nothing is lost: changes are carried out when they are made.",
    options: [],
    examples: [{ line: "exit", doc: "Leave" }],
  },
  {
    path: ["sandbox"],
    ways: ["line"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Run the embedded cluster, for kubectl and for trying things out",
    description:
      "Serves a Kubernetes API on loopback until Ctrl-C and prints the KUBECONFIG to use. `istiops --sandbox COMMAND` works on the same state.",
    options: [
      {
        long: "load",
        type: "file",
        placeholder: "FILE",
        repeatable: true,
        doc: "Put these manifests into it; pods are made for Deployments",
        completes: "file",
      },
      {
        long: "port",
        type: "port",
        placeholder: "PORT",
        doc: "Listen here; any free port by default",
      },
    ],
    argument: {
      name: "FILE",
      type: "file",
      required: false,
      repeatable: true,
      doc: "More files for --load",
      completes: "file",
    },
    examples: [
      { line: "istiops sandbox", doc: "Serve it, end with Ctrl-C" },
      {
        line: "istiops sandbox --load bookinfo.yaml routes.yaml",
        doc: "With manifests of your own",
      },
    ],
  },
  {
    path: ["sandbox", "reset"],
    ways: ["line"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Put the embedded cluster back to its first state",
    description: "Forgets every change made to the sandbox.",
    options: [],
    examples: [{ line: "istiops sandbox reset", doc: "Start again" }],
  },
  {
    path: ["version"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Show the version",
    description:
      "The version of istiops, of Deno, and the build target. --check says where it looks, asks there once, without credentials and within 5 s, and tells how to get what is newer; it ends with 0 whether there is something newer or not, and with 5 where nothing can be learned. Nothing else ever looks.",
    options: [
      {
        long: "check",
        type: "flag",
        doc: "Look whether a newer release is there",
      },
      {
        long: "from",
        type: "text",
        placeholder: "URL",
        default: "https://github.com/istiops/istiops/releases/latest",
        doc:
          "Where --check looks: a page that redirects to the release, or a file with its version",
      },
    ],
    examples: [{ line: "istiops version -o json", doc: "For machines" }],
  },
  {
    path: ["help"],
    traffic: false,
    changes: false,
    cluster: false,
    summary: "Show help for a command",
    description: "The same as --help.",
    argument: {
      name: "COMMAND",
      type: "command",
      required: false,
      repeatable: true,
      doc: "The command to explain",
    },
    options: [],
    examples: [{ line: "istiops help shift", doc: "How to shift traffic" }],
  },
];

/** Commands that have their place and are not there yet. */
export const PLANNED: readonly string[] = [
  "rollout",
];

/** The command of a path. */
export function commandAt(path: readonly string[]): Command | undefined {
  return COMMANDS.find((command) =>
    command.path.length === path.length &&
    command.path.every((word, index) => word === path[index])
  );
}

/** Can it be written there? */
export function isIn(
  { ways }: { readonly ways?: readonly Way[] },
  way: Way,
): boolean {
  return ways?.includes(way) ?? true;
}

/** The commands of one word that can be written there, in order. */
export function commandsIn(way: Way): readonly Command[] {
  return COMMANDS.filter((command) =>
    command.path.length === 1 && command.hidden !== true && isIn(command, way)
  );
}

/** The commands of one more word that can be written there. */
export function commandsBelow(
  path: readonly string[],
  way: Way,
): readonly Command[] {
  return COMMANDS.filter((command) =>
    command.path.length === path.length + 1 && command.hidden !== true &&
    isIn(command, way) && path.every((word, at) => word === command.path[at])
  );
}

/** All options that a command takes where it stands. */
export function optionsOf(
  command: Command,
  way: Way = "line",
): readonly Option[] {
  const target = command.cluster ? TARGET_OPTIONS : [];
  const options = command.options.filter((option) => isIn(option, way));
  const own = new Set(options.flatMap(({ long, short }) => [long, short]));
  const shared = [...target, ...OUTPUT_OPTIONS].filter(({ long }) =>
    !own.has(long)
  );
  return [...options, ...shared];
}
