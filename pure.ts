/**
 * The half of istiops that needs no cluster and no Deno: the command language,
 * where requests go, and plans of changes, computed from objects that you
 * have. It imports no I/O, and nothing that only Deno has: it is tested on Deno
 * and on Node 20, whose JavaScript it keeps to. On npm it is
 * `import … from "istiops"`.
 *
 * What is read here is read as the command line reads it, and a plan is the
 * one that `istiops shift` would make from the same objects: it is the same
 * code. Nothing here carries a plan out; that is for `istiops apply`, or for
 * `Plan.apply()` of `@istiops/istiops`.
 *
 * Failures are {@linkcode TrafficError}s with a code, a hint and facts.
 *
 * @example A line of the command language, as values
 * ```ts
 * import { parseLine } from "@istiops/istiops/pure";
 *
 * const { invocation, diagnostics } = parseLine("shift api -b 3 -w 20");
 * for (const { message, hint } of diagnostics) console.log(message, hint);
 * if (invocation?.verb === "shift") {
 *   console.log(invocation.intentFor("default"));
 * }
 * ```
 *
 * @module
 */

export { worldOf, type WorldOptions } from "./src/world.ts";
export {
  check,
  diffTraffic,
  type DrawOptions,
  explain,
  graph,
  type RequestOptions,
  requestTo,
  type RouteTestReport,
  testRoutes,
  type TestRoutesOptions,
} from "./src/insight.ts";
export { Snapshot, type SnapshotPlanOptions } from "./src/snapshot.ts";
export {
  checkScript,
  type CheckScriptOptions,
  parseLine,
  type ReadLine,
} from "./src/lines.ts";
export { format as formatScript } from "./src/language/format.ts";
export { placeIn } from "./src/language/document.ts";
export { renderPlan } from "./src/render/plan.ts";
export { renderDot } from "./src/render/graph_dot.ts";
export { renderMermaid } from "./src/render/graph_mermaid.ts";
export { renderSvg } from "./src/render/graph_svg.ts";
export { VERSION } from "./src/version.ts";
export {
  ConflictError,
  type ErrorCode,
  type ErrorOptions,
  ManifestError,
  RefusedError,
  TrafficError,
  UsageError,
} from "./src/errors.ts";
export type {
  DiffOptions,
  Fate,
  FateDestination,
  TrafficComparison,
  TrafficDifference,
} from "./src/istio/differences.ts";
export type { CheckIntent } from "./src/traffic/intents.ts";
export type { Asked } from "./src/istio/asked.ts";
export type { Client } from "./src/istio/client.ts";
export type { RoutedDestination, Verdict } from "./src/istio/explain.ts";
export type {
  ExplainedDestination,
  Explanation,
  PassedRule,
  RuleAction,
  RulePlace,
} from "./src/istio/explanation.ts";
export type { Ignored } from "./src/istio/ignored.ts";
export type { Request } from "./src/istio/match.ts";
export type { Gap, Kind, MeshSettings, World } from "./src/istio/world.ts";
export type {
  Delegate,
  Destination,
  DestinationRule,
  Gateway,
  HTTPMatchRequest,
  HTTPRoute,
  HTTPRouteDestination,
  Json,
  KubeObject,
  L4Route,
  ManagedFields,
  ObjectMeta,
  OwnerReference,
  Pod,
  Service,
  ServiceEntry,
  Sidecar,
  SidecarEgress,
  StringMatch,
  Subset,
  VirtualService,
  Workload,
} from "./src/istio/types.ts";
export type { Diagnostic, Span } from "./src/language/diagnose.ts";
export type {
  EditorQuestion,
  GraphFormat,
  Invocation,
  LineOptions,
  OutputFormat,
  OutputOptions,
  RunOptions,
  SessionVerb,
  TargetOptions,
  Used,
} from "./src/language/invocation.ts";
export type { RenderOptions } from "./src/render/text.ts";
export type {
  ClearIntent,
  HeaderCondition,
  HistoryIntent,
  LabelRequirement,
  Overrides,
  Selection,
  ShiftIntent,
  ShowIntent,
  UndoIntent,
} from "./src/traffic/intents.ts";
export type { JsonPatchOperation, Target } from "./src/cluster/cluster.ts";
export type {
  Change,
  ChangeVerb,
  Edit,
  Grade,
  Guard,
  HistoryEntry,
  ListPath,
  ObjectName,
  RecordedEdit,
  ShareRow,
  TrafficPlan,
  Untouched,
  Wait,
} from "./src/traffic/types.ts";
export type { CheckOptions } from "./src/traffic/lint.ts";
export type {
  FieldPath,
  Finding,
  Fix,
  FixOperation,
  FoundObject,
  Severity,
  Witness,
} from "./src/istio/findings.ts";
export type {
  ClientNode,
  DestinationNode,
  Graph,
  GraphEdge,
  GraphNode,
  GraphNodeBase,
  GraphObject,
  GraphProblem,
  HostNode,
  PodsNode,
  RuleNode,
  VirtualServiceNode,
} from "./src/istio/graph.ts";
export type {
  RouteTestOptions,
  RouteTestResult,
  RouteTestRun,
  UncoveredRule,
} from "./src/istio/route_tests.ts";
export type { RouteTestProblem } from "./src/istio/route_tests_shape.ts";
