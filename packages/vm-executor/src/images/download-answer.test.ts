import { expect, test } from "vitest";
import { judgeAnswer, noState, resumeHeaders } from "./download-answer.ts";

const answer = (status: number, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  header: (name: string) => headers[name] ?? "",
});

test.each([
  [0, { ...noState, etag: '"a"' }, true, undefined],
  [10, { ...noState, etag: '"a"' }, false, { Range: "bytes=10-", "If-Range": '"a"' }],
  [
    10,
    { ...noState, lastModified: "Mon, 01 Jan 2024 00:00:00 GMT" },
    false,
    { Range: "bytes=10-", "If-Range": "Mon, 01 Jan 2024 00:00:00 GMT" },
  ],
  [10, noState, true, { Range: "bytes=10-" }],
  [10, noState, false, undefined], // nobody would notice if the content had changed
])("after %d bytes with %j it asks for", (have, state, sumIsKnown, headers) => {
  expect(resumeHeaders(have, state, sumIsKnown)).toEqual(headers);
});

const whole = { "content-length": "100", etag: '"a"', "last-modified": "yesterday" };

test.each([
  [0, answer(200, whole), { kind: "restart", state: { etag: '"a"', lastModified: "yesterday", bytes: 100 } }],
  [0, answer(200, { etag: 'W/"a"' }), { kind: "restart", state: noState }],
  [0, answer(200, { "content-length": "1e9" }), { kind: "restart", state: noState }],
  [10, answer(200, whole), { kind: "restart", state: { etag: '"a"', lastModified: "yesterday", bytes: 100 } }],
  [
    10,
    answer(206, { "content-range": "bytes 10-99/100", etag: '"a"' }),
    { kind: "append", state: { etag: '"a"', lastModified: "", bytes: 100 } },
  ],
  [10, answer(206, { "content-range": "bytes 10-99/*" }), { kind: "append", state: noState }],
  [10, answer(206, { "content-range": "bytes 0-99/100" }), { kind: "discard" }],
  [10, answer(206), { kind: "discard" }],
  [100, answer(416, { "content-range": "bytes */100" }), { kind: "complete" }],
  [100, answer(416, { "content-range": "bytes */90" }), { kind: "discard" }],
  [100, answer(416), { kind: "discard" }],
  [0, answer(304), { kind: "unchanged" }],
  [0, answer(503, { "retry-after": "7" }), { kind: "retry", afterMs: 7_000 }],
  [0, answer(429, { "retry-after": "999999" }), { kind: "retry", afterMs: 60_000 }],
  [0, answer(500, { "retry-after": "tomorrow" }), { kind: "retry", afterMs: 0 }],
  [0, answer(404), { kind: "refused", code: "image_not_found" }],
  [0, answer(403), { kind: "refused", code: "image_not_found" }],
  [0, answer(405), { kind: "refused", code: "image_unreachable" }],
  [0, answer(200, { "content-encoding": "gzip" }), { kind: "refused", code: "image_unreachable" }],
])("with %d bytes, the answer %j is judged", (have, answered, decision) => {
  expect(judgeAnswer(have, answered)).toMatchObject(decision);
});
