import { expect, test } from "vitest";
import { missingHere } from "./missing-here.ts";

const words = "no libvirtd: install libvirt-daemon";

test.each<[string | undefined, Readonly<Record<string, string>>, string | undefined]>([
  [undefined, {}, undefined],
  [undefined, { CI: "true" }, undefined],
  [words, {}, words],
  [words, { CI: "" }, words],
])("%s with %j", (missing, environment, expected) => {
  expect(missingHere(missing, environment)).toBe(expected);
});

test("in CI nothing is missing", () => {
  expect(() => missingHere(words, { CI: "true" })).toThrow(`${words}. With CI=true that is a failure`);
});
