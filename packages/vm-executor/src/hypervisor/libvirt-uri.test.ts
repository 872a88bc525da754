// Which daemon is meant, and what to do when it is not there.
import { expect, test } from "vitest";
import { parseLibvirtUri, unreachableWords } from "./libvirt-uri.ts";

const system = ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"];

test.each([
  ["", system, "qemu:///system"],
  ["qemu:///system", system, "qemu:///system"],
  ["qemu+unix:///system?socket=/a/b", ["/a/b"], "qemu:///system"],
  ["test:///default?socket=/s", ["/s"], "test:///default"],
])("%j", (text, socketPaths, uri) => {
  expect(parseLibvirtUri(text)).toEqual({ socketPaths, uri });
});

test.each([
  "qemu+ssh://host/system",
  "qemu://host/system",
  "/run/sock",
  "qemu:///system?socket=relative",
  "qemu:///system?x=1",
  "xen:///",
])("%j is refused in words", (text) => {
  expect(() => parseLibvirtUri(text)).toThrow(/libvirt URI is .*allowed is qemu:\/\/\/system/);
});

test.each([
  ["ENOENT", /no libvirt daemon.*apt-get install/],
  ["ECONNREFUSED", /does not run: start it/],
  ["EACCES", /run it as root/],
  ["", /does not answer: words/],
])("%s", (code, words) => {
  expect(unreachableWords(parseLibvirtUri(""), code, "words")).toMatch(words);
});
