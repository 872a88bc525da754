import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { yamlOf } from "./yaml.ts";

describe("what is shown is YAML that means the same", () => {
  test.each([
    ["plain texts, numbers, nothing", { a: "b", n: 1, f: 1.5, t: true, none: null, "app.kubernetes.io/name": "x-y" }],
    [
      "texts that look like others",
      ["true", "Yes", "null", "1", "1e3", "0x1f", "2026-01-01", "~", "", " a", "a ", "-", "- a"],
    ],
    [
      "texts with marks of YAML",
      ["a: b", "a #b", "#", "[x]", "{y}", "*z", "&z", "!t", "%", "@", "`", "'", '"', "|", ">", "?"],
    ],
    [
      "several lines",
      { script: "#!/bin/sh\necho a\n\n  b\n", one: "a\nb", end: "a\n\n", tab: "a\tb\nc\n", first: "  a\nb" },
    ],
    ["odd characters", { a: "\u0000", b: "\u2028x\ny", c: "ü ä 漢", d: "a\r\nb", e: "\u007f\nx" }],
    ["empty ones", { list: [], record: {}, deep: { list: [[], {}] } }],
    ["lists in lists, records in lists", { l: [[1, [2]], { a: 1, b: [{ c: "d" }] }, "x\ny\n"] }],
    ["odd keys", { "": 1, "a b": 2, true: 3, "1": 4, "x:y": { "- z": [] } }],
    ["a scalar alone", "x"],
  ])("%s", (_what, value) => {
    expect(parse(yamlOf(value))).toEqual(value);
  });
});

test("it reads as kubectl's does", () => {
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", labels: { app: "web" } },
    spec: { containers: [{ name: "a", image: "x/y:1.0", args: ["-c", "echo 1\necho 2\n"] }] },
  };
  expect(yamlOf(object)).toBe(`apiVersion: v1
kind: Pod
metadata:
  name: web
  labels:
    app: web
spec:
  containers:
  - name: a
    image: "x/y:1.0"
    args:
    - "-c"
    - "echo 1\\necho 2\\n"
`);
});
