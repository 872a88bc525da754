import { expect, test } from "vitest";
import { isValidUuid, newUuid, uuidFromText, uuidToText } from "./uuid.ts";

test("a new uuid is a valid version 4 of 16 bytes", () => {
  const uuid = newUuid();
  expect(Buffer.from(uuid, "base64")).toHaveLength(16);
  expect(isValidUuid(uuid)).toBe(true);
  expect(uuidToText(uuid)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidFromText(uuidToText(uuid) ?? "")).toBe(uuid);
});

// From the recordings executor-lifecycle-exec-1 (accepted) and executor-errors-exec-err (refused as "Not a valid UUID").
test.each([
  ["TTfKDBOuTwGSU8DCr9NAIg==", true],
  ["/izy5y/MT9aXgQEwg2s3Bg==", true],
  ["AAAAAAAAAAAAAAAAAAAAAA==", false],
  ["/////////////////////w==", false],
  ["aGk=", false],
  ["", false],
])("%s is valid: %s", (uuid, valid) => {
  expect(isValidUuid(uuid)).toBe(valid);
});

test("what is no uuid is refused", () => {
  expect(uuidToText("aGk=")).toBeUndefined();
  expect(() => uuidFromText("not-a-uuid")).toThrow(RangeError);
});
