/**
 * The operations that objects remember. Records are packed, so that unpacking
 * them is the one thing here that takes a while: each is read once.
 *
 * @module
 */

import type { KubeObject } from "../istio/types.ts";
import type { World } from "../istio/world.ts";
import type { KnownOperation } from "../language/names.ts";
import {
  operationsOf,
  readRecords,
  type RecordedObject,
} from "../traffic/operations.ts";
import { MOST, shortened } from "./bounds.ts";

/** Reads the records of a place's objects, newest first. */
export class Records {
  readonly #server: string;
  readonly #read = new WeakMap<KubeObject, RecordedObject>();

  /** @param server Where the objects are: a record of elsewhere is a copy. */
  constructor(server: string) {
    this.#server = server;
  }

  async operations(
    { virtualServices, destinationRules }: World,
    namespace: string,
  ): Promise<readonly KnownOperation[]> {
    const objects = [...virtualServices, ...destinationRules];
    const recorded: RecordedObject[] = [];
    for (const object of objects) {
      let known = this.#read.get(object);
      if (known === undefined) {
        [known] = await readRecords([object], { server: this.#server });
        this.#read.set(object, known!);
      }
      if (known!.entries.length > 0) recorded.push(known!);
    }
    return operationsOf(recorded).flatMap((operation) => {
      const { id, time, command, undone } = operation;
      const virtualService = operation.objects.find((each) =>
        each.kind === "VirtualService" && each.namespace === namespace
      )?.name;
      return virtualService === undefined ? [] : [{
        id,
        virtualService,
        time,
        command: shortened(command),
        undone,
      }];
    }).slice(0, MOST.operations);
  }
}
