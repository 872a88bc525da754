import { expect, test } from "vitest";
import { isLocalImage, minorVersionOf, repositoryOf } from "./image-name.ts";

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
