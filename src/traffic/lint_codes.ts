/**
 * Every code of a finding, with what it is about. A code stays what it is:
 * people suppress by it.
 *
 * @module
 */

/** What a code is about. */
export interface CodeInfo {
  /** A title without a final period. */
  readonly title: string;
  /** Name in Istio's analyzer; absent for a check of ours. */
  readonly istio?: string;
}

/** By code; Istio's first. */
export const CODES: Readonly<Record<string, CodeInfo>> = {
  IST0002: { title: "A deprecated field", istio: "Deprecated" },
  IST0101: {
    title: "A host, port, subset or gateway that is not there",
    istio: "ReferencedResourceNotFound",
  },
  IST0106: {
    title: "Istio refuses the object",
    istio: "SchemaValidationError",
  },
  IST0109: {
    title: "Another VirtualService has the host",
    istio: "ConflictingMeshGatewayVirtualServiceHosts",
  },
  IST0112: {
    title: "A destination without a port, which one has to be told",
    istio: "VirtualServiceDestinationPortSelectorRequired",
  },
  IST0130: {
    title: "A rule that no request gets to",
    istio: "VirtualServiceUnreachableRule",
  },
  IST0131: {
    title: "A match that takes no request",
    istio: "VirtualServiceIneffectiveMatch",
  },
  IST0132: {
    title: "The gateway does not serve the host",
    istio: "VirtualServiceHostNotFoundInGateway",
  },
  IST0133: { title: "An old form that still works", istio: "SchemaWarning" },
  IST0140: {
    title: "Rules of the mesh that a gateway does not look at",
    istio: "IngressRouteRulesNotAffected",
  },
  IST0165: {
    title: "A gateway that Istio made for itself",
    istio: "ReferencedInternalGateway",
  },
  IST0173: {
    title: "A subset without pods",
    istio: "DestinationRuleSubsetNotSelectPods",
  },
  IST0174: {
    title: "A DestinationRule for a host that nobody knows",
    istio: "UnknownDestinationRuleHost",
  },
  "canary-left-behind": { title: "A header rule for a build that is gone" },
  "delegate-incompatible": {
    title: "A delegate's rule that does not fit into its root's",
  },
  "delegate-missing": { title: "A delegate that is not there" },
  "delegate-nested": { title: "A delegate that delegates" },
  "delegate-not-exported": { title: "A delegate that the root cannot see" },
  "delegate-unknown": { title: "A delegate that cannot be looked at" },
  "destination-rule-hides": {
    title: "A DestinationRule that hides the subsets of another one",
  },
  "destination-rule-not-merged": {
    title: "A DestinationRule that another one stands in for",
  },
  "fault-injected": { title: "Faults on purpose" },
  "field-without-effect": { title: "A field that does nothing where it is" },
  "hash-not-sticky": { title: "Stickiness that ends where weights begin" },
  "header-meant-as-field": { title: "A field written as a header" },
  "host-partial": { title: "A host that is half a name" },
  "ignore-case-without-effect": { title: "ignoreUriCase beside a regex" },
  "match-gateway-unbound": {
    title: "A match for a gateway that the object is not bound to",
  },
  "no-ready-pods": { title: "A destination without ready pods" },
  owned: { title: "Somebody else keeps the object" },
  "pods-unknown": { title: "Pods that cannot be looked at" },
  "port-not-inferred": {
    title: "A destination without a port, taken for another port",
  },
  "requests-without-rule": { title: "Requests that no rule takes" },
  "share-differs": { title: "Weights that do not say what happens" },
  "source-ignored": { title: "Conditions on the source beside gateways" },
  "subset-duplicate": { title: "A subset that is defined twice" },
  "subset-not-for-all-clients": {
    title: "A subset that is not there for other namespaces",
  },
  "subset-unknown": { title: "A subset that cannot be looked at" },
  "subset-unused": { title: "A subset that no rule names" },
  "subset-without-labels": { title: "A subset that is every pod" },
  "two-owners": { title: "Two keepers of one object" },
  "without-effect": { title: "A VirtualService that does nothing" },
};
