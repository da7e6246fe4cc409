import { decodeReview } from "../../src/sandbox/protobuf.ts";
import { StatusError } from "../../src/sandbox/status.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const text = (value: string) => [...new TextEncoder().encode(value)];
const field = (number: number, bytes: readonly number[]) => [
  (number << 3) | 2,
  bytes.length,
  ...bytes,
];
const review = (spec: readonly number[]) =>
  new Uint8Array([
    ...[0x6b, 0x38, 0x73, 0],
    ...field(1, [
      ...field(1, text("authorization.k8s.io/v1")),
      ...field(2, text("SelfSubjectAccessReview")),
    ]),
    ...field(2, [...field(1, []), ...field(2, spec)]),
  ]);

Deno.test("decodeReview() reads what kubectl auth can-i asks", () => {
  const asked = field(1, [
    ...field(1, text("default")),
    ...field(2, text("patch")),
    ...field(3, []),
    ...field(5, text("pods")),
  ]);
  assertEquals(decodeReview(review(asked)), {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        namespace: "default",
        verb: "patch",
        resource: "pods",
      },
    },
  });
});

Deno.test.each([
  { what: "nothing", bytes: [] },
  { what: "JSON", bytes: text("{}") },
  { what: "a length beyond the end", bytes: [0x6b, 0x38, 0x73, 0, 10, 99] },
  { what: "a number without end", bytes: [0x6b, 0x38, 0x73, 0, 255, 255] },
])("decodeReview() refuses $what", ({ bytes }) => {
  const error = assertThrows(
    () => decodeReview(new Uint8Array(bytes)),
    StatusError,
  );
  assertEquals(error.code, 400);
});
