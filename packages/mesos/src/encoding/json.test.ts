import { describe, expect, test } from "vitest";
import { decodeBytes, encodeBytes, parseJson, stringifyJson } from "./json.ts";

describe("parseJson and stringifyJson", () => {
  test.each([
    ["plain", '{"a":[1,2.5,"x",null,true]}', { a: [1, 2.5, "x", null, true] }],
    ["nanoseconds of today", '{"nanoseconds":1795438645801716001}', { nanoseconds: 1795438645801716001n }],
    ["largest safe integer", "9007199254740991", 9007199254740991],
    ["first unsafe integer", "9007199254740993", 9007199254740993n],
    ["negative", "-9223372036854775808", -9223372036854775808n],
    ["uint64", "18446744073709551615", 18446744073709551615n],
    ["long fraction", "0.30000000000000004", 0.30000000000000004],
    ["digits in a text", '"12345678901234567890"', "12345678901234567890"],
  ])("%s", (_what, text, value) => {
    expect(parseJson(text)).toEqual(value);
    expect(stringifyJson(value)).toBe(text);
  });

  test("a double in exponent form stays a number", () => {
    expect(parseJson("1e30")).toBe(1e30);
    expect(parseJson("[1e30, 1234567890123456789]")).toEqual([1e30, 1234567890123456789n]);
  });

  test("no JSON is a typed error that does not repeat the text", () => {
    expect(() => parseJson('{"secret":')).toThrow(expect.objectContaining({ code: "mesos_invalid_json" }));
    expect(() => parseJson('{"secret":')).not.toThrow(/secret/);
  });

  test("a cycle still throws", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(() => stringifyJson(cycle)).toThrow(TypeError);
  });
});

test("bytes round-trip through base64, from the middle of a buffer too", () => {
  const bytes = new Uint8Array([0, 1, 250, 255, 7]).subarray(1, 4);
  expect(encodeBytes(bytes)).toBe("Afr/");
  expect(decodeBytes("Afr/")).toEqual(bytes);
});
