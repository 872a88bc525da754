import { expect, test } from "vitest";
import { LibvirtProtocolError } from "./libvirt-error.ts";
import type { TypedParam } from "./typed-param.ts";
import { XdrReader } from "./xdr-reader.ts";
import { XdrWriter } from "./xdr-writer.ts";

const written = (write: (output: XdrWriter) => void): Buffer => {
  const output = new XdrWriter();
  write(output);
  return output.finish();
};
const reader = (hex: string) => new XdrReader(Buffer.from(hex.replaceAll(" ", ""), "hex"));

test("words are big endian, and padded", () => {
  const bytes = written((output) => {
    output.int(-2, "i");
    output.uint(4_294_967_295, "u");
    output.hyper(-1, "h");
    output.uhyper(2 ** 53 - 1, "uh");
    output.string("añb", "s");
    output.uuid("00112233-4455-6677-8899-aabbccddeeff", "id");
    output.optional<number>(undefined, (value) => output.int(value, "o"));
    output.optional(7, (value) => output.int(value, "o"));
    output.list([1, 2], 2, "l", (value) => output.int(value, "l"));
  });
  expect(bytes.toString("hex")).toBe(
    [
      "fffffffe",
      "ffffffff",
      "ffffffffffffffff",
      "001fffffffffffff",
      "0000000461c3b162",
      "00112233445566778899aabbccddeeff",
      "00000000",
      "0000000100000007",
      "000000020000000100000002",
    ].join(""),
  );
  const input = new XdrReader(bytes);
  expect([input.int("i"), input.uint("u"), input.hyper("h"), input.uhyper("uh"), input.string("s")]).toEqual([
    -2,
    4_294_967_295,
    -1,
    2 ** 53 - 1,
    "añb",
  ]);
  expect(input.uuid("id")).toBe("00112233-4455-6677-8899-aabbccddeeff");
  expect(input.optional("o", () => input.int("o"))).toBeUndefined();
  expect(input.optional("o", () => input.int("o"))).toBe(7);
  expect(input.list(2, "l", () => input.int("l"))).toEqual([1, 2]);
  expect(() => input.end()).not.toThrow();
});

test("every type of named value survives", () => {
  const params: readonly TypedParam[] = [
    { field: "a", type: "int", value: -5 },
    { field: "b", type: "uint", value: 5 },
    { field: "c", type: "hyper", value: -(2 ** 40) },
    { field: "d", type: "uhyper", value: 2 ** 40 },
    { field: "e", type: "double", value: 0.25 },
    { field: "f", type: "boolean", value: true },
    { field: "g", type: "string", value: "x" },
  ];
  const input = new XdrReader(written((output) => output.list(params, 8, "p", (param) => output.param(param, "p"))));
  expect(input.list(8, "p", () => input.param("p"))).toEqual(params);
});

test("a buffer that grows keeps what was written", () => {
  const text = "x".repeat(100_000);
  const input = new XdrReader(written((output) => ["a", text, "b"].forEach((value) => void output.string(value, "s"))));
  expect([input.string("s"), input.string("s"), input.string("s")]).toEqual(["a", text, "b"]);
});

test.each<[string, (output: XdrWriter) => void, RegExp]>([
  ["a number of 33 bits", (output) => output.uint(2 ** 32, "flags"), /flags must be an integer from 0/],
  ["a fraction", (output) => output.int(0.5, "n"), /n must be an integer of 32 bits/],
  ["a size beyond what is exact", (output) => output.uhyper(2 ** 53, "size"), /size must be an integer/],
  ["a negative size", (output) => output.uhyper(-1, "size"), /size must be an integer from 0/],
  ["a NUL", (output) => output.string("a\0b", "name"), /name must not contain/],
  ["a string over 4 MiB", (output) => output.string("x".repeat(2 ** 22 + 1), "xml"), /xml has 4194305 bytes, at most/],
  ["no UUID", (output) => output.uuid("12", "uuid"), /uuid must be a UUID/],
  ["too many items", (output) => output.list([1, 2, 3], 2, "keys", () => {}), /keys has 3 items, at most 2/],
])("%s is refused with the field's name", (_what, write, words) => {
  expect(() => written(write)).toThrow(words);
});

test.each<[string, string, (input: XdrReader) => unknown]>([
  ["a string that claims 4 GiB", "ffffffff", (input) => input.string("s")],
  ["a string that is longer than the message", "00000010 61626364", (input) => input.string("s")],
  ["a list that claims more than there can be", "00004000 00000001", (input) => input.list(16_384, "l", () => 0)],
  ["a list over its limit", "00000003 000000010000000200000003", (input) => input.list(2, "l", () => input.int("l"))],
  ["a number that ends in the middle", "0000", (input) => input.int("i")],
  ["neither there nor missing", "00000002", (input) => input.optional("o", () => 0)],
  ["a value of an unknown type", "00000001 61000000 00000009", (input) => input.param("p")],
  ["more than was asked for", "00000000 00000000", (input) => [input.int("i"), input.end()]],
])("%s is a breach of the protocol", (_what, hex, read) => {
  expect(() => read(reader(hex))).toThrow(LibvirtProtocolError);
});
