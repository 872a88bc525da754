import { expect, test } from "vitest";
import { describeSource, parseImageSource } from "./image-source.ts";

test.each([
  ["http://images.example/a.qcow2", { kind: "http", url: new URL("http://images.example/a.qcow2") }],
  [
    "HTTPS://images.example:8443/a?token=x#part",
    { kind: "http", url: new URL("https://images.example:8443/a?token=x") },
  ],
  ["file:///srv/images/a%20b.qcow2", { kind: "file", path: "/srv/images/a b.qcow2" }],
  ["file:///srv/images/../a.raw", { kind: "file", path: "/srv/a.raw" }],
  ["debian-12.qcow2", { kind: "file", path: "/images/debian-12.qcow2" }],
  ["debian/12.qcow2", { kind: "file", path: "/images/debian/12.qcow2" }],
])("%s is taken", (text, source) => {
  expect(parseImageSource(text, "/images")).toEqual(source);
});

test.each([
  ["", "no source"],
  ["ftp://images.example/a", "begins with ftp:"],
  ["http://", "no URL"],
  ["http://me:secret@images.example/a", "has a user or a password"],
  ["file://host/srv/a", "names the host host"],
  ["file:///srv/%2e%2e%2fa", "no path of this host"],
  ["/srv/a.qcow2", "write file:///srv/a.qcow2"],
  ["../a.qcow2", 'no ".."'],
  ["a/../../b", 'no ".."'],
  ["a\0b", "code 0"],
  ["x".repeat(5_000), "longer than 4096"],
])("%j is refused", (text, words) => {
  expect(() => parseImageSource(text, "/images")).toThrow(words);
});

test("a name needs -vm_image_path", () => {
  expect(() => parseImageSource("debian.qcow2", "")).toThrow("the scheduler has no -vm_image_path");
});

test("words about a source have neither password nor query", () => {
  expect(describeSource(parseImageSource("https://images.example/a?token=x", ""))).toBe("https://images.example/a");
  expect(() => parseImageSource("http://me:secret@images.example/a", "")).toThrow(/^(?!.*secret)/);
});
