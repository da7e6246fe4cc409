/**
 * What the shell holds from line to line, and how it shows: plain values.
 *
 * @module
 */

import {
  type KnownContext,
  type Names,
  namesAt,
  type Place,
} from "../src/language/names.ts";
import type { Values } from "../src/language/document.ts";
import { placeIn, type Session } from "../src/language/session.ts";
import { safe } from "../src/render/safe.ts";
import type { Style } from "../src/render/colour.ts";
import type { Piece } from "./rows.ts";

/** The state of a shell between two lines. */
export interface ShellState extends Values {
  /** The script that lines are recorded in. */
  readonly log?: string;
  /** The line that takes back the newest change of this session. */
  readonly wayBack?: WayBack;
}

/** How a change is taken back, and where lines went when it was made. */
export interface WayBack {
  readonly line: string;
  readonly place: Place;
}

/**
 * A session whose context and namespace have names from the beginning: what
 * somebody changes in the kubeconfig meanwhile changes nothing here.
 */
export function pinned(
  session: Session,
  contexts: readonly KnownContext[],
): Session {
  const place = placeIn(session);
  const chosen = contexts.find(({ name, isCurrent }) =>
    place.context === undefined ? isCurrent : name === place.context
  );
  if (chosen === undefined) return session;
  return {
    ...session,
    ...(place.context === undefined ? { context: chosen.name } : {}),
    ...(place.namespace === undefined
      ? { namespace: chosen.namespace ?? "default" }
      : {}),
  };
}

/** Why changes here ask first; nothing where they do not, or nobody knows. */
export function protectionOf(
  session: Session,
  names: Names,
): string | undefined {
  const place = placeIn(session);
  const known = namesAt(names, place)?.protected;
  if (known !== undefined) return known;
  const context = names.contexts.find(({ name }) => name === place.context);
  return context?.protected ? `context "${context.name}"` : undefined;
}

/** `istiops production (protected)/shop app=api -> api:5000 build 3> `. */
export function promptOf(
  session: Session,
  names: Names,
): readonly Piece[] {
  const place = placeIn(session);
  const context = typeof place.context === "object" ? "sandbox" : place.context;
  const namespace = place.namespace ?? namesAt(names, place)?.namespace ??
    (typeof place.context === "object" ? "default" : undefined);
  const { selector, destination, build } = session;
  const isProtected = protectionOf(session, names) !== undefined;
  const where: readonly Style[] = isProtected ? ["bold", "red"] : ["cyan"];
  const pieces: readonly (readonly [string | undefined, readonly Style[]])[] = [
    ["istiops", ["bold"]],
    [context && ` ${context}`, where],
    [isProtected ? " (protected)" : undefined, where],
    [namespace && `${context === undefined ? " " : "/"}${namespace}`, where],
    [selector && ` ${selector}`, ["yellow"]],
    [destination && ` -> ${destination}`, ["yellow"]],
    [build && ` build ${build}`, ["yellow"]],
    ["> ", []],
  ];
  return pieces.flatMap(([text, styles]) =>
    text === undefined ? [] : [{ text: safe(text), styles }]
  );
}
