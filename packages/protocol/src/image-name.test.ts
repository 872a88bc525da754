import { expect, test } from "vitest";
import { buildCommand, isLocalImage, minorVersionOf, repositoryOf } from "./image-name.ts";

test.each([
  ["cke-kube-node:v1.36.3", true, "cke-kube-node", "1.36"],
  ["cke.local/cke-kube-node:v1.37.2", true, "cke.local/cke-kube-node", "1.37"],
  ["open/cke-kube-node:v1.36.3", false, "open/cke-kube-node", "1.36"],
  ["reg.mg.hcbss/open/cke-kube-node:v1.36.3", false, "reg.mg.hcbss/open/cke-kube-node", "1.36"],
  ["localhost/node:1.36", false, "localhost/node", "1.36"],
  ["127.0.0.1:5000/node", false, "127.0.0.1:5000/node", ""],
  ["reg:5000/node:latest", false, "reg:5000/node", ""],
  ["node@sha256:0123", true, "node", ""],
])("%s", (name, local, repository, version) => {
  expect([isLocalImage(name), repositoryOf(name), minorVersionOf(name)]).toEqual([local, repository, version]);
});

test.each([
  ["cke.local/cke-kube-node:v1.37.2", "make image VERSION=1.37"],
  ["cke-kube-node:v1.37.2", "make image VERSION=1.37 IMAGE=cke-kube-node:v1.37.2"],
  ["cke.local/a/cke-kube-node:v1.37.2", "make image VERSION=1.37 IMAGE=cke.local/a/cke-kube-node:v1.37.2"],
  ["cke.local/console:v1.36.3", "make image VERSION=1.36 IMAGE=cke.local/console:v1.36.3"],
  ["node:latest", "images/kube-node/build --tag node:latest"],
])("what builds %s under that name", (name, command) => {
  expect(buildCommand(name)).toBe(command);
});

test("a name without a version is built with the one that is asked for", () => {
  expect(buildCommand("node:latest", "1.36")).toBe("make image VERSION=1.36 IMAGE=node:latest");
});
