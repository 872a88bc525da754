import { expect, test } from "vitest";
import { describeBytes, lacksRoom, reserveBytes } from "./free-space.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [9_960, "10 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [1.5e9, "1.5 GB"],
  [5e15, "5000 TB"],
])("%d bytes are %s", (bytes, words) => {
  expect(describeBytes(bytes)).toBe(words);
});

test("what is missing is said, and the reserve stays free", () => {
  const room = { what: "the image a", needed: 2e9, directory: "/data" };
  expect(lacksRoom({ ...room, free: 2e9 + reserveBytes })).toBeUndefined();
  const lack = lacksRoom({ ...room, free: 1.2e9 });
  expect(lack).toMatchObject({ code: "disk_full", retryable: true });
  expect(lack?.message).toBe(
    "the image a: no room in /data: it needs 2.0 GB beside 268 MB that stay free, and 1.2 GB are free: 1.1 GB are missing",
  );
});
