import { expect, test } from "vitest";
import { blockOf, formatAddress, hostOf, parseAddress, parseBlock, withoutHostBits } from "./address-block.ts";

test.each(["1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-1", "01.2.3.4", "a.b.c.d", ""])("%j is no address", (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test("an address is its number and back", () => {
  for (const text of ["0.0.0.0", "10.244.3.1", "255.255.255.255"])
    expect(formatAddress(parseAddress(text) ?? -1)).toBe(text);
});

test.each(["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/a"])("%s is no range", (text) => {
  expect(parseBlock(text)).toBeUndefined();
  expect(() => hostOf(text, 1)).toThrow(RangeError);
});

test.each([
  ["10.244.3.9/16", "10.244.0.0/16"],
  ["255.255.255.255/1", "128.0.0.0/1"],
  ["10.0.0.1/0", "0.0.0.0/0"],
  ["10.96.0.0/12", "10.96.0.0/12"],
  ["10.96.0.1/33", "10.96.0.1/33"],
  ["fd00::1/64", "fd00::1/64"],
  ["", ""],
])("%j without host bits is %j", (text, range) => expect(withoutHostBits(text)).toBe(range));

test("blocks and hosts of a range", () => {
  expect(blockOf("10.244.0.0/16", 24, 0)).toBe("10.244.0.0/24");
  expect(blockOf("10.244.0.0/16", 24, 255)).toBe("10.244.255.0/24");
  expect(blockOf("10.244.0.0/24", 24, 0)).toBe("10.244.0.0/24");
  expect(hostOf("10.96.0.0/12", 10)).toBe("10.96.0.10");
  expect(() => blockOf("10.244.0.0/16", 24, 256)).toThrow(/no \/24 block number 256: it holds 256/);
  expect(() => blockOf("10.244.0.0/25", 24, 0)).toThrow(/it holds 0/);
  expect(() => hostOf("10.0.0.0/30", 4)).toThrow(/no host number 4/);
});
