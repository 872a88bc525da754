// Which images a VM may have: no other file of a host, and no URL with a password.
import { expect, test } from "vitest";
import { sampleVmBody, sampleVmContext } from "../testing/sample-vms.ts";
import { readVm } from "./vm-reader.ts";

test.each<[string, string, string]>([
  ["file:///srv/images/debian.qcow2", "/srv/images", ""],
  ["file:///srv/images//a/debian%20x.qcow2", "/srv/images/", ""],
  ["file:///etc/shadow", "/srv/images", "disk.system.image: file:///etc/shadow is not below /srv/images"],
  ["file:///srv/images-of-others/x", "/srv/images", "is not below /srv/images"],
  [
    "file:///srv/images/../../etc/shadow",
    "/srv/images",
    "disk.system.image.source: must be an http:// or https:// URL",
  ],
  ["file:///srv/images/%2e%2e/%2e%2e/etc/shadow", "/srv/images", "is not below /srv/images"],
  ["file:///srv/images/..%2f..%2fetc/shadow", "/srv/images", "must be an http:// or https:// URL"],
  ["file:///etc/shadow", "", "the scheduler has no directory of images there"],
  ["file:///etc/shadow", "http://images/", "the scheduler has no directory of images there"],
  ["https://host/debian.qcow2?token=x", "", ""],
  ["https://ann:topsecret@host/debian.qcow2", "", "without a user and a password"],
  ["https://topsecret@host/debian.qcow2", "", "without a user and a password"],
  ["https://ann:top/secret@host/debian.qcow2", "", "without a user and a password"],
  [`https://ann:${"topsecret".repeat(20)}@host/debian.qcow2`, "", "without a user and a password"],
])("the image %s with -vm_image_path %j: %s", (image, imagePath, words) => {
  const reading = () => readVm(sampleVmBody({ disk: { system: { image } } }), { ...sampleVmContext, imagePath }, "i1");
  if (words === "") expect(reading().spec.disks[0]?.image?.source).toBe(image);
  else expect(reading).toThrow(words);
  try {
    reading();
  } catch (error) {
    expect(String(error)).not.toMatch(/secret@|topsec/);
  }
});

test.each<[string, string]>([
  ["/mnt/web.raw", ""],
  ["/srv//vms/web.raw", ""],
  ["/dev/vg0/web", ""],
  ["/etc/shadow", "disk.system.path: /etc/shadow is not below /mnt, /srv: only files there"],
  ["/mnt-of-others/web.raw", "is not below /mnt, /srv"],
  ["/dev", "is not below /mnt, /srv"],
])("a disk with the path %s: %s", (path, words) => {
  const reading = () => readVm(sampleVmBody({ disk: { system: { path } } }), sampleVmContext, "i1");
  if (words === "") expect(reading().spec.disks[0]?.path).toBe(path);
  else expect(reading).toThrow(words);
});

test("kernels and initrds are images too", () => {
  const boot = { kernel: "file:///etc/shadow", initrd: "file:///etc/passwd" };
  const reading = () => readVm(sampleVmBody({ bootType: "kernel", boot }), sampleVmContext, "i1");
  expect(reading).toThrow("boot.kernel: file:///etc/shadow is not below");
  expect(reading).toThrow("boot.initrd: file:///etc/passwd is not below");
});

test("with a URL as -vm_image_path an image with only a name is below it", () => {
  const context = { ...sampleVmContext, imagePath: "https://images/vm/" };
  const disk = { system: { image: "debian-12/a.qcow2" }, data: [{ image: "http://other/b.raw" }] };
  const boot = { kernel: "vmlinuz" };
  const { spec } = readVm(sampleVmBody({ disk, bootType: "kernel", boot }), context, "i1");
  expect(spec.disks.map(({ image }) => image?.source)).toEqual([
    "https://images/vm/debian-12/a.qcow2",
    "http://other/b.raw",
  ]);
  expect(spec.boot).toMatchObject({ kernel: "https://images/vm/vmlinuz", initrd: "" });
});
