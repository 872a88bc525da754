import { expect, test } from "vitest";
import { redirectTarget } from "./http-source.ts";

const secure = new URL("https://images.example/a");

test.each([
  [secure, "https://mirror.example/b", false, "https://mirror.example/b"],
  [secure, "/b", false, "https://images.example/b"],
  [secure, "http://mirror.example/b", true, "http://mirror.example/b"], // the sum is known
  [new URL("http://images.example/a"), "https://mirror.example/b", false, "https://mirror.example/b"],
  [secure, "https://me:word@mirror.example/b", false, "https://mirror.example/b"],
])("from %s to %s", (from, location, mayLeaveTls, target) => {
  expect(redirectTarget(from, location, mayLeaveTls).href).toBe(target);
});

test.each([
  [secure, "", "without saying where to"],
  [secure, "http://", "without saying where to"],
  [secure, "file:///etc/shadow", "to file:, which is not followed"],
  [secure, "http://mirror.example/b?token=x", "from https to http://mirror.example/b: give the image's sha256"],
])("from %s to %j is not followed", (from, location, words) => {
  expect(() => redirectTarget(from, location, false)).toThrow(words);
});
