/**
 * What is known of a cluster while somebody types: plain data, read by
 * somebody else, as old as it says. The language asks no cluster.
 *
 * @module
 */

/** Where a line goes to, as far as the line and the session say. */
export interface Place {
  /** A context's name, or the embedded cluster; absent: the current context. */
  readonly context?: string | { readonly sandbox: true };
  readonly kubeconfig?: string;
  /** Absent: the context's own. */
  readonly namespace?: string;
}

/** A context of the kubeconfig. */
export interface KnownContext {
  readonly name: string;
  readonly namespace?: string;
  /** Asks before every change. */
  readonly protected: boolean;
  /** Lines that name no context go here. */
  readonly isCurrent: boolean;
}

/** A VirtualService of the namespace. */
export interface KnownVirtualService {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hosts: readonly string[];
  /** In the order in which they are tried. */
  readonly rules: readonly KnownRule[];
}

/** A rule of `spec.http`. */
export interface KnownRule {
  /** 0-based: what `--route` takes. */
  readonly index: number;
  readonly name?: string;
  /** As `istiops show` calls it: `header`, `base`, `master`, `redirect`, … */
  readonly kind: string;
  /** What requests it takes, in words. */
  readonly match: string;
  /**
   * Header conditions as `--header` writes them: `x-cid=me`, `x-beta?`. A
   * regex is none of them; in names from disk the value is left out: `x-cid=`.
   */
  readonly headers: readonly string[];
  readonly destinations: readonly {
    /** The Service's short name; a host of elsewhere as it is written. */
    readonly host: string;
    readonly port?: number;
    readonly subset?: string;
    /** As `-b` names it. */
    readonly build?: string;
    /** 0 to 100. */
    readonly percent: number;
  }[];
}

/** A Service that routes lead to, or could. */
export interface KnownService {
  /** Short name; a host that is not of this namespace as rules write it. */
  readonly host: string;
  readonly ports: readonly number[];
}

/** A build of a Service. */
export interface KnownBuild {
  /** As `-b` names it. */
  readonly build: string;
  /** The Service's short name. */
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent where no subset has these labels yet. */
  readonly subset?: string;
  /** How many pods have the labels; absent where that is not known. */
  readonly pods?: number;
}

/** A label of pods in the namespace, and how many pods have each value. */
export interface KnownLabel {
  readonly key: string;
  readonly values: readonly { readonly value: string; readonly pods: number }[];
}

/** A change that an object remembers. */
export interface KnownOperation {
  readonly id: string;
  readonly virtualService: string;
  /** ISO 8601. */
  readonly time: string;
  readonly command: string;
  readonly undone: boolean;
}

/** What is known of one place. */
export interface PlaceNames {
  readonly place: Place;
  /** The namespace that the place comes to. */
  readonly namespace: string;
  /** Milliseconds since 1970 at which it was true. */
  readonly readAt: number;
  /** It is kept up to date: `readAt` is now. */
  readonly isWatched: boolean;
  /** Some of it has not come yet. */
  readonly isLoading?: boolean;
  /** What could not be read, and why; one clause. */
  readonly problem?: string;
  /** Lists were cut: what is not in them may exist all the same. */
  readonly isPartial: boolean;
  /** Why changes here ask first, in words. */
  readonly protected?: string;
  readonly namespaces: readonly string[];
  readonly virtualServices: readonly KnownVirtualService[];
  readonly services: readonly KnownService[];
  readonly builds: readonly KnownBuild[];
  readonly labels: readonly KnownLabel[];
  readonly operations: readonly KnownOperation[];
}

/** Everything that is known. */
export interface Names {
  /** Milliseconds since 1970: ages are told from it. */
  readonly now: number;
  readonly contexts: readonly KnownContext[];
  /** The newest reading of each place. */
  readonly places: readonly PlaceNames[];
}

/** Nothing is known, or wanted. */
export const NO_NAMES: Names = { now: 0, contexts: [], places: [] };

/** One text for each place. */
export function placeKey(place: Place): string {
  const { context, kubeconfig, namespace } = place;
  return JSON.stringify([
    typeof context === "object" ? { sandbox: true } : context ?? null,
    kubeconfig ?? null,
    namespace ?? null,
  ]);
}

/** What is known of a place. */
export function namesAt(names: Names, place: Place): PlaceNames | undefined {
  const key = placeKey(place);
  return names.places.find((each) => placeKey(each.place) === key);
}

/** `just now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. */
export function ageOf(readAt: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - readAt) / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}
