/**
 * Where the parts of a running mesh are: written by who starts it, read by
 * the tests, which run in its network.
 *
 * @module
 */

import { Api } from "./api.ts";
import type { Parts } from "./parts.ts";

/** Addresses and files. */
export interface Places {
  /** For what tests write: logs, bootstraps; gone with the mesh. */
  readonly folder: string;
  /** Of the administrator, with a client certificate. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:6443`. */
  readonly apiServer: string;
  /** A bearer token of the administrator. */
  readonly token: string;
  /** Folder with `ca.crt`, `ca.key`, and a pair for each certificate made. */
  readonly tls: string;
  /** Every write to the API server, JSON lines of `audit.k8s.io/v1`. */
  readonly audit: string;
  /** `http://127.0.0.1:2379`: etcd's clients, and its gateway to JSON. */
  readonly etcd: string;
  /** `127.0.0.1:15010`: istiod's configuration for proxies, in plain text. */
  readonly xds: string;
  /** `http://127.0.0.1:15080`: istiod's own pages, such as `/debug/syncz`. */
  readonly istiod: string;
  /** A sidecar's outbound side: `default/client`; `127.0.0.1:15001`. */
  readonly sidecar: string;
  readonly parts: Parts;
}

/** Environment variable with the path of a file that holds {@linkcode Places}. */
export const ISTIOPS_MESH = "ISTIOPS_MESH";

/** And one that tells a script with what it can start a mesh: JSON. */
export const ISTIOPS_MESH_STACK = "ISTIOPS_MESH_STACK";

/** The mesh that tests run in; nothing where they run without one. */
export function placesOf(): Places | undefined {
  const file = Deno.env.get(ISTIOPS_MESH);
  return file === undefined
    ? undefined
    : JSON.parse(Deno.readTextFileSync(file));
}

/** The API server of a mesh, as its administrator. */
export function apiOf(places: Places): Api {
  const ca = Deno.readTextFileSync(`${places.tls}/ca.crt`);
  return new Api(places.apiServer, { ca, token: places.token });
}

/** Registers a test that needs the mesh; without one it says so. */
export function meshTest(
  name: string,
  run: (places: Places, step: Deno.TestContext) => Promise<void>,
): void {
  const places = placesOf();
  if (places === undefined) {
    Deno.test.ignore(
      `${name} (skipped: no mesh; deno task test:mesh)`,
      () => {},
    );
  } else Deno.test(name, (step) => run(places, step));
}
