import { CORE_SCHEMA, load } from "js-yaml";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { TextPlaces } from "./text-places.ts";

test("the places of keys, of list items, and of what is not there", () => {
  const places = new TextPlaces("cke.conf", "a:\n  b:\n    - x\n    - y: 1\nc: 2\n");
  expect([places.of([]), places.of(["a", "b", 1, "y"]), places.of(["c"]), places.of(["a", "z"])]).toEqual([
    "cke.conf:1",
    "cke.conf:4",
    "cke.conf:5",
    "cke.conf:1",
  ]);
});

test("everything that is no YAML is told, with its line", () => {
  expect(new TextPlaces("cke.conf", "a: 1\na: 2\nb: *c\n").syntaxProblems()).toEqual([
    expect.stringMatching(/^cke\.conf:2: Map keys must be unique/),
  ]);
  expect(new TextPlaces("cke.conf", "a: 1\n").syntaxProblems()).toEqual([]);
});

// Values come from js-yaml and places from yaml, so both must see the same file.
test.each([
  "1_000",
  "0b11",
  "012",
  "0o17",
  "0x1f",
  "yes",
  "TRUE",
  "~",
  "",
  ".inf",
  "1e3",
  "1:30",
  "2001-01-01",
  "'it''s'",
  '"\\x41"',
  "|\n  text\n",
  "&x [1, {y: 2}]",
])("both libraries read %j alike", (scalar) => {
  const text = `a: ${scalar}\n`;
  expect(load(text, { schema: CORE_SCHEMA })).toEqual(parse(text));
});
