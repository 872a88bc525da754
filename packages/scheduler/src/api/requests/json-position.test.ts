import { describe, expect, it } from "vitest";
import { jsonErrorPosition } from "./json-position.ts";

describe("jsonErrorPosition", () => {
  it.each([
    ['{"a": }', 6],
    ['{"a": 1,}', 8],
    ["[1, 2,]", 6],
    ["[1 2]", 3],
    ["{a: 1}", 1],
    ['{"a" 1}', 5],
    ['{"a": 1} x', 9],
    ["nope", 0],
    ["[01]", 2],
    ['["a\nb"]', 3],
    ['["\\x"]', 2],
    ["{]", 1],
    ["[}", 1],
    ["'a'", 0],
  ])("%j is wrong at %i", (text, position) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(jsonErrorPosition(text)).toBe(position);
  });

  it.each(["", "{", '{"a"', '{"a":', '["abc', "[1, ", '{"a": [{"b": 2}'])("%j ends too early", (text) => {
    expect(jsonErrorPosition(text)).toBe(text.length);
  });

  it("finds nothing wrong where JSON.parse does not", () => {
    for (const text of ['{"a":[1,-2.5e+3,true,null,"\\u00e4\\n"],"b":{}}', " [] ", "0", '"x"', "[[],{}]"]) {
      expect(() => JSON.parse(text)).not.toThrow();
      expect(jsonErrorPosition(text)).toBe(text.length);
    }
  });

  it("does not mind deep nesting", () => {
    expect(jsonErrorPosition("[".repeat(1_000_000))).toBe(1_000_000);
  });
});
