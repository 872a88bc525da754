import { describe, expect, it } from "vitest";
import { bits, integer, objectIdentifier, octets, sequence, time, valuesIn } from "./der.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Buffer.from(text, "hex");

describe("DER", () => {
  it.each([
    ["00", "020100"],
    ["0002", "020102"],
    ["7f", "02017f"],
    ["80", "02020080"],
    ["00ff01", "020300ff01"],
  ])("writes the number %s as short as it may be, and never negative", (digits, der) => {
    expect(hex(integer(bytes(digits)))).toBe(der);
  });

  it.each([
    ["1.2.840.10045.4.3.2", "06082a8648ce3d040302"],
    ["2.5.29.19", "0603551d13"],
    ["1.3.6.1.5.5.7.3.1", "06082b06010505070301"],
  ])("writes the identifier %s", (dotted, der) => expect(hex(objectIdentifier(dotted))).toBe(der));

  it.each([
    [127, "047f"],
    [128, "048180"],
    [255, "0481ff"],
    [256, "04820100"],
  ])("writes the length %i", (length, head) => {
    const der = octets(Buffer.alloc(length));
    expect(hex(der).slice(0, head.length)).toBe(head);
    expect(valuesIn(der)[0]?.contents.length).toBe(length);
  });

  it.each([
    ["2049-12-31T23:59:59.900Z", "170d3439313233313233353935395a"],
    ["2050-01-01T00:00:00.000Z", `180f${Buffer.from("20500101000000Z").toString("hex")}`],
  ])("writes the time %s", (iso, der) => expect(hex(time(Date.parse(iso)))).toBe(der));

  it("walks over what it wrote, and refuses what is cut off", () => {
    const whole = sequence(integer(bytes("05")), bits(bytes("80"), 7));
    const [outer] = valuesIn(whole);
    expect(valuesIn(outer?.contents ?? Buffer.alloc(0)).map(({ tag }) => tag)).toEqual([2, 3]);
    expect(() => valuesIn(whole.subarray(0, -1))).toThrow(RangeError);
  });
});
