/**
 * istiops as a library: safe, reversible, explainable edits to the Istio
 * routing you already have.
 *
 * Importing it loads no network code; the verbs load what they need. Every
 * verb gives a plain result or a {@linkcode Plan}, which nothing carries out
 * but its `apply()`. Failures are {@linkcode TrafficError}s with a code, a
 * hint and facts.
 *
 * @example Preview for one user, looked at before it is made
 * ```ts
 * import { Traffic } from "@istiops/istiops";
 *
 * await using traffic = await Traffic.sandbox();
 * const plan = await traffic.shift({
 *   selector: { app: "api-domain" },
 *   build: "3",
 *   headers: { "x-cid": "seu_madruga" },
 *   settleMs: 0,
 * });
 * console.log(plan.diff());
 * await plan.apply();
 * ```
 *
 * @module
 */

export {
  type ApplyOptions,
  type ClearOptions,
  type ConnectOptions,
  type FilesOptions,
  type Headers,
  Plan,
  type RunOptions,
  type ShiftOptions,
  Traffic,
  type UndoOptions,
  type Where,
} from "./src/library.ts";
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
export { renderDot } from "./src/render/graph_dot.ts";
export { renderMermaid } from "./src/render/graph_mermaid.ts";
export { renderSvg } from "./src/render/graph_svg.ts";
export {
  ClusterError,
  type ClusterErrorOptions,
  ConflictError,
  type ErrorCode,
  type ErrorOptions,
  InterruptedError,
  ManifestError,
  OutcomeUnknownError,
  RefusedError,
  TrafficError,
  UsageError,
} from "./src/errors.ts";
export type {
  AccessReview,
  CallOptions,
  Cluster,
  DeleteOptions,
  JsonPatchOperation,
  ListOptions,
  ObjectList,
  ObjectRef,
  Target,
  WatchEvent,
  WriteOptions,
} from "./src/cluster/cluster.ts";
export type {
  ManifestCode,
  ManifestProblem,
} from "./src/cluster/manifest_problems.ts";
export type { ExecPolicy } from "./src/cluster/exec_plugin.ts";
export type {
  ForeignOptions,
  KubeConfigLike,
} from "./src/cluster/foreign_config.ts";
export type { Progress } from "./src/actions/execute.ts";
export type { WriteAttempt } from "./src/actions/audit.ts";
export type {
  HistoryRow,
  ObjectHistory,
  TrafficHistory,
} from "./src/actions/history.ts";
export type {
  ShownDestination,
  ShownKind,
  ShownMirror,
  ShownRoute,
  ShownVirtualService,
  TrafficShow,
} from "./src/actions/show.ts";
export type { ReadingTold } from "./src/actions/unread.ts";
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
  TrafficOutcome,
  TrafficPlan,
  Untouched,
  Wait,
} from "./src/traffic/types.ts";
export type {
  ClearIntent,
  HeaderCondition,
  LabelRequirement,
  Overrides,
  Selection,
  ShiftIntent,
} from "./src/traffic/intents.ts";
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
  DiffOptions,
  Fate,
  FateDestination,
  TrafficComparison,
  TrafficDifference,
} from "./src/istio/differences.ts";
export type { Client } from "./src/istio/client.ts";
export type { RoutedDestination, Verdict } from "./src/istio/explain.ts";
export type { Request } from "./src/istio/match.ts";
export type { Gap, Kind, MeshSettings, World } from "./src/istio/world.ts";
export type { CheckOptions } from "./src/traffic/lint.ts";
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
export type { Asked } from "./src/istio/asked.ts";
export type {
  ExplainedDestination,
  Explanation,
  PassedRule,
  RuleAction,
  RulePlace,
} from "./src/istio/explanation.ts";
export type { Ignored } from "./src/istio/ignored.ts";
