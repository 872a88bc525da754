import { expect, test } from "vitest";
import { isBelow } from "./path-below.ts";

test.each<[string, string, boolean]>([
  ["/srv/images/a.qcow2", "/srv/images", true],
  ["/srv/images/a.qcow2", "/srv/images/", true],
  ["/srv/images", "/srv/images", true],
  ["/srv/images-other/a", "/srv/images", false],
  ["/etc/shadow", "/srv/images", false],
  ["/etc/shadow", "/", true],
])("%s below %s: %s", (path, directory, below) => {
  expect(isBelow(path, directory)).toBe(below);
});
