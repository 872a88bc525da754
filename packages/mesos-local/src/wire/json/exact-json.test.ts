import { expect, test } from "vitest";
import { exactJson, parseExactJson } from "./exact-json.ts";

test.each([
  [{ nanoseconds: 9_007_199_254_740_993n }, '{"nanoseconds":9007199254740993}'],
  [{ limits: { mem: { value: Number.POSITIVE_INFINITY } } }, '{"limits":{"mem":{"value":1e999}}}'],
  [[Number.NEGATIVE_INFINITY, null, "null", 0.5], '[-1e999,null,"null",0.5]'],
])("%o is kept as it is", (value, text) => {
  expect(exactJson(value)).toBe(text);
  expect(parseExactJson(text)).toEqual(value);
});
