import { expect, test } from "vitest";
import { mismatchWords, refusalWords } from "./http-answer.ts";

const checks = (...failing: readonly string[]) =>
  [
    "[+]ping ok",
    ...failing.map((name) => `[-]${name} failed: reason withheld`),
    "[+]log ok",
    "readyz check failed",
  ].join("\n");
const nodeObject = (status: string, reason: string, message: string) =>
  JSON.stringify({
    kind: "Node",
    metadata: { name: "node0" },
    status: {
      conditions: [
        { type: "MemoryPressure", status: "False" },
        { type: "Ready", status, reason, message },
      ],
    },
  });

test.each([
  [500, checks("etcd"), "1 of its checks fails: etcd"],
  [500, checks("etcd", "etcd-readiness", "informer-sync"), "3 of its checks fail: etcd, etcd-readiness, informer-sync"],
  [500, checks("a", "b", "c", "d", "e", "f", "g"), "7 of its checks fail: a, b, c, d, e and 2 more"],
  [404, '{"kind":"Status","message":"nodes \\"node0\\" not found","reason":"NotFound"}', 'nodes "node0" not found'],
  [
    500,
    "internal server error: etcd client connection closed\nmore",
    "HTTP status 500: internal server error: etcd client connection closed",
  ],
  [502, "<html>\n no </html>", "HTTP status 502"],
  [503, "", "HTTP status 503"],
  [500, "x".repeat(300), `HTTP status 500: ${"x".repeat(183)}…`],
  [500, '{"kind":"Other"}', 'HTTP status 500: {"kind":"Other"}'],
])("of an error %i with the body %j an operator reads %j", (code, body, words) => {
  expect(refusalWords(code, body)).toBe(words);
});

test.each([
  [
    nodeObject("False", "KubeletNotReady", "container runtime network not ready"),
    "the node's Ready is False: KubeletNotReady, container runtime network not ready",
  ],
  [nodeObject("Unknown", "", ""), "the node's Ready is Unknown"],
  ['{"health":"false"}', "the answer does not match /^ok$/"],
  ["what else", "the answer does not match /^ok$/"],
])("of a body %j that is not as expected an operator reads %j", (body, words) => {
  expect(mismatchWords("^ok$", body)).toBe(words);
});
