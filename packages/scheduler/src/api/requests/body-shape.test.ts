import { expect, test } from "vitest";
import { prototypeField, shapeProblem } from "./body-shape.ts";

const list = (length: number) => Array.from({ length }, () => ({}));
const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

test.each<readonly [string, unknown]>([
  ["nothing", undefined],
  ["a text", "x"],
  ["null", null],
  ["a long list", list(5_000)],
  ["many lists", { a: list(5_000), b: { c: list(5_000) } }],
  ["what is nested", nested(64)],
])("%s is taken", (_title, value) => expect(shapeProblem(value)).toBe(""));

test.each<readonly [string, unknown, string]>([
  [
    "a longer list",
    list(5_001),
    "has a list of 5001 items, and at most 5000 are taken: ask for it in several requests",
  ],
  [
    "one within others",
    { a: [{ b: list(9_000) }] },
    "has a list of 9000 items, and at most 5000 are taken: ask for it in several requests",
  ],
  [
    "an object with many fields",
    Object.fromEntries(list(5_001).map((_, index) => [`k${index}`, 1])),
    "has an object with 5001 items, and at most 5000 are taken: ask for it in several requests",
  ],
  ["one level more", nested(65), "has more than 64 lists and objects within each other: send a flatter one"],
  ["a million levels", nested(1_000_000), "has more than 64 lists and objects within each other: send a flatter one"],
])("%s is not", (_title, value, words) => expect(shapeProblem(value)).toBe(words));

test.each<readonly [string, string | undefined]>([
  ['{"__proto__": 1}', "__proto__"],
  ['[{"labels": {"a": "b"}}, {"labels": {"a": "b", "__proto__": "x"}}]', "[1].labels.__proto__"],
  ['{"a": {"b": [[{"__proto__": {}}]]}}', "a.b[0][0].__proto__"],
  ['{"a": ["__proto__"], "constructor": 1, "proto": null}', undefined],
  ['"__proto__"', undefined],
])("the field __proto__ of %s is at %s", (text, path) => expect(prototypeField(JSON.parse(text))).toBe(path));
