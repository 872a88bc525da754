import { expect, test } from "vitest";
import { firstWords } from "./http-check.ts";

test.each([
  ["[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\nlivez check failed\n", "etcd failed: reason withheld"],
  [
    '{"kind":"Status","metadata":{},"message":"nodes \\"node0\\" not found","reason":"NotFound"}',
    'nodes "node0" not found',
  ],
  ["<html>\n  no </html>", "<html> no </html>"],
  ["x".repeat(300), `${"x".repeat(200)}…`],
])("of an error's body %j a person reads %j", (body, words) => {
  expect(firstWords(body)).toBe(words);
});
