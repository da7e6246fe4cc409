/**
 * Each error code in a sentence, for the reference. The type asks for every
 * code; a test holds the exits against the errors that the sources make.
 *
 * @module
 */

import type { ErrorCode } from "../src/errors.ts";

/** What a code means. */
export interface CodeMeaning {
  /** Statuses that a process ends with. */
  readonly exits: readonly number[];
  /** One sentence without a final period. */
  readonly means: string;
}

const on = (...exits: readonly number[]) => (means: string): CodeMeaning => ({
  exits,
  means,
});

const usage = on(2);
const failed = on(1);
const refused = on(4);
const away = on(5);

/** Every code. */
export const ERROR_CODES: Readonly<Record<ErrorCode, CodeMeaning>> = {
  "usage": usage("The line as a whole cannot be read, or cannot be used here"),
  "no-terminal": usage("The shell was asked for, and this is no terminal"),
  "unknown-command": usage("There is no such command"),
  "unknown-option": usage("The command has no such option"),
  "missing-value": usage("An option stands without its value"),
  "invalid-value": usage("A value is not what its option takes"),
  "missing-argument": usage("Something is missing that the command needs"),
  "unexpected-argument": usage("A word more than the command takes"),
  "undefined-variable": usage(
    "A script or the shell uses $NAME before it is set",
  ),
  "conflicting-options": usage(
    "Two options, or two values of one, exclude each other",
  ),
  "ambiguous-destination": usage(
    "The chosen rules lead to several hosts; -d says which",
  ),
  "ambiguous-build": usage("Several builds come into question; -b says which"),
  "not-found": failed("An object, a namespace or a rule is not there"),
  "history-not-found": failed("There is no record to go back by"),
  "invalid-manifest": failed(
    "A file for --load cannot be read, or is no manifest",
  ),
  "invalid-plan": failed(
    "A file for apply is no plan, or not one for this cluster",
  ),
  "sandbox-state": failed(
    "The embedded cluster's state is in use, damaged or has no place",
  ),
  "invalid-configuration": failed("The configuration file is wrong"),
  "too-many": failed("More than a picture can hold; narrow the selection"),
  "file": failed("A file cannot be read or written"),
  "permission": failed(
    "Deno was not given a permission; the message names its flag",
  ),
  "output": failed("Standard output cannot be written to"),
  "internal": failed("A mistake of istiops itself"),
  "reverted": failed("With --verify: somebody put it back meanwhile"),
  "unauthorized": failed("The server does not accept the credentials"),
  "kind-not-served": failed(
    "The cluster does not know a kind, such as VirtualService",
  ),
  "rejected": failed(
    "The server, or an admission webhook, says that it is wrong",
  ),
  "kubeconfig": failed(
    "The kubeconfig is missing, wrong or names no usable context",
  ),
  "exec-plugin": failed("The kubeconfig's program to log in fails"),
  "unsupported-kubeconfig": failed(
    "The kubeconfig asks for what is not supported",
  ),
  "expired": failed("The server has forgotten the version that was asked for"),
  "too-large": failed("The object would be larger than a server takes"),
  "ambiguous-object": refused(
    "Several VirtualServices, or subsets, come into question",
  ),
  "delegate-not-selected": refused(
    "The rules live in a delegate that was not chosen itself",
  ),
  "without-effect": refused(
    "The VirtualService has no effect, for example since an older one owns its host",
  ),
  "destination-rule-hidden": refused(
    "Another DestinationRule hides the one that would need the subset",
  ),
  "destination-rule-missing": refused(
    "There is no DestinationRule for the host, or none can be made",
  ),
  "no-route": refused("No rule leads to the host"),
  "build-label-unknown": refused(
    "It cannot be told which label names the build; --build-label does",
  ),
  "build-unknown": refused("No subset and no pod carries the build"),
  "subset-exists": refused("A subset of that name has other labels"),
  "subset-in-use": refused(
    "A subset whose labels would be replaced is named somewhere",
  ),
  "header-value-of-build": refused(
    "Headers to copy from the model destination hold the name of its build",
  ),
  "base-without-subset": refused(
    "A destination without a subset reaches all pods; --base-build pins it",
  ),
  "port-unclear": refused(
    "It cannot be told whether a rule means the port that was asked for",
  ),
  "routes-differ": refused(
    "Base rules have different shares; --route or --all-routes says which",
  ),
  "only-build": refused(
    "The only build with a share cannot give some of it away",
  ),
  "shared-route": refused(
    "The rule leads to other hosts or ports, too; --route names it",
  ),
  "no-ready-pods": refused("A build that would rise has no ready pods"),
  "pods-unknown": refused("The pods of a build that would rise cannot be seen"),
  "header-taken": refused(
    "The same headers lead to another build; --replace takes them",
  ),
  "header-unreachable": refused(
    "The header rule would never match, or would take another one's requests",
  ),
  "no-master-route": refused(
    "Without a master rule, clear -m hard would leave nothing",
  ),
  "has-share": refused("The build to clear still has a share of the requests"),
  "owned": refused("Argo CD, Flux, Flagger or Argo Rollouts keeps the object"),
  "confirmation-needed": refused(
    "A grave change needs --yes or --confirm NAME",
  ),
  "declined": refused("The answer to the question was no"),
  "record-mismatch": refused("A record does not fit the object or the script"),
  "exec-denied": refused("A program to log in with may not be run"),
  "insecure-denied": refused(
    "A kubeconfig of a repository asks not to look at certificates",
  ),
  "forbidden": on(1, 4)(
    "A right is missing; 4 where an undo is about an object that cannot be seen",
  ),
  "conflict": on(6)("Somebody else has changed the same thing"),
  "outcome-unknown": on(7)("A write may have landed; look before the next one"),
  "unreachable": away("No answer, or one of something in front of the server"),
  "timeout": away("No answer in time"),
  "overloaded": away("The server has too much to do, or is shutting down"),
  "bad-answer": on(1, 5)(
    "What answers is no API server; 1 where an object is not what it has to be",
  ),
  "interrupted": on(130)("Ctrl-C, or another end from outside"),
};
