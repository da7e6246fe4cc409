/**
 * How much of a cluster's names is kept. What is beyond is left out, and that
 * is said.
 *
 * @module
 */

/** Items of lists, and characters of texts. */
export const MOST = {
  namespaces: 1000,
  /** VirtualServices, Services and so on. */
  objects: 500,
  rules: 200,
  destinations: 50,
  hosts: 50,
  ports: 50,
  headers: 50,
  builds: 2000,
  /** Looks at pods, of all hosts: Services that all select the same are odd. */
  looks: 50_000,
  /** Builds of one host. */
  hostBuilds: 200,
  /** Sets of labels that pods have. */
  podKinds: 2000,
  /** Labels of one object. */
  objectLabels: 64,
  labels: 200,
  /** Values of one label. */
  values: 500,
  operations: 200,
  /** A name that Kubernetes takes has 253 characters, a label's key 317. */
  name: 317,
  /** `name=value` of a header. */
  header: 1024,
  /** A sentence. */
  text: 300,
} as const;

/** Cuts, and remembers whether it did. */
export class Bounds {
  isCut = false;

  list<T>(items: readonly T[], most: number): readonly T[] {
    if (items.length <= most) return items;
    this.isCut = true;
    return items.slice(0, most);
  }

  /** Names are left out, not cut: half a name is another one. */
  fits(text: string, longest: number): boolean {
    if (text.length <= longest) return true;
    this.isCut = true;
    return false;
  }

  labels(
    labels: Readonly<Record<string, unknown>> | undefined,
  ): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.list(Object.entries(labels ?? {}), MOST.objectLabels)
        .filter((pair): pair is [string, string] =>
          typeof pair[1] === "string" &&
          pair.every((text) => this.fits(text as string, MOST.name))
        ),
    );
  }

  /** What cannot be understood is left out. */
  attempt<T>(make: () => T): readonly T[] {
    try {
      return [make()];
    } catch {
      this.isCut = true;
      return [];
    }
  }
}

/** A sentence that may be cut. */
export function shortened(text: string): string {
  return text.length <= MOST.text ? text : `${text.slice(0, MOST.text - 1)}…`;
}
