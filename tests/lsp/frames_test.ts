import fc from "fast-check";
import { type Frame, frameBytes, FrameReader } from "../../src/lsp/frames.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("messages come whole, however their bytes are cut", () => {
  const messages = fc.array(
    fc.record({
      jsonrpc: fc.constant("2.0"),
      method: fc.string({ unit: "grapheme" }),
    }),
  );
  fc.assert(fc.property(messages, fc.array(fc.nat(40)), (messages, cuts) => {
    const all = messages.flatMap((message) => [...frameBytes(message)]);
    const reader = new FrameReader();
    const found: Frame[] = [];
    for (const cut of [...cuts, Infinity]) {
      const part = all.splice(0, cut);
      found.push(...reader.take(new Uint8Array(part)));
    }
    assertEquals(
      found,
      messages.map((message) => ({ kind: "message", message })),
    );
  }));
});

Deno.test.each([
  { body: "{", error: "parse", why: "half an object" },
  { body: "", error: "parse", why: "nothing" },
  { body: "[]", error: "request", why: "a batch" },
  { body: "null", error: "request", why: "null" },
  { body: "{}", error: "request", why: "an empty object" },
  { body: '{"jsonrpc":"2.0"}', error: "request", why: "neither side" },
  { body: '{"method":"x"}', error: "request", why: "another JSON-RPC" },
  {
    body: '{"jsonrpc":"2.0","method":7,"id":1}',
    error: "request",
    why: "a method that is a number",
  },
  {
    body: '{"jsonrpc":"2.0","method":"x","id":{}}',
    error: "request",
    why: "an id that is an object",
  },
  {
    body: '{"jsonrpc":"2.0","method":"x","id":1,"params":3}',
    error: "request",
    why: "parameters that are a number",
  },
])(
  "$why is a malformed $error, and what follows is read",
  ({ body, error }) => {
    const bytes = new TextEncoder().encode(
      `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    const reader = new FrameReader();
    const next = { jsonrpc: "2.0", method: "next" };
    const frames = [...reader.take(bytes), ...reader.take(frameBytes(next))];
    assertEquals(
      frames.map((frame) => "error" in frame ? frame.error : frame.kind),
      [error, "message"],
    );
  },
);

Deno.test.each([
  { header: "Content-Length: -1" },
  { header: "Content-Length: 1e3" },
  { header: "Content-Length: 0x10" },
  { header: "Content-Length:" },
  { header: "Content-Type: text/plain" },
  { header: "GET / HTTP/1.1\r\nHost: a" },
])("$header begins no message", ({ header }) => {
  const reader = new FrameReader();
  const next = { jsonrpc: "2.0", method: "next" };
  const frames = [
    ...reader.take(new TextEncoder().encode(`${header}\r\n\r\n`)),
    ...reader.take(frameBytes(next)),
  ];
  assertEquals(frames.map(({ kind }) => kind), ["malformed", "message"]);
});

Deno.test("a message that is too large is skipped, and what follows is read", () => {
  const reader = new FrameReader();
  const length = 9 * 1024 * 1024;
  const next = { jsonrpc: "2.0", method: "next" };
  const frames = [
    ...reader.take(
      new TextEncoder().encode(`Content-Length: ${length}\r\n\r\n`),
    ),
    ...reader.take(new Uint8Array(length)),
    ...reader.take(frameBytes(next)),
  ];
  assertEquals(frames, [
    { kind: "too-large", length },
    { kind: "message", message: next },
  ]);
});
