/**
 * Just enough protobuf for the questions about oneself: `kubectl auth can-i`
 * asks them in it. Answers are JSON, which it takes as well.
 *
 * @module
 */

import { badRequest } from "./status.ts";

/** Media type of Kubernetes' protobuf. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** Names of fields by their numbers; a nested message has its own. */
interface Message {
  readonly [number: number]: string | readonly [string, Message];
}

const TYPE: Message = { 1: "apiVersion", 2: "kind" };

const SPECS: Readonly<Record<string, Message>> = {
  SelfSubjectAccessReview: {
    1: ["resourceAttributes", {
      1: "namespace",
      2: "verb",
      3: "group",
      4: "version",
      5: "resource",
      6: "subresource",
      7: "name",
    }],
    2: ["nonResourceAttributes", { 1: "path", 2: "verb" }],
  },
  SelfSubjectRulesReview: { 1: "namespace" },
  SelfSubjectReview: {},
};

const MAGIC = [0x6b, 0x38, 0x73, 0x00];

/**
 * A review as JSON would have it.
 *
 * @throws {StatusError} 400 where it is none.
 */
export function decodeReview(bytes: Uint8Array): Record<string, unknown> {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) {
    throw badRequest("the body is not Kubernetes' protobuf");
  }
  const envelope = fieldsOf(bytes.subarray(MAGIC.length));
  const type = read(envelope.get(1) ?? new Uint8Array(), TYPE);
  const spec = SPECS[String(type.kind)];
  if (spec === undefined) {
    throw badRequest(
      `no kind ${JSON.stringify(type.kind)} is read as protobuf`,
    );
  }
  const review = fieldsOf(envelope.get(2) ?? new Uint8Array());
  return { ...type, spec: read(review.get(2) ?? new Uint8Array(), spec) };
}

function read(bytes: Uint8Array, message: Message): Record<string, unknown> {
  const text = new TextDecoder();
  const found: Record<string, unknown> = {};
  for (const [number, value] of fieldsOf(bytes)) {
    const field = message[number];
    if (field === undefined) continue;
    if (typeof field !== "string") found[field[0]] = read(value, field[1]);
    // Go writes an empty text where JSON leaves it out.
    else if (value.length > 0) found[field] = text.decode(value);
  }
  return found;
}

/** Fields that have a length; of those that come twice the last. */
function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw badRequest("the body is not protobuf that can be read");
  };
  while (at < bytes.length) {
    const tag = varint();
    const size = varint();
    if ((tag & 7) === 0) continue;
    if ((tag & 7) !== 2 || at + size > bytes.length) {
      throw badRequest("the body is not protobuf that can be read");
    }
    found.set(tag >> 3, bytes.subarray(at, at + size));
    at += size;
  }
  return found;
}
