/**
 * A way to a server whose client certificate a plugin gives: each new
 * certificate gets connections of its own.
 *
 * @module
 */

import type { Access, ClientCertificate } from "./access.ts";
import { NoConnection } from "./reach.ts";
import { openWire, type WireOptions } from "./open_wire.ts";
import type { Wire } from "./wire.ts";

/** Makes the way; the plugin is asked at the first call. */
export function renewedWire(access: Access, options: WireOptions): Wire {
  // Calls may still be under way on the former ones.
  const all: Promise<Wire>[] = [];
  let held: ClientCertificate | undefined;
  let wire: Promise<Wire> | undefined;
  const wireFor = (certificate: ClientCertificate | undefined) => {
    if (wire !== undefined && certificate?.cert === held?.cert) return wire;
    held = certificate;
    wire = openWire({
      ...access,
      ...(certificate === undefined ? {} : { clientCertificate: certificate }),
    }, options);
    all.push(wire);
    return wire;
  };
  return {
    send: async (url, request) => {
      const certificate = await access.certificateSource?.();
      // The plugin may have taken all the time there was.
      if (request.signal.aborted) throw new NoConnection({ isUnsent: true });
      return await (await wireFor(certificate)).send(url, request);
    },
    close: () => {
      for (const each of all) each.then((one) => one.close(), () => {});
    },
  };
}
