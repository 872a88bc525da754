import { buildCommand, isLocalImage } from "@cke/protocol";
import { expect, test } from "vitest";
import { furtherName } from "./image-name.ts";
import { imagePath, imagePathOf, sharedImagePath } from "./paths.ts";
import { configuredVersions, imageOf } from "./prepare.ts";

const built = "cke.local/cke-kube-node:v1.36.3";

test.each([
  ["", ""],
  [built, ""],
  ["cke-kube-node:v1.36.3", "cke-kube-node:v1.36.3"],
  ["cke-kube-node:1.36", "cke-kube-node:1.36"],
  ["reg.example:5000/open/node:latest", "reg.example:5000/open/node:latest"],
])("IMAGE=%s", (wanted, name) => {
  expect(furtherName(built, wanted)).toBe(name);
});

test.each([
  [
    "cke-kube-node:v1.36.1",
    /says another version of Kubernetes than what is built here: cke\.local\/cke-kube-node:v1\.36\.3$/,
  ],
  ["cke-kube-node:v1.3", /says another version/],
  ["cke-kube-node", /^IMAGE must be an image's name with a tag, like cke-kube-node:v1\.36\.3; given is cke-kube-node$/],
  ["-f:x", /^IMAGE must be/],
])("IMAGE=%s is refused", (wanted, message) => {
  expect(() => furtherName(built, wanted)).toThrow(message);
});

test("two checkouts of a host have different images, which are local for executors", () => {
  expect(imagePathOf("/a/")).not.toBe(imagePathOf("/b/"));
  expect(imageOf().startsWith(`${imagePath}/`) && isLocalImage(imageOf())).toBe(true);
  expect(imageOf().split("/").at(-1)).toBe(imageOf(undefined, sharedImagePath).split("/").at(-1));
});

test.each(["", "cke.local", "cke.local/other"])(
  "the command that a scheduler names with -k8s_image_path=%s makes the image that it looks for",
  (path) => {
    for (const version of configuredVersions()) {
      const own = imageOf(version, sharedImagePath);
      const name = own.split("/").at(-1) ?? "";
      const looked = path === "" ? name : `${path}/${name}`;
      const [, asked, , wanted = ""] = /^make image VERSION=(\S+)( IMAGE=(\S+))?$/.exec(buildCommand(looked)) ?? [];
      expect([imageOf(asked, sharedImagePath), furtherName(own, wanted)]).toContain(looked);
    }
  },
);
